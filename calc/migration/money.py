"""What the dates of a migration do to the cash flow, without planning anew."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from calc.assessment import Assessment
from calc.costs.cashflow import Comparison, compare
from calc.costs.months import monthly_table
from calc.costs.pricing import target_side
from calc.migration.plan import MigrationPlan
from calc.scenario import Scenario
from calc.units import MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True, eq=False)
class DatedMoney:
    """The money of a plan whose move follows dates.

    Attributes
    ----------
    scenario : Scenario
        With the dates; an assessment under it gives the same figures.
    comparison : Comparison
        Keep against target.
    months : DataFrame
        As `calc.costs.months.monthly_table`, with ``side``: of the baseline and of the target.
    """

    scenario: Scenario
    comparison: Comparison
    months: pd.DataFrame


def dated_money(assessment: Assessment, plan: MigrationPlan) -> DatedMoney:
    """Price an assessment again with the dates of its migration plan.

    Parameters
    ----------
    assessment : Assessment
    plan : MigrationPlan

    Returns
    -------
    DatedMoney
        Months until the move is over and the year is full, two years at least.
    """
    scenario = assessment.scenario.varied(move=plan.steps())
    side = target_side(assessment.case, scenario)
    last = max(step.month for step in scenario.move)
    months = max(2, int(last // MONTHS_PER_YEAR) + 1) * MONTHS_PER_YEAR
    tables = [
        monthly_table(one, scenario, months).assign(side=name)
        for name, one in (("baseline", assessment.sides["baseline"]), ("target", side))
    ]
    comparison = compare(assessment.flows["baseline"], side.flows(scenario), scenario, len(assessment.demand.table))
    return DatedMoney(scenario, comparison, pd.concat(tables, ignore_index=True))

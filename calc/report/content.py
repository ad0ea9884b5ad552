"""What documents tell beside the plan: alternatives, range, decision, carbon. Gathered once for all of them."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import pandas as pd

from calc.alternatives import Alternatives, compare_alternatives
from calc.assessment import Assessment
from calc.findings import Finding
from calc.report.bundle import findings_of
from calc.uncertainty import Decision, Simulation, build_model, decide, simulate, tornado

DRAWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """An assessment with all that a report tells about it.

    Attributes
    ----------
    assessment : Assessment
    alternatives : Alternatives or None
    tornado : DataFrame or None
    simulation : Simulation or None
    decision : Decision or None
        None where they were not asked for, or the plan has no host to price.
    findings : tuple of Finding
    """

    assessment: Assessment
    alternatives: Alternatives | None
    tornado: pd.DataFrame | None
    simulation: Simulation | None
    decision: Decision | None
    findings: tuple[Finding, ...]


def gather(
    assessment: Assessment, *, business_case: bool = True, draws: int = DRAWS, executor: Executor | None = None
) -> Content:
    """Work out what documents need; with the business case that takes some seconds.

    Parameters
    ----------
    business_case : bool
        False leaves out alternatives, range and decision.
    draws : int
        Of the simulation.
    executor : concurrent.futures.Executor, optional
        Plans the alternatives and prices the draws side by side.
    """
    a = assessment
    findings = findings_of(a)
    if not business_case:
        return Content(a, None, None, None, None, findings)
    alternatives = compare_alternatives(a, executor=executor)
    if not len(a.case.hosts):
        return Content(a, alternatives, None, None, None, findings)
    model = build_model(a, executor=executor)
    table, simulation = tornado(model), simulate(model, draws, executor=executor)
    return Content(a, alternatives, table, simulation, decide(model, table, simulation), findings)

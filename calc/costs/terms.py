"""Amounts of the cash flow that belong to no single machine: each with its formula and inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calc.costs.cashflow import Flows
from calc.costs.fleet import LINES
from calc.costs.rates import electricity_price
from calc.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a formula, and where it comes from.

    Attributes
    ----------
    value : float
    unit : str
    origin : str
        ``setting:<name>`` (a setting of the scenario), ``table:<file>:<row>`` (a reference table),
        ``inventory`` (counted or summed from the files), ``estimate`` (summed, with defaults in
        it) or ``plan`` (an outcome of the packing).
    """

    value: float
    unit: str
    origin: str


@dataclass(frozen=True, slots=True)
class Term:
    """One amount: ``formula`` over ``figures`` gives it.

    Attributes
    ----------
    line : str
        One of `calc.costs.fleet.LINES`.
    year : int
    label : str
        What it is for.
    amount : float
        In the scenario's currency; costs are positive.
    formula : str
        An arithmetic expression over the names of ``figures``.
    pool : str
        The pool that it is for, where it is for one: licences are counted pool by pool.
    bought : bool
        Whether it is a perpetual licence: written down over years in the books, no expense of its year.
    """

    line: str
    year: int
    label: str
    amount: float
    formula: str
    figures: Mapping[str, Figure]
    pool: str = ""
    bought: bool = False


def setting(name: str, scenario: Scenario, unit: str = "") -> Figure:
    """A setting of the scenario as a figure, money converted."""
    field = type(scenario).model_fields[name]
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    money = bool(extra.get("money")) and getattr(scenario, name) is None
    value = scenario.money(name) if money else getattr(scenario, name)
    return Figure(float(value), unit or str(extra.get("unit", "")), f"setting:{name}")


def energy_formula(power: str, year: int) -> str:
    """What a mean power, given as a formula in kW, costs in a year."""
    return f"{power} * pue * hours_per_year * electricity_per_kwh * (1 + energy_escalation) ** {year}"


def energy_figures(scenario: Scenario) -> dict[str, Figure]:
    """The figures of `energy_formula` beside the power."""
    tariff = electricity_price(scenario)
    own = scenario.electricity_per_kwh is not None
    origin = "setting:electricity_per_kwh" if own else f"table:electricity:{tariff.region}"
    return {
        "pue": setting("pue", scenario),
        "hours_per_year": setting("hours_per_year", scenario),
        "electricity_per_kwh": Figure(tariff.per_kwh, f"{scenario.currency}/kWh", origin),
        "energy_escalation": setting("energy_escalation", scenario),
    }


def yearly(
    line: str,
    label: str,
    amount: float,
    formula: str,
    figures: Mapping[str, Figure],
    scenario: Scenario,
    *,
    in_advance: bool = False,
) -> list[Term]:
    """The same amount every year at that year's price level, at year end or in advance."""
    years = range(scenario.horizon_years) if in_advance else range(1, scenario.horizon_years + 1)
    if amount == 0:
        return []
    inflation = Figure(scenario.inflation, "fraction/year", "setting:inflation")
    return [
        Term(
            line,
            year,
            label,
            amount * (1 + scenario.inflation) ** year,
            f"{formula} * (1 + inflation) ** {year}",
            {**figures, "inflation": inflation},
        )
        for year in years
    ]


def add_terms(flows: Flows, terms: Iterable[Term]) -> Flows:
    """Flows with the terms added, as new arrays."""
    out = {line: flows[line].copy() for line in LINES}
    for term in terms:
        out[term.line][term.year] += term.amount
    return out

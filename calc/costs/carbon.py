"""Carbon of both sides: what the machines run on, and what new machines took to make.

What was already bought is sunk, in carbon as in money: only new machines add embodied carbon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc import reference
from calc.costs.cashflow import payback_months
from calc.costs.pricing import Side
from calc.language import stored
from calc.scenario import Scenario
from calc.units import W_PER_KW


@dataclass(frozen=True, slots=True)
class GridCarbon:
    """Carbon intensity of electricity, kgCO2e per kWh, with the year it was measured in."""

    kg_per_kwh: float
    country: str
    year: str
    source: str


def grid_carbon(scenario: Scenario) -> GridCarbon:
    """The user's own figure, else that of the scenario's country."""
    if scenario.carbon_kg_per_kwh is not None:
        return GridCarbon(scenario.carbon_kg_per_kwh, stored("stated by the user"), "", stored("the scenario"))
    row = reference.table("carbon").set_index("country").loc[scenario.carbon_country]
    return GridCarbon(float(row["kg_per_kwh"]), scenario.carbon_country, str(row["year"]), str(row["source"]))


def emissions(side: Side, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """(operational, embodied) kgCO2e by year, shape (horizon + 1,) each.

    Notes
    -----
    operational = mean IT power x PUE x hours x grid intensity, standby machines included;
    embodied = new machines x embodied carbon of one, in the year they are bought.
    """
    horizon = scenario.horizon_years
    operational, embodied = np.zeros(horizon + 1), np.zeros(horizon + 1)
    per_kw = scenario.pue * scenario.hours_per_year * grid_carbon(scenario).kg_per_kwh
    for fleet in side.fleets:
        for year in range(1, horizon + 1):
            operational[year] += float(fleet.power_w(scenario, year).sum()) / W_PER_KW * per_kw
        if fleet.machines is not None:
            np.add.at(embodied, fleet.bought, fleet.machines * scenario.embodied_kg_per_host)
    return operational, embodied


def carbon_table(sides: dict[str, Side], scenario: Scenario) -> pd.DataFrame:
    """year, side, operational_kg, embodied_kg, cumulative_kg of every side."""
    parts = []
    for name, side in sides.items():
        operational, embodied = emissions(side, scenario)
        parts.append(
            pd.DataFrame(
                {
                    "year": range(scenario.horizon_years + 1),
                    "side": name,
                    "operational_kg": operational,
                    "embodied_kg": embodied,
                    "cumulative_kg": np.cumsum(operational + embodied),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def carbon_break_even_months(baseline: Side, target: Side, scenario: Scenario) -> float | None:
    """Months until the target's cumulative carbon is no longer above the baseline's; None if never."""
    before, after = (sum(emissions(side, scenario)) for side in (baseline, target))
    return payback_months(np.asarray(before) - np.asarray(after))

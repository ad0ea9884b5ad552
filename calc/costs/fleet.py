"""A group of machines (or storage) and its yearly costs, by one rule for both sides.

Baseline and target are both lists of fleets, so growth, inflation, horizon and residual value
cannot differ between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calc.costs.rates import facility_rates
from calc.scenario import Scenario
from calc.units import W_PER_KW

#: Lines of the cash flow, in the order they are shown.
LINES = ("hardware", "storage", "maintenance", "energy", "space", "hypervisor", "migration", "residual value")


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """Units that share a time of purchase rule. All arrays have one entry a unit.

    Attributes
    ----------
    line : {'hardware', 'storage'}
        Line of the purchase.
    price : ndarray
        Paid at ``start`` at that year's price level; 0 for what is owned already.
    maintenance_per_year : ndarray
        Paid in years after ``warranty_end``.
    warranty_end : ndarray
        Last year under warranty, counted like ``start``; may be negative.
    idle_w, full_w : ndarray
        Power is idle + (full - idle) x utilisation.
    utilisation : ndarray
        Mean utilisation today, 0-1; it grows with demand.
    rack_units : ndarray
    licence_once, licence_per_year : ndarray
    start, end : ndarray of int
        Bought at the end of year ``start`` (0 is now), in use during years start+1 … end.
    """

    line: str
    price: np.ndarray
    maintenance_per_year: np.ndarray
    warranty_end: np.ndarray
    idle_w: np.ndarray
    full_w: np.ndarray
    utilisation: np.ndarray
    rack_units: np.ndarray
    licence_once: np.ndarray
    licence_per_year: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def reach_full(self, scenario: Scenario) -> int:
        """How many units would be asked for more than 100 % of their CPU within the horizon."""
        grown = self.utilisation * (1 + scenario.cpu_growth_per_year) ** scenario.horizon_years
        return int((grown > 1 + 1e-9).sum())

    def power_w(self, scenario: Scenario, year: int) -> np.ndarray:
        """Mean power of every unit in a year (0 when not in use), in W.

        Utilisation grows with CPU demand and stops at 100 %: a machine has no more to give.
        """
        active = (self.start < max(year, 1)) & (max(year, 1) <= self.end)
        grown = np.minimum(1.0, self.utilisation * (1 + scenario.cpu_growth_per_year) ** year)
        return np.where(active, self.idle_w + (self.full_w - self.idle_w) * grown, 0.0)

    def lines(self, scenario: Scenario) -> dict[str, np.ndarray]:
        """Cash flow by line, costs positive, shape (horizon + 1,) each."""
        horizon = scenario.horizon_years
        flows = {line: np.zeros(horizon + 1) for line in LINES}
        rates = facility_rates(scenario)
        general = (1 + scenario.inflation) ** np.arange(horizon + 1)
        energy = (1 + scenario.energy_escalation) ** np.arange(horizon + 1)
        np.add.at(flows[self.line], self.start, (self.price) * general[self.start])
        np.add.at(flows["hypervisor"], self.start, self.licence_once * general[self.start])
        for year in range(1, horizon + 1):
            active = (self.start < year) & (year <= self.end)
            power_kw = float(self.power_w(scenario, year).sum()) / W_PER_KW
            flows["maintenance"][year] += (
                float(self.maintenance_per_year[active & (year > self.warranty_end)].sum()) * general[year]
            )
            flows["energy"][year] += power_kw * rates.energy_per_kw_year * energy[year]
            flows["space"][year] += (
                power_kw * rates.space_per_kw_year + float(self.rack_units[active].sum()) * rates.space_per_unit_year
            ) * general[year]
            # Subscriptions are paid at the start of their term: the year before in this table.
            flows["hypervisor"][year - 1] += float(self.licence_per_year[active].sum()) * general[year - 1]
        kept = self.end >= horizon
        age = horizon - self.start
        left = np.clip(1 - age / scenario.server_life_years, 0.0, 1.0)
        flows["residual value"][horizon] -= float((self.price * general[self.start] * left)[kept].sum())
        return flows


def owned(
    idle_w: np.ndarray,
    full_w: np.ndarray,
    utilisation: np.ndarray,
    rack_units: np.ndarray,
    maintenance: np.ndarray,
    warranty_end: np.ndarray,
    licence_per_year: np.ndarray,
    end: np.ndarray,
) -> Fleet:
    """Machines that are already there: nothing to buy, what was paid is sunk."""
    zero = np.zeros(len(idle_w))
    return Fleet(
        "hardware",
        zero,
        maintenance,
        warranty_end,
        idle_w,
        full_w,
        utilisation,
        rack_units,
        zero,
        licence_per_year,
        np.zeros(len(idle_w), dtype=np.int64),
        end,
    )

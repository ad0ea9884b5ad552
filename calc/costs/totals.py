"""Machines of one side, and the machines whose energy growth could raise no further."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from calc.costs.pricing import Side
from calc.gaps import AssumedInput
from calc.language import stored
from calc.scenario import Scenario


@dataclass(frozen=True, slots=True)
class HardwareTotals:
    """Machines of one side.

    Attributes
    ----------
    power_kw : float
        Mean IT power in the first year's state, before PUE.
    energy_kwh_per_year : float
        With PUE.
    network_ports, san_ports : float
        By the scenario's ports of a server and of a host.
    """

    servers: int
    cores: int
    rack_units: float
    power_kw: float
    energy_kwh_per_year: float
    network_ports: float
    san_ports: float


def hardware_totals(side: Side, scenario: Scenario) -> HardwareTotals:
    """Machines, rack units, power, energy and ports of one side: standby hosts too, what leaves not."""
    power_kw = side.power_kw(scenario)

    def ports(counts: Iterable[np.ndarray | None]) -> float:
        return sum(float(each.sum()) for each in counts if each is not None)

    return HardwareTotals(
        round(side.machines),
        round(side.cores),
        sum(float(fleet.rack_units.sum()) for fleet in side.standing),
        power_kw,
        power_kw * scenario.pue * scenario.hours_per_year,
        ports(fleet.network_ports for fleet in side.standing),
        ports(fleet.san_ports for fleet in side.standing),
    )


def held_at_full_load(sides: dict[str, Side], scenario: Scenario) -> tuple[AssumedInput, ...]:
    """Machines of both sides whose growing utilisation is held at 100 % for their energy, counted as assumed."""
    counts = (
        ("server today", sum(fleet.reach_full(scenario) for fleet in sides["baseline"].fleets)),
        ("host", sum(fleet.reach_full(scenario) for fleet in sides["target"].standing)),
    )
    return tuple(
        AssumedInput(
            stored("energy of a {name} that growth takes beyond full load", name=name),
            count,
            stored("power at 100 %"),
            stored("a machine has no more"),
        )
        for name, count in counts
        if count
    )

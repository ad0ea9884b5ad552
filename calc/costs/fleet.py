"""A group of machines (or storage) and its yearly costs, by one rule for both sides.

Baseline and target are both lists of fleets, so growth, inflation, horizon and residual value
cannot differ between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calc.costs.rates import facility_rates
from calc.language import stored
from calc.scenario import Scenario
from calc.units import MONTHS_PER_YEAR, W_PER_KW

#: Lines of the cash flow, in the order they are shown.
LINES = (
    "hardware",
    "storage",
    "network",
    "maintenance",
    "energy",
    "space",
    "hypervisor",
    "guest licences",
    "migration",
    "parallel running",
    "disposal",
    "resale",
    "disaster recovery",
    "management hosts",
    "cloud",
    "labour",
    "own lines",
    "residual value",
)


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
        Hypervisor licence of each unit.
    start, end : ndarray
        In use from ``start`` to ``end``, in years from now; parts of a year count as such. Bought
        at the end of the last full year before ``start`` (0 is now).
    guest_once, guest_per_year : ndarray or None
        Guest operating system licences that belong to the unit; None is zero.
    machines : ndarray or None
        How many new machines each unit is, for their embodied carbon; None where nothing is new.
    label : str
        What the units are, for the ledger.
    network_ports, san_ports : ndarray or None
        Switch and storage ports of each unit; None is none.
    ports_of : {'server', 'host'}
        Whose settings say how many ports there are.
    book_value : ndarray or None
        Value left at the horizon of units that are owned already, by the rule of what is bought; None is none.
    renewal : bool
        Whether they take the place of units of the same side that have reached their life.
    kinds : ndarray of HostType or None
        What each unit is, where it is bought from the catalogue: its price has parts.
    stored_on : {'', 'shared', 'hyperconverged', 'disks'}
        Of storage, what it is and so what a GiB costs (`calc.costs.rates.storage_price_per_gib`); "" of machines.
    servers : ndarray of int or None
        Of today's servers, the position of each in the case; None of what is new.
    books_to : str or None
        One line that takes every amount of the fleet, as for disaster recovery; None keeps them apart.
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
    guest_once: np.ndarray | None = None
    guest_per_year: np.ndarray | None = None
    machines: np.ndarray | None = None
    label: str = "machines"
    books_to: str | None = None
    kinds: np.ndarray | None = None
    network_ports: np.ndarray | None = None
    san_ports: np.ndarray | None = None
    ports_of: str = "server"
    book_value: np.ndarray | None = None
    renewal: bool = False
    stored_on: str = ""
    servers: np.ndarray | None = None

    @property
    def bought(self) -> np.ndarray:
        """Year of the cash flow in which every unit is paid for."""
        return np.floor(self.start).astype(np.int64)

    def in_use(self, year: int, month: int | None = None, *, since: np.ndarray | None = None) -> np.ndarray:
        """Part of a year, or of one of its twelve months, that every unit is in use, 0-1.

        Parameters
        ----------
        since : ndarray, optional
            Counts from here where that is later than ``start``, in years.
        """
        first = self.start if since is None else np.maximum(self.start, since)
        begin, span = (
            (year - 1.0, 1.0) if month is None else (year - 1 + (month - 1) / MONTHS_PER_YEAR, 1 / MONTHS_PER_YEAR)
        )
        return np.clip((np.minimum(self.end, begin + span) - np.maximum(first, begin)) / span, 0.0, 1.0)

    def reach_full(self, scenario: Scenario) -> int:
        """How many units would be asked for more than 100 % of their CPU within the horizon."""
        grown = self.utilisation * (1 + scenario.cpu_growth_per_year) ** scenario.horizon_years
        return int((grown > 1 + 1e-9).sum())

    def power_w(self, scenario: Scenario, year: int, month: int | None = None) -> np.ndarray:
        """Mean power of every unit over a year or one of its months (0 when not in use), in W.

        Utilisation grows with CPU demand and stops at 100 %: a machine has no more to give. Year 0
        is the first year's state at today's utilisation.
        """
        share = self.in_use(year, month) if year else (self.start < 1) & (self.end >= 1)
        grown = np.minimum(1.0, self.utilisation * (1 + scenario.cpu_growth_per_year) ** year)
        return (self.idle_w + (self.full_w - self.idle_w) * grown) * share

    def lines(self, scenario: Scenario) -> dict[str, np.ndarray]:
        """Cash flow by line, costs positive, shape (horizon + 1,) each."""
        horizon = scenario.horizon_years
        flows = {line: np.zeros(horizon + 1) for line in LINES}
        rates = facility_rates(scenario)
        general = (1 + scenario.inflation) ** np.arange(horizon + 1)
        energy = (1 + scenario.energy_escalation) ** np.arange(horizon + 1)
        paid = self.bought
        np.add.at(flows[self.line], paid, self.price * general[paid])
        np.add.at(flows["network"], paid, self.network_value(scenario) * general[paid])
        np.add.at(flows["hypervisor"], paid, self.licence_once * general[paid])
        if self.guest_once is not None:
            np.add.at(flows["guest licences"], paid, self.guest_once * general[paid])
        for year in range(1, horizon + 1):
            share = self.in_use(year)
            power_kw = float(self.power_w(scenario, year).sum()) / W_PER_KW
            flows["maintenance"][year] += float(self.maintenance(scenario, year).sum()) * general[year]
            flows["energy"][year] += power_kw * rates.energy_per_kw_year * energy[year]
            flows["space"][year] += (
                power_kw * rates.space_per_kw_year + float((self.rack_units * share).sum()) * rates.space_per_unit_year
            ) * general[year]
            flows["network"][year] += float((self.ports_per_year(scenario) * share).sum()) * general[year]
            # Subscriptions are paid at the start of their term, the year before in this table, for as
            # much of the year as the unit is in use: terms end together.
            flows["hypervisor"][year - 1] += float((self.licence_per_year * share).sum()) * general[year - 1]
            if self.guest_per_year is not None:
                flows["guest licences"][year - 1] += float((self.guest_per_year * share).sum()) * general[year - 1]
        flows["residual value"][horizon] -= float(self.residual(scenario).sum())
        if self.books_to is None:
            return flows
        total = np.sum([flows[line] for line in LINES], axis=0)
        return {line: total if line == self.books_to else np.zeros(horizon + 1) for line in LINES}

    def network_value(self, scenario: Scenario) -> np.ndarray:
        """What is bought with each unit to connect it: its ports at their price, or a share of its own price.

        The share stands in until the price of a port is stated.
        """
        if not scenario.ports_priced:
            return self.price * scenario.network_fraction
        if self.machines is None:  # there already, with their ports
            return np.zeros(len(self.start))
        return self._ports(scenario.network_port_price or 0.0, scenario.san_port_price or 0.0) * (self.machines > 0)

    def ports_per_year(self, scenario: Scenario) -> np.ndarray:
        """What the ports of each unit in use cost a year at today's prices, whoever bought them."""
        return self._ports(scenario.money("network_port_per_year"), scenario.money("san_port_per_year"))

    def _ports(self, network: float, san: float) -> np.ndarray:
        total = np.zeros(len(self.start))
        for ports, price in ((self.network_ports, network), (self.san_ports, san)):
            if ports is not None and price:
                total = total + ports * price
        return total

    def maintenance(self, scenario: Scenario, year: int, month: int | None = None) -> np.ndarray:
        """Maintenance of every unit in a year (or at a month's rate) at today's price level, network share included.

        After the warranty it rises with age; today's level is what is paid in the first year.
        """
        base = self.maintenance_per_year + self.network_value(scenario) * scenario.maintenance_fraction
        if scenario.maintenance_rise_per_year:
            older = np.maximum(0, year - np.maximum(self.warranty_end, 0) - 1)
            base = base * (1 + scenario.maintenance_rise_per_year) ** older
        return base * self.in_use(year, month, since=self.warranty_end)

    def residual(self, scenario: Scenario) -> np.ndarray:
        """Straight-line value left at the horizon of every unit, bought (with its network share) or owned already."""
        return self.residual_of_purchases(scenario) + self.residual_of_owned(scenario)

    def residual_of_owned(self, scenario: Scenario) -> np.ndarray:
        """Value left at the horizon of units that were there already."""
        if self.book_value is None:
            return np.zeros(len(self.start))
        return np.where(self.end >= scenario.horizon_years, self.book_value, 0.0)

    def residual_of_purchases(self, scenario: Scenario) -> np.ndarray:
        """Value left at the horizon of what was bought, with its network share."""
        horizon = scenario.horizon_years
        left = np.clip(1 - (horizon - self.start) / scenario.server_life_years, 0.0, 1.0)
        paid = (self.price + self.network_value(scenario)) * (1 + scenario.inflation) ** self.bought
        return np.where(self.end >= horizon, paid * left, 0.0)

    def scaled(self, factor: float | np.ndarray, **changes: object) -> Fleet:
        """The same units ``factor`` times; the load they carry together stays.

        A plan with a few more hosts is the same plan with every quantity a little larger; the
        mean utilisation falls by as much.
        """
        names = ("price", "maintenance_per_year", "idle_w", "full_w", "rack_units", "licence_once", "licence_per_year")
        guest = {
            name: None if getattr(self, name) is None else getattr(self, name) * factor
            for name in ("guest_once", "guest_per_year", "machines", "network_ports", "san_ports", "book_value")
        }
        amounts = {name: getattr(self, name) * factor for name in names}
        return replace(self, utilisation=self.utilisation / factor, **amounts, **guest, **changes)  # type: ignore[arg-type]


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
        label="servers today",
    )


def subset(fleet: Fleet, keep: np.ndarray) -> Fleet:
    """Some units of a fleet."""
    arrays = {
        name: value[keep]
        for name in Fleet.__dataclass_fields__
        if isinstance(value := getattr(fleet, name), np.ndarray)
    }
    return replace(fleet, **arrays)


def renewed(fleet: Fleet, scenario: Scenario) -> list[Fleet]:
    """A fleet, and what takes its place each time that it reaches its life within the horizon.

    As a refresh renews servers, so that a horizon beyond the life of a server is the same on both sides. What is owned
    already is kept to the horizon, as on the baseline; perpetual licences go on.
    """
    life, horizon = scenario.server_life_years, scenario.horizon_years
    again = (fleet.price > 0) & (fleet.start + life < horizon)
    if not again.any():
        return [fleet]
    zero = np.zeros(int(again.sum()))
    following = subset(fleet, again)
    following = replace(
        following,
        start=following.start + life,
        warranty_end=following.warranty_end + life,
        licence_once=zero,
        guest_once=None if following.guest_once is None else zero,
        renewal=True,
        label=stored("{units}, renewed at the end of their life", units=fleet.label),
    )
    first = replace(fleet, end=np.where(again, fleet.start + life, fleet.end))
    return [first, *renewed(following, scenario)]

"""The ramp of the move: when each host comes into service and each old server goes.

The cash flow knows one ramp. Without dates it is estimated from how fast workloads move; with the
dates of a migration plan (``Scenario.move``) it follows them, machine by machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from calc.costs.case import Case
from calc.costs.rates import facility_rates
from calc.scenario import Scenario
from calc.units import HOURS_PER_MONTH, MONTHS_PER_YEAR, W_PER_KW

if TYPE_CHECKING:
    from calc.costs.pricing import Side


@dataclass(frozen=True, slots=True, eq=False)
class Ramp:
    """Months from the start of the first year.

    Attributes
    ----------
    hosts : ndarray, shape (H,)
        When each host comes into service.
    servers : ndarray, shape (R,)
        When each server that leaves is switched off, in the order of the estate.
    moved : ndarray, shape (horizon + 1,)
        Share of the workloads that move in each year; year 0 is the first twelve months, and what
        lies beyond the horizon is left out.
    dated : bool
        Whether it follows the dates of a migration plan.
    """

    hosts: np.ndarray
    servers: np.ndarray
    moved: np.ndarray
    dated: bool


def move_months(case: Case, scenario: Scenario) -> float:
    """Months that the move lasts: as the workloads a month allow, or as copying the data takes."""
    moved = float(case.moved.sum())
    if moved == 0:
        return 0.0
    return max(moved / scenario.migration_workloads_per_month, case.transfer_hours(scenario) / HOURS_PER_MONTH)


def form_ramp(case: Case, scenario: Scenario) -> Ramp:
    """The ramp of a case: dated where the scenario holds dates, else estimated.

    Notes
    -----
    *Estimated*: old servers leave evenly over the move, by name, each after its overlap; hosts are in
    service from the start of the year in which their turn comes. *Dated*: every machine by its own
    date. A server that the dates do not name goes with the last one, and a plan with another number
    of hosts brings them into service at the same pace.
    """
    count, leaving = len(case.hosts), int((~case.retained).sum())
    if not case.moved.any():
        return Ramp(np.zeros(count), np.zeros(leaving), np.zeros(scenario.horizon_years + 1), dated=False)
    if scenario.move:
        return _dated(case, scenario)
    lasting = move_months(case, scenario)
    turn = np.floor(lasting * np.arange(count) / max(count, 1) / MONTHS_PER_YEAR) * MONTHS_PER_YEAR
    names = np.array(case.server_names, dtype=str)[~case.retained]
    place = np.argsort(np.argsort(names, kind="stable"), kind="stable")  # the order of the file must not matter
    gone = lasting * (place + 0.5) / max(leaving, 1) + scenario.parallel_overlap_months
    edges = np.arange(scenario.horizon_years + 2) * MONTHS_PER_YEAR
    return Ramp(turn, gone, np.diff(np.minimum(edges, lasting)) / lasting, dated=False)


def _dated(case: Case, scenario: Scenario) -> Ramp:
    steps = scenario.move
    last = max(step.month for step in steps)
    day = {name: step.month for step in steps for name in step.servers}
    leaving = [name for name, stays in zip(case.server_names, case.retained, strict=True) if not stays]
    servers = np.array([day.get(name, last) for name in leaving], dtype=float)
    numbered = {number: step.month for step in steps for number in step.hosts}
    count = len(case.hosts)
    if set(numbered) == set(range(1, count + 1)):
        hosts = np.array([numbered[number] for number in range(1, count + 1)], dtype=float)
    elif numbered:
        pace = np.sort(list(numbered.values()))
        hosts = pace[np.ceil(np.arange(1, count + 1) * len(pace) / count).astype(np.int64) - 1]
    else:
        hosts = np.zeros(count)
    moved = np.zeros(scenario.horizon_years + 1)
    total = sum(step.workloads for step in steps)
    for step in steps:
        year = int(step.month // MONTHS_PER_YEAR)
        if total and year <= scenario.horizon_years:
            moved[year] += step.workloads / total
    return Ramp(hosts, servers, moved if total else np.eye(1, len(moved))[0], dated=True)


def monthly_table(side: Side, scenario: Scenario, months: int) -> pd.DataFrame:
    """Machines and running costs of one side, month by month.

    Parameters
    ----------
    side : Side
    scenario : Scenario
    months : int
        From the start of the first year.

    Returns
    -------
    DataFrame
        month, old_servers and hosts (machines in use, on average over the month), hosts_bought,
        power_kw, then energy, space, maintenance and licences (hypervisor and host-bound Windows
        subscriptions) in the scenario's currency. Twelve months sum to their year of the cash flow,
        of which subscriptions are paid at the start.
    """
    rates = facility_rates(scenario)
    rows = []
    for number in range(min(months, scenario.horizon_years * MONTHS_PER_YEAR)):
        year, month = number // MONTHS_PER_YEAR + 1, number % MONTHS_PER_YEAR + 1
        general, energy = (1 + scenario.inflation) ** year, (1 + scenario.energy_escalation) ** year
        row = dict.fromkeys(
            ("old_servers", "hosts", "hosts_bought", "power_kw", "energy", "space", "maintenance", "licences"), 0.0
        )
        for fleet in side.fleets:
            part = fleet.in_use(year, month)
            if fleet.line == "hardware":
                new = fleet.machines is not None
                row["hosts" if new else "old_servers"] += float(part.sum())
                if new:
                    row["hosts_bought"] += float((np.floor(fleet.start * MONTHS_PER_YEAR + 1e-9) == number).sum())
            power_kw = float(fleet.power_w(scenario, year, month).sum()) / W_PER_KW
            units = float((fleet.rack_units * part).sum())
            subscribed = fleet.licence_per_year + (0.0 if fleet.guest_per_year is None else fleet.guest_per_year)
            row["power_kw"] += power_kw
            row["energy"] += power_kw * rates.energy_per_kw_year * energy / MONTHS_PER_YEAR
            row["space"] += (
                (power_kw * rates.space_per_kw_year + units * rates.space_per_unit_year) * general / MONTHS_PER_YEAR
            )
            row["maintenance"] += float(fleet.maintenance(scenario, year, month).sum()) * general / MONTHS_PER_YEAR
            row["licences"] += (
                float((subscribed * part).sum()) * (1 + scenario.inflation) ** (year - 1) / MONTHS_PER_YEAR
            )
        rows.append({"month": number + 1, **row})
    return pd.DataFrame(rows)

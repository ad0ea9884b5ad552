"""The ramp of the move: when each host comes into service and each old server goes.

The cash flow knows one ramp. Without dates it is estimated from how fast workloads move; with the
dates of a migration plan (``Scenario.move``) it follows them, machine by machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calc.costs.case import Case
from calc.scenario import Scenario
from calc.units import HOURS_PER_MONTH, MONTHS_PER_YEAR


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

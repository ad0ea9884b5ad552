"""The migration plan: waves with dates, and the lifecycle of hosts and servers."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.errors import InputError
from calc.language import stored
from calc.migration.groups import form_groups
from calc.migration.rules import MigrationRules
from calc.migration.waves import Wave, plan_waves
from calc.scenario import MoveStep
from calc.scenario.entries import MOST_MONTHS
from calc.units import MONTHS_PER_YEAR

_DAYS_PER_YEAR = 365
_SATURDAY = 5


@dataclass(frozen=True, slots=True, eq=False)
class MigrationPlan:
    """Waves with dates.

    Attributes
    ----------
    rules : MigrationRules
    waves : DataFrame
        One row a wave: wave, date, windows, groups, workloads, data_gib, delta_gib, copy_from,
        copy_to, people_hours, length_h, downtime_h (of the group that stands still longest), risk,
        hosts (in service), new_hosts, brought_forward, survives, rollback_until, servers_freed,
        why_later (what holds the wave up beyond the next window, "" when nothing does).
    workloads : DataFrame
        One row a workload: workload, server, wave, date, group, host, data_gib, downtime_h,
        rollback_until.
    hosts : DataFrame
        One row a host: host, wave, order_by, delivered, in_service.
    servers : DataFrame
        One row an old server: server, stays, migrated, verified, decommissioned.
    left_behind : DataFrame
        workload, server, reason: what stands on a server that goes and is in no wave, as it takes no part in the
        plan (powered off, a template). Somebody must move or delete it first.
    parts : tuple of Wave
    """

    rules: MigrationRules
    waves: pd.DataFrame
    workloads: pd.DataFrame
    hosts: pd.DataFrame
    servers: pd.DataFrame
    left_behind: pd.DataFrame
    parts: tuple[Wave, ...]

    @property
    def finished(self) -> dt.date:
        """Day on which the last old server is gone."""
        gone = self.servers["decommissioned"].dropna()
        return max(gone) if len(gone) else self.rules.start

    @property
    def parallel_months(self) -> float:
        """Months that an old server runs beside the new hosts, on average over those that go.

        From the day the first host is in service to the server's removal.
        """
        first = min(self.hosts["in_service"])
        days = [(day - first).days for day in self.servers["decommissioned"].dropna()]
        return float(np.mean(days)) / (_DAYS_PER_YEAR / MONTHS_PER_YEAR) if days else 0.0

    def steps(self) -> tuple[MoveStep, ...]:
        """The dates for ``Scenario.move``, counted from the start of the project: the ramp of the cash flow.

        Examples
        --------
        ``scenario.varied(move=[step.model_dump() for step in plan.steps()])`` is a scenario whose
        money follows this plan.
        """
        hosts: dict[dt.date, list[int]] = defaultdict(list)
        for number, day in enumerate(self.hosts["in_service"], start=1):
            hosts[day].append(number)
        workloads = Counter(self.workloads["date"])
        servers: dict[dt.date, list[str]] = defaultdict(list)
        for name, day in zip(self.servers["server"], self.servers["decommissioned"], strict=True):
            if day is not None:
                servers[day].append(str(name))
        return tuple(
            MoveStep(
                month=(day - self.rules.start).days / (_DAYS_PER_YEAR / MONTHS_PER_YEAR),
                hosts=tuple(hosts.get(day, ())),
                workloads=workloads.get(day, 0),
                servers=tuple(servers.get(day, ())),
            )
            for day in sorted({*hosts, *workloads, *servers})
        )

    def still_running(self, years: int) -> np.ndarray:
        """Share of each year that every old server still runs; year 1 begins with the project.

        Parameters
        ----------
        years : int

        Returns
        -------
        ndarray, shape (servers, years)
            In the order of `servers`; 1 in every year for a server that stays.

        Examples
        --------
        A server gone after half a year counts 0.5 in year 1 and 0 after it.
        """
        first = self.rules.start
        days = np.array(
            [math.inf if day is None else float((day - first).days) for day in self.servers["decommissioned"]]
        )
        edges = np.arange(years) * _DAYS_PER_YEAR
        return np.clip((days[:, None] - edges[None, :]) / _DAYS_PER_YEAR, 0.0, 1.0)


def plan_migration(assessment: Assessment, rules: MigrationRules) -> MigrationPlan:
    """Plan the migration of an assessment.

    Parameters
    ----------
    assessment : Assessment
    rules : MigrationRules

    Returns
    -------
    MigrationPlan

    Raises
    ------
    InputError
        When no workload is placed, or the move would take longer than a scenario can hold.

    Notes
    -----
    The first copies of all waves share one link, day and night; a wave whose copy cannot be there
    waits for the next window, and none is made earlier than it must be. What changes while copies wait
    is sent again at each refresh and at the switch; only the switch counts as downtime.
    """
    groups = form_groups(assessment, rules)
    if not groups:
        raise InputError(stored("no workload of this plan is placed on a host: there is nothing to migrate"))
    parts = plan_waves(assessment, groups, rules)
    _in_time(parts, rules)
    owned = {host.id for pool in assessment.pools for host in pool.types if host.owned}
    lead = [0 if kind in owned else math.ceil(7 * rules.lead_time_weeks) for kind in assessment.hosts["host_type"]]
    dates = _dates(parts, rules, max(lead))
    rows = _workloads(assessment, parts, dates, rules)
    servers = _servers(assessment, rows, rules)
    hosts = _hosts(assessment, parts, dates, rules, lead)
    out = assessment.estate.left_out
    goes = out["server"].isin(servers.loc[~servers["stays"].astype(bool), "server"])
    behind = out.loc[goes, ["workload", "server", "reason"]].reset_index(drop=True)
    return MigrationPlan(rules, _waves(parts, dates, rows, servers), rows, hosts, servers, behind, tuple(parts))


@dataclass(frozen=True, slots=True)
class _Dates:
    copy_from: dt.datetime
    copy_to: dt.datetime
    day: dt.date
    last_day: dt.date
    why_later: str


def _in_time(parts: list[Wave], rules: MigrationRules) -> None:
    """Refuse a move without an end in sight, before its dates leave the calendar."""
    most = MOST_MONTHS * _DAYS_PER_YEAR / MONTHS_PER_YEAR
    copies = rules.copy_h(sum(group.data_gib for part in parts for group in part.groups)) / 24
    windows = (1 + sum(part.windows for part in parts)) * 7 / rules.windows_per_week  # the first may be a window away
    fixed = 7 * rules.lead_time_weeks + rules.build_days + rules.verify_days + rules.decommission_days
    # Copies and windows wait for each other: together they never take longer than one after the other.
    if fixed + copies + windows > most:
        raise InputError(
            stored(
                "this move would take up to {years:,.0f} years: {copies:,.0f} days to copy the data, {windows:,.0f} days of "
                "windows and {fixed:,.0f} days of delivery, building, verifying and removal; {most:.0f} years are the "
                "most. Take a faster link, more people, or longer windows",
                years=(fixed + copies + windows) / _DAYS_PER_YEAR,
                copies=copies,
                windows=windows,
                fixed=fixed,
                most=most / _DAYS_PER_YEAR,
            )
        )
    if (dt.date.max - rules.start).days <= most:
        raise InputError(
            stored("the move starts on {start}: the calendar ends too soon after that", start=str(rules.start))
        )


def _dates(parts: list[Wave], rules: MigrationRules, lead_days: int) -> list[_Dates]:
    ready = dt.datetime.combine(rules.start, dt.time()) + dt.timedelta(days=lead_days + math.ceil(rules.build_days))
    interval = 7 / rules.windows_per_week
    first = ready.date()
    if interval >= 7:  # one window a week or fewer: weekends
        first += dt.timedelta(days=(_SATURDAY - first.weekday()) % 7)

    def slot(number: int) -> dt.date:
        return first + dt.timedelta(days=math.floor(number * interval))

    found: list[_Dates] = []
    free, copied = 0, ready
    for part in parts:
        begin = copied
        copied = begin + dt.timedelta(hours=rules.copy_h(sum(group.data_gib for group in part.groups)))
        number = free
        while dt.datetime.combine(slot(number), dt.time()) < copied:
            number += 1
        why = (
            "" if number == free else stored("the copy of its data takes until {copied:%Y-%m-%d %H:%M}", copied=copied)
        )
        free = number + part.windows
        found.append(_Dates(begin, copied, slot(number), slot(free - 1), why))
    # Nothing is copied earlier than it must be: a copy that waits for months is refreshed for months.
    latest = dt.datetime.max
    for index in range(len(found) - 1, -1, -1):
        entry = found[index]
        until = min(latest, dt.datetime.combine(entry.day, dt.time()))
        latest = until - (entry.copy_to - entry.copy_from)
        found[index] = replace(entry, copy_from=latest, copy_to=until)
    return found


def _workloads(assessment: Assessment, parts: list[Wave], dates: list[_Dates], rules: MigrationRules) -> pd.DataFrame:
    table = assessment.demand.table
    names, servers = table["workload"].to_numpy(), table["server"].to_numpy()
    data = np.nan_to_num(table["disk_used_gib"].to_numpy(float))
    home = dict(zip(assessment.placement["workload"], assessment.placement["host"], strict=True))
    rows = []
    for number, (part, when) in enumerate(zip(parts, dates, strict=True), start=1):
        keep = when.last_day + dt.timedelta(days=math.ceil(rules.verify_days))
        for group in part.groups:
            downtime = rules.copy_h(group.delta_gib) + rules.switch_h
            for row in group.rows:
                name = names[row]
                line = (name, servers[row], number, when.last_day, group.name, home[name], float(data[row]))
                rows.append((*line, downtime, keep))
    columns = ["workload", "server", "wave", "date", "group", "host", "data_gib", "downtime_h", "rollback_until"]
    return pd.DataFrame(rows, columns=columns)


def _servers(assessment: Assessment, workloads: pd.DataFrame, rules: MigrationRules) -> pd.DataFrame:
    last = workloads.groupby("server")["date"].max()
    rows = []
    for name, stays in zip(assessment.estate.servers["server"], assessment.retained, strict=True):
        moved = None if stays else last.get(name, rules.start)  # a server with nothing on it can go at once
        verified = None if moved is None else moved + dt.timedelta(days=math.ceil(rules.verify_days))
        gone = None if verified is None else verified + dt.timedelta(days=math.ceil(rules.decommission_days))
        rows.append((name, bool(stays), moved, verified, gone))
    return pd.DataFrame(rows, columns=["server", "stays", "migrated", "verified", "decommissioned"], dtype=object)


def _hosts(
    assessment: Assessment, parts: list[Wave], dates: list[_Dates], rules: MigrationRules, lead_days: list[int]
) -> pd.DataFrame:
    first = {host: number for number, part in reversed(list(enumerate(parts))) for host in part.hosts}
    build = dt.timedelta(days=math.ceil(rules.build_days))
    rows = []
    for host, lead in zip(assessment.hosts["host"], lead_days, strict=True):
        # A spare that no wave needs is in service with the last one: the plan is complete then.
        number = first.get(host, len(parts) - 1)
        needed = dates[number].copy_from.date()  # a copy needs a host that takes it, days before anything runs there
        delivered = needed - build
        rows.append((host, number + 1, delivered - dt.timedelta(days=lead), delivered, needed))
    return pd.DataFrame(rows, columns=["host", "wave", "order_by", "delivered", "in_service"])


def _waves(parts: list[Wave], dates: list[_Dates], workloads: pd.DataFrame, servers: pd.DataFrame) -> pd.DataFrame:
    freed = servers.loc[~servers["stays"].astype(bool)].groupby("migrated").size()
    rows = []
    before: set[str] = set()
    for number, (part, when) in enumerate(zip(parts, dates, strict=True), start=1):
        mine = workloads[workloads["wave"] == number]
        rows.append(
            {
                "wave": number,
                "date": when.day,
                "windows": part.windows,
                "groups": ", ".join(group.name for group in part.groups),
                "workloads": len(mine),
                "data_gib": sum(group.data_gib for group in part.groups),
                "delta_gib": sum(group.delta_gib for group in part.groups),
                "copy_from": when.copy_from,
                "copy_to": when.copy_to,
                "people_hours": part.hours,
                "length_h": part.length_h,
                "downtime_h": float(mine["downtime_h"].max()),
                "risk": part.risk,
                "hosts": len(part.hosts),
                "new_hosts": ", ".join(host for host in part.hosts if host not in before),
                "brought_forward": ", ".join(part.brought_forward),
                "survives": part.survives,
                "rollback_until": mine["rollback_until"].iloc[0],
                "servers_freed": int(freed.get(when.last_day, 0)),
                "why_later": when.why_later,
            }
        )
        before |= set(part.hosts)
    return pd.DataFrame(rows)

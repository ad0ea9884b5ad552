"""Which groups move in which window, and which hosts must run by then.

Greedy, one window after the other: what was begun goes on, then the group that frees most value
an hour. Test before production: an application's production moves only in a later window than
all of its test and development. Hosts come into service when the plan places something on them,
and earlier where what runs so far would not survive what the plan promises: the failure of hosts,
and the loss of a rack.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from calc.assessment import Assessment
from calc.failover.failures import prove
from calc.failover.loaded import Loaded
from calc.migration.groups import Group, window_h
from calc.migration.rules import MigrationRules
from calc.recovery.arrays import loaded_pools
from calc.resilience import PoolPlan


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """One window.

    Attributes
    ----------
    groups : tuple of Group
    windows : int
        Windows it takes; more than one only for a group that may not be cut and is too large.
    length_h : float
        Expected length, over all its windows.
    hosts : tuple of str
        In service from this wave on, those of earlier waves included.
    brought_forward : tuple of str
        Of these, the ones that nothing is placed on yet: they are there to survive a failure.
    survives : bool
        Whether what has moved so far survives the failures, of hosts and of a rack, that were asked for.
    """

    groups: tuple[Group, ...]
    windows: int
    length_h: float
    hosts: tuple[str, ...]
    brought_forward: tuple[str, ...]
    survives: bool

    @property
    def rows(self) -> np.ndarray:
        """Positions of its workloads in the demand table."""
        return np.concatenate([group.rows for group in self.groups])

    @property
    def hours(self) -> float:
        """People-hours."""
        return sum(group.hours for group in self.groups)

    @property
    def risk(self) -> float:
        """Points."""
        return sum(group.risk for group in self.groups)


def fits(groups: list[Group], rules: MigrationRules) -> bool:
    """Whether one window holds some groups."""
    return (
        sum(group.hours for group in groups) <= rules.hours_per_window + 1e-9
        and sum(group.risk for group in groups) <= rules.risk_per_wave + 1e-9
        and window_h(groups, rules) <= rules.window_h + 1e-9
    )


def fill_windows(groups: list[Group], rules: MigrationRules) -> list[tuple[list[Group], int]]:
    """Groups to windows, in order; with how many windows each takes."""
    waiting = list(groups)
    done: list[Group] = []
    found: list[tuple[list[Group], int]] = []
    while waiting:
        begun = {(group.application, group.production) for group in done}
        testing = {group.application for group in waiting if not group.production}
        ready = [group for group in waiting if not group.production or group.application not in testing]
        ready.sort(
            key=lambda group: (
                (group.application, group.production) not in begun,
                -group.value_per_year / group.hours,
                group.name,
            )
        )
        now: list[Group] = []
        for group in ready:
            if fits([*now, group], rules):
                now.append(group)
        windows = 1
        if not now:  # the first one is larger than a window and may not be cut
            now = [ready[0]]
            windows = math.ceil(
                max(
                    now[0].hours / rules.hours_per_window,
                    now[0].risk / rules.risk_per_wave,
                    window_h(now, rules) / rules.window_h,
                )
                - 1e-9
            )
        found.append((now, windows))
        done += now
        waiting = [group for group in waiting if not any(group is one for one in now)]
    return found


def plan_waves(assessment: Assessment, groups: list[Group], rules: MigrationRules) -> list[Wave]:
    """Waves with the hosts that must be in service.

    Returns
    -------
    list of Wave
    """
    pools = loaded_pools(assessment)
    plans = [pool.plan for pool in assessment.pools if len(pool.plan.host_types)]
    item_of = {
        workload: (number, item)
        for number, pool in enumerate(pools)
        for item, names in enumerate(pool.workloads)
        for workload in names
    }
    names = assessment.demand.table["workload"].astype(str).to_numpy()
    moved = [np.zeros(len(pool.home), dtype=bool) for pool in pools]
    running = [np.zeros(len(pool.hosts), dtype=bool) for pool in pools]
    k = assessment.scenario.failover_hosts
    waves = []
    for now, windows in fill_windows(groups, rules):
        touched = set()
        for group in now:
            for row in group.rows:
                number, item = item_of[names[row]]
                moved[number][item] = True
                touched.add(number)
        survives = True
        for number in sorted(touched):
            running[number] |= np.isin(np.arange(len(running[number])), pools[number].home[moved[number]])
            survives &= _bring_forward(plans[number], pools[number], moved[number], running[number], k)
        in_service = [
            host
            for pool, on in zip(pools, running, strict=True)
            for host, is_on in zip(pool.hosts, on, strict=True)
            if is_on
        ]
        empty = [
            host
            for pool, on, items in zip(pools, running, moved, strict=True)
            for index, host in enumerate(pool.hosts)
            if on[index] and not (items & (pool.home == index)).any()
        ]
        waves.append(Wave(tuple(now), windows, window_h(now, rules), tuple(in_service), tuple(empty), survives))
    return waves


def _bring_forward(plan: PoolPlan, pool: Loaded, moved: np.ndarray, running: np.ndarray, failures: int) -> bool:
    """Put hosts into service until what has moved survives what the plan promises; True when it does."""
    rack_of = dict(zip(pool.hosts, plan.rack_of, strict=True)) if plan.rack_of else {}
    while not _survives(so_far(pool, moved, running), failures, rack_of):
        if running.all():
            # Every host of the plan runs, and what has moved is a part of it: where the plan as a
            # whole survives, the same re-placement serves its part.
            return plan.survives
        running[np.flatnonzero(~running)[0]] = True
    return True


def _survives(part: Loaded, failures: int, rack_of: dict[str, str]) -> bool:
    """Whether any failure that was asked for, of hosts and of a rack, can be re-placed half-way."""
    if failures and not (len(part.hosts) > failures and prove(part, failures).holds):
        return False
    racks: dict[str, list[str]] = {}
    for host in part.hosts if rack_of else ():
        racks.setdefault(rack_of[host], []).append(host)
    return not racks or prove(part, domains=racks, kind="rack").holds


def so_far(pool: Loaded, moved: np.ndarray, running: np.ndarray) -> Loaded:
    """A pool half-way: what has moved, on the hosts that run."""
    hosts = np.flatnonzero(running)
    new_number = np.full(len(running), -1, dtype=np.int64)
    new_number[hosts] = np.arange(len(hosts))
    items = np.flatnonzero(moved)
    return replace(
        pool,
        hosts=tuple(pool.hosts[host] for host in hosts),
        pool=tuple(pool.pool[host] for host in hosts),
        demands=pool.demands[items],
        capacities=pool.capacities[hosts],
        normal=pool.normal[hosts],
        home=new_number[pool.home[items]],
        workloads=tuple(pool.workloads[item] for item in items),
    )

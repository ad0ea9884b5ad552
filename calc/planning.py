"""Pools: which workloads are planned together, on which hosts, and what their plan is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from calc.demand import Demand
from calc.html import card, table
from calc.language import say
from calc.model import HostType
from calc.packing import Bound, Effort, Solver
from calc.resilience import PoolPlan
from calc.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a search may go and who may stop it.

    Attributes
    ----------
    time_limit_s : float or None
        Safety net for the whole assessment; a result that it cut short says so.
    iteration_limit : int or None
        Work budget for each solve, in elementary evaluations, instead of the effort's.
    should_stop : callable or None
    on_progress : callable or None
        Called with (share done 0-1, message).
    restarts : int
        Lines of search with seeds of their own, each with the whole work budget.
    on_closing : callable or None
        Called with (what is packed, best found, bound) whenever one of the two has moved.
    """

    time_limit_s: float | None = None
    iteration_limit: int | None = None
    should_stop: Callable[[], bool] | None = None
    on_progress: Callable[[float, str], None] | None = None
    restarts: int = 1
    on_closing: Callable[[str, int, int], None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A pool and its plan.

    Attributes
    ----------
    name : str
    rows : ndarray of int
        Positions of its workloads in the demand table.
    types : tuple of HostType
        Host types of the plan; ``plan.host_types`` points into it.
    capacities, failover_capacities : ndarray of int64, shape (T, K)
    dimensions : tuple of str
    groups : dict of str to ndarray
        Anti-affinity groups within the pool, positions in ``rows``.
    plan : PoolPlan
    hosts_bound : Bound or None
        On the number of hosts of any plan with these types.
    considered : dict of str to float
        For each host model, the estimated or reached present value it was judged by.
    closing : tuple of (float, str, int, int)
        How the search closed in: seconds, what was packed onto, best found, bound.
    """

    name: str
    rows: np.ndarray
    types: tuple[HostType, ...]
    capacities: np.ndarray
    failover_capacities: np.ndarray
    dimensions: tuple[str, ...]
    groups: dict[str, np.ndarray]
    plan: PoolPlan
    hosts_bound: Bound | None
    considered: dict[str, float]
    closing: tuple[tuple[float, str, int, int], ...]

    def _repr_html_(self) -> str:
        """What a notebook shows: the placement, host by host."""
        plan = self.plan
        counts = np.bincount(plan.assignment[plan.assignment >= 0], minlength=len(plan.host_types))
        bound = say("no bound") if self.hosts_bound is None else say("at least {n:,} proven", n=self.hosts_bound.value)
        held = "–"
        if plan.proof is not None:
            held = say("{passed:,} of {cases:,}", passed=plan.proof.passed, cases=plan.proof.cases)
        tiles = [
            (say("Hosts"), f"{len(plan.host_types):,}", bound),
            (
                say("Workloads"),
                f"{len(self.rows):,}",
                say("{n:,} not placed", n=len(plan.unplaced)) if plan.unplaced else "",
            ),
            (say("Failures that hold"), held, ""),
        ]
        rows = [
            (f"{number + 1}", self.types[int(kind)].name, f"{counts[number]:,}")
            for number, kind in enumerate(plan.host_types)
        ]
        return card(
            say("Placement: {pool}", pool=self.name),
            tiles,
            table([say("Host"), say("Host models"), say("Workloads")], rows, numbers=(0, 2)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One pool's problem, complete in itself: it may be planned in any process.

    Attributes
    ----------
    name : str
    demand : Demand
        Of the pool's workloads alone, in the order of their names.
    hosts : tuple of HostType
    scenario : Scenario
    effort : Effort or int
    restarts : int
    solver : callable or None
        `calc.packing.Solver`
    until : float or None
        Time of the clock (`time.time`) at which searches are cut.
    """

    name: str
    demand: Demand
    hosts: tuple[HostType, ...]
    scenario: Scenario
    effort: Effort | int
    restarts: int
    solver: Solver | None
    until: float | None


def pool_task(demand: Demand, name: str, rows: np.ndarray, hosts: tuple[HostType, ...], scenario: Scenario) -> Task:
    """The task of planning one pool: its workloads' rows in the demand, on these host types, without limits."""
    groups = groups_within(demand, {name: rows}).get(name, {})
    return Task(name, part_of(demand, rows, groups), hosts, scenario, Effort[scenario.effort.upper()], 1, None, None)


def rows_of_pools(demand: Demand) -> dict[str, np.ndarray]:
    """Rows of each pool's workloads that may move, by name: the order of the file must not matter."""
    movable = np.flatnonzero(demand.table["stay_reason"].to_numpy() == "")
    names = demand.table["pool"].to_numpy().astype(str)[movable]
    workloads = demand.table["workload"].to_numpy().astype(str)[movable]
    order = np.lexsort((workloads, names))
    found, first = np.unique(names[order], return_index=True)
    return dict(zip(found.tolist(), np.split(movable[order], first[1:]) if len(found) else [], strict=True))


def share_hosts(
    demand: Demand, parts: dict[str, np.ndarray], hosts: tuple[HostType, ...]
) -> dict[str, tuple[HostType, ...]]:
    """The host types of each pool; of those with a finite number, each pool has its own share.

    Hosts that exist are given to the pools of their architecture in proportion to what the pools ask for (the mean over
    the dimensions of a pool's share of the sum), whole hosts by largest remainder, ties by name: pools are planned
    apart, so none may count on a host of another.

    Returns
    -------
    dict of str to tuple of HostType
        With ``available`` as shared out; a type of which a pool has none is left out there.
    """
    arch = {name: demand.table["arch"].iloc[rows[0]] for name, rows in parts.items()}
    asked = {name: demand.amounts[rows].sum(axis=0) for name, rows in parts.items()}
    found: dict[str, list[HostType]] = {name: [] for name in parts}
    for host in hosts:
        names = [name for name in parts if arch[name] == host.arch]
        if host.available is None or len(names) < 2:
            for name in names:
                found[name].append(host)
            continue
        need = np.array([asked[name] for name in names], dtype=float)
        share = (need / np.maximum(need.sum(axis=0), 1)).mean(axis=1)
        exact = host.available * share / max(float(share.sum()), 1e-12)
        whole = np.floor(exact).astype(int)
        for index in np.argsort(whole - exact, kind="stable")[: host.available - int(whole.sum())].tolist():
            whole[index] += 1
        for name, count in zip(names, whole.tolist(), strict=True):
            found[name].append(replace(host, available=count))
    # Without any host left to a pool, its types stay, with none available: its plan then says so.
    return {name: tuple(host for host in own if host.available != 0) or tuple(own) for name, own in found.items()}


def groups_within(demand: Demand, parts: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """For each pool the groups of which it holds several members, with their positions in it."""
    pool, position = np.full(len(demand.table), -1, dtype=np.int64), np.zeros(len(demand.table), dtype=np.int64)
    for number, rows in enumerate(parts.values()):
        pool[rows], position[rows] = number, np.arange(len(rows))
    names = list(parts)
    found: dict[str, dict[str, np.ndarray]] = {}
    for label, members in demand.groups.items():
        for number in np.unique(pool[members]).tolist():
            inside = members[pool[members] == number]
            if number >= 0 and len(inside) > 1:
                found.setdefault(names[number], {})[label] = position[inside]
    return found


def part_of(demand: Demand, rows: np.ndarray, groups: dict[str, np.ndarray]) -> Demand:
    """The demand of one pool, without what its plan does not depend on."""
    return replace(
        demand,
        table=demand.table.loc[:, ["workload", "arch", "cpu_mean_units", "os", "application", "vcpus"]].iloc[rows],
        amounts=demand.amounts[rows],
        affinity=demand.affinity[rows],
        groups=groups,
        group_limits={label: demand.group_limits[label] for label in groups if label in demand.group_limits},
        statistics=demand.statistics.iloc[:0],
        assumed=(),
    )

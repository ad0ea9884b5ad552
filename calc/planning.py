"""From demand to hosts: one plan a pool, with the host model that costs least.

The catalogue's money enters packing as coefficients; packing itself knows none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calc.costs.sides import host_coefficient, load_coefficient
from calc.demand import Demand, capacity
from calc.language import joined, stored
from calc.mixing import plan_mixed
from calc.model import HostType
from calc.packing import UNLIMITED, Bound, Effort, Instance
from calc.packing.bounds import best_bound
from calc.packing.presolve import presolve
from calc.resilience import PoolPlan, plan_pool
from calc.scenario import Scenario

#: Packing costs are integers of a hundredth of the currency.
_MINOR = 100
_MIX = stored("mixing host models")


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
    """

    time_limit_s: float | None = None
    iteration_limit: int | None = None
    should_stop: Callable[[], bool] | None = None
    on_progress: Callable[[float, str], None] | None = None


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


def plan_pools(demand: Demand, hosts: tuple[HostType, ...], scenario: Scenario, limits: Limits) -> list[Pool]:
    """Plan every pool of workloads that may move.

    With the one-model policy the pool takes the host model whose plan places the most workloads
    and, of those, has the least present value; models whose bound is already dearer than the
    best plan are not packed.
    """
    started = time.monotonic()

    def remaining() -> float | None:
        return None if limits.time_limit_s is None else max(0.0, limits.time_limit_s - (time.monotonic() - started))

    movable = demand.table["stay_reason"].to_numpy() == ""
    names = demand.table["pool"].to_numpy()
    workloads = demand.table["workload"].to_numpy().astype(str)
    pools = []
    order = sorted(set(names[movable]))
    total = max(1, int(movable.sum()))
    done = 0
    for name in order:
        rows = np.flatnonzero(movable & (names == name))
        rows = rows[np.argsort(workloads[rows], kind="stable")]  # the order of the file must not matter

        def tell(share: float, message: str, *, base: int = done, size: int = len(rows), pool: str = name) -> None:
            if limits.on_progress is not None:
                limits.on_progress((base + share * size) / total, joined((pool, message), ": "))

        usable = tuple(host for host in hosts if host.arch == demand.table["arch"].iloc[rows[0]])
        pools.append(_plan_one(name, rows, demand, usable, scenario, limits, remaining, tell))
        done += len(rows)
    return pools


def _problem(
    name: str, rows: np.ndarray, demand: Demand, types: tuple[HostType, ...], scenario: Scenario, costs: list[int]
) -> tuple[Instance, np.ndarray, dict[str, np.ndarray]]:
    position = {int(row): index for index, row in enumerate(rows)}
    groups = {}
    for label, members in demand.groups.items():
        inside = np.array([position[int(row)] for row in members if int(row) in position], dtype=np.int64)
        if len(inside) > 1:
            groups[label] = inside
    labels = demand.affinity[rows]
    instance = Instance(
        demands=demand.amounts[rows],
        capacities=np.array([capacity(host, demand.dimensions, scenario) for host in types], dtype=np.int64),
        costs=np.array(costs, dtype=np.int64),
        counts=np.array([UNLIMITED if host.available is None else host.available for host in types], dtype=np.int64),
        dimensions=demand.dimensions,
        groups=tuple(
            (tuple(int(member) for member in members), demand.group_limits.get(label, 1))
            for label, members in groups.items()
        ),
        affinity=labels if (labels >= 0).any() else None,
    )
    failover = np.array([capacity(host, demand.dimensions, scenario, failover=True) for host in types], dtype=np.int64)
    return instance, failover, groups


def _plan_one(
    name: str,
    rows: np.ndarray,
    demand: Demand,
    hosts: tuple[HostType, ...],
    scenario: Scenario,
    limits: Limits,
    remaining: Callable[[], float | None],
    tell: Callable[..., None],
) -> Pool:
    full: Effort | int = limits.iteration_limit or Effort[scenario.effort.upper()]

    closing: list[tuple[float, str, int, int]] = []
    began = time.monotonic()

    def controls(label: str, share: float) -> dict[str, Any]:
        def better(cost: int, bound: int) -> None:
            closing.append((time.monotonic() - began, label, cost, bound))
            money = scenario.host_policy == "mixed" and label == _MIX
            found = (
                stored("best {cost:,} against a bound of {bound:,}", cost=cost, bound=bound)
                if money
                else stored("{cost} hosts, at least {bound}", cost=cost, bound=bound)
            )
            tell(share, joined((label, found)))

        return {
            "seed": scenario.seed,
            "remaining_s": remaining,
            "should_stop": limits.should_stop,
            "on_progress": better,
        }

    def run(
        instance: Instance, failover: np.ndarray, label: str, share: float, effort: Effort | int = full
    ) -> PoolPlan:
        return plan_pool(instance, failover, scenario.failover_hosts, effort, **controls(label, share))

    mean_units = float(demand.table["cpu_mean_units"].iloc[rows].sum())
    considered: dict[str, float] = {}
    judged = []
    for host in hosts:
        instance, failover, groups = _problem(name, rows, demand, (host,), scenario, [1])
        estimate, stuck = _estimate(instance, failover, scenario.failover_hosts)
        value = estimate * host_coefficient(host, scenario) + mean_units * load_coefficient(host, scenario)
        considered[host.id] = value
        judged.append((stuck, value, host, instance, failover, groups))
    judged.sort(key=lambda entry: (entry[0], entry[1], entry[2].id))
    best: tuple[int, float, str, Pool] | None = None

    def finished(
        plan: PoolPlan, entry: tuple[int, float, HostType, Instance, np.ndarray, dict[str, np.ndarray]]
    ) -> None:
        nonlocal best
        _, _, host, instance, failover, groups = entry
        value = len(plan.host_types) * host_coefficient(host, scenario) + mean_units * load_coefficient(host, scenario)
        considered[host.id] = value
        pool = Pool(
            name,
            rows,
            (host,),
            instance.capacities,
            failover,
            demand.dimensions,
            groups,
            plan,
            plan.bound,
            considered,
            (),
        )
        key = (len(plan.unplaced), value, host.id)
        if best is None or key <= best[:3]:  # as good, with more effort: perhaps with a better bound
            best = (*key, pool)

    # Models are judged at quick effort; the one chosen is then packed with all of it.
    quick = full if isinstance(full, int) else Effort.QUICK
    for index, entry in enumerate(judged):
        if best is not None and entry[:2] >= best[:2]:
            break  # the bound alone is no better than a finished plan, and later ones are worse
        if best is not None and limits.should_stop is not None and limits.should_stop():
            break
        host = entry[2]
        tell(index / len(judged), stored("packing onto {name}", name=host.name))
        finished(run(entry[3], entry[4], host.name, index / len(judged), quick), entry)
    assert best is not None
    winner = best[3]
    stopped = limits.should_stop is not None and limits.should_stop()
    if (
        not stopped
        and winner.plan.bound is not None
        and winner.plan.cost > winner.plan.bound.value
        and full is not quick
    ):
        entry = next(entry for entry in judged if entry[2].id == winner.types[0].id)
        finished(run(entry[3], entry[4], entry[2].name, 0.9), entry)
    if scenario.host_policy != "mixed":
        return replace(best[3], closing=tuple(closing))
    costs = [0 if host.role == "existing" else round(host_coefficient(host, scenario) * _MINOR) for host in hosts]
    instance, failover, groups = _problem(name, rows, demand, hosts, scenario, costs)
    tell(0.9, _MIX)
    mixed = plan_mixed(instance, failover, scenario.failover_hosts, full, **controls(_MIX, 0.9))
    found = _cheaper(best[3], mixed, hosts, instance, failover, groups, scenario)
    return replace(found, closing=tuple(closing))


def _cheaper(
    one: Pool,
    mixed: PoolPlan,
    hosts: tuple[HostType, ...],
    instance: Instance,
    failover: np.ndarray,
    groups: dict[str, np.ndarray],
    scenario: Scenario,
) -> Pool:
    """The mixed plan, or the best plan with one model where that costs no more."""
    index = next(number for number, host in enumerate(hosts) if host.id == one.types[0].id)
    kinds = np.full(len(one.plan.host_types), index, dtype=np.int64)
    alone = replace(one.plan, host_types=kinds, cost=int(instance.costs[index]) * len(kinds), bound=mixed.bound)
    plan = min(mixed, alone, key=lambda plan: (len(plan.unplaced), plan.cost))
    counted = replace(instance, costs=np.ones(len(hosts), dtype=np.int64))
    return replace(
        one,
        types=hosts,
        capacities=instance.capacities,
        failover_capacities=failover,
        groups=groups,
        plan=plan,
        hosts_bound=_hosts_bound(counted, failover, scenario, plan),
    )


def _estimate(instance: Instance, failover: np.ndarray, failures: int) -> tuple[int, int]:
    """(least hosts by the bounds, workloads that fit none) for one host model."""
    core = presolve(instance)
    if core.size == 0:
        return 0, len(core.unplaced)
    after = presolve(replace(instance, capacities=failover))
    least = best_bound(core).value
    if failures and not core.unplaced:
        least = max(least, best_bound(after).value + failures)
    return least, len(core.unplaced)


def _hosts_bound(counted: Instance, failover: np.ndarray, scenario: Scenario, plan: PoolPlan) -> Bound | None:
    if plan.unplaced:
        return None
    normal = best_bound(presolve(counted))
    if not scenario.failover_hosts:
        return normal
    after = best_bound(presolve(replace(counted, capacities=failover)))
    if after.value + scenario.failover_hosts > normal.value:
        return Bound(
            after.value + scenario.failover_hosts,
            stored(
                "{name}, after {failover_hosts} failure(s)", name=after.name, failover_hosts=scenario.failover_hosts
            ),
        )
    return normal

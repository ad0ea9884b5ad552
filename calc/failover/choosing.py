"""The host model of a pool that must survive racks: judged with what that asks of each model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from calc.demand import Demand, capacity
from calc.failover.racks import keep_through_racks, rack_hosts
from calc.host_choice import PoolLoad, plan_task
from calc.model import HostType
from calc.packing import UNLIMITED, Effort, Instance
from calc.packing.bounds import best_bound
from calc.packing.presolve import presolve
from calc.planning import Pool, Task
from calc.scenario import Scenario


def best_model(
    pool: Pool,
    task: Task,
    should_stop: Callable[[], bool] | None = None,
    on_closing: Callable[[str, int, int], None] | None = None,
) -> Pool:
    """The pool on the model that places most and costs least once any rack may be lost.

    Few large hosts, cheap without racks to lose, may be dear with them, or the other way round.
    Models are tried in the order of what they cost at least, until that is no better than a plan.

    Parameters
    ----------
    pool : Pool
        Planned without racks, on one model.
    task : Task
        It was planned from: its host types are the allowed ones; of those with a finite number, this pool's share.
    should_stop, on_closing : callable, optional
        As for `calc.host_choice.plan_task`.

    Returns
    -------
    Pool
        ``considered`` holds what each model was judged by.
    """
    demand, scenario = task.demand, task.scenario
    first = keep_through_racks(pool, demand, scenario)
    if not len(pool.plan.host_types):
        return first
    load = PoolLoad.of(pool.name, pool.rows, demand)
    arch = demand.table["arch"].iloc[pool.rows[0]]

    def key(found: Pool) -> tuple[int, float]:
        return len(found.plan.unplaced), load.value(found.types[0], len(found.plan.host_types), scenario)

    judged = []
    for host in task.hosts:
        if host.arch == arch:
            stuck, least = _least(pool, demand, host, scenario)
            judged.append((stuck, load.value(host, least, scenario), host.id, host))
    judged.sort(key=lambda entry: entry[:3])
    considered = {name: value for _, value, name, _ in judged}
    best, chosen = key(first), first
    considered[pool.types[0].id] = best[1]

    def planned(host: HostType, effort: Effort | int) -> Pool:
        alone = replace(task, hosts=(host,), effort=effort)
        return keep_through_racks(plan_task(alone, should_stop=should_stop, on_closing=on_closing), demand, scenario)

    def stopped() -> bool:
        return should_stop is not None and should_stop()

    quick: Effort | int = task.effort if isinstance(task.effort, int) else Effort.QUICK
    cut = False
    for stuck, value, name, host in judged:
        if (stuck, value) >= best:
            break
        if stopped():
            cut = True  # a request to stop left models out
            break
        if name != pool.types[0].id:
            found = planned(host, quick)
            considered[name] = key(found)[1]
            if key(found) < best:
                best, chosen = key(found), found
    if chosen is not first and task.effort is not quick:
        again = planned(chosen.types[0], task.effort)
        if key(again) <= best:
            best, chosen = key(again), again
            considered[again.types[0].id] = best[1]
    plan = replace(chosen.plan, reproducible=False) if cut else chosen.plan
    return replace(chosen, plan=plan, considered=considered)


def _least(pool: Pool, demand: Demand, host: HostType, scenario: Scenario) -> tuple[int, int]:
    """(workloads that fit no such host, hosts that no plan on this model goes below)."""

    def bound(*, failover: bool) -> tuple[int, int]:
        core = presolve(
            Instance(
                demands=demand.amounts[pool.rows],
                capacities=np.array([capacity(host, demand.dimensions, scenario, failover=failover)], dtype=np.int64),
                costs=np.ones(1, dtype=np.int64),
                counts=np.array([UNLIMITED], dtype=np.int64),
                dimensions=demand.dimensions,
            )
        )
        return len(core.unplaced), best_bound(core).value if core.size else 0

    (stuck, normal), (_, after) = bound(failover=False), bound(failover=True)
    return stuck, max(normal, after + scenario.failover_hosts, rack_hosts(after, scenario.racks or 1))

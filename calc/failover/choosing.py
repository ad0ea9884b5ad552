"""The host model of a pool that must survive racks: judged with what that asks of each model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calc.demand import Demand, capacity
from calc.failover.racks import keep_through_racks, rack_hosts
from calc.host_choice import PoolLoad, plan_pools
from calc.model import HostType
from calc.packing import UNLIMITED, Instance
from calc.packing.bounds import best_bound
from calc.packing.presolve import presolve
from calc.planning import Limits, Pool
from calc.scenario import Scenario


def best_model(pool: Pool, demand: Demand, hosts: tuple[HostType, ...], scenario: Scenario, limits: Limits) -> Pool:
    """The pool on the model that places most and costs least once any rack may be lost.

    Few large hosts, cheap without racks to lose, may be dear with them, or the other way round.
    Models are tried in the order of what they cost at least, until that is no better than a plan.

    Parameters
    ----------
    pool : Pool
        Planned without racks, on one model.
    hosts : tuple of HostType
        Allowed ones; of those with a finite number, this pool's share.

    Returns
    -------
    Pool
        ``considered`` holds what each model was judged by.
    """
    first = keep_through_racks(pool, demand, scenario)
    if not len(pool.plan.host_types):
        return first
    load = PoolLoad.of(pool.name, pool.rows, demand)
    arch = demand.table["arch"].iloc[pool.rows[0]]

    def key(found: Pool) -> tuple[int, float]:
        return len(found.plan.unplaced), load.value(found.types[0], len(found.plan.host_types), scenario)

    judged = []
    for host in hosts:
        if host.arch == arch:
            stuck, least = _least(pool, demand, host, scenario)
            judged.append((stuck, load.value(host, least, scenario), host.id, host))
    judged.sort(key=lambda entry: entry[:3])
    considered = {name: value for _, value, name, _ in judged}
    best, chosen = key(first), first
    considered[pool.types[0].id] = best[1]
    table = demand.table.copy()
    others = np.ones(len(table), dtype=bool)
    others[pool.rows] = False
    table.loc[others, "stay_reason"] = "another pool"
    alone, quiet = replace(demand, table=table), replace(limits, on_progress=None)

    def planned(host: HostType, settings: Scenario) -> Pool:
        return keep_through_racks(plan_pools(alone, (host,), settings, quiet)[0], demand, settings)

    def stopped() -> bool:
        return limits.should_stop is not None and limits.should_stop()

    quick, cut = scenario.varied(effort="quick"), False
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
    if chosen is not first and scenario.effort != "quick":
        again = planned(chosen.types[0], scenario)
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

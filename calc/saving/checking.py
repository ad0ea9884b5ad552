"""A kept plan against today's demand, capacities and figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from calc.demand import Demand, capacity
from calc.errors import InputError
from calc.language import say
from calc.model import HostType
from calc.packing import UNLIMITED, violations
from calc.planning import Pool, rows_of_pools, share_hosts
from calc.scenario import Scenario

_SHOWN = 5
_CENT = 0.011  # two roundings to the cent may differ by one


def checked_pools(
    kept: dict[str, Any], demand: Demand, hosts: tuple[HostType, ...], scenario: Scenario
) -> tuple[Pool, ...]:
    """The kept pools with today's host types, each placement checked by the independent verifier.

    Parameters
    ----------
    kept : dict
        workloads, dimensions, amounts (n, K) and pools, as they were when the plan was made.
    demand, hosts
        Formed anew from the same inventory and scenario.

    Raises
    ------
    InputError
        When the plan is one of another demand, or breaks a rule.
    """
    again = say("Assess the inventory again.")
    if tuple(kept["workloads"]) != tuple(demand.table["workload"]) or kept["dimensions"] != demand.dimensions:
        raise InputError(
            say("The saved plan is one of other workloads than its inventory gives today. {again}", again=again)
        )
    changed = (kept["amounts"] != demand.amounts).any(axis=1)
    if changed.any():
        names = ", ".join(demand.table["workload"].to_numpy()[changed][:_SHOWN])
        raise InputError(
            say(
                "The demand of {count:,} workloads comes out differently today ({names}): the saved plan is no plan for it. {again}",
                count=int(changed.sum()),
                names=names,
                again=again,
            )
        )
    own = share_hosts(demand, rows_of_pools(demand), hosts)  # hosts that exist are shared out among the pools
    pools = []
    for pool in kept["pools"]:
        by_id = {host.id: host for host in own.get(pool.name, hosts)}
        missing = [host.id for host in pool.types if host.id not in by_id]
        if missing:
            raise InputError(
                say(
                    "Host model {names} of the saved plan is not in the catalogue today. {again}",
                    names=", ".join(missing),
                    again=again,
                )
            )
        pools.append(replace(pool, types=tuple(by_id[host.id] for host in pool.types)))
        problem = _problem(pools[-1], demand, scenario)
        if problem:
            raise InputError(
                say(
                    "The saved plan of pool {pool} breaks a rule: {problem}. {again}",
                    pool=pool.name,
                    problem=problem,
                    again=again,
                )
            )
    return tuple(pools)


def _problem(pool: Pool, demand: Demand, scenario: Scenario) -> str:
    """The first thing wrong with a pool's plan; "" when it is clean."""
    movable = (demand.table["stay_reason"] == "").to_numpy() & (demand.table["pool"] == pool.name).to_numpy()
    if sorted(pool.rows.tolist()) != np.flatnonzero(movable).tolist():
        return say("it does not cover the pool's workloads")
    for failover, kept in ((False, pool.capacities), (True, pool.failover_capacities)):
        today = np.array([capacity(host, demand.dimensions, scenario, failover=failover) for host in pool.types])
        if not np.array_equal(today, kept):
            return say("capacities of its host models come out differently today")
    position = {int(row): index for index, row in enumerate(pool.rows)}
    groups = [
        ([position[int(row)] for row in members if int(row) in position], demand.group_limits.get(label, 1))
        for label, members in demand.groups.items()
    ]
    plan = pool.plan
    found = violations(
        demand.amounts[pool.rows].tolist(),
        pool.capacities.tolist(),
        [UNLIMITED if host.available is None else host.available for host in pool.types],
        plan.assignment.tolist(),
        plan.host_types.tolist(),
        plan.unplaced,
        groups,
        demand.affinity[pool.rows].tolist(),
    )
    if found:
        return found[0]
    # The bound is on plans that survive.
    if plan.survives and plan.bound is not None and plan.bound.value > plan.cost:
        return say("its cost of {cost:,} is below its bound of {bound:,}", cost=plan.cost, bound=plan.bound.value)
    if scenario.host_policy == "one_model":
        if plan.cost != len(plan.host_types):
            return say("its cost of {cost:,} is not that of its hosts", cost=plan.cost)
        if plan.bound != pool.hosts_bound:
            return say("the bound of its cost and of its hosts differ")
    return ""


def differences(saved: Any, today: Any) -> list[str]:
    """What differs between two trees of figures, in words, the first few."""
    found = _differences(saved, today, "")
    if len(found) > _SHOWN:
        return [*found[:_SHOWN], say("and {count} more", count=len(found) - _SHOWN)]
    return found


def _differences(saved: Any, today: Any, where: str) -> list[str]:
    if isinstance(today, dict) and isinstance(saved, dict):
        keys = dict.fromkeys((*saved, *today))
        return [line for key in keys for line in _differences(saved.get(key), today.get(key), f"{where} {key}".strip())]
    if isinstance(today, list) and isinstance(saved, list) and len(today) == len(saved):
        pairs = enumerate(zip(saved, today, strict=True))
        return [line for year, (one, two) in pairs for line in _differences(one, two, f"{where} {year}")]
    if isinstance(today, float) and isinstance(saved, int | float):
        return [] if abs(today - saved) < _CENT else [f"{where}: {saved:,.2f} → {today:,.2f}"]
    return [] if saved == today else [f"{where}: {saved} → {today}"]

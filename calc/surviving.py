"""A pool's plan that survives failures: how many hosts, and the proof by failing each of them.

Two states are planned: normal (all hosts run, normal ceilings) and failover (k hosts gone,
failover ceilings). With k failures, hosts >= max(bound_normal, bound_failover + k), and
cost >= max(cost_bound_normal, cost_bound_failover + k x cheapest host): the hosts left after a
failure hold everything, so they are at least the failover bound. The plan is then proved by
failing every host (every pair for k = 2) and re-placing its workloads on the others, none of
which moves. Where that fails, a host is added, and the plan says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from calc.errors import VerificationError
from calc.language import foreign, stored
from calc.packing import IN_PROCESS, Bound, Effort, Engine, Instance, Limits, Result, Termination, solve, violations
from calc.packing.bounds import best_bound
from calc.packing.presolve import expand, presolve
from calc.resilience import FailoverProof, PoolPlan, spread


def plan_pool(
    instance: Instance,
    failover_capacities: np.ndarray,
    failures: int,
    effort: Effort | int = Effort.STANDARD,
    *,
    seed: int = 1,
    engine: Engine = IN_PROCESS,
    remaining_s: Callable[[], float | None] = lambda: None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    start: PoolPlan | None = None,
) -> PoolPlan:
    """Plan one pool so that ``failures`` hosts may fail.

    Parameters
    ----------
    instance : Instance
        With the capacities of the normal state.
    failover_capacities : ndarray of int64, shape (T, K)
        At least those of the normal state.
    failures : int
    engine : Engine
        What searches, and where.
    remaining_s : callable
        Seconds left on the safety clock, None without one.
    start : PoolPlan, optional
        An earlier plan of the same instance, whose solves the new ones begin with.

    Returns
    -------
    PoolPlan
    """

    def run(problem: Instance, good_enough: int | None, earlier: Result | None) -> Result:
        begin = None if earlier is None or earlier.unplaced else (earlier.assignment, earlier.host_types)
        return solve(
            problem, effort, Limits(remaining_s(), good_enough), seed=seed, engine=engine, should_stop=should_stop,
            on_progress=on_progress, start=begin,
        )  # fmt: skip

    counts_hosts = len(instance.costs) == 1 and int(instance.costs[0]) == 1
    # The plan has max(normal, failover + k) hosts: neither state needs fewer than the other asks for.
    least = _failover_needs(instance, failover_capacities, failures) if counts_hosts else None
    normal = run(instance, least, start.normal if start else None)
    unplaced = {item.item: item.dimension for item in normal.unplaced}
    placed = np.flatnonzero(normal.assignment >= 0)
    if failures == 0 or not len(placed):
        return PoolPlan(
            normal.assignment,
            normal.host_types,
            unplaced,
            normal.bound,
            normal.cost,
            normal,
            None,
            None,
            0,
            normal.reproducible,
        )
    core_instance = _subset(instance, placed)
    failed_state = replace(core_instance, capacities=failover_capacities)
    failover = run(failed_state, normal.hosts - failures if counts_hosts else None, start.failover if start else None)
    core, normal_core = presolve(failed_state), presolve(core_instance)

    def survive(plan: Result) -> tuple[np.ndarray, list[int], FailoverProof]:
        least = max(plan.hosts, failover.hosts + failures)
        packed = plan.assignment[placed][[members[0] for members in core.members]]
        return spread(core, normal_core, packed, list(plan.host_types), least, failures, seed, instance.dimensions)

    assignment, types, proof = survive(normal)
    if counts_hosts and len(types) > normal.hosts and normal.termination is Termination.GOOD_ENOUGH:
        # The normal state was searched only as far as the failover state seemed to ask for.
        fuller = run(instance, None, normal)
        again = survive(fuller)
        if again[2].passed == again[2].cases and len(again[1]) < len(types):
            normal, (assignment, types, proof) = fuller, again
    needed = max(normal.hosts, failover.hosts + failures)
    full = np.full(instance.size, -1, dtype=np.int64)
    full[placed] = expand(core, assignment, len(placed))
    problems = violations(
        instance.demands.tolist(),
        instance.capacities.tolist(),
        instance.counts.tolist(),
        full.tolist(),
        types,
        unplaced,
        instance.groups,
        None if instance.affinity is None else instance.affinity.tolist(),
        instance.fixed,
    )
    if problems:
        raise VerificationError(stored("the spread placement failed its check: {problems}", problems=problems[0]))
    cost = int(sum(int(instance.costs[kind]) for kind in types[len(instance.fixed) :]))
    return PoolPlan(
        full,
        np.array(types, dtype=np.int64),
        unplaced,
        _bound(normal, failover, failures, instance),
        cost,
        normal,
        failover,
        proof,
        max(0, len(types) - needed),
        normal.reproducible and failover.reproducible,
    )


def _failover_needs(instance: Instance, failover_capacities: np.ndarray, failures: int) -> int | None:
    """Hosts that the failover state needs at least, with the spares; None without failures."""
    if not failures:
        return None
    core = presolve(replace(instance, capacities=failover_capacities))
    return best_bound(core).value + failures


def _subset(instance: Instance, items: np.ndarray) -> Instance:
    position = {int(item): index for index, item in enumerate(items)}
    groups = tuple(
        (tuple(position[member] for member in members if member in position), limit)
        for members, limit in instance.groups
    )
    return replace(
        instance,
        demands=instance.demands[items],
        groups=tuple(group for group in groups if group[0]),
        fixed=tuple((kind, tuple(position[item] for item in items)) for kind, items in instance.fixed),
        affinity=None if instance.affinity is None else instance.affinity[items],
    )


def after_failures(argument: str, failures: int) -> str:
    """The argument of a bound that holds after failures."""
    if failures == 1:
        return stored("{name}, after 1 failure", name=foreign(argument))
    return stored("{name}, after {failures} failures", name=foreign(argument), failures=failures)


def _bound(normal: Result, failover: Result, failures: int, instance: Instance) -> Bound | None:
    if normal.bound is None or failover.bound is None:
        return None
    usable = instance.counts != 0
    after = failover.bound.value + failures * int(instance.costs[usable].min())
    if after > normal.bound.value:
        return Bound(
            after,
            after_failures(failover.bound.name, failures),
        )
    return normal.bound

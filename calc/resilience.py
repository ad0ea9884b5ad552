"""A pool's plan that survives failures: how many hosts, and the proof by failing each of them.

Two states are planned: normal (all hosts run, normal ceilings) and failover (k hosts gone,
failover ceilings). With k failures, hosts >= max(bound_normal, bound_failover + k), and
cost >= max(cost_bound_normal, cost_bound_failover + k x cheapest host): the hosts left after a
failure hold everything, so they are at least the failover bound. The plan is then proved by
failing every host (every pair for k = 2) and re-placing its workloads on the others, none of
which moves. Where that fails, a host is added, and the plan says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from calc.errors import VerificationError
from calc.packing import Bound, Effort, Instance, Result, solve, violations
from calc.packing.bounds import best_bound
from calc.packing.presolve import Core, expand, presolve
from calc.packing.state import Budget, Placement

_MOST_CASES = 10_000


@dataclass(frozen=True, slots=True)
class FailoverProof:
    """Outcome of failing hosts one after the other (or pair after pair).

    Attributes
    ----------
    failures : int
        Hosts failed at once (k).
    cases, passed : int
        Combinations tried, and how many could be re-placed.
    exhaustive : bool
        False when a seeded sample was tried instead of every combination.
    tightest : str
        Dimension with the least room left in any case.
    highest_use : float
        Its use, as a share of failover capacity.
    """

    failures: int
    cases: int
    passed: int
    exhaustive: bool
    tightest: str
    highest_use: float


@dataclass(frozen=True, slots=True, eq=False)
class PoolPlan:
    """Placement of one pool.

    Attributes
    ----------
    assignment : ndarray of int64, shape (n,)
        Host of each workload of the pool, -1 where it is not placed.
    host_types : ndarray of int64, shape (m,)
        Index of each host's type.
    unplaced : dict of int to str
        Workload to the dimension that stops it.
    bound : Bound or None
        On the cost of any plan that survives the failures; None when something is unplaced.
    cost : int
    normal, failover : Result
        The two solves; ``failover`` is None without failures to survive.
    proof : FailoverProof or None
    added_hosts : int
        Hosts beyond max(normal, failover + k), added so that the proof holds.
    reproducible : bool
    """

    assignment: np.ndarray
    host_types: np.ndarray
    unplaced: dict[int, str]
    bound: Bound | None
    cost: int
    normal: Result
    failover: Result | None
    proof: FailoverProof | None
    added_hosts: int
    reproducible: bool


def plan_pool(
    instance: Instance,
    failover_capacities: np.ndarray,
    failures: int,
    effort: Effort | int = Effort.STANDARD,
    *,
    seed: int = 1,
    remaining_s: Callable[[], float | None] = lambda: None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PoolPlan:
    """Plan one pool so that ``failures`` hosts may fail.

    Parameters
    ----------
    instance : Instance
        With the capacities of the normal state.
    failover_capacities : ndarray of int64, shape (T, K)
        At least those of the normal state.
    failures : int
    remaining_s : callable
        Seconds left on the safety clock, None without one.

    Returns
    -------
    PoolPlan
    """

    def run(problem: Instance, good_enough: int | None = None) -> Result:
        return solve(
            problem, effort, seed=seed, time_limit_s=remaining_s(), should_stop=should_stop, on_progress=on_progress
        )

    counts_hosts = len(instance.costs) == 1 and int(instance.costs[0]) == 1
    # The plan has max(normal, failover + k) hosts: neither state needs fewer than the other asks for.
    normal = run(instance, _failover_needs(instance, failover_capacities, failures) if counts_hosts else None)
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
    failover = run(failed_state, normal.hosts - failures if counts_hosts else None)
    needed = max(normal.hosts, failover.hosts + failures)
    core = presolve(failed_state)
    normal_core = presolve(core_instance)
    start = _core_assignment(core, normal.assignment[placed])
    assignment, types, proof = _survive(
        core, normal_core, start, list(normal.host_types), needed, failures, seed, instance.dimensions
    )
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
    )
    if problems:
        raise VerificationError(f"the spread placement failed its check: {problems[0]}")
    cost = int(sum(int(instance.costs[kind]) for kind in types))
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
        affinity=None if instance.affinity is None else instance.affinity[items],
    )


def _bound(normal: Result, failover: Result, failures: int, instance: Instance) -> Bound | None:
    if normal.bound is None or failover.bound is None:
        return None
    usable = instance.counts != 0
    after = failover.bound.value + failures * int(instance.costs[usable].min())
    if after > normal.bound.value:
        return Bound(after, f"{failover.bound.name}, after {failures} failure{'s' if failures > 1 else ''}")
    return normal.bound


def _core_assignment(core: Core, assignment: np.ndarray) -> np.ndarray:
    return np.array([assignment[members[0]] for members in core.members], dtype=np.int64)


def _survive(
    core: Core,
    normal_core: Core,
    start: np.ndarray,
    types: list[int],
    needed: int,
    failures: int,
    seed: int,
    names: tuple[str, ...],
) -> tuple[np.ndarray, list[int], FailoverProof]:
    """Spread or add hosts until every failure can be re-placed."""
    if len(set(types)) == 1 and core.counts[types[0]] < 0:
        for hosts in range(needed, len(types) + failures + 1):
            spread = _spread(normal_core, types[0], hosts)
            for candidate in (spread, start if hosts >= len(types) else None):
                if candidate is None:
                    continue
                proof = prove(core, candidate, [types[0]] * hosts, failures, seed, names)
                if proof.passed == proof.cases:
                    return candidate, [types[0]] * hosts, proof
    # Different models: add the cheapest host that could take the fullest host's load, until the
    # proof holds. A spare for each failure that holds any one host's load always suffices.
    current = list(types)
    while True:
        proof = prove(core, start, current, failures, seed, names)
        spare = None if proof.passed == proof.cases else _spare(core, start, current)
        if spare is None:  # proved, or no host of the allowed models is left: the proof says which
            return start, current, proof
        current.append(spare)


def _spread(core: Core, kind: int, hosts: int) -> np.ndarray | None:
    """Balance the items over a number of equal hosts within normal ceilings; None if they do not fit."""
    capacity = core.capacities[:, kind]
    share = core.demands / np.maximum(capacity, 1)[:, None]
    order = np.lexsort((np.arange(share.shape[1]), -share.max(axis=0)))
    free = np.repeat(capacity[:, None], hosts, axis=1)
    scale = 1.0 / np.maximum(capacity, 1)
    assignment = np.full(share.shape[1], -1, dtype=np.int64)
    for item in order:
        after = free - core.demands[:, item, None]
        room = (after * scale[:, None]).min(axis=0)
        room[(after < 0).any(axis=0)] = -np.inf
        host = int(np.argmax(room))
        if room[host] == -np.inf:
            return None
        free[:, host] = after[:, host]
        assignment[item] = host
    return assignment


def _spare(core: Core, assignment: np.ndarray, types: list[int]) -> int | None:
    load = np.zeros((len(core.demands), len(types)), dtype=np.int64)
    for dimension in range(len(load)):
        np.add.at(load[dimension], assignment, core.demands[dimension])
    biggest = load.max(axis=1)
    opened = {kind: types.count(kind) for kind in set(types)}
    left = [kind for kind in range(len(core.costs)) if core.counts[kind] < 0 or core.counts[kind] > opened.get(kind, 0)]
    enough = [kind for kind in left if (biggest <= core.capacities[:, kind]).all()]
    if len(types) > 4 * max(1, len(set(assignment.tolist()))) or not left:
        return None
    if enough:
        return min(enough, key=lambda kind: (int(core.costs[kind]), kind))
    return max(left, key=lambda kind: (tuple(core.capacities[:, kind]), -kind))


def prove(
    core: Core, assignment: np.ndarray, types: list[int], failures: int, seed: int, names: tuple[str, ...]
) -> FailoverProof:
    """Fail every combination of hosts and re-place what was on them; nothing else moves.

    Parameters
    ----------
    core : Core
        With failover capacities.
    names : tuple of str
        Names of the resource dimensions, which come before those of the groups.

    Returns
    -------
    FailoverProof
    """
    hosts = len(types)
    total = hosts if failures == 1 else hosts * (hosts - 1) // 2
    if failures >= hosts:
        return FailoverProof(failures, 1, 0, True, "hosts", float("inf"))
    exhaustive = total <= _MOST_CASES
    combinations: list[tuple[int, ...]]
    if exhaustive:
        combinations = list(itertools.combinations(range(hosts), failures))
    else:
        rng = np.random.default_rng(seed)
        drawn = {tuple(sorted(rng.choice(hosts, failures, replace=False).tolist())) for _ in range(_MOST_CASES)}
        combinations = sorted(drawn)
    capacity = core.capacities[:, types]
    load = np.zeros_like(capacity)
    for dimension in range(len(load)):
        np.add.at(load[dimension], assignment, core.demands[dimension])
    free = capacity - load
    members = [np.flatnonzero(assignment == host) for host in range(hosts)]
    share = (core.demands / np.maximum(capacity.max(axis=1), 1)[:, None]).max(axis=0)
    passed, worst, where = 0, 0.0, 0
    for failed in combinations:
        place = Placement(core, assignment.copy(), list(types), free.copy(), "")
        place.free[:, list(failed)] = -1
        if _replace_all(place, np.concatenate([members[host] for host in failed]), share):
            passed += 1
            alive = np.setdiff1d(np.arange(hosts), failed)
            used = (1 - place.free[:, alive] / np.maximum(capacity[:, alive], 1))[: len(names)]
            if used.max() > worst:
                worst, where = float(used.max()), int(used.max(axis=1).argmax())
    return FailoverProof(failures, len(combinations), passed, exhaustive, names[where], worst)


def _replace_all(place: Placement, items: np.ndarray, share: np.ndarray) -> bool:
    """Best fit, largest first, of the workloads that lost their host."""
    budget = Budget(2**62)
    scale = 1.0 / np.maximum(place.core.capacities.max(axis=1), 1)
    for item in items[np.lexsort((items, -share[items]))]:
        demand = place.core.demands[:, item]
        hosts = place.fitting(demand, budget)
        hosts = hosts[place.free[0, hosts] >= 0]  # a failed host has -1 everywhere
        if not len(hosts):
            return False
        place.put(int(item), int(hosts[np.argmax((scale[:, None] * place.free[:, hosts]).min(axis=0))]))
    return True

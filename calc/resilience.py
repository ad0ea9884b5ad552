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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from calc.errors import VerificationError
from calc.language import foreign, stored
from calc.packing import IN_PROCESS, Bound, Effort, Engine, Instance, Limits, Result, Termination, solve, violations
from calc.packing.bounds import best_bound
from calc.packing.presolve import Core, expand, presolve
from calc.packing.state import Budget, Placement

_MOST_CASES = 10_000
#: Above this many workloads a plan is spread in one way only: each takes seconds.
_LARGE = 3_000


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
    rack_of : tuple of str
        Rack of each host; empty where racks are not looked at.
    rack_proof : FailoverProof or None
        Every rack failed, one after the other.
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
    rack_of: tuple[str, ...] = ()
    rack_proof: FailoverProof | None = None


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
        packed = _core_assignment(core, plan.assignment[placed])
        return _survive(core, normal_core, packed, list(plan.host_types), least, failures, seed, instance.dimensions)

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
    """Spread or add hosts until every failure can be re-placed; of several ways the cheapest."""
    found: list[tuple[np.ndarray, list[int], FailoverProof]] = []
    if len(set(types)) == 1 and core.counts[types[0]] < 0:
        for hosts in range(needed, len(types) + failures + 1):
            equal = [types[0]] * hosts
            if found:
                break
            packed = [start] if hosts >= len(types) else []
            for candidate in itertools.chain(_spreads(normal_core, types[0], hosts), packed):
                proof = prove(core, candidate, equal, failures, seed, names)
                if proof.passed == proof.cases:
                    found.append((candidate, equal, proof))
                    break
    if len(core.costs) > 1 or not found:
        found.append(_with_spares(core, start, types, failures, seed, names))

    def order(entry: tuple[np.ndarray, list[int], FailoverProof]) -> tuple[bool, int]:
        return (entry[2].passed < entry[2].cases, sum(int(core.costs[kind]) for kind in entry[1]))

    return min(found, key=order)


def _with_spares(
    core: Core, start: np.ndarray, types: list[int], failures: int, seed: int, names: tuple[str, ...]
) -> tuple[np.ndarray, list[int], FailoverProof]:
    """Add the cheapest host with which the proof holds, or the cheapest that takes any one host's load.

    A spare for each failure that holds any one host's load always suffices.
    """
    current = list(types)
    proof = prove(core, start, current, failures, seed, names)
    while proof.passed < proof.cases:
        spare = _spare(core, start, current)
        if spare is None:  # no host of the allowed models is left: the proof says so
            break
        for kind in np.lexsort((np.arange(len(core.costs)), core.costs)).tolist():
            if core.costs[kind] >= core.costs[spare]:
                break
            if core.counts[kind] < 0 or core.counts[kind] > current.count(kind):
                cheaper = prove(core, start, [*current, kind], failures, seed, names)
                if cheaper.passed == cheaper.cases:
                    return start, [*current, kind], cheaper
        current.append(spare)
        proof = prove(core, start, current, failures, seed, names)
    return start, current, proof


def _spreads(core: Core, kind: int, hosts: int) -> Iterator[np.ndarray]:
    """Ways to balance the items over equal hosts within normal ceilings, where they fit: orders by rules of choice."""
    scale = 1.0 / np.maximum(core.capacities[:, kind, None], 1)
    share = core.demands * scale
    scarce = share.sum(axis=1, keepdims=True)
    sizes = (share.max(axis=0), (share * scarce).sum(axis=0), share.sum(axis=0))
    large = core.size > _LARGE
    for size in sizes[: 1 if large else None]:
        order = [item for item in np.lexsort((np.arange(core.size), -size)).tolist() if core.pinned[item] < 0]
        for tight in (True,) if large else (True, False):
            place, budget = Placement.initial(core, ""), Budget(2**62)
            for _ in range(hosts - place.hosts):
                place.open(kind)
            for item in order:
                fitting = place.fitting(item, budget)
                if not len(fitting):
                    break
                after = (place.free[:, fitting] - core.demands[:, item, None]) * scale
                room = after.min(axis=0) if tight else (after * scarce).sum(axis=0)
                place.put(item, int(fitting[np.argmax(room)]))
            if not place.missing:
                yield place.assignment


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
        Names of the dimensions.

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
        place.free[:, list(failed)] = -1  # nothing fits there, not even what needs nothing
        parts = [members[host] for host in failed]
        place.assignment[np.concatenate(parts)] = -1  # a failed host counts towards no group
        if _replace_all(place, parts, share):
            passed += 1
            alive = np.setdiff1d(np.arange(hosts), failed)
            used = 1 - place.free[:, alive] / np.maximum(capacity[:, alive], 1)
            if used.max() > worst:
                worst, where = float(used.max()), int(used.max(axis=1).argmax())
    return FailoverProof(failures, len(combinations), passed, exhaustive, names[where], worst)


def _replace_all(place: Placement, parts: list[np.ndarray], share: np.ndarray) -> bool:
    """Re-place what the failed hosts held, one array a host: workload by workload, else each host's load as a whole.

    Largest first, where most room stays, or where least does. The whole load of a host fits any
    empty one, so that a spare host is never worth less than it is.
    """
    budget, scale = Budget(2**62), 1.0 / np.maximum(place.core.capacities.max(axis=1), 1)
    items = np.concatenate(parts)
    items = items[np.lexsort((items, -share[items]))]
    before = place.assignment.copy(), place.free.copy()
    for roomy in (True, False):
        place.assignment, place.free = before[0].copy(), before[1].copy()
        for item in items.tolist():
            hosts = place.fitting(item, budget)
            if not len(hosts):
                break
            room = (scale[:, None] * place.free[:, hosts]).min(axis=0)
            place.put(item, int(hosts[np.argmax(room) if roomy else np.argmin(room)]))
        else:
            return True
    place.assignment, place.free = before[0].copy(), before[1].copy()
    for part in sorted(parts, key=lambda part: -float(share[part].sum())):
        load = place.core.demands[:, part].sum(axis=1)
        hosts = np.flatnonzero((place.free[:, : place.hosts] >= load[:, None]).all(axis=0))
        for host in hosts[np.argsort(place.free[:, hosts].sum(axis=0), kind="stable")].tolist():
            if _moves(place, part, host, budget):
                break
        else:
            return False
    return True


def _moves(place: Placement, part: np.ndarray, host: int, budget: Budget) -> bool:
    """Put all of these on one host, or none where a group forbids it."""
    for number, item in enumerate(part.tolist()):
        if host not in place.fitting(item, budget):
            for back in part[:number].tolist():
                place.take(back)
            return False
        place.put(item, host)
    return True

"""The proof that a plan survives failures, and the spreading of workloads that makes it hold.

Every host (every pair for k = 2) is failed in turn and its workloads are re-placed on the others, none of which moves. Where
that fails, the workloads are spread anew or a host is added.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from calc.packing import Bound, Result
from calc.packing.presolve import Core
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

    @property
    def survives(self) -> bool:
        """Whether every failure that was asked for, of hosts and of racks, could be re-placed."""
        proofs = (self.proof, self.rack_proof)
        return all(proof is None or proof.passed == proof.cases for proof in proofs)

    @property
    def gap(self) -> float | None:
        """(cost - bound) / cost, from 0 up to 1; None where there is no bound, or the plan is none that it is on."""
        if self.bound is None or not self.survives:
            return None
        return (self.cost - self.bound.value) / max(self.cost, 1)


def spread(
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

"""Racks as failure domains of a plan: spread, prove, and add the least costly hosts it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calc.costs.sides import host_coefficient
from calc.demand import Demand
from calc.errors import InputError, VerificationError
from calc.failover.failures import Proof, prove
from calc.failover.loaded import Loaded, load_pool
from calc.language import foreign, stored
from calc.packing import UNLIMITED, Bound, Instance, violations
from calc.packing.bounds import best_bound
from calc.packing.presolve import presolve
from calc.planning import Pool
from calc.resilience import FailoverProof
from calc.scenario import Scenario
from calc.units import MINOR_UNITS

#: Hosts that a repair may add before it gives up, as a multiple of what the pool has.
_MOST_ADDED = 2


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """A pool that was spread over racks.

    Attributes
    ----------
    loaded : Loaded
        With hosts added and workloads spread anew where that was needed.
    racks : dict of str to tuple of str
    proof : Proof
        One case a rack.
    added : tuple of str
    kinds : tuple of int
        Type of each added host, a position in the pool's types.
    """

    loaded: Loaded
    racks: dict[str, tuple[str, ...]]
    proof: Proof
    added: tuple[str, ...]
    kinds: tuple[int, ...]


def spread_over_racks(hosts: Sequence[str], racks: int) -> dict[str, tuple[str, ...]]:
    """Hosts dealt out to racks in turn.

    Examples
    --------
    >>> spread_over_racks(["a", "b", "c"], 2)
    {'rack-1': ('a', 'c'), 'rack-2': ('b',)}
    """
    if racks < 1:
        raise InputError(stored("racks = {racks}: at least one is needed", racks=racks))
    return {f"rack-{number + 1}": tuple(hosts[number::racks]) for number in range(min(racks, len(hosts)))}


def repair(
    pool: Pool,
    original: Loaded,
    racks: Mapping[str, Sequence[str]],
    costs: Sequence[float],
    *,
    failures: int = 0,
    seed: int = 1,
) -> Repaired:
    """Spread a pool anew, and add hosts, until it survives the loss of any one rack.

    Parameters
    ----------
    pool : Pool
    original : Loaded
        Its plan.
    racks : mapping of str to sequence of str
        Hosts of each rack; a rack may be empty and filled.
    costs : sequence of float
        Of a host of each of the pool's types.
    failures : int
        Hosts whose failure it must survive beside that, in any combination; 0 leaves that aside.

    Returns
    -------
    Repaired
        ``proof.holds`` tells whether it was reached. With one rack it cannot be.
    """
    loaded, sets = original, {name: tuple(hosts) for name, hosts in racks.items()}
    usable = [kind for kind, host in enumerate(pool.types) if host.available is None]
    added: list[str] = []
    kinds: list[int] = []

    def tried(candidate: Loaded) -> tuple[Proof, bool]:
        proof = prove(candidate, domains={name: hosts for name, hosts in sets.items() if hosts}, kind="rack", seed=seed)
        holds = proof.holds and (not failures or prove(candidate, failures, seed=seed).holds)
        return proof, holds

    while True:
        proof, holds = tried(loaded)
        if not holds and len(sets) > 1:
            spread = rebalance(loaded)
            if spread is not None:
                again, better = tried(spread)
                if better or again.passed > proof.passed:
                    loaded, proof, holds = spread, again, better
        full = len(added) >= _MOST_ADDED * len(original.hosts) or not usable or len(sets) < 2
        if holds or full:
            return Repaired(loaded, sets, proof, tuple(added), tuple(kinds))
        kind = _cheapest(pool, loaded, proof, usable, costs)
        kinds.append(kind)
        name = f"{original.hosts[0]}-added-{len(added) + 1}"
        added.append(name)
        emptiest = min(sets, key=lambda rack: (len(sets[rack]), rack))
        sets[emptiest] = (*sets[emptiest], name)
        loaded = _with_host(loaded, pool, kind, name)


def _cheapest(pool: Pool, loaded: Loaded, proof: Proof, usable: Sequence[int], costs: Sequence[float]) -> int:
    """The type with which what the worst case leaves over costs least to hold, in hosts of that type alone."""
    worst = max(proof.cases, key=lambda case: case.lost)
    left = loaded.demands[worst.items[worst.goals < 0], : loaded.resources]
    total, largest = left.sum(axis=0), left.max(axis=0, initial=0)

    def price(kind: int) -> tuple[bool, float, str]:
        room = np.maximum(pool.failover_capacities[kind], 1)
        hosts = max(1.0, float(np.ceil(total / room).max(initial=1.0)))
        return bool((largest > room).any()), hosts * costs[kind], pool.types[kind].id

    return min(usable, key=price)


def _with_host(loaded: Loaded, pool: Pool, kind: int, name: str) -> Loaded:
    groups = loaded.capacities[:1, loaded.resources :]
    failover = np.hstack([pool.failover_capacities[kind][None], groups])
    normal = np.hstack([pool.capacities[kind][None], groups])
    return replace(
        loaded,
        hosts=(*loaded.hosts, name),
        pool=(*loaded.pool, loaded.pool[0]),
        capacities=np.vstack([loaded.capacities, failover]),
        normal=np.vstack([loaded.normal, normal]),
    )


def rebalance(loaded: Loaded) -> Loaded | None:
    """The same workloads spread evenly over the same hosts, within normal ceilings; None where they do not fit."""
    scale = 1.0 / np.maximum(loaded.normal.max(axis=0), 1)
    share = (loaded.demands * scale)[:, : loaded.resources].max(axis=1, initial=0.0)
    free = loaded.normal.copy()
    home = np.full(len(loaded.home), -1, dtype=np.int64)
    for item in np.lexsort((np.arange(len(share)), -share)):
        after = free - loaded.demands[item]
        fits = (after >= 0).all(axis=1)
        if not fits.any():
            return None
        room = np.where(fits, (after * scale)[:, : loaded.resources].min(axis=1), -np.inf)
        host = int(room.argmax())
        free[host] = after[host]
        home[item] = host
    return replace(loaded, home=home)


def keep_through_racks(pool: Pool, demand: Demand, scenario: Scenario) -> Pool:
    """The pool's plan, surviving the loss of any one of ``Scenario.racks`` racks too.

    Hosts are dealt out to the racks in turn. Where the plan does not survive a rack, it is spread
    anew and the least costly hosts are added; the spread is checked as every placement is. What
    was proved for single hosts is proved again.

    Notes
    -----
    With m hosts on r racks one rack holds at least m / r, rounded up, and what is left holds
    everything: m - ceil(m / r) >= the bound of the failover state. The least such m is a bound.
    """
    count = len(pool.plan.host_types)
    if not scenario.racks or not count:
        return pool
    names = tuple(f"host {number}" for number in range(count))
    # Racks without a host are kept, other than in `spread_over_racks`: hosts that are added go there first.
    racks = {f"rack-{number + 1}": names[number :: scenario.racks] for number in range(scenario.racks)}
    original = load_pool(pool, demand, names)
    worth = [host_coefficient(host, scenario) for host in pool.types]
    found = repair(pool, original, racks, worth, failures=scenario.failover_hosts, seed=scenario.seed)
    loaded = found.loaded
    row = {str(name): index for index, name in enumerate(demand.table["workload"].to_numpy()[pool.rows])}
    assignment = np.full(len(pool.rows), -1, dtype=np.int64)
    for members, home in zip(loaded.workloads, loaded.home, strict=True):
        for name in members:
            assignment[row[name]] = home
    kinds = np.r_[pool.plan.host_types, np.array(found.kinds, dtype=np.int64)]
    more = sum(1 if scenario.host_policy == "one_model" else round(worth[kind] * MINOR_UNITS) for kind in found.kinds)
    _check(pool, demand, assignment, kinds)
    rack_of = {name: rack for rack, hosts in found.racks.items() for name in hosts}
    proof = pool.plan.proof
    if proof is not None:
        proof = summary(prove(loaded, proof.failures, seed=scenario.seed), proof.failures)
    plan = replace(
        pool.plan,
        assignment=assignment,
        host_types=kinds,
        cost=pool.plan.cost + more,
        proof=proof,
        added_hosts=pool.plan.added_hosts + len(found.added),
        rack_of=tuple(rack_of[name] for name in loaded.hosts),
        rack_proof=summary(found.proof, 1),
    )
    bound = _rack_bound(pool, demand, scenario.racks)
    if pool.plan.bound is not None and scenario.host_policy == "one_model" and bound.value > pool.plan.bound.value:
        plan = replace(plan, bound=bound)
    least = pool.hosts_bound
    if least is not None and bound.value > least.value:
        least = bound
    return replace(pool, plan=plan, hosts_bound=least)


def summary(proof: Proof, failures: int) -> FailoverProof:
    """A proof as a plan keeps it: how many cases hold, and the fullest host in any."""
    worst = max(proof.cases, key=lambda case: case.highest_use)
    return FailoverProof(failures, len(proof.cases), proof.passed, proof.exhaustive, worst.tightest, worst.highest_use)


def _check(pool: Pool, demand: Demand, assignment: np.ndarray, kinds: np.ndarray) -> None:
    """The spread placement by the check that every placement passes."""
    labels = demand.affinity[pool.rows]
    problems = violations(
        demand.amounts[pool.rows].tolist(),
        pool.capacities.tolist(),
        [UNLIMITED if host.available is None else host.available for host in pool.types],
        assignment.tolist(),
        kinds.tolist(),
        pool.plan.unplaced,
        tuple(
            (tuple(int(member) for member in members), demand.group_limits.get(label, 1))
            for label, members in pool.groups.items()
        ),
        labels.tolist() if (labels >= 0).any() else None,
        (),
    )
    if problems:
        raise VerificationError(
            stored("the placement spread over racks failed its check: {problems}", problems=problems[0])
        )


def rack_hosts(needed: int, racks: int) -> int:
    """Least hosts of which ``needed`` are left when the fullest of some racks is lost; ``needed`` for one rack.

    Examples
    --------
    >>> [rack_hosts(4, racks) for racks in (1, 2, 3, 4, 5)]
    [4, 8, 6, 6, 5]
    """
    hosts = needed
    while racks > 1 and hosts - -(-hosts // racks) < needed:
        hosts += 1
    return hosts


def _rack_bound(pool: Pool, demand: Demand, racks: int) -> Bound:
    """Least hosts of any plan that survives a rack: placed workloads only, as one model of each is free to mix."""
    placed = pool.rows[pool.plan.assignment >= 0]
    problem = Instance(
        demands=demand.amounts[placed],
        capacities=pool.failover_capacities,
        costs=np.ones(len(pool.types), dtype=np.int64),
        counts=np.full(len(pool.types), UNLIMITED, dtype=np.int64),
        dimensions=pool.dimensions,
    )
    after = best_bound(presolve(problem))
    return Bound(
        rack_hosts(after.value, racks),
        stored("{name}, after the loss of one of {racks} racks", name=foreign(after.name), racks=racks),
    )

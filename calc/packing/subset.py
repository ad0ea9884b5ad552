"""Column generation on a part of the hosts: where the whole problem is too large for it.

Some hosts are taken out with what they hold, packed anew as a problem of their own, and put back where that needs fewer
or cheaper ones. The rest of the plan stays.
"""

from __future__ import annotations

import numpy as np

from calc.packing.dive import Dive, Generation
from calc.packing.master import Infeasible
from calc.packing.presolve import Core, part
from calc.packing.state import Budget, Placement

#: Workloads of a part: enough for a host to be saved, few enough for a linear programme of a second or two.
_ITEMS = 300


def choose(place: Placement, rng: np.random.Generator) -> np.ndarray:
    """Hosts of a part, by chance: any two may hold what fits together better; fixed hosts are left out."""
    held = np.bincount(place.assignment[place.assignment >= 0], minlength=place.hosts)
    order = rng.permutation(np.arange(len(place.core.fixed), place.hosts))
    return order[: int(np.searchsorted(np.cumsum(held[order]), _ITEMS)) + 1]


def repack(place: Placement, hosts: np.ndarray, seed: int, budget: Budget) -> Placement | None:
    """A placement with these hosts packed anew at less cost, or None.

    Parameters
    ----------
    place : Placement
        Complete.
    hosts : ndarray of int
        None of them fixed.

    Raises
    ------
    Cut
        When the budget is spent; nothing is changed then.
    """
    core, inside = place.core, np.zeros(place.hosts, dtype=bool)
    inside[hosts] = True
    items = np.flatnonzero(inside[place.assignment] & (core.pinned < 0))
    counts = core.counts.copy()
    for kind in range(len(counts)):
        if counts[kind] >= 0:
            counts[kind] = int(place.left(kind)) + sum(place.types[host] == kind for host in hosts.tolist())
    sub = part(core, items, counts)
    start = _taken(place, sub, items, hosts)
    best, generation = start, Generation(sub, seed)
    try:
        while True:
            generation.learn(best)
            # The programme's cost proves nothing, but a dive below it is hardly ever found.
            if generation.converge(budget, best.cost, exactly=False) > best.cost - 1 + 1e-6 * generation.master.unit:
                break
            found = Dive(generation, seed + generation.dives, bold=generation.dives == 0).run(best, budget)
            generation.dives += 1
            if found is None or found.cost >= best.cost:
                break
            best = found
    except Infeasible:  # not with the columns known
        pass
    return None if best is start else _put_back(place, best, items, inside)


def _taken(place: Placement, sub: Core, items: np.ndarray, hosts: np.ndarray) -> Placement:
    found = Placement.initial(sub, place.method)
    number = np.full(place.hosts, -1, dtype=np.int64)
    for host in hosts.tolist():
        number[host] = found.open(place.types[host])
    for item, host in enumerate(number[place.assignment[items]].tolist()):
        found.put(item, host)
    found.drop_empty()
    return found


def _put_back(place: Placement, better: Placement, items: np.ndarray, inside: np.ndarray) -> Placement:
    found = Placement.initial(place.core, better.method)
    number = np.full(place.hosts, -1, dtype=np.int64)
    number[: len(place.core.fixed)] = np.arange(len(place.core.fixed))
    for host in np.flatnonzero(~inside).tolist():
        if host >= len(place.core.fixed):
            number[host] = found.open(place.types[host])
    kept = np.flatnonzero((place.core.pinned < 0) & ~inside[place.assignment])
    for item in kept.tolist():
        found.put(item, int(number[place.assignment[item]]))
    added = [found.open(kind) for kind in better.types]
    for item, host in zip(items.tolist(), better.assignment.tolist(), strict=True):
        found.put(item, added[host])
    found.drop_empty()
    return found

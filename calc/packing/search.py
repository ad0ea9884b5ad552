"""Goal-directed search: take a host away, or a cheaper one for it, and try to place what is left.

The placement of the remaining hosts is kept; what lost its room waits in a pool, which is
emptied by insertions and by ejections of the items that were easiest to place so far.

References
----------
Nagata and Bräysy (2009), A powerful route minimization heuristic for the vehicle routing
problem with time windows, Operations Research Letters 37, doi:10.1016/j.orl.2009.04.006
(guided ejection); Buljubašić and Vasquez (2016), Consistent neighborhood search for
one-dimensional bin packing and two-dimensional vector packing, Computers & Operations Research
76, doi:10.1016/j.cor.2016.06.009 (fix one bin fewer, keep the rest consistent).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calc.packing import kernels
from calc.packing.state import Budget, Placement

#: Evaluations in one go of the compiled kernel, a few hundredths of a second: how often the
#: clock and the caller are asked, and how long one goal is pursued before another has its turn.
_SLICE = 2_000_000
_SHAKES, _AGAINST = 2_000, 5
_MOST_HOSTS = 200
_LARGE = 3_000
_SCALE = 1_000_000


class _Attempt:
    """One goal under way: given hosts, a placement of most items, a pool of the others."""

    def __init__(self, place: Placement, types: list[int], lost: np.ndarray, kept: list[int], seed: int) -> None:
        core = place.core
        self.core, self.types, self.method = core, types, place.method
        number = np.full(place.hosts, -1, dtype=np.int64)
        number[kept] = np.arange(len(kept))
        self.home = number[place.assignment]
        self.home[lost] = -1
        self.demand = np.ascontiguousarray(core.demands.T)
        scarce = core.demands.sum(axis=1) / np.maximum(core.capacities[:, types].sum(axis=1), 1)
        scale = _SCALE * (scarce / max(scarce.max(), 1e-12)) / np.maximum(core.capacities.max(axis=1), 1)
        self.size = (self.demand @ scale).astype(np.int64)
        self.room = np.ascontiguousarray(core.capacities[:, types].T)
        free = self.room.copy()
        placed = self.home >= 0
        np.subtract.at(free, self.home[placed], self.demand[placed])
        self.free = np.ascontiguousarray(free)
        self.slack = (free @ scale).astype(np.int64)
        n = len(self.home)
        self.head = np.full(len(types), -1, dtype=np.int64)
        self.after, self.before = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
        kernels.link_all(self.home, self.head, self.after, self.before)
        waiting = np.flatnonzero(~placed)
        waiting = waiting[np.lexsort((waiting, self.size[waiting]))]  # the largest is placed first
        self.pool = np.zeros(n, dtype=np.int64)
        self.pool[: len(waiting)] = waiting
        self.waiting = len(waiting)
        self.weight = np.ones(n, dtype=np.int64)
        self.state = np.array([0x9E3779B97F4A7C15 ^ (seed + 1)], dtype=np.uint64)

    @property
    def hopeless(self) -> bool:
        """Whether some item fits none of the hosts."""
        return self.waiting < 0

    def run(self, budget: Budget) -> bool:
        """One slice of work; whether the pool is empty."""
        hosts = len(self.types) if len(self.home) <= _LARGE else _MOST_HOSTS
        self.waiting, spent = kernels.empty_pool(
            self.demand, self.size, self.free, self.slack, self.room, self.home, self.head, self.after, self.before,
            self.pool, self.waiting, self.weight, self.state, _SLICE, _SHAKES, _AGAINST, hosts,
        )  # fmt: skip
        budget.charge(spent)
        return self.waiting == 0

    def placement(self) -> Placement:
        """The placement reached."""
        method = f"{self.method.split(' + ')[0]} + guided ejection"
        width = np.zeros((len(self.core.demands), 4), dtype=np.int64)
        return Placement(self.core, self.home.copy(), list(self.types), np.hstack([self.free.T, width]), method)


def improve(
    place: Placement,
    budget: Budget,
    enough: Callable[[Placement], bool],
    seed: int,
    on_better: Callable[[Placement], None],
) -> Placement:
    """Look for cheaper placements until the bound is met or the budget is spent.

    Parameters
    ----------
    place : Placement
        Complete placement to start from.
    enough : callable
        Whether a placement is as good as can be (meets the bound).
    on_better : callable
        Called with each improvement, so that a cut keeps it.

    Returns
    -------
    Placement
        When no goal is left that could be reached.

    Raises
    ------
    Cut
        When the budget is spent.
    """
    while not enough(place) and place.hosts:
        attempts = [_Attempt(place, *goal, seed) for goal in _goals(place)]
        if not attempts:
            return place
        better = None
        while better is None:
            for attempt in attempts:
                if attempt.run(budget):
                    better = attempt.placement()
                    break
            attempts = [attempt for attempt in attempts if not attempt.hopeless]
            if better is None and not attempts:
                return place
        better.drop_empty()
        on_better(better)
        place = better
    return place


def _goals(place: Placement) -> list[tuple[list[int], np.ndarray, list[int]]]:
    """What to try: for each pair of types, close one host of the first and open one of the second.

    The least loaded host of a type is the one to go. A goal whose hosts cannot hold the summed
    demand is left out. Small savings come first: they are the easiest to reach.
    """
    core = place.core
    need = core.demands.sum(axis=1)
    capacity = core.capacities[:, place.types].sum(axis=1)
    load = np.zeros(place.hosts)
    share = (core.demands / np.maximum(need, 1)[:, None]).sum(axis=0)
    np.add.at(load, place.assignment, share)
    goals = []
    for kind in sorted(set(place.types)):
        hosts = [host for host, other in enumerate(place.types) if other == kind]
        victim = min(hosts, key=lambda host: (load[host], host))
        kept = [host for host in range(place.hosts) if host != victim]
        lost = np.flatnonzero(place.assignment == victim)
        left = [place.types[host] for host in kept]
        options: list[int | None] = [None]
        options += [t for t in range(len(core.costs)) if core.costs[t] < core.costs[kind] and place.left(t) > 0]
        for new in options:
            saving = int(core.costs[kind]) - (0 if new is None else int(core.costs[new]))
            types = left if new is None else [*left, new]
            total = capacity - core.capacities[:, kind] + (0 if new is None else core.capacities[:, new])
            if types and saving > 0 and (total >= need).all():
                goals.append((saving, types, lost, kept))
    goals.sort(key=lambda goal: goal[0])
    return [(types, lost, kept) for _, types, lost, kept in goals]

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
from typing import Any

import numpy as np

from calc.packing.composition import Compositions
from calc.packing.construct import downgrade
from calc.packing.kernels import ejection
from calc.packing.presolve import Core
from calc.packing.state import Budget, Placement, Plan

#: Evaluations in one go of the compiled kernel, a few hundredths of a second: how often the clock and the
#: caller are asked, and how long one goal is pursued before another has its turn.
_SLICE = 2_000_000
_SHAKES, _AGAINST = 2_000, 5
_MOST_HOSTS = 200
#: Goals of one round: beyond them the chance is small and the set-up costs.
_MOST_GOALS = 12
_LARGE = 3_000
_SCALE = 1_000_000
_NONE = np.zeros(0, dtype=np.int64)


class Attempt:
    """One goal under way: given hosts, a placement of most items, a pool of the others."""

    def __init__(self, place: Placement, types: list[int], lost: np.ndarray, kept: list[int], seed: int) -> None:
        core = place.core
        self.core, self.types, self.method = core, types, place.method
        number = np.full(place.hosts + 1, -1, dtype=np.int64)  # the last is for items without a host
        number[kept] = np.arange(len(kept))
        self.home = number[place.assignment]
        self.home[lost] = -1
        self.demand = np.ascontiguousarray(core.demands.T)
        scarce = core.demands.sum(axis=1) / np.maximum(core.capacities[:, types].sum(axis=1), 1)
        scale = _SCALE * (scarce / max(scarce.max(), 1e-12)) / np.maximum(core.capacities.max(axis=1), 1)
        self.size = _weighed(core.demands, scale)
        free = np.ascontiguousarray(core.capacities[:, types].T)
        pinned = core.pinned >= 0
        np.subtract.at(free, core.pinned[pinned], self.demand[pinned])
        self.room = free.copy()
        placed = (self.home >= 0) & ~pinned
        np.subtract.at(free, self.home[placed], self.demand[placed])
        self.free = np.ascontiguousarray(free)
        self.slack = _weighed(self.free.T, scale)
        n = len(self.home)
        self.head = np.full(len(types), -1, dtype=np.int64)
        self.after, self.before = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
        ejection.link_all(self.home, self.head, self.after, self.before)
        waiting = np.flatnonzero(self.home < 0)
        waiting = waiting[np.lexsort((waiting, self.size[waiting]))]  # the largest is placed first
        self.pool = np.zeros(n, dtype=np.int64)
        self.pool[: len(waiting)] = waiting
        self.waiting = len(waiting)
        self.weight = np.where(pinned, ejection.PINNED, 1).astype(np.int64)
        self.last = np.zeros(len(types), dtype=np.int64)
        self.state = np.array([0x9E3779B97F4A7C15 ^ (seed + 1)], dtype=np.uint64)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "core": None, "demand": None}  # the problem travels once, not with every goal

    def attach(self, core: Core) -> None:
        """Take up the problem again after a journey without it."""
        self.core, self.demand = core, np.ascontiguousarray(core.demands.T)

    @property
    def cost(self) -> int:
        """What the hosts of this goal cost."""
        return int(sum(int(self.core.costs[kind]) for kind in self.types[len(self.core.fixed) :]))

    def run(self) -> int:
        """One slice of work; evaluations spent. ``waiting`` is 0 when the pool is empty, -1 without hope."""
        hosts = len(self.types) if len(self.home) <= _LARGE else _MOST_HOSTS
        groups = self.core.groups
        self.waiting, spent = ejection.empty_pool(
            self.demand, self.size, self.free, self.slack, self.room, self.home, self.head, self.after, self.before,
            self.pool, self.waiting, self.weight, self.last, groups.limit, groups.start, groups.group, groups.weight,
            groups.first, groups.member, groups.share, self.state, _SLICE, _SHAKES, _AGAINST, hosts,
        )  # fmt: skip
        return int(spent)

    def placement(self) -> Placement:
        """The placement reached."""
        method = f"{self.method.split(' + ')[0]} + guided ejection"
        width = np.zeros((len(self.core.demands), 4), dtype=np.int64)
        return Placement(self.core, self.home.copy(), list(self.types), np.hstack([self.free.T, width]), method)


class LocalSearch:
    """Goals under way from one placement on; goes on where it was left, in this process or another.

    Parameters
    ----------
    place : Placement
        To start from. Where items are missing, the first goal is to place them.
    seed : int

    Attributes
    ----------
    place : Placement
        The best reached.
    exhausted : bool
        Whether no goal is left that could be reached.
    """

    def __init__(self, place: Placement, seed: int) -> None:
        self.place, self.seed = place, seed
        self._plan: Plan | None = None
        self.aims: list[Attempt] = []
        self.attempts: list[Attempt] = []
        self.exhausted = False
        self._stale = True  # whether goals must be set anew
        self._mixes: Compositions | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {
            **self.__dict__,
            "place": None,
            "_plan": self._plan or Plan.of(self.place),
            "_mixes": None,
        }  # the rest is made from the core

    def attach(self, core: Core) -> None:
        """Take up the problem again after a journey without it."""
        if self._plan is not None:
            self.place, self._plan = self._plan.on(core), None
        for attempt in (*self.aims, *self.attempts):
            attempt.attach(core)

    def run(
        self, budget: Budget, enough: Callable[[Placement], bool], on_better: Callable[[Placement], None], bound: int
    ) -> None:
        """Look for better placements until one is enough, none can be reached, or the budget is spent.

        Parameters
        ----------
        enough : callable
            Whether a placement is as good as can be (meets the bound).
        on_better : callable
            Called with each improvement, so that a cut keeps it.
        bound : int
            No placement costs less.

        Raises
        ------
        Cut
            When the budget is spent.
        """
        while not enough(self.place) and (self.place.hosts or self.place.missing):
            if self._stale:
                self._set_goals(budget, bound)
            if not self.attempts and not self.aims:
                break
            self._turn(budget, on_better)
        self.exhausted = not enough(self.place)

    def _set_goals(self, budget: Budget, bound: int) -> None:
        place = self.place
        self.attempts = [Attempt(place, *goal, self.seed) for goal in _goals(place)]
        self._stale = False
        if len(place.core.costs) > 1 and not place.missing:
            # An aim does not depend on the placement: it goes on while it would still be better.
            self.aims = [aim for aim in self.aims if aim.cost < place.cost and aim.waiting > 0]
            known = {tuple(sorted(aim.types)) for aim in self.aims}
            self._mixes = self._mixes or Compositions(place.core)
            for start in self._mixes.aims(place.cost, bound, budget):
                if tuple(sorted(start.types)) not in known:
                    self.aims.append(Attempt(start, start.types, _NONE, list(range(start.hosts)), self.seed))

    def _turn(self, budget: Budget, on_better: Callable[[Placement], None]) -> None:
        """One slice for each goal, until one is reached."""
        for attempt in [*self.aims, *self.attempts]:
            spent = attempt.run()
            if attempt.waiting == 0:
                self.place = downgrade(attempt.placement())
                self.place.drop_empty()
                self._stale = True
                on_better(self.place)
            budget.charge(spent)
            if self._stale:
                return
        self.attempts = [attempt for attempt in self.attempts if attempt.waiting > 0]
        self.aims = [aim for aim in self.aims if aim.waiting > 0]


def _weighed(amounts: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Weighted sum over the first axis. One product after the other: a matrix product's order depends on the machine."""
    total = np.zeros(amounts.shape[1])
    for row, weight in zip(amounts, scale, strict=True):
        total += row * weight
    return total.astype(np.int64)


def _goals(place: Placement) -> list[tuple[list[int], np.ndarray, list[int]]]:
    """What to try, easiest first: hosts to close and cheaper ones to open in their place.

    One host for none or a cheaper one, two for one, one for two; the least loaded host of a type
    is the one to go. A goal whose hosts cannot hold the summed demand is left out.
    """
    core = place.core
    if place.missing:  # every host there is, until all is placed
        spare = [kind for kind in range(len(core.costs)) for _ in range(int(min(place.left(kind), place.missing)))]
        return [([*place.types, *spare], _NONE, list(range(place.hosts)))]
    need = np.maximum(core.demands.sum(axis=1), 1)
    capacity = core.capacities[:, place.types].sum(axis=1)
    load = np.zeros(place.hosts)
    np.add.at(load, place.assignment, (core.demands / need[:, None]).sum(axis=0))
    closable: dict[int, list[int]] = {}
    for host in np.argsort(load, kind="stable").tolist():
        if host >= len(core.fixed):
            closable.setdefault(place.types[host], []).append(host)
    kinds = range(len(core.costs))
    swaps: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((kind,), ()) for kind in closable]
    swaps += [((kind,), (new,)) for kind in closable for new in kinds]
    if len(core.costs) > 1:
        swaps += [((a, b), (new,)) for a in closable for b in closable if a <= b for new in kinds]
        swaps += [((kind,), (a, b)) for kind in closable for a in kinds for b in kinds if a <= b]
    goals = []
    for close, new in swaps:
        saving = sum(int(core.costs[kind]) for kind in close) - sum(int(core.costs[kind]) for kind in new)
        after = capacity - core.capacities[:, list(close)].sum(axis=1) + core.capacities[:, list(new)].sum(axis=1)
        there = all(len(closable[kind]) >= close.count(kind) for kind in close)
        if saving > 0 and there and (after >= need).all() and all(place.left(kind) >= new.count(kind) for kind in new):
            goals.append((-float((after / need).min()), close, new))
    goals.sort()
    found = []
    for _, close, new in goals[:_MOST_GOALS]:
        victims = {closable[kind][close[:index].count(kind)] for index, kind in enumerate(close)}
        kept = [host for host in range(place.hosts) if host not in victims]
        lost = np.flatnonzero(np.isin(place.assignment, list(victims)))
        found.append(([*(place.types[host] for host in kept), *new], lost, kept))
    return [goal for goal in found if goal[0]]

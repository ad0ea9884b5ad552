"""Column generation and diving: whole hosts are seen at once, where local search sees swaps.

The linear programme over known columns gives prices; pricing finds hosts' contents that are worth
more than they cost at these; until none is found. Then a dive fixes the column that the programme
uses most, prices again for what is left, and so on. Where a dive cannot end below the best plan,
what it fixed is kept, and guided ejection tries to place the rest on one host fewer.

References
----------
Gilmore and Gomory (1961), A linear programming approach to the cutting-stock problem, Operations
Research 9; Wentges (1997), Weighted Dantzig-Wolfe decomposition for linear mixed-integer
programming, International Transactions in Operational Research 4 (smoothing); Sadykov,
Vanderbeck, Pessoa, Tahiri and Uchoa (2019), Primal heuristics for branch and price, INFORMS
Journal on Computing 31 (diving).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil

import numpy as np

from calc.packing.instance import UNLIMITED
from calc.packing.master import Infeasible, Master
from calc.packing.presolve import Core, part
from calc.packing.pricing import SCALE, Pricer, cheapest
from calc.packing.result import Bound, Certificate
from calc.packing.search import Attempt
from calc.packing.state import Budget, Placement

_TRIES = 160
_ADDED = 120
#: Fewer new columns than these: the neighbours of those in use are looked at too.
_PLENTY = 40
#: Fewer than these in all: for every workload the best column around it is looked for.
_FEW = 10
#: Evaluations for each workload that the best column with it is looked for, at first and at most.
_DEPTH, _DEEPEST = 5_000, 20_000
#: Rounds of column generation before, and between, dives.
_ROUNDS = 150
#: Rounds after which progress is looked at, and the least share of the cost that they must bring before a dive.
_TAIL = 10
_SLOW = 1e-3
#: Rounds of pricing after each fix of a dive.
_REPRICED = 3
#: Share of the hosts left that is fixed at once, and the least use of a column for being fixed beside others.
_BATCH = 1 / 12
_SURE = 0.5
#: Columns that cost more than they are worth by up to this share of the dearest host are tried again in smaller problems.
_NEAR = 0.1
_SMOOTH = 0.5
#: Evaluations that one simplex iteration is charged as, for each row: measured, so that the budget follows time.
_ITERATION = 12
#: How often a dive that cannot end below the best plan lets go of columns and goes down again, and of which share of them.
_RELEASES, _RELEASED = 8, 0.5
#: Slices of guided ejection that end a dive.
_REPAIRS = 3
#: Evaluations of exact pricing for each type, and how often it is called before a dive is worth more.
_EXACT = 300_000_000
#: Up to so many workloads it is cheap, and comes before dives.
_PROVED_FIRST = 150
_PROOFS = 10


class Generation:
    """Columns, prices and bounds of one problem, kept over dives."""

    def __init__(self, core: Core, seed: int) -> None:
        self.core = core
        self.master = Master(core)
        self.pricer = Pricer(core, seed)
        self.rng = np.random.default_rng(seed)
        self.seed = seed
        self.proved: tuple[Bound, Certificate] | None = None
        self.depth = _DEPTH
        self.dives = 0
        self.prices, self.counts = np.zeros(core.size), np.zeros(len(core.counts))
        self.way: Dive | None = None  # a dive that a pause interrupted

    def learn(self, place: Placement) -> None:
        """Add every host of a placement as a column."""
        self.master.add(
            (kind, np.flatnonzero(place.assignment == host)) for host, kind in enumerate(place.types)
            if (place.assignment == host).any()
        )  # fmt: skip

    def round(
        self, budget: Budget, centre: np.ndarray | None, tries: int = _TRIES, *, deep: bool = True
    ) -> tuple[float, np.ndarray, np.ndarray, bool]:
        """Solve and price once: objective, use of columns, new centre of prices, whether columns were found."""
        before = self.master.iterations
        objective, use, prices, counts = self.master.solve()
        self.prices, self.counts = prices, counts
        budget.charge((self.master.iterations - before + 1) * self.core.size * _ITERATION)
        worth = self.core.costs - counts
        centre = prices if centre is None else _SMOOTH * centre + (1 - _SMOOTH) * prices
        edge = 1e-6 * self.master.unit
        used = [
            (self.master.kinds[column], self.master.items[column]) for column in np.flatnonzero(use > 1e-9).tolist()
        ]
        for value in (centre, prices):
            added = 0
            for look, plenty in (
                (partial(self.pricer.columns, value, worth, tries), _PLENTY),
                (partial(self.pricer.nearby, value, worth, used), _FEW),
                (partial(self.pricer.each, value, worth, self.depth), 0),
            ):
                columns, spent = look()
                budget.charge(spent)
                gains = [(kind, items) for kind, items in columns if prices[items].sum() > worth[kind] + edge]
                added += self.master.add(gains[:_ADDED])
                if added >= plenty or (plenty == _FEW and not deep):
                    break
            else:  # the next look around every workload is a longer one
                self.depth = min(2 * self.depth, _DEEPEST)
            if added:
                return objective, use, centre, True
        return objective, use, centre, False

    def converge(self, budget: Budget, goal: int, exactly: bool = True) -> float:
        """Generate columns until none is found, at last exactly where that is cheap; the programme's cost.

        The cost proves nothing. Where exact pricing succeeds, ``proved`` holds what it proves;
        with a bound of ``goal`` or more there is nothing left to look for.
        """
        centre, objective, proofs, mark = None, np.inf, 0, np.inf
        for turn in range(_ROUNDS):
            objective, _, centre, more = self.round(budget, centre)
            if turn % _TAIL == 0 and turn >= 4 * _TAIL:  # the first rounds change columns, not yet the cost
                if not exactly and mark < np.inf and mark - objective < _SLOW * objective:
                    break  # the rest of the way is long and brings little: a dive is worth more now
                mark = objective
            if more:
                continue
            # At the smoothed prices first: bounds are better there, and columns too.
            more = (
                exactly
                and proofs < _PROOFS
                and (self.prove(budget, centre, objective) or self.prove(budget, self.prices, objective))
            )
            proofs += 1
            if not more or (self.proved is not None and self.proved[0].value >= goal):
                break
        return objective

    def prove(self, budget: Budget, at: np.ndarray, objective: float) -> bool:
        """Exact pricing at some prices; whether it found columns that are better at today's, which are added.

        What is looked for first is a proof that the programme's cost, rounded up, is the least: a host may then hold a little
        more than it is worth, which is sooner proved.
        """
        prices, counts = self.prices, self.counts
        worth, edge = self.core.costs - counts, 1e-6 * self.master.unit
        whole = np.floor(at / self.master.unit * SCALE).astype(np.int64)
        step = int(np.gcd.reduce(self.core.costs[self.core.counts != 0])) or 1
        goal = (ceil(objective / step - 1e-6) - 1) * step
        limited = self.core.counts > 0
        beside = float((self.core.counts * (worth - self.core.costs))[limited].sum())
        room = whole.sum() * self.master.unit / SCALE / (goal + beside) * (1 - 1e-9) if goal + beside > 0 else 0.0
        most, added = [], 0
        for kind in range(len(self.core.costs)):
            if self.core.counts[kind] == 0:
                most.append(0)
                continue
            enough = int(room * worth[kind] / self.master.unit * SCALE) if room >= 1 else 0
            value, sets, spent = self.pricer.most(whole, kind, _EXACT, enough)
            budget.charge(spent)
            added += self.master.add((kind, items) for items in sets if prices[items].sum() > worth[kind] + edge)
            if value is None:
                return added > 0
            most.append(value)
        value = cheapest(int(whole.sum()), tuple(most), self.core.costs, self.core.counts)
        if self.proved is None or value > self.proved[0].value:
            bound = Bound(value, "column generation: prices at which no host holds more than it costs")
            self.proved = bound, Certificate(whole, tuple(most))
        return added > 0

    def promising(self, items: np.ndarray) -> list[tuple[int, np.ndarray]]:
        """Columns that cost little more than they are worth at the last prices, cut down to some items and numbered by them."""
        number = np.full(self.core.size, -1, dtype=np.int64)
        number[items] = np.arange(len(items))
        found = []
        for kind, column in zip(self.master.kinds, self.master.items, strict=True):
            if self.core.costs[kind] - self.counts[kind] - self.prices[column].sum() <= _NEAR * self.master.unit:
                here = number[column]
                if len(here := here[here >= 0]):
                    found.append((kind, here))
        return found


class Dive:
    """One way down: columns are fixed, the most used first, and what is left is a smaller problem of its own."""

    def __init__(self, generation: Generation, seed: int, bold: bool) -> None:
        self.core = generation.core
        self.seed = seed
        self.bold = bold
        self.rng = np.random.default_rng(seed)
        self.left = np.arange(self.core.size)
        self.counts = self.core.counts.copy()
        self.spent = 0
        self.released = 0
        self.fixed: list[tuple[int, np.ndarray]] = []
        self.columns = generation.promising(np.arange(self.core.size))

    def packed(self) -> Dive:
        """Without the problem, so that it is small where it is kept."""
        del self.core
        return self

    def on(self, core: Core) -> Dive:
        """With the problem again."""
        self.core = core
        return self

    def run(self, generation: Generation, best: Placement, budget: Budget) -> Placement | None:
        """Down to the end: a plan cheaper than the best, or None. After a pause another call goes on."""
        while True:
            while len(self.left) and self._step(best.cost - 1, budget):
                pass
            if not len(self.left) or not self.fixed or self.released >= _RELEASES:
                return self._finish(best, budget)
            self._release(generation)

    def _release(self, generation: Generation) -> None:
        """Let go of a share of what is fixed: the way down from there is shorter than one from the top."""
        self.released += 1
        free = set(self.rng.choice(len(self.fixed), ceil(_RELEASED * len(self.fixed)), replace=False).tolist())
        loose = [column for index, column in enumerate(self.fixed) if index in free]
        self.fixed = [column for index, column in enumerate(self.fixed) if index not in free]
        known = [*loose, *((kind, self.left[items]) for kind, items in self.columns)]
        self.left = np.sort(np.concatenate([self.left, *(items for _, items in loose)]))
        for kind, _ in loose:
            self.spent -= int(self.core.costs[kind])
            if self.core.counts[kind] != UNLIMITED:
                self.counts[kind] += 1
        self.columns = generation.promising(self.left)
        self.columns += [(kind, np.searchsorted(self.left, items)) for kind, items in known]
        self.bold = False

    def _step(self, goal: int, budget: Budget) -> bool:
        """Fix the next columns; whether a plan below the goal is still to be seen."""
        here = Generation(part(self.core, self.left, self.counts), self.seed + len(self.fixed))
        here.master.add(self.columns)
        more, rounds, centre = True, 0, None
        try:
            while more and rounds < _REPRICED:
                objective, use, centre, more = here.round(budget, centre, _TRIES // 4, deep=False)
                rounds += 1
            objective, use, _, _ = here.master.solve()
        except Infeasible:
            return False
        if self.spent + objective > goal + 1e-6 * here.master.unit:
            return False
        taken = np.zeros(len(self.left), dtype=bool)
        for column in self._chosen(use, here):
            kind, items = here.master.kinds[column], here.master.items[column]
            taken[items] = True
            self.fixed.append((kind, self.left[items]))
            self.spent += int(self.core.costs[kind])
            if self.counts[kind] > 0:
                self.counts[kind] -= 1
        if not taken.any():
            return False
        rest = np.flatnonzero(~taken)
        self.columns = here.promising(rest)
        self.left = self.left[rest]
        return True

    def _chosen(self, use: np.ndarray, here: Generation) -> list[int]:
        """Columns to fix: all that are wholly used, else the most used; no two share an item."""
        order = np.argsort(-use, kind="stable")
        order = order[use[order] > 1e-6][: 4 * len(self.left)]
        if not len(order):
            return []
        if not self.bold and use[order[0]] < 0.999:  # on later dives one of the most used goes first
            first = order[:4]
            weights = use[first] ** 3
            lead = int(self.rng.choice(first, p=weights / weights.sum()))
            order = np.concatenate(([lead], order[order != lead]))
        most = max(1, int(use.sum() * _BATCH))
        chosen: list[int] = []
        taken = np.zeros(len(self.left), dtype=bool)
        opened = np.zeros(len(self.counts), dtype=np.int64)
        for column in order.tolist():
            if chosen and use[column] < 0.999 and (len(chosen) >= most or use[column] < _SURE):
                break
            kind = here.master.kinds[column]
            if taken[here.master.items[column]].any() or 0 <= self.counts[kind] <= opened[kind]:
                continue
            taken[here.master.items[column]] = True
            opened[kind] += 1
            chosen.append(column)
        return chosen

    def _finish(self, best: Placement, budget: Budget) -> Placement | None:
        """The plan of a dive; what it left over is placed by guided ejection on hosts that cost less than the best."""
        place = Placement.initial(self.core, "column generation")
        for kind, items in self.fixed:
            if place.cost + int(self.core.costs[kind]) < best.cost and place.left(kind) > 0:
                host = place.open(kind)
                for item in items.tolist():
                    place.put(item, host)
        if place.missing == 0:
            return place
        # Hosts of the kind that the best plan uses most, while they cost less in all than it does.
        kinds = sorted(set(best.types), key=lambda kind: (-best.types.count(kind), kind))
        types = list(place.types)
        for kind in kinds:
            while sum(int(self.core.costs[t]) for t in types) + int(self.core.costs[kind]) < best.cost and (
                self.core.counts[kind] < 0 or types.count(kind) < self.core.counts[kind]
            ):
                types.append(kind)
                if self.core.costs[kind] == 0:
                    break
        attempt = Attempt(place, types, np.zeros(0, dtype=np.int64), list(range(place.hosts)), self.seed)
        for _ in range(_REPAIRS):
            if attempt.waiting <= 0:
                break
            budget.charge(attempt.run())
        if attempt.waiting != 0:
            return None
        found = attempt.placement()
        found.drop_empty()
        return found


def improve(
    place: Placement,
    generation: Generation,
    budget: Budget,
    enough: Callable[[Placement], bool],
    on_better: Callable[[Placement], None],
    on_bound: Callable[[Bound, Certificate], None],
    dives: int,
) -> Placement:
    """Generate columns and dive until the plan is as good as can be, or so often in vain.

    Parameters
    ----------
    on_bound : callable
        Called with each bound that exact pricing proves.

    Raises
    ------
    Cut
        When the budget is spent.
    """
    failed, exactly = 0, generation.core.size <= _PROVED_FIRST
    while True:
        generation.learn(place)
        if generation.way is None:
            try:
                generation.converge(budget, place.cost, exactly)
            finally:
                if generation.proved is not None:
                    on_bound(*generation.proved)
            if enough(place):
                return place
            generation.way = Dive(generation, generation.seed + generation.dives, bold=generation.dives == 0)
            generation.dives += 1
        found = generation.way.run(generation, place, budget)
        generation.way = None
        if found is not None and found.cost < place.cost:
            on_better(found)
            place, failed = found, 0
            continue
        # With many workloads exact pricing takes its time: a dive comes first.
        failed += exactly
        exactly = True
        if failed >= dives:
            return place

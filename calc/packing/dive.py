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

import numpy as np

from calc.packing.master import Infeasible, Master
from calc.packing.presolve import Core
from calc.packing.pricing import SCALE, Pricer, cheapest
from calc.packing.result import Bound, Certificate
from calc.packing.search import Attempt
from calc.packing.state import Budget, Placement

_TRIES = 160
_ADDED = 120
#: Rounds of column generation before, and between, dives.
_ROUNDS = 60
#: Rounds of pricing after each fix of a dive.
_REPRICED = 3
_SMOOTH = 0.5
#: Evaluations that one simplex iteration is charged as, for each row: measured, so that the budget follows time.
_ITERATION = 30
#: Slices of guided ejection that end a dive.
_REPAIRS = 3
#: Nodes of exact pricing for each type.
_NODES = 2_000_000
_EXACT_ROUNDS = 30


class Generation:
    """Columns, prices and bounds of one problem, kept over dives."""

    def __init__(self, core: Core, seed: int) -> None:
        self.core = core
        self.master = Master(core)
        self.pricer = Pricer(core, seed)
        self.rng = np.random.default_rng(seed)
        self.seed = seed
        self.proved: tuple[Bound, Certificate] | None = None
        self.dives = 0

    def learn(self, place: Placement) -> None:
        """Add every host of a placement as a column."""
        self.master.add(
            (kind, np.flatnonzero(place.assignment == host)) for host, kind in enumerate(place.types)
            if (place.assignment == host).any()
        )  # fmt: skip

    def _round(
        self, budget: Budget, centre: np.ndarray | None, tries: int = _TRIES
    ) -> tuple[float, np.ndarray, np.ndarray, bool]:
        """Solve and price once: objective, use of columns, new centre of prices, whether columns were found."""
        before = self.master.iterations
        objective, use, prices, counts = self.master.solve()
        budget.charge((self.master.iterations - before + 1) * self.core.size * _ITERATION)
        worth = self.core.costs - counts
        centre = prices if centre is None else _SMOOTH * centre + (1 - _SMOOTH) * prices
        edge = 1e-6 * self.master.unit
        for value in (centre, prices):
            columns, spent = self.pricer.columns(value, worth, tries)
            budget.charge(spent)
            gains = [(kind, items) for kind, items in columns if prices[items].sum() > worth[kind] + edge]
            if self.master.add(gains[:_ADDED]):
                return objective, use, centre, True
        return objective, use, centre, False

    def converge(self, budget: Budget, goal: int) -> float:
        """Generate columns until none is found, exactly where that is cheap; the programme's cost.

        The cost proves nothing. Where exact pricing succeeds, ``proved`` holds what it proves;
        with a bound of ``goal`` or more there is nothing left to look for.
        """
        centre, objective, exact = None, np.inf, True
        for _ in range(_ROUNDS):
            objective, _, centre, more = self._round(budget, centre)
            if more:
                continue
            exact = exact and self.prove(budget)
            if not exact or (self.proved is not None and self.proved[0].value >= goal):
                break
        return objective

    def prove(self, budget: Budget) -> bool:
        """Exact pricing at today's prices; whether it found better columns, which are added."""
        _, _, prices, counts = self.master.solve()
        worth, edge = self.core.costs - counts, 1e-6 * self.master.unit
        whole = np.floor(prices / self.master.unit * SCALE).astype(np.int64)
        most, added = [], 0
        for kind in range(len(self.core.costs)):
            if self.core.counts[kind] == 0:
                most.append(0)
                continue
            value, sets, nodes = self.pricer.most(whole, kind, _NODES)
            budget.charge(nodes * 20)
            if value is None:
                return False
            most.append(value)
            allowed = [items for items in sets if self.pricer.allowed(items)]
            added += self.master.add((kind, items) for items in allowed if prices[items].sum() > worth[kind] + edge)
        value = cheapest(int(whole.sum()), tuple(most), self.core.costs, self.core.counts)
        if self.proved is None or value > self.proved[0].value:
            bound = Bound(value, "column generation: prices at which no host holds more than it costs")
            self.proved = bound, Certificate(whole, tuple(most))
        return added > 0

    def dive(self, best: Placement, budget: Budget) -> Placement | None:
        """One dive for a plan cheaper than the best; None where it does not get there."""
        fixed: list[int] = []
        covered = np.zeros(self.core.size, dtype=bool)
        goal = best.cost - 1
        self.dives += 1
        try:
            while not covered.all():
                centre, more, rounds = None, True, 0
                while more and rounds < _REPRICED:
                    objective, use, centre, more = self._round(budget, centre, _TRIES // 4)
                    rounds += 1
                objective, use, _, _ = self.master.solve()
                if objective > goal + 1e-6 * self.master.unit:
                    break
                use[fixed] = np.where(use[fixed] > 1.5, use[fixed] - 1, 0)
                sure = [int(j) for j in np.flatnonzero(use > 0.999) if not covered[self.master.items[j]].all()]
                if not sure:
                    # The most used, or on later dives one of the most used.
                    most = np.argsort(-use, kind="stable")[: 1 if self.dives == 1 else 3]
                    most = most[use[most] > 1e-6]
                    if not len(most):
                        break
                    weights = use[most] ** 3
                    sure = [int(most[int(self.rng.choice(len(most), p=weights / weights.sum()))])]
                for column in sure:
                    self.master.fix(column)
                    fixed.append(column)
                    covered[self.master.items[column]] = True
        except Infeasible:
            pass  # this way down ends here; what is fixed so far is tried below
        finally:
            self.master.release(fixed)
        return self._finish(fixed, best, budget)

    def _finish(self, fixed: list[int], best: Placement, budget: Budget) -> Placement | None:
        """The plan of a dive; what it left over is placed by guided ejection on hosts that cost less than the best."""
        place = Placement.initial(self.core, "column generation")
        for column in fixed:
            kind, items = self.master.kinds[column], self.master.items[column]
            items = items[place.assignment[items] < 0]
            if len(items) and place.cost + int(self.core.costs[kind]) < best.cost and place.left(kind) > 0:
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
        attempt = Attempt(place, types, np.zeros(0, dtype=np.int64), list(range(place.hosts)), self.seed + self.dives)
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
    failed = 0
    while True:
        generation.learn(place)
        try:
            generation.converge(budget, place.cost)
        finally:
            if generation.proved is not None:
                on_bound(*generation.proved)
        if enough(place) or failed >= dives:
            return place
        found = generation.dive(place, budget)
        if found is None or found.cost >= place.cost:
            failed += 1
            continue
        failed = 0
        on_better(found)
        place = found

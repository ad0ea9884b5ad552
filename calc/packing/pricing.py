"""Pricing: sets of workloads that fit one host and are worth more, at given prices, than the host.

Heuristic pricing finds columns; it proves nothing. Exact pricing gives an upper bound that is
proved, in integers, and only that may enter a lower bound.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, gcd

import numpy as np

from calc.packing.instance import UNLIMITED
from calc.packing.kernels import exact
from calc.packing.kernels import pricing as kernels
from calc.packing.presolve import Core

#: Prices are floored to whole multiples of 1 / this, relative to the dearest host.
SCALE = 2**20
#: Evaluations of one look at the neighbours of known columns, for each type.
_NEARBY = 3_000_000
#: Products of a value and a size stay below this in exact pricing.
_EXACT = 2**62


def cheapest(prices: int, most: tuple[int, ...], costs: np.ndarray, counts: np.ndarray) -> int:
    """The bound that prices and proved maxima give, rounded up to what costs can add up to.

    Exact rational arithmetic (`Certificate`).
    """
    kinds = [t for t in range(len(most)) if counts[t] != 0]
    if any(counts[t] == UNLIMITED and costs[t] == 0 for t in kinds):
        return 0
    least = max((Fraction(most[t], int(costs[t])) for t in kinds if counts[t] == UNLIMITED), default=Fraction(0))
    # The maximum of a piecewise linear function of 1 / q: at one of its corners.
    corners = {least} | {Fraction(most[t], int(costs[t])) for t in kinds if costs[t] > 0}
    best = Fraction(0)
    for q in corners:
        if q <= 0 or q < least:
            continue
        value = Fraction(prices) / q
        for t in kinds:
            if counts[t] != UNLIMITED:
                value -= int(counts[t]) * max(Fraction(0), Fraction(most[t]) / q - int(costs[t]))
        best = max(best, value)
    step = gcd(*(int(costs[t]) for t in kinds)) or 1
    return ceil(best / step) * step


class Pricer:
    """Columns for a core at given prices; keeps its random state."""

    def __init__(self, core: Core, seed: int) -> None:
        self.core = core
        self.demand = np.ascontiguousarray(core.demands.T)
        self.state = np.array([0xD1B54A32D192ED03 ^ (seed + 1)], dtype=np.uint64)
        self.kinds = np.flatnonzero(core.counts != 0).tolist()
        self.scale = SCALE / max(1, int(core.costs.max()))

    def _scarce(self, kind: int, value: np.ndarray) -> np.ndarray:
        load = (self.core.demands[:, value > 0] / np.maximum(self.core.capacities[:, kind, None], 1)).sum(axis=1)
        return np.maximum(load / max(load.max(initial=0.0), 1e-12), 1e-6)

    def columns(self, value: np.ndarray, worth: np.ndarray, tries: int) -> tuple[list[tuple[int, np.ndarray]], int]:
        """(type, items) of sets worth more than ``worth`` of their type, most first; evaluations spent."""
        found: list[tuple[float, int, np.ndarray]] = []
        groups, spent = self.core.groups, 0
        for kind in self.kinds:
            items, counts, totals, cost = kernels.price_greedily(
                self.demand, value, np.ascontiguousarray(self.core.capacities[:, kind]), self._scarce(kind, value),
                tries, groups.limit, groups.start, groups.group, groups.weight, self.state,
            )  # fmt: skip
            spent += int(cost)
            found += _sets(kind, items, counts, totals, float(worth[kind]))
        return _most_first(found), spent

    def nearby(
        self, value: np.ndarray, worth: np.ndarray, known: list[tuple[int, np.ndarray]]
    ) -> tuple[list[tuple[int, np.ndarray]], int]:
        """As `columns`, each made of a known one by exchanging one or two items for one or two others."""
        groups, spent = self.core.groups, 0
        order = np.argsort(-value, kind="stable")
        order = order[value[order] > 1e-9]
        found: list[tuple[float, int, np.ndarray]] = []
        for kind in self.kinds:
            sets = [items for other, items in known if other == kind]
            if not sets:
                continue
            first = np.concatenate([[0], np.cumsum([len(items) for items in sets])])
            items, counts, totals, cost = kernels.price_nearby(
                self.demand, value, order, np.ascontiguousarray(self.core.capacities[:, kind]), first,
                np.concatenate(sets), float(worth[kind]), groups.limit, groups.start, groups.group, groups.weight,
                _NEARBY, self.state,
            )  # fmt: skip
            spent += int(cost)
            found += _sets(kind, items, counts, totals, float(worth[kind]))
        return _most_first(found), spent

    def most(
        self, prices: np.ndarray, kind: int, work: int, enough: int = 0
    ) -> tuple[int | None, list[np.ndarray], int]:
        """A proved bound on the sum of whole prices on a host, and sets that are worth more than ``enough``.

        Parameters
        ----------
        prices : ndarray of int64, shape (n,)
        kind : int
        work : int
            Evaluations after which it is given up.
        enough : int
            A bound that is good enough: where it holds, it is the answer, and proved sooner than the largest sum.

        Returns
        -------
        (int or None, list of ndarray, int)
            The largest sum, or ``enough`` where that is more; None where the work does not suffice. The best sets found;
            evaluations.
        """
        live, arrays = self._ordered(prices, kind)
        if not len(live):
            return enough, [], 0
        if arrays is None:
            return None, [], 0
        best, chosen, sizes, spent, proved = exact.price_exactly(*arrays, *self.core.groups.rows(live), enough, work)
        sets = [np.sort(live[chosen[row, : sizes[row]]]) for row in range(len(sizes)) if sizes[row]]
        return (int(best) if proved else None), sets, int(spent)

    def each(self, value: np.ndarray, worth: np.ndarray, work: int) -> tuple[list[tuple[int, np.ndarray]], int]:
        """As `columns`, for every item the best that so much work finds around it, depth-first."""
        found: list[tuple[float, int, np.ndarray]] = []
        spent = 0
        for kind in self.kinds:
            live, arrays = self._ordered(np.floor(value * self.scale).astype(np.int64), kind)
            if arrays is None:
                continue
            sets, counts, totals, cost = exact.price_each(
                *arrays, *self.core.groups.rows(live), int(worth[kind] * self.scale), work
            )
            spent += int(cost)
            found += [
                (float(totals[row]) / self.scale - worth[kind], kind, np.sort(live[sets[row, : counts[row]]]))
                for row in np.flatnonzero(counts).tolist()
            ]
        return _most_first(found), spent

    def _ordered(
        self, prices: np.ndarray, kind: int
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None]:
        """Items that have a price and fit, the most valuable for their size first, and what kernels are given of them.

        No arrays (None) where there is nothing, or where the products of a kernel would not be exact.
        """
        live = np.flatnonzero(prices > 0)
        capacity = self.core.capacities[:, kind]
        live = live[(self.demand[live] <= capacity).all(axis=1)]
        if not len(live):
            return live, None
        demand, value = self.demand[live], prices[live]
        weights = _surrogate(demand, value, capacity)
        size, room = demand @ weights, int(capacity @ weights)
        nothing = size == 0
        size, room = np.where(nothing, 1, size), room + int(nothing.sum())
        if 2 * int(value.max()) * room >= _EXACT:
            return live, None
        order = np.lexsort((np.arange(len(live)), -(value / size)))
        arrays = np.ascontiguousarray(demand[order]), value[order], np.append(capacity, room), size[order]
        return live[order], arrays


def _sets(
    kind: int, items: np.ndarray, counts: np.ndarray, totals: np.ndarray, worth: float
) -> list[tuple[float, int, np.ndarray]]:
    """What a kernel found on hosts of a type that is worth more than the host: (gain, type, items)."""
    return [
        (float(totals[row]) - worth, kind, np.sort(items[row, : counts[row]]))
        for row in np.flatnonzero((counts > 0) & (totals > worth + 1e-6)).tolist()
    ]


def _most_first(found: list[tuple[float, int, np.ndarray]]) -> list[tuple[int, np.ndarray]]:
    """(type, items) by gain, each set once."""
    once = {(kind, items.tobytes()): (gain, kind, items) for gain, kind, items in found}
    return [(kind, items) for _, kind, items in sorted(once.values(), key=lambda entry: -entry[0])]


def _surrogate(demand: np.ndarray, value: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Whole weights of the dimensions under which the fractional bound is least; any weights are valid."""
    share = demand / np.maximum(capacity, 1)
    load = share.sum(axis=0)
    load = np.maximum(load / max(load.max(), 1e-12), 1e-3)
    best, least = None, np.inf
    options = [load**power for power in (0, 1, 2, 4, 8)] + list(np.eye(len(capacity)) + 1e-3)
    for turn in range(40):
        if turn < len(options):
            weight = options[turn]
        elif best is not None:  # coordinate steps around the best so far
            weight = best.copy()
            weight[turn % len(weight)] *= 2.0 if turn % 2 else 0.5
        sizes = share @ weight
        order = np.argsort(-(value / np.maximum(sizes, 1e-12)), kind="stable")
        filled = np.cumsum(sizes[order])
        room = weight.sum()
        last = int(np.searchsorted(filled, room, side="right"))
        bound = value[order[:last]].sum()
        if last < len(order):
            before = filled[last - 1] if last else 0.0
            bound = bound + value[order[last]] * (room - before) / max(sizes[order[last]], 1e-12)
        if bound < least:
            best, least = weight, bound
    assert best is not None
    return np.maximum(np.round(best * SCALE / max(best.max(), 1e-12) * 1024 / np.maximum(capacity, 1)), 0).astype(
        np.int64
    )

"""Exact pricing: the largest value of what fits a host, in integers; and the same around every item, given up sooner."""

from __future__ import annotations

import numpy as np

from calc.packing.kernels.base import jit
from calc.packing.kernels.groups import barred, hold

#: Sets that exact pricing keeps.
_KEPT = 8


@jit
def _deepest(
    demand: np.ndarray,
    value: np.ndarray,
    size: np.ndarray,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    held: np.ndarray,
    fitting: np.ndarray,
    count: np.ndarray,
    position: np.ndarray,
    free: np.ndarray,
    total: np.ndarray,
    least: int,
    work: int,
    found: np.ndarray,
    sizes: np.ndarray,
) -> tuple[int, int, bool]:
    """The largest value of what fits, depth-first, in integers, from the items and the room of level 0 on.

    Each level keeps the items that still fit beside what is chosen. Left out of them is what cannot be part of anything
    better: an item that, once in, takes the fractional bound down to the best; and, where an item is left out, every later
    one that asks for no less in any dimension and is worth no more, as the two could change places.

    Parameters
    ----------
    held : (groups,)
        Of each group at level 0; unchanged where the search came to its end.
    fitting, count, position, free, total
        One row a level: items that fit, how many, the next to look at, what is free (the surrogate last), value so far.
    least : int
        Only what is worth more is looked for.
    work : int
        Evaluations after which it is given up.
    found, sizes
        The sets by which the best was raised last, without what is chosen at level 0, and their sizes.

    Returns
    -------
    (int, int, bool)
        Largest value found (``least`` where none is larger); evaluations; whether nothing is proved to be worth more.
    """
    dims = demand.shape[1]
    best, spent, raised, level = least, 0, 0, 0
    position[0] = 0
    fresh = True
    while True:
        begin, end = position[level], count[level]
        room, reach, pivot = free[level, dims], total[level], -1
        for x in range(begin, end):
            j = fitting[level, x]
            if size[j] > room:
                pivot = j
                break
            room -= size[j]
            reach += value[j]
            if reach > best and not fresh:  # enough to go on: how much more does not matter
                break
        spent += 1
        bound = reach if pivot < 0 else reach + value[pivot] * room // size[pivot]
        if begin == end or bound <= best:
            if level == 0:
                return best, spent, True
            level -= 1
            fresh = False
            take = fitting[level, position[level] - 1]
            hold(take, -1, held, start, groups, weights)
            if start[take + 1] > start[take]:
                continue
            # From here on it is left out, and with it what it could stand in for.
            kept = position[level]
            for x in range(position[level], count[level]):
                j = fitting[level, x]
                replaced = value[j] <= value[take]
                for k in range(dims):
                    if not replaced:
                        break
                    replaced = demand[j, k] >= demand[take, k]
                if not replaced:
                    fitting[level, kept] = j
                    kept += 1
            spent += count[level] - position[level]
            count[level] = kept
            continue
        if spent > work:
            while level > 0:
                level -= 1
                hold(fitting[level, position[level] - 1], -1, held, start, groups, weights)
            return best, spent, False
        if fresh and pivot >= 0:
            # What an item from beyond the pivot costs the bound when it is in, in units of 1 / size of the pivot.
            above = (reach - best - 1) * size[pivot] + value[pivot] * room
            kept = begin
            for x in range(begin, end):
                j = fitting[level, x]
                if value[pivot] * size[j] - value[j] * size[pivot] <= above:
                    fitting[level, kept] = j
                    kept += 1
            spent += end - begin
            count[level] = end = kept
        take = fitting[level, begin]
        position[level] = begin + 1
        total[level + 1] = total[level] + value[take]
        free[level + 1, dims] = free[level, dims] - size[take]
        hold(take, 1, held, start, groups, weights)
        for k in range(dims):
            free[level + 1, k] = free[level, k] - demand[take, k]
        kept = 0
        for x in range(begin + 1, end):
            j = fitting[level, x]
            fits = True
            for k in range(dims):
                if demand[j, k] > free[level + 1, k]:
                    fits = False
                    break
            # What a group keeps out now it keeps out of all that is reached from here.
            if fits and not barred(j, held, limit, start, groups, weights):
                fitting[level + 1, kept] = j
                kept += 1
        spent += end - begin
        level += 1
        count[level], position[level], fresh = kept, 0, True
        if total[level] > best:
            best = total[level]
            row = raised % len(found)
            for x in range(level):
                found[row, x] = fitting[x, position[x] - 1]
            sizes[row] = level
            raised += 1


@jit
def price_exactly(
    demand: np.ndarray,
    value: np.ndarray,
    capacity: np.ndarray,
    size: np.ndarray,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    least: int,
    work: int,
) -> tuple[int, np.ndarray, np.ndarray, int, bool]:
    """The largest value of items that may share one host, in integers.

    Parameters
    ----------
    demand : (n, K), value : (n,)
        Sorted by value over size, largest first; values and sizes are above zero.
    capacity : (K + 1,)
    size : (n,)
        A weighted sum of the dimensions, with the same weights as ``size``'s capacity, which is
        given as the last of ``capacity``: any set that fits has no larger sum.
    limit, start, groups, weights
        Group limits (`calc.packing.presolve.Groups`), of the items in this order.
    least : int
        Only what is worth more is looked for.
    work : int
        Evaluations after which it is given up.

    Returns
    -------
    (int, ndarray (_KEPT, n), ndarray (_KEPT,), int, bool)
        Largest value found (``least`` where none is larger); the sets by which it was raised last
        and their sizes, 0 where there is none; evaluations; whether nothing is proved to be worth more.
    """
    n, dims = demand.shape
    found, sizes = np.zeros((_KEPT, n), np.int64), np.zeros(_KEPT, np.int64)
    fitting, free = np.empty((n + 1, n), np.int64), np.empty((n + 1, dims + 1), np.int64)
    count, position, total = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    for j in range(n):
        fitting[0, j] = j
    count[0] = n
    free[0] = capacity
    best, spent, proved = _deepest(
        demand, value, size, limit, start, groups, weights, np.zeros(len(limit), np.int64),
        fitting, count, position, free, total, least, work, found, sizes,
    )  # fmt: skip
    return best, found, sizes, spent, proved


@jit
def price_each(
    demand: np.ndarray,
    value: np.ndarray,
    capacity: np.ndarray,
    size: np.ndarray,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    least: int,
    work: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """For every item a set of large value that it is part of: as `price_exactly`, given up sooner.

    Parameters
    ----------
    work : int
        Evaluations for each item.

    Returns
    -------
    (ndarray (n, n), ndarray (n,), ndarray (n,), int)
        The sets (the first of each row), how many items (0 where none is worth more than ``least``), their value; evaluations.
    """
    n, dims = demand.shape
    items, counts, totals = np.empty((n, n), np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    found, sizes = np.zeros((1, n), np.int64), np.zeros(1, np.int64)
    fitting, free = np.empty((n + 1, n), np.int64), np.empty((n + 1, dims + 1), np.int64)
    count, position, total = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    held = np.zeros(len(limit), np.int64)
    spent = 0
    for root in range(n):
        hold(root, 1, held, start, groups, weights)
        for k in range(dims):
            free[0, k] = capacity[k] - demand[root, k]
        free[0, dims] = capacity[dims] - size[root]
        kept = 0
        for j in range(n):
            fits = j != root
            for k in range(dims):
                if not fits:
                    break
                fits = demand[j, k] <= free[0, k]
            if fits and not barred(j, held, limit, start, groups, weights):
                fitting[0, kept] = j
                kept += 1
        count[0], total[0], sizes[0] = kept, value[root], 0
        best, cost, _ = _deepest(
            demand, value, size, limit, start, groups, weights, held,
            fitting, count, position, free, total, least, work, found, sizes,
        )  # fmt: skip
        hold(root, -1, held, start, groups, weights)
        spent += cost + n
        if sizes[0]:
            for y in range(sizes[0]):
                items[root, y] = found[0, y]
            items[root, sizes[0]] = root
            counts[root], totals[root] = sizes[0] + 1, best
    return items, counts, totals, spent

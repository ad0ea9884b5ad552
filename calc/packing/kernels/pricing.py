"""Pricing, compiled: sets of items of large value that fit one host."""

from __future__ import annotations

import numpy as np

from calc.packing.kernels.base import below, jit

#: Sets that exact pricing keeps.
_KEPT = 8


@jit
def price_greedily(
    demand: np.ndarray,
    value: np.ndarray,
    capacity: np.ndarray,
    scarce: np.ndarray,
    tries: int,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    state: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Sets of items of large value that fit one host: randomised greedy filling from a random item, then swaps.

    Parameters
    ----------
    demand : (n, K), value : (n,) of float64
        Items without value are left out.
    capacity : (K,)
    scarce : (K,) of float64
        How scarce each dimension is; its powers weigh the size of items.
    tries : int
    limit, start, groups, weights
        Group limits (`calc.packing.presolve.Groups`).
    state : (1,) of uint64

    Returns
    -------
    (ndarray (tries, n), ndarray (tries,), ndarray (tries,), int)
        Items of each set (the first of each row), how many, their value, evaluations spent.
    """
    n, dims = demand.shape
    live = np.flatnonzero(value > 1e-9)
    number = len(live)
    items = np.empty((tries, n), np.int64)
    counts = np.zeros(tries, np.int64)
    totals = np.zeros(tries, np.float64)
    held = np.zeros(len(limit), np.int64)
    inside = np.zeros(n, np.bool_)
    score = np.empty(number, np.float64)
    weight = np.empty(dims, np.float64)
    spent = 0
    for attempt in range(tries):
        power = attempt % 4
        noise = 0.15 * (attempt % 5)
        for k in range(dims):
            weight[k] = scarce[k] ** power * (0.5 + below(state, 1000) / 1000.0) / max(capacity[k], 1)
        for x in range(number):
            size = 1e-9
            for k in range(dims):
                size += weight[k] * demand[live[x], k]
            score[x] = -value[live[x]] / size * (1.0 + noise * (below(state, 1000) / 1000.0 - 0.5))
        if number:  # each set has an item of its own to begin with, so that the sets differ
            score[below(state, number)] = -np.inf
        order = live[np.argsort(score, kind="mergesort")]
        free = capacity.copy()
        count = 0
        changed = True
        rounds = 0
        while changed and rounds < 4:
            changed = False
            rounds += 1
            for x in range(number):
                item = order[x]
                if inside[item]:
                    continue
                fits = True
                for k in range(dims):
                    if demand[item, k] > free[k]:
                        fits = False
                        break
                out = -1
                barred = False
                for p in range(start[item], start[item + 1]):
                    if held[groups[p]] + weights[p] > limit[groups[p]]:
                        barred = True
                if fits and not barred:
                    out = count
                elif rounds > 1:  # in exchange for the least valuable item whose place is enough
                    least = value[item] - 1e-9
                    for y in range(count):
                        other = items[attempt, y]
                        if value[other] >= least:
                            continue
                        enough = True
                        for k in range(dims):
                            if demand[item, k] > free[k] + demand[other, k]:
                                enough = False
                                break
                        if enough and barred:
                            for p in range(start[item], start[item + 1]):
                                there = held[groups[p]]
                                for q in range(start[other], start[other + 1]):
                                    if groups[q] == groups[p]:
                                        there -= weights[q]
                                if there + weights[p] > limit[groups[p]]:
                                    enough = False
                                    break
                        if enough:
                            least, out = value[other], y
                    spent += count
                if out < 0:
                    continue
                if out == count:
                    count += 1
                else:
                    other = items[attempt, out]
                    inside[other] = False
                    for k in range(dims):
                        free[k] += demand[other, k]
                    for p in range(start[other], start[other + 1]):
                        held[groups[p]] -= weights[p]
                items[attempt, out] = item
                inside[item] = True
                changed = True
                for k in range(dims):
                    free[k] -= demand[item, k]
                for p in range(start[item], start[item + 1]):
                    held[groups[p]] += weights[p]
            spent += number
            if rounds == 1:
                changed = True
        total = 0.0
        for y in range(count):
            item = items[attempt, y]
            total += value[item]
            inside[item] = False
            for p in range(start[item], start[item + 1]):
                held[groups[p]] = 0
        counts[attempt] = count
        totals[attempt] = total
        spent += number * 4
    return items, counts, totals, spent


@jit
def _barred(
    item: int, held: np.ndarray, limit: np.ndarray, start: np.ndarray, groups: np.ndarray, weights: np.ndarray
) -> bool:
    """Whether a group has no room left for an item on a host that holds so much of each group."""
    barred = False
    for p in range(start[item], start[item + 1]):
        barred = barred or held[groups[p]] + weights[p] > limit[groups[p]]
    return barred


@jit
def _hold(item: int, sign: int, held: np.ndarray, start: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> None:
    for p in range(start[item], start[item + 1]):
        held[groups[p]] += sign * weights[p]


@jit
def price_nearby(
    demand: np.ndarray,
    value: np.ndarray,
    order: np.ndarray,
    capacity: np.ndarray,
    first: np.ndarray,
    members: np.ndarray,
    worth: float,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    work: int,
    state: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """From each of some sets the best that one or two items fewer and one or two others make of it.

    Parameters
    ----------
    demand : (n, K), value : (n,) of float64
    order : (m,)
        Items of value, most first.
    capacity : (K,)
    first, members : (S + 1,), (M,)
        Set s is ``members[first[s]:first[s + 1]]``; it fits.
    worth : float
        Sets of no more value are not wanted.
    limit, start, groups, weights
        Group limits (`calc.packing.presolve.Groups`).
    work : int
        Evaluations after which no further set is begun; which is first is drawn.
    state : (1,) of uint64

    Returns
    -------
    (ndarray (S, .), ndarray (S,), ndarray (S,), int)
        Items found from each set (the first of each row), how many (0 where nothing better), their value; evaluations.
    """
    dims = demand.shape[1]
    number = len(first) - 1
    largest = 0
    for s in range(number):
        largest = max(largest, first[s + 1] - first[s])
    items = np.empty((number, largest + 2), np.int64)
    counts = np.zeros(number, np.int64)
    totals = np.zeros(number, np.float64)
    inside = np.zeros(demand.shape[0], np.bool_)
    held = np.zeros(len(limit), np.int64)
    free, room, rest = np.empty(dims, np.int64), np.empty(dims, np.int64), np.empty(dims, np.int64)
    spent = 0
    begin = below(state, max(number, 1))
    for turn in range(number):
        if spent > work:
            break
        s = (begin + turn) % number
        total = 0.0
        for k in range(dims):
            free[k] = capacity[k]
        for p in range(first[s], first[s + 1]):
            item = members[p]
            inside[item] = True
            total += value[item]
            _hold(item, 1, held, start, groups, weights)
            for k in range(dims):
                free[k] -= demand[item, k]
        best = max(worth, total) + 1e-6
        out_a, out_b, in_a, in_b = -1, -1, -1, -1
        for p in range(first[s], first[s + 1]):
            for q in range(p, first[s + 1]):  # p twice: one item fewer
                a, b = members[p], members[q]
                keep = total - value[a]
                _hold(a, -1, held, start, groups, weights)
                for k in range(dims):
                    room[k] = free[k] + demand[a, k]
                if b != a:
                    keep -= value[b]
                    _hold(b, -1, held, start, groups, weights)
                    for k in range(dims):
                        room[k] += demand[b, k]
                for i in range(len(order)):
                    c = order[i]
                    spent += 1
                    if keep + 2.0 * value[c] <= best:
                        break
                    if inside[c]:
                        continue
                    fits = True
                    for k in range(dims):
                        if demand[c, k] > room[k]:
                            fits = False
                            break
                    if not fits or _barred(c, held, limit, start, groups, weights):
                        continue
                    if keep + value[c] > best:
                        best = keep + value[c]
                        out_a, out_b, in_a, in_b = a, b, c, -1
                    _hold(c, 1, held, start, groups, weights)
                    for k in range(dims):
                        rest[k] = room[k] - demand[c, k]
                    for j in range(i + 1, len(order)):
                        d = order[j]
                        spent += 1
                        if keep + value[c] + value[d] <= best:
                            break
                        if inside[d]:
                            continue
                        fits = True
                        for k in range(dims):
                            if demand[d, k] > rest[k]:
                                fits = False
                                break
                        if fits and not _barred(d, held, limit, start, groups, weights):
                            best = keep + value[c] + value[d]
                            out_a, out_b, in_a, in_b = a, b, c, d
                            break
                    _hold(c, -1, held, start, groups, weights)
                _hold(a, 1, held, start, groups, weights)
                if b != a:
                    _hold(b, 1, held, start, groups, weights)
        count = 0
        for p in range(first[s], first[s + 1]):
            item = members[p]
            inside[item] = False
            _hold(item, -1, held, start, groups, weights)
            if in_a >= 0 and item != out_a and item != out_b:
                items[s, count] = item
                count += 1
        if in_a >= 0:
            items[s, count] = in_a
            count += 1
            if in_b >= 0:
                items[s, count] = in_b
                count += 1
            counts[s], totals[s] = count, best
    return items, counts, totals, spent


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
            _hold(take, -1, held, start, groups, weights)
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
                _hold(fitting[level, position[level] - 1], -1, held, start, groups, weights)
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
        _hold(take, 1, held, start, groups, weights)
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
            if fits and not _barred(j, held, limit, start, groups, weights):
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
        _hold(root, 1, held, start, groups, weights)
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
            if fits and not _barred(j, held, limit, start, groups, weights):
                fitting[0, kept] = j
                kept += 1
        count[0], total[0], sizes[0] = kept, value[root], 0
        best, cost, _ = _deepest(
            demand, value, size, limit, start, groups, weights, held,
            fitting, count, position, free, total, least, work, found, sizes,
        )  # fmt: skip
        _hold(root, -1, held, start, groups, weights)
        spent += cost + n
        if sizes[0]:
            for y in range(sizes[0]):
                items[root, y] = found[0, y]
            items[root, sizes[0]] = root
            counts[root], totals[root] = sizes[0] + 1, best
    return items, counts, totals, spent

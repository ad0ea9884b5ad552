"""Pricing, compiled: sets of items of large value that fit one host."""

from __future__ import annotations

import numpy as np

from calc.packing.kernels.base import below, jit
from calc.packing.kernels.groups import barred, hold


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
            hold(item, 1, held, start, groups, weights)
            for k in range(dims):
                free[k] -= demand[item, k]
        best = max(worth, total) + 1e-6
        out_a, out_b, in_a, in_b = -1, -1, -1, -1
        for p in range(first[s], first[s + 1]):
            for q in range(p, first[s + 1]):  # p twice: one item fewer
                a, b = members[p], members[q]
                keep = total - value[a]
                hold(a, -1, held, start, groups, weights)
                for k in range(dims):
                    room[k] = free[k] + demand[a, k]
                if b != a:
                    keep -= value[b]
                    hold(b, -1, held, start, groups, weights)
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
                    if not fits or barred(c, held, limit, start, groups, weights):
                        continue
                    if keep + value[c] > best:
                        best = keep + value[c]
                        out_a, out_b, in_a, in_b = a, b, c, -1
                    hold(c, 1, held, start, groups, weights)
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
                        if fits and not barred(d, held, limit, start, groups, weights):
                            best = keep + value[c] + value[d]
                            out_a, out_b, in_a, in_b = a, b, c, d
                            break
                    hold(c, -1, held, start, groups, weights)
                hold(a, 1, held, start, groups, weights)
                if b != a:
                    hold(b, 1, held, start, groups, weights)
        count = 0
        for p in range(first[s], first[s + 1]):
            item = members[p]
            inside[item] = False
            hold(item, -1, held, start, groups, weights)
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

"""Host-centric filling, compiled."""

from __future__ import annotations

import numpy as np

from calc.packing.kernels.base import jit


@jit
def fill_host(
    demand: np.ndarray,
    share: np.ndarray,
    capacity: np.ndarray,
    free: np.ndarray,
    weight: np.ndarray,
    distance: bool,
    items: np.ndarray,
    copies: np.ndarray,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    held: np.ndarray,
) -> tuple[np.ndarray, int]:
    """Fill one host with the items that score best against its room, one after the other.

    Parameters
    ----------
    demand : (n, K) of int64, share : (n, K) of float64
        Demand, and demand as a share of this host's capacity.
    capacity, free : (K,)
        Of the empty host, and what is free now; ``free`` is used up.
    weight : (K,) of float64
    distance : bool
        Least weighted distance between item and room; else the largest weighted dot product.
    items, copies : (c,)
        One item of each kind that waits, and how many of it there are.
    limit, start, groups, weights
        Group limits (`calc.packing.presolve.Groups`).
    held : (G,)
        Members of each group on this host; kept up to date.

    Returns
    -------
    (ndarray (c,), int)
        How many of each kind were placed, evaluations spent.
    """
    dims = len(capacity)
    room = np.empty(dims, np.float64)
    live = np.arange(len(items))
    taken = np.zeros(len(items), np.int64)
    number, spent = len(live), 0
    while number > 0:
        for k in range(dims):
            room[k] = free[k] / max(capacity[k], 1)
        best, top, kept = -1, -np.inf, 0
        for x in range(number):
            item = items[live[x]]
            fits = True
            for k in range(dims):
                if demand[item, k] > free[k]:
                    fits = False
                    break
            for p in range(start[item], start[item + 1]):
                if held[groups[p]] + weights[p] > limit[groups[p]]:
                    fits = False
            if not fits:
                continue
            live[kept] = live[x]
            score = 0.0
            for k in range(dims):
                if distance:
                    score -= weight[k] * (room[k] - share[item, k]) ** 2
                else:
                    score += weight[k] * room[k] * share[item, k]
            if score > top:
                top, best = score, kept
            kept += 1
        spent += number * (1 + dims // 64)
        if best < 0:
            break
        alike = live[best]
        item = items[alike]
        taken[alike] += 1
        for k in range(dims):
            free[k] -= demand[item, k]
        for p in range(start[item], start[item + 1]):
            held[groups[p]] += weights[p]
        if taken[alike] == copies[alike]:
            for x in range(best, kept - 1):
                live[x] = live[x + 1]
            kept -= 1
        number = kept
    return taken, spent

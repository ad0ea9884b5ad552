"""Compiled kernels: everything numba compiles, in one file.

All arrays are C-contiguous int64 (the random state is uint64). No epsilon, no fast math, no
parallel loops: the same arrays give the same result on every machine. Compiled code is cached
in the first writable folder of: NUMBA_CACHE_DIR, this package's ``__pycache__``, the user's
cache folder, a temporary one.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numba
import numpy as np


def _cache_folder() -> str:
    """A writable folder for compiled code; an installation may be read-only."""
    own = os.environ.get("NUMBA_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "consolidation-calculator"
    for folder in (Path(own) if own else None, Path(__file__).parent / "__pycache__", user):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return str(folder)
        except OSError:
            continue
    return tempfile.mkdtemp(prefix="consolidation-calculator-")


numba.config.CACHE_DIR = _cache_folder()
_jit = numba.njit(cache=True, nogil=True)

#: Above every sum of weights that is ever ejected. An item that weighs `PINNED` is never moved.
_HUGE = np.int64(2**61)
PINNED = np.int64(2**61 + 1)
#: Sets that exact pricing keeps.
_KEPT = 8


@_jit
def _below(state: np.ndarray, bound: int) -> int:
    """A number in [0, bound) from a xorshift generator; ``state`` is one nonzero uint64."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return np.int64(x >> np.uint64(11)) % bound


@_jit
def _unlink(item: int, host: int, head: np.ndarray, after: np.ndarray, before: np.ndarray) -> None:
    a, b = before[item], after[item]
    if a >= 0:
        after[a] = b
    else:
        head[host] = b
    if b >= 0:
        before[b] = a


@_jit
def _link(item: int, host: int, head: np.ndarray, after: np.ndarray, before: np.ndarray) -> None:
    b = head[host]
    after[item], before[item] = b, -1
    if b >= 0:
        before[b] = item
    head[host] = item


@_jit
def link_all(home: np.ndarray, head: np.ndarray, after: np.ndarray, before: np.ndarray) -> None:
    """Build the lists of items on each host from the items' homes."""
    for item in range(len(home)):
        if home[item] >= 0:
            _link(item, home[item], head, after, before)


@_jit
def _held(
    group: int,
    host: int,
    one: int,
    two: int,
    head: np.ndarray,
    after: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
) -> int:
    """Members of a group on a host, without two of its items."""
    count = 0
    other = head[host]
    while other >= 0:
        if other != one and other != two:
            for p in range(start[other], start[other + 1]):
                if groups[p] == group:
                    count += weights[p]
        other = after[other]
    return count


@_jit
def _allowed(
    item: int,
    host: int,
    one: int,
    two: int,
    head: np.ndarray,
    after: np.ndarray,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
) -> bool:
    """Whether the groups let an item join a host that two of its items leave."""
    for p in range(start[item], start[item + 1]):
        count = _held(groups[p], host, one, two, head, after, start, groups, weights)
        if count + weights[p] > limit[groups[p]]:
            return False
    return True


@_jit
def _kept_out(
    item: int,
    host: int,
    weight: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
) -> bool:
    """Whether the pinned items of a host alone forbid an item."""
    for p in range(start[item], start[item + 1]):
        count = weights[p]
        other = head[host]
        while other >= 0:
            if weight[other] >= PINNED:
                for q in range(start[other], start[other + 1]):
                    if groups[q] == groups[p]:
                        count += weights[q]
            other = after[other]
        if count > limit[groups[p]]:
            return True
    return False


@_jit
def _block(
    item: int,
    home: np.ndarray,
    blocked: np.ndarray,
    held: np.ndarray,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    first: np.ndarray,
    member: np.ndarray,
    share: np.ndarray,
) -> None:
    """Mark the hosts that the groups of an item forbid."""
    blocked[:] = False
    for p in range(start[item], start[item + 1]):
        group = groups[p]
        for q in range(first[group], first[group + 1]):
            host = home[member[q]]
            if host >= 0:
                held[host] += share[q]
                if held[host] + weights[p] > limit[group]:
                    blocked[host] = True
        for q in range(first[group], first[group + 1]):
            if home[member[q]] >= 0:
                held[home[member[q]]] = 0


@_jit
def empty_pool(
    demand: np.ndarray,
    size: np.ndarray,
    free: np.ndarray,
    slack: np.ndarray,
    room: np.ndarray,
    home: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    before: np.ndarray,
    pool: np.ndarray,
    waiting: int,
    weight: np.ndarray,
    last: np.ndarray,
    limit: np.ndarray,
    start: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    first_member: np.ndarray,
    member: np.ndarray,
    share: np.ndarray,
    state: np.ndarray,
    budget: int,
    shakes: int,
    against: int,
    most_hosts: int,
) -> tuple[int, int]:
    """Place the items of a pool on given hosts, ejecting others where there is no room.

    The last item of the pool is put where it fits. Where it fits nowhere, its weight grows by
    one, and one or two items of least summed weight are ejected from some host to make room (all of
    them where two are not enough): items that were hard to place stay. After an ejection, random feasible relocations and
    swaps shake the placement; those that spread free room more evenly are taken in
    ``against`` of 100 cases only, the others always, so that free room gathers.

    Parameters
    ----------
    demand : (n, K)
    size : (n,)
        Scalar size of an item, for the shaking.
    free : (m, K), slack : (m,)
        Free capacity and its scalar size; kept up to date.
    room : (m, K)
        Capacity of the hosts with nothing but pinned items.
    home, head, after, before, pool
        The placement as lists; ``pool[:waiting]`` waits. Kept up to date.
    weight : (n,)
        How often an item was hard to place; `PINNED` for one that must not move.
    last : (m,)
        Dimension that an item failed in last on each host, looked at first; kept up to date.
    limit, start, groups, weights, first_member, member, share
        Group limits (`calc.packing.presolve.Groups`).
    state : (1,) of uint64
    budget : int
        Elementary evaluations.
    most_hosts : int
        Hosts looked at for an ejection, from a random start.

    Returns
    -------
    (int, int)
        Items still waiting (-1: one of them fits none of these hosts even when it is empty),
        and evaluations spent.
    """
    n, dims = demand.shape
    hosts = len(free)
    spent = 0
    # One evaluation looks at a few dimensions at most, as the first that fails ends it; with many
    # dimensions, those that succeed cost more.
    unit = 1 + dims // 64
    here = np.empty(n, np.int64)
    short = np.empty(dims, np.int64)
    lacking = np.empty(dims, np.int64)
    blocked = np.zeros(hosts, np.bool_)
    held = np.zeros(hosts, np.int64)
    while waiting > 0 and spent < budget:
        waiting -= 1
        item = pool[waiting]
        grouped = start[item + 1] > start[item]
        if grouped:
            _block(item, home, blocked, held, limit, start, groups, weights, first_member, member, share)
        chosen, count = -1, 0
        for host in range(hosts):
            if free[host, last[host]] < demand[item, last[host]] or (grouped and blocked[host]):
                continue
            fits = True
            for k in range(dims):
                if free[host, k] < demand[item, k]:
                    fits = False
                    last[host] = k
                    break
            if fits:
                count += 1
                if _below(state, count) == 0:
                    chosen = host
        spent += hosts * unit
        ejected = chosen < 0
        if ejected:
            weight[item] += 1
            least, first, second, ties = _HUGE, -1, -1, 0
            looked = min(hosts, most_hosts)
            begin = 0 if looked == hosts else _below(state, hosts)
            for step in range(looked):
                host = (begin + step) % hosts
                number = 0
                other = head[host]
                while other >= 0:
                    if weight[other] <= least:
                        here[number] = other
                        number += 1
                    other = after[other]
                lacks = 0
                for k in range(dims):
                    if demand[item, k] > free[host, k]:
                        lacking[lacks] = k
                        short[lacks] = demand[item, k] - free[host, k]
                        lacks += 1
                apart = grouped and blocked[host]
                for x in range(number):
                    one = here[x]
                    if weight[one] > least:
                        continue
                    enough = True
                    for j in range(lacks):
                        if demand[one, lacking[j]] < short[j]:
                            enough = False
                            break
                    if enough and apart:
                        enough = _allowed(item, host, one, -1, head, after, limit, start, groups, weights)
                    if enough:
                        if weight[one] < least:
                            least, ties = weight[one], 0
                        ties += 1
                        if _below(state, ties) == 0:
                            chosen, first, second = host, one, -1
                for x in range(number):
                    one = here[x]
                    if weight[one] >= least:
                        continue
                    for y in range(x + 1, number):
                        two = here[y]
                        both = weight[one] + weight[two]
                        if both > least:
                            continue
                        enough = True
                        for j in range(lacks):
                            if demand[one, lacking[j]] + demand[two, lacking[j]] < short[j]:
                                enough = False
                                break
                        if enough and apart:
                            enough = _allowed(item, host, one, two, head, after, limit, start, groups, weights)
                        if enough:
                            if both < least:
                                least, ties = both, 0
                            ties += 1
                            if _below(state, ties) == 0:
                                chosen, first, second = host, one, two
                spent += number + number * number // 4 + unit - 1
            if chosen < 0:  # two are not enough: clear the host whose items weigh least
                for host in range(hosts):
                    fits = True
                    for k in range(dims):
                        if room[host, k] < demand[item, k]:
                            fits = False
                            break
                    if not fits:
                        continue
                    if grouped and _kept_out(item, host, weight, head, after, limit, start, groups, weights):
                        continue
                    total = 0
                    other = head[host]
                    while other >= 0:
                        if weight[other] < PINNED:
                            total += weight[other]
                        other = after[other]
                    if total < least:
                        least, chosen = total, host
                spent += n
                if chosen < 0:
                    return -1, spent
            number = 0
            if first >= 0:
                here[0], number = first, 1
                if second >= 0:
                    here[1], number = second, 2
            else:
                other = head[chosen]
                while other >= 0:
                    if weight[other] < PINNED:
                        here[number] = other
                        number += 1
                    other = after[other]
            for x in range(number):
                out = here[x]
                _unlink(out, chosen, head, after, before)
                home[out] = -1
                slack[chosen] += size[out]
                for k in range(dims):
                    free[chosen, k] += demand[out, k]
                pool[waiting] = out
                waiting += 1
        _link(item, chosen, head, after, before)
        home[item] = chosen
        slack[chosen] -= size[item]
        for k in range(dims):
            free[chosen, k] -= demand[item, k]
        if not ejected or waiting == 0:
            continue
        for _ in range(shakes):
            one = _below(state, n)
            a = home[one]
            if a < 0 or weight[one] >= PINNED:
                continue
            two = -1
            if _below(state, 2) == 0:
                b = _below(state, hosts)
            else:
                two = _below(state, n)
                b = home[two]
            if b < 0 or a == b or (two >= 0 and weight[two] >= PINNED):
                continue
            moved = size[one] - (size[two] if two >= 0 else 0)
            if moved * (moved + slack[a] - slack[b]) < 0 and _below(state, 100) >= against:
                continue
            fits = True
            for k in range(dims):
                shift = demand[one, k] - (demand[two, k] if two >= 0 else 0)
                if free[b, k] < shift or free[a, k] < -shift:
                    fits = False
                    break
            if not fits or not _allowed(one, b, two, -1, head, after, limit, start, groups, weights):
                continue
            if two >= 0 and not _allowed(two, a, one, -1, head, after, limit, start, groups, weights):
                continue
            slack[a] += moved
            slack[b] -= moved
            for k in range(dims):
                shift = demand[one, k] - (demand[two, k] if two >= 0 else 0)
                free[a, k] += shift
                free[b, k] -= shift
            _unlink(one, a, head, after, before)
            _link(one, b, head, after, before)
            home[one] = b
            if two >= 0:
                _unlink(two, b, head, after, before)
                _link(two, a, head, after, before)
                home[two] = a
        spent += shakes * unit
    return waiting, spent


@_jit
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


@_jit
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
            weight[k] = scarce[k] ** power * (0.5 + _below(state, 1000) / 1000.0) / max(capacity[k], 1)
        for x in range(number):
            size = 1e-9
            for k in range(dims):
                size += weight[k] * demand[live[x], k]
            score[x] = -value[live[x]] / size * (1.0 + noise * (_below(state, 1000) / 1000.0 - 0.5))
        if number:  # each set has an item of its own to begin with, so that the sets differ
            score[_below(state, number)] = -np.inf
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


@_jit
def _barred(
    item: int, held: np.ndarray, limit: np.ndarray, start: np.ndarray, groups: np.ndarray, weights: np.ndarray
) -> bool:
    """Whether a group has no room left for an item on a host that holds so much of each group."""
    barred = False
    for p in range(start[item], start[item + 1]):
        barred = barred or held[groups[p]] + weights[p] > limit[groups[p]]
    return barred


@_jit
def _hold(item: int, sign: int, held: np.ndarray, start: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> None:
    for p in range(start[item], start[item + 1]):
        held[groups[p]] += sign * weights[p]


@_jit
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
    begin = _below(state, max(number, 1))
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


@_jit
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
    nodes: int,
) -> tuple[int, np.ndarray, np.ndarray, int, bool]:
    """The largest value of items that may share one host: depth-first, in integers.

    Parameters
    ----------
    demand : (n, K), value : (n,)
        Sorted by value over size, largest first; values and sizes are above zero.
    capacity : (K,)
    size : (n,)
        A weighted sum of the dimensions, with the same weights as ``size``'s capacity, which is
        given as the last of ``capacity``: any set that fits has no larger sum.
    limit, start, groups, weights
        Group limits (`calc.packing.presolve.Groups`), of the items in this order.
    least : int
        A value that is known to be reached.
    nodes : int
        Most nodes looked at.

    Returns
    -------
    (int, ndarray (_KEPT, n), ndarray (_KEPT,), int, bool)
        Largest value found (``least`` where none is larger); the sets by which it was raised last
        and their sizes, 0 where there is none; nodes; whether it is proved.
    """
    n, dims = demand.shape
    best, total, level, seen, raised = least, np.int64(0), 0, 0, 0
    found = np.zeros((_KEPT, n), np.int64)
    sizes = np.zeros(_KEPT, np.int64)
    free = capacity[:dims].copy()
    rest = capacity[dims]
    chosen = np.empty(n + 1, np.int64)
    held = np.zeros(len(limit), np.int64)
    begin = 0
    while True:
        # The next item that fits and with which the fractional bound is above the best.
        take = -1
        room, reach = rest, total
        for j in range(begin, n):
            fits = True
            for k in range(dims):
                if demand[j, k] > free[k]:
                    fits = False
                    break
            # What a group keeps out now it keeps out of all that is reached from here.
            if not fits or _barred(j, held, limit, start, groups, weights):
                continue
            if take < 0:
                take = j
            if size[j] <= room:
                room -= size[j]
                reach += value[j]
            else:
                reach += value[j] * room // size[j]
                break
            if reach > best:  # enough to go on: how much more does not matter
                break
        seen += 1
        if take >= 0 and reach > best:
            if seen > nodes:
                return best, found, sizes, seen, False
            chosen[level] = take
            level += 1
            total += value[take]
            rest -= size[take]
            _hold(take, 1, held, start, groups, weights)
            for k in range(dims):
                free[k] -= demand[take, k]
            if total > best:
                best = total
                found[raised % _KEPT, :level] = chosen[:level]
                sizes[raised % _KEPT] = level
                raised += 1
            begin = take + 1
            continue
        if level == 0:
            return best, found, sizes, seen, True
        level -= 1
        take = chosen[level]
        total -= value[take]
        rest += size[take]
        _hold(take, -1, held, start, groups, weights)
        for k in range(dims):
            free[k] += demand[take, k]
        begin = take + 1


def warm_up() -> None:
    """Compile every kernel (the set-up calls this), so that no user waits for it."""
    demand = np.array([[6, 1], [5, 1], [5, 2], [4, 1]], dtype=np.int64)
    home = np.array([0, 1, 1, -1], dtype=np.int64)
    free = np.array([[4, 9], [0, 7]], dtype=np.int64)
    lists = [np.full(size, -1, dtype=np.int64) for size in (2, 4, 4)]
    link_all(home, *lists)
    pool, weight = np.array([3, 0, 0, 0], dtype=np.int64), np.ones(4, dtype=np.int64)
    state = np.array([1], dtype=np.uint64)
    room = np.full((2, 2), 10, dtype=np.int64)
    none, zeros = np.zeros(0, dtype=np.int64), np.zeros(5, dtype=np.int64)
    empty_pool(
        demand, demand[:, 0].copy(), free, free[:, 0].copy(), room, home, *lists, pool, 1, weight, zeros[:2].copy(),
        none, zeros, none, none, zeros[:1].copy(), none, none, state, 10, 1, 5, 2,
    )  # fmt: skip
    capacity = np.array([10, 10], dtype=np.int64)
    fill_host(
        demand, demand / 10.0, capacity, capacity.copy(), np.ones(2), True, np.arange(4), np.ones(4, dtype=np.int64),
        none, zeros, none, none, none,
    )  # fmt: skip
    price_greedily(demand, np.ones(4), capacity, np.ones(2), 2, none, zeros, none, none, state)
    price_nearby(
        demand, np.ones(4), np.arange(4), capacity, zeros[:1].copy(), none, 0.0, none, zeros, none, none, 1, state
    )
    price_exactly(
        demand, np.ones(4, dtype=np.int64), np.array([10, 10, 20]), demand.sum(axis=1), none, zeros, none, none, 0, 100
    )


if __name__ == "__main__":
    from calc.packing.kernels import warm_up as compile_for_imports  # under the name that the cache is kept for

    compile_for_imports()

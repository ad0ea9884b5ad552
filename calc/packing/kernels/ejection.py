"""Guided ejection, compiled: hosts as linked lists of their items, and the pool that is emptied on them."""

from __future__ import annotations

import numpy as np

from calc.packing.kernels.base import below, jit

#: Above every sum of weights that is ever ejected. An item that weighs `PINNED` is never moved.
_HUGE = np.int64(2**61)
PINNED = np.int64(2**61 + 1)


@jit
def _unlink(item: int, host: int, head: np.ndarray, after: np.ndarray, before: np.ndarray) -> None:
    a, b = before[item], after[item]
    if a >= 0:
        after[a] = b
    else:
        head[host] = b
    if b >= 0:
        before[b] = a


@jit
def _link(item: int, host: int, head: np.ndarray, after: np.ndarray, before: np.ndarray) -> None:
    b = head[host]
    after[item], before[item] = b, -1
    if b >= 0:
        before[b] = item
    head[host] = item


@jit
def link_all(home: np.ndarray, head: np.ndarray, after: np.ndarray, before: np.ndarray) -> None:
    """Build the lists of items on each host from the items' homes."""
    for item in range(len(home)):
        if home[item] >= 0:
            _link(item, home[item], head, after, before)


@jit
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


@jit
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


@jit
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


@jit
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


@jit
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
                if below(state, count) == 0:
                    chosen = host
        spent += hosts * unit
        ejected = chosen < 0
        if ejected:
            weight[item] += 1
            least, first, second, ties = _HUGE, -1, -1, 0
            looked = min(hosts, most_hosts)
            begin = 0 if looked == hosts else below(state, hosts)
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
                        if below(state, ties) == 0:
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
                            if below(state, ties) == 0:
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
            one = below(state, n)
            a = home[one]
            if a < 0 or weight[one] >= PINNED:
                continue
            two = -1
            if below(state, 2) == 0:
                b = below(state, hosts)
            else:
                two = below(state, n)
                b = home[two]
            if b < 0 or a == b or (two >= 0 and weight[two] >= PINNED):
                continue
            moved = size[one] - (size[two] if two >= 0 else 0)
            if moved * (moved + slack[a] - slack[b]) < 0 and below(state, 100) >= against:
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

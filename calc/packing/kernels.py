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
_jit = numba.njit(cache=True)

_HUGE = np.int64(2**62)


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
        Capacity of the empty hosts.
    home, head, after, before, pool
        The placement as lists; ``pool[:waiting]`` waits. Kept up to date.
    weight : (n,)
        How often an item was hard to place.
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
    here = np.empty(n, np.int64)
    short = np.empty(dims, np.int64)
    while waiting > 0 and spent < budget:
        waiting -= 1
        item = pool[waiting]
        chosen, count = -1, 0
        for host in range(hosts):
            fits = True
            for k in range(dims):
                if free[host, k] < demand[item, k]:
                    fits = False
                    break
            if fits:
                count += 1
                if _below(state, count) == 0:
                    chosen = host
        spent += hosts
        ejected = chosen < 0
        if ejected:
            weight[item] += 1
            least, first, second, ties = _HUGE, -1, -1, 0
            looked = min(hosts, most_hosts)
            start = 0 if looked == hosts else _below(state, hosts)
            for step in range(looked):
                host = (start + step) % hosts
                number = 0
                other = head[host]
                while other >= 0:
                    if weight[other] <= least:
                        here[number] = other
                        number += 1
                    other = after[other]
                for k in range(dims):
                    short[k] = demand[item, k] - free[host, k]
                for x in range(number):
                    one = here[x]
                    if weight[one] > least:
                        continue
                    enough = True
                    for k in range(dims):
                        if demand[one, k] < short[k]:
                            enough = False
                            break
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
                        for k in range(dims):
                            if demand[one, k] + demand[two, k] < short[k]:
                                enough = False
                                break
                        if enough:
                            if both < least:
                                least, ties = both, 0
                            ties += 1
                            if _below(state, ties) == 0:
                                chosen, first, second = host, one, two
                spent += number + number * number // 4
            if chosen < 0:  # two are not enough: clear the host whose items weigh least
                for host in range(hosts):
                    fits = True
                    for k in range(dims):
                        if room[host, k] < demand[item, k]:
                            fits = False
                            break
                    if not fits:
                        continue
                    total = 0
                    other = head[host]
                    while other >= 0:
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
            if a < 0:
                continue
            two = -1
            if _below(state, 2) == 0:
                b = _below(state, hosts)
            else:
                two = _below(state, n)
                b = home[two]
            if b < 0 or a == b:
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
            if not fits:
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
        spent += shakes
    return waiting, spent


@_jit
def fill_host(
    demand: np.ndarray,
    share: np.ndarray,
    capacity: np.ndarray,
    weight: np.ndarray,
    distance: bool,
    items: np.ndarray,
    taken: np.ndarray,
) -> tuple[int, int]:
    """Fill one empty host with the items that score best against its room, one after the other.

    Parameters
    ----------
    demand : (n, K) of int64, share : (n, K) of float64
        Demand, and demand as a share of this host's capacity.
    capacity : (K,)
    weight : (K,) of float64
    distance : bool
        Least weighted distance between item and room; else the largest weighted dot product.
    items : (c,)
        Items that wait; those that are put on the host are marked in ``taken`` (n,).

    Returns
    -------
    (int, int)
        Items placed, evaluations spent.
    """
    dims = len(capacity)
    free = capacity.copy()
    room = np.empty(dims, np.float64)
    live = items.copy()
    number, placed, spent = len(live), 0, 0
    while number > 0:
        for k in range(dims):
            room[k] = free[k] / max(capacity[k], 1)
        best, top, kept = -1, -np.inf, 0
        for x in range(number):
            item = live[x]
            fits = True
            for k in range(dims):
                if demand[item, k] > free[k]:
                    fits = False
                    break
            if not fits:
                continue
            live[kept] = item
            score = 0.0
            for k in range(dims):
                if distance:
                    score -= weight[k] * (room[k] - share[item, k]) ** 2
                else:
                    score += weight[k] * room[k] * share[item, k]
            if score > top:
                top, best = score, kept
            kept += 1
        spent += number
        if best < 0:
            break
        item = live[best]
        taken[item] = True
        placed += 1
        for k in range(dims):
            free[k] -= demand[item, k]
        for x in range(best, kept - 1):
            live[x] = live[x + 1]
        number = kept - 1
    return placed, spent


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
    empty_pool(
        demand, demand[:, 0].copy(), free, free[:, 0].copy(), room, home, *lists, pool, 1, weight, state, 10, 1, 5, 2
    )  # fmt: skip
    taken = np.zeros(4, dtype=np.bool_)
    fill_host(demand, demand / 10.0, np.array([10, 10]), np.ones(2), True, np.arange(4), taken)


if __name__ == "__main__":
    from calc.packing.kernels import warm_up as compile_for_imports  # under the name that the cache is kept for

    compile_for_imports()

"""Every kernel called once, so that it is compiled and kept."""

from __future__ import annotations

import numpy as np

from calc.packing.kernels import ejection, exact, filling, pricing


def warm_up() -> None:
    """Compile every kernel (the set-up calls this), so that no user waits for it."""
    demand = np.array([[6, 1], [5, 1], [5, 2], [4, 1]], dtype=np.int64)
    home = np.array([0, 1, 1, -1], dtype=np.int64)
    free = np.array([[4, 9], [0, 7]], dtype=np.int64)
    lists = [np.full(size, -1, dtype=np.int64) for size in (2, 4, 4)]
    ejection.link_all(home, *lists)
    pool, weight = np.array([3, 0, 0, 0], dtype=np.int64), np.ones(4, dtype=np.int64)
    state = np.array([1], dtype=np.uint64)
    room = np.full((2, 2), 10, dtype=np.int64)
    none, zeros = np.zeros(0, dtype=np.int64), np.zeros(5, dtype=np.int64)
    ejection.empty_pool(
        demand, demand[:, 0].copy(), free, free[:, 0].copy(), room, home, *lists, pool, 1, weight, zeros[:2].copy(),
        none, zeros, none, none, zeros[:1].copy(), none, none, state, 10, 1, 5, 2,
    )  # fmt: skip
    capacity = np.array([10, 10], dtype=np.int64)
    filling.fill_host(
        demand, demand / 10.0, capacity, capacity.copy(), np.ones(2), True, np.arange(4), np.ones(4, dtype=np.int64),
        none, zeros, none, none, none,
    )  # fmt: skip
    pricing.price_greedily(demand, np.ones(4), capacity, np.ones(2), 2, none, zeros, none, none, state)
    pricing.price_nearby(
        demand, np.ones(4), np.arange(4), capacity, zeros[:1].copy(), none, 0.0, none, zeros, none, none, 1, state
    )
    exact.price_exactly(
        demand, np.ones(4, dtype=np.int64), np.array([10, 10, 20]), demand.sum(axis=1), none, zeros, none, none, 0, 100
    )
    exact.price_each(
        demand, np.ones(4, dtype=np.int64), np.array([10, 10, 20]), demand.sum(axis=1), none, zeros, none, none, 0, 100
    )

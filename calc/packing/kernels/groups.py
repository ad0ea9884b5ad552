"""Group limits, as pricing counts them on one host."""

from __future__ import annotations

import numpy as np

from calc.packing.kernels.base import jit


@jit
def barred(
    item: int, held: np.ndarray, limit: np.ndarray, start: np.ndarray, groups: np.ndarray, weights: np.ndarray
) -> bool:
    """Whether a group has no room left for an item on a host that holds so much of each group."""
    full = False
    for p in range(start[item], start[item + 1]):
        full = full or held[groups[p]] + weights[p] > limit[groups[p]]
    return full


@jit
def hold(item: int, sign: int, held: np.ndarray, start: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> None:
    """Put an item on the host (sign 1), or take it off (-1)."""
    for p in range(start[item], start[item + 1]):
        held[groups[p]] += sign * weights[p]

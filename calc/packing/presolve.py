"""From the problem as stated to the core that heuristics work on, and back.

Affine workloads are merged into one; each group limit becomes one more dimension (demand 1 for
a member, capacity the limit), so that nothing downstream has a special case; workloads that fit
no host are taken out and named.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calc.packing.instance import Instance
from calc.packing.result import Unplaced


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """What is left to solve.

    Attributes
    ----------
    demands : ndarray of int64, shape (K', n')
        Dimension-major: one contiguous row a dimension.
    capacities : ndarray of int64, shape (K', T)
    costs, counts : ndarray of int64, shape (T,)
    members : list of ndarray
        Original workloads behind each core item.
    unplaced : tuple of Unplaced
        Original workloads that fit no host.
    """

    demands: np.ndarray
    capacities: np.ndarray
    costs: np.ndarray
    counts: np.ndarray
    members: list[np.ndarray]
    unplaced: tuple[Unplaced, ...]


def presolve(instance: Instance) -> Core:
    """Merge, turn groups into dimensions, take out what fits no host."""
    n = instance.size
    labels = np.arange(n)
    if instance.affinity is not None:
        first: dict[int, int] = {}
        for item, label in enumerate(instance.affinity):
            if label >= 0:
                labels[item] = first.setdefault(int(label), item)
    heads, position = np.unique(labels, return_inverse=True)
    limits = [limit for _, limit in instance.groups]
    demands = np.zeros((len(instance.dimensions) + len(limits), len(heads)), dtype=np.int64)
    for dimension in range(len(instance.dimensions)):
        np.add.at(demands[dimension], position, instance.demands[:, dimension])
    for offset, (group, _) in enumerate(instance.groups):
        np.add.at(demands[len(instance.dimensions) + offset], position[list(group)], 1)
    types = len(instance.costs)
    capacities = np.vstack(
        [
            instance.capacities.T,
            np.repeat(np.array(limits, dtype=np.int64)[:, None], types, axis=1).reshape(len(limits), types),
        ]
    )
    by_head = np.argsort(position, kind="stable")
    members = np.split(by_head, np.cumsum(np.bincount(position, minlength=len(heads)))[:-1]) if n else []
    usable = instance.counts != 0
    fits = np.zeros((types, len(heads)), dtype=bool)
    for kind in np.flatnonzero(usable):
        fits[kind] = (demands <= capacities[:, kind, None]).all(axis=0)
    stuck = np.flatnonzero(~fits.any(axis=0))
    names = (
        *instance.dimensions,
        *(f"group of {len(group)} with at most {limit} on a host" for group, limit in instance.groups),
    )
    unplaced = []
    for misfit in stuck.tolist():
        stopper = _stopper(demands[:, misfit], capacities[:, usable], names)
        unplaced += [Unplaced(int(original), stopper) for original in members[misfit]]
    keep = fits.any(axis=0)
    return Core(
        np.ascontiguousarray(demands[:, keep]),
        np.ascontiguousarray(capacities),
        instance.costs,
        instance.counts,
        [members[item] for item in np.flatnonzero(keep)],
        tuple(unplaced),
    )


def _stopper(demand: np.ndarray, capacities: np.ndarray, names: tuple[str, ...]) -> str:
    """The dimension that stops a workload: what it exceeds on the type it comes nearest to fitting."""
    if capacities.shape[1] == 0:
        return "hosts available"
    ratio = demand[:, None] / np.maximum(capacities, 1e-9)
    nearest = ratio.max(axis=0).argmin()
    return names[int(ratio[:, nearest].argmax())]


def expand(core: Core, assignment: np.ndarray, size: int) -> np.ndarray:
    """The core's assignment for the original workloads."""
    out = np.full(size, -1, dtype=np.int64)
    for item, host in enumerate(assignment):
        out[core.members[item]] = host
    return out

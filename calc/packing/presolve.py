"""From the problem as stated to the core that heuristics work on, and back.

Affine workloads are merged into one; demand is divided by its greatest common divisor in each
dimension; workloads are sorted by what they ask for, so that the order of the input does not
matter and identical ones are neighbours; conflicting pairs are gathered into cliques; workloads
that fit no host are taken out and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calc.language import stored
from calc.packing.instance import Instance
from calc.packing.result import Unplaced

#: What a workload that fits no host left is stopped by.
NO_HOST = "hosts available"
_TOGETHER = "workloads that must share a host and may not"


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Group limits in compressed rows, from both sides; memory grows with the memberships only.

    Attributes
    ----------
    limit : ndarray of int64, shape (G,)
        Most that one host may hold.
    start, group, weight : ndarray of int64, shapes (n' + 1,), (M,), (M,)
        ``group[start[i]:start[i + 1]]`` are the groups of item i; its weight in each is how many
        members it stands for.
    first, member, share : ndarray of int64, shapes (G + 1,), (M,), (M,)
        The same by group.
    """

    limit: np.ndarray
    start: np.ndarray
    group: np.ndarray
    weight: np.ndarray
    first: np.ndarray
    member: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, number: int, limits: Sequence[int], item: np.ndarray, group: np.ndarray, weight: np.ndarray) -> Groups:
        """From memberships (item, group, weight) of ``number`` items."""
        by_item, by_group = np.lexsort((group, item)), np.lexsort((item, group))
        return cls(
            np.array(limits, dtype=np.int64),
            np.concatenate(([0], np.cumsum(np.bincount(item, minlength=number)))).astype(np.int64),
            group[by_item],
            weight[by_item],
            np.concatenate(([0], np.cumsum(np.bincount(group, minlength=len(limits))))).astype(np.int64),
            item[by_group],
            weight[by_group],
        )

    def rows(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Limits, and rows of some items in a new order: ``limit``, ``start``, ``group``, ``weight``."""
        lengths = self.start[items + 1] - self.start[items]
        start = np.concatenate(([0], np.cumsum(lengths)))
        at = np.arange(start[-1]) + np.repeat(self.start[items] - start[:-1], lengths)
        return self.limit, start, self.group[at], self.weight[at]

    def of_item(self, item: int) -> zip[tuple[int, int]]:
        """(group, weight) of each group of an item."""
        part = slice(self.start[item], self.start[item + 1])
        return zip(self.group[part].tolist(), self.weight[part].tolist(), strict=True)

    def members(self, group: int) -> tuple[np.ndarray, np.ndarray]:
        """Items of a group and their weights."""
        part = slice(self.first[group], self.first[group + 1])
        return self.member[part], self.share[part]


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """What is left to solve.

    Attributes
    ----------
    demands : ndarray of int64, shape (K, n')
        Dimension-major: one contiguous row a dimension.
    capacities : ndarray of int64, shape (K, T)
    costs, counts : ndarray of int64, shape (T,)
    groups : Groups
    pinned : ndarray of int64, shape (n',)
        Fixed host that an item stays on, or -1.
    fixed : tuple of int
        Types of the fixed hosts, which are the first hosts of every placement.
    members : list of ndarray
        Original workloads behind each core item.
    unplaced : tuple of Unplaced
        Original workloads that fit no host.
    """

    demands: np.ndarray
    capacities: np.ndarray
    costs: np.ndarray
    counts: np.ndarray
    groups: Groups
    pinned: np.ndarray
    fixed: tuple[int, ...]
    members: list[np.ndarray]
    unplaced: tuple[Unplaced, ...]

    @property
    def size(self) -> int:
        """Number of items."""
        return len(self.pinned)


def presolve(instance: Instance) -> Core:
    """Merge, reduce, sort, and take out what fits no host."""
    if not instance.dimensions:  # nothing but groups limits a host: one dimension that nobody asks for
        n, types = instance.size, len(instance.costs)
        instance = replace(
            instance,
            demands=np.zeros((n, 1), dtype=np.int64),
            capacities=np.ones((types, 1), dtype=np.int64),
            dimensions=("nothing",),
        )
    heads, position = _merged(instance)
    dims, number = len(instance.dimensions), len(heads)
    demands = np.zeros((dims, number), dtype=np.int64)
    for dimension in range(dims):
        np.add.at(demands[dimension], position, instance.demands[:, dimension])
    divisor = np.gcd.reduce(demands, axis=1, initial=0)
    divisor[divisor == 0] = 1
    demands //= divisor[:, None]
    capacities = np.ascontiguousarray(instance.capacities.T // divisor[:, None])
    by_head = np.argsort(position, kind="stable")
    members = np.split(by_head, np.cumsum(np.bincount(position, minlength=number))[:-1]) if number else []

    limits, item, group, weight = _memberships(instance, position)
    too_heavy = np.zeros(number, dtype=bool)
    too_heavy[item[weight > np.array(limits, dtype=np.int64)[group]]] = True
    pinned = np.full(number, -1, dtype=np.int64)
    for host, (kind, items) in enumerate(instance.fixed):
        here = np.unique(position[list(items)])
        pinned[here] = host
        held = np.bincount(group, weights=weight * (pinned[item] == host), minlength=len(limits))
        if (demands[:, here].sum(axis=1) > capacities[:, kind]).any() or (held > np.array(limits)).any():
            raise ValueError(
                stored("fixed host {host}: not all that must share a host with what stays there can join it", host=host)
            )
    usable = np.flatnonzero(instance.counts != 0)
    fixed = tuple(kind for kind, _ in instance.fixed)
    fits = pinned >= 0
    for kind in sorted({*usable.tolist(), *fixed}):
        fits |= (demands <= capacities[:, kind, None]).all(axis=0) & ~too_heavy
    unplaced = []
    for misfit in np.flatnonzero(~fits).tolist():
        stopper = _TOGETHER if too_heavy[misfit] else _stopper(demands[:, misfit], capacities[:, usable], instance)
        unplaced += [Unplaced(int(original), stopper) for original in members[misfit]]

    # Largest first by dimension, so that the order of the input does not matter; those in groups
    # after those in none, so that identical free ones are neighbours.
    grouped = np.zeros(number, dtype=bool)
    grouped[item] = True
    keep = np.flatnonzero(fits)
    keep = keep[np.lexsort((heads[keep], *(-demands[::-1, keep]), grouped[keep]))]
    new = np.full(number, -1, dtype=np.int64)
    new[keep] = np.arange(len(keep))
    kept = new[item] >= 0
    return Core(
        np.ascontiguousarray(demands[:, keep]),
        capacities,
        instance.costs,
        instance.counts,
        Groups.of(len(keep), limits, new[item][kept], group[kept], weight[kept]),
        pinned[keep],
        fixed,
        [members[index] for index in keep],
        tuple(unplaced),
    )


def part(core: Core, items: np.ndarray, counts: np.ndarray) -> Core:
    """The problem of some of a core's items on hosts of their own, in the order given; no fixed hosts.

    Parameters
    ----------
    items : ndarray of int64
        Ascending. Its positions number the items of the part.
    counts : ndarray of int64, shape (T,)
        Hosts that may be opened.
    """
    new = np.full(core.size, -1, dtype=np.int64)
    new[items] = np.arange(len(items))
    groups = core.groups
    item = new[groups.member]
    group = np.repeat(np.arange(len(groups.limit)), np.diff(groups.first))
    kept = item >= 0
    return Core(
        np.ascontiguousarray(core.demands[:, items]),
        core.capacities,
        core.costs,
        counts,
        Groups.of(len(items), groups.limit.tolist(), item[kept], group[kept], groups.share[kept]),
        np.full(len(items), -1, dtype=np.int64),
        (),
        [core.members[index] for index in items.tolist()],
        (),
    )


def _merged(instance: Instance) -> tuple[np.ndarray, np.ndarray]:
    """First workload of each set that shares a host, and the set of each workload."""
    labels = np.arange(instance.size)
    if instance.affinity is not None:
        first: dict[int, int] = {}
        for item, label in enumerate(instance.affinity):
            if label >= 0:
                labels[item] = first.setdefault(int(label), item)
    heads, position = np.unique(labels, return_inverse=True)
    return heads, position.astype(np.int64)


def _memberships(instance: Instance, position: np.ndarray) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray]:
    """Limits of the groups, and (item, group, weight) of every membership."""
    pairs: list[tuple[int, int]] = []
    limits: list[int] = []
    items, groups, weights = [], [], []
    for group, limit in instance.groups:
        if len(group) <= limit:
            continue  # never broken
        merged, counts = np.unique(position[list(group)], return_counts=True)
        if limit == 1 and len(merged) == len(group) == 2:
            pairs.append((int(merged[0]), int(merged[1])))
            continue
        items.append(merged)
        groups.append(np.full(len(merged), len(limits), dtype=np.int64))
        weights.append(counts.astype(np.int64))
        limits.append(limit)
    for clique in cliques(pairs):
        items.append(np.array(clique, dtype=np.int64))
        groups.append(np.full(len(clique), len(limits), dtype=np.int64))
        weights.append(np.ones(len(clique), dtype=np.int64))
        limits.append(1)
    none = np.zeros(0, dtype=np.int64)
    item, of, weight = (np.concatenate(part) if part else none for part in (items, groups, weights))
    return limits, item, of, weight


def cliques(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Cliques that cover every pair: one group limit instead of many conflicts.

    Each pair not yet covered is grown greedily by common neighbours, smallest number first.
    """
    near: dict[int, set[int]] = {}
    for one, two in pairs:
        near.setdefault(one, set()).add(two)
        near.setdefault(two, set()).add(one)
    covered: set[tuple[int, int]] = set()
    found = []
    for one, two in sorted({(min(pair), max(pair)) for pair in pairs}):
        if (one, two) in covered:
            continue
        clique, common = [one, two], near[one] & near[two]
        while common:
            clique.append(min(common))
            common = common & near[clique[-1]]
        found.append(sorted(clique))
        covered |= {(a, b) for a in clique for b in clique if a < b}
    return found


def _stopper(demand: np.ndarray, capacities: np.ndarray, instance: Instance) -> str:
    """The dimension that stops a workload: what it exceeds on the type it comes nearest to fitting."""
    if capacities.shape[1] == 0:
        return NO_HOST
    ratio = demand[:, None] / np.maximum(capacities, 1e-9)
    nearest = ratio.max(axis=0).argmin()
    return instance.dimensions[int(ratio[:, nearest].argmax())]


def expand(core: Core, assignment: np.ndarray, size: int) -> np.ndarray:
    """The core's assignment for the original workloads."""
    out = np.full(size, -1, dtype=np.int64)
    for item, host in enumerate(assignment):
        out[core.members[item]] = host
    return out

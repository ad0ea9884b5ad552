"""The packing problem as integers: what solver, bounds and verifier all work on.

Given workloads i with demand d[i, k] >= 0 and host types t with capacity C[t, k], cost c[t] and
available count n[t], open hosts and assign every workload to one, so that on every host the sum
of demand is within capacity in every dimension, the members of a group on one host are at most
its limit, affine workloads share a host, and the sum of costs is least. The number of hosts is
the case c = 1. Some hosts may be open already, with workloads that stay on them. Nothing here
knows money, files or pools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calc.language import stored

UNLIMITED = -1
_LARGEST = 2**53


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One problem.

    Parameters
    ----------
    demands : ndarray of int64, shape (n, K)
    capacities : ndarray of int64, shape (T, K)
    costs : ndarray of int64, shape (T,)
        Cost of one host of each type, in integer minor units.
    counts : ndarray of int64, shape (T,)
        How many of each type there are; `UNLIMITED` (-1) for any number.
    dimensions : tuple of str
        Names of the K dimensions, for messages.
    groups : tuple of (tuple of int, int)
        Members and the most of them that one host may hold (anti-affinity: 1).
    affinity : ndarray of int64, shape (n,), optional
        Workloads with the same label >= 0 share a host.
    fixed : tuple of (int, tuple of int)
        Hosts that are open already: type, and the workloads that stay there. They cost nothing,
        are beside ``counts``, cannot be closed and come first in every placement.

    Raises
    ------
    ValueError
        When shapes disagree, a number is negative, sums reach 2**53, or the fixed part breaks a
        capacity or a group's limit.
    """

    demands: np.ndarray
    capacities: np.ndarray
    costs: np.ndarray
    counts: np.ndarray
    dimensions: tuple[str, ...]
    groups: tuple[tuple[tuple[int, ...], int], ...] = ()
    affinity: np.ndarray | None = None
    fixed: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def __post_init__(self) -> None:
        n, dims = self.demands.shape
        types = len(self.costs)
        if self.capacities.shape != (types, dims) or len(self.counts) != types or len(self.dimensions) != dims:
            raise ValueError(
                stored(
                    "shapes disagree: demands {shape}, capacities {shape2}, costs {types}, counts {count}, dimensions {count2}",
                    shape=self.demands.shape,
                    shape2=self.capacities.shape,
                    types=types,
                    count=len(self.counts),
                    count2=len(self.dimensions),
                )
            )
        for name in ("demands", "capacities", "costs", "counts"):
            array = getattr(self, name)
            if array.dtype != np.int64:
                raise ValueError(stored("{name} must be int64, not {dtype}", name=name, dtype=array.dtype))
        if (
            (self.demands < 0).any()
            or (self.capacities < 0).any()
            or (self.costs < 0).any()
            or (self.counts < UNLIMITED).any()
        ):
            raise ValueError(stored("demands, capacities and costs must not be negative; counts must be -1 or more"))
        # Summed as floating point first: exact Python integers only where the limit is near.
        rough = float(self.demands.sum(axis=0, dtype=np.float64).max(initial=0.0))
        if rough > _LARGEST / 2 and int(self.demands.astype(object).sum(axis=0).max()) >= _LARGEST:
            raise ValueError(stored("the demands of one dimension sum to 2**53 or more: use a larger unit"))
        if self.affinity is not None and self.affinity.shape != (n,):
            raise ValueError(stored("affinity has shape {shape}, expected ({n},)", shape=self.affinity.shape, n=n))
        for members, limit in self.groups:
            if limit < 1 or len(set(members)) != len(members) or any(not 0 <= member < n for member in members):
                raise ValueError(
                    stored(
                        "group {members!r} with limit {limit}: members must be distinct workloads, the limit at least 1",
                        members=members,
                        limit=limit,
                    )
                )
        self._check_fixed()

    def _check_fixed(self) -> None:
        home: dict[int, int] = {}
        for host, (kind, items) in enumerate(self.fixed):
            if not 0 <= kind < len(self.costs):
                raise ValueError(
                    stored(
                        "fixed host {host} has type {kind}; there are {count}",
                        host=host,
                        kind=kind,
                        count=len(self.costs),
                    )
                )
            for item in items:
                if not 0 <= item < self.size or item in home:
                    raise ValueError(
                        stored(
                            "fixed host {host}: workload {item} does not exist or is fixed twice", host=host, item=item
                        )
                    )
                home[item] = host
            over = np.flatnonzero(self.demands[list(items)].sum(axis=0) > self.capacities[kind])
            if len(over):
                raise ValueError(
                    stored("fixed host {host} holds more than its {value}", host=host, value=self.dimensions[over[0]])
                )
        for members, limit in self.groups if self.fixed else ():
            homes = [home[member] for member in members if member in home]
            if any(homes.count(host) > limit for host in set(homes)):
                raise ValueError(
                    stored(
                        "the fixed part puts more than {limit} of group {members!r} on one host",
                        limit=limit,
                        members=members,
                    )
                )
        if self.fixed and self.affinity is not None:
            apart: dict[int, set[int]] = {}
            for item, host in home.items():
                if self.affinity[item] >= 0:
                    apart.setdefault(int(self.affinity[item]), set()).add(host)
            if any(len(hosts) > 1 for hosts in apart.values()):
                raise ValueError(stored("the fixed part puts workloads that must share a host on different ones"))

    @property
    def size(self) -> int:
        """Number of workloads."""
        return len(self.demands)

"""A pool's plan as plain arrays: what is on which host, and what is free after a failure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calc.demand import Demand
from calc.packing import UNLIMITED, Instance
from calc.packing.presolve import presolve
from calc.planning import Pool


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """Hosts and what is on them.

    Attributes
    ----------
    hosts : tuple of str
    pool : tuple of str
        Pool of each host.
    resources : int
        How many of the K dimensions are resources; anti-affinity groups follow.
    dimensions : tuple of str
        Names of the resources.
    demands : ndarray of int64, shape (n, K)
        Of each item; an item is a workload, or workloads that must stay together.
    capacities, normal : ndarray of int64, shape (m, K)
        In the failover state, and when every host runs.
    home : ndarray of int64, shape (n,)
        Host of each item.
    workloads : tuple of tuple of str
        Workloads of each item.
    """

    hosts: tuple[str, ...]
    pool: tuple[str, ...]
    resources: int
    dimensions: tuple[str, ...]
    demands: np.ndarray
    capacities: np.ndarray
    normal: np.ndarray
    home: np.ndarray
    workloads: tuple[tuple[str, ...], ...]

    @property
    def loads(self) -> np.ndarray:
        """Summed demand on each host, shape (m, K)."""
        out = np.zeros_like(self.capacities)
        np.add.at(out, self.home, self.demands)
        return out


def load_pool(pool: Pool, demand: Demand, names: tuple[str, ...]) -> Loaded:
    """The plan of one pool as arrays.

    Parameters
    ----------
    pool : Pool
    demand : Demand
        What the pool was planned on.
    names : tuple of str
        Of its hosts.
    """
    placed = np.flatnonzero(pool.plan.assignment >= 0)
    rows = pool.rows[placed]
    position = {int(item): index for index, item in enumerate(placed)}
    groups = []
    for label, members in pool.groups.items():
        inside = tuple(position[int(member)] for member in members if int(member) in position)
        if inside:
            groups.append((inside, demand.group_limits.get(label, 1)))
    labels = demand.affinity[rows]
    kinds = pool.plan.host_types
    core = presolve(
        Instance(
            demands=demand.amounts[rows],
            capacities=pool.failover_capacities,
            costs=np.ones(len(pool.types), dtype=np.int64),
            counts=np.full(len(pool.types), UNLIMITED, dtype=np.int64),
            dimensions=pool.dimensions,
            groups=tuple(groups),
            affinity=labels if (labels >= 0).any() else None,
        )
    )
    workloads = demand.table["workload"].to_numpy()[rows]
    home = pool.plan.assignment[placed]
    amounts, count = demand.amounts[rows], len(core.groups.limit)
    needs = np.zeros((core.size, len(pool.dimensions) + count), dtype=np.int64)
    for item, together in enumerate(core.members):
        needs[item, : len(pool.dimensions)] = amounts[together].sum(axis=0)
    for group in range(count):
        held, weight = core.groups.members(group)
        needs[held, len(pool.dimensions) + group] = weight
    limits = np.tile(core.groups.limit, (len(kinds), 1))
    return Loaded(
        names,
        (pool.name,) * len(names),
        len(pool.dimensions),
        pool.dimensions,
        needs,
        np.hstack([pool.failover_capacities[kinds], limits]),
        np.hstack([pool.capacities[kinds], limits]),
        np.array([home[members[0]] for members in core.members], dtype=np.int64),
        tuple(tuple(str(workloads[member]) for member in members) for members in core.members),
    )

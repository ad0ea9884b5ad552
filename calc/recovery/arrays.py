"""A pool's plan as plain arrays: what is on which host, and what is free after a failure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calc.assessment import Assessment
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


def loaded_pools(assessment: Assessment) -> list[Loaded]:
    """Every pool of a plan, hosts named as in `Assessment.hosts`.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    list of Loaded
        In the order of `Assessment.pools`; a pool without a host is left out.
    """
    found = []
    first = 0
    names = assessment.hosts["host"].tolist()
    for pool in assessment.pools:
        count = len(pool.plan.host_types)
        if count:
            found.append(_loaded(assessment, pool, tuple(names[first : first + count])))
        first += count
    return found


def _loaded(assessment: Assessment, pool: Pool, names: tuple[str, ...]) -> Loaded:
    demand = assessment.demand
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
    return Loaded(
        names,
        (pool.name,) * len(names),
        len(pool.dimensions),
        pool.dimensions,
        np.ascontiguousarray(core.demands.T),
        np.ascontiguousarray(core.capacities.T[kinds]),
        np.hstack([pool.capacities[kinds], core.capacities.T[kinds][:, len(pool.dimensions) :]]),
        np.array([home[members[0]] for members in core.members], dtype=np.int64),
        tuple(tuple(str(workloads[member]) for member in members) for members in core.members),
    )

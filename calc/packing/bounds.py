"""Proven lower bounds on the cost of any placement, each with the name of its argument.

References
----------
Martello and Toth (1990), Knapsack Problems, chapter 8 (bound L2);
Caprara and Toth (2001), Lower bounds and algorithms for the 2-dimensional vector packing
problem, Discrete Applied Mathematics 111, doi:10.1016/S0166-218X(00)00267-5.
"""

from __future__ import annotations

import math

import numpy as np

from calc.packing.instance import UNLIMITED
from calc.packing.presolve import Core
from calc.packing.result import Bound

_MILP_NODES = 20_000


def best_bound(core: Core) -> Bound:
    """The greatest of all bounds."""
    if core.demands.shape[1] == 0:
        return Bound(0, "nothing to place")
    return max((aggregate(core), large_items(core), counting(core)), key=lambda bound: bound.value)


def aggregate(core: Core) -> Bound:
    """Least cost of hosts whose summed capacity covers the summed demand in every dimension.

    Exact integer arithmetic with one host type; with several, HiGHS' dual bound at zero gap,
    rounded so that floating point can only weaken it.
    """
    total = [int(value) for value in core.demands.sum(axis=1)]
    name = "summed demand over summed capacity"
    usable = np.flatnonzero(core.counts != 0)
    if len(usable) == 1:
        kind = int(usable[0])
        hosts = max([1] + [-(-need // int(core.capacities[k, kind])) for k, need in enumerate(total) if need])
        return Bound(hosts * int(core.costs[kind]), name)
    rows = [k for k, need in enumerate(total) if need]
    if not rows:
        return Bound(int(core.costs[usable].min()), "something must be placed")
    # Imported here: it takes a second, and plans with a single host model never need it.
    from scipy.optimize import Bounds, LinearConstraint, milp

    # Rows scaled to a right side of 1: coefficients of one size keep the solver's tolerances small.
    matrix = np.array([[int(core.capacities[k, t]) / total[k] for t in usable] for k in rows])
    limit = np.array([np.inf if core.counts[t] == UNLIMITED else float(core.counts[t]) for t in usable])
    # The solver may take a row for covered that misses by its tolerance: asking for that much
    # less keeps the bound valid.
    slack = 1e-6
    solution = milp(
        core.costs[usable].astype(float),
        integrality=np.ones(len(usable)),
        bounds=Bounds(0, limit),
        constraints=LinearConstraint(matrix, 1 - slack, np.inf),
        options={"mip_rel_gap": 0.0, "node_limit": _MILP_NODES, "presolve": True},
    )
    dual = getattr(solution, "mip_dual_bound", None)
    if dual is None or not math.isfinite(dual):  # no proof from the solver: the weakest true statement
        return Bound(int(core.costs[usable].min()), "at least one host")
    step = math.gcd(*(int(cost) for cost in core.costs[usable])) or 1
    value = step * math.ceil((dual - max(1e-6, 1e-6 * abs(dual))) / step)
    return Bound(max(value, int(core.costs[usable].min())), name)


def large_items(core: Core) -> Bound:
    """Bound L2 of Martello and Toth in each dimension, on the largest capacity of any type.

    For a threshold a: items above C - a have a host of their own; items above C/2 have one each
    and leave room; what lies between a and C/2 must fit into that room or open more hosts.
    """
    usable = core.counts != 0
    best, name = 0, ""
    for k in range(len(core.demands)):
        capacity = int(core.capacities[k, usable].max())
        hosts = _l2(core.demands[k], capacity)
        if hosts > best:
            best, name = hosts, f"large workloads in dimension {k + 1}"
    return Bound(best * int(core.costs[usable].min()), name or "large workloads")


def counting(core: Core) -> Bound:
    """How many of the largest workloads one host can hold at most, in each dimension.

    Of the m largest demands, no host holds more than the number of *smallest* among them that
    fit together; so they need at least m over that number, for every m.
    """
    usable = core.counts != 0
    best, name = 0, ""
    for k in range(len(core.demands)):
        capacity = int(core.capacities[k, usable].max())
        ordered = np.sort(core.demands[k][core.demands[k] > 0])
        if not len(ordered):
            continue
        sums = np.concatenate(([0], np.cumsum(ordered)))
        start = np.arange(len(ordered))
        together = np.searchsorted(sums, sums[start] + capacity, side="right") - 1 - start
        hosts = int((-((start - len(ordered)) // together)).max())  # ceil(m / together)
        if hosts > best:
            best, name = hosts, f"how many workloads fit together in dimension {k + 1}"
    return Bound(best * int(core.costs[usable].min()), name or "how many workloads fit together")


def _l2(sizes: np.ndarray, capacity: int) -> int:
    ordered = np.sort(sizes[sizes > 0])
    if not len(ordered):
        return 0
    sums = np.concatenate(([0], np.cumsum(ordered)))
    half = int(np.searchsorted(ordered, capacity // 2, side="right"))  # items > C/2 start here
    large = len(ordered) - half
    best = large
    # Every distinct small size is a threshold worth trying; zero stands for the volume bound.
    thresholds = np.unique(np.concatenate(([0], ordered[:half])))
    alone = len(ordered) - np.searchsorted(ordered, capacity - thresholds, side="right")  # items > C - a
    first = np.searchsorted(ordered, thresholds, side="left")  # items >= a
    middle = large - alone  # C/2 < items <= C - a
    middle_sum = sums[len(ordered) - alone] - sums[half]
    small_sum = sums[half] - sums[first]
    room = middle * capacity - middle_sum
    extra = -((room - small_sum) // capacity)  # ceil((small - room) / C)
    return int(max(best, (alone + middle + np.maximum(0, extra)).max()))

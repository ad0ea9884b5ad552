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
#: Into how many parts capacity is cut by the rounding bound.
_PARTS = (2, 3, 4, 5, 7, 10)
#: The clique bound looks at no more items than this (the largest).
_CLIQUE_ITEMS = 3_000


def best_bound(core: Core) -> Bound:
    """The greatest of all bounds."""
    if core.demands.shape[1] == 0:
        return Bound(0, "nothing to place")
    bounds = [aggregate(core), large_items(core), counting(core), clique(core)]
    bounds += [rounded(core, parts) for parts in _PARTS]
    return max(bounds, key=lambda bound: bound.value)


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
    value = step * math.ceil((dual - max(1e-3, 1e-7 * abs(dual))) / step)
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


def rounded(core: Core, parts: int) -> Bound:
    """The aggregate bound after rounding every size down to multiples of C / parts.

    f(x) = floor(x / a) is superadditive and non-decreasing, so demands f(d) fit into capacities
    f(C_t) whenever d fit into C_t (a dual feasible function, also with several host types).
    """
    usable = core.counts != 0
    unit = core.capacities[:, usable].max(axis=1) // parts + 1
    unit = np.maximum(unit, 1)[:, None]
    demands, capacities = core.demands // unit, core.capacities // unit
    mapped = Core(demands, capacities, core.costs, core.counts, [], ())
    if len(np.flatnonzero(usable)) == 1:
        kind = int(np.flatnonzero(usable)[0])
        rows = [k for k in range(len(demands)) if capacities[k, kind] > 0]
        hosts = max([1] + [-(-int(demands[k].sum()) // int(capacities[k, kind])) for k in rows])
        return Bound(hosts * int(core.costs[kind]), f"demand rounded down to multiples of 1/{parts} of a host")
    found = aggregate(mapped)
    return Bound(found.value, f"demand rounded down to multiples of 1/{parts} of a host")


def clique(core: Core) -> Bound:
    """Workloads no two of which fit on one host need a host each.

    The set is grown greedily, largest first, in three orders; any such set is a proof.
    """
    usable = np.flatnonzero(core.counts != 0)
    share = core.demands / np.maximum(core.capacities[:, usable].max(axis=1), 1)[:, None]
    name = "workloads no two of which fit together"
    cheapest = int(core.costs[usable].min())
    # Two that do not fit exceed some dimension, so one of them has more than half of it.
    large = np.flatnonzero((share > 0.5).any(axis=0))
    if not len(large):
        return Bound(cheapest, name)
    best = 1
    for measure in (share.max(axis=0), share.sum(axis=0), (share**2).sum(axis=0)):
        order = large[np.argsort(-measure[large], kind="stable")][:_CLIQUE_ITEMS]
        size = 0
        while len(order):
            one, rest = order[0], order[1:]
            size += 1
            apart = np.ones(len(rest), dtype=bool)
            for kind in usable:
                together = np.ones(len(rest), dtype=bool)
                for k in range(len(core.demands)):
                    together &= core.demands[k, rest] <= core.capacities[k, kind] - core.demands[k, one]
                apart &= ~together
            order = rest[apart]
        best = max(best, size)
    return Bound(best * cheapest, name)


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

"""Proven lower bounds on the cost of any placement, each with the name of its argument.

Every argument is a row ``sum over host types of a[t] * x[t] >= b`` that any placement with x[t]
hosts of type t satisfies: f(content of a host of type t) <= a[t] for some measure f, and b is the
measure of all workloads. The bound is the least cost of integers x, within the counts, that
satisfy the rows.

References
----------
Martello and Toth (1990), Knapsack Problems, chapter 8 (bound L2);
Fekete and Schepers (2001), New classes of fast lower bounds for bin packing problems,
Mathematical Programming 91, doi:10.1007/s101070100243 (dual feasible functions);
Caprara and Toth (2001), Lower bounds and algorithms for the 2-dimensional vector packing
problem, Discrete Applied Mathematics 111, doi:10.1016/S0166-218X(00)00267-5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from calc.language import foreign, stored
from calc.packing.instance import UNLIMITED
from calc.packing.presolve import Core
from calc.packing.result import Bound

_MILP_NODES = 20_000
#: Into how many parts capacity is cut by the rounding bound.
_PARTS = (2, 3, 4, 5, 7, 10)
#: The clique bound looks at no more items than this (the largest).
_CLIQUE_ITEMS = 3_000
#: Rows from group limits: those that ask for the most hosts.
_GROUP_ROWS = 20
#: Sets of workloads that fit the same host types, each with rows of its own.
_KINDS_OF_FIT = 8
#: Scale of a dimension when several are added up.
_SCALE = 2**30
#: Numbers of hosts of the first of two types that are tried one by one.
_ENUMERATED = 200_000
VOLUME = "summed demand over summed capacity"
IMPOSSIBLE = "more than all hosts there are"
TOGETHER = "least-cost mix of hosts that meets every requirement at once"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One argument: hosts of type t count ``per_host[t]``, and together they must reach ``need``."""

    per_host: np.ndarray
    need: int
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What the arguments look at: loose workloads, and hosts that can hold them.

    A fixed host is one more type: what is left of it, once, at no cost. Sums of dimensions are
    dimensions too, since what fits in each fits in their sum.

    Attributes
    ----------
    core : Core
    items : ndarray of int
        Items that are not pinned.
    demands : ndarray of int64, shape (K', n)
    capacities : ndarray of int64, shape (K', T')
    costs, counts : ndarray of int64, shape (T',)
    names : tuple of str
        Of the K' dimensions.
    """

    core: Core
    items: np.ndarray
    demands: np.ndarray
    capacities: np.ndarray
    costs: np.ndarray
    counts: np.ndarray
    names: tuple[str, ...]

    @classmethod
    def of(cls, core: Core) -> Columns:
        """The columns of a core."""
        usable = np.flatnonzero(core.counts != 0)
        rest = core.capacities[:, list(core.fixed)]
        for item in np.flatnonzero(core.pinned >= 0):
            rest[:, core.pinned[item]] -= core.demands[:, item]
        items = np.flatnonzero(core.pinned < 0)
        demands, capacities = core.demands[:, items], np.hstack([core.capacities[:, usable], rest])
        names = [f"dimension {k + 1}" for k in range(len(demands))]
        for dims in _sums(demands, capacities):
            scale = _SCALE // np.maximum(capacities[dims].max(axis=1, initial=0), 1)
            demands = np.vstack([demands, scale @ demands[dims]])
            capacities = np.vstack([capacities, scale @ capacities[dims]])
            names.append("dimensions " + " + ".join(str(k + 1) for k in dims))
        costs = np.concatenate([core.costs[usable], np.zeros(len(core.fixed), dtype=np.int64)])
        counts = np.concatenate([core.counts[usable], np.ones(len(core.fixed), dtype=np.int64)])
        return cls(core, items, demands, capacities, costs, counts, tuple(names))


def _sums(demands: np.ndarray, capacities: np.ndarray) -> list[list[int]]:
    """Sets of dimensions worth adding up: pairs of the three tightest, and those three."""
    tight = demands.sum(axis=1) / np.maximum(capacities.max(axis=1, initial=0), 1)
    # Weights are whole numbers: a capacity above the scale would weigh nothing.
    usable = [k for k in range(len(demands)) if 0 < capacities[k].max(initial=0) <= _SCALE and tight[k] > 0]
    top = sorted(usable, key=lambda k: (-tight[k], k))[:3]
    return [[a, b] for i, a in enumerate(top) for b in top[i + 1 :]] + ([sorted(top)] if len(top) > 2 else [])


def best_bound(core: Core) -> Bound:
    """The greatest of all bounds."""
    if not (core.pinned < 0).any():
        return Bound(0, "nothing to place")
    columns = Columns.of(core)
    return lower(columns, [row for family in FAMILIES.values() for row in family(columns)])


def volume(columns: Columns) -> list[Row]:
    """Summed demand within summed capacity, in every dimension."""
    total = columns.demands.sum(axis=1)
    return [Row(columns.capacities[k], int(total[k]), VOLUME) for k in range(len(total)) if total[k]]


def rounded(columns: Columns) -> list[Row]:
    """Demand rounded down to multiples of 1/k of a host.

    f(x) = floor(x / a) is superadditive and non-decreasing, so demands f(d) fit into capacities
    f(C_t) whenever d fit into C_t (a dual feasible function, also with several host types).
    """
    rows = []
    largest = columns.capacities.max(axis=1, initial=0)
    for parts in _PARTS:
        unit = (largest // parts + 1)[:, None]
        need, per_host = (columns.demands // unit).sum(axis=1), columns.capacities // unit
        name = stored("demand rounded down to multiples of 1/{parts} of a host", parts=parts)
        rows += [Row(per_host[k], int(need[k]), name) for k in range(len(need)) if need[k]]
    return rows


def large(columns: Columns) -> list[Row]:
    """What is left when the smallest workloads are ignored and the largest take a whole host.

    f(x) = C for x > C - a, 0 for x < a, x between (a <= C/2, C the largest capacity): with
    rounding to halves this is bound L2 of Martello and Toth. The threshold taken is the one that
    leaves most.
    """
    rows = []
    for k in range(len(columns.demands)):
        capacity = int(columns.capacities[k].max(initial=0))
        ordered = np.sort(columns.demands[k][columns.demands[k] > 0])
        sums = np.concatenate(([0], np.cumsum(ordered)))
        thresholds = np.unique(ordered[ordered <= capacity // 2])
        if not len(thresholds):
            continue
        whole = np.searchsorted(ordered, capacity - thresholds, side="right")
        first = np.searchsorted(ordered, thresholds, side="left")
        left = (len(ordered) - whole) * capacity + sums[whole] - sums[first]
        best = int(left.argmax())
        least = int(thresholds[best])
        own = columns.capacities[k]
        per_host = np.where(own > capacity - least, capacity, np.where(own < least, 0, own))
        rows.append(
            Row(
                per_host, int(left[best]), stored("large workloads in {dimension}", dimension=foreign(columns.names[k]))
            )
        )
    return rows


def counting(columns: Columns) -> list[Row]:
    """How many of the largest workloads one host can hold at most.

    Of the m largest demands, no host holds more than the number of *smallest* among them that
    fit together. The m taken is the one that asks for most of the largest hosts.
    """
    rows = []
    for k in range(len(columns.demands)):
        capacity = int(columns.capacities[k].max(initial=0))
        ordered = np.sort(columns.demands[k][columns.demands[k] > 0])
        if not len(ordered):
            continue
        sums = np.concatenate(([0], np.cumsum(ordered)))
        begin = np.arange(len(ordered))
        together = np.searchsorted(sums, sums[begin] + capacity, side="right") - 1 - begin
        if not together.all():
            continue  # something fits on no host at all
        best = int(((len(ordered) - begin) / together).argmax())
        per_host = np.searchsorted(sums, sums[best] + columns.capacities[k], side="right") - 1 - best
        rows.append(
            Row(
                per_host,
                len(ordered) - best,
                stored("how many workloads fit together in {dimension}", dimension=foreign(columns.names[k])),
            )
        )
    return rows


def apart(columns: Columns) -> list[Row]:
    """Workloads no two of which may be on one host need a host each.

    The set is grown greedily in four orders (the last: those in groups first); any such set is a
    proof.
    """
    core, real = columns.core, len(columns.core.demands)
    demands, capacities = columns.demands[:real], columns.capacities[:real]
    share = demands / np.maximum(capacities.max(axis=1, initial=0), 1)[:, None]
    # What fits a host fits one that is no smaller in any dimension: only the largest count.
    own = np.unique(capacities, axis=1).T
    largest = [one for one in own if (one <= own).all(axis=1).sum() == 1]
    memberships = np.diff(core.groups.start)[columns.items]
    # Two that do not fit exceed some dimension, so one of them has more than half of it.
    candidates = np.flatnonzero((share > 0.5).any(axis=0) | (memberships > 0))
    best: list[int] = []
    total = share.sum(axis=0)
    for measure in (share.max(axis=0), total, (share**2).sum(axis=0), memberships * (real + 1) + total):
        order = candidates[np.argsort(-measure[candidates], kind="stable")][:_CLIQUE_ITEMS]
        clique = []
        while len(order):
            one, rest = int(order[0]), order[1:]
            clique.append(one)
            alone = _forbidden(columns, one, rest)
            fits = np.zeros(len(rest), dtype=bool)
            for capacity in largest:
                both = np.ones(len(rest), dtype=bool)
                for k in range(real):
                    both &= demands[k, rest] <= capacity[k] - demands[k, one]
                fits |= both
            order = rest[alone | ~fits]
        best = max(best, clique, key=len)
    if len(best) < 2:
        return []
    holds = np.array([(demands[:, best] <= own[:, None]).all(axis=0).any() for own in capacities.T])
    return [Row(holds.astype(np.int64), len(best), "workloads no two of which fit together")]


def _forbidden(columns: Columns, one: int, rest: np.ndarray) -> np.ndarray:
    """Which of the others a group keeps from sharing a host with one item."""
    groups = columns.core.groups
    barred = np.zeros(columns.core.size, dtype=bool)
    for group, weight in groups.of_item(int(columns.items[one])):
        members, weights = groups.members(group)
        barred[members[weights + weight > groups.limit[group]]] = True
    return barred[columns.items[rest]]


def grouped(columns: Columns) -> list[Row]:
    """A group of m with at most g on a host needs m / g hosts."""
    core, groups = columns.core, columns.core.groups
    types = len(columns.costs) - len(core.fixed)
    of_row = np.repeat(np.arange(len(groups.limit)), np.diff(groups.first))
    loose = core.pinned[groups.member] < 0
    need = np.bincount(of_row, weights=groups.share * loose, minlength=len(groups.limit)).astype(np.int64)
    rows = []
    for group in np.argsort(-need / np.maximum(groups.limit, 1), kind="stable")[:_GROUP_ROWS].tolist():
        members, weights = groups.members(group)
        stay = core.pinned[members] >= 0
        per_host = np.full(len(columns.costs), groups.limit[group], dtype=np.int64)
        np.subtract.at(per_host, types + core.pinned[members[stay]], weights[stay])
        rows.append(Row(per_host, int(need[group]), "a group with at most so many on a host"))
    return rows


def exclusive(columns: Columns) -> list[Row]:
    """Workloads that only some host types can hold ask for hosts of those types."""
    core = columns.core
    types = len(columns.costs) - len(core.fixed)
    if types < 2:
        return []
    real = len(core.demands)
    fits = np.zeros((types, len(columns.items)), dtype=bool)  # few types: not one row a host
    for kind in range(types):
        fits[kind] = (columns.demands[:real] <= columns.capacities[:real, kind, None]).all(axis=0)
    patterns, number = np.unique(fits, axis=1, return_counts=True)
    rows = []
    for pattern in patterns.T[np.argsort(-number, kind="stable")][:_KINDS_OF_FIT]:
        if pattern.all():
            continue
        inside = ~(fits & ~pattern[:, None]).any(axis=0)
        allowed = np.concatenate([pattern, np.ones(len(core.fixed), dtype=bool)])
        total = columns.demands[:, inside].sum(axis=1)
        name = stored("workloads that only some host types can hold")
        rows += [Row(columns.capacities[k] * allowed, int(total[k]), name) for k in range(len(total)) if total[k]]
    return rows


#: Every argument by its name.
FAMILIES: dict[str, Callable[[Columns], list[Row]]] = {
    "volume": volume,
    "rounded": rounded,
    "large": large,
    "counting": counting,
    "apart": apart,
    "grouped": grouped,
    "exclusive": exclusive,
}


def lower(columns: Columns, rows: Iterable[Row]) -> Bound:
    """Least cost of hosts that satisfy the rows.

    Exact integer arithmetic with one or two types that cost anything; with more, HiGHS' dual
    bound at zero gap, rounded so that floating point can only weaken it. Where no number of
    hosts within the counts is enough, there is no placement, and every bound holds.
    """
    free = columns.costs == 0
    if (free & (columns.counts == UNLIMITED)).any():
        return Bound(0, "hosts that cost nothing")
    paid = np.flatnonzero(~free)
    costs, counts = columns.costs[paid], columns.counts[paid]
    # Hosts that cost nothing are all taken: they can only help.
    need, matrix, names = [0], [np.ones(len(paid), dtype=np.int64)], [VOLUME]
    for row in rows:
        rest = row.need - int((row.per_host[free] * columns.counts[free]).sum())
        if rest > 0:
            need.append(rest)
            matrix.append(row.per_host[paid])
            names.append(row.name)
    if not free.any():
        need[0] = 1
    if need == [0]:
        return Bound(0, "hosts that cost nothing")
    b, a = np.array(need, dtype=np.int64), np.array(matrix, dtype=np.int64).reshape(len(need), len(paid))
    impossible = Bound(int((costs * np.maximum(counts, 0)).sum()), IMPOSSIBLE)
    if len(paid) == 0:
        return impossible
    if len(paid) == 1:
        if (a[b > 0, 0] == 0).any():
            return impossible
        hosts = -(-b // np.maximum(a[:, 0], 1))
        most = int(hosts.max())
        if counts[0] != UNLIMITED and most > counts[0]:
            return impossible
        return Bound(most * int(costs[0]), names[int(hosts.argmax())])
    if len(paid) == 2:
        found = _two(a, b, costs, counts)
        if found is not None:
            return impossible if found < 0 else Bound(found, TOGETHER)
    return _mixed(a, b, costs, counts)


def _two(a: np.ndarray, b: np.ndarray, costs: np.ndarray, counts: np.ndarray) -> int | None:
    """Exact least cost with two types; -1 where there is none, None where there are too many to try."""
    reach = [int((-(-b[a[:, t] > 0] // a[a[:, t] > 0, t])).max(initial=0)) for t in (0, 1)]
    most = [reach[t] if counts[t] == UNLIMITED else min(reach[t], int(counts[t])) for t in (0, 1)]
    one = 0 if most[0] <= most[1] else 1
    two = 1 - one
    if most[one] >= _ENUMERATED:
        return None
    number = np.arange(most[one] + 1)
    other = np.zeros(len(number), dtype=np.int64)
    possible = np.ones(len(number), dtype=bool)
    for row, need in zip(a, b.tolist(), strict=True):
        rest = np.maximum(need - row[one] * number, 0)
        if row[two]:
            other = np.maximum(other, -(-rest // row[two]))
        else:
            possible &= rest == 0
    if counts[two] != UNLIMITED:
        possible &= other <= counts[two]
    total = costs[one] * number + costs[two] * other
    return int(total[possible].min()) if possible.any() else -1


def _mixed(a: np.ndarray, b: np.ndarray, costs: np.ndarray, counts: np.ndarray) -> Bound:
    # Imported here: it takes a second, and plans with one or two host models never need it.
    from scipy.optimize import Bounds, LinearConstraint, milp

    rows = np.flatnonzero(b > 0)
    # Rows scaled to a right side of 1: coefficients of one size keep the solver's tolerances small.
    # The solver may take a row for covered that misses by its tolerance: asking for that much
    # less keeps the bound valid.
    slack = 1e-6
    limit = np.where(counts == UNLIMITED, np.inf, counts.astype(float))
    solution = milp(
        costs.astype(float),
        integrality=np.ones(len(costs)),
        bounds=Bounds(0, limit),
        constraints=LinearConstraint(np.unique(a[rows] / b[rows, None], axis=0), 1 - slack, np.inf),
        options={"mip_rel_gap": 0.0, "node_limit": _MILP_NODES, "presolve": True},
    )
    dual = getattr(solution, "mip_dual_bound", None)
    least = int(costs.min()) if (b > 0).any() else 0
    if solution.status not in (0, 1) or dual is None or not math.isfinite(dual):
        return Bound(least, "at least one host")  # no proof from the solver: the weakest true statement
    step = math.gcd(*(int(cost) for cost in costs)) or 1
    value = step * math.ceil((dual - max(1e-3, 1e-7 * abs(dual))) / step)
    return Bound(max(value, least), TOGETHER)

"""The least cost of small packing instances by dynamic programming over subsets: every plan is looked at."""

from __future__ import annotations

import random

import numpy as np

from calc.packing import UNLIMITED, Instance, solve
from calc.packing.bounds import FAMILIES, Columns, lower
from calc.packing.presolve import presolve
from tests.make import problem

_NEVER = 10**9


def least_cost(instance: Instance) -> int | None:
    """Least cost, or None when no plan holds every workload. Shares nothing with the solver."""
    n = instance.size
    home = {item: host for host, (_, items) in enumerate(instance.fixed) for item in items}
    loose = [item for item in range(n) if item not in home]
    full = (1 << len(loose)) - 1
    subset = [[loose[bit] for bit in range(len(loose)) if mask >> bit & 1] for mask in range(full + 1)]

    def holds(kind: int, items: list[int]) -> bool:
        if (instance.demands[items].sum(axis=0) > instance.capacities[kind]).any():
            return False
        inside = set(items)
        if any(len(inside.intersection(members)) > limit for members, limit in instance.groups):
            return False
        if instance.affinity is None:
            return True
        labels = {int(instance.affinity[item]) for item in items} - {-1}
        return all(item in inside for item in range(n) if int(instance.affinity[item]) in labels)

    # On the fixed hosts, which cost nothing: which sets of loose workloads have found a place.
    cost = {0: 0}
    for kind, items in instance.fixed:
        joins = [mask for mask in range(full + 1) if holds(kind, [*items, *subset[mask]])]
        cost = {done | mask: 0 for done in cost for mask in joins if not done & mask}
    for kind, (price, count) in enumerate(zip(instance.costs.tolist(), instance.counts.tolist(), strict=True)):
        fits = [mask and holds(kind, subset[mask]) for mask in range(full + 1)]
        hosts = [_NEVER] * (full + 1)  # fewest hosts of this type that hold a set
        hosts[0] = 0
        for mask in range(1, full + 1):
            lowest = mask & -mask
            part = mask
            while part:
                if part & lowest and fits[part] and hosts[mask ^ part] + 1 < hosts[mask]:
                    hosts[mask] = hosts[mask ^ part] + 1
                part = (part - 1) & mask
        after: dict[int, int] = {}
        for done, spent in cost.items():
            rest = full ^ done
            part = rest
            while True:
                if hosts[part] < _NEVER and (count == UNLIMITED or hosts[part] <= count):
                    total = spent + price * hosts[part]
                    if total < after.get(done | part, _NEVER):
                        after[done | part] = total
                if not part:
                    break
                part = (part - 1) & rest
        cost = after
    return cost.get(full)


def random_instance(seed: int, most_types: int = 2) -> Instance:
    """A few types, counts that may be finite, costs that may be 0, groups, affinity, a fixed part."""
    rng = random.Random(seed)
    n, dims, types = rng.choice([2, 3, 4, 5, 5, 6, 6, 8]), rng.randint(1, 3), rng.randint(1, most_types)
    capacities = [[rng.randint(5, 14) for _ in range(dims)] for _ in range(types)]
    heavy = rng.choice([4, 7, 9])
    demands = [[rng.randint(0, heavy) for _ in range(dims)] for _ in range(n)]
    groups = [
        (tuple(rng.sample(range(n), rng.randint(2, n))), rng.choice([1, 1, 2])) for _ in range(rng.choice([0, 0, 1, 2]))
    ]
    counts = [rng.choice([-1, -1, rng.randint(0, 4)]) for _ in range(types)]
    costs = [rng.choice([0, 1, 3, 7]) if counts[t] >= 0 else rng.randint(1, 9) for t in range(types)]
    fixed = []
    if rng.random() < 0.25:
        for kind in range(types):
            items = [item for item in range(n) if rng.random() < 0.2 and not any(item in on for _, on in fixed)]
            fixed.append((kind, tuple(items)))
    affinity = np.array([rng.choice([-1, -1, 0]) for _ in range(n)]) if rng.random() < 0.15 else None
    return problem(demands, capacities, costs, counts, groups=tuple(groups), affinity=affinity, fixed=tuple(fixed))


def valid_instance(seed: int, most_types: int = 2) -> Instance:
    """The instance of a seed, or of a later one whose fixed part is possible."""
    while True:
        try:
            instance = random_instance(seed, most_types)
            presolve(instance)
        except ValueError:
            seed += 1_000_003
        else:
            return instance


def check(instance: Instance) -> tuple[bool, bool]:
    """bound <= optimum <= plan, for each argument alone and for all; (has a plan, the plan is optimal).

    Raises
    ------
    AssertionError
        Saying what does not hold.
    """
    optimum, result, core = least_cost(instance), solve(instance, 100_000), presolve(instance)
    if optimum is None:
        assert result.unplaced and result.bound is None and result.gap is None, "a plan where none exists"
        return False, False
    assert not core.unplaced, "a workload is called too large, though a plan holds it"
    columns = Columns.of(core)
    for name, family in FAMILIES.items():
        found = lower(columns, family(columns))
        assert found.value <= optimum, f"{name}: {found} above the optimum {optimum}"
    if result.unplaced:  # hosts in short supply: the search may miss the only plan there is
        assert result.bound is None
        return True, False
    assert result.bound is not None and result.bound.value <= optimum, f"{result.bound} above the optimum {optimum}"
    assert optimum <= result.cost, f"cost {result.cost} below the optimum {optimum}"
    return True, result.cost == optimum

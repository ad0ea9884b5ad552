"""Packing: exhaustive small cases, bounds, verifier, result, edge cases."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from calc.packing import Effort, Instance, Termination, single_type, solve, violations
from calc.packing.bounds import aggregate, best_bound, clique, counting, large_items, rounded
from calc.packing.presolve import presolve
from tests.make import problem


def optimum(instance: Instance) -> int | None:
    """Least cost by trying every partition and every choice of types; None when nothing is feasible."""
    n = instance.size
    best: int | None = None
    labels = None if instance.affinity is None else instance.affinity.tolist()

    def cheapest(blocks: list[list[int]]) -> int | None:
        fitting = []
        for block in blocks:
            load = instance.demands[block].sum(axis=0)
            kinds = [t for t in range(len(instance.costs)) if (load <= instance.capacities[t]).all()]
            if not kinds:
                return None
            fitting.append(kinds)
        found = None
        for choice in itertools.product(*fitting):
            if any(count >= 0 and choice.count(t) > count for t, count in enumerate(instance.counts.tolist())):
                continue
            cost = sum(int(instance.costs[t]) for t in choice)
            found = cost if found is None else min(found, cost)
        return found

    def valid(blocks: list[list[int]]) -> bool:
        home = {item: index for index, block in enumerate(blocks) for item in block}
        for members, limit in instance.groups:
            if any(sum(home[m] == index for m in members) > limit for index in range(len(blocks))):
                return False
        return labels is None or all(
            home[i] == home[j] for i in range(n) for j in range(i) if labels[i] == labels[j] >= 0
        )

    def extend(item: int, blocks: list[list[int]]) -> None:
        nonlocal best
        if item == n:
            if valid(blocks):
                cost = cheapest(blocks)
                if cost is not None and (best is None or cost < best):
                    best = cost
            return
        for block in blocks:
            block.append(item)
            extend(item + 1, blocks)
            block.pop()
        blocks.append([item])
        extend(item + 1, blocks)
        blocks.pop()

    extend(0, [])
    return best


def random_instance(seed: int) -> Instance:
    rng = random.Random(seed)
    n, dims, types = rng.randint(1, 6), rng.randint(1, 3), rng.randint(1, 2)
    capacities = [[rng.randint(5, 14) for _ in range(dims)] for _ in range(types)]
    demands = [[rng.randint(0, 9) for _ in range(dims)] for _ in range(n)]
    groups = (
        [(tuple(rng.sample(range(n), rng.randint(2, n))), rng.randint(1, 2))] if n > 1 and rng.random() < 0.4 else []
    )
    affinity = np.array([rng.choice([-1, -1, 0]) for _ in range(n)]) if rng.random() < 0.2 else None
    counts = [rng.choice([-1, -1, rng.randint(0, 3)]) for _ in range(types)]
    return problem(
        demands,
        capacities,
        [rng.choice([0, 1, 3, 7]) if counts[t] >= 0 else rng.randint(1, 9) for t in range(types)],
        counts,
        groups=tuple(groups),
        affinity=affinity,
    )


@pytest.mark.parametrize("block", range(12))
def test_bound_optimum_plan_on_every_small_instance(block: int) -> None:
    """bound <= optimum <= plan, on instances small enough to try everything."""
    met = solved = 0
    for seed in range(block * 60, (block + 1) * 60):
        instance = random_instance(seed)
        result = solve(instance, Effort.QUICK)
        best = optimum(instance)
        if result.unplaced:
            assert result.bound is None and result.gap is None
            continue
        assert best is not None, f"seed {seed}: a plan where none exists"
        assert result.bound is not None
        assert result.bound.value <= best <= result.cost, f"seed {seed}"
        core = presolve(instance)
        for bound in (
            aggregate(core),
            large_items(core),
            counting(core),
            clique(core),
            rounded(core, 2),
            rounded(core, 3),
            rounded(core, 7),
        ):
            assert bound.value <= best, f"seed {seed}: {bound}"
        if result.is_optimal:
            assert result.cost == best
        solved += 1
        met += result.cost == best
    assert met >= 0.8 * solved  # the heuristics are no toys on toy problems


def test_each_bound_proves_what_it_is_named_for() -> None:
    assert aggregate(presolve(problem([[5]] * 5, [[10]]))).value == 3
    assert large_items(presolve(problem([[6]] * 4, [[10]]))).value == 4  # no two share a host; the volume says 3
    assert aggregate(presolve(problem([[6]] * 4, [[10]]))).value == 3
    # 6 + 4 fill a host, the 5s come in pairs: L2 with a threshold sees that 4s do not help the 7s.
    assert large_items(presolve(problem([[7], [7], [4], [4]], [[10]]))).value == 3


def test_clique_and_rounding_by_hand() -> None:
    # Each of three items is more than half in a dimension of its own pair: no two fit together.
    assert clique(presolve(problem([[6, 6], [6, 1], [1, 6]], [[10, 10]]))).value == 2
    assert clique(presolve(problem([[6, 5], [5, 6], [6, 6]], [[10, 10]]))).value == 3
    # Items of 4 on hosts of 10 count one third each, of which a host holds two: 6 items need 3.
    assert rounded(presolve(problem([[4]] * 6, [[10]])), 3).value == 3


def test_counting_by_hand() -> None:
    # 20 items of 4 on hosts of 10: two to a host, so 10 hosts, where the volume says 8.
    assert counting(presolve(problem([[4]] * 20, [[10]]))).value == 10
    assert aggregate(presolve(problem([[4]] * 20, [[10]]))).value == 8
    # The small ones fill the gaps: of all 30 items 6 smallest fit together, of the 20 largest 2.
    assert counting(presolve(problem([[4]] * 20 + [[1]] * 10, [[10]]))).value == 10


def test_aggregate_mixes_types_at_least_cost() -> None:
    # 30 of demand: 3 x 10 at 10 each, or one 25 at 20 and one 10 at 10 = 30; both cost 30; two 25 cost 40.
    assert aggregate(presolve(problem([[5]] * 6, [[10], [25]], [10, 20]))).value == 30


def test_a_misfit_is_named_with_its_dimension_and_bounds_nothing() -> None:
    result = solve(problem([[1, 1], [1, 11], [20, 1]], [[10, 10]]))
    assert [(item.item, item.dimension) for item in result.unplaced] == [(1, "d1"), (2, "d0")]
    assert not result.has_solution and result.bound is None and not result.is_optimal
    assert result.assignment.tolist() == [0, -1, -1]


def test_nothing_fits_and_nothing_to_place() -> None:
    none = solve(problem([[11]], [[10]]))
    assert none.hosts == 0 and none.termination is Termination.NOTHING_TO_PLACE and none.bound is None
    empty = solve(problem([], [[10]]))
    assert empty.hosts == 0 and empty.is_optimal and empty.gap == 0


def test_demand_equal_to_capacity_and_zero_demand() -> None:
    result = solve(problem([[10, 0], [10, 0], [0, 0]], [[10, 5]]))
    assert result.hosts == 2 and result.is_optimal


def test_limited_hosts_leave_the_rest_unplaced() -> None:
    result = solve(problem([[6]] * 3, [[10]], counts=[2]))
    assert len(result.unplaced) == 1 and result.unplaced[0].dimension == "hosts available"


def test_free_existing_hosts_are_used_first() -> None:
    result = solve(problem([[5]] * 4, [[10], [10]], [0, 100], [1, -1]))
    assert result.cost == 100 and result.is_optimal
    assert sorted(result.host_types.tolist()) == [0, 1]


def test_anti_affinity_and_affinity() -> None:
    apart = solve(problem([[1]] * 4, [[10]], groups=(((0, 1, 2), 1),)))
    assert apart.hosts == 3 and apart.is_optimal
    assert len({int(host) for host in apart.assignment[:3]}) == 3
    together = solve(problem([[4]] * 4, [[10]], affinity=np.array([0, -1, 0, -1])))
    assert together.assignment[0] == together.assignment[2]
    both = solve(problem([[1]] * 2, [[10]], groups=(((0, 1), 1),), affinity=np.array([0, 0])))
    assert len(both.unplaced) == 2 and "group" in both.unplaced[0].dimension


def test_the_mix_is_never_dearer_than_one_model() -> None:
    rng = np.random.default_rng(5)
    demands = rng.integers(1, 40, size=(60, 2))
    mixed = problem(demands.tolist(), [[50, 60], [120, 110], [200, 260]], [11, 22, 44])
    cost = solve(mixed, Effort.QUICK).cost
    for kind, price in enumerate((11, 22, 44)):
        assert cost <= solve(single_type(mixed, kind), Effort.QUICK).cost * price


def test_same_input_and_seed_same_placement() -> None:
    demands = np.random.default_rng(2).integers(1, 60, size=(120, 3)).tolist()
    first, second = (solve(problem(demands, [[100, 100, 100]]), 3_000_000, seed=7) for _ in range(2))
    assert first.assignment.tolist() == second.assignment.tolist()
    assert first.reproducible and first.work == second.work


def test_stop_and_time_limit_keep_a_plan_and_say_so() -> None:
    demands = np.random.default_rng(3).integers(1, 60, size=(150, 4)).tolist()
    instance = problem(demands, [[100] * 4])
    stopped = solve(instance, Effort.DEEP, should_stop=lambda: True)
    assert stopped.has_solution and stopped.termination is Termination.STOPPED and not stopped.reproducible
    timed = solve(instance, Effort.DEEP, time_limit_s=0.0)
    assert timed.has_solution and timed.termination is Termination.TIME_LIMIT and not timed.reproducible
    worked = solve(instance, 1)
    assert worked.has_solution and worked.termination is Termination.WORK_LIMIT and worked.reproducible


def test_progress_tells_best_and_bound() -> None:
    seen: list[tuple[int, int]] = []
    demands = np.random.default_rng(4).integers(1, 60, size=(80, 3)).tolist()
    result = solve(
        problem(demands, [[100] * 3]), Effort.QUICK, on_progress=lambda best, bound: seen.append((best, bound))
    )
    assert seen[-1][0] == result.cost
    assert all(bound <= best for best, bound in seen)
    assert [best for best, _ in seen] == sorted((best for best, _ in seen), reverse=True)


def test_search_improves_on_construction() -> None:
    """On the field's benchmark family of mixed sizes, the emptying search finds hosts that greedy fill leaves."""
    improved = 0
    for seed in range(12):
        demands = np.random.default_rng(seed).integers(100, 400, size=(200, 5)).tolist()
        instance = problem(demands, [[1000] * 5])
        full = solve(instance, Effort.STANDARD)
        improved += "ejection" in full.method
    assert improved > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"assignment": [0, 0, 0]}, "used of"),
        ({"assignment": [0, 1, -1]}, "neither placed"),
        ({"assignment": [0, 1, 5]}, "does not exist"),
        ({"unplaced": [2]}, "placed and reported"),
        ({"counts": [1]}, "exist"),
        ({"groups": [((1, 2), 1)]}, "limit"),
        ({"affinity": [0, 0, -1]}, "spread"),
        ({"assignment": [0, 1]}, "assignments for"),
    ],
)
def test_the_verifier_sees_each_mistake(change: dict, message: str) -> None:
    sound = {
        "demands": [[6], [5], [5]],
        "capacities": [[10]],
        "counts": [-1],
        "assignment": [0, 1, 1],
        "host_types": [0, 0],
    }
    assert violations(**sound) == []
    assert any(message in text for text in violations(**{**sound, **change}))


def test_instances_refuse_nonsense() -> None:
    with pytest.raises(ValueError, match="negative"):
        problem([[-1]], [[10]])
    with pytest.raises(ValueError, match="2\\*\\*53"):
        problem([[2**52], [2**52]], [[2**53]])
    with pytest.raises(ValueError, match="int64"):
        Instance(
            np.ones((1, 1)),
            np.ones((1, 1), dtype=np.int64),
            np.ones(1, dtype=np.int64),
            np.ones(1, dtype=np.int64),
            ("d",),
        )
    with pytest.raises(ValueError, match="shapes"):
        Instance(
            np.ones((1, 2), dtype=np.int64),
            np.ones((1, 1), dtype=np.int64),
            np.ones(1, dtype=np.int64),
            np.ones(1, dtype=np.int64),
            ("d",),
        )
    with pytest.raises(ValueError, match="group"):
        problem([[1]], [[10]], groups=(((0, 3), 1),))


def test_large_numbers_stay_exact() -> None:
    half = 2**51
    result = solve(problem([[half], [half]], [[2 * half]]))
    assert result.hosts == 1
    assert solve(problem([[half], [half + 1]], [[2 * half]])).hosts == 2


def test_bound_is_the_greatest_of_all() -> None:
    core = presolve(problem([[6]] * 4, [[10]]))
    assert best_bound(core).value == max(aggregate(core).value, large_items(core).value, counting(core).value)

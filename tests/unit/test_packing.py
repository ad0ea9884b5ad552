"""Packing: exhaustive small cases, bounds, verifier, result, edge cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calc import packing_file
from calc.packing import Effort, Engine, Instance, Limits, Termination, solve, violations
from calc.packing.bounds import FAMILIES, Columns, best_bound, lower
from calc.packing.composition import Compositions
from calc.packing.presolve import cliques, presolve
from tests.benchmarks.estates import best_single, daily, estate
from tests.make import problem


def bound(family: str, instance: Instance) -> int:
    """The bound of one argument alone."""
    columns = Columns.of(presolve(instance))
    return lower(columns, FAMILIES[family](columns)).value


def test_each_bound_proves_what_it_is_named_for() -> None:
    assert bound("volume", problem([[5]] * 5, [[10]])) == 3
    # No two of 6 share a host: four hosts, where the volume says 3.
    assert bound("volume", problem([[6], [6], [6], [7]], [[10]])) == 3
    assert bound("rounded", problem([[6], [6], [6], [7]], [[10]])) == 4
    # The 4s do not help the 8s, and two 5s fill a host: leaving out the smallest proves 4, the volume 3.
    sizes = [[8], [8], [5], [5], [5], [2]]
    assert bound("volume", problem(sizes, [[11]])) == 3
    assert bound("large", problem(sizes, [[11]])) == 4
    # Items of 4 on hosts of 10 count one third each, of which a host holds two: 6 items need 3.
    assert bound("rounded", problem([[4]] * 6, [[10]])) == 3


def test_cliques_by_hand() -> None:
    # Each of three items is more than half in a dimension of its own pair: no two fit together.
    assert bound("apart", problem([[6, 6], [6, 1], [1, 6]], [[10, 10]])) == 2
    assert bound("apart", problem([[6, 5], [5, 6], [6, 6]], [[10, 10]])) == 3
    # Three that exclude each other by a rule, and one that fits with none of them.
    assert bound("apart", problem([[5], [5], [5], [6]], [[10]], groups=(((0, 1, 2), 1),))) == 4
    assert bound("grouped", problem([[1]] * 7, [[10]], groups=((tuple(range(7)), 2),))) == 4


def test_counting_by_hand() -> None:
    # 20 items of 4 on hosts of 10: two to a host, so 10 hosts, where the volume says 9.
    assert bound("counting", problem([[4]] * 20 + [[1]], [[10]])) == 10
    assert bound("volume", problem([[4]] * 20 + [[1]], [[10]])) == 9
    # Only whole fours count: a common divisor alone proves it for equal ones.
    assert bound("volume", problem([[4]] * 20, [[10]])) == 10
    # The small ones fill the gaps: of all 30 items 6 smallest fit together, of the 20 largest 2.
    assert bound("counting", problem([[4]] * 20 + [[1]] * 10, [[10]])) == 10


def test_two_types_are_mixed_exactly_and_more_are_bounded() -> None:
    # 30 of demand: 3 x 10 at 10 each, or one 25 at 20 and one 10 at 10 = 30; both cost 30; two 25 cost 40.
    assert bound("volume", problem([[5]] * 6, [[10], [25]], [10, 20])) == 30
    assert bound("volume", problem([[5]] * 6, [[10], [25], [100]], [10, 20, 500])) == 30
    # One 25 only, and what is there already takes 10 for nothing: 20 left, for 20.
    assert bound("volume", problem([[5]] * 6, [[10], [25], [10]], [10, 20, 0], [-1, 1, 1])) == 20


def test_workloads_that_only_the_dear_host_holds_ask_for_it() -> None:
    # Volume alone is content with cheap hosts: 25 of demand, 10 each.
    instance = problem([[12], [13]], [[10], [20]], [1, 50])
    assert bound("volume", instance) == 3 and bound("exclusive", instance) == 100


def test_conflicts_are_gathered_into_cliques() -> None:
    assert cliques([(0, 1), (1, 2), (0, 2), (3, 2)]) == [[0, 1, 2], [2, 3]]
    assert cliques([]) == []
    pairs = tuple(((a, b), 1) for a in range(6) for b in range(a))
    core = presolve(problem([[1]] * 6, [[10]], groups=pairs))
    assert core.groups.limit.tolist() == [1] and core.groups.member.tolist() == list(range(6))
    assert solve(problem([[1]] * 6, [[10]], groups=pairs)).hosts == 6


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
    assert len(both.unplaced) == 2 and "must share a host and may not" in both.unplaced[0].dimension


def test_the_mix_is_never_dearer_than_one_model() -> None:
    rng = np.random.default_rng(5)
    demands = rng.integers(1, 40, size=(60, 2))
    mixed = problem(demands.tolist(), [[50, 60], [120, 110], [200, 260]], [11, 22, 44])
    cost = solve(mixed, Effort.QUICK).cost
    for kind in range(3):
        pick = slice(kind, kind + 1)
        alone = replace(mixed, capacities=mixed.capacities[pick], costs=mixed.costs[pick], counts=mixed.counts[pick])
        assert cost <= solve(alone, Effort.QUICK).cost


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
    timed = solve(instance, Effort.DEEP, Limits(time_s=0.0))
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
    for seed in range(3):
        demands = np.random.default_rng(seed).integers(100, 400, size=(200, 5)).tolist()
        instance = problem(demands, [[1000] * 5])
        full = solve(instance, 15_000_000)
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
    instance = problem([[6]] * 4, [[10]])
    assert best_bound(presolve(instance)).value == max(bound(family, instance) for family in FAMILIES) == 4


def test_the_order_of_the_input_does_not_matter() -> None:
    rng = np.random.default_rng(8)
    demands = rng.integers(1, 60, size=(90, 3))
    order = rng.permutation(90)
    first = solve(problem(demands.tolist(), [[100] * 3]), 2_000_000)
    second = solve(problem(demands[order].tolist(), [[100] * 3]), 2_000_000)
    assert first.hosts == second.hosts and first.work == second.work
    held = [sorted(demands[result.assignment == 0].tolist()) for result in (first,)]
    again = [sorted(demands[order][second.assignment == 0].tolist())]
    assert held == again


def test_a_common_divisor_changes_nothing() -> None:
    demands = np.random.default_rng(9).integers(1, 60, size=(60, 2))
    plain = solve(problem(demands.tolist(), [[100, 110]]), 1_000_000)
    scaled = solve(problem((demands * [1024, 7]).tolist(), [[100 * 1024 + 1023, 110 * 7 + 6]]), 1_000_000)
    assert plain.assignment.tolist() == scaled.assignment.tolist()
    core = presolve(problem((demands * [1024, 7]).tolist(), [[100 * 1024 + 1023, 110 * 7 + 6]]))
    assert core.capacities[:, 0].tolist() == [100, 110]


def test_fixed_hosts_keep_what_they_hold_and_take_more_for_nothing() -> None:
    instance = problem([[6], [3], [4], [6]], [[10]], fixed=((0, (0,)),))
    result = solve(instance)
    assert result.assignment[0] == 0 and result.host_types.tolist() == [0, 0]
    assert result.cost == 1 and result.is_optimal  # 4 joins the 6; 3 and 6 share the new host
    alone = solve(problem([[6], [3]], [[10]], counts=[0], fixed=((0, (0, 1)),)))
    assert alone.cost == 0 and alone.hosts == 1 and alone.is_optimal and not alone.unplaced
    empty = solve(problem([[6]], [[10]], fixed=((0, ()),)))
    assert empty.cost == 0 and empty.assignment.tolist() == [0]


def test_fixed_hosts_hold_groups_apart_and_affine_workloads_together() -> None:
    apart = solve(problem([[1]] * 3, [[10]], groups=(((0, 1, 2), 1),), fixed=((0, (0,)),)))
    assert len(set(apart.assignment.tolist())) == 3 and apart.cost == 2
    together = solve(problem([[1], [1]], [[10]], affinity=np.array([0, 0]), fixed=((0, (1,)),)))
    assert together.assignment.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fixed": ((0, (0, 1)),)}, "more than its d0"),
        ({"fixed": ((1, (0,)),)}, "type 1"),
        ({"fixed": ((0, (0,)), (0, (0,)))}, "twice"),
        ({"fixed": ((0, (1, 2)),), "groups": (((1, 2), 1),)}, "group"),
        ({"fixed": ((0, (0,)), (0, (1,))), "affinity": np.array([0, 0, -1])}, "share a host"),
    ],
)
def test_impossible_fixed_parts_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        problem([[6], [5], [1]], [[10]], **options)


def test_an_affine_workload_that_cannot_join_a_fixed_host_is_refused() -> None:
    with pytest.raises(ValueError, match="can join"):
        solve(problem([[6], [5]], [[10]], affinity=np.array([0, 0]), fixed=((0, (0,)),)))


def test_a_given_plan_is_where_the_search_begins() -> None:
    demands = np.random.default_rng(3).integers(1, 60, size=(150, 4)).tolist()
    instance = problem(demands, [[100] * 4])
    good = solve(instance, Effort.STANDARD)
    again = solve(instance, 1, start=(good.assignment, good.host_types))
    assert again.cost <= good.cost
    with pytest.raises(ValueError, match="not valid"):
        solve(instance, start=(np.zeros(150, dtype=np.int64), np.array([0])))


def test_hosts_in_short_supply_are_packed_until_everything_is_placed() -> None:
    # First fit leaves one of these out; the two hosts hold them only as 6 + 4 and 5 + 3 + 2.
    result = solve(problem([[4], [3], [6], [5], [2]], [[10]], counts=[2]))
    assert result.has_solution and result.hosts == 2 and result.is_optimal


def test_threads_change_nothing() -> None:
    from concurrent.futures import ThreadPoolExecutor

    demands = np.random.default_rng(6).integers(1, 40, size=(70, 2)).tolist()
    instance = problem(demands, [[50, 60], [120, 110], [200, 260]], [11, 23, 41])
    alone = solve(instance, 20_000_000)
    with ThreadPoolExecutor(2) as executor:
        both = solve(instance, 20_000_000, engine=Engine(executor))
    assert alone.assignment.tolist() == both.assignment.tolist() and alone.work == both.work


def test_many_dimensions_and_identical_workloads() -> None:
    rng = np.random.default_rng(7)
    day = (50 + 40 * np.sin(np.arange(24) / 4)).astype(int)
    demands = np.array([np.roll(day, int(rng.integers(24))) for _ in range(60)])
    result = solve(problem(demands.tolist(), [[400] * 24]), Effort.QUICK)
    assert result.has_solution and result.hosts <= 10  # sum of peaks would need 14
    alike = solve(problem([[3, 2]] * 500, [[31, 25]]))
    assert alike.hosts == 50 and alike.is_optimal


def test_hosts_to_aim_for_by_hand() -> None:
    # Six items of 5: for 30 the most room is one host of 25 and one of 10; for 29 nothing is enough.
    core = presolve(problem([[5]] * 5 + [[4]], [[10], [25]], [10, 20]))
    aims = Compositions(core)
    assert aims.within(30) is not None and aims.within(30).tolist() == [1, 1]
    assert aims.within(29) is None


def test_several_types_meet_the_bound() -> None:
    """The mix that the bound asks for is aimed at directly; closing host after host would not reach it."""
    instance = packing_file.to_instance(estate("mixed", 12, 480, seed=1))
    result = solve(instance, Effort.STANDARD)
    assert result.is_optimal
    assert result.cost < best_single(instance, Effort.STANDARD)


def test_finer_profiles_never_need_more_hosts() -> None:
    """Each profile begins with the coarser one's plan, whatever the effort."""
    for seed in range(3):
        start, hosts = None, []
        for row in daily(150, seed):
            result = solve(packing_file.to_instance(row), 100_000, start=start)
            start = (result.assignment, result.host_types)
            hosts.append(result.hosts)
        assert hosts == sorted(hosts, reverse=True) and hosts[2] < hosts[0]


def test_without_dimensions_only_groups_limit_a_host() -> None:
    one = np.ones(1, dtype=np.int64)
    none = Instance(np.zeros((4, 0), dtype=np.int64), np.zeros((1, 0), dtype=np.int64), one, -one, ())
    assert solve(none).hosts == 1 and solve(none).is_optimal
    apart = replace(none, groups=(((0, 1, 2), 1),))
    assert solve(apart).hosts == 3 and solve(apart).is_optimal
    assert solve(problem([[0, 0]] * 3, [[0, 5]])).hosts == 1  # no capacity is needed where nothing is asked for

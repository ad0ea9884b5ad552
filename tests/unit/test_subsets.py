"""Some hosts of a large plan as problems of their own, and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calc.executor import open_executor
from calc.packing import Engine, Instance, Path, solve, violations
from calc.packing.bounds import best_bound
from calc.packing.presolve import expand, part, presolve
from calc.packing.rounds import Piece, State, advance
from calc.packing.solve import _first
from calc.packing.state import Plan
from calc.packing.subsets import choose, cut_out, joined, pieces, put_back
from tests.make import problem


def instance(workloads: int, seed: int, *, types: int = 1, counts: int = -1, groups: bool = False) -> Instance:
    rng = np.random.default_rng(seed)
    demands = rng.integers(50, 350, size=(workloads, 4))
    capacities = np.array([[1000] * 4, [1500] * 4][:types])
    apart = tuple((tuple(range(first, first + 5)), 1) for first in range(0, workloads - 5, 9)) if groups else ()
    return Instance(
        demands, capacities, np.array([100, 140][:types]), np.array([-1, counts][:types]), ("a", "b", "c", "d"), apart
    )  # fmt: skip


def broken(problem: Instance, core: object, plan: Plan) -> list[str]:
    return violations(
        problem.demands.tolist(), problem.capacities.tolist(), problem.counts.tolist(),
        expand(core, plan.assignment, problem.size).tolist(), list(plan.types), (), problem.groups,  # type: ignore[arg-type]
    )  # fmt: skip


def test_by_hand() -> None:
    # Hosts of 10 hold 6 | 4 | 5 | 5 | 9: the second to fourth as a problem of their own need two, not three.
    one = np.ones(1, dtype=np.int64)
    problem = Instance(np.array([[6], [4], [5], [5], [9]]), np.array([[10]]), one, -one, ("cpu",))
    core = presolve(problem)
    home = {6: 0, 4: 1, 9: 4}
    fives = iter((2, 3))
    plan = Plan(np.array([home[d] if d in home else next(fives) for d in core.demands[0].tolist()]), (0,) * 5, "given")
    part = cut_out(core, plan, np.array([1, 2, 3]))
    assert sorted(part.core.demands[0].tolist()) == [4, 5, 5] and part.cost == 3 and part.least.value == 2
    packed = Plan(np.where(part.core.demands[0] == 4, 0, 1), (0, 0), "by hand")
    whole = put_back(core, plan, [(part, packed)])
    assert len(whole.types) == 4 and broken(problem, core, whole) == []
    assert put_back(core, plan, []).types == plan.types


@pytest.mark.parametrize(("types", "counts", "groups"), [(1, -1, False), (2, 30, True), (2, 0, True)])
def test_what_is_put_back_is_a_plan_and_costs_no_more(types: int, counts: int, groups: bool) -> None:
    problem = instance(1200, 2, types=types, counts=counts, groups=groups)
    core = presolve(problem)
    plan = Plan.of(_first(core))
    sets = choose(core, plan, 3, seed=4)
    assert len(sets) == 3 and len(np.unique(np.concatenate(sets))) == sum(len(hosts) for hosts in sets)
    assert all(8 <= len(hosts) <= 100 for hosts in sets)
    begin = Piece(core, State(plan, best_bound(core)), 0, 400_000_000)
    work = pieces(begin, seed=4)
    answers = [(part, advance(replace(piece, limit=30_000_000))) for part, piece in work]
    after = joined(begin.state, core, answers)
    assert broken(problem, core, after.plan) == []
    cost = [int(core.costs[list(one.types)].sum()) for one in (plan, after.plan)]
    assert cost[1] <= cost[0] and after.spent == sum(answer.spent for _, answer in answers)
    assert cost[1] == cost[0] - sum(
        part.cost - min(part.cost, int(core.costs[list(answer.plan.types)].sum())) for part, answer in answers
    )


def test_small_problems_and_little_work_have_no_subsets() -> None:
    for workloads, limit in ((900, 10**9), (1200, 49_000_000)):
        core = presolve(instance(workloads, 1))
        assert pieces(Piece(core, State(Plan.of(_first(core)), best_bound(core)), 0, limit), 1) == []
    few = presolve(instance(20, 1))
    assert len(_first(few).types) < 8 and choose(few, Plan.of(_first(few)), 4, 1) == []


def test_rounds_of_subsets_are_the_same_in_two_processes() -> None:
    problem = instance(1200, 3)
    alone = solve(problem, 300_000_000)
    with open_executor("processes:2") as executor:
        spread = solve(problem, 300_000_000, engine=Engine(executor))
    assert alone.assignment.tolist() == spread.assignment.tolist()
    assert (alone.cost, alone.work, alone.method, alone.path) == (spread.cost, spread.work, spread.method, spread.path)
    assert alone.path is Path.LINEAR and alone.has_solution


def test_a_part_of_a_core_keeps_groups_and_counts() -> None:
    core = presolve(problem([[3], [3], [2], [2]], [[9]], groups=(((0, 1), 1), ((1, 2, 3), 2))))
    sub = part(core, np.array([0, 2, 3]), np.array([2]))
    assert sub.size == 3 and sub.counts.tolist() == [2]
    kept = {tuple(sorted(sub.groups.members(group)[0].tolist())) for group in range(len(sub.groups.limit))}
    assert kept == {
        tuple(np.flatnonzero(np.isin([0, 2, 3], core.groups.members(group)[0])).tolist())
        for group in range(len(core.groups.limit))
    }

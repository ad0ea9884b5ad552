"""Ten thousand small instances whose optimum is known by trying everything, and mutants that they catch."""

from __future__ import annotations

import inspect
import random
import sys
import types
from dataclasses import replace

import numpy as np
import pytest

import calc
from calc import demand
from calc.catalogue import allowed_hosts
from calc.errors import VerificationError
from calc.packing import UNLIMITED, Bound, Effort, Instance, bounds, presolve, solve
from tests import exhaustive
from tests.exhaustive import check, least_cost, valid_instance
from tests.make import problem


@pytest.mark.parametrize("block", range(20))
def test_bound_optimum_plan_on_every_small_instance(block: int) -> None:
    """One or two types, finite counts, zero costs, groups, affinity, fixed parts: n <= 8."""
    outcomes = []
    for seed in range(block * 500, (block + 1) * 500):
        try:
            outcomes.append(check(valid_instance(seed)))
        except (AssertionError, VerificationError) as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    optimal = [met for feasible, met in outcomes if feasible]
    assert len(optimal) > 300 and sum(optimal) >= 0.99 * len(optimal)


def test_four_types_where_the_bound_comes_from_the_integer_programme() -> None:
    outcomes = [check(valid_instance(seed, most_types=4)) for seed in range(50_000, 50_400)]
    optimal = [met for feasible, met in outcomes if feasible]
    assert sum(optimal) >= 0.97 * len(optimal)


def loosened(instance: Instance, rng: random.Random) -> list[Instance]:
    """The same problem with more room: it never costs more."""
    more = [replace(instance, capacities=instance.capacities + rng.randint(1, 3))]
    limited = np.flatnonzero(instance.counts != UNLIMITED)
    if len(limited):
        counts = instance.counts.copy()
        counts[limited[0]] += 1
        more.append(replace(instance, counts=counts))
    kind = problem([[0] * instance.demands.shape[1]], [[rng.randint(4, 16) for _ in range(instance.demands.shape[1])]])
    more.append(
        replace(
            instance,
            capacities=np.vstack([instance.capacities, kind.capacities]),
            costs=np.append(instance.costs, 4),
            counts=np.append(instance.counts, -1),
        )
    )
    if instance.groups:
        more.append(replace(instance, groups=instance.groups[1:]))
    if instance.size > 1 and not instance.groups and not instance.fixed and instance.affinity is None:
        more.append(replace(instance, demands=instance.demands[:-1]))
    return more


def test_more_room_never_costs_more_and_more_work_never_less() -> None:
    rng = random.Random(4)
    compared = 0
    for seed in range(60_000, 60_400):
        instance = valid_instance(seed)
        tight = least_cost(instance)
        for wider in loosened(instance, rng):
            loose = least_cost(wider)
            if tight is not None:
                assert loose is not None and loose <= tight, f"seed {seed}"
                compared += 1
                result = solve(wider, 50_000)
                assert result.bound is None or result.bound.value <= tight, f"seed {seed}"
    assert compared > 500


def test_copying_every_workload_never_needs_more_than_twice_the_hosts() -> None:
    for seed in range(30):
        demands = np.random.default_rng(seed).integers(0, 9, size=(8, 2))
        once = solve(problem(demands.tolist(), [[12, 12]]), Effort.QUICK)
        twice = solve(problem([*demands.tolist(), *demands.tolist()], [[12, 12]]), Effort.QUICK)
        assert once.bound is not None and once.bound.value <= twice.cost <= 2 * once.cost


def mutated(module: types.ModuleType, before: str, after: str) -> types.ModuleType:
    """A module with one piece of its source replaced."""
    source = inspect.getsource(module)
    assert source.count(before) == 1, f"{before!r} stands {source.count(before)} times in {module.__name__}"
    mutant = types.ModuleType(module.__name__)
    mutant.__dict__.update({"__file__": module.__file__, "__package__": module.__package__})
    exec(compile(source.replace(before, after), str(module.__file__), "exec"), mutant.__dict__)
    return mutant


def caught(seeds: range = range(300)) -> bool:
    """Whether the exhaustive instances fail."""
    try:
        for seed in seeds:
            check(valid_instance(seed))
    except (AssertionError, VerificationError):
        return True
    return False


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # floor and ceiling swapped in the rounding bound
        ("(columns.demands // unit).sum(axis=1), columns.capacities // unit", "(-(-columns.demands // unit)).sum(axis=1), columns.capacities // unit"),
        # one type: hosts rounded up once too often
        ("hosts = -(-b // np.maximum(a[:, 0], 1))", "hosts = b // np.maximum(a[:, 0], 1) + 1"),
        # a threshold one too low: workloads that share a host count whole ones
        ("whole = np.searchsorted(ordered, capacity - thresholds, side=\"right\")", "whole = np.searchsorted(ordered, capacity - thresholds, side=\"left\")"),
        # two workloads that fit exactly are called apart
        ("both &= demands[k, rest] <= capacity[k]", "both &= demands[k, rest] < capacity[k]"),
        # the free hosts are forgotten
        ("rest = row.need - int((row.per_host[free] * columns.counts[free]).sum())", "rest = row.need"),
        # heuristic values: the summed demand of what first fit opens, not of the workloads
        ("total = columns.demands.sum(axis=1)\n    return [Row(columns.capacities[k], int(total[k]), VOLUME)", "total = columns.demands.sum(axis=1) + columns.capacities.max(axis=1) // 2\n    return [Row(columns.capacities[k], int(total[k]), VOLUME)"),
    ],
)  # fmt: skip
def test_a_wrong_bound_is_caught(before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = mutated(bounds, before, after)
    monkeypatch.setattr(exhaustive, "FAMILIES", mutant.FAMILIES)
    monkeypatch.setattr(exhaustive, "Columns", mutant.Columns)
    monkeypatch.setattr(exhaustive, "lower", mutant.lower)
    assert caught()


def test_a_dropped_conflict_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = mutated(presolve, "for group, limit in instance.groups:", "for group, limit in instance.groups[1:]:")
    monkeypatch.setattr(presolve, "_memberships", mutant._memberships)
    with pytest.raises(VerificationError, match="group"):
        solve(problem([[1], [1]], [[10]], groups=(((0, 1), 1),)))
    assert caught()


def test_a_heuristic_value_in_place_of_the_bound_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["calc.packing.solve"], "best_bound", lambda core: Bound(core.size, "first fit"))
    with pytest.raises(VerificationError, match="above the cost"):
        solve(problem([[5]] * 4, [[10]]))


def quantised_safely(module: types.ModuleType) -> bool:
    """Whether demand is never below what is asked for, and capacity never above what there is."""
    amounts = np.array([1.2, 3.0, 7.999])
    scenario = calc.Scenario(cpu_ceiling=0.777777)
    host = allowed_hosts(scenario)[0]
    exact = (host.cores - scenario.host_reserve_cores) * host.score_per_core * scenario.cpu_ceiling * 1000
    assert exact % 1  # a whole number would show nothing
    return bool((module.rounded_up(amounts) >= amounts).all()) and module.capacity(host, ("cpu",), scenario)[0] <= exact


@pytest.mark.parametrize(
    ("before", "after"), [("return np.ceil(", "return np.floor("), ("int(np.floor(", "int(np.ceil(")]
)
def test_ceiling_and_floor_swapped_in_demand_is_caught(before: str, after: str) -> None:
    assert quantised_safely(demand) and not quantised_safely(mutated(demand, before, after))

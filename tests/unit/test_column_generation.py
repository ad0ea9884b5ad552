"""Column generation: exact pricing, proofs re-proved with rational numbers, dives that end in valid plans."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from calc.packing import UNLIMITED, Certificate, Effort, Instance, Limits, construct, solve
from calc.packing.dive import Dive, Generation
from calc.packing.master import Infeasible, Master, MasterError
from calc.packing.presolve import Core, presolve
from calc.packing.pricing import Pricer, cheapest
from calc.packing.state import Budget
from tests.exhaustive import least_cost, valid_instance
from tests.make import problem


def holds(instance: Instance, kind: int, items: tuple[int, ...]) -> bool:
    """Whether the capacities and groups let these share a host."""
    return all(
        sum(int(instance.demands[i, k]) for i in items) <= int(instance.capacities[kind, k])
        for k in range(instance.demands.shape[1])
    ) and all(len(set(members) & set(items)) <= most for members, most in instance.groups)


def allowed(core: Core, items: np.ndarray) -> bool:
    """Whether the groups let items of a core share a host."""
    held = np.zeros(len(core.groups.limit), dtype=np.int64)
    for item in items.tolist():
        for group, weight in core.groups.of_item(item):
            held[group] += weight
    return bool((held <= core.groups.limit).all())


def reproved(instance: Instance, certificate: Certificate) -> int:
    """The bound of a certificate, re-proved by trying every set of workloads, in rational numbers."""
    prices = [int(price) for price in certificate.prices]
    assert all(price >= 0 for price in prices)
    labels = [-1] * instance.size if instance.affinity is None else instance.affinity.tolist()
    best_of = []
    for kind in range(len(instance.costs)):
        best = 0
        for size in range(1, instance.size + 1):
            for items in itertools.combinations(range(instance.size), size):
                # Workloads that must share a host come together; their price is on one of them.
                whole = all((j in items) for i in items for j in range(instance.size) if labels[i] == labels[j] >= 0)
                if whole and holds(instance, kind, items):
                    best = max(best, sum(prices[i] for i in items))
        if instance.counts[kind] != 0:
            assert best <= certificate.most[kind]
        best_of.append(certificate.most[kind])
    kinds = [t for t in range(len(instance.costs)) if instance.counts[t] != 0]
    value = Fraction(0)
    for q in {Fraction(best_of[t], int(instance.costs[t])) for t in kinds if instance.costs[t] > 0}:
        if q <= 0 or any(
            instance.counts[t] == UNLIMITED and Fraction(best_of[t]) / q > int(instance.costs[t]) for t in kinds
        ):
            continue
        total = Fraction(sum(prices)) / q - sum(
            int(instance.counts[t]) * max(Fraction(0), Fraction(best_of[t]) / q - int(instance.costs[t]))
            for t in kinds
            if instance.counts[t] != UNLIMITED
        )
        value = max(value, total)
    step = math.gcd(*(int(instance.costs[t]) for t in kinds)) or 1
    return math.ceil(value / step) * step


@pytest.mark.parametrize("block", range(4))
def test_every_bound_is_proved_again_and_below_the_optimum(block: int) -> None:
    proved = tight = 0
    for seed in range(70_000 + block * 100, 70_100 + block * 100):
        instance = valid_instance(seed)
        core = presolve(instance)
        optimum = least_cost(instance)
        if core.fixed or core.unplaced or optimum is None:
            continue
        generation = Generation(core, 1)
        generation.master.add((kind, np.array([i])) for i in range(core.size) for kind in range(len(core.costs))
                              if core.counts[kind] < 0 and (core.demands[:, i] <= core.capacities[:, kind]).all())  # fmt: skip
        plan = solve(instance, 200_000)
        if plan.unplaced:
            continue
        from calc.packing.solve import _started

        generation.learn(_started(instance, core, plan.assignment, plan.host_types))
        generation.converge(Budget(10**9), 10**9)
        if generation.proved is None:
            continue
        bound, certificate = generation.proved
        assert bound.value <= optimum, f"seed {seed}: {bound.value} above {optimum}"
        prices = np.zeros(instance.size, dtype=np.int64)
        for item, members in enumerate(core.members):
            prices[members[0]] = certificate.prices[item]
        assert reproved(instance, Certificate(prices, certificate.most)) == bound.value, f"seed {seed}"
        proved += 1
        tight += bound.value == optimum
    # The programme is fractional: not every optimum is met.
    assert proved > 40 and tight > 0.5 * proved


def test_exact_pricing_finds_the_best_set() -> None:
    rng = np.random.default_rng(3)
    kept_apart = 0
    for turn in range(90):
        n, dims = int(rng.integers(3, 11)), int(rng.integers(1, 5))
        instance = problem(rng.integers(0, 9, size=(n, dims)).tolist(), [rng.integers(8, 20, size=dims).tolist()])
        if turn % 3 == 0:  # some may not share a host
            members = [tuple(np.flatnonzero(rng.random(n) < 0.5).tolist()) for _ in range(2)]
            instance = replace(instance, groups=tuple((m, int(rng.integers(1, 3))) for m in members if len(m) > 1))
        core = presolve(instance)
        prices = rng.integers(0, 1000, size=core.size)
        best = max(
            int(prices[list(items)].sum())
            for size in range(core.size + 1)
            for items in itertools.combinations(range(core.size), size)
            if (core.demands[:, list(items)].sum(axis=1) <= core.capacities[:, 0]).all()
            and allowed(core, np.array(items, dtype=np.int64))
        )
        free, _, _ = Pricer(presolve(replace(instance, groups=())), 1).most(prices, 0, 10**6)
        kept_apart += free is not None and free > best
        value, sets, _ = Pricer(core, 1).most(prices, 0, 10**6)
        assert value == best
        assert not sets or max(int(prices[items].sum()) for items in sets) == best
        assert Pricer(core, 1).most(prices, 0, 0)[0] is None or best == 0  # without work nothing is proved
        # A bound that is good enough is the answer where it holds, and never where it does not.
        for enough in (best - 1, best, best + 7):
            assert Pricer(core, 1).most(prices, 0, 10**6, max(enough, 0))[0] == max(enough, best)
    assert kept_apart > 5  # the groups did matter


def test_heuristic_pricing_only_finds_what_fits() -> None:
    rng = np.random.default_rng(4)
    groups = tuple((tuple(range(start, 40, 7)), 2) for start in range(4))
    core = presolve(problem(rng.integers(1, 30, size=(40, 3)).tolist(), [[100, 90, 80]], groups=groups))
    found, spent = Pricer(core, 1).columns(rng.random(40), np.array([0.5]), 60)
    assert found and spent > 0
    for kind, items in found:
        assert (core.demands[:, items].sum(axis=1) <= core.capacities[:, kind]).all()
        assert allowed(core, items) and len(set(items.tolist())) == len(items)


@pytest.mark.parametrize("seed", range(20))
def test_the_best_column_around_each_workload(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = (((0, 2, 4, 6, 8), 1), ((1, 4, 7), 2)) if seed % 2 else ()
    core = presolve(problem(rng.integers(1, 8, (10, 2)).tolist(), [[13, 13]], groups=groups))
    value = rng.uniform(0.05, 1.0, core.size)
    best: dict[int, float] = {}
    for size in range(1, core.size + 1):
        for items in itertools.combinations(range(core.size), size):
            some = np.array(items)
            if (core.demands[:, some].sum(axis=1) <= core.capacities[:, 0]).all() and allowed(core, some):
                for item in items:
                    best[item] = max(best.get(item, 0.0), float(value[some].sum()))
    found, spent = Pricer(core, seed).each(value, np.zeros(1), 10**6)
    assert spent > 0 and found
    for _, items in found:
        assert (core.demands[:, items].sum(axis=1) <= core.capacities[:, 0]).all() and allowed(core, items)
    for item, most in best.items():
        reached = max((float(value[items].sum()) for _, items in found if item in items), default=0.0)
        alone = float(value[item])  # a workload for itself is no column to be looked for
        assert max(reached, alone) == pytest.approx(most, abs=1e-4)


def test_what_kernels_could_not_multiply_exactly_is_not_proved() -> None:
    core = presolve(problem([[3], [5], [6]], [[10]]))
    huge = np.array([2**60, 2**60, 2**60])
    assert Pricer(core, 1).most(huge, 0, 10**6) == (None, [], 0)


@pytest.mark.parametrize("counts", [[-1], [30]])
def test_a_dive_lets_go_and_every_workload_stays_accounted_for(counts: list[int]) -> None:
    core = presolve(problem(np.random.default_rng(5).integers(150, 500, (60, 3)).tolist(), [[1000] * 3], counts=counts))
    generation = Generation(core, 1)
    generation.learn(construct.item_centric(core, np.arange(core.size), [0], Budget(10**9), "first fit"))
    generation.converge(Budget(10**9), 10**9, exactly=False)
    dive = Dive(generation, 1, bold=True)
    for _ in range(4):
        assert dive._step(10**6, Budget(10**9))
    before = len(dive.fixed)
    dive._release(generation)
    held = np.concatenate([dive.left, *(items for _, items in dive.fixed)])
    assert sorted(held.tolist()) == list(range(core.size)) and len(dive.fixed) < before
    assert dive.spent == len(dive.fixed)
    assert dive.counts[0] == (counts[0] if counts[0] < 0 else counts[0] - len(dive.fixed))
    for _, items in dive.columns:
        real = dive.left[items]
        assert (core.demands[:, real].sum(axis=1) <= core.capacities[:, 0]).all()
    while len(dive.left):
        assert dive._step(10**6, Budget(10**9))
    assert sorted(np.concatenate([items for _, items in dive.fixed]).tolist()) == list(range(core.size))


def test_bounds_by_hand() -> None:
    one = np.array([1]), np.array([-1])
    # Three prices of 1, two at most on a host: 1.5, so 2 hosts.
    assert cheapest(3, (2,), *one) == 2
    # Hosts at 10 (one of them) and 25: prices sum to 60, a small host holds 20, a big one 30. With q = 30/25:
    # 60 / 1.2 - max(0, 20 / 1.2 - 10) = 50 - 6.67 = 43.3; costs are multiples of 5.
    assert cheapest(60, (20, 30), np.array([10, 25]), np.array([1, -1])) == 45
    assert (
        cheapest(60, (20, 30), np.array([0, 25]), np.array([1, -1])) == 50
    )  # 50 - 16.67 = 33.3; costs are multiples of 25
    assert cheapest(60, (20, 30), np.array([0, 25]), np.array([-1, -1])) == 0


def test_the_master_refuses_what_highs_refuses() -> None:
    core = presolve(problem([[5], [5]], [[10]]))
    master = Master(core)
    master.add([(0, np.array([0])), (0, np.array([1]))])
    assert master.solve()[0] == pytest.approx(2)
    assert master.add([(0, np.array([0]))]) == 0
    master.add([(0, np.array([0, 1]))])
    assert master.solve()[0] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_plans_are_proved_optimal_where_counting_cannot(seed: int) -> None:
    """Few large workloads a host: the other bounds stop hosts below the optimum."""
    demands = np.random.default_rng(seed).integers(150, 500, size=(60, 4)).tolist()
    result = solve(problem(demands, [[1000] * 4]), Effort.STANDARD)
    assert result.is_optimal and result.certificate is not None
    assert result.bound is not None and result.bound.name.startswith("column generation")
    again = solve(problem(demands, [[1000] * 4]), Effort.STANDARD)
    assert again.assignment.tolist() == result.assignment.tolist()


def test_groups_and_several_types_hold_in_dives() -> None:
    rng = np.random.default_rng(9)
    demands = rng.integers(100, 450, size=(60, 3)).tolist()
    groups = tuple((tuple(range(start, 60, 6)), 1) for start in range(6))
    result = solve(problem(demands, [[1000] * 3, [1400, 1500, 1300]], [10, 13], groups=groups), Effort.STANDARD)
    assert result.has_solution and result.bound is not None and result.gap is not None and result.gap < 0.05


def test_a_stop_keeps_the_best_plan() -> None:
    demands = np.random.default_rng(1).integers(150, 500, size=(150, 6)).tolist()
    result = solve(problem(demands, [[1000] * 6]), Effort.DEEP, Limits(time_s=2.0))
    assert result.has_solution and result.bound is not None


def test_a_failing_linear_programme_ends_neither_the_search_nor_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Master) -> None:
        raise MasterError("HiGHS ended with Unknown")

    monkeypatch.setattr(Master, "solve", refuse)
    demands = np.random.default_rng(1).integers(150, 500, size=(60, 4)).tolist()
    result = solve(problem(demands, [[1000] * 4]), 15_000_000)
    assert result.has_solution and result.bound is not None and result.certificate is None
    assert "column generation ended: HiGHS ended with Unknown" in result.method


def test_too_few_hosts_of_a_limited_type_are_infeasible_and_say_so() -> None:
    master = Master(presolve(problem([[5], [6]], [[10]], counts=[1])))
    master.add([(0, np.array([0])), (0, np.array([1]))])
    with pytest.raises(Infeasible):
        master.solve()


def exchanged(core: Core, value: np.ndarray, items: list[int]) -> float:
    """By trying all: the best that one or two items fewer and one or two others make of a set."""
    others = [item for item in range(core.size) if item not in items]
    best = 0.0
    for gone in (*itertools.combinations(items, 1), *itertools.combinations(items, 2)):
        for come in (*itertools.combinations(others, 1), *itertools.combinations(others, 2)):
            kept = np.array(sorted((set(items) - set(gone)) | set(come)))
            if (core.demands[:, kept].sum(axis=1) <= core.capacities[:, 0]).all() and allowed(core, kept):
                best = max(best, float(value[kept].sum()))
    return best


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("grouped", [False, True])
def test_neighbours_of_a_column_are_the_best_exchange_of_one_or_two(seed: int, grouped: bool) -> None:
    rng = np.random.default_rng(seed)
    groups = (((0, 2, 4, 6, 8), 1), ((1, 4, 7), 2)) if grouped else ()
    demands, capacities = rng.integers(1, 8, (10, 2)), np.array([[13, 13]])
    core = presolve(Instance(demands, capacities, np.array([1]), np.array([UNLIMITED]), ("cpu", "memory"), groups))
    value, pricer = rng.uniform(0.05, 1.0, core.size), Pricer(core, seed)
    sets = []
    for _ in range(6):
        held: list[int] = []
        for item in rng.permutation(core.size).tolist():
            more = np.array(sorted([*held, item]))
            if (core.demands[:, more].sum(axis=1) <= core.capacities[:, 0]).all() and allowed(core, more):
                held = more.tolist()
        sets.append(np.array(held))
    found, spent = pricer.nearby(value, np.zeros(1), [(0, items) for items in sets])
    want = {round(best, 9) for items in sets if (best := exchanged(core, value, items.tolist())) > value[items].sum()}
    assert spent > 0
    assert {round(float(value[items].sum()), 9) for _, items in found} == want
    for _, items in found:
        assert (core.demands[:, items].sum(axis=1) <= core.capacities[:, 0]).all()
        assert allowed(core, items)

"""Properties that hold for any inventory and any packing."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import calc
from calc.packing import Effort, solve, violations
from tests.make import csv, problem

SLOW = settings(max_examples=25, deadline=None)

sizes = st.integers(min_value=0, max_value=30)
instances = st.integers(1, 3).flatmap(
    lambda dims: st.tuples(
        st.lists(st.lists(sizes, min_size=dims, max_size=dims), min_size=1, max_size=25),
        st.lists(st.lists(st.integers(5, 60), min_size=dims, max_size=dims), min_size=1, max_size=3),
    )
)
servers = st.lists(
    st.tuples(
        st.integers(1, 64),
        st.integers(1, 700),
        st.one_of(st.none(), st.integers(0, 100)),
        st.one_of(st.none(), st.integers(1, 100)),
    ),
    min_size=1,
    max_size=25,
)


def table(rows: list, *, memory_unit: str = "GiB", percent: bool = True, order: list[int] | None = None) -> bytes:
    scale = 1024 if memory_unit == "MiB" else 1
    unit = "%" if percent else "fraction"
    lines = []
    for index in order if order is not None else range(len(rows)):
        cores, memory, cpu, used = rows[index]
        shown = ["" if value is None else str(value if percent else value / 100) for value in (cpu, used)]
        lines.append(f"s{index},{cores},{memory * scale},{shown[0]},{shown[1]}")
    return csv(f"hostname,cores,Memory ({memory_unit}),CPU p95 ({unit}),Mem p95 ({unit})", *lines)


@given(instances)
@settings(max_examples=150, deadline=None)
def test_every_item_is_placed_once_or_named_and_the_bound_holds(data: tuple) -> None:
    demands, capacities = data
    costs = [10 + 3 * sum(row) for row in capacities]
    instance = problem(demands, capacities, costs)
    result = solve(instance, Effort.QUICK)
    lost = {item.item for item in result.unplaced}
    assert (
        violations(
            demands, capacities, [-1] * len(capacities), result.assignment.tolist(), result.host_types.tolist(), lost
        )
        == []
    )
    for item in lost:  # named because it fits no type at all
        assert all(any(d > c for d, c in zip(demands[item], row, strict=True)) for row in capacities)
    if not lost:
        assert result.bound is not None and result.bound.value <= result.cost
        assert result.gap is not None and 0 <= result.gap < 1


@given(instances, st.randoms())
@settings(max_examples=60, deadline=None)
def test_more_room_or_more_choice_never_weakens_the_bound_the_wrong_way(data: tuple, random: object) -> None:
    demands, capacities = data
    instance = problem(demands, capacities)
    roomier = problem(demands, [[value * 2 for value in row] for row in capacities])
    first, second = solve(instance, Effort.QUICK), solve(roomier, Effort.QUICK)
    if first.bound and second.bound:
        assert second.bound.value <= first.cost


@given(servers)
@SLOW
def test_an_assessment_accounts_for_every_workload(rows: list) -> None:
    answer = calc.assess(calc.read_inventory(table(rows)), calc.Scenario(effort="quick"))
    assert len(answer.placement) + len(answer.unplaced) == len(rows)
    assert set(answer.placement["workload"]) | set(answer.unplaced["workload"]) == {
        f"s{index}" for index in range(len(rows))
    }
    for name in answer.demand.dimensions:
        assert (answer.hosts[f"{name}_used"] <= answer.hosts[f"{name}_capacity"]).all()
    if answer.lower_bound is not None:
        assert answer.lower_bound <= answer.hosts_after
    assert answer.survives


@given(servers, st.randoms(use_true_random=False))
@SLOW
def test_permuting_rows_and_scaling_units_changes_nothing(rows: list, random: object) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    first = calc.assess(calc.read_inventory(table(rows)), calc.Scenario(effort="quick"))
    for data in (table(rows, order=order), table(rows, memory_unit="MiB"), table(rows, percent=False)):
        again = calc.assess(calc.read_inventory(data), calc.Scenario(effort="quick"))
        assert again.hosts_after == first.hosts_after
        assert again.comparison.npv == first.comparison.npv or np.isclose(
            again.comparison.npv, first.comparison.npv, rtol=1e-9
        )
        demand = dict(zip(first.demand.table["workload"], map(tuple, first.demand.amounts.tolist()), strict=True))
        assert (
            dict(zip(again.demand.table["workload"], map(tuple, again.demand.amounts.tolist()), strict=True)) == demand
        )


@given(st.floats(0.05, 1.0), st.floats(0.05, 1.0))
@SLOW
def test_energy_price_is_monotone(first: float, second: float) -> None:
    rows = [(16, 64, 20, 40)] * 10
    low, high = sorted((first, second))
    cheap, dear = (
        calc.assess(calc.read_inventory(table(rows)), calc.Scenario(electricity_per_kwh=price, effort="quick"))
        for price in (low, high)
    )
    assert cheap.comparison.tco_baseline <= dear.comparison.tco_baseline + 1e-6

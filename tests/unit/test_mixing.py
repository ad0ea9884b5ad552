"""Mixed host models: never dearer than one model, and a bound that sees the failure."""

from __future__ import annotations

import numpy as np
import pytest

import calc
from calc.costs.sides import host_coefficient
from calc.mixing import plan_mixed
from calc.packing import Effort, violations
from calc.surviving import plan_pool
from tests.make import problem, uniform


def test_the_dearest_host_decides_what_a_failure_costs() -> None:
    # Ten items of 5. Small hosts of 10 at 10 each: 5 + 1 = 60. One of 50 at 45 and a spare of the
    # same: 90. So the small ones, and no plan is cheaper: without its dearest host 5 small ones are left.
    instance = problem([[5]] * 10, [[10], [50]], [10, 45])
    plan = plan_mixed(instance, instance.capacities, 1, Effort.STANDARD)
    assert plan.cost == 60 and plan.bound is not None and plan.bound.value == 60
    # Without failures the big host is cheaper.
    plan = plan_mixed(instance, instance.capacities, 0, Effort.STANDARD)
    assert plan.cost == 45 and plan.bound is not None and plan.bound.value == 45


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_the_mix_is_never_dearer_than_one_model_and_survives(failures: int) -> None:
    rng = np.random.default_rng(11)
    demands = rng.integers(1, 40, size=(70, 2))
    capacities, costs = np.array([[50, 60], [120, 110], [200, 260]]), [11, 22, 44]
    mixed = problem(demands.tolist(), capacities.tolist(), costs)
    plan = plan_mixed(mixed, capacities + 5, failures, Effort.STANDARD)
    assert plan.bound is not None and plan.bound.value <= plan.cost
    assert violations(demands, capacities, [-1] * 3, plan.assignment, plan.host_types) == []
    if failures:
        assert plan.proof is not None and plan.proof.passed == plan.proof.cases
    for kind, price in enumerate(costs):
        alone = plan_pool(
            problem(demands.tolist(), [capacities[kind].tolist()]), (capacities + 5)[kind : kind + 1], failures
        )
        assert plan.bound.value <= len(alone.host_types) * price
        assert plan.cost <= len(alone.host_types) * price


def test_an_assessment_with_mixed_models_costs_no_more_than_with_one() -> None:
    servers = uniform(90, cores=12, memory_gib=96, cpu_p95=35)
    one, mixed = (calc.assess(servers, calc.Scenario(host_policy=policy)) for policy in ("one_model", "mixed"))
    assert mixed.survives
    scenario = calc.Scenario()
    for alone, several in zip(one.pools, mixed.pools, strict=True):
        price = round(host_coefficient(alone.types[0], scenario) * 100)  # packing costs are in hundredths
        assert several.plan.cost <= price * len(alone.plan.host_types)
        assert several.plan.bound is not None and several.plan.bound.value <= several.plan.cost

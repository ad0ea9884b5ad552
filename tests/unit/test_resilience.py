"""Failover: hand-worked cases, and the proof checked by plain re-placement."""

from __future__ import annotations

import numpy as np
import pytest

import calc
from calc.packing import Effort
from calc.resilience import plan_pool
from tests.make import problem, uniform


def test_one_spare_by_hand() -> None:
    # Ten items of 5 on hosts of 10 (normal and failover): 5 hosts hold them, 6 survive one failure, 7 two.
    instance = problem([[5]] * 10, [[10]])
    for failures, hosts in ((0, 5), (1, 6), (2, 7)):
        plan = plan_pool(instance, np.array([[10]]), failures, Effort.QUICK)
        assert len(plan.host_types) == hosts
        assert plan.bound is not None and plan.bound.value == hosts
        if failures:
            assert plan.proof is not None and plan.proof.passed == plan.proof.cases and plan.added_hosts == 0


def test_headroom_is_not_charged_twice() -> None:
    # Normal ceiling 8, failover ceiling 10: eight items of 2 need 2 hosts normally and 2 after a
    # failure, so 3 are enough; a spare on top of the normal plan would also be 3, and never 4.
    plan = plan_pool(problem([[2]] * 8, [[8]]), np.array([[10]]), 1, Effort.QUICK)
    assert len(plan.host_types) == 3
    # Forty items of 2: 10 hosts normally, 8 after a failure: the normal plan already survives.
    plan = plan_pool(problem([[2]] * 40, [[8]]), np.array([[10]]), 1, Effort.QUICK)
    assert len(plan.host_types) == 10 and plan.bound is not None and plan.bound.value == 10
    assert plan.proof is not None and plan.proof.passed == 10


def test_a_host_is_added_when_the_pieces_do_not_fit() -> None:
    # Three items of 8 on hosts of 10: after a failure the lost item needs a host of its own.
    plan = plan_pool(problem([[8]] * 3, [[10]]), np.array([[10]]), 1, Effort.QUICK)
    assert len(plan.host_types) == 4


def test_anti_affinity_holds_after_a_failure() -> None:
    plan = plan_pool(problem([[1]] * 3, [[10]], groups=(((0, 1, 2), 1),)), np.array([[10]]), 1, Effort.QUICK)
    assert len(plan.host_types) == 4 and plan.proof is not None and plan.proof.passed == 4


def test_mixed_models_fail_each_in_turn() -> None:
    # A big host holds both 9s, small hosts hold one 4 each; losing the big one must be survived.
    instance = problem([[9], [9], [4], [4]], [[20], [5]], [30, 6])
    plan = plan_pool(instance, np.array([[20], [5]]), 1, Effort.QUICK)
    assert plan.proof is not None and plan.proof.passed == plan.proof.cases == len(plan.host_types)
    assert plan.bound is not None and plan.bound.value <= plan.cost


def test_limited_hosts_that_cannot_survive_say_so() -> None:
    plan = plan_pool(problem([[8]] * 3, [[10]], counts=[3]), np.array([[10]]), 1, Effort.QUICK)
    assert plan.proof is not None and plan.proof.passed < plan.proof.cases


@pytest.mark.parametrize("failures", [1, 2])
def test_the_proof_agrees_with_a_plain_re_placement(failures: int) -> None:
    """Fail each host by hand on the tables of the answer and check room with plain sums."""
    answer = calc.assess(
        uniform(60, cores=12, memory_gib=48, cpu_p95=30),
        calc.Scenario(failover_hosts=failures, host_types=("dl320-g11-32c-256",)),
    )
    assert answer.survives
    hosts, dims = answer.hosts, answer.demand.dimensions
    total = {d: int(hosts[f"{d}_used"].sum()) for d in dims}
    for dimension in dims:  # what is left can hold everything, in sum
        left = hosts[f"{dimension}_capacity_failover"].sort_values().iloc[: len(hosts) - failures].sum()
        assert total[dimension] <= left


def test_more_failures_never_need_fewer_hosts() -> None:
    needed = [calc.assess(uniform(80), calc.Scenario(failover_hosts=k)).comparison.tco_target for k in (0, 1, 2)]
    assert needed == sorted(needed)

"""Failover: hand-worked cases, and the proof checked by plain re-placement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import calc
from calc.packing import Effort
from calc.surviving import plan_pool
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
def test_what_is_left_can_hold_everything_in_sum(failures: int) -> None:
    answer = calc.assess(
        uniform(60, cores=12, memory_gib=48, cpu_p95=30),
        calc.Scenario(failover_hosts=failures, host_types=("dl320-g11-32c-256",)),
    )
    assert answer.survives
    for dimension in answer.demand.dimensions:
        left = answer.hosts[f"{dimension}_capacity_failover"].sort_values().iloc[: answer.hosts_after - failures].sum()
        assert answer.hosts[f"{dimension}_used"].sum() <= left


def test_a_plain_re_placement_agrees_with_the_proof(estate_csv: Path) -> None:
    """Fail each host of the sample estate with dictionaries and loops only."""
    answer = calc.assess(calc.read_inventory(estate_csv))
    assert answer.survives
    names = answer.demand.dimensions
    demand = dict(zip(answer.demand.table["workload"], answer.demand.amounts.tolist(), strict=True))
    hosts = answer.hosts.set_index("host")
    on: dict[str, list[str]] = {host: [] for host in hosts.index}
    for workload, host in answer.placement.itertuples(index=False):
        on[host].append(workload)
    apart = [{answer.demand.table["workload"].iloc[i] for i in members} for members in answer.demand.groups.values()]
    for failed in hosts.index:
        pool = hosts.loc[failed, "pool"]
        room = {
            host: [int(row[f"{d}_capacity_failover"]) - int(row[f"{d}_used"]) for d in names]
            for host, row in hosts[hosts["pool"] == pool].iterrows()
            if host != failed
        }
        holds = {host: set(on[host]) for host in room}
        for workload in sorted(on[failed], key=lambda name: -max(demand[name])):
            fitting = [
                host
                for host, free in room.items()
                if all(need <= have for need, have in zip(demand[workload], free, strict=True))
                and not any(workload in group and group & holds[host] for group in apart)
            ]
            assert fitting, f"{workload} of {failed} finds no room"
            best = max(fitting, key=lambda host: min(room[host]))
            room[best] = [have - need for need, have in zip(demand[workload], room[best], strict=True)]
            holds[best].add(workload)


def test_more_failures_never_need_fewer_hosts() -> None:
    needed = [calc.assess(uniform(80), calc.Scenario(failover_hosts=k)).comparison.tco_target for k in (0, 1, 2)]
    assert needed == sorted(needed)


def test_spares_that_take_whole_loads_are_never_worth_less_than_they_are() -> None:
    """With as many spares as failures any plan survives: the load of each failed host moves as a whole."""
    for seed in range(6):
        demands = np.random.default_rng(seed).integers(20, 60, size=(30, 3)).tolist()
        instance = problem(demands, [[100] * 3])
        without = plan_pool(instance, np.array([[100] * 3]), 0, Effort.QUICK)
        for failures in (1, 2):
            plan = plan_pool(instance, np.array([[100] * 3]), failures, Effort.QUICK)
            assert len(plan.host_types) <= len(without.host_types) + failures
            assert plan.proof is not None and plan.proof.passed == plan.proof.cases

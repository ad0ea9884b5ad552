"""Racks as failure domain of the plan itself: by hand, by plain loops, and with what it costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import calc
from calc.catalogue import allowed_hosts
from calc.demand import capacity
from calc.recovery import failover_options, survive_racks
from calc.report.words import headline
from tests.make import inventory, uniform

ONE = {"host_types": ("dl320-g11-32c-256",)}


def _rack_by_rack(answer: calc.Assessment) -> None:
    """Fail every rack by plain loops: largest first, to the host with most memory left, nothing else moves."""
    names = list(answer.demand.dimensions)
    need = dict(zip(answer.demand.table["workload"], answer.demand.amounts.tolist(), strict=True))
    home = dict(zip(answer.placement["workload"], answer.placement["host"], strict=True))
    for _, pool in answer.hosts.groupby("pool"):
        for rack in sorted(set(pool["rack"])):
            left = pool[pool["rack"] != rack]
            room = {
                row["host"]: [row[f"{name}_capacity_failover"] - row[f"{name}_used"] for name in names]
                for row in left.to_dict("records")
            }
            gone = set(pool.loc[pool["rack"] == rack, "host"])
            memory = names.index("memory")
            for one in sorted((w for w, h in home.items() if h in gone), key=lambda w: (-need[w][memory], w)):
                fits = [h for h, free in room.items() if all(a <= b for a, b in zip(need[one], free, strict=True))]
                assert fits, (rack, one)
                goal = max(fits, key=lambda h: room[h][memory])
                room[goal] = [b - a for a, b in zip(need[one], room[goal], strict=True)]


def test_two_racks_by_hand() -> None:
    """Twenty equal servers: after a failure four hosts hold them, so of two racks each must hold four."""
    plain = calc.assess(uniform(20), calc.Scenario(**ONE))
    assert (plain.hosts_after, plain.lower_bound) == (5, 5) and "rack" not in plain.hosts
    answer = calc.assess(uniform(20), calc.Scenario(racks=2, **ONE))
    assert (answer.hosts_after, answer.lower_bound, answer.is_optimal) == (8, 8, True)
    assert answer.bound_name is not None and "after the loss of one of 2 racks" in answer.bound_name
    assert answer.hosts["rack"].value_counts().to_dict() == {"rack-1": 4, "rack-2": 4}
    (pool,) = answer.pools
    assert pool.plan.added_hosts == 3 and pool.plan.rack_proof is not None
    assert (pool.plan.rack_proof.cases, pool.plan.rack_proof.passed) == (2, 2)
    assert answer.survives and sorted(answer.placement["workload"]) == sorted(plain.placement["workload"])
    assert answer.flows["target"]["hardware"][0] == pytest.approx(plain.flows["target"]["hardware"][0] * 8 / 5)
    _rack_by_rack(answer)
    assert any("2 racks was failed as a whole" in line for line in headline(answer))


def test_a_plan_with_racks_keeps_its_own_when_they_are_failed_again() -> None:
    answer = calc.assess(uniform(20), calc.Scenario(racks=2, **ONE))
    (pool,) = answer.pools
    # The same plan with its hosts in other racks than dealing them out in turn would give.
    own = ("rack-1",) * 4 + ("rack-2",) * 4
    moved = replace(answer, pools=(replace(pool, plan=replace(pool.plan, rack_of=own)),))
    (found,) = survive_racks(moved, 2)
    names = tuple(answer.hosts["host"])
    assert found.racks == {"rack-1": names[:4], "rack-2": names[4:]}


def test_what_is_added_costs_least_over_the_horizon_not_to_buy() -> None:
    """Four times the cores at half the price: cheaper to buy, but every core is licensed year after year."""
    small, wide = (
        host for host in allowed_hosts(calc.Scenario()) if host.id in ("dl320-g11-32c-256", "dl345-g11-96c-768")
    )
    wide = replace(wide, price=small.price / 2)
    dear = calc.Scenario(hypervisor="vcf", **ONE)
    answer = calc.assess(uniform(20), dear)
    (pool,) = answer.pools
    capacities = [
        np.array([capacity(host, answer.demand.dimensions, dear, failover=failover) for host in (small, wide)])
        for failover in (False, True)
    ]
    both = replace(pool, types=(small, wide), capacities=capacities[0], failover_capacities=capacities[1])
    (found,) = survive_racks(replace(answer, pools=(both,)), 2)
    assert found.proof.holds and found.added and found.added_type == small.id


def test_more_racks_take_fewer_hosts() -> None:
    """m - ceil(m / r) >= 4: eight hosts on two racks, six on three, six on four, five on five or more."""
    counts = [calc.assess(uniform(20), calc.Scenario(racks=r, **ONE)).hosts_after for r in (2, 3, 4, 5, 9)]
    assert counts == [8, 6, 6, 5, 5]


@pytest.mark.parametrize("failures", [0, 1, 2])
@pytest.mark.parametrize("policy", ["one_model", "mixed"])
def test_the_sample_estate_survives_racks_and_hosts(estate_csv: Path, failures: int, policy: str) -> None:
    settings = {"failover_hosts": failures, "host_policy": policy, "effort": "quick"}
    estate = calc.read_inventory(estate_csv)
    plain = calc.assess(estate, calc.Scenario(**settings))
    answer = calc.assess(estate, calc.Scenario(racks=4, **settings))
    assert answer.survives and all(pool.plan.rack_proof is not None for pool in answer.pools)
    for pool in answer.pools:
        proof = pool.plan.proof
        assert (proof is None) == (failures == 0) and (proof is None or proof.passed == proof.cases)
        assert pool.hosts_bound is not None and pool.hosts_bound.value <= len(pool.plan.host_types)
    assert answer.hosts_after >= plain.hosts_after
    assert sum(pool.plan.bound.value for pool in answer.pools) <= sum(pool.plan.cost for pool in answer.pools)
    assert sorted(answer.placement["workload"]) == sorted(plain.placement["workload"])
    for name in answer.demand.dimensions:
        assert (answer.hosts[f"{name}_used"] <= answer.hosts[f"{name}_capacity"]).all()
    home = dict(zip(answer.placement["workload"], answer.placement["host"], strict=True))
    for label, members in answer.demand.groups.items():
        held = [home[w] for w in answer.demand.table["workload"].to_numpy()[members] if w in home]
        most = max((held.count(host) for host in set(held)), default=0)
        assert most <= answer.demand.group_limits.get(label, 1)


def test_a_single_host_gets_company_in_another_rack() -> None:
    answer = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %", "a,4,16,20"), calc.Scenario(racks=2, failover_hosts=0, **ONE)
    )
    assert answer.hosts_after == 2 and set(answer.hosts["rack"]) == {"rack-1", "rack-2"} and answer.survives


def test_hosts_that_are_all_there_is_cannot_be_added_and_that_is_said() -> None:
    host = {
        "id": "own", "cores": 32, "memory_gib": 256, "score_per_core": 8.0, "idle_w": 80, "full_w": 300, "price": 0,
        "available": 5,
    }  # fmt: skip
    scenario = calc.Scenario(racks=2, host_types=("own",), custom_host_types=(host,), host_policy="mixed")
    answer = calc.assess(uniform(20), scenario)
    assert answer.hosts_after <= 5 and not answer.survives
    assert any("does NOT survive the loss of every rack" in line for line in headline(answer))


def test_spare_hosts_are_not_offered_against_racks() -> None:
    table, _ = failover_options(uniform(20), calc.Scenario(racks=2, **ONE), (0, 1))
    assert set(table["way"]) == {"none", "spread"} and table["survives"].all()


def test_one_rack_is_no_setting() -> None:
    with pytest.raises(calc.ScenarioError, match="racks = 1"):
        calc.Scenario(racks=1)


def test_the_limit_of_an_application_is_a_capacity_of_the_tables() -> None:
    from calc.report.tables import hosts_table

    rows = [f"s{i},2,8,10,Shop" for i in range(6)]
    answer = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %,application", *rows),
        calc.Scenario(application_per_host_max=2, **ONE),
    )
    table = hosts_table(answer)
    (capacity,) = [name for name in table if name.startswith("group:") and name.endswith("_capacity")]
    used = capacity.removesuffix("capacity") + "used"
    assert (table[capacity] == 2).all() and table[used].sum() == 6 and (table[used] <= table[capacity]).all()


def test_the_host_model_is_judged_with_the_racks(tiny_csv: Path) -> None:
    """Two large hosts survive a rack as they are; of the small ones that are cheaper without racks it takes eight."""
    estate = calc.read_inventory(tiny_csv)
    plain, racks = (calc.assess(estate, calc.Scenario(racks=count)) for count in (None, 2))
    assert set(plain.hosts["host_type"]) == {"dl320-g11-32c-256"}
    assert set(racks.hosts["host_type"]) == {"dl380-g11-64c-1024"} and (racks.hosts_after, racks.lower_bound) == (2, 2)
    small = calc.assess(estate, calc.Scenario(racks=2, **ONE))
    assert small.hosts_after == 8 and small.comparison.tco_target > racks.comparison.tco_target
    (pool,) = racks.pools
    best = pool.considered[pool.types[0].id]
    assert all(value >= best for value in pool.considered.values())
    for host in allowed_hosts(calc.Scenario()):  # whatever was not packed is no better when it is
        alone = calc.assess(estate, calc.Scenario(racks=2, host_types=(host.id,), effort="quick"))
        if not len(alone.unplaced):
            value = alone.pools[0].considered[host.id]
            assert value >= best - 1e-6, host.id


def test_a_stop_while_models_are_judged_is_said(tiny_csv: Path) -> None:
    """The stop comes when the plan without racks is there: models left out make it a plan that was cut short."""
    from calc.catalogue import allowed_hosts
    from calc.demand import form_demand
    from calc.estate import complete
    from calc.failover import choosing
    from calc.host_choice import plan_pools
    from calc.planning import Limits, pool_task

    scenario = calc.Scenario(racks=2)
    hosts = allowed_hosts(scenario)
    demand = form_demand(complete(calc.read_inventory(tiny_csv), scenario), scenario, hosts)
    (pool, *_) = plan_pools(demand, hosts, scenario, Limits())
    assert pool.plan.reproducible
    task = pool_task(demand, pool.name, pool.rows, hosts, scenario)
    pool = replace(pool, rows=np.arange(len(pool.rows)))  # as the task counts them
    whole = choosing.best_model(pool, task)
    cut = choosing.best_model(pool, task, lambda: True)
    assert whole.plan.reproducible and len(whole.considered) > 1
    assert not cut.plan.reproducible


def test_licences_weigh_in_the_choice_with_racks() -> None:
    """What a model is judged by holds the licences that its hosts need, as without racks."""
    estate = inventory("hostname,cores,memory_gib,os,application", *[f"s{i},16,64,RHEL 9,web" for i in range(40)])
    free = calc.assess(estate, calc.Scenario(racks=3))
    paid = calc.assess(estate, calc.Scenario(racks=3, rhel_subscription="standard"))
    (before,), (after,) = (answer.pools for answer in (free, paid))
    model = after.types[0].id
    assert after.considered[model] > before.considered[model]

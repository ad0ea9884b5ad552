"""What each pool is given before it is planned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import calc
from calc.catalogue import allowed_hosts
from calc.demand import Demand
from calc.planning import share_hosts
from calc.surviving import plan_pool
from tests.make import hard_to_pack


def demand(amounts: list[list[int]], pools: list[str]) -> Demand:
    table = pd.DataFrame({"workload": [f"w{i}" for i in range(len(pools))], "pool": pools, "arch": "x86"})
    return Demand(table, ("cpu", "memory"), np.array(amounts), {}, np.full(len(pools), -1), pd.DataFrame(), ())


def test_hosts_that_exist_are_shared_out_by_hand() -> None:
    # Shares of cpu and memory: a has 60 and 20 %, b 30 and 50 %, c 10 and 30 %; means 40, 40 and 20 %.
    asked = demand([[60, 2], [30, 5], [10, 3]], ["a", "b", "c"])
    parts = {name: np.array([row]) for row, name in enumerate("abc")}
    bought = replace(allowed_hosts(calc.Scenario())[0], arch="x86", available=None)
    for number, shares in ((5, [2, 2, 1]), (6, [3, 2, 1]), (1, [1, 0, 0]), (0, [0, 0, 0])):
        owned = replace(bought, id="owned", available=number)
        found = share_hosts(asked, parts, (bought, owned))
        given = [sum(host.available or 0 for host in found[name]) for name in "abc"]
        assert given == shares, number
        assert all(found[name][0] is bought for name in "abc")
        alone = share_hosts(asked, parts, (owned,))  # without anything to buy, the type stays, with none available
        assert [alone[name][0].available for name in "abc"] == shares
    one = share_hosts(demand([[1, 1]], ["a"]), {"a": np.array([0])}, (bought, replace(bought, id="owned", available=3)))
    assert [host.available for host in one["a"]] == [None, 3]


def test_two_sites_never_use_one_owned_host_twice() -> None:
    rows = [f"s{n},{'east' if n % 3 else 'west'},16,48,30%" for n in range(90)]
    inventory = calc.read_inventory("\n".join(["hostname,site,cores,memory_gib,cpu_p95", *rows]).encode(), name="x.csv")
    owned = {
        "id": "owned", "name": "owned", "cpu_model": "", "sockets": 2, "cores": 64, "memory_gib": 1024,
        "score_per_core": 6.0, "idle_w": 150, "full_w": 600, "tested_memory_gib": 1024, "rack_units": 2,
        "price": 0, "available": 3, "maintenance_per_year": 100,
    }  # fmt: skip
    bought = allowed_hosts(calc.Scenario())[0].id
    scenario = calc.Scenario(host_policy="mixed", custom_host_types=[owned], host_types=("owned", bought))
    answer = calc.assess(inventory, scenario)
    assert len(answer.pools) == 2
    assert 0 < int((answer.hosts["host_type"] == "owned").sum()) <= 3


def test_a_plan_that_a_stop_left_unrefined_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked to stop when one model was packed: no search was cut inside, but the one with full effort was left out."""
    plans = []

    def counted(*args: Any, **options: Any) -> Any:
        plans.append(plan_pool(*args, **options))
        return plans[-1]

    monkeypatch.setattr("calc.host_choice.plan_pool", counted)
    found = calc.read_inventory(hard_to_pack(300), name="hard.csv")
    stopped = calc.assess(found, calc.Scenario(effort="deep"), limits=calc.Limits(should_stop=lambda: bool(plans)))
    assert plans[0].reproducible and plans[0].cost > plans[0].bound.value
    assert not stopped.reproducible

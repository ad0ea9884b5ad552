"""Recovery: failures, racks, sites, restart and headroom, worked out by hand and held by properties."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calc
from calc.errors import InputError
from calc.failover import rebalance
from calc.isolation import suggest_groups, with_groups
from calc.recovery import (
    Loaded,
    RestartTimes,
    failover_options,
    headroom,
    item_priority,
    loaded_pools,
    lose_a_site,
    prove,
    restart_schedule,
    restart_tiers,
    spread_over_racks,
    survive_racks,
)
from calc.roles import TIERS
from tests.make import inventory

ONE_MODEL = {"host_types": ("dl320-g11-32c-256",)}


def made(
    demands: list[list[int]], home: list[int], capacity: list[int], hosts: int, groups: list[list[int]] | None = None
) -> Loaded:
    """Equal hosts; groups are lists of items of which a host may hold one."""
    extra = np.zeros((len(demands), len(groups or [])), dtype=np.int64)
    for column, members in enumerate(groups or []):
        extra[members, column] = 1
    need = np.hstack([np.array(demands, dtype=np.int64).reshape(len(demands), -1), extra])
    limits = np.tile(np.array([*capacity, *([1] * extra.shape[1])], dtype=np.int64), (hosts, 1))
    return Loaded(
        tuple(f"h{i}" for i in range(hosts)),
        ("pool",) * hosts,
        len(capacity),
        tuple(f"d{k}" for k in range(len(capacity))),
        need,
        limits,
        limits.copy(),
        np.array(home, dtype=np.int64),
        tuple((f"w{i}",) for i in range(len(demands))),
    )


def test_one_failure_by_hand() -> None:
    # h0: 6, h1: 5 and 2, h2: empty, capacity 10. h0 fails: 6 goes to h2 (roomiest). h1 fails: 5 to h2, then 2 to
    # h2 (room 5) or h0 (room 4): the tightest room left is largest on h2 (3 against 2).
    loaded = made([[6], [5], [2]], [0, 1, 1], [10], 3)
    proof = prove(loaded)
    assert [case.name for case in proof.cases] == ["h0", "h1", "h2"] and proof.holds and proof.exhaustive
    moves = proof.moves(loaded)
    assert moves.values.tolist() == [["h0", "w0", "h0", "h2"], ["h1", "w1", "h1", "h2"], ["h1", "w2", "h1", "h2"]]
    table = proof.table(loaded).set_index("failure")
    assert table["highest_use"].round(6).to_dict() == {"h0": 0.7, "h1": 0.7, "h2": 0.7}
    assert table.loc["h0", "tightest_host"] == "h1" and table.loc["h1", "tightest_host"] == "h2"


def test_a_failure_that_cannot_be_survived_names_what_is_left_over() -> None:
    loaded = made([[8], [8], [3]], [0, 1, 1], [11], 2)
    proof = prove(loaded)
    assert not proof.holds and proof.passed == 0
    assert proof.table(loaded)["not_placed"].tolist() == [1, 1]
    lost = proof.moves(loaded).query("to == ''")
    assert lost["workload"].tolist() == ["w0", "w1"]


def test_the_second_try_finds_what_the_first_misses() -> None:
    # 4, 3 and 3 must go to rooms of 6 and 4. Spread takes 4 to the room of 6 and is stuck; the fullest host
    # that fits takes 4 to 4 and 3 + 3 to 6.
    loaded = made([[4], [3], [3], [4], [6]], [0, 0, 0, 1, 2], [10], 3)
    case = prove(loaded).cases[0]
    assert case.lost == 0 and sorted(case.goals.tolist()) == [1, 1, 2]


def test_what_fits_a_spare_as_a_whole_is_always_placed() -> None:
    """A host filled to the brim by awkward pieces moves to an empty one, whatever greedy rules do."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        sizes = rng.integers(1, 40, size=(12, 2))
        limit = sizes.sum(axis=0)
        others = [[int(limit[0]) // 2, int(limit[1]) // 3], [int(limit[0]) // 3, int(limit[1]) // 2]]
        loaded = made([*sizes.tolist(), *others], [0] * 12 + [1, 2], limit.tolist(), 4)
        case = prove(loaded).cases[0]
        assert case.lost == 0
        load = np.zeros((4, 2), dtype=int)
        np.add.at(load, case.goals, loaded.demands[case.items])
        load[1] += others[0]
        load[2] += others[1]
        assert (load <= limit).all()


def test_anti_affinity_holds_in_every_case() -> None:
    loaded = made([[1], [1], [1]], [0, 1, 2], [10], 3, groups=[[0, 1, 2]])
    assert prove(loaded).passed == 0  # three members, two hosts left
    loaded = made([[1], [1], [1]], [0, 1, 2], [10], 4, groups=[[0, 1, 2]])
    proof = prove(loaded)
    assert proof.holds and all(goal == 3 for case in proof.cases for goal in case.goals)


def test_fewer_hosts_than_may_fail_is_no_proof() -> None:
    one = made([[5]], [0], [10], 1)
    proof = prove(one, 2)
    assert [(case.name, case.lost) for case in proof.cases] == [("h0", 1)] and not proof.holds


def test_pairs_and_samples() -> None:
    loaded = made([[5]] * 6, [0, 0, 1, 1, 2, 3], [10], 5)
    assert len(prove(loaded, 2).cases) == 10 and prove(loaded, 2).exhaustive
    many = made([[1]] * 150, list(range(150)), [10], 150)
    proof = prove(many, 2, seed=7)
    assert not proof.exhaustive and len(proof.cases) == 10_000 and proof.holds
    assert [case.failed for case in proof.cases] == [case.failed for case in prove(many, 2, seed=7).cases]
    assert [case.failed for case in proof.cases] != [case.failed for case in prove(many, 2, seed=8).cases]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 7), st.integers(1, 2))
def test_re_placement_never_exceeds_capacity(seed: int, hosts: int, failures: int) -> None:
    rng = np.random.default_rng(seed)
    items = int(rng.integers(1, 25))
    demands = rng.integers(0, 12, size=(items, 2)).tolist()
    home = rng.integers(0, hosts, size=items).tolist()
    groups = [sorted(rng.choice(items, min(items, 3), replace=False).tolist())]
    loaded = made(demands, home, [60, 60], hosts, groups)
    for case in prove(loaded, failures).cases:
        load: dict[int, list[int]] = {}
        on_group: dict[int, int] = {}
        moved = dict(zip(case.items.tolist(), case.goals.tolist(), strict=True))
        assert set(moved) == {i for i, host in enumerate(home) if host in case.failed}
        for item in range(items):
            host = moved.get(item, home[item])
            if host < 0:
                continue
            assert host not in case.failed
            load[host] = [a + b for a, b in zip(load.get(host, [0, 0]), demands[item], strict=True)]
            if item in groups[0]:
                on_group[host] = on_group.get(host, 0) + 1
        start = loaded.loads
        for host, used in load.items():
            got_new = any(goal == host for goal in moved.values())
            assert not got_new or all(amount <= 60 for amount in used)
            if not got_new:
                assert used == start[host, :2].tolist()
            assert not got_new or on_group.get(host, 0) <= max(1, int(start[host, 2]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(1, 3))
def test_more_spare_hosts_never_lower_survivability(seed: int, hosts: int, spares: int) -> None:
    rng = np.random.default_rng(seed)
    items = int(rng.integers(1, 20))
    demands = rng.integers(1, 9, size=(items, 2)).tolist()
    home = rng.integers(0, hosts, size=items).tolist()
    load = np.zeros((hosts, 2), dtype=int)
    np.add.at(load, home, demands)
    limit = [int(load.max()) + 1] * 2
    lost = [
        {case.name: case.lost for case in prove(made(demands, home, limit, hosts + extra)).cases}
        for extra in range(spares + 1)
    ]
    for fewer, more in itertools.pairwise(lost):
        assert all(more[name] == 0 for name, left in fewer.items() if left == 0)
    assert all(left == 0 for left in lost[-1].values())  # one spare takes any one host's load


def test_the_proof_agrees_with_the_planner(estate_csv: Path) -> None:
    answer = calc.assess(calc.read_inventory(estate_csv))
    for pool, loaded in zip(answer.pools, loaded_pools(answer), strict=True):
        proof = prove(loaded)
        assert pool.plan.proof is not None and (proof.passed, len(proof.cases)) == (
            pool.plan.proof.passed,
            pool.plan.proof.cases,
        )
        assert (loaded.loads <= loaded.normal).all() and (loaded.normal <= loaded.capacities).all()
        used = answer.hosts.set_index("host").loc[list(loaded.hosts), "cpu_used"]
        assert loaded.loads[:, 0].tolist() == used.tolist()


def test_racks_by_hand() -> None:
    assert spread_over_racks(["a", "b", "c", "d"], 3) == {"rack-1": ("a", "d"), "rack-2": ("b",), "rack-3": ("c",)}
    with pytest.raises(InputError, match="at least one"):
        spread_over_racks(["a"], 0)
    # Four hosts of 10, loaded 5 each, in two racks: a rack's loss moves 10 to two hosts with 5 free each.
    loaded = made([[5]] * 4, [0, 1, 2, 3], [10], 4)
    proof = prove(loaded, domains={"left": ["h0", "h2"], "right": ["h1", "h3"]}, kind="rack")
    assert proof.holds and proof.kind == "rack" and [case.highest_use for case in proof.cases] == [1.0, 1.0]
    with pytest.raises(InputError, match="'h9'"):
        prove(loaded, domains={"left": ["h9"]}, kind="rack")


def test_a_plan_that_fails_is_repaired_by_adding_hosts_and_says_so(estate_csv: Path) -> None:
    answer = calc.assess(calc.read_inventory(estate_csv))
    plans = survive_racks(answer, 3)
    assert all(plan.proof.holds for plan in plans)
    assert any(plan.added for plan in plans)
    for plan, loaded in zip(plans, loaded_pools(answer), strict=True):
        assert len(plan.loaded.hosts) == len(loaded.hosts) + len(plan.added)
        assert {host for hosts in plan.racks.values() for host in hosts} == set(plan.loaded.hosts)
        assert (plan.loaded.loads <= plan.loaded.normal).all()
        assert (plan.added_price > 0) == bool(plan.added) and (plan.added_type != "") == bool(plan.added)
        sizes = [len(hosts) for hosts in plan.racks.values()]
        assert max(sizes) - min(sizes) <= 1
        # The same check without our code: what is left holds everything, resource by resource.
        for hosts in plan.racks.values():
            alive = [index for index, host in enumerate(plan.loaded.hosts) if host not in hosts]
            left = plan.loaded.capacities[alive, :3].sum(axis=0)
            assert (plan.loaded.demands[:, :3].sum(axis=0) <= left).all()
    assert not any(plan.proof.holds for plan in survive_racks(answer, 1))  # with one rack nothing can help
    more = sum(len(plan.added) for plan in survive_racks(answer, 6))
    assert more <= sum(len(plan.added) for plan in plans)


def test_a_rack_plan_of_ones_own_is_checked(estate_csv: Path) -> None:
    answer = calc.assess(calc.read_inventory(estate_csv))
    hosts = answer.hosts["host"].tolist()
    with pytest.raises(InputError, match="stands in no rack"):
        survive_racks(answer, {"A": hosts[:-1]})
    with pytest.raises(InputError, match="'nowhere' is not in this plan"):
        survive_racks(answer, {"A": hosts, "B": ["nowhere"]})


def test_balancing_keeps_normal_ceilings_and_groups() -> None:
    loaded = made([[6], [2], [2]], [0, 0, 0], [10], 2, groups=[[1, 2]])
    even = rebalance(loaded)
    assert even is not None and (even.loads <= even.normal).all()
    assert even.home.tolist() == [0, 1, 0]
    assert rebalance(made([[6], [6]], [0, 0], [10], 1)) is None


def test_losing_a_site_by_hand() -> None:
    # Two sites with one small server each: either site's host can take the other's.
    rows = ["a,8,32,20,North,lan", "b,8,32,20,South,lan", "c,8,32,20,South,dmz"]
    answer = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %,site,zone", *rows),
        calc.Scenario(**ONE_MODEL, failover_hosts=0),
    )
    loaded, proof = lose_a_site(answer)
    table = proof.table(loaded).set_index("failure")
    assert table["workloads"].to_dict() == {"North": 1, "South": 2}
    assert table["not_placed"].to_dict() == {"North": 0, "South": 1}  # no other site has a dmz
    moves = proof.moves(loaded).set_index("workload")
    assert moves.loc["c", "to"] == "" and moves.loc["b", "to"] != ""
    with pytest.raises(InputError, match="one site only"):
        lose_a_site(calc.assess(inventory("hostname,cores,memory_gib", "a,8,32")))
    mixed = calc.assess(
        inventory("hostname,cores,memory_gib,site", "a,8,32,North", "b,8,32,South"), calc.Scenario(pool_by=())
    )
    with pytest.raises(InputError, match="mixes sites"):
        lose_a_site(mixed)


def test_a_lost_site_keeps_groups_apart_that_span_sites() -> None:
    """Cluster members at two sites, and an application with a most a host: the site left over knows of both sides."""
    rows = [f"{site}{number},8,32,20,{site},erp,cluster" for site in ("North", "South") for number in (1, 2)]
    estate = inventory("hostname,cores,memory_gib,CPU p95 %,site,application,anti_affinity_group", *rows)
    loaded, proof = lose_a_site(calc.assess(estate, calc.Scenario(**ONE_MODEL)))
    assert len(loaded.hosts) == 6  # two and a spare each: the other site has room for one member more
    for case in proof.cases:
        after = loaded.home.copy()
        after[case.items] = case.goals
        here = after[after >= 0]
        assert case.lost == 1 and np.bincount(here).max() == 1
    free = inventory("hostname,cores,memory_gib,CPU p95 %,site,application", *(row.rsplit(",", 1)[0] for row in rows))
    loaded, proof = lose_a_site(calc.assess(free, calc.Scenario(application_per_host_max=1, **ONE_MODEL)))
    for case in proof.cases:
        after = loaded.home.copy()
        after[case.items] = case.goals
        assert case.lost == 1 and np.bincount(after[after >= 0]).max() == 1


def test_restart_by_hand() -> None:
    # Detection 100 s, boot 60 s, two at once. Host h1 gets three databases: two at 100, one at 160; the
    # application waits until all are ready at 220.
    loaded = made([[1]] * 4, [0, 0, 0, 0], [10], 2)
    answer = calc.assess(
        inventory("hostname,cores,memory_gib", *[f"w{i},8,32" for i in range(4)]), calc.Scenario(**ONE_MODEL)
    )
    own = {"w0": "application", "w1": "database", "w2": "database", "w3": "database"}
    tiers = restart_tiers(answer, own)
    case = prove(loaded, priority=item_priority(loaded, tiers)).cases[0]
    table = restart_schedule(loaded, case, tiers, RestartTimes(100, 60, 2))
    assert table["workload"].tolist() == ["w1", "w2", "w3", "w0"]
    assert table["start_s"].tolist() == [100, 100, 160, 220] and table["ready_s"].tolist() == [160, 160, 220, 280]
    stuck = made([[8], [8]], [0, 1], [10], 2)
    lost = restart_schedule(stuck, prove(stuck).cases[0], tiers)
    assert lost["ready_s"].tolist() == [float("inf")]


def test_restart_tiers_are_guessed_shown_and_corrected() -> None:
    rows = ["dns-1,8,32,prod", "erp-db1,8,32,prod", "erp-app1,8,32,prod", "web-1,8,32,prod", "erp-db2,8,32,test"]
    answer = calc.assess(inventory("hostname,cores,memory_gib,environment", *rows))
    tiers = restart_tiers(answer, {"erp-app1": "infrastructure"}).set_index("workload")
    assert [tiers.loc[name, "name"] for name in ("dns-1", "erp-db1", "web-1", "erp-db2", "erp-app1")] == [
        *("infrastructure", "database", "front end", "not production", "infrastructure")
    ]
    assert tiers["guessed"].sum() == 4 and set(tiers["name"]) <= set(TIERS)
    with pytest.raises(InputError, match="'nobody' is not in this plan"):
        restart_tiers(answer, {"nobody": "database"})
    with pytest.raises(InputError, match=r"'soon'.*is not one of"):
        restart_tiers(answer, {"web-1": "soon"})
    with pytest.raises(InputError, match="at least one workload"):
        RestartTimes(at_once=0)


def test_restart_priority_of_the_inventory_beats_the_guess() -> None:
    rows = ["db1,8,32,lowest", "web-1,8,32,1", "app,8,32,Front-End", "x,8,32,soon", "dns-1,8,32,"]
    estate = inventory("hostname,cores,memory_gib,Restart priority", *rows)
    (issue,) = [one for one in estate.issues if one.column == "Restart priority"]
    assert (issue.row, issue.value, issue.severity) == (5, "soon", "warning") and "1 to 5" in issue.way_out
    answer = calc.assess(estate, calc.Scenario(**ONE_MODEL))
    tiers = restart_tiers(answer).set_index("workload")
    assert tiers["name"].to_dict() == {
        "db1": "not production",
        "web-1": "infrastructure",
        "app": "front end",
        "x": "application",
        "dns-1": "infrastructure",
    }
    assert tiers.index[tiers["guessed"]].tolist() == ["x", "dns-1"]
    assert restart_tiers(answer, {"db1": "database"}).set_index("workload").loc["db1", "name"] == "database"
    again = calc.read_inventory(calc.write_inventory(estate).encode())
    assert again.workloads["restart_priority"].tolist() == ["lowest", "1", "Front-End", "", ""]
    # What comes back first after a failure is what the column says.
    (loaded,) = loaded_pools(answer)
    table = restart_tiers(answer)
    case = next(one for one in prove(loaded, priority=item_priority(loaded, table)).cases if len(one.items) > 1)
    order = restart_schedule(loaded, case, table)
    rank = table.set_index("workload")["tier"]
    assert rank[order["workload"]].is_monotonic_increasing


def test_headroom_by_hand() -> None:
    answer = calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %", "a,8,32,20"), calc.Scenario(**ONE_MODEL))
    table = headroom(answer).set_index("host")
    used = answer.hosts[answer.hosts["workloads"] > 0].iloc[0]
    growths = {
        name: (used[f"{name}_capacity"] - used[f"{name}_used"]) / used[f"{name}_used"]
        for name in ("cpu", "memory", "vcpu")
    }
    row = table.loc[used["host"]]
    assert row["largest"] == "a" and row["growth"] == pytest.approx(min(growths.values()))
    assert row["limited_by"] == min(growths, key=growths.__getitem__) and row["rating"] == "100 %"
    assert (table["rating"] == "empty").sum() == 1  # the N+1 spare


def test_ratings_are_steps(estate_csv: Path) -> None:
    table = headroom(calc.assess(calc.read_inventory(estate_csv)))
    for row in table.itertuples():
        expected = (
            "empty"
            if not row.largest
            else next(
                (f"{step:.0%}".replace("%", " %") for step in (1.0, 0.75, 0.5, 0.25) if row.growth >= step), "none"
            )
        )
        assert row.rating == expected


def test_the_price_of_surviving(estate_csv: Path) -> None:
    table, answers = failover_options(calc.read_inventory(estate_csv), calc.Scenario(effort="quick"), (0, 1, 2))
    spread = table[table["way"] != "spare hosts"].set_index("failures")
    assert spread["hosts"].is_monotonic_increasing and spread["tco_target"].is_monotonic_increasing
    assert spread.loc[1, "hosts"] == answers[1].hosts_after
    spare = table[table["way"] == "spare hosts"].set_index("failures")
    pools = len(answers[0].pools)
    assert spare.loc[1, "hosts"] == answers[0].hosts_after + pools
    assert spare.loc[2, "extra_tco"] == pytest.approx(2 * spare.loc[1, "extra_tco"])
    assert table.groupby("failures")["chosen"].sum().to_dict() == {0: 1, 1: 1, 2: 1}
    for failures, rows in table[table["survives"]].groupby("failures"):
        assert rows.loc[rows["chosen"], "tco_target"].item() == rows["tco_target"].min(), failures


def test_groups_are_suggested_from_names_and_count_only_when_confirmed() -> None:
    header = "hostname,cores,memory_gib,environment,application"
    rows = ["db01,8,32,prod,ERP", "db02,8,32,prod,ERP", "sql-a,8,32,prod,CRM", "sql-b,8,32,prod,CRM"]
    rows += [f"web{i:02d},8,32,prod,Shop" for i in range(1, 11)]  # a farm of ten
    rows += ["lone7,8,32,prod,X", "gap1,8,32,prod,X", "gap3,8,32,prod,X", "tdb1,8,32,test,ERP", "tdb2,8,32,test,ERP"]
    given_inventory = inventory(header, *rows)
    found = suggest_groups(given_inventory)
    assert [(item.members, item.confidence) for item in found] == [
        (("db01", "db02"), "high"),
        (("sql-a", "sql-b"), "high"),
        (("tdb1", "tdb2"), "low"),
    ]
    before = calc.assess(given_inventory, calc.Scenario(**ONE_MODEL))
    assert not before.demand.groups  # a suggestion alone changes nothing
    confirmed = with_groups(given_inventory, found[:1])
    after = calc.assess(confirmed, calc.Scenario(**ONE_MODEL))
    homes = dict(zip(after.placement["workload"], after.placement["host"], strict=True))
    assert homes["db01"] != homes["db02"] and list(after.demand.groups) == ["db*"]
    assert "confirmed from names" in confirmed.notes[-1]
    assert suggest_groups(confirmed) == found[1:]
    with pytest.raises(InputError, match="already"):
        with_groups(confirmed, found[:1])


def test_an_application_never_has_more_on_a_host_than_allowed() -> None:
    rows = [f"s{i},8,32,5,{'Shop' if i < 6 else 'Other'}" for i in range(8)]
    given_inventory = inventory("hostname,cores,memory_gib,CPU p95 %,application", *rows)
    free = calc.assess(given_inventory, calc.Scenario(**ONE_MODEL))
    bound = calc.assess(given_inventory, calc.Scenario(**ONE_MODEL, application_per_host_max=2))
    homes = dict(zip(bound.placement["workload"], bound.placement["host"], strict=True))
    shop = [homes[f"s{i}"] for i in range(6)]
    assert max(shop.count(host) for host in shop) == 2
    assert free.hosts_after == 3 and bound.hosts_after == 4  # three hosts of two, and one to survive a failure
    assert bound.survives and bound.lower_bound == 4
    for case in prove(loaded_pools(bound)[0]).cases:
        assert case.lost == 0


def test_a_plan_as_arrays_keeps_units_and_groups() -> None:
    """What is proved is the plan itself: demand and capacity in its own units, anti-affine workloads apart."""
    rows = [f"db{i},8,32,20,{'cluster' if i < 3 else ''}" for i in range(9)]
    estate = inventory("hostname,cores,memory_gib,CPU p95 %,anti_affinity_group", *rows)
    answer = calc.assess(estate, calc.Scenario(failover_hosts=1, **ONE_MODEL))
    (loaded,) = loaded_pools(answer)
    need = dict(zip(answer.demand.table["workload"], answer.demand.amounts.tolist(), strict=True))
    for names, demand in zip(loaded.workloads, loaded.demands, strict=True):
        assert demand[: loaded.resources].tolist() == need[names[0]]
    memory = loaded.dimensions.index("memory")
    assert loaded.loads[:, memory].tolist() == answer.hosts["memory_used"].tolist()
    assert loaded.capacities[:, memory].tolist() == answer.hosts["memory_capacity_failover"].tolist()
    assert loaded.normal[:, memory].tolist() == answer.hosts["memory_capacity"].tolist()
    assert loaded.demands.shape[1] == loaded.resources + 1 and loaded.demands[:, -1].sum() == 3
    proof = prove(loaded)
    assert proof.holds
    members = {"db0", "db1", "db2"}
    for case in proof.cases:
        after = loaded.home.copy()
        after[case.items] = case.goals
        held = [after[i] for i, names in enumerate(loaded.workloads) if names[0] in members]
        assert len(set(held)) == 3, case.name
    spread = rebalance(loaded)
    assert spread is not None
    held = [spread.home[i] for i, names in enumerate(loaded.workloads) if names[0] in members]
    assert len(set(held)) == 3


def test_more_pairs_than_ten_thousand_are_sampled_with_a_seed_and_said() -> None:
    loaded = made([[1]] * 142, list(range(142)), [3], 142)  # 142 x 141 / 2 = 10,011 pairs
    one, two, other = prove(loaded, 2, seed=1), prove(loaded, 2, seed=1), prove(loaded, 2, seed=2)
    assert len(one.cases) == 10_000 and not one.exhaustive and one.holds
    assert [case.failed for case in one.cases] == [case.failed for case in two.cases]
    assert [case.failed for case in one.cases] != [case.failed for case in other.cases]
    assert len({case.failed for case in one.cases}) == 10_000
    small = prove(made([[1]] * 141, list(range(141)), [3], 141), 2)  # 9,870 pairs: every one
    assert len(small.cases) == 9_870 and small.exhaustive


def test_the_most_of_an_application_holds_after_a_failure_too() -> None:
    """Six of one application, two a host at most: three hosts, four with one to lose; never a third on any."""
    rows = [f"s{i},2,8,10,Shop" for i in range(6)]
    estate = inventory("hostname,cores,memory_gib,CPU p95 %,application", *rows)
    free = calc.assess(estate, calc.Scenario(**ONE_MODEL))
    answer = calc.assess(estate, calc.Scenario(application_per_host_max=2, **ONE_MODEL))
    assert (free.hosts_after, answer.hosts_after) == (2, 4)
    (loaded,) = loaded_pools(answer)
    proof = prove(loaded)
    assert proof.holds and len(proof.cases) == 4
    for case in proof.cases:
        after = loaded.home.copy()
        after[case.items] = case.goals
        assert np.bincount(after).max() <= 2, case.name

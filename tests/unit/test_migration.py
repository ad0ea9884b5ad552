"""Migration: waves worked out by hand, limits that always hold, and a plan that survives half-way."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calc
from calc.costs.ledger import recompute
from calc.costs.ramp import form_ramp
from calc.errors import InputError, ScenarioError
from calc.migration import MigrationRules, dated_money, plan_migration
from calc.migration.groups import Group, form_groups, window_h
from calc.migration.waves import fill_windows, fits
from calc.roles import is_database, is_production
from calc.scenario import HostTypeEntry
from tests.make import host_row, inventory, rvtools, vm_row

MONDAY = dt.date(2026, 1, 5)
HEADER = "hostname,cores,memory_gib,CPU p95 %,disk_used_gib,application,environment"
ONE_MODEL = calc.Scenario(host_types=("dl320-g11-32c-256",))


def rules(**changes: float) -> MigrationRules:
    return MigrationRules(MONDAY, **changes)


def group(
    name: str, application: str, production: bool, hours: float, risk: float, value: float = 0.0, delta: float = 0.0
) -> Group:
    return Group(name, application, production, np.array([0]), delta, delta, hours, risk, value)


def test_times_by_hand() -> None:
    # 100 GiB at 1 Gbit/s: 100 x 2^30 x 8 / 10^9 = 859 s; 5 % a day, refreshed every 12 h: 2.5 GiB.
    given_rules = rules(link_mbps=1000, sync_interval_h=12, people=2, switch_h=0.5)
    assert given_rules.copy_h(100) * 3600 == pytest.approx(858.99, abs=0.01)
    assert given_rules.delta_gib(100) == pytest.approx(2.5)
    assert rules(change_per_day=0.5, sync_interval_h=168).delta_gib(100) == 100  # never more than all
    # Two groups with 45 GiB to send: 387 s + 30 min; six people-hours over two people: 3 h.
    two = [group("a", "a", True, 2, 1, delta=20), group("b", "b", True, 4, 1, delta=25)]
    assert window_h(two, given_rules) == 3
    assert window_h([group("a", "a", True, 0.1, 1, delta=45)], given_rules) == pytest.approx(0.5 + 45 * 8.58993 / 3600)


def test_windows_by_hand() -> None:
    # Eight people-hours a window. Test of X before production of X; Y has no test and is worth most.
    groups = [
        group("X prod", "X", True, 5, 2, value=100),
        group("X test", "X", False, 3, 1, value=1),
        group("Y", "Y", True, 4, 2, value=500),
        group("Z", "Z", True, 4, 2, value=10),
    ]
    found = fill_windows(groups, rules(people=1, window_h=8))
    names = [[one.name for one in now] for now, _ in found]
    # Y (125 an hour) first, then Z (2.5) which fills the window; X test (0.33) comes next, X prod only after it.
    assert names == [["Y", "Z"], ["X test"], ["X prod"]]
    assert all(windows == 1 for _, windows in found)


def test_what_was_begun_goes_on_before_something_new() -> None:
    parts = [group(f"A {i}", "A", True, 6, 1, value=1) for i in (1, 2)] + [group("B", "B", True, 6, 1, value=0.5)]
    parts[0] = group("A 1", "A", True, 6, 1, value=9)
    found = fill_windows([*parts, group("C", "C", True, 6, 1, value=5)], rules(people=1, window_h=8))
    assert [now[0].name for now, _ in found] == ["A 1", "A 2", "C", "B"]


def test_too_large_for_a_window_takes_several() -> None:
    found = fill_windows([group("big", "big", True, 20, 5)], rules(people=1, window_h=8))
    assert found[0][1] == 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(1, 12), st.integers(1, 9)), max_size=25))
def test_limits_and_order_hold_for_any_groups(entries: list[tuple[int, bool, int, int]]) -> None:
    groups = [
        group(f"g{i}", f"app{app}", production, hours, risk, value=(i * 7) % 5)
        for i, (app, production, hours, risk) in enumerate(entries)
    ]
    limit = rules(people=1, window_h=8, risk_per_wave=8)
    found = fill_windows(groups, limit)
    assert sorted(one.name for now, _ in found for one in now) == sorted(one.name for one in groups)
    last_test: dict[str, int] = {}
    for number, (now, windows) in enumerate(found):
        assert (windows == 1 and fits(now, limit)) or len(now) == 1
        for one in now:
            if not one.production:
                last_test[one.application] = number
    for number, (now, _) in enumerate(found):
        for one in now:
            if one.production:
                assert number > last_test.get(one.application, -1)


def test_dates_by_hand() -> None:
    # Ordered on Monday 5 January; one week of delivery and 3 days of building end on Thursday 15 January, so the
    # first Saturday is the 17th. One server, 620 Mbit/s and 45 GiB: copied in ten minutes.
    answer = calc.assess(inventory(HEADER, "a,8,32,20,45,X,prod"), ONE_MODEL)
    plan = plan_migration(answer, rules(lead_time_weeks=1, build_days=3, verify_days=10, decommission_days=5))
    wave = plan.waves.iloc[0]
    assert len(plan.waves) == 1 and wave["date"] == dt.date(2026, 1, 17)
    assert wave["rollback_until"] == dt.date(2026, 1, 27) and wave["servers_freed"] == 1
    server = plan.servers.iloc[0]
    assert (server["migrated"], server["verified"]) == (dt.date(2026, 1, 17), dt.date(2026, 1, 27))
    assert server["decommissioned"] == plan.finished == dt.date(2026, 2, 1)
    # The copy starts ten minutes before Saturday, on a host that is there: in service on Friday the 16th.
    assert set(plan.hosts["in_service"]) == {dt.date(2026, 1, 16)}
    assert set(plan.hosts["delivered"]) == {dt.date(2026, 1, 13)} and set(plan.hosts["order_by"]) == {
        dt.date(2026, 1, 6)
    }
    assert plan.parallel_months == pytest.approx(16 / 365 * 12)  # from 16 January to 1 February
    # 27 days of 365 in year 1, nothing afterwards.
    assert plan.still_running(2).tolist() == [[27 / 365, 0.0]]
    assert wave["downtime_h"] == pytest.approx(45 * 0.05 * 8.589934592 / 620 / 3.6 + 0.5)


def test_hosts_that_are_owned_already_wait_for_no_delivery() -> None:
    # As above, on two hosts that are there: built in 3 days from Monday the 5th, so the first Saturday is the 10th.
    own = HostTypeEntry(
        id="own", sockets=2, cores=32, memory_gib=256, score_per_core=5, idle_w=100, full_w=300, price=0, available=2,
        maintenance_per_year=100,
    )  # fmt: skip
    scenario = calc.Scenario(custom_host_types=(own,), host_types=("own",), host_policy="mixed")
    answer = calc.assess(inventory(HEADER, "a,8,32,20,45,X,prod"), scenario)
    plan = plan_migration(answer, rules(lead_time_weeks=1, build_days=3))
    assert plan.waves["date"].tolist() == [dt.date(2026, 1, 10)]
    assert set(plan.hosts["in_service"]) == {dt.date(2026, 1, 9)}
    assert set(plan.hosts["order_by"]) == set(plan.hosts["delivered"]) == {dt.date(2026, 1, 6)}


def test_a_slow_link_holds_a_wave_up_and_says_so() -> None:
    # 10,000 GiB at 100 Mbit/s take 238.6 h: from Thursday the 15th until Saturday the 24th, 22:36.
    answer = calc.assess(inventory(HEADER, "a,8,32,20,10000,X,prod"), ONE_MODEL)
    plan = plan_migration(
        answer, rules(lead_time_weeks=1, build_days=3, link_mbps=100, change_per_day=0.001, window_h=8)
    )
    wave = plan.waves.iloc[0]
    assert wave["date"] == dt.date(2026, 1, 31)
    assert wave["why_later"] == "the copy of its data takes until 2026-01-24 22:36"
    assert wave["copy_to"] == dt.datetime(2026, 1, 31)  # no earlier than it must be
    assert set(plan.hosts["in_service"]) == {dt.date(2026, 1, 21)}  # 238.6 h before: the copy has a host to go to


def test_applications_stay_together_and_test_goes_first() -> None:
    rows = [f"t{i},8,32,20,10,Shop,test" for i in range(3)] + [f"p{i},8,32,20,10,Shop,prod" for i in range(3)]
    plan = plan_migration(calc.assess(inventory(HEADER, *rows), ONE_MODEL), rules())
    assert list(plan.waves["groups"]) == ["Shop · test", "Shop · prod"]
    assert plan.workloads.groupby("wave")["workload"].apply(sorted).tolist() == [["t0", "t1", "t2"], ["p0", "p1", "p2"]]


def test_an_application_too_large_is_cut_but_never_what_must_stay_together() -> None:
    rows = [f"s{i},8,32,20,10,Shop,prod,{'pair' if i in (0, 9) else ''}" for i in range(10)]
    answer = calc.assess(inventory(HEADER + ",affinity", *rows), ONE_MODEL)
    groups = form_groups(answer, rules(risk_per_wave=8))  # four production workloads a window
    assert len(groups) == 3 and groups[0].name == "Shop · prod (1 of 3)"
    assert sorted(len(one.rows) for one in groups) == [2, 4, 4]
    assert any({0, 9} <= set(one.rows.tolist()) for one in groups)


def test_a_server_is_free_only_when_all_its_workloads_have_moved() -> None:
    from tests.make import host_row, rvtools, vm_row

    book = rvtools([host_row("esx1")], [vm_row(f"v{i}", "esx1") for i in range(12)])
    answer = calc.assess(calc.read_inventory(book, name="x.xlsx"), ONE_MODEL)
    plan = plan_migration(answer, rules(risk_per_wave=8))
    assert len(plan.waves) == 3
    assert plan.servers["migrated"].iloc[0] == plan.waves["date"].max()
    assert plan.waves["servers_freed"].tolist() == [0, 0, 1]


def test_what_stays_has_no_date_and_runs_on() -> None:
    answer = calc.assess(inventory(HEADER + ",cpu_model", "a,8,32,20,10,X,prod,", "p,8,32,20,10,Y,prod,IBM POWER8"))
    plan = plan_migration(answer, rules())
    kept = plan.servers.set_index("server").loc["p"]
    assert kept["stays"] and kept["decommissioned"] is None
    assert plan.still_running(3)[1].tolist() == [1.0, 1.0, 1.0]


def test_what_is_off_on_a_server_that_goes_is_listed_and_not_forgotten() -> None:
    book = rvtools(
        [host_row("esx1"), host_row("esx2")],
        [vm_row("a", "esx1"), vm_row("b", "esx2"), vm_row("off", "esx1", power="poweredOff")],
    )
    plan = plan_migration(calc.assess(calc.read_inventory(book, name="rv.xlsx")), rules())
    assert plan.left_behind.to_dict("records") == [
        {"workload": "off", "server": "esx1", "reason": "powered off or a template: needs storage only"}
    ]
    assert "off" not in set(plan.workloads["workload"])
    everything = plan_migration(calc.assess(inventory(HEADER, "a,8,32,20,45,X,prod"), ONE_MODEL), rules())
    assert not len(everything.left_behind)


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_half_way_nothing_breaks(estate_csv: Path, failures: int) -> None:
    """After every wave: capacity as planned, and every failure re-placed by plain loops on what runs so far."""
    answer = calc.assess(calc.read_inventory(estate_csv), calc.Scenario(failover_hosts=failures, effort="quick"))
    plan = plan_migration(answer, rules())
    assert plan.waves["survives"].all()
    assert sorted(plan.workloads["workload"]) == sorted(answer.placement["workload"])
    hosts = answer.hosts.set_index("host")
    names = answer.demand.dimensions
    need = dict(zip(answer.demand.table["workload"], answer.demand.amounts.tolist(), strict=True))
    for number, part in enumerate(plan.parts, start=1):
        here = plan.workloads[plan.workloads["wave"] <= number]
        on = {host: here.loc[here["host"] == host, "workload"].tolist() for host in part.hosts}
        assert set(here["host"]) <= set(part.hosts)  # nothing sits on a host that is not in service
        for host, members in on.items():
            for k, name in enumerate(names):
                assert sum(need[one][k] for one in members) <= hosts.loc[host, f"{name}_capacity"]
        by_pool = hosts.loc[list(part.hosts)].groupby("pool").size()
        assert (by_pool > failures).all()
        for dimension in names if failures else ():
            for pool, mine in hosts.loc[list(part.hosts)].groupby("pool"):
                left = mine[f"{dimension}_capacity_failover"].sort_values().iloc[: len(mine) - failures].sum()
                used = sum(need[one][names.index(dimension)] for host in mine.index for one in on[host])
                assert used <= left, (pool, number)


def test_half_way_no_rack_takes_what_has_moved_with_it(estate_csv: Path) -> None:
    """A plan that survives any rack does so after every wave: what is left holds all that has moved, pool by pool."""
    answer = calc.assess(calc.read_inventory(estate_csv), calc.Scenario(racks=4, failover_hosts=0, effort="quick"))
    plan = plan_migration(answer, rules())
    assert plan.waves["survives"].all()
    hosts = answer.hosts.set_index("host")
    names = answer.demand.dimensions
    need = dict(zip(answer.demand.table["workload"], answer.demand.amounts.tolist(), strict=True))
    for number, part in enumerate(plan.parts, start=1):
        moved = plan.workloads[plan.workloads["wave"] <= number]
        for pool, mine in hosts.loc[list(part.hosts)].groupby("pool"):
            here = moved[moved["host"].isin(mine.index)]
            for rack in mine["rack"].unique():
                left = mine[mine["rack"] != rack]
                for k, name in enumerate(names):
                    used = sum(need[one][k] for one in here["workload"])
                    assert used <= left[f"{name}_capacity_failover"].sum(), (pool, number, rack)


def test_a_move_without_an_end_is_refused_in_words() -> None:
    answer = calc.assess(inventory(HEADER, "a,8,32,20,10,X,prod"), ONE_MODEL)
    for changes, words in (
        ({"link_mbps": 1e-9}, "days to copy the data"),
        ({"people": 1e-5}, "more people, or longer windows"),
        ({"windows_per_week": 1e-6}, "days of windows"),
    ):
        with pytest.raises(InputError, match=words):
            plan_migration(answer, rules(**changes))
    with pytest.raises(InputError, match="calendar ends"):
        plan_migration(answer, MigrationRules(dt.date(9999, 1, 1)))


def test_every_switch_is_inside_its_window_and_copies_do_not_overlap(estate_csv: Path) -> None:
    plan = plan_migration(calc.assess(calc.read_inventory(estate_csv)), rules())
    table = plan.waves
    assert (table["length_h"] <= plan.rules.window_h * table["windows"] + 1e-9).all()
    assert (table["people_hours"] <= plan.rules.hours_per_window * table["windows"] + 1e-9).all()
    assert (table["risk"] <= plan.rules.risk_per_wave * table["windows"] + 1e-9).all()
    assert table["date"].is_monotonic_increasing and table["date"].is_unique
    for before, after in zip(table["copy_to"], table["copy_from"].iloc[1:], strict=False):
        assert before <= after
    assert all(day.weekday() == 5 for day in table["date"])
    ready = dt.datetime.combine(MONDAY, dt.time()) + dt.timedelta(days=75)
    assert table["copy_from"].min() >= ready
    assert (plan.hosts["order_by"] >= MONDAY).all()
    running = plan.still_running(2)
    assert ((running >= 0) & (running <= 1)).all() and (running[:, 1] <= running[:, 0]).all()


def test_words_that_mark_environment_and_database() -> None:
    for text in ("test", "TST", "Dev", "QA env", "pre-prod", "non-prod", "개발", "Staging"):
        assert not is_production(text), text
    for text in ("prod", "Production", "live", "", "latest", "운영"):
        assert is_production(text), text
    assert is_database("frpdb028", "ERP") and is_database("SQL-01", "") and is_database("a", "Oracle")
    assert not is_database("web01", "Shop")


def test_rules_that_cannot_be() -> None:
    with pytest.raises(ScenarioError, match="people = 0 must be more than zero"):
        rules(people=0)
    with pytest.raises(ScenarioError, match="lengthen the window"):
        rules(switch_h=9, window_h=8)
    with pytest.raises(ScenarioError, match="verify_days = -1"):
        rules(verify_days=-1)
    with pytest.raises(InputError, match="nothing to migrate"):
        plan_migration(calc.assess(inventory("hostname,cores,memory_gib,cpu_model", "p1,8,32,IBM POWER8")), rules())


def test_its_dates_are_the_ramp_of_the_cash_flow(estate_csv: Path) -> None:
    """Machine by machine: what the plan says of a server or host is what the money counts of it."""
    estate = calc.read_inventory(estate_csv)
    base = calc.Scenario(effort="quick")
    estimated = calc.assess(estate, base)
    plan = plan_migration(estimated, rules())
    dated = calc.assess(estate, base.varied(move=plan.steps()))
    ramp = form_ramp(dated.case, dated.scenario)
    money = dated_money(estimated, plan)
    assert money.scenario == dated.scenario
    assert money.comparison == dated.comparison
    assert ramp.dated and not form_ramp(estimated.case, base).dated
    gone = [day for day in plan.servers["decommissioned"] if day is not None]
    assert ramp.servers.tolist() == pytest.approx([(day - MONDAY).days / 365 * 12 for day in gone])
    assert ramp.hosts.tolist() == pytest.approx([(day - MONDAY).days / 365 * 12 for day in plan.hosts["in_service"]])
    target = dated.sides["target"]
    (waiting,) = [fleet for fleet in target.fleets if fleet.books_to == "parallel running"]
    running = plan.still_running(5)[~dated.retained]
    for year in range(1, 6):
        assert waiting.in_use(year).tolist() == pytest.approx(running[:, year - 1].tolist())
    # Hosts come later than the estimate says, and so do the switches-off.
    assert dated.flows["target"]["energy"][1] < estimated.flows["target"]["energy"][1]
    assert dated.flows["target"]["parallel running"].sum() > estimated.flows["target"]["parallel running"].sum()
    again = recompute(dated.ledger()).groupby("side")["amount"].sum()
    assert again["target"] == pytest.approx(dated.comparison.tco_target, rel=1e-12)


def test_slower_waves_pay_back_later(estate_csv: Path) -> None:
    estate = calc.read_inventory(estate_csv)
    base = calc.Scenario(effort="quick", electricity_per_kwh=1.5)  # dear enough for the plan to pay back
    answer = calc.assess(estate, base)
    npv, months = [], []
    for lead in (1, 10, 40):
        dated = calc.assess(estate, base.varied(move=plan_migration(answer, rules(lead_time_weeks=lead)).steps()))
        npv.append(dated.comparison.npv)
        months.append(dated.comparison.payback_months)
    assert npv == sorted(npv, reverse=True) and months == sorted(months)

"""Cloud choice by hand; alternatives on equal terms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import calc
from calc import reference
from calc.alternatives import Alternative, compare_alternatives, reusable_hosts
from calc.alternatives.cloud import hybrid, in_cloud, splits_to_try, what_stays
from calc.alternatives.reuse import reused, with_owned
from calc.alternatives.split import relaxed_split, split_bound
from calc.costs.carbon import emissions
from calc.costs.cashflow import per_year, present_value
from calc.costs.cloud import CloudChoice, choose_instances, cloud_terms, instances
from calc.costs.ledger import recompute
from calc.failover import plan_several
from tests.make import inventory, uniform

#: So dear that any cloud is cheaper.
HOST = {
    "id": "h",
    "cores": 64,
    "memory_gib": 1024,
    "idle_w": 100,
    "full_w": 300,
    "price": 5_000_000.0,
    "score_per_core": 9.0,
}
FLAT: dict[str, object] = {"inflation": 0.0, "cpu_growth_per_year": 0.0, "cloud_region": "gcp/us-central1"}


def test_cloud_instances_are_current_x86_without_burst_gpu_or_metal() -> None:
    table = reference.table("cloud_instances")
    assert set(table["family"]) == {"n4", "n4d", "c3", "c3d", "c4", "c4d", "m6i", "m5", "c5", "r5"}
    assert not table["name"].str.contains("metal|micro|small|medium|gpu|lssd").any()
    assert (table["per_hour"] > 0).all() and table["as_of"].notna().all()


def test_the_cheapest_instance_that_fits_cpu_and_memory_is_chosen() -> None:
    found = inventory("hostname,cores,memory_gib,CPU p95 %", "small,4,8,10", "wide,64,64,70", "deep,8,400,10")
    answer = calc.assess(found, calc.Scenario(**FLAT))
    choice = choose_instances(answer.demand, answer.scenario, "on_demand")
    offered = instances(answer.scenario, "on_demand")
    for row, cpu, memory in zip(
        choice.table.itertuples(),
        answer.demand.table["cpu_units"],
        answer.demand.table["memory_gib"] / answer.demand.table["memory_overhead"],
        strict=True,
    ):
        fits = offered[
            (offered["vcpus"] * offered["score_per_vcpu"] * answer.scenario.cpu_ceiling >= cpu)
            & (offered["memory_gib"] >= memory)
        ]
        assert row.per_month == pytest.approx(fits["per_month"].min())
        assert fits["name"].isin([row.instance]).any()


def test_a_workload_too_large_or_of_another_architecture_fits_none() -> None:
    found = inventory("hostname,cores,memory_gib,CPU p95 %,cpu_model", "a,8,12200,10,", "p,8,32,10,IBM POWER8")
    answer = calc.assess(found, calc.Scenario(**FLAT))
    choice = choose_instances(answer.demand, answer.scenario, "on_demand")
    assert choice.table["reason"].tolist() == ["no instance is large enough", "does not run on x86-64 or stays"]
    assert not choice.fits.any()


def test_commitments_are_paid_in_advance_and_again_and_on_demand_through_the_year() -> None:
    answer = calc.assess(uniform(1), calc.Scenario(**FLAT, horizon_years=5, cloud_egress_per_gib=0.1))
    mask = np.ones(1, dtype=bool)
    for term, paid in (
        ("on_demand", [0, 12, 12, 12, 12, 12]),
        ("one_year", [12, 12, 12, 12, 12, 0]),
        ("three_years", [36, 0, 0, 24, 0, 0]),
    ):
        choice = choose_instances(answer.demand, answer.scenario, term)
        flow = np.zeros(6)
        for item in cloud_terms(choice, mask, answer.scenario):
            flow[item.year] += item.amount
        month = float(choice.table["per_month"].iloc[0])
        assert flow.tolist() == pytest.approx([count * month for count in paid]), term


def test_storage_egress_and_windows_are_the_users_prices() -> None:
    found = inventory("hostname,cores,memory_gib,CPU p95 %,Disk used (GiB),os", "a,4,8,10,500,Windows Server 2022")
    bare = calc.assess(found, calc.Scenario(**FLAT))
    mask = np.ones(1, dtype=bool)
    choice = choose_instances(bare.demand, bare.scenario, "on_demand")
    assert choice.missing(bare.scenario, mask) == ("storage", "egress", "Windows")
    full = bare.scenario.varied(
        cloud_storage_per_gib_month=0.1,
        cloud_egress_per_gib=0.08,
        cloud_egress_gib_month=1000.0,
        cloud_windows_per_vcpu_hour=0.046,
    )
    assert choice.missing(full, mask) == ()
    yearly = {t.label: t.amount for t in cloud_terms(choice, mask, full) if t.year == 1}
    assert yearly["cloud storage"] == pytest.approx(500 * 0.1 * 12)
    assert yearly["egress"] == pytest.approx(1000 * 0.08 * 12)
    vcpus = int(choice.table["vcpus"].iloc[0])
    assert yearly["Windows in the cloud"] == pytest.approx(vcpus * 8760 * 0.046)


def test_a_region_without_committed_prices_says_so() -> None:
    answer = calc.assess(uniform(3), calc.Scenario(**{**FLAT, "cloud_region": "aws/us-east-1"}))
    with pytest.raises(calc.ScenarioError, match="choose on_demand"):
        choose_instances(answer.demand, answer.scenario, "three_years")
    found = compare_alternatives(answer)
    assert "Cloud, three years" in found.skipped and any(entry.kind == "cloud" for entry in found.entries)
    with pytest.raises(calc.ScenarioError, match="cloud_region"):
        calc.Scenario(cloud_region="moon/base")


def test_a_year_without_a_list_price_is_a_stated_share_of_the_price_on_demand() -> None:
    answer = calc.assess(uniform(3), calc.Scenario(**{**FLAT, "cloud_region": "aws/us-east-1", "inflation": 0.0}))
    hourly, year = (choose_instances(answer.demand, answer.scenario, term) for term in ("on_demand", "one_year"))
    assert year.estimated and not hourly.estimated
    assert year.table["per_month"].sum() == pytest.approx(0.63 * hourly.table["per_month"].sum())
    mask = np.ones(3, dtype=bool)
    first = cloud_terms(year, mask, answer.scenario)[0]
    assert (
        first.amount == pytest.approx(12 * year.table["per_month"].sum()) and "cloud_one_year_fraction" in first.formula
    )
    listed = choose_instances(answer.demand, calc.Scenario(**FLAT), "one_year")
    assert not listed.estimated
    found = compare_alternatives(answer)
    assert any("63% of the price on demand" in entry.note for entry in found.entries)


@pytest.fixture(scope="module")
def alternatives() -> tuple[calc.Assessment, object]:
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date,Disk used (GiB)"
    rows = [f"s{i:02d},16,64,{5 + i % 20},{2025 if i % 4 == 0 else 2016},200" for i in range(40)]
    answer = calc.assess(
        inventory(header, *rows),
        calc.Scenario(cloud_storage_per_gib_month=0.1, cloud_egress_per_gib=0.08, cloud_windows_per_vcpu_hour=0.046),
    )
    return answer, compare_alternatives(answer)


def test_every_alternative_is_there_on_equal_terms(alternatives: tuple) -> None:
    answer, found = alternatives
    kinds = [entry.kind for entry in found.entries]
    assert kinds.count("consolidate") == 6 and {"stay", "refresh", "reuse", "hybrid"} <= set(kinds)
    assert kinds.count("cloud") == 3
    table = found.table().set_index("alternative")
    assert table["recommended"].sum() == 1
    stay = table.loc["Stay: keep today's servers"]
    assert stay["npv_against_stay"] == 0 and stay["tco"] == pytest.approx(answer.comparison.tco_baseline)
    own = table.loc["Consolidate on Proxmox VE (Standard subscription)"]
    assert own["npv_against_stay"] == pytest.approx(answer.comparison.npv)
    for entry in found.entries:
        assert len(per_year(entry.flows)) == answer.scenario.horizon_years + 1
        assert entry.comparison.npv == pytest.approx(
            present_value(per_year(answer.flows["baseline"]), answer.scenario.discount_rate) - entry.present_cost
        )


def test_the_recommended_one_has_the_least_present_cost_of_the_complete_ones(alternatives: tuple) -> None:
    _, found = alternatives
    complete = [entry.present_cost for entry in found.entries if not entry.missing]
    assert found.recommended.present_cost == min(complete)
    assert found.recommended.name not in found.reason and "below the next" in found.reason


def test_a_hybrid_is_never_dearer_than_all_hosts_or_all_cloud(alternatives: tuple) -> None:
    _, found = alternatives
    by_kind = {entry.kind: entry for entry in found.entries}
    hybrid = by_kind["hybrid"]
    whole = next(e for e in found.entries if e.kind == "cloud" and e.name.endswith("three years"))
    own = next(e for e in found.entries if "Proxmox" in e.name)
    assert hybrid.present_cost <= min(whole.present_cost, own.present_cost) + 0.01
    assert int(found.in_cloud.sum()) == hybrid.in_cloud


def _best_split(answer: calc.Assessment, choice: CloudChoice) -> Alternative:
    splits = splits_to_try(answer, choice)
    planned = plan_several([what_stays(answer, mask) for mask in splits.masks], calc.Limits())
    return hybrid(answer, choice, splits, list(planned))[0]


@pytest.mark.parametrize("price", [4_000.0, 25_000.0])
def test_no_split_of_the_workloads_is_below_the_bound_of_the_hybrid(price: float) -> None:
    """Every one of 2^6 splits, packed again and priced whole."""
    header = "hostname,cores,memory_gib,CPU p95 %,Disk used (GiB)"
    rows = [f"s{i},{4 + 4 * (i % 3)},{16 << (i % 4)},{10 + 5 * i},{100 * i}" for i in range(6)]
    host = {**HOST, "cores": 16, "memory_gib": 256, "price": price}
    answer = calc.assess(
        inventory(header, *rows),
        calc.Scenario(
            **FLAT,
            host_types=("h",),
            custom_host_types=(host,),
            hypervisor="kvm",
            cloud_storage_per_gib_month=0.05,
            cloud_egress_per_gib=0.08,
            cloud_egress_gib_month=100.0,
        ),
    )
    choice = choose_instances(answer.demand, answer.scenario)
    assert choice.fits.all()
    best = _best_split(answer, choice)
    masks = [np.array([bool(number >> k & 1) for k in range(6)]) for number in range(2**6)]
    planned = plan_several([what_stays(answer, mask) for mask in masks], calc.Limits())
    costs = [
        in_cloud(answer, choice, mask, pools, "hybrid").present_cost for mask, pools in zip(masks, planned, strict=True)
    ]
    assert best.bound is not None and best.bound <= min(costs) <= best.present_cost
    assert best.bound > 0.5 * min(costs)  # it says something
    split = relaxed_split(answer, choice, [answer.pools[0].types[0]])
    assert split is not None


def test_a_bound_is_not_said_where_something_could_take_off(alternatives: tuple) -> None:
    answer, found = alternatives
    by_kind = {entry.kind: entry for entry in found.entries}
    assert by_kind["hybrid"].bound is not None and by_kind["hybrid"].bound <= by_kind["hybrid"].present_cost
    assert by_kind["stay"].bound is None
    large = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %", "a,8,32,20", "b,8,2000,20"),
        calc.Scenario(**FLAT, host_types=("h",), custom_host_types=({**HOST, "price": 9_000.0},)),
    )
    assert large.servers_retained == 1  # more memory than a host has: its server stays, or it moves to the cloud
    assert _best_split(large, choose_instances(large.demand, large.scenario)).bound is None
    refund = answer.scenario.varied(own_lines=({"name": "refund", "amount": -5.0, "per": "host"},))
    split = relaxed_split(answer, found.choice, [pool.types[0] for pool in answer.pools])
    assert split is not None
    assert split_bound(replace(answer, scenario=refund), split, by_kind["hybrid"].side) is None


def test_reused_hosts_are_young_owned_limited_and_still_maintained(alternatives: tuple) -> None:
    answer, found = alternatives
    entries = reusable_hosts(answer)
    assert sum(entry.available or 0 for entry in entries) == 10
    assert all(entry.price == 0 and (entry.maintenance_per_year or 0) > 0 for entry in entries)
    reuse = next(entry for entry in found.entries if entry.kind == "reuse")
    assert "owned servers become hosts" in reuse.note
    own = sum(host.owned for host in reuse.case.hosts)
    assert own == int(reuse.note.split()[0])
    _, embodied = emissions(reuse.side, reuse.scenario)  # what is there already was made already
    assert embodied.sum() == pytest.approx((len(reuse.case.hosts) - own) * reuse.scenario.embodied_kg_per_host)


def test_a_reused_host_is_neither_sold_nor_run_twice_and_keeps_its_value() -> None:
    """Six servers of 2025 with two thirds of an estate's work: what becomes a host does not leave."""
    header = "hostname,cores,memory_gib,CPU p95 %,Mem p95 %,Purchase date,Purchase price"
    rows = [f"s{i},32,512,10,10,{'2025-01-01' if i < 6 else '2014-01-01'},10000" for i in range(12)]
    settings = {"resale_fraction": 0.5, "disposal_per_server": 60.0, "horizon_years": 3, "inflation": 0.0}
    answer = calc.assess(inventory(header, *rows), calc.Scenario(**FLAT | settings))
    again = with_owned(answer)
    assert again is not None
    entry = reused(answer, calc.assess(answer.inventory, again))
    used = sum(host.owned for host in entry.case.hosts)
    assert used and used == int(entry.case.reused.sum()) == int(entry.note.split()[0])
    assert entry.flows["disposal"].sum() == pytest.approx((12 - used) * 60)
    age = 2026 - answer.case.purchase_year(answer.scenario)[0]
    assert entry.flows["resale"].sum() == pytest.approx(-0.5 * (6 - used) * 10_000 * (1 - age / 5))
    waiting = next(fleet for fleet in entry.side.fleets if fleet.books_to == "parallel running")
    assert len(waiting.start) == 12 - used
    plan = entry.side.fleets[0]
    assert plan.residual_of_owned(again).sum() == pytest.approx(used * 10_000 * (1 - (age + 3) / 5))
    total = recompute(entry.ledger())["amount"].sum()
    assert total == pytest.approx(entry.comparison.tco_target)


def test_without_stated_prices_the_cloud_is_not_recommended() -> None:
    answer = calc.assess(uniform(20), calc.Scenario(**FLAT))
    found = compare_alternatives(answer)
    assert all(entry.missing for entry in found.entries if entry.kind in ("cloud", "hybrid"))
    assert not found.recommended.missing
    bare = min(entry.present_cost for entry in found.entries if entry.missing)
    dearer = bare >= found.recommended.present_cost  # a missing price can only add
    assert ("costs more even before" if dearer else "is not judged") in found.reason


def test_a_cheaper_but_incomplete_cloud_is_not_judged() -> None:
    scenario = calc.Scenario(**FLAT, host_types=("h",), custom_host_types=(HOST,))
    found = compare_alternatives(calc.assess(uniform(4), scenario))
    shown = replace(found, entries=tuple(entry for entry in found.entries if entry.kind in ("consolidate", "cloud")))
    assert shown.recommended.kind == "consolidate" and "is not judged" in shown.reason


def test_crossings_lie_where_the_courses_meet(alternatives: tuple) -> None:
    _, found = alternatives
    crossings = found.crossings()
    courses = {entry.name: np.cumsum(per_year(entry.flows)) for entry in found.entries}
    assert isinstance(crossings, pd.DataFrame) and len(crossings)
    for row in crossings.itertuples():
        years = np.arange(len(courses[row.first]))
        at = row.month / 12
        assert np.interp(at, years, courses[row.first]) == pytest.approx(row.cost, rel=1e-6)
        assert np.interp(at, years, courses[row.second]) == pytest.approx(row.cost, rel=1e-6)
        before = int(np.floor(at))
        assert courses[row.first][before] <= courses[row.second][before]


def test_the_real_workbook_runs_through_every_alternative(rvtools_workbook: Path) -> None:
    answer = calc.assess(calc.read_inventory(rvtools_workbook))
    found = compare_alternatives(answer)
    assert {"stay", "refresh", "consolidate", "cloud", "hybrid"} <= {entry.kind for entry in found.entries}
    assert found.skipped == {"Consolidate on reused hosts": "no server of the estate is still within its life"}


def test_the_sample_estate_runs_through_every_alternative(estate_csv: Path) -> None:
    found = compare_alternatives(calc.assess(calc.read_inventory(estate_csv)))
    assert len(found.entries) == 13 and not found.skipped


def test_the_ledger_of_every_alternative_recomputes_its_total(alternatives: tuple) -> None:
    _, found = alternatives
    for entry in found.entries:
        again = recompute(entry.ledger())
        assert again["amount"].sum() == pytest.approx(entry.comparison.tco_target), entry.name
        by_line = again.groupby("line")["amount"].sum()
        for line, amounts in entry.flows.items():
            assert by_line.get(line, 0.0) == pytest.approx(float(amounts.sum()), abs=1e-6), (entry.name, line)

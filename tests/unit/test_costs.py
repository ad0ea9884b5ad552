"""Money to the cent, by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import calc
from calc import hypervisors
from calc.catalogue import catalogue
from calc.costs.alternatives import ServerNeeds, replacement
from calc.costs.cashflow import combine, compare, payback_months, per_year, present_value, tco
from calc.costs.fleet import LINES, Fleet
from calc.costs.rates import electricity_price, facility_rates, host_power_w, licence_cost
from calc.scenario import Scenario
from tests.make import inventory, uniform

#: No inflation, round rates.
FLAT = {
    "inflation": 0.0,
    "energy_escalation": 0.0,
    "cpu_growth_per_year": 0.0,
    "electricity_per_kwh": 0.20,
    "pue": 1.5,
    "hours_per_year": 8760.0,
    "horizon_years": 3,
    "server_life_years": 5,
    "warranty_years": 0,
    "network_fraction": 0.0,
}


def one(
    price: float = 0.0,
    maintenance: float = 0.0,
    idle: float = 100.0,
    full: float = 200.0,
    utilisation: float = 0.5,
    units: float = 2.0,
    licence: float = 0.0,
    once: float = 0.0,
    start: int = 0,
    end: int = 3,
    warranty_end: int = 0,
) -> Fleet:
    def array(value: float) -> np.ndarray:
        return np.array([value])

    return Fleet(
        "hardware",
        array(price),
        array(maintenance),
        array(warranty_end),
        array(idle),
        array(full),
        array(utilisation),
        array(units),
        array(once),
        array(licence),
        np.array([start]),
        np.array([end]),
    )


def test_energy_by_hand() -> None:
    # 150 W x 1.5 x 8,760 h x 0.20 = 394.20 a year
    flows = one().lines(Scenario(**FLAT))
    assert flows["energy"].round(2).tolist() == [0.0, 394.20, 394.20, 394.20]


def test_energy_grows_with_demand_and_price_and_stops_at_full_power() -> None:
    scenario = Scenario(**{**FLAT, "cpu_growth_per_year": 0.5, "energy_escalation": 0.1})
    flows = one(utilisation=0.5).lines(scenario)
    by_hand = [0.0]
    for year, use in ((1, 0.75), (2, 1.0), (3, 1.0)):
        by_hand.append((100 + 100 * use) / 1000 * 1.5 * 8760 * 0.20 * 1.1**year)
    assert flows["energy"].tolist() == pytest.approx(by_hand)


def test_purchase_maintenance_and_residual_value_by_hand() -> None:
    # 1,000 now, life 5, horizon 3: 40 % is left. Maintenance 100 a year at 2 % inflation.
    flows = one(price=1000, maintenance=100).lines(Scenario(**{**FLAT, "inflation": 0.02}))
    assert flows["hardware"].tolist() == [1000, 0, 0, 0]
    assert flows["maintenance"].round(4).tolist() == [0, 102.0, 104.04, 106.1208]
    assert flows["residual value"].round(2).tolist() == [0, 0, 0, -400.0]


def test_a_later_purchase_pays_that_years_price_and_keeps_more_value() -> None:
    flows = one(price=1000, start=2).lines(Scenario(**{**FLAT, "inflation": 0.02}))
    assert flows["hardware"].round(2).tolist() == [0, 0, 1040.40, 0]
    assert flows["energy"].round(2).tolist() == [0, 0, 0, 394.20]
    assert flows["residual value"][3] == pytest.approx(-1040.40 * 0.8)


def test_warranty_spares_maintenance() -> None:
    flows = one(maintenance=100, warranty_end=2).lines(Scenario(**FLAT))
    assert flows["maintenance"].tolist() == [0, 0, 0, 100]


def test_subscriptions_are_paid_in_advance_and_perpetual_ones_once() -> None:
    flows = one(licence=300, once=50).lines(Scenario(**FLAT))
    assert flows["hypervisor"].tolist() == [350, 300, 300, 0]


def test_facility_modes() -> None:
    own = one().lines(Scenario(**FLAT))
    metered = one().lines(Scenario(**FLAT, facility_mode="colocation_metered", rack_unit_per_month=30.0))
    all_in = one().lines(Scenario(**FLAT, facility_mode="colocation_all_in", colocation_per_kw_month=200.0))
    assert own["space"].sum() == 0
    assert metered["energy"].tolist() == own["energy"].tolist()
    assert metered["space"].tolist() == [0, 720, 720, 720]  # 2 U x 30 x 12
    assert all_in["energy"].sum() == 0
    assert all_in["space"].round(2).tolist() == [0, 360, 360, 360]  # 0.15 kW x 200 x 12


def test_npv_payback_and_roi_by_hand() -> None:
    scenario = Scenario(**{**FLAT, "discount_rate": 0.10})
    zero = {line: np.zeros(4) for line in LINES}
    baseline = {**zero, "energy": np.array([0.0, 60, 60, 60])}
    target = {**zero, "hardware": np.array([100.0, 0, 0, 0])}
    result = compare(baseline, target, scenario)
    assert result.npv == pytest.approx(-100 + 60 / 1.1 + 60 / 1.21 + 60 / 1.331)
    assert result.payback_months == pytest.approx(20.0)  # 60 after a year, 40 of 60 in the second
    assert result.savings == 80 and result.investment == 100 and result.roi == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("net", "months"),
    [
        ([-100, 50, 50], 24),
        ([-100, 40, 80], 21),
        ([-100, 10], None),
        ([0, 5], 0.0),
        ([10, -5], 0.0),
        ([10, -5, -10], None),  # a resale in year 0, then dearer every year: nothing is paid back
        ([-100, 120, -60, 80], 12 * (2 + 40 / 80)),  # earned back, spent again on the second half of the hosts
        ([10, -30, 5, 40], 12 * (2 + 15 / 40)),
        ([-12, 0, 12], 24),
    ],
)
def test_payback(net: list[float], months: float | None) -> None:
    assert payback_months(np.array(net, dtype=float)) == months


def test_present_value_does_not_discount_year_zero() -> None:
    assert present_value(np.array([100.0, 110.0]), 0.10) == pytest.approx(200.0)


@pytest.mark.parametrize(
    ("cores", "sockets", "licensed"),
    [(15, 1, 16), (16, 1, 16), (17, 1, 17), (32, 2, 32), (24, 2, 32), (40, 2, 40), (8, 1, 16)],
)
def test_vmware_counts_cores_with_a_minimum_of_16_a_cpu(cores: int, sockets: int, licensed: int) -> None:
    host = replace(catalogue(Scenario())[0], cores=cores, sockets=sockets)
    assert hypervisors.get("vsphere").licence_units(host) == licensed
    assert licence_cost(host, Scenario(hypervisor="vsphere")).per_year == pytest.approx(licensed * 150)


@pytest.mark.parametrize(
    ("cores", "sockets", "licensed"), [(8, 1, 16), (8, 2, 16), (20, 1, 20), (12, 2, 16), (40, 2, 40)]
)
def test_windows_server_counts_8_a_cpu_and_16_a_server(cores: int, sockets: int, licensed: int) -> None:
    host = replace(catalogue(Scenario())[0], cores=cores, sockets=sockets)
    cost = licence_cost(host, Scenario(hypervisor="hyperv", price_indexing="none"))
    assert cost.per_year == 0 and cost.once == pytest.approx(licensed * 423.1875)


def test_proxmox_counts_sockets_and_converts_euros_once() -> None:
    host = replace(catalogue(Scenario())[0], sockets=2)
    assert licence_cost(host, Scenario(price_indexing="none")).per_year == pytest.approx(2 * 530 * 1.0824)
    assert licence_cost(host, Scenario(currency="EUR", price_indexing="none")).per_year == pytest.approx(2 * 530)


def test_reference_prices_of_earlier_years_stand_at_the_first_years_level() -> None:
    raised, plain = Scenario(inflation=0.03), Scenario(inflation=0.03, price_indexing="none")
    for name, years in (("storage_price_per_gib", 2), ("colocation_per_kw_month", 1), ("rack_unit_per_month", 0)):
        assert raised.money(name) == pytest.approx(plain.money(name) * 1.03**years)
    assert Scenario(storage_price_per_gib=1.5).money("storage_price_per_gib") == 1.5  # the user's is of today
    host = catalogue(Scenario())[0]
    assert licence_cost(host, raised).per_year == pytest.approx(1.03 * licence_cost(host, plain).per_year)
    assert host.price == catalogue(plain)[0].price  # host prices have a level of their own
    rows = calc.assess(uniform(3), calc.Scenario()).explain("migration.target.year0").rows.set_index("figure")
    assert "price of 2024 raised to 2026 at 0.02 a year" in rows.at["migration_hour_price", "source"]


def test_electricity_is_converted_once_or_the_users_own() -> None:
    assert electricity_price(Scenario(currency="EUR")).per_kwh == pytest.approx(0.1899)
    assert electricity_price(Scenario()).per_kwh == pytest.approx(0.1899 * 1.0824)
    assert electricity_price(Scenario(electricity_per_kwh=0.3)).per_kwh == 0.3
    assert facility_rates(Scenario(**FLAT)).energy_per_kw_year == pytest.approx(0.2 * 1.5 * 8760)


def test_memory_beyond_the_tested_machine_draws_power() -> None:
    host = replace(catalogue(Scenario())[0], idle_w=100, full_w=300, memory_gib=512, tested_memory_gib=256)
    assert host_power_w(host, Scenario(memory_w_per_gib=0.25)) == (164, 364)


def test_measured_power_replaces_the_model_and_keeps_its_slope() -> None:
    header = "hostname,cores,memory_gib,CPU avg %,Power (W)"
    answer = calc.assess(inventory(header, "a,8,32,10,400"), calc.Scenario(**{**FLAT, "cpu_growth_per_year": 0.0}))
    assert answer.before.power_kw == pytest.approx(0.400)
    assert answer.flows["baseline"]["energy"][1] == pytest.approx(0.4 * 1.5 * 8760 * 0.20)


def test_storage_is_bought_for_local_disks_and_not_for_a_virtualised_estate() -> None:
    header = "hostname,cores,memory_gib,Disk used (GiB)"
    answer = calc.assess(inventory(header, "a,8,32,1000"), calc.Scenario(storage_price_per_gib=2.0))
    assert answer.flows["target"]["storage"][0] == pytest.approx(2000)


def test_migration_counts_what_moves() -> None:
    answer = calc.assess(uniform(10), calc.Scenario(migration_hour_price=150.0, migration_hours_simple=2.0))
    assert answer.flows["target"]["migration"][0] == pytest.approx(10 * 2 * 150)


def test_retained_servers_stay_in_the_targets_money_and_hardware() -> None:
    found = inventory("hostname,cores,memory_gib,CPU p95 %,cpu_model", "a,8,32,20,", "p,8,32,20,IBM POWER8")
    answer = calc.assess(found)
    assert answer.servers_retained == 1 and answer.unplaced["reason"].iloc[0] == "no allowed host runs ppc64"
    assert answer.after.servers == answer.hosts_after + 1
    alone = calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %", "a,8,32,20"))
    for line in ("energy", "maintenance"):
        assert answer.flows["target"][line].sum() > alone.flows["target"][line].sum()


def test_steps_sum_to_the_saving(tiny_csv: object) -> None:
    answer = calc.assess(calc.read_inventory(tiny_csv))  # type: ignore[arg-type]
    assert answer.saving_steps["saving"].sum() == pytest.approx(answer.comparison.savings)


def test_cash_flow_sums_to_the_totals(tiny_csv: object) -> None:
    answer = calc.assess(calc.read_inventory(tiny_csv))  # type: ignore[arg-type]
    by_side = calc.cashflow_table(answer).groupby("side")["amount"].sum()
    assert by_side["baseline"] == pytest.approx(answer.comparison.tco_baseline)
    assert by_side["target"] == pytest.approx(answer.comparison.tco_target)


def test_replacement_takes_the_cheapest_that_meets_demand() -> None:
    small, big = (
        replace(catalogue(Scenario())[0], id=name, cores=cores, memory_gib=memory, score_per_core=5.0, price=price)
        for name, cores, memory, price in (("s", 8, 64, 1000.0), ("b", 32, 256, 3000.0))
    )
    needs = ServerNeeds(
        cpu_units=np.array([10.0, 100.0, 500.0, 30.0]),
        memory_gib=np.array([32.0, 100.0, 300.0, 100.0]),
        vcpus=np.zeros(4),
        mean_units=np.zeros(4),
        cores=np.array([16.0, 8.0, 8.0, 8.0]),
        installed_gib=np.array([32.0, 32.0, 32.0, 32.0]),
        virtualised=np.zeros(4, dtype=bool),
        replaceable=np.ones(4, dtype=bool),
    )
    chosen, units = replacement(needs, (small, big), Scenario(cpu_ceiling=0.8), equal_cores=False)
    # The last would fit two small ones for less, but what runs on one server is not divided; the third fits no single one.
    assert chosen.tolist() == [0, 1, 1, 1] and units.tolist() == [1, 1, 4, 1]
    chosen, units = replacement(needs, (small, big), Scenario(), equal_cores=True)
    assert chosen.tolist() == [1, 0, 0, 0] and units.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("cpu_units", "memory_gib", "vcpus", "chosen"),
    [
        (24.0, 38.0, 32.0, 0),  # (8 - 2) cores x 5 x 0.8, (64 - 24) GiB x 0.95, 8 cores x 4
        (24.1, 38.0, 32.0, 1),
        (24.0, 38.1, 32.0, 1),
        (24.0, 38.0, 33.0, 1),
    ],
)
def test_a_hypervisor_host_is_replaced_by_the_rules_of_a_plans_hosts(
    cpu_units: float, memory_gib: float, vcpus: float, chosen: int
) -> None:
    types = tuple(
        replace(catalogue(Scenario())[0], id=name, cores=cores, memory_gib=memory, score_per_core=5.0, price=price)
        for name, cores, memory, price in (("s", 8, 64, 1000.0), ("b", 32, 256, 3000.0))
    )
    one, yes = np.ones(1), np.ones(1, dtype=bool)
    needs = ServerNeeds(one * cpu_units, one * memory_gib, one * vcpus, one, one, one, yes, yes)
    assert replacement(needs, types, Scenario(), equal_cores=False)[0].tolist() == [chosen]
    bare = replace(needs, virtualised=~yes)
    assert replacement(bare, types, Scenario(), equal_cores=False)[0].tolist() == [0]


def test_the_real_workbooks_hosts_are_refreshed_one_for_one(rvtools_workbook: Path) -> None:
    answer = calc.assess(calc.read_inventory(rvtools_workbook))
    new = [fleet for fleet in answer.sides["refresh"].fleets if fleet.kinds is not None]
    assert (
        sum(float(fleet.machines.sum()) for fleet in new if fleet.machines is not None) == answer.before.servers == 34
    )
    assert (
        max(host.memory_gib for fleet in new for host in fleet.kinds) >= 512
    )  # hosts of 512 GiB, whose VMs ask for up to 514


def test_a_subscription_of_today_counts_16_cores_a_cpu_and_those_of_the_new_host(rvtools_workbook: Path) -> None:
    scenario = calc.Scenario(baseline_hypervisor_per_core_per_year=100.0, inflation=0.0)
    answer = calc.assess(calc.read_inventory(rvtools_workbook), scenario)
    # 34 hosts of two CPUs with 6 or 8 cores each: 32 licences a host.
    assert answer.flows["baseline"]["hypervisor"].tolist() == pytest.approx([34 * 32 * 100.0] * 5 + [0])
    new = [host for fleet in answer.sides["refresh"].fleets if fleet.kinds is not None for host in fleet.kinds]
    wanted = sum(host.sockets * max(16, host.cores // host.sockets) for host in new) * 100.0
    assert len(new) == 34 and answer.flows["refresh"]["hypervisor"][0] == pytest.approx(wanted)


def test_a_refresh_buys_disks_for_the_data_of_physical_servers() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Disk used (GiB)"
    flat = {**FLAT, "horizon_years": 5, "server_life_years": 5}
    answer = calc.assess(inventory(header, "a,8,32,10,1000"), calc.Scenario(**flat, host_disk_price_per_tb=300.0))
    # 1,000 GiB mirrored are 2,147.48 GB: the maker's terabyte is decimal.
    assert answer.flows["refresh"]["storage"].tolist() == pytest.approx([644.2450944, 0, 0, 0, 0, 0])
    # Each raw TiB draws 2 W as the plan's storage does: 1.953125 TiB of them.
    disks = next(fleet for fleet in answer.sides["refresh"].fleets if fleet.stored_on == "disks")
    assert disks.power_w(answer.scenario, 1).tolist() == pytest.approx([1000 * 2 / 1024 * 2.0])


def test_what_nothing_on_sale_can_replace_is_kept_by_a_refresh_too() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Architecture"
    answer = calc.assess(inventory(header, "a,8,32,10,ppc64", "b,8,32,10,ppc64"))
    assert answer.flows["refresh"]["hardware"].any() == np.False_
    assert answer.explain("npv.refresh").amount == pytest.approx(0)  # it stays in the plan as well


def test_refresh_buys_when_the_old_server_reaches_its_life() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date"
    answer = calc.assess(
        inventory(header, "a,8,32,10,2023", "b,8,32,10,2015"), calc.Scenario(**{**FLAT, "horizon_years": 5})
    )
    bought = answer.flows["refresh"]["hardware"]
    assert np.flatnonzero(bought).tolist() == [0, 2]  # b is past its life now, a reaches 5 years in 2028


def test_idle_servers_need_a_reading_to_be_idle() -> None:
    header = "hostname,cores,memory_gib,CPU avg %,CPU p95 %"
    answer = calc.assess(inventory(header, "idle,8,32,1,2", "busy,8,32,1,30", "unknown,8,32,,"), calc.Scenario())
    kept = answer.flows["without_idle"]["maintenance"].sum() / answer.flows["baseline"]["maintenance"].sum()
    assert kept == pytest.approx(2 / 3)  # three equal servers, one of them idle


def test_scaling_every_price_scales_every_total() -> None:
    """All money times k (through the currency's own prices) multiplies NPV by k."""
    base = {
        "electricity_per_kwh": 0.2,
        "host_price_per_thread": 100.0,
        "host_price_per_gib": 16.0,
        "storage_price_per_gib": 2.0,
        "migration_hour_price": 200.0,
        "hypervisor": "kvm",
        "host_types": ("dl380-g11-64c-1024",),
        "host_prices": {"dl380-g11-64c-1024": 50_000.0},
    }
    tripled = {
        **base,
        "electricity_per_kwh": 0.6,
        "host_price_per_thread": 300.0,
        "host_price_per_gib": 48.0,
        "storage_price_per_gib": 6.0,
        "migration_hour_price": 600.0,
        "host_prices": {"dl380-g11-64c-1024": 150_000.0},
    }
    first, second = (calc.assess(uniform(40), calc.Scenario(**settings)).comparison.npv for settings in (base, tripled))
    assert second == pytest.approx(3 * first)


def test_equal_sides_save_nothing() -> None:
    flows = combine(Scenario(**FLAT), [one(price=10, maintenance=5)])
    result = compare(flows, flows, Scenario(**FLAT))
    assert (result.savings, result.npv, result.payback_months, result.roi) == (0, 0, 0, None)
    assert per_year(flows).sum() == pytest.approx(tco(flows))


def test_a_machine_held_at_full_load_is_counted() -> None:
    found = inventory("hostname,cores,memory_gib,CPU avg %", "a,8,32,90", "b,8,32,10")
    answer = calc.assess(found, calc.Scenario(cpu_growth_per_year=0.1))
    assert [item.count for item in answer.assumed if "server today" in item.field] == [1]
    assert not [
        item
        for item in calc.assess(found, calc.Scenario(cpu_growth_per_year=0.0)).assumed
        if "beyond full load" in item.field
    ]

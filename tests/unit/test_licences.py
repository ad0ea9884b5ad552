"""Licences to the cent at the edges of their counting rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import calc
from calc.alternatives.cloud import in_cloud
from calc.catalogue import catalogue
from calc.costs import licences
from calc.costs.cashflow import per_year, present_value
from calc.costs.cloud import choose_instances
from calc.costs.ledger import recompute
from calc.costs.licences import sql_cores
from calc.costs.pnl import profit_and_loss
from calc.costs.rates import licence_cost
from calc.costs.scope import excluded
from calc.guests import is_windows, licence_class
from calc.licence_plan import compare_licence_plans, fullest_windows
from calc.scenario import Scenario
from tests.make import host_row, inventory, rvtools, vm_row


@pytest.mark.parametrize(
    ("cores", "sockets", "counted"),
    [(15, 1, 16), (16, 1, 16), (17, 1, 17), (8, 2, 16), (12, 2, 16), (17, 2, 18), (32, 2, 32), (4, 4, 32)],
)
def test_windows_counts_all_cores_at_least_8_a_cpu_and_16_a_server(cores: int, sockets: int, counted: int) -> None:
    assert licences.windows_cores(cores, sockets) == counted


@pytest.mark.parametrize(
    ("vms", "edition", "times", "price"),
    [
        (0, "windows-standard", 0, 0.0),
        (1, "windows-standard", 1, 1176.0),
        (2, "windows-standard", 1, 1176.0),
        (3, "windows-standard", 2, 2352.0),
        (10, "windows-standard", 5, 5880.0),
        (11, "windows-datacenter", 1, 6771.0),  # a sixth Standard would be 7,056
        (500, "windows-datacenter", 1, 6771.0),
    ],
)
def test_windows_datacenter_from_11_vms_on_16_cores(vms: int, edition: str, times: int, price: float) -> None:
    found = licences.windows_choice(16, 1, vms)
    assert found[:2] == (edition, times) and found[2] == pytest.approx(price, abs=0.005)


def test_every_host_type_becomes_seven_licence_variants() -> None:
    host = catalogue(Scenario())[0]
    found = licences.variants([host], Scenario())
    assert [entry.windows_vms for entry in found] == [0, 2, 4, 6, 8, 10, licences.ANY_NUMBER]
    scenario = Scenario(windows_licences="none_owned", price_indexing="none")
    counted = licences.windows_cores(host.cores, host.sockets)
    prices = [licences.windows_cost(entry, scenario) for entry in found]
    assert prices == pytest.approx([0, *(counted * 73.5 * times for times in range(1, 6)), counted * 423.1875])
    assert len(licences.variants([host], Scenario(hypervisor="hyperv"))) == 6  # the host is a Windows server itself


def test_standard_is_stacked_as_often_as_ones_own_prices_make_it_cheaper() -> None:
    host = catalogue(Scenario())[0]
    own = Scenario(
        windows_licences="none_owned", licence_prices={"windows-standard": 40.0, "windows-datacenter": 401.0}
    )
    assert [entry.windows_vms for entry in licences.variants([host], own)] == [*range(0, 21, 2), licences.ANY_NUMBER]
    dear = Scenario(windows_licences="none_owned", licence_prices={"windows-standard": 500.0})
    assert [entry.windows_vms for entry in licences.variants([host], dear)] == [0, licences.ANY_NUMBER]


def test_a_limited_type_has_one_variant_so_that_its_number_holds() -> None:
    host = replace(catalogue(Scenario())[0], available=3)
    assert [entry.windows_vms for entry in licences.variants([host], Scenario())] == [0]
    only = licences.variants([host], Scenario(hypervisor="hyperv"))
    assert [entry.licence for entry in only] == ["windows-datacenter x 1"]


def test_a_hyperv_host_is_licensed_once_not_twice() -> None:
    scenario = Scenario(hypervisor="hyperv", windows_licences="none_owned")
    host = licences.variants([catalogue(scenario)[0]], scenario)[-1]
    assert licence_cost(host, scenario).once == 0 and licences.windows_cost(host, scenario) > 0


@pytest.mark.parametrize(
    ("vcpus", "edition", "hosts", "found"),
    [
        ([1], "standard", [(16, 1)], ("by VM", 4)),
        ([4], "standard", [(16, 1)], ("by VM", 4)),
        ([5], "standard", [(16, 1)], ("by VM", 6)),  # sold in pairs of cores
        ([8, 8], "enterprise", [(16, 1)], ("by VM", 16)),
        ([8, 8, 4], "enterprise", [(16, 1)], ("by host", 16)),
        ([8, 8, 4], "enterprise", [(16, 1), (16, 1)], ("by VM", 20)),
        ([8] * 3, "enterprise", [(2, 2)], ("by host", 8)),  # at least 4 a CPU
        ([8] * 9, "standard", [(16, 1)], ("by VM", 72)),  # Standard never covers a whole host
    ],
)
def test_sql_server_by_vm_or_by_host(vcpus: list, edition: str, hosts: list, found: tuple) -> None:
    assert licences.sql_choice(vcpus, hosts, edition) == found


@pytest.mark.parametrize(
    ("guests", "sockets", "found"),
    [
        (1, [2], ("rhel-standard", 1, 799.0)),
        (2, [2], ("rhel-standard", 1, 799.0)),
        (3, [2], ("rhel-standard", 2, 1598.0)),
        (6, [2], ("rhel-standard", 3, 2397.0)),
        (7, [2], ("rhel-vdc-standard", 1, 2655.0)),  # four pairs would be 3,196
        (7, [1], ("rhel-vdc-standard", 1, 2655.0)),  # one socket takes a whole pair
        (7, [2, 2], ("rhel-standard", 4, 3196.0)),
    ],
)
def test_red_hat_pairs_against_virtual_datacenter(guests: int, sockets: list, found: tuple) -> None:
    assert licences.rhel_choice(guests, sockets, "standard") == found


def test_red_hat_premium_has_no_virtual_datacenter_price() -> None:
    assert licences.rhel_choice(40, [2], "premium") == ("rhel-premium", 20, 25980.0)


def test_oracle_counts_every_core_that_could_be_reached() -> None:
    # Published: 10 hosts x 32 cores x core factor 0.5 x 47,500 = 7.6 M (redresscompliance.com)
    cores = licences.oracle_cores([(32, 2)] * 10)
    assert cores * licences.licence("oracle-ee").price == 7_600_000


@pytest.mark.parametrize(
    ("os", "application", "found"),
    [
        ("Microsoft Windows Server 2019 (64-bit)", "", "windows"),
        ("Microsoft Windows 10 (64-bit)", "", ""),
        ("Windows 2008 R2", "", "windows"),
        ("Red Hat Enterprise Linux 7", "", "rhel"),
        ("Oracle Linux 8", "", ""),
        ("Oracle Solaris 11", "", ""),
        ("Ubuntu 22.04", "Oracle Database 19c", "oracle"),
        ("Microsoft Windows Server 2016", "MSSQL", "sql"),
        ("", "", ""),
    ],
)
def test_what_the_inventory_says_about_licences(os: str, application: str, found: str) -> None:
    assert licence_class(os, application) == found


def test_a_windows_sql_server_needs_both() -> None:
    assert is_windows("Windows Server 2022") and licence_class("Windows Server 2022", "SQL Server") == "sql"


ESTATE = "hostname,cores,memory_gib,CPU p95 %,sockets,os,application"
#: One model of 16 cores; memory limits it to a few workloads each.
HOST = {
    "id": "h",
    "cores": 16,
    "sockets": 1,
    "memory_gib": 512,
    "idle_w": 100,
    "full_w": 300,
    "price": 10_000,
    "score_per_core": 9.0,
}


def _windows(count: int, **settings: object) -> calc.Assessment:
    rows = [f"w{i:02d},4,16,5,1,Microsoft Windows Server 2019,Web" for i in range(count)]
    scenario = calc.Scenario(
        host_types=("h",),
        custom_host_types=(HOST,),
        hypervisor="kvm",
        inflation=0.0,
        **settings,  # type: ignore[arg-type]
    )
    return calc.assess(inventory(ESTATE, *rows), scenario)


def test_the_packing_sees_windows_licences_in_the_failover_state() -> None:
    # Ten VMs fit on one host; with N+1 there are two, and either must be able to run all ten:
    # Standard five times on both, 2 x 5,880 against 2 x 6,771 for Datacenter.
    ten = _windows(10, windows_licences="none_owned")
    assert ten.hosts["host_type"].tolist() == ["h+std5", "h+std5"]
    assert ten.flows["target"]["guest licences"][0] == pytest.approx(2 * 5880)
    eleven = _windows(11, windows_licences="none_owned")
    assert eleven.hosts["host_type"].tolist() == ["h+dc", "h+dc"]
    assert eleven.flows["target"]["guest licences"][0] == pytest.approx(2 * 6771)


def test_nothing_is_counted_until_it_is_stated() -> None:
    answer = _windows(10)
    assert answer.flows["target"]["guest licences"].sum() == 0
    assert answer.hosts["host_type"].tolist() == ["h", "h"]


def test_owned_standard_licences_move_to_the_hosts() -> None:
    # Ten servers of 4 cores hold 16 core licences each: 160, what the two hosts need stacked five times.
    answer = _windows(10, windows_licences="perpetual")
    assert answer.flows["target"]["guest licences"][0] == pytest.approx(0.0)


def test_software_assurance_is_paid_on_both_sides() -> None:
    answer = _windows(10, windows_licences="perpetual", count_sa=True, horizon_years=3)
    yearly = 160 * 73.5 * 0.25
    assert answer.flows["baseline"]["guest licences"].tolist() == pytest.approx([yearly] * 3 + [0])
    assert answer.flows["target"]["guest licences"].tolist() == pytest.approx([yearly] * 3 + [0])


def test_red_hat_is_paid_on_both_sides() -> None:
    rows = [f"r{i},4,16,5,2,Red Hat Enterprise Linux 8,Web" for i in range(8)]
    scenario = calc.Scenario(
        host_types=("h",),
        custom_host_types=(HOST,),
        rhel_subscription="standard",
        inflation=0.0,
        horizon_years=3,
    )
    answer = calc.assess(inventory(ESTATE, *rows), scenario)
    assert len(answer.hosts) == 2
    assert answer.flows["baseline"]["guest licences"].tolist() == pytest.approx([8 * 799] * 3 + [0])
    # four pairs (3,196) are cheaper than Virtual Datacenter on both hosts (5,310)
    assert answer.flows["target"]["guest licences"].tolist() == pytest.approx([4 * 799] * 3 + [0])


def test_oracle_apart_costs_less_than_oracle_among_others() -> None:
    rows = [f"o{i},4,16,5,1,Ubuntu,Oracle Database" for i in range(2)]
    rows += [f"x{i:02d},16,300,5,1,Ubuntu,Web" for i in range(12)]
    common = {
        "host_types": ("h",),
        "custom_host_types": (HOST,),
        "oracle_licences": "none_owned",
        "hypervisor": "kvm",
    }
    together = calc.assess(inventory(ESTATE, *rows), calc.Scenario(**common))
    apart = calc.assess(inventory(ESTATE, *rows), calc.Scenario(**common, pool_by=("licence",)))
    assert together.flows["target"]["guest licences"][0] == pytest.approx(len(together.hosts) * 16 * 23750)
    assert apart.flows["target"]["guest licences"][0] == pytest.approx(2 * 16 * 23750)


def test_an_own_hypervisor_price_beats_the_table() -> None:
    host = replace(catalogue(Scenario())[0], cores=32, sockets=2)
    found = licence_cost(host, Scenario(hypervisor="vcf", hypervisor_price=185.0))
    assert found.per_year == pytest.approx(32 * 185)


def test_the_order_minimum_is_paid_beyond_what_the_hosts_need() -> None:
    settings = {"hypervisor": "vcf", "host_types": ("h",), "custom_host_types": (HOST,), "inflation": 0.0}
    rows = [f"a{i},4,16,5,1,Ubuntu,Web" for i in range(4)]
    plain, minimum = (
        calc.assess(inventory(ESTATE, *rows), calc.Scenario(**settings, vmware_order_minimum=on))
        for on in (False, True)
    )
    assert len(plain.hosts) == 2
    more = minimum.flows["target"]["hypervisor"] - plain.flows["target"]["hypervisor"]
    assert more.tolist() == pytest.approx([(72 - 32) * 350.0] * 5 + [0])
    assert np.isclose(plain.flows["target"]["hypervisor"][0], 32 * 350)
    rows_ = minimum.explain("hypervisor.target.year0").rows.set_index("figure")
    assert "renewalintel" in rows_.at["vmware_order_minimum_cores", "source"]
    for least, beyond in ((31, 0), (32, 0), (33, 1)):
        found = calc.assess(
            inventory(ESTATE, *rows),
            calc.Scenario(**settings, vmware_order_minimum=True, vmware_order_minimum_cores=least),
        )
        assert found.flows["target"]["hypervisor"][0] == pytest.approx((32 + beyond) * 350)


def test_plans_with_and_without_licences_are_compared() -> None:
    rows = [f"w{i:02d},4,64,5,1,Microsoft Windows Server 2019,Web" for i in range(30)]
    rows += [f"u{i:02d},4,64,5,1,Ubuntu,Web" for i in range(60)]
    scenario = calc.Scenario(
        host_types=("h",),
        custom_host_types=(HOST,),
        windows_licences="none_owned",
        hypervisor="kvm",
        inflation=0.0,
    )
    answer = calc.assess(inventory(ESTATE, *rows), scenario)
    found = compare_licence_plans(answer)
    assert found is not None
    table = found.table.set_index("plan")
    blind = table.loc["packed as if licences were free"]
    apart = table.loc["licences in the packing, and kept apart"]
    assert apart["guest_licences"] < blind["guest_licences"]  # fewer hosts carry Windows
    assert found.saving == pytest.approx(blind["present_cost"] - table["present_cost"].iloc[1:].min())
    assert found.saving > 0
    # By hand: memory lets 6 of 65.3 GiB run on a host; 30 need five hosts, with N+1 six. Each may come
    # to run 6 Windows VMs: Standard three times, 3,528 a host, against 6,771 for Datacenter.
    assert apart["guest_licences"] == pytest.approx(6 * 3528)
    plain = calc.assess(inventory(ESTATE, *rows), scenario.varied(windows_licences="not_stated"))
    assert compare_licence_plans(plain) is None


def _estate(special: str, count: int, others: int, **settings: object) -> calc.Assessment:
    rows = [f"p{i:02d},4,64,5,1,{special}" for i in range(count)]
    rows += [f"u{i:02d},4,64,5,1,Ubuntu,Web" for i in range(others)]
    common = {"host_types": ("h",), "custom_host_types": (HOST,), "hypervisor": "kvm", "inflation": 0.0}
    return calc.assess(inventory(ESTATE, *rows), calc.Scenario(**{**common, **settings}))


def test_oracle_on_hosts_of_its_own_is_worth_the_cores_it_no_longer_reaches() -> None:
    # Memory lets 6 of 65.3 GiB run on a host of 512 GiB: 62 need 11 hosts and a spare, all of 16 cores.
    answer = _estate("Ubuntu,Oracle Database", 2, 60, oracle_licences="none_owned")
    found = compare_licence_plans(answer)
    assert found is not None
    row = found.products.set_index("product").loc["oracle"]
    assert row["hosts_without"] == answer.hosts_after == 12 and row["hosts_apart"] == 2 + 11
    blind, _, apart = found.table["guest_licences"]
    assert blind == pytest.approx(12 * 16 * 23_750) and apart == pytest.approx(2 * 16 * 23_750)
    assert row["saving"] == pytest.approx(row["without"] - row["apart"]) == pytest.approx(found.saving)
    assert found.pool_by == ("site", "zone", "oracle")
    again = calc.assess(answer.inventory, answer.scenario.varied(pool_by=found.pool_by))
    assert per_year(again.flows["target"]).sum() == pytest.approx(found.table["tco"].iloc[-1])


def test_red_hat_on_hosts_of_its_own_takes_fewer_subscriptions() -> None:
    big = {**HOST, "memory_gib": 2048}
    answer = _estate(
        "Red Hat Enterprise Linux 8,Web",
        40,
        100,
        rhel_subscription="standard",
        custom_host_types=(big,),
        horizon_years=1,
    )
    found = compare_licence_plans(answer)
    assert found is not None and found.products["product"].tolist() == ["rhel"]
    # 2,048 GiB hold 27: 40 need two hosts and a spare, 3 x 2,655 = 7,965; all 140 need six and a spare, 20 pairs.
    assert found.table["guest_licences"].iloc[0] == pytest.approx(20 * 799)
    assert found.table["guest_licences"].iloc[-1] == pytest.approx(3 * 2655)


def test_sql_server_enterprise_apart_licenses_few_hosts_instead_of_every_vm() -> None:
    answer = _estate("Ubuntu,SQL Server", 12, 60, sql_licences="none_owned", sql_edition="enterprise")
    found = compare_licence_plans(answer)
    assert found is not None
    # Each VM of one vCPU counts four cores: 48. Apart, two hosts and a spare have 48 cores: no less.
    assert found.table["guest_licences"].nunique() == 1
    assert found.pool_by == ("site", "zone") and found.saving == pytest.approx(0.0)  # knowing it changes nothing here


def test_the_host_model_is_chosen_by_its_cores_where_licences_count_them() -> None:
    wide = {**HOST, "id": "wide", "cores": 64, "score_per_core": 4.5, "price": 9_000}
    settings = {"host_types": ("h", "wide"), "custom_host_types": (HOST, wide)}
    free = _estate("Ubuntu,Oracle Database", 6, 0, **settings)
    counted = _estate("Ubuntu,Oracle Database", 6, 0, **settings, oracle_licences="none_owned")
    assert set(free.hosts["host_type"]) == {"wide"} and set(counted.hosts["host_type"]) == {"h"}
    found = compare_licence_plans(counted)
    assert found is not None
    row = found.products.iloc[0]
    cores = 2 * 64 - 2 * 16  # two hosts either way
    assert row["hosts_without"] == row["hosts_with"] == 2
    hardware = sum(  # the dearer host, and what runs it
        sign * present_value(per_year(plan.flows["target"]) - plan.flows["target"]["guest licences"], 0.07)
        for sign, plan in ((1, free), (-1, counted))
    )
    assert row["without"] - row["with_"] == pytest.approx(cores * 23_750 + hardware)


def test_mixed_hosts_weigh_the_cores_that_oracle_counts() -> None:
    wide = {**HOST, "id": "wide", "cores": 64, "score_per_core": 4.5, "price": 9_000}
    settings = {"host_types": ("h", "wide"), "custom_host_types": (HOST, wide), "host_policy": "mixed"}
    counted = _estate("Ubuntu,Oracle Database", 6, 0, **settings, oracle_licences="none_owned")
    assert set(counted.hosts["host_type"]) == {"h"}


def test_products_that_nobody_counts_or_carries_are_not_compared() -> None:
    assert compare_licence_plans(_estate("Ubuntu,Oracle Database", 2, 4)) is None
    assert compare_licence_plans(_estate("Ubuntu,Web", 2, 4, oracle_licences="none_owned")) is None


def test_a_blind_host_is_licensed_for_what_may_restart_on_it() -> None:
    answer = _windows(10)
    own = answer.hosts["workloads"].to_numpy()
    assert fullest_windows(answer).tolist() == [own[0] + own[1]] * 2


def test_sql_server_by_vm_brings_software_assurance() -> None:
    rows = ["s1,4,16,30,1,Windows Server 2019,SQL Server", "s2,4,16,30,1,Windows Server 2019,SQL Server"]
    scenario = calc.Scenario(
        host_types=("h",),
        custom_host_types=(HOST,),
        hypervisor="kvm",
        sql_licences="none_owned",
        inflation=0.0,
        horizon_years=3,
        vcpu_sizing="as_installed",
    )
    answer = calc.assess(inventory(ESTATE, *rows), scenario)
    bought = 2 * 4 * 1972.5
    assert answer.flows["target"]["guest licences"].tolist() == pytest.approx(
        [bought * 1.25, bought * 0.25, bought * 0.25, 0]
    )
    assert answer.flows["baseline"]["guest licences"].sum() == 0


def test_paid_support_of_a_free_hypervisor_is_per_socket() -> None:
    host = replace(catalogue(Scenario())[0], sockets=2)
    assert licence_cost(host, Scenario(hypervisor="kvm", hypervisor_price=1000.0)).per_year == 2000.0
    assert licence_cost(host, Scenario(hypervisor="kvm")).per_year == 0.0


OLD = "Microsoft Windows Server 2016"  # supported until 12 January 2027


def _old(physical: bool = True, **settings: object) -> calc.Assessment:
    rows = [f"w{i:02d},4,16,5,2,{OLD},Web" for i in range(10)]
    common = {"host_types": ("h",), "custom_host_types": (HOST,), "hypervisor": "kvm", "inflation": 0.0}
    return calc.assess(inventory(ESTATE, *rows), calc.Scenario(**{**common, **settings}))


def test_security_updates_are_paid_for_three_years_after_support_on_both_sides() -> None:
    answer = _old(count_esu=True, horizon_years=5)
    # 2026 is still supported; from 2027 on 75, 100 and 125 %, each at the start of its year; 2030 has none to buy.
    share = np.array([0, 0.75, 1.0, 1.25, 0, 0])
    assert answer.flows["baseline"]["guest licences"].tolist() == pytest.approx((10 * 16 * 73.5 * share).tolist())
    assert answer.flows["target"]["guest licences"].tolist() == pytest.approx((10 * 8 * 73.5 * share).tolist())
    assert answer.flows["refresh"]["guest licences"].tolist() == pytest.approx((10 * 16 * 73.5 * share).tolist())
    assert _old().flows["target"]["guest licences"].sum() == 0
    assert any("security updates" in text for text in excluded(_old().scenario, virtualised=False))


def test_client_access_licences_come_with_new_server_licences_only() -> None:
    new = _old(windows_licences="none_owned", windows_cals=200)
    plain = _old(windows_licences="none_owned")
    for side in ("target", "refresh"):
        more = new.flows[side]["guest licences"] - plain.flows[side]["guest licences"]
        assert more.sum() == pytest.approx(200 * 42.0), side
    assert new.flows["baseline"]["guest licences"].sum() == 0
    table = profit_and_loss(new.sides["refresh"], new.case, new.scenario)
    less = profit_and_loss(plain.sides["refresh"], plain.case, plain.scenario)
    assert (table["expense"] - less["expense"]).tolist() == pytest.approx([0.0] * 6)  # written down, not spent
    owned = _old(windows_licences="perpetual", windows_cals=200)
    assert not any("access" in term.label for term in owned.sides["target"].terms)


def test_oracle_support_is_paid_on_what_is_owned_and_on_what_is_needed() -> None:
    rows = [f"o{i},4,16,5,1,Ubuntu,Oracle Database" for i in range(2)]
    common = {"host_types": ("h",), "custom_host_types": (HOST,), "hypervisor": "kvm", "inflation": 0.0}
    scenario = calc.Scenario(**common, oracle_licences="perpetual", count_oracle_support=True, horizon_years=3)
    answer = calc.assess(inventory(ESTATE, *rows), scenario)
    assert len(answer.hosts) == 2
    assert answer.flows["baseline"]["guest licences"].tolist() == pytest.approx([8 * 23_750 * 0.22] * 3 + [0])
    bought, support = (32 - 8) * 23_750, 32 * 23_750 * 0.22
    assert answer.flows["target"]["guest licences"].tolist() == pytest.approx([bought + support, support, support, 0])


def test_a_licence_price_of_ones_own_beats_the_table_and_chooses_the_edition() -> None:
    cheap = Scenario(licence_prices={"windows-datacenter": 100.0})
    assert licences.windows_choice(16, 1, 3, cheap)[0] == "windows-datacenter"
    assert licences.windows_choice(16, 1, 3)[0] == "windows-standard"
    dear = Scenario(licence_prices={"rhel-vdc-standard": 99_999.0})
    assert licences.rhel_choice(40, [2], "standard", dear)[0] == "rhel-standard"
    answer = _old(windows_licences="none_owned", licence_prices={"windows-datacenter": 1.0})
    assert answer.hosts["host_type"].tolist() == ["h+dc", "h+dc"]
    assert answer.flows["target"]["guest licences"][0] == pytest.approx(2 * 16 * 1.0)
    with pytest.raises(calc.ScenarioError, match=r"licence_prices.*windows-home.*known"):
        Scenario(licence_prices={"windows-home": 1.0})


VIRTUAL = {
    "host_types": ("h",),
    "custom_host_types": (HOST,),
    "hypervisor": "kvm",
    "inflation": 0.0,
    "horizon_years": 3,
}
_WINDOWS = "Microsoft Windows Server 2019 (64-bit)"
_RED_HAT = "Red Hat Enterprise Linux 8 (64-bit)"


def _guest(name: str, host: str, os: str, memory_mib: int = 8192) -> list[object]:
    return [*vm_row(name, host, memory_mib=memory_mib)[:-1], os]


def _virtual_estate(vms: list[list[object]], **settings: object) -> calc.Assessment:
    hosts = [host_row("hv1", usage=10), host_row("hv2", usage=10)]  # two CPUs of 8 cores each
    found = calc.read_inventory(rvtools(hosts, vms), name="made.xlsx")
    return calc.assess(found, calc.Scenario(**VIRTUAL, **settings))  # type: ignore[arg-type]


def test_a_virtualised_estate_owns_what_its_hosts_need_today() -> None:
    """12 Windows VMs on one host of 16 cores are Datacenter, 4 on the other Standard twice: 16 and 32 core licences."""
    vms = [_guest(f"a{i:02d}", "hv1", _WINDOWS) for i in range(12)] + [
        _guest(f"b{i}", "hv2", _WINDOWS) for i in range(4)
    ]
    answer = _virtual_estate(vms, windows_licences="perpetual", count_sa=True)
    datacenter, standard = 16 * 423.1875, 32 * 73.5
    assert answer.flows["baseline"]["guest licences"].tolist() == pytest.approx([(datacenter + standard) / 4] * 3 + [0])
    # Two hosts with N+1: each may have to run all 16, so both take Datacenter. One of them is owned, Standard is of no use.
    assert answer.hosts["host_type"].tolist() == ["h+dc", "h+dc"]
    target = answer.flows["target"]["guest licences"]
    assert target.tolist() == pytest.approx([datacenter + 2 * datacenter / 4, *[2 * datacenter / 4] * 2, 0])
    table = recompute(answer.ledger())
    assert table.loc[table["side"] == "baseline", "amount"].sum() == pytest.approx(answer.comparison.tco_baseline)
    # A refresh without owned licences buys what the VMs of each new machine need.
    bought = _virtual_estate(vms, windows_licences="none_owned").flows["refresh"]["guest licences"]
    assert bought.sum() > 0


def test_red_hat_is_as_cheap_today_as_the_rule_allows() -> None:
    """8 guests on one host with two CPUs: Virtual Datacenter (2,655) beats four pairs (3,196) today as in the plan."""
    answer = _virtual_estate([_guest(f"r{i}", "hv1", _RED_HAT) for i in range(8)], rhel_subscription="standard")
    assert answer.flows["baseline"]["guest licences"].tolist() == pytest.approx([2_655.0] * 3 + [0])
    few = _virtual_estate([_guest(f"r{i}", "hv1", _RED_HAT) for i in range(4)], rhel_subscription="standard")
    assert few.flows["baseline"]["guest licences"].tolist() == pytest.approx([2 * 799.0] * 3 + [0])


def test_what_moved_away_is_not_licensed_on_the_host_that_stays() -> None:
    """A VM larger than a new host keeps its old one; the three that move need two pairs there and one for it here."""
    small = {**HOST, "memory_gib": 128}
    vms = [_guest("big", "hv1", _RED_HAT, 200 * 1024), *(_guest(f"r{i}", "hv1", _RED_HAT) for i in range(3))]
    found = calc.read_inventory(rvtools([host_row("hv1")], vms), name="made.xlsx")
    settings = {**VIRTUAL, "custom_host_types": (small,), "rhel_subscription": "standard"}
    answer = calc.assess(found, calc.Scenario(**settings))  # type: ignore[arg-type]
    assert answer.servers_retained == 1 and answer.unplaced["workload"].tolist() == ["big"]
    assert answer.flows["baseline"]["guest licences"].tolist() == pytest.approx([2 * 799.0] * 3 + [0])
    assert answer.flows["target"]["guest licences"].tolist() == pytest.approx([3 * 799.0] * 3 + [0])


@pytest.mark.parametrize(("cores", "sockets", "counted"), [(2, 1, 4), (4, 2, 8), (15, 1, 16), (16, 1, 16), (17, 1, 18)])
def test_sql_server_on_a_machine_counts_at_least_4_a_cpu_in_pairs(cores: int, sockets: int, counted: int) -> None:
    assert sql_cores(cores, sockets) == counted
    row = f"s,{cores},16,5,{sockets},Microsoft Windows Server 2019,SQL Server 2019"
    scenario = calc.Scenario(**VIRTUAL, sql_licences="perpetual", count_sa=True)  # type: ignore[arg-type]
    answer = calc.assess(inventory(ESTATE, row), scenario)
    today = counted * 1972.5 * 0.25
    assert answer.flows["baseline"]["guest licences"].tolist() == pytest.approx([today] * 3 + [0])


def test_half_a_processor_of_oracle_is_not_sold() -> None:
    odd = {**HOST, "cores": 15}
    scenario = calc.Scenario(
        **{**VIRTUAL, "custom_host_types": (odd,), "failover_hosts": 0, "oracle_licences": "none_owned"}  # type: ignore[arg-type]
    )
    answer = calc.assess(inventory(ESTATE, "o,4,16,5,1,Ubuntu,Oracle Database"), scenario)
    assert len(answer.hosts) == 1
    assert answer.flows["target"]["guest licences"][0] == pytest.approx(8 * 47_500)  # 7.5 processors


def test_licences_go_with_their_workloads_to_the_cloud() -> None:
    """What is counted on hosts is counted in the cloud: SQL Server and Oracle by vCPU, Red Hat by pairs of VMs."""
    rows = [
        "s,4,16,5,1,Microsoft Windows Server 2019,SQL Server 2019",
        "o,4,16,5,1,Ubuntu,Oracle Database",
        *(f"r{i},4,16,5,1,Red Hat Enterprise Linux 8,Web" for i in range(3)),
    ]
    settings = {"sql_licences": "none_owned", "oracle_licences": "none_owned", "rhel_subscription": "standard"}
    answer = calc.assess(inventory(ESTATE, *rows), calc.Scenario(**VIRTUAL, **settings))  # type: ignore[arg-type]
    choice = choose_instances(answer.demand, answer.scenario, "on_demand")
    assert choice.fits.all()
    entry = in_cloud(answer, choice, choice.fits, [], "cloud")
    vcpus = choice.table.set_index("workload")["vcpus"]
    sql, oracle = max(4, vcpus["s"]) * 1972.5, vcpus["o"] / 2 * 47_500
    yearly = sql * 0.25 + 2 * 799
    assert entry.flows["guest licences"].tolist() == pytest.approx([sql + oracle + yearly, yearly, yearly, 0])
    total = recompute(entry.ledger())["amount"].sum()
    assert total == pytest.approx(entry.comparison.tco_target)
    # Owned licences move to the cloud too: 4 cores of SQL Server and 4 of Oracle.
    owned = answer.scenario.varied(sql_licences="perpetual", oracle_licences="perpetual")
    again = calc.assess(inventory(ESTATE, *rows), owned)
    moved = in_cloud(again, choice, choice.fits, [], "cloud")
    less = min(4, max(4, vcpus["s"])) * 1972.5 + min(4, vcpus["o"]) * 23_750
    assert moved.flows["guest licences"][0] == pytest.approx(sql + oracle + yearly - less)

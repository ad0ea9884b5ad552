"""Published business cases reproduced from what they state; docs/published-examples.md explains what differs.

References
----------
Azure Migrate: Microsoft, "Business case in Azure Migrate", 29 October 2024,
MicrosoftDocs/azure-docs articles/migrate/concepts-business-case-calculation.md.
ASG: B. Mauro, "ASG Economics - Server Virtualization TCO Example", virtual.com, 8 September 2016.
"""

from __future__ import annotations

import numpy as np
import pytest

import calc
from calc.catalogue import split_price
from calc.costs.cashflow import payback_months, per_year, present_value
from calc.costs.pnl import profit_and_loss
from calc.model import HostType
from tests.make import inventory

SERVERS, CORES, MEMORY_GIB, DISK_GIB = 100, 16, 128, 1000
#: Yearly amounts per server as documented: security, monitoring, patching, backup.
PER_SERVER = {"security": 250.0, "monitoring": 430.0, "patching": 430.0, "backup": 580.0}
#: Facilities as documented: kW per core, load factor, PUE, unused capacity, colocation per kW and month.
TDP_KW, LOAD, PUE, UNUSED, COLOCATION = 0.009, 2.0, 1.80, 0.40, 340.0


def azure_facilities_per_core() -> float:
    """cores x TDP x load factor x PUE / (1 - unused) x colocation x 12."""
    return TDP_KW * LOAD * PUE / (1 - UNUSED) * COLOCATION * 12


@pytest.fixture(scope="module")
def azure() -> calc.Assessment:
    rows = [f"s{i:03d},{CORES},{MEMORY_GIB},20,{DISK_GIB}" for i in range(SERVERS)]
    lines = [{"name": name, "amount": amount, "per": "server"} for name, amount in PER_SERVER.items()]
    lines.append({"name": "facilities", "amount": azure_facilities_per_core(), "per": "core"})
    scenario = calc.Scenario(
        host_types=("dl380-g11-64c-1024",),
        hypervisor="kvm",
        horizon_years=5,
        inflation=0.0,
        discount_rate=0.07,
        host_price_index=1.0,
        host_memory_price_index=1.0,
        network_fraction=0.10,
        storage_price_per_gib=2.0,
        own_lines=lines,
    )
    return calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %,Disk used (GiB)", *rows), scenario)


def test_azure_server_acquisition(azure: calc.Assessment) -> None:
    # Cost per hyper-threaded core = 16.232 x (GB per hyper-threaded core) + 113.87; 2 threads a core.
    threads = 2 * CORES
    documented = threads * (16.232 * MEMORY_GIB / threads + 113.87)
    old = azure.case.purchase_price(azure.scenario)
    assert old.tolist() == pytest.approx([documented] * SERVERS)
    host = azure.case.hosts[0]
    assert isinstance(host, HostType)
    by_formula = host.threads * (16.232 * host.memory_gib / host.threads + 113.87)
    assert host.price == pytest.approx(by_formula) == sum(part.amount for part in split_price(host, azure.scenario))


def test_azure_storage_and_network(azure: calc.Assessment) -> None:
    target = azure.flows["target"]
    assert target["storage"][0] == pytest.approx(SERVERS * DISK_GIB * 2.0)
    assert target["network"][0] == pytest.approx(0.10 * (target["hardware"][0] + target["storage"][0]))
    # Documented network maintenance is 15 % of the network; ours is the general 10 %: the same yearly
    # amount on every side, set by maintenance_fraction.
    hosts, storage, network = (target[name][0] for name in ("hardware", "storage", "network"))
    assert target["maintenance"][4] == pytest.approx(0.10 * (hosts + storage + network))


def test_azure_security_management_and_facilities(azure: calc.Assessment) -> None:
    assert azure_facilities_per_core() == pytest.approx(220.32)
    documented = SERVERS * sum(PER_SERVER.values()) + SERVERS * CORES * azure_facilities_per_core()
    assert documented == pytest.approx(169_000 + 352_512)
    assert azure.flows["baseline"]["own lines"].tolist() == pytest.approx([0, *[documented] * 5])


def test_azure_facilities_are_far_above_measured_power(azure: calc.Assessment) -> None:
    """The documented rule charges 54 W of reserved capacity a core, whatever the server draws."""
    reserved_kw = SERVERS * CORES * TDP_KW * LOAD * PUE / (1 - UNUSED)
    assert reserved_kw == pytest.approx(SERVERS * CORES * 0.054)
    assert reserved_kw > 2 * azure.before.power_kw * azure.scenario.pue


def test_azure_net_present_value(azure: calc.Assessment) -> None:
    # NPV = sum of CF_n / (1 + WACC)^n with WACC 7 %
    net = per_year(azure.flows["baseline"]) - per_year(azure.flows["target"])
    documented = sum(amount / 1.07**n for n, amount in enumerate(net))
    assert azure.comparison.npv == pytest.approx(documented)


def test_azure_labour_counts_every_hour_of_the_year(azure: calc.Assessment) -> None:
    """VMs / VMs per administrator x 730 x 12 at an hourly rate: 4.2 times a working year of 2,080 hours."""
    paid = {"admin_salary_per_year": 96_800.0, "admin_loading": 1.25, "servers_per_admin_physical": 76.0}
    ours = calc.assess(azure.inventory, azure.scenario.varied(**paid)).sides["baseline"].labour
    documented = SERVERS / 76 * 730 * 12 * (96_800 * 1.25 / 2080)
    assert [documented / term.amount for term in ours] == pytest.approx([8760 / 2080] * 5)
    assert documented / ours[0].amount == pytest.approx(4.2, abs=0.05)


def test_azure_storage_power(azure: calc.Assessment) -> None:
    # TB x 10 x 0.0001 kW x load factor 2.0 x PUE 1.80; 1 TB is 1,024 GB there as here.
    documented_kw = SERVERS * DISK_GIB / 1024 * 10 * 0.0001 * 2.0 * 1.80
    storage = next(fleet for fleet in azure.sides["target"].fleets if fleet.stored_on == "shared")
    assert storage.power_w(azure.scenario, 1).sum() / 1000 * 1.80 == pytest.approx(documented_kw)


def test_azure_depreciates_servers_over_four_years(azure: calc.Assessment) -> None:
    answer = calc.assess(azure.inventory, azure.scenario.varied(server_life_years=4, horizon_years=4))
    table = profit_and_loss(answer.sides["target"], answer.case, answer.scenario)
    bought = sum(answer.flows["target"][line][0] for line in ("hardware", "storage", "network"))
    assert table["depreciation_of_purchases"].tolist() == pytest.approx([0, *[bought / 4] * 4])


def test_azure_extended_security_updates() -> None:
    # 75, 100 and 125 % of the licence in the three years after the end of support, here of 12 January 2027.
    rows = [f"s{i:03d},{CORES},{MEMORY_GIB},20,Microsoft Windows Server 2016" for i in range(10)]
    scenario = calc.Scenario(count_esu=True, inflation=0.0, price_indexing="none", host_types=("dl380-g11-64c-1024",))
    answer = calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %,os", *rows), scenario)
    licence = 10 * CORES * 1176 / 16
    assert answer.flows["baseline"]["guest licences"] == pytest.approx(
        [0, 0.75 * licence, licence, 1.25 * licence, 0, 0]
    )


ASG_SERVERS, ASG_HOSTS, ASG_RATIO = 400, 24, 17


@pytest.fixture(scope="module")
def asg() -> calc.Assessment:
    """400 servers of 8 GiB and a host that holds 17 of them, as stated; no spare host, as stated."""
    host = {
        "id": "blade",
        "cores": 64,
        "memory_gib": ASG_RATIO * 8,
        "idle_w": 100,
        "full_w": 300,
        "price": 20_000,
        "score_per_core": 9.0,
    }
    rows = [f"s{i:03d},4,8,5,100" for i in range(ASG_SERVERS)]
    scenario = calc.Scenario(
        host_types=("blade",),
        custom_host_types=(host,),
        hypervisor="kvm",
        failover_hosts=0,
        host_reserve_memory_gib=0.0,
        host_reserve_memory_fraction=0.0,
        memory_ceiling=1.0,
        horizon_years=5,
        inflation=0.03,
        electricity_per_kwh=0.13,
        count_labour=True,
        admin_salary_per_year=85_000.0,
        admin_loading=1.0,
        servers_per_admin_physical=45.0,
        servers_per_admin_virtual=76.0,
    )
    # The hypervisor's 2 % of memory is not in the published case: the host is that much larger (and a hair).
    scenario = scenario.varied(custom_host_types=({**host, "memory_gib": ASG_RATIO * 8 * 1.021},))
    return calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %,Disk used (GiB)", *rows), scenario)


def test_asg_400_servers_become_24_hosts(asg: calc.Assessment) -> None:
    assert asg.hosts_after == ASG_HOSTS == -(-ASG_SERVERS // ASG_RATIO)
    assert asg.is_optimal


def test_asg_administration_from_the_stated_inputs(asg: calc.Assessment) -> None:
    """Stated: 45 physical or 76 virtual servers an administrator at 85,000, 3 % more each year."""
    rise = 1.03 ** np.arange(1, 6)
    physical, virtual = ASG_SERVERS / 45 * 85_000 * rise, ASG_SERVERS / 76 * 85_000 * rise
    assert asg.flows["baseline"]["labour"][1:] == pytest.approx(physical)
    # Ours administers the 24 hosts too, as physical machines; the published case does not say it does.
    hosts = ASG_HOSTS / 45 * 85_000 * rise
    assert asg.flows["target"]["labour"][1:] == pytest.approx(virtual + hosts)
    assert (physical - virtual)[0] == pytest.approx(317_433, abs=1)


def test_asg_payback_of_ten_months_bounds_the_unstated_investment() -> None:
    """Prices of blades, storage and VMware are not stated, so 10 months cannot be recomputed.

    What the stated inputs do say: if administration were the only saving, ten months pay back at
    most 264,528 of investment beyond the refresh it is compared with.
    """
    first = (ASG_SERVERS / 45 - ASG_SERVERS / 76) * 85_000 * 1.03
    investment = first * 10 / 12
    assert investment == pytest.approx(264_528, abs=1)
    assert payback_months(np.array([-investment, *[first] * 5])) == pytest.approx(10.0)
    assert present_value(np.array([-investment, *[first] * 5]), 0.07) > 0

"""Demand by hand: every factor of the chain, memory rules, statistics, capacity."""

from __future__ import annotations

import math

import pytest

import calc
from calc.catalogue import allowed_hosts
from calc.demand import Demand, capacity, form_demand
from calc.estate import complete
from tests.make import inventory

#: No growth, no overhead beyond what a test states.
PLAIN = {"cpu_growth_per_year": 0.0, "score_per_core_default": 5.0}


def demand_of(found: calc.Inventory, **settings: object) -> Demand:
    scenario = calc.Scenario(**{**PLAIN, **settings})
    return form_demand(complete(found, scenario), scenario, allowed_hosts(scenario))


def test_the_chain_by_hand() -> None:
    # 20 % of 10 cores x 5 points x 1 (a p95 is taken as it is) x 1.05^5 x 1.05 (Proxmox overhead)
    table = demand_of(inventory("hostname,cores,memory_gib,CPU p95 %", "a,10,64,20"), cpu_growth_per_year=0.05).table
    assert table.loc[0, "cpu_units"] == pytest.approx(0.20 * 10 * 5 * 1.05**5 * 1.05)


def test_an_average_is_multiplied_by_the_peak_factor_and_a_p95_is_not() -> None:
    header = "hostname,cores,memory_gib,CPU avg %,CPU p95 %"
    table = demand_of(inventory(header, "a,10,64,20,", "b,10,64,,20", "c,10,64,10,20"), cpu_peak_factor=2.0).table
    assert table["statistic"].tolist() == ["mean", "p95", "p95"]
    assert table["statistic_factor"].tolist() == [2.0, 1.0, 1.0]


def test_the_peak_factor_stops_at_all_cores() -> None:
    found = demand_of(inventory("hostname,cores,memory_gib,CPU avg %", "a,10,64,80"), cpu_peak_factor=2.0)
    assert found.table.loc[0, "cpu_units"] == pytest.approx(10 * 5 * 1.05)
    assert any("limited to 100 %" in item.field for item in found.assumed)


def test_peak_as_statistic() -> None:
    table = demand_of(
        inventory("hostname,cores,memory_gib,CPU p95 %,CPU max %", "a,10,64,20,60"), cpu_statistic="peak"
    ).table
    assert table.loc[0, "utilisation"] == pytest.approx(0.6)


def test_missing_utilisation_is_a_counted_default() -> None:
    scenario = calc.Scenario(**PLAIN)
    answer = calc.assess(inventory("hostname,cores,memory_gib", "a,10,64", "b,10,64"), scenario)
    assert any(item.field == "CPU utilisation" and item.count == 2 for item in answer.assumed)
    assert answer.demand.table.loc[0, "cpu_units"] == pytest.approx(0.15 * 10 * 5 * scenario.cpu_peak_factor * 1.05)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a,10,64,,50", 40),  # 64 x 50 % x 1.25
        ("a,10,64,,51", 41),  # 40.8 rounded up to 1 GiB
        ("a,10,64,,90", 64),  # never above what is installed
        ("a,10,64,,", 64),  # no reading: all that is installed
        ("a,10,64,30,", 24),  # an average where nothing else is known
    ],
)
def test_memory_of_a_physical_server(row: str, expected: float) -> None:
    table = demand_of(inventory("hostname,cores,memory_gib,Mem avg %,Mem p95 %", row)).table
    assert table.loc[0, "memory_gib"] == pytest.approx(expected * 1.02)


def test_demand_is_rounded_up_and_capacity_down() -> None:
    found = demand_of(inventory("hostname,cores,memory_gib,CPU p95 %", "a,3,7.0001,33.3"))
    table = found.table
    # 3 cores x 33.3 % / 70 % = 1.43: two vCPUs
    assert found.amounts[0].tolist() == [
        math.ceil(table.loc[0, "cpu_units"] * 1000),
        math.ceil(table.loc[0, "memory_gib"] * 1024),
        2,
    ]
    scenario = calc.Scenario(host_types=("dl320-g11-32c-256",), cpu_ceiling=0.777)
    (host,) = allowed_hosts(scenario)
    cpu, memory, vcpu = capacity(host, ("cpu", "memory", "vcpu"), scenario)
    assert cpu == math.floor((32 - 2) * host.score_per_core * 0.777 * 1000)
    assert memory == math.floor((256 - 24) * 0.95 * 1024)
    assert vcpu == 128


def test_a_hair_of_floating_point_is_not_a_unit() -> None:
    # 0.57 x 100 is 56.99999999999999 in binary: percent and fraction must give one demand.
    percent = demand_of(inventory("hostname,cores,memory_gib,CPU p95 %", "a,10,64,57"))
    fraction = demand_of(inventory("hostname,cores,memory_gib,cpu_p95", "a,10,64,0.57"))
    assert percent.amounts.tolist() == fraction.amounts.tolist()


def test_smt_carries_a_high_reading_for_physical_servers_only() -> None:
    table = demand_of(inventory("hostname,cores,threads,memory_gib,CPU p95 %", "a,10,20,64,40", "b,10,10,64,40")).table
    score_high = 6.613 / 5.0
    assert (table["cpu_units_high"] / table["cpu_units"]).tolist() == pytest.approx([1.6 * score_high, score_high])


def test_energy_uses_a_mean_and_never_a_p95() -> None:
    found = demand_of(
        inventory("hostname,cores,memory_gib,CPU avg %,CPU p95 %", "a,10,64,10,40", "b,10,64,,40"), cpu_peak_factor=2.0
    )
    assert found.table["cpu_mean_units"].tolist() == pytest.approx([0.10 * 50 * 1.05, 0.20 * 50 * 1.05])
    assert any(item.field.startswith("mean CPU") and item.count == 1 for item in found.assumed)


def test_network_is_a_dimension_only_with_readings() -> None:
    assert demand_of(inventory("hostname,cores,memory_gib", "a,8,32")).dimensions == ("cpu", "memory", "vcpu")
    found = demand_of(inventory("hostname,cores,memory_gib,net_mbps_p95", "a,8,32,100", "b,8,32,"))
    assert found.dimensions[-1] == "network"
    assert found.amounts[:, -1].tolist() == [100, 100]
    assert any(item.field == "network" and item.count == 1 for item in found.assumed)


def test_pools_keep_apart_what_the_scenario_says() -> None:
    rows = ("a,8,32,s1,dmz", "b,8,32,s1,lan", "c,8,32,s2,lan")
    header = "hostname,cores,memory_gib,site,zone"
    assert demand_of(inventory(header, *rows)).table["pool"].nunique() == 3
    assert demand_of(inventory(header, *rows), pool_by=("site",)).table["pool"].nunique() == 2
    assert demand_of(inventory(header, *rows), pool_by=()).table["pool"].nunique() == 1


@pytest.mark.parametrize(
    ("row", "settings", "vcpus"),
    [
        ("a,10,64,20", {}, 3),  # 10 x 0.2 / 0.7 = 2.9
        ("a,10,64,20", {"cpu_growth_per_year": 0.05}, 4),  # x 1.276 = 3.6
        ("a,10,64,0", {}, 1),
        ("a,10,64,95", {}, 10),
        ("a,10,64,", {}, 10),
        ("a,10,64,20", {"vcpu_sizing": "as_installed"}, 10),
    ],
)
def test_vcpus_of_a_physical_server(row: str, settings: dict, vcpus: int) -> None:
    assert demand_of(inventory("hostname,cores,memory_gib,CPU p95 %", row), **settings).table.loc[0, "vcpus"] == vcpus


def _day_and_night(count: int = 12) -> calc.Inventory:
    """Servers busy in the day and servers busy at night, in equal numbers."""
    import io

    rows, readings = [], []
    for i in range(count):
        rows.append(f"s{i:02d},32,64,Intel Xeon Gold 6130")
        for hour in range(24):
            busy = (8 <= hour < 20) == (i % 2 == 0)
            readings.append(f"s{i:02d},2026-03-02 {hour:02d}:00:00,{80 if busy else 5},20")
    files = []
    for name, lines in (
        ("servers.csv", ["hostname,cores,memory_gib,cpu model", *rows]),
        ("perf.csv", ["server,timestamp,cpu_pct,mem_pct", *readings]),
    ):
        buffer = io.BytesIO("\n".join(lines).encode())
        buffer.name = name
        files.append(buffer)
    return calc.read_inventories(files)


def test_peak_of_sums_by_hand() -> None:
    found = _day_and_night()
    one_model = (calc.assess(found).hosts["host_type"].iloc[0],)
    at_once = calc.assess(found, calc.Scenario(host_types=one_model))
    by_hour = calc.assess(found, calc.Scenario(host_types=one_model, time_slots="day"))
    assert by_hour.demand.dimensions[:2] == ("cpu@00", "cpu@01") and len(by_hour.demand.dimensions) == 24 + 2
    sum_of_peaks, peak_of_sums = by_hour.demand.peaks()
    # Half of the servers at 80 %, half at 5 %, in every hour: 85 / 160 of the sum of their peaks.
    assert peak_of_sums / sum_of_peaks == pytest.approx(85 / 160, rel=1e-3)
    assert at_once.demand.peaks()[0] == at_once.demand.peaks()[1] == pytest.approx(sum_of_peaks, rel=1e-6)
    assert by_hour.hosts_after < at_once.hosts_after
    assert by_hour.is_optimal or by_hour.gap is not None


def test_a_workload_without_telemetry_counts_in_full_in_every_slot() -> None:
    import io

    servers = io.BytesIO(b"hostname,cores,memory_gib,CPU p95 %\na,8,32,40\nb,8,32,40\n")
    servers.name = "servers.csv"
    readings = io.BytesIO(
        "\n".join(["server,timestamp,cpu_pct", *(f"a,2026-03-02 {h:02d}:00,{h}" for h in range(24))]).encode()
    )
    readings.name = "perf.csv"
    answer = calc.assess(calc.read_inventories([servers, readings]), calc.Scenario(time_slots="week"))
    amounts = answer.demand.amounts
    weekday = [k for k, name in enumerate(answer.demand.dimensions) if name.startswith("cpu@weekday")]
    weekend = [k for k, name in enumerate(answer.demand.dimensions) if name.startswith("cpu@weekend")]
    assert len(weekday) == len(weekend) == 24
    assert amounts[0, weekday[0]] == 0 and amounts[0, weekday[23]] > amounts[0, weekday[10]] > 0
    assert len(set(amounts[1, [*weekday, *weekend]])) == 1
    assert len(set(amounts[0, weekend])) == 1  # no reading on a weekend: the overall p95 stands in
    assert any(item.field == "CPU by time of day" and item.count == 1 for item in answer.assumed)


def test_slots_change_nothing_without_telemetry() -> None:
    found = inventory("hostname,cores,memory_gib,CPU p95 %", "a,8,32,40", "b,8,32,40")
    assert calc.assess(found, calc.Scenario(time_slots="day")).demand.dimensions == calc.assess(found).demand.dimensions


def test_disk_operations_are_planned_where_measured_and_a_host_s_are_stated() -> None:
    """1,000 + 2,000 + their mean: 4,500 IOPS; a host of 2,400 x (1 - 14 %) = 2,064 takes one of 2,000."""
    from calc.catalogue import allowed_hosts
    from calc.findings import find

    estate = inventory("hostname,cores,memory_gib,CPU p95 %,IOPS p95", "a,8,16,10,1000", "b,8,16,10,2000", "c,8,16,10,")
    base = {"host_types": ("dl320-g11-32c-256",), "failover_hosts": 0, "cpu_growth_per_year": 0.0}
    open_ = calc.assess(estate, calc.Scenario(**base))
    assert "iops" not in open_.demand.dimensions and open_.hosts_after == 1
    found = find(open_.inventory, open_.estate, open_.demand, open_.scenario, allowed_hosts(open_.scenario))
    (said,) = [item for item in found if item.kind == "disk_throughput"]
    assert said.machines["machine"].tolist() == ["b", "a"] and "3,000 IOPS together" in said.rule
    planned = calc.assess(estate, calc.Scenario(host_iops=2400, **base))
    names = list(planned.demand.dimensions)
    assert planned.demand.amounts[:, names.index("iops")].tolist() == [1000, 2000, 1500]
    assert any(item.field == "disk throughput" and item.count == 1 for item in planned.assumed)
    assert planned.hosts["iops_capacity"].tolist() == [2064] * 3 and planned.hosts_after == 3
    again = find(planned.inventory, planned.estate, planned.demand, planned.scenario, allowed_hosts(planned.scenario))
    assert not [item for item in again if item.kind == "disk_throughput"]
    without = calc.assess(inventory("hostname,cores,memory_gib", "a,8,16"), calc.Scenario(host_iops=2400, **base))
    assert "iops" not in without.demand.dimensions

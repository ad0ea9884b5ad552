"""Hypervisors, architectures and NUMA: what a choice changes, and what it never does silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import calc
from calc import hypervisors, reference
from calc.catalogue import allowed_hosts
from calc.costs.cashflow import present_value
from calc.demand import capacity
from calc.foreign import architectures, foreign_options
from calc.platforms import cautions, compare_hypervisors, effective_capacity, numa_flags
from tests.make import inventory

ONE = ("dl380-g11-64c-1024",)


def test_every_hypervisor_is_complete_and_its_range_holds_its_value() -> None:
    table = reference.table("hypervisors")
    kinds = set(table["type"])
    assert hypervisors.emulator().id == "tcg" and "tcg" not in hypervisors.ids()
    assert kinds == {1, 2} and {"kvm", "xen", "hyperv", "vsphere", "proxmox", "workstation", "virtualbox"} <= set(
        table["id"]
    )
    for row in table.to_dict("records"):
        for name in ("cpu", "memory", "network", "disk"):
            assert row[f"{name}_overhead_low"] <= row[f"{name}_overhead"] <= row[f"{name}_overhead_high"], (
                row["id"],
                name,
            )
        for name in ("source", "licence_source", "io_source", "host_os_source", "limits_source", "features_source"):
            assert isinstance(row[name], str) and row[name], (row["id"], name)
        kind = hypervisors.get(row["id"])
        assert (kind.host_os != "") == (kind.type == 2) == (kind.host_os_cores > 0)


def test_capacity_under_a_host_system_by_hand() -> None:
    host = allowed_hosts(calc.Scenario(host_types=ONE))[0]  # 64 cores of 8.641, 1,024 GiB, 50 Gbit/s
    names = ("cpu", "memory", "vcpu", "network")
    bare = capacity(host, names, calc.Scenario(host_types=ONE))
    guest = capacity(host, names, calc.Scenario(host_types=ONE, hypervisor="workstation"))
    # Bare metal: 62 cores x 8.641 x 0.8; (1,024 - 8 %) x 0.95 GiB; 64 x 4 vCPUs; 50,000 x 0.8 x 0.86.
    assert bare == [int(62 * 8.641 * 0.8 * 1000), int(1024 * 0.92 * 0.95 * 1024), 256, 34400]
    # On a host system: two cores and 8 GiB less, and 15 % of the network.
    assert guest == [int(60 * 8.641 * 0.8 * 1000), int((1024 * 0.92 - 8) * 0.95 * 1024), 248, 34000]
    table = effective_capacity(calc.Scenario(host_types=ONE), ONE[0]).set_index("id")
    assert table.loc["workstation", "cpu_units"] == pytest.approx(60 * 8.641 * 0.8 / 1.15, rel=1e-5)
    with pytest.raises(calc.ScenarioError, match="'x' is not allowed here"):
        effective_capacity(calc.Scenario(), "x")


def test_a_guest_beyond_the_limit_stays_and_says_why() -> None:
    estate = inventory(
        "hostname,cores,memory_gib,CPU p95 %,Mem p95 %", "small,8,32,20,50", "wide,48,64,90,50", "tall,8,256,20,90"
    )
    answer = calc.assess(estate, calc.Scenario(hypervisor="workstation", host_types=ONE))
    why = dict(zip(answer.unplaced["workload"], answer.unplaced["reason"], strict=True))
    assert set(why) == {"wide", "tall"}
    assert "vCPUs, and VMware Workstation Pro (on a host OS) allows a guest 32" in why["wide"]
    assert "GiB, and VMware Workstation Pro (on a host OS) allows a guest 128" in why["tall"]
    assert not len(calc.assess(estate, calc.Scenario(host_types=ONE)).unplaced)
    # A server with 128 GiB in use is at the limit, not beyond it: the hypervisor's own overhead is not the guest's.
    exact = inventory("hostname,cores,memory_gib", "full,8,128")
    assert not len(calc.assess(exact, calc.Scenario(hypervisor="workstation", host_types=ONE)).unplaced)


def test_the_most_guests_on_a_host_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    tight = dataclasses.replace(hypervisors.get("proxmox"), max_machines=3.0)
    monkeypatch.setattr(hypervisors, "get", lambda name: tight)
    estate = inventory("hostname,cores,memory_gib,CPU p95 %,Mem p95 %", *[f"s{i},2,4,5,50" for i in range(7)])
    answer = calc.assess(estate, calc.Scenario(host_types=ONE, failover_hosts=0))
    assert answer.hosts_after == 3 and answer.hosts["workloads"].max() <= 3


def test_overcommit_only_when_asked_for_and_able() -> None:
    with pytest.raises(calc.ScenarioError, match=r"hyperv cannot overcommit memory.*workstation, virtualbox$"):
        calc.Scenario(hypervisor="hyperv", memory_overcommit=1.2)
    rows = [f"s{i},4,64,5" for i in range(30)]
    estate = inventory("hostname,cores,memory_gib,CPU p95 %", *rows)
    plain = calc.assess(estate, calc.Scenario(host_types=ONE, failover_hosts=0))
    dense = calc.assess(estate, calc.Scenario(host_types=ONE, failover_hosts=0, memory_overcommit=2.0))
    assert (plain.hosts_after, dense.hosts_after) == (3, 2)  # 13 guests of 65.3 GiB fit 895 GiB, 27 fit twice that
    assert "overcommitted 2 times" in cautions(dense.scenario)[0]


def test_cautions_name_what_a_platform_cannot_do() -> None:
    text = " ".join(cautions(calc.Scenario(hypervisor="virtualbox")))
    for words in ("runs on a host operating system", "does not restart guests", "cannot move a running guest"):
        assert words in text
    assert cautions(calc.Scenario()) == []


def test_type_two_costs_hosts(estate_csv: Path) -> None:
    scenario = calc.Scenario(host_types=ONE, effort="quick")
    table, answers = compare_hypervisors(calc.read_inventory(estate_csv), scenario, ("kvm", "virtualbox", "vsphere"))
    assert list(table["staying"]) == sorted(table["staying"])
    by_id = table.set_index("id")
    assert by_id.loc["vsphere", "licences"] > by_id.loc["kvm", "licences"] == 0
    assert by_id.loc["vsphere", "hosts"] == by_id.loc["kvm", "hosts"]  # the same overhead on the same model
    assert table["extra_tco"].iloc[0] == 0 and answers["kvm"].hosts_after == by_id.loc["kvm", "hosts"]
    assert not by_id.loc["virtualbox", "high_availability"] and by_id.loc["virtualbox", "cautions"]
    # The same workloads on the same model: type 2 takes more hosts and more money than type 1 without licences.
    table, _ = compare_hypervisors(
        calc.read_inventory(estate_csv), scenario, ("kvm", "workstation"), same_workloads=True
    )
    by_id = table.set_index("id")
    assert by_id["staying"].nunique() == 1
    assert by_id.loc["workstation", "hosts"] > by_id.loc["kvm", "hosts"]
    assert by_id.loc["workstation", "at_least"] >= by_id.loc["kvm", "at_least"]
    assert by_id.loc["workstation", "extra_tco"] > by_id.loc["kvm", "extra_tco"] == 0


def test_foreign_servers_are_compared_by_hand_and_never_packed() -> None:
    rows = ["x,8,32,20,30,", "p,8,32,2,30,IBM POWER8", "i,8,32,20,30,Intel Itanium 9560", "s,8,32,40,30,SPARC T4"]
    estate = inventory("hostname,cores,memory_gib,CPU p95 %,Mem p95 %,cpu_model", *rows)
    answer = calc.assess(estate, calc.Scenario(host_types=ONE))
    assert set(answer.placement["workload"]) == {"x"}
    table = foreign_options(answer).set_index("server")
    assert list(table.index) == ["p", "i", "s"]
    assert table.loc["i", "integer_factor"] != table.loc["i", "integer_factor"]  # NaN: QEMU has no Itanium
    assert np.isinf(table.loc["i", "emulate_integer"]) and table.loc["i", "architecture"] == "Intel Itanium"
    assert (table.loc["p", "integer_factor"], table.loc["s", "floating_factor"]) == (7.9, 35.6)
    assert table.loc["s", "emulate_floating"] > table.loc["s", "emulate_integer"]
    for server in table.index:
        # Staying costs what the server's own lines of the baseline cost: one of four equal baselines here.
        alone = calc.assess(
            inventory("hostname,cores,memory_gib,CPU p95 %,Mem p95 %,cpu_model", *[r for r in rows if r[0] == server]),
            calc.Scenario(host_types=ONE),
        )
        value = sum(present_value(flow, 0.07) for flow in alone.flows["baseline"].values())
        assert table.loc[server, "stay"] == pytest.approx(value)
        options = {"stay": "stay", "emulate": "emulate_integer", "re-platform": "replatform"}
        best = min(options, key=lambda name: table.loc[server, options[name]])
        assert table.loc[server, "recommended"] == best


def test_a_system_that_no_x86_processor_runs_is_never_packed() -> None:
    """AIX without a processor's name, or with one that means nothing, is not an x86 server by default."""
    systems = {
        "aix": ("AIX 7.2", "", "ppc64"),
        "ibmi": ("IBM i 7.3", "8-core", "ppc64"),
        "hpux": ("HP-UX 11.31", "", "ia64"),
        "pa": ("HP-UX 11.11 (PA-RISC)", "", "hppa"),
        "zos": ("z/OS 2.4", "", "s390x"),
        "tru": ("Tru64 UNIX 5.1", "", "alpha"),
        "vms": ("OpenVMS 8.4", "", "ia64"),
        "sol": ("Oracle Solaris 10 (SPARC)", "", "sparc"),
        "rhel": ("Red Hat Enterprise Linux 7 ppc64le", "", "ppc64"),
        "arm": ("Ubuntu 22.04 aarch64", "", "arm64"),
        "ia": ("", "ia64", "ia64"),
        "g5": ("", "PowerPC 970", "ppc64"),
        "fx": ("", "Fujitsu A64FX", "arm64"),
        "tai": ("", "HiSilicon TaiShan v110", "arm64"),
        "mips": ("", "MIPS R14000", "mips"),
        "risc": ("", "RISC-V U74", "riscv64"),
        "z": ("", "IBM zEC12", "s390x"),
        "vms9": ("OpenVMS 9.2", "", "x86_64"),
        "x": ("Oracle Solaris 11 (x86)", "Intel Xeon E5-2680 v4", "x86_64"),
        "hygon": ("CentOS 7", "Hygon C86 7185", "x86_64"),
    }
    rows = [f"{name},{cpu},8,32,20,{system}" for name, (system, cpu, _) in systems.items()]
    estate = inventory("hostname,cpu_model,cores,memory_gib,CPU p95 %,os", *rows)
    answer = calc.assess(estate, calc.Scenario(effort="quick"))
    found = dict(zip(answer.estate.workloads["workload"], answer.estate.workloads["arch"], strict=True))
    assert found == {name: arch for name, (_, _, arch) in systems.items()}
    assert set(answer.placement["workload"]) == {"vms9", "x", "hygon"}
    said = estate.provenance.query("table == 'servers' and column == 'arch'").set_index("name")["rule"]
    assert said["aix"] == "instruction set that the operating system needs"


def test_emulation_by_hand() -> None:
    # A nearly idle POWER server: 8 cores x 1 % x 5.653 x 7.9 and 16 GiB: its tightest resource sets its share of a host
    # that loses two cores and 8 GiB to the host system, and needs no licence.
    estate = inventory(
        "hostname,cores,memory_gib,CPU p95 %,Mem p95 %,cpu_model,CPU avg %", "p,8,16,1,80,IBM POWER8,0.5"
    )
    scenario = calc.Scenario(host_types=ONE)
    answer = calc.assess(estate, scenario)
    row = foreign_options(answer).iloc[0]
    host = allowed_hosts(scenario)[0]
    emulating = scenario.model_copy(update={"hypervisor": "tcg"})
    names = list(answer.demand.dimensions)
    room = capacity(host, answer.demand.dimensions, emulating)
    assert room[names.index("cpu")] == int(60 * 8.641 * 0.8 * 1000)
    assert room[names.index("memory")] == int((1024 * 0.92 - 8) * 0.95 * 1024)
    factor = np.ones(len(names))
    factor[names.index("cpu")] = 7.9 / 1.05  # the factor takes the place of the hypervisor's 5 %
    share = (answer.demand.amounts[0] * factor / room).max()
    from calc.costs.sides import host_coefficient, load_coefficient

    mean = answer.demand.table["cpu_mean_units"].iloc[0] * 7.9 / 1.05
    expected = (
        share * host_coefficient(host, emulating) + mean * load_coefficient(host, emulating) + 3.4 * 58.17 * 1.02**2
    )
    assert row["emulate_integer"] == pytest.approx(expected)
    assert row["replatform"] > 20_000


def test_wider_than_a_node_is_flagged() -> None:
    rows = ["narrow,8,32,20,50", "wide,40,64,90,50", "tall,8,700,20,90"]
    answer = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %,Mem p95 %", *rows), calc.Scenario(host_types=ONE)
    )
    flags = numa_flags(answer).set_index("workload")
    assert set(flags.index) == {"wide", "tall"}  # a node of this host has 32 cores and 512 GiB
    assert flags.loc["wide", "node_cores"] == 32 and flags.loc["tall", "node_memory_gib"] == 512


def test_spellings_of_architectures() -> None:
    rows = [f"s{i},8,32,20,{arch}" for i, arch in enumerate(("i686", "x86_32", "x64", "ppc64le", "abacus"))]
    answer = calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %,arch", *rows), calc.Scenario(host_types=ONE))
    assert set(answer.placement["workload"]) == {"s0", "s1", "s2"}  # 32-bit x86 shares the hosts and the pool
    assert len(answer.pools) == 1
    table = foreign_options(answer).set_index("server")
    assert table.loc["s3", "architecture"] == "IBM POWER" and table.loc["s3", "integer_factor"] == 7.9
    assert np.isinf(table.loc["s4", "emulate_integer"]) and "not in the table" in table.loc["s4", "caution"]


def test_emulation_is_a_row_with_its_price_and_never_a_plan() -> None:
    rule = hypervisors.emulator()
    # 10.2 host instructions for one of an x86-64 guest: 9.2 on top.
    assert 1 + rule.cpu_overhead == pytest.approx(10.2) and rule.host_os and not rule.high_availability
    table = effective_capacity(calc.Scenario(host_types=ONE), ONE[0]).set_index("id")
    assert table.loc["tcg", "cpu_units"] == pytest.approx(60 * 8.641 * 0.8 / 10.2, rel=1e-5)
    assert set(hypervisors.ids(emulators=True)) - set(hypervisors.ids()) == {"tcg"}
    with pytest.raises(calc.ScenarioError, match="emulates, and is weighed for foreign architectures only"):
        calc.Scenario(hypervisor="tcg")
    emulated = {entry.arch for entry in hypervisors.architectures().values() if entry.emulated}
    guests = set(reference.table("hypervisors").set_index("id").loc["tcg", "guests"].split())
    assert guests == emulated | {"x86_64", "x86_32"} and "ia64" not in guests


def test_what_becomes_of_each_architecture_is_said() -> None:
    rows = [f"s{i},8,32,20,{arch}" for i, arch in enumerate(("i686", "x64", "x64", "s390x", "Itanium", "abacus"))]
    answer = calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %,arch", *rows), calc.Scenario(host_types=ONE))
    table = architectures(answer).set_index("architecture")
    assert table["workloads"].to_dict() == {
        "x86, 32 bit": 1,
        "x86, 64 bit": 2,
        "IBM Z": 1,
        "Intel Itanium": 1,
        "abacus": 1,
    }
    assert table["placed"].tolist() == [1, 2, 0, 0, 0]
    assert table.loc["x86, 32 bit", "way"] == "runs natively on x86_64 hosts, without emulation"
    assert table.loc["x86, 64 bit", "way"] == "virtualised"
    assert set(table["way"].iloc[2:]) == {"stays: emulate, keep or re-platform"}
    money = foreign_options(answer).set_index("server")
    assert money.loc["s3", "integer_factor"] == 16.4 and money.loc["s3", "floating_factor"] == 43.0


def test_limits_of_guests_are_sourced_or_named_as_unknown() -> None:
    for row in reference.table("hypervisors").to_dict("records"):
        empty = [name for name in ("max_vcpus", "max_memory_gib", "max_machines") if row[name] != row[name]]
        if empty and row["id"] not in ("kvm", "proxmox"):  # there the host's resources are the limit
            assert "unknown" in row["limits_source"], (row["id"], empty)
        else:
            assert row["limits_source"]

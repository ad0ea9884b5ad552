"""RVTools workbooks: join by host name, CPU allocation, what takes part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import calc
from calc.inventory.joining import join_hosts
from calc.report.words import excluded_line
from tests.make import V_INFO, host_row, rvtools, vm_row, workbook


def test_hosts_are_servers_and_running_vms_are_workloads() -> None:
    found = calc.read_inventory(
        rvtools(
            [host_row("esx1"), host_row("esx2")],
            [
                vm_row("a", "esx1"),
                vm_row("b", "esx2"),
                vm_row("off", "esx1", power="poweredOff"),
                vm_row("tpl", "esx1", template="True"),
            ],
        )
    )
    assert found.format == "RVTools" and found.virtualised
    assert len(found.servers) == 2
    answer = calc.assess(found)
    assert sorted(answer.demand.table["workload"]) == ["a", "b"]
    assert len(answer.estate.left_out) == 2


def test_host_cpu_is_allocated_by_vcpu_and_reconciles() -> None:
    found = calc.read_inventory(
        rvtools([host_row("esx1", usage=50)], [vm_row("a", "esx1", vcpus=2), vm_row("b", "esx1", vcpus=6)])
    )
    used = found.workloads["cpu_mean"] * found.workloads["cores"]
    assert used.tolist() == pytest.approx([2.0, 6.0])  # half of 16 cores, 2 : 6


def test_overall_of_the_vcpu_sheet_decides_where_it_is_complete() -> None:
    data = rvtools(
        [host_row("esx1", usage=50)],
        [vm_row("a", "esx1"), vm_row("b", "esx1")],
        vCPU=[["VM", "CPUs", "Max", "Overall"], ["a", 4, 10800, 3000], ["b", 4, 10800, 1000]],
    )
    workloads = calc.read_inventory(data).workloads
    assert (workloads["cpu_mean"] * workloads["cores"]).tolist() == pytest.approx([6.0, 2.0])


def test_no_cpu_overhead_is_added_to_what_holds_it_already() -> None:
    answer = calc.assess(calc.read_inventory(rvtools([host_row("esx1")], [vm_row("a", "esx1")])))
    assert answer.demand.table["overhead"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("named", "hosts", "linked", "counts"),
    [
        (["esx1"], ["esx1"], ["esx1"], (1, 0, 0)),
        (["ESX1"], ["esx1"], ["esx1"], (1, 0, 0)),
        (["esx1.corp.local"], ["esx1"], ["esx1"], (0, 1, 0)),
        (["esx1"], ["esx1.corp.local"], ["esx1.corp.local"], (0, 1, 0)),
        (["boesx1"], ["esx1"], ["esx1"], (0, 0, 1)),
        (["boesx1.corp"], ["esx1"], ["esx1"], (0, 0, 1)),
        (["esx1"], ["aesx1", "besx1"], [""], (0, 0, 0)),  # two partners: no guess
        (["esx9"], ["esx1"], [""], (0, 0, 0)),
    ],
)
def test_join(named: list[str], hosts: list[str], linked: list[str], counts: tuple[int, int, int]) -> None:
    found, report = join_hosts(pd.Series(named), pd.Series(hosts))
    assert found.tolist() == linked
    assert (report.exact, report.domain_dropped, report.prefix_dropped) == counts
    assert report.rate == (0.0 if linked == [""] else 1.0)


def test_vms_without_a_listed_host_leave_both_sides_or_get_a_counted_server() -> None:
    found = calc.read_inventory(rvtools([host_row("esx1")], [vm_row("a", "esx1"), vm_row("b", "lost9")]))
    out = calc.assess(found)
    assert out.before.servers == 1 and len(out.demand.table) == 1
    assert "left out" in out.estate.left_out["reason"].iloc[0]
    kept = calc.assess(found, calc.Scenario(unmatched_workloads="assume_server"))
    assert kept.before.servers == 2 and len(kept.demand.table) == 2
    assert any("not in the export" in item.field and item.count == 1 for item in kept.assumed)


def test_bad_rows_of_both_sheets_are_reported() -> None:
    found = calc.read_inventory(
        rvtools(
            [host_row("esx1"), host_row("esx1")],
            [vm_row("a", "esx1"), vm_row("b", "esx1", memory_mib=-1), vm_row("c", "esx1", vcpus=0)],
        )
    )
    assert [(issue.sheet, issue.row) for issue in found.errors] == [("vHost", 3), ("vInfo", 3), ("vInfo", 4)]


def test_a_workbook_without_vhost_says_what_is_missing() -> None:
    with pytest.raises(calc.InventoryError, match="vHost is missing"):
        calc.read_inventory(workbook({"vInfo": [V_INFO, vm_row("a", "esx1")]}))


def test_nothing_that_takes_part_is_an_error_with_a_reason() -> None:
    for vm in (vm_row("a", "esx1", power="poweredOff"), vm_row("a", "lost9")):
        with pytest.raises(calc.InventoryError, match="no workload takes part"):
            calc.assess(calc.read_inventory(rvtools([host_row("esx1")], [vm])))


def test_the_real_workbook(rvtools_workbook: object) -> None:
    found = calc.read_inventory(rvtools_workbook)  # type: ignore[arg-type]
    assert (len(found.servers), len(found.workloads), int(found.workloads["powered_on"].sum())) == (34, 805, 763)
    assert found.join is not None
    assert found.join.exact == 51 and found.join.prefixes == {"bo": 726}
    assert found.join.rate == pytest.approx(0.965, abs=0.001)
    assert found.issues == ()
    # Rule 2: what is allocated to the VMs equals what the hosts read.
    used = (found.workloads["cpu_mean"] * found.workloads["cores"]).groupby(found.workloads["server"]).sum()
    hosts = found.servers.set_index("server")
    read = (hosts["cores"] * hosts["cpu_mean"]).loc[lambda values: values > 0]
    linked = [name for name in read.index if name in used.index and used[name] > 0]
    assert np.allclose(used[linked], read[linked])
    assert len(linked) == len(read)


def test_the_generated_workbook_reads_like_an_export() -> None:
    """What the notebook takes where no real workbook is at hand."""
    import importlib.util

    from tests.conftest import SAMPLES

    spec = importlib.util.spec_from_file_location("generate_rvtools", SAMPLES / "generate_rvtools.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = calc.read_inventory(module.workbook(), name="generated.xlsx")
    assert found.format == "RVTools" and len(found.servers) == 24 and not found.errors
    assert found.join is not None and 0.9 < found.join.rate < 1
    answer = calc.assess(found)
    assert 0 < answer.hosts_after < 24 and answer.survives


def test_what_is_paid_for_the_hypervisor_today_is_named_as_missing_until_it_is_stated() -> None:
    found = calc.read_inventory(rvtools([host_row("esx1")], [vm_row("a", "esx1")]))
    missing = "today's hypervisor subscription"
    assert missing in excluded_line(calc.assess(found))
    for stated in (0.0, 150.0):
        assert missing not in excluded_line(
            calc.assess(found, calc.Scenario(baseline_hypervisor_per_core_per_year=stated))
        )


def test_physical_servers_have_no_hypervisor_to_pay_for(tiny_csv: Path) -> None:
    assert "hypervisor" not in excluded_line(calc.assess(calc.read_inventory(tiny_csv)))

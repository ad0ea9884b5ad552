"""Every known export, made with its true headers: detected by content and read to the right values."""

from __future__ import annotations

import io

import pytest

import calc
from calc.inventory.formats import registry
from tests import exports as make
from tests.make import csv, host_row, rvtools, vm_row, workbook


def named(data: bytes, name: str) -> io.BytesIO:
    buffer = io.BytesIO(data)
    buffer.name = name
    return buffer


def server(found: calc.Inventory, name: str) -> dict[str, object]:
    return found.servers.set_index("server").loc[name].to_dict()


def workload(found: calc.Inventory, name: str) -> dict[str, object]:
    return found.workloads.set_index("workload").loc[name].to_dict()


def test_every_format_is_registered_once_and_says_what_it_is() -> None:
    names = [format_.NAME for format_ in registry()]
    assert len(names) == len(set(names)) == 11


def test_azure_migrate_template() -> None:
    data = make.table(make.AZURE, {"*Server name": "web1", "*Cores": 16, "*Memory (In MB)": 65536, "*OS name": "Windows Server", "OS version": "2012 R2",
        "OS architecture": "x64", "Number of disks": 2, "Disk 1 size (In GB)": 100, "Disk 2 size (In GB)": 400, "CPU utilization percentage": 12,
        "Memory utilization percentage": 40, "Network In throughput": 1, "Network Out throughput": 1.5})  # fmt: skip
    found = calc.read_inventory(data, name="anything.txt")
    [detection] = found.detections
    assert detection.format == found.format == "Azure Migrate import" and detection.score > 0.7
    assert detection.runner_up == "physical inventory" and detection.reasons
    web = server(found, "web1")
    assert (web["cores"], web["memory_gib"], web["disk_gib"]) == (16, 64, 500)
    assert (web["cpu_mean"], web["mem_mean"], web["net_p95"]) == pytest.approx((0.12, 0.4, 20.0))  # MB/s are bytes
    assert (web["os"], web["arch"]) == ("Windows Server 2012 R2", "x86_64")


def test_aws_application_discovery() -> None:
    data = make.table(
        make.AWS,
        {"HostName": "db1", "SMBiosId": "4c4c4544-0042-4310-8031-b1c04f4e3532", "CPU.NumberOfProcessors": 2, "CPU.NumberOfCores": 28,
         "CPU.NumberOfLogicalCores": 56, "OS.Name": "Linux", "OS.Version": "RHEL 7.9", "RAM.TotalSizeInMB": 131072, "RAM.UsedSizeInMB.Avg": 32768,
         "RAM.UsedSizeInMB.Max": 65536, "CPU.UsagePct.Avg": 8, "CPU.UsagePct.Max": 61, "NetworkReadsPerSecondInKB.Max": 1000, "NetworkWritesPerSecondInKB.Max": 250},
        {"HostName": "vm1", "VMware.VMName": "vm1", "VMware.MoRefId": "vm-7", "CPU.NumberOfProcessors": 2, "CPU.NumberOfCores": 4, "RAM.TotalSizeInMB": 8192},
    )  # fmt: skip
    found = calc.read_inventory(data)
    assert found.format == "AWS Application Discovery"
    db = server(found, "db1")
    assert (db["sockets"], db["cores"], db["threads"], db["memory_gib"]) == (2, 28, 56, 128)
    assert (db["mem_mean"], db["mem_peak"], db["cpu_mean"], db["cpu_peak"], db["net_p95"]) == pytest.approx(
        (0.25, 0.5, 0.08, 0.61, 10.0)
    )
    assert list(found.servers["server"]) == ["db1"]
    assert (workload(found, "vm1")["kind"], workload(found, "vm1")["server"]) == ("vm", "")
    assert any("name no host" in note for note in found.notes)


@pytest.mark.parametrize(("readings", "peak"), [((0.5, 0.25), 0.5), ((50, 25), 0.5)])
def test_migration_evaluator_reads_percent_and_fraction(readings: tuple[float, float], peak: float) -> None:
    rows = [{"Server Name": f"s{i}", "CPU Cores": 16, "Memory (MB)": 32768, "Provisioned Storage (GB)": 300, "Operating System": "Windows Server 2016",
             "Is Virtual?": "No", "Cpu String": make.GOLD, "Environment": "Prod", "SQL Edition": "Enterprise", "Cpu Utilization Peak (%)": reading}
            for i, reading in enumerate(readings)]  # fmt: skip
    found = calc.read_inventory(workbook({"Template": make.rows(make.EVALUATOR, *rows)}))
    assert found.format == "Migration Evaluator"
    first = server(found, "s0")
    assert first["cpu_peak"] == pytest.approx(peak)
    assert (first["memory_gib"], first["disk_gib"], first["database"], first["environment"]) == (
        32,
        300,
        "Enterprise",
        "Prod",
    )


GOOGLE = {
    "vmInfo.csv": make.table(make.GOOGLE_VM,
        {"MachineId": "m-1", "MachineName": "pay1", "TotalDiskAllocatedGiB": "", "AllocatedProcessorCoreCount": 16, "MemoryGiB": 64, "OsName": "Debian 10", "IsPhysical": 1},
        {"MachineId": "m-2", "MachineName": "pay2", "TotalDiskAllocatedGiB": 80, "AllocatedProcessorCoreCount": 4, "MemoryGiB": 8, "OsName": "Debian 10", "IsPhysical": 0}),
    "diskInfo.csv": make.table(make.GOOGLE_DISK, {"MachineId": "m-1", "DiskLabel": "sda", "SizeInGib": 100, "UsedInGib": 40},
        {"MachineId": "m-1", "DiskLabel": "sdb", "SizeInGib": 300, "UsedInGib": 60}),
    "tagInfo.csv": make.table(make.GOOGLE_TAG, {"MachineId": "m-1", "Key": "environment", "Value": "test"}),
}  # fmt: skip


@pytest.mark.parametrize("way", ["zip", "files"])
def test_google_migration_center_as_a_zip_and_as_files(way: str) -> None:
    if way == "zip":
        found = calc.read_inventory(make.archive(GOOGLE), name="export.zip")
    else:
        found = calc.read_inventories([named(data, f"part{i}") for i, data in enumerate(GOOGLE.values())])
    assert found.format == "Google Migration Center"
    pay = server(found, "pay1")
    assert (pay["cores"], pay["memory_gib"], pay["disk_gib"], pay["disk_used_gib"], pay["environment"]) == (
        16,
        64,
        400,
        100,
        "test",
    )
    assert workload(found, "pay2")["kind"] == "vm"


def test_nutanix_is_not_taken_for_rvtools() -> None:
    found = calc.read_inventory(make.nutanix())
    assert found.format == "Nutanix Collector"
    assert server(found, "ntx1")["memory_gib"] == 512 and found.virtualised
    app = workload(found, "app1")
    assert (app["vcpus"], app["memory_gib"], app["server"]) == (4, 16, "ntx1")
    assert (app["cpu_mean"], app["cpu_p95"], app["cpu_peak"], app["mem_p95"]) == pytest.approx((0.2, 0.45, 0.9, 0.6))
    assert found.join is not None and found.join.rate == 1


def test_live_optics_vmware() -> None:
    found = calc.read_inventory(make.live_optics_vmware())
    assert found.format == "Live Optics"
    host = server(found, "esx1.corp")
    assert (host["memory_gib"], host["threads"], host["cpu_mean"], host["serial"]) == (256, 64, 0.35, "XYZ9876")
    web = workload(found, "web")
    assert (web["vcpus"], web["memory_gib"], web["disk_gib"], web["cpu_peak"], web["mem_mean"]) == (
        8,
        32,
        200,
        0.95,
        0.5,
    )
    assert not workload(found, "old")["powered_on"]


def test_live_optics_general_is_physical() -> None:
    data = workbook({"Details": [["Project ID", 1]], "Servers": make.rows(make.OPTICS_GENERAL, {"Server Name": "hr1", "Manufacturer": "HP", "Model": "ProLiant DL380 Gen9",
        "OS": "Windows Server 2012 R2", "CPU Sockets": 2, "CPU Cores": 28, "CPU Description": make.XEON, "Memory (KiB)": 134217728,
        "Peak Memory Usage (KiB)": 67108864, "Peak CPU Percentage": 44, "Local Capacity (GiB)": 1000, "Used Capacity (GiB)": 400})})  # fmt: skip
    found = calc.read_inventory(data)
    assert found.format == "Live Optics" and not found.virtualised
    hr = server(found, "hr1")
    assert (hr["memory_gib"], hr["mem_peak"], hr["cpu_peak"], hr["disk_used_gib"]) == (128, 0.5, 0.44, 400)
    assert workload(found, "hr1")["kind"] == "physical"


def test_servicenow_labels_and_names() -> None:
    labels = make.table(make.SERVICENOW,
        {"Name": "erp1", "Serial number": "S1", "Manufacturer": "Dell Inc.", "Model ID": "PowerEdge R630", "CPU name": make.XEON, "CPU count": 2,
         "CPU core count": 14, "CPU core thread": 2, "RAM (MB)": 262144, "Disk space (GB)": 0, "Operating System": "Windows Server 2012", "IsVirtual": "false"},
        {"Name": "erp2", "CPU count": 1, "CPU core count": 4, "RAM (MB)": 8192, "IsVirtual": "true"})  # fmt: skip
    found = calc.read_inventory(labels)
    assert found.format == "ServiceNow"
    erp = server(found, "erp1")
    assert (erp["cores"], erp["threads"], erp["memory_gib"]) == (28, 56, 256)
    assert erp["disk_gib"] != erp["disk_gib"]  # 0 means never discovered
    assert workload(found, "erp2")["kind"] == "vm"
    names = make.table(make.SERVICENOW_NAMES, {"name": "erp1", "cpu_count": 2, "cpu_core_count": 14, "ram": 262144})
    assert server(calc.read_inventory(names), "erp1")["cores"] == 28


@pytest.mark.parametrize("way", ["one", "zip", "keyed", "lines"])
def test_ansible_facts(way: str) -> None:
    one, guest = (
        make.ansible("lx1"),
        make.ansible("lx2", ansible_virtualization_role="guest", ansible_virtualization_type="VMware"),
    )
    data = {
        "one": one,
        "zip": make.archive({"facts/lx1": one, "facts/lx2": guest, "facts/readme.json": b'{"a": 1}'}),
        "keyed": b'{"lx1": ' + one + b', "lx2": ' + guest + b"}",
        "lines": one + b"\n" + guest,
    }[way]
    found = calc.read_inventory(data, name="facts")
    assert found.format == "Ansible facts"
    lx = server(found, "lx1.corp.local")
    assert (lx["sockets"], lx["cores"], lx["threads"], lx["cpu_model"]) == (2, 32, 64, make.GOLD)
    assert (lx["disk_gib"], lx["disk_used_gib"], lx["mem_mean"], lx["os"]) == (100, 40, 0.25, "CentOS 7.9")
    if way != "one":
        assert list(found.workloads["kind"]) == ["physical", "vm"]
    if way == "zip":
        assert any("hold no facts" in note for note in found.notes)


def test_netbox_joins_rack_and_units_by_serial_and_by_name() -> None:
    netbox = make.table(make.NETBOX,
        {"name": "other-name", "role": "server", "manufacturer": "Dell", "device_type": "PowerEdge R730", "serial": "SER1", "site": "Berlin", "rack": "R12", "position": 7, "u_height": 2},
        {"name": "b.corp", "manufacturer": "HPE", "device_type": "ProLiant DL360 Gen9", "site": "Berlin", "rack": "R13", "position": 1, "u_height": 1},
        {"name": "switch1", "role": "switch", "manufacturer": "Cisco", "device_type": "C9300", "site": "Berlin", "rack": "R1", "position": 40, "u_height": 1})  # fmt: skip
    servers = csv("hostname,serial,cores,memory_gib,site", "a,SER1,16,64,Bln", "b,,8,32,")
    found = calc.read_inventories([named(netbox, "netbox.csv"), named(servers, "servers.csv")])
    assert list(found.servers["server"]) == ["a", "b"]
    assert server(found, "a")["rack_units"] == 2 and server(found, "b")["rack"] == "R13"
    assert server(found, "a")["site"] == "Berlin"  # NetBox is the register of places
    assert [(item.column, item.dropped) for item in found.conflicts] == [("site", "Bln")]
    assert found.matched == {"serial": 1, "name": 1}
    assert any("1 entries" in note for note in found.notes)
    with pytest.raises(calc.InventoryError, match="carry no cores and memory"):
        calc.read_inventory(netbox)


RVTOOLS = {
    "RVTools_tabvHost.csv": make.table(make.V_HOST, make.ESX1),
    "RVTools_tabvInfo.csv": make.table(make.V_INFO, make.vm("a"), make.vm("b", **{"CPUs": 12}), make.vm("vCLS-1234-5678"), make.vm("gone", **{"SRM Placeholder": "True"})),
    "RVTools_tabvMemory.csv": make.table(make.V_MEMORY, {"VM": "a", "Size MiB": 8192, "Consumed": 2048, "Active": 100}),
    "RVTools_tabvCPU.csv": make.table(make.V_CPU, {"VM": "a", "CPUs": 4, "Max": 9600, "Overall": 300}, {"VM": "b", "CPUs": 12, "Max": 28800, "Overall": 900}),
}  # fmt: skip


@pytest.mark.parametrize("way", ["zip", "files", "workbook"])
def test_rvtools_in_its_three_shapes(way: str) -> None:
    if way == "zip":
        found = calc.read_inventory(make.archive(RVTOOLS), name="rv.zip")
    elif way == "files":
        found = calc.read_inventories([named(data, f"f{i}.csv") for i, data in enumerate(RVTOOLS.values())])
    else:
        found = calc.read_inventory(
            workbook(
                {
                    "tabvHost": make.rows(make.V_HOST, make.ESX1),
                    "tabvInfo": make.rows(make.V_INFO, make.vm("a"), make.vm("b", **{"CPUs": 12})),
                }
            )
        )
    assert found.format == "RVTools"
    assert sorted(found.workloads["workload"]) == ["a", "b"]
    used = found.workloads["cpu_mean"] * found.workloads["cores"]
    assert used.sum() == pytest.approx(14)  # half of the host's 28 cores, as it read
    assert used.tolist() == pytest.approx([3.5, 10.5])
    if way != "workbook":
        assert workload(found, "a")["mem_mean"] == 0.25  # consumed, not active
        assert sum("placeholder" in issue.problem or "vCLS" in issue.problem for issue in found.warnings) == 2


def test_rvtools_with_the_oldest_headers() -> None:
    info = [["vInfoVMName", "vInfoPowerstate", "vInfoTemplate", "vInfoCPUs", "vInfoMemory", "vInfoProvisioned", "vInfoInUse", "vInfoOS", "vInfoCluster", "vInfoHost"],
            ["a", "poweredOn", "False", 4, 8192, 102400, 51200, "Windows 2003", "C1", "esx1.corp.local"]]  # fmt: skip
    found = calc.read_inventory(workbook({"tabvInfo": info, "vHosts": make.rows(make.V_HOST, make.ESX1)}))
    a = workload(found, "a")
    assert (found.format, a["memory_gib"], a["disk_gib"], a["server"]) == ("RVTools", 8, 100, "esx1.corp.local")


def test_several_vcenters_in_one_zip_keep_vms_of_one_name_apart() -> None:
    esx2 = {
        **make.ESX1,
        "Host": "esx2.corp.local",
        "Serial number": "DEF5678",
        "UUID": "4c4c4544-0099-4310-8031-b1c04f4e3532",
    }
    data = make.archive({
        "vc1/RVTools_tabvHost.csv": make.table(make.V_HOST, make.ESX1),
        "vc1/RVTools_tabvInfo.csv": make.table(make.V_INFO, make.vm("app", **{"VM UUID": "42000000-1111-2222-3333-444444444444"})),
        "vc2/RVTools_tabvHost.csv": make.table(make.V_HOST, esx2),
        "vc2/RVTools_tabvInfo.csv": make.table(make.V_INFO, make.vm("app", **{"VM UUID": "42aaaaaa-1111-2222-3333-444444444444", "Host": "esx2.corp.local"})),
    })  # fmt: skip
    found = calc.read_inventory(data, name="two.zip")
    assert list(found.workloads["workload"]) == ["app", "app [42aaaaaa]"]
    assert list(found.workloads["server"]) == ["esx1.corp.local", "esx2.corp.local"]


def test_a_register_beside_rvtools_adds_to_hosts_and_vms_and_makes_no_doubles() -> None:
    book = rvtools([host_row("esx1")], [vm_row("a", "esx1")])
    cmdb = make.table(make.SERVICENOW,
        {"Name": "ESX1.corp", "Serial number": "S9", "CPU count": 2, "CPU core count": 8, "RAM (MB)": 262144, "Location": "Seoul"},
        {"Name": "a", "CPU count": 1, "CPU core count": 4, "RAM (MB)": 8192, "Department": "Sales"},
        {"Name": "standalone", "CPU count": 2, "CPU core count": 8, "RAM (MB)": 65536})  # fmt: skip
    found = calc.read_inventories([named(book, "rv.xlsx"), named(cmdb, "cmdb.csv")])
    assert list(found.servers["server"]) == ["esx1", "standalone"]
    assert sorted(found.workloads["workload"]) == ["a", "standalone"]
    assert server(found, "esx1")["serial"] == "S9" and workload(found, "a")["owner"] == "Sales"
    # The collector's site stays, the register's is listed.
    assert [(c.name, c.column, c.kept, c.dropped) for c in found.conflicts] == [("esx1", "site", "DC1", "Seoul")]
    assert "collector" in found.conflicts[0].rule


def test_the_user_overrides_the_format() -> None:
    data = make.table(
        make.AZURE,
        {
            "*Server name": "web1",
            "*Cores": 16,
            "*Memory (In MB)": 65536,
            "*OS name": "Windows",
            "Disk 1 size (In GB)": 100,
        },
    )
    found = calc.read_inventory(data, format="physical inventory")
    assert found.format == "physical inventory" and found.detections[0].chosen_by == "user"
    assert found.detections[0].runner_up == "Azure Migrate import"
    with pytest.raises(calc.InputError, match="there is no format 'excel'; the formats are"):
        calc.read_inventory(data, format="excel")


def test_a_plan_from_every_virtualised_format() -> None:
    for data in (make.nutanix(), make.live_optics_vmware(), make.archive(RVTOOLS)):
        assert calc.assess(calc.read_inventory(data)).hosts_after >= 2

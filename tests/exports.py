"""Makers of exports with the true headers of each tool; every value is invented."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence

from tests.make import workbook

Rows = Sequence[Sequence[object]]
XEON = "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz"  # 14 cores
GOLD = "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz"  # 16 cores


def table(headers: Sequence[str], *records: Mapping[str, object], delimiter: str = ",") -> bytes:
    """A CSV with all headers; each record fills some."""
    unknown = {key for record in records for key in record} - set(headers)
    assert not unknown, f"no such header: {unknown}"
    lines = [headers, *([record.get(name, "") for name in headers] for record in records)]
    return "\n".join(delimiter.join(_quoted(cell, delimiter) for cell in line) for line in lines).encode() + b"\n"


def _quoted(cell: object, delimiter: str) -> str:
    text = str(cell)
    return f'"{text}"' if delimiter in text else text


def rows(headers: Sequence[str], *records: Mapping[str, object]) -> Rows:
    """Header and rows of a sheet."""
    return [headers, *([record.get(name, "") for name in headers] for record in records)]


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return buffer.getvalue()


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", " ").split(",")]


V_INFO = _words("""VM, Powerstate, Template, SRM Placeholder, Config status, DNS Name, Connection state, Guest state, Heartbeat,
Consolidation Needed, PowerOn, Suspended To Memory, Suspend time, Suspend Interval, Creation date, Change Version, CPUs,
Overall Cpu Readiness, Memory, Active Memory, NICs, Disks, Total disk capacity MiB, Fixed Passthru HotPlug,
min Required EVC Mode Key, Latency Sensitivity, Op Notification Timeout, EnableUUID, CBT, Primary IP Address, Network #1,
Network #2, Num Monitors, Video Ram KiB, Resource pool, Folder ID, Folder, vApp, DAS protection, FT State, FT Role,
Provisioned MiB, In Use MiB, Unshared MiB, HA Restart Priority, Cluster rule(s), Cluster rule name(s), Firmware, HW version,
Path, Annotation, Datacenter, Cluster, Host, OS according to the configuration file, OS according to the VMware Tools,
VM ID, SMBIOS UUID, VM UUID, VI SDK Server type, VI SDK API Version, VI SDK Server, VI SDK UUID""")
V_HOST = _words("""Host, Datacenter, Cluster, Config status, Compliance Check State, in Maintenance Mode, in Quarantine Mode,
vSAN Fault Domain Name, CPU Model, Speed, HT Available, HT Active, # CPU, Cores per CPU, # Cores, CPU usage %, # Memory,
Memory Tiering Type, Memory usage %, Console, # NICs, # HBAs, # VMs total, # VMs, VMs per Core, # vCPUs, vCPUs per Core, vRAM,
VM Used memory, VM Memory Swapped, VM Memory Ballooned, VMotion support, Storage VMotion support, Current EVC, Max EVC,
ESX Version, Boot time, Vendor, Model, Serial number, Service tag, BIOS Version, Object ID, UUID, VI SDK Server, VI SDK UUID""")
V_CPU = _words("""VM, Powerstate, Template, SRM Placeholder, CPUs, Sockets, Cores p/s, Max, Overall, Level, Shares, Reservation,
Entitlement, Limit, Hot Add, Datacenter, Cluster, Host, Folder, OS according to the configuration file, VM ID, VM UUID""")
V_MEMORY = _words("""VM, Powerstate, Template, SRM Placeholder, Size MiB, Memory Reservation Locked To Max, Overhead, Max, Consumed,
Consumed Overhead, Private, Shared, Swapped, Ballooned, Active, Entitlement, Level, Shares, Reservation, Limit, Hot Add, Host""")
V_PARTITION = _words(
    "VM, Powerstate, Template, SRM Placeholder, Disk Key, Disk, Capacity MiB, Consumed MiB, Free MiB, Free %, Host"
)
ESX1 = {
    "Host": "esx1.corp.local", "Datacenter": "DC1", "Cluster": "C1", "CPU Model": XEON, "Speed": 2400, "HT Active": "True",
    "# CPU": 2, "Cores per CPU": 14, "# Cores": 28, "CPU usage %": 50, "# Memory": 262144, "Memory usage %": 60,
    "ESX Version": "VMware ESXi 6.7.0", "Vendor": "Dell Inc.", "Model": "PowerEdge R730", "Serial number": "ABC1234",
    "UUID": "4c4c4544-0042-4310-8031-b1c04f4e3532",
}  # fmt: skip


def vm(name: str, **more: object) -> dict[str, object]:
    """A row of vInfo."""
    return {
        "VM": name, "Powerstate": "poweredOn", "Template": "False", "SRM Placeholder": "False", "CPUs": 4, "Memory": 8192,
        "Provisioned MiB": 102400, "In Use MiB": 51200, "Datacenter": "DC1", "Cluster": "C1", "Host": "esx1.corp.local",
        "OS according to the configuration file": "Other Linux (64-bit)", **more,
    }  # fmt: skip


AZURE = _words("""*Server name, IP addresses, *Cores, *Memory (In MB), *OS name, OS version, OS architecture, Number of disks,
Disk 1 size (In GB), Disk 1 read ops, Disk 1 write ops, Disk 1 read throughput, Disk 1 write throughput, Disk 2 size (In GB),
Disk 2 read ops, CPU utilization percentage, Memory utilization percentage, Total disks read ops, Total disks write ops,
Network In throughput, Network Out throughput, Firmware type, MAC address""")
AWS = _words("""ExternalId, SMBiosId, IPAddress, MACAddress, HostName, VMware.MoRefId, VMware.VCenterId, CPU.NumberOfProcessors,
CPU.NumberOfCores, CPU.NumberOfLogicalCores, OS.Name, OS.Version, VMware.VMName, RAM.TotalSizeInMB, RAM.UsedSizeInMB.Avg,
RAM.UsedSizeInMB.Max, CPU.UsagePct.Avg, CPU.UsagePct.Max, DiskReadsPerSecondInKB.Avg, NetworkReadsPerSecondInKB.Avg,
NetworkReadsPerSecondInKB.Max, NetworkWritesPerSecondInKB.Avg, NetworkWritesPerSecondInKB.Max, Applications, ApplicationWave,
Tags, ServerId""")
EVALUATOR = _words("""Server Name, CPU Cores, Memory (MB), Provisioned Storage (GB), Operating System, Is Virtual?, Hypervisor Name,
Cpu String, Environment, SQL Edition, Application, Cpu Utilization Peak (%), Memory Utilization Peak (%), Time In-Use (%),
Annual Cost (USD), Storage Type""")
GOOGLE_VM = _words("""MachineId, MachineName, PrimaryIPAddress(optional), PrimaryMACAddress(optional), PublicIPAddress(optional),
IpAddressListSemiColonDelimited(optional), TotalDiskAllocatedGiB, TotalDiskUsedGiB, MachineTypeLabel(optional),
AllocatedProcessorCoreCount, MemoryGiB, HostingLocation(optional), OsType(optional), OsPublisher(optional), OsName,
OsVersion(optional), MachineStatus(optional), ProvisioningState(optional), CreateDate(optional), IsPhysical""")
GOOGLE_DISK = _words("MachineId, DiskLabel, SizeInGib, UsedInGib, StorageTypeLabel")
GOOGLE_PERF = _words("""MachineId, TimeStamp, CpuUtilizationPercentage, MemoryUtilizationPercentage(optional), AvailableMemoryBytes,
DiskReadOperationsPerSec, DiskWriteOperationsPerSec, NetworkBytesPerSecSent, NetworkBytesPerSecReceived""")
GOOGLE_TAG = _words("MachineId, Key, Value")
NUTANIX_HOST = _words("""Cluster, Cluster Name, MOID, Host IP, Host Name, Model, Service Tag, NICs, BIOS, Vendor, CPUs, VMs, CPU Model,
CPU Cores, CPU Speed, Cores per CPU, Memory Size (GiB), CPU Usage, Memory Usage, 95th Percentile Disk Throughput (KBps),
95th Percentile IOPS, Capacity (MiB), Consumed (MiB), Free Space (MiB), Hypervisor, Maintenance Mode""")
NUTANIX_INFO = _words("VM Name, Sizing Enabled, Power State, 95th Percentile IOPS, Cluster Name, Host Name, MOID")
NUTANIX_CPU = _words("""VM Name, Power State, vCPUs, Overall CPU (MHz), Peak %, Average %, Median %, Custom Percentile %,
95th Percentile % (recommended), CPU Readiness 95th Percentile %, Reservation, Limit, Cluster Name, MOID""")
NUTANIX_MEMORY = _words("""VM Name, Power State, Size (MiB), Peak %, Average %, Median %, Custom Percentile %,
95th Percentile % (recommended), MOID""")
NUTANIX_LIST = _words("""VM Name, Sizing Enabled, Power State, vCPUs, Max CPU (MHz), Memory (MiB), Thin Provisioned, Capacity (MiB),
Consumed (MiB), Datastore, Connection state, Target Cluster, Guest OS, Template, Host, Cluster Name, Datacenter Name,
Volume Group Attached, Volume Group Consumed (MiB)""")
OPTICS_GENERAL = _words("""Server Name, Manufacturer, Model, OS, CPU Sockets, CPU Cores, CPU Clock Speed (GHz),
Net Clock Speed (GHz), CPU Description, Memory (KiB), Peak Memory Usage (KiB), Peak CPU Percentage, Local Capacity (GiB),
Used Capacity (GiB), Free Capacity (GiB), Peak IOPS, Average IOPS, 95% IOPS, Peak Throughput MB/s, Avg. Throughput MB/s""")
OPTICS_HOST = _words("""Host Name, Cluster, Datacenter, Manufacturer, Model, Serial No, CPU Sockets, CPU Cores, CPU Threads,
CPU Description, CPU Clock Speed (GHz), Net Clock Speed (GHz), Memory (KiB), Local Capacity (GiB), Guest VM Count,
Number of NICs, Number of HBAs, OS, Boot Time, vCenter""")
OPTICS_HOST_PERF = _words("""Host, Peak CPU %, Peak CPU (GHz), Average CPU %, Average CPU (GHz), Peak Memory %, Average Memory %,
Peak Memory (MiB), Average Memory (MiB), Peak IOPS, Average IOPS, 95% IOPS, Peak Throughput MB/s, Avg Throughput MB/s""")
OPTICS_VM = _words("""VM Name, Power State, Template, VM OS, Guest Hostname, Guest IP1, Virtual CPU, Provisioned Memory (MiB),
Used Memory (active) (MiB), Consumed Memory (MiB), Virtual Disk Size (MiB), Virtual Disk Used (MiB), Unshared (MiB),
Guest VM Disk Capacity (MiB), Guest VM Disk Used (MiB), NICs, Disks, Datastore, Host, Cluster, Datacenter, MOB ID,
InstanceUUID, VMware Tools Version""")
OPTICS_VM_PERF = _words("""VM Name, Peak vCPU %, Peak vCPU (GHz), Average vCPU %, Average vCPU (GHz), Peak Memory %,
Peak Memory (MiB), Avg Memory (MiB), Peak IOPS, Average IOPS""")
SERVICENOW = _words("""Name, Serial number, Asset tag, Manufacturer, Model ID, CPU name, CPU type, CPU manufacturer,
CPU speed (MHz), CPU count, CPU core count, CPU core thread, RAM (MB), Disk space (GB), Operating System, OS Version,
OS Service Pack, Chassis type, IsVirtual, Location, Department, Class""")
SERVICENOW_NAMES = _words("""name, serial_number, asset_tag, cpu_name, cpu_type, cpu_speed, cpu_count, cpu_core_count,
cpu_core_thread, ram, disk_space, os, os_version, virtual, fqdn, sys_class_name""")
NETBOX = _words("""name, role, tenant, manufacturer, device_type, platform, serial, asset_tag, status, site, location, rack, position,
face, latitude, longitude, parent, device_bay, airflow, virtual_chassis, cluster, description, comments, tags, u_height""")


def nutanix() -> bytes:
    """A Nutanix Collector workbook: one host, two VMs."""
    return workbook(
        {
            "Metadata": [["Hypervisor", "Connection Mode", "Collector Version"], ["ESXi", "vCenter", "6.7"]],
            "vHosts": rows(NUTANIX_HOST, {"Host Name": "ntx1", "Host IP": "10.0.0.1", "MOID": "host-1", "Cluster Name": "NC1", "Model": "NX-3060",
                "Vendor": "Nutanix", "CPUs": 2, "CPU Model": GOLD, "CPU Cores": 32, "Memory Size (GiB)": 512, "CPU Usage": 40, "Memory Usage": 55,
                "Service Tag": "NTX001", "Hypervisor": "AHV"}),
            "vInfo": rows(NUTANIX_INFO, {"VM Name": "app1", "Sizing Enabled": "true", "Power State": "On", "Host Name": "ntx1", "MOID": "vm-1"}),
            "vCPU": rows(NUTANIX_CPU,
                {"VM Name": "app1", "vCPUs": 4, "Peak %": 90, "Average %": 20, "95th Percentile % (recommended)": 45},
                {"VM Name": "app2", "vCPUs": 2, "Peak %": 30, "Average %": 5, "95th Percentile % (recommended)": 12}),
            "vMemory": rows(NUTANIX_MEMORY, {"VM Name": "app1", "Size (MiB)": 16384, "Peak %": 70, "Average %": 50, "95th Percentile % (recommended)": 60}),
            "vPartition": [["VM Name", "Power State", "Path", "Consumed (MiB)", "Capacity (MiB)"], ["app1", "On", "/", 10240, 40960]],
            "vmList": rows(NUTANIX_LIST,
                {"VM Name": "app1", "Power State": "On", "vCPUs": 4, "Memory (MiB)": 16384, "Capacity (MiB)": 40960, "Consumed (MiB)": 10240,
                 "Guest OS": "Ubuntu Linux (64-bit)", "Template": "false", "Host": "ntx1", "Cluster Name": "NC1"},
                {"VM Name": "app2", "Power State": "On", "vCPUs": 2, "Memory (MiB)": 4096, "Capacity (MiB)": 20480, "Consumed (MiB)": 5120,
                 "Guest OS": "Microsoft Windows Server 2016", "Template": "false", "Host": "ntx1", "Cluster Name": "NC1"}),
        }
    )  # fmt: skip


def live_optics_vmware() -> bytes:
    """A Live Optics VMware workbook: one host, two VMs, one of them off."""
    return workbook(
        {
            "Details": [["Project ID", "123"], ["Collector Build Version", "21.1"], ["Date", "2024-05-01"]],
            "ESX Hosts": rows(OPTICS_HOST, {"Host Name": "esx1.corp", "Cluster": "C1", "Datacenter": "DC1", "Manufacturer": "Dell Inc.",
                "Model": "PowerEdge R740", "Serial No": "XYZ9876", "CPU Sockets": 2, "CPU Cores": 32, "CPU Threads": 64, "CPU Description": GOLD,
                "Memory (KiB)": 268435456, "Local Capacity (GiB)": 900, "OS": "VMware ESXi 7.0.3"}),
            "ESX Performance": rows(OPTICS_HOST_PERF, {"Host": "esx1.corp", "Peak CPU %": 80, "Average CPU %": 35, "Peak Memory %": 70, "Average Memory %": 60}),
            "VMs": rows(OPTICS_VM,
                {"VM Name": "web", "Power State": "poweredOn", "Template": "False", "VM OS": "Red Hat Enterprise Linux 7 (64-bit)", "Virtual CPU": 8,
                 "Provisioned Memory (MiB)": 32768, "Consumed Memory (MiB)": 16384, "Virtual Disk Size (MiB)": 204800, "Virtual Disk Used (MiB)": 102400,
                 "Host": "esx1.corp", "Cluster": "C1", "InstanceUUID": "50112233-4455-6677-8899-aabbccddeeff"},
                {"VM Name": "old", "Power State": "poweredOff", "Template": "False", "Virtual CPU": 2, "Provisioned Memory (MiB)": 4096,
                 "Consumed Memory (MiB)": 0, "Virtual Disk Size (MiB)": 10240, "Virtual Disk Used (MiB)": 10240, "Host": "esx1.corp"}),
            "VM Performance": rows(OPTICS_VM_PERF, {"VM Name": "web", "Peak vCPU %": 95, "Average vCPU %": 22}),
        }
    )  # fmt: skip


def ansible(name: str, **more: object) -> bytes:
    """Facts of one host, as `ansible -m setup --tree` writes them."""
    facts: dict[str, object] = {
        "ansible_hostname": name, "ansible_fqdn": f"{name}.corp.local", "ansible_system_vendor": "HPE",
        "ansible_product_name": "ProLiant DL380 Gen10", "ansible_product_serial": f"CZ{name}",
        "ansible_product_uuid": "30363150-3430-5a43-3239-333530304b31",
        "ansible_processor": ["0", "GenuineIntel", GOLD, "1", "GenuineIntel", GOLD],
        "ansible_processor_count": 2, "ansible_processor_cores": 16, "ansible_processor_threads_per_core": 2, "ansible_processor_vcpus": 64,
        "ansible_memtotal_mb": 257_600, "ansible_memory_mb": {"real": {"total": 257600, "used": 250000, "free": 7600}, "nocache": {"used": 64400, "free": 193200}},
        "ansible_mounts": [
            {"device": "/dev/sda1", "fstype": "xfs", "size_total": 100 * 1024**3, "size_available": 60 * 1024**3},
            {"device": "/dev/sda1", "fstype": "xfs", "size_total": 100 * 1024**3, "size_available": 60 * 1024**3, "mount": "/bind"},
            {"device": "nas:/vol", "fstype": "nfs4", "size_total": 9000 * 1024**3, "size_available": 1},
        ],
        "ansible_architecture": "x86_64", "ansible_virtualization_type": "kvm", "ansible_virtualization_role": "host",
        "ansible_distribution": "CentOS", "ansible_distribution_version": "7.9",
        **more,
    }  # fmt: skip
    return json.dumps({"ansible_facts": facts, "changed": False}).encode()

"""An RVTools workbook or its RVTools_tab*.csv: servers are vHost, workloads vInfo, linked by host name.

It describes an estate that is virtualised already. The measured CPU of each host is allocated
to its powered-on VMs, so that the VMs' total equals the hosts' readings; it is a snapshot and
is treated as an average.

References
----------
RVTools 4.6.1 manual, Dell, May 2024 (columns of vInfo, vHost, vCPU, vMemory, vPartition).
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from calc.errors import InventoryError
from calc.inventory import cells
from calc.inventory.formats import Match, Signatures, part_of
from calc.inventory.formats._flat import beside, layout
from calc.inventory.joining import join_hosts
from calc.inventory.options import Options
from calc.inventory.reading import Layout, read_table
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.tables import Origin
from calc.language import stored
from calc.model import RowIssue
from calc.units import MIB_PER_GIB

NAME = "RVTools"
PARTS: Signatures = {
    "vInfo": (
        frozenset({"vm", "powerstate", "cpus", "memory", "host"}),
        frozenset({"vinfovmname", "vinfocpus", "vinfomemory"}),
    ),
    "vHost": (frozenset({"host", "# cores"}), frozenset({"host", "# cpu", "# memory"})),
    "vMemory": (frozenset({"vm", "size mib", "consumed"}), frozenset({"vm", "size mb", "consumed"})),
    "vCPU": (frozenset({"vm", "cpus", "overall"}),),
    "vDisk": (frozenset({"vm", "disk mode", "capacity mib"}), frozenset({"vm", "disk mode", "capacity mb"})),
    "vPartition": (frozenset({"vm", "capacity mib", "consumed mib"}), frozenset({"vm", "capacity mb", "consumed mb"})),
}
_HOST = layout("""
    Host -> name
    Datacenter -> site
    Cluster -> zone
    CPU Model -> cpu_model
    # CPU -> sockets
    Cores per CPU -> cores_per_socket
    # Cores -> cores
    CPU usage % -> cpu_mean %
    # Memory -> memory_gib MiB
    Memory usage % -> mem_mean %
    Vendor -> manufacturer
    Model -> model
    ESX Version -> os
    Serial number -> serial
    Service tag -> serial
    UUID -> uuid
""")
_VM = layout("""
    VM -> name
    VM Name -> name
    Powerstate -> power_state
    CPUs -> vcpus
    Memory -> memory_gib MiB
    Provisioned MiB -> disk_gib MiB
    Provisioned MB -> disk_gib MiB
    In Use MiB -> disk_used_gib MiB
    In Use MB -> disk_used_gib MiB
    Host -> vm_host
    CPU Usage % -> cpu_mean %
    Cluster -> zone
    Datacenter -> site
    OS according to the VMware Tools -> os
    SMBIOS UUID -> uuid
    VM UUID -> uuid
    vInfoVMName -> name
    vInfoPowerstate -> power_state
    vInfoCPUs -> vcpus
    vInfoMemory -> memory_gib MiB
    vInfoProvisioned -> disk_gib MiB
    vInfoInUse -> disk_used_gib MiB
    vInfoHost -> vm_host
    vInfoCluster -> zone
    vInfoDataCenter -> site
    vInfoOS -> os
""")
_OS_CONFIGURED = "os according to the configuration file"
_CLUSTER_SERVICE = re.compile(r"vcls(?:[-\s(]|$)", re.IGNORECASE)
_TRUE = {"true", "1", "yes"}


def _parts(content: FileContent) -> dict[str, list[Sheet]]:
    found: dict[str, list[Sheet]] = {}
    for sheet in content.sheets.values():
        part = part_of(sheet, PARTS)
        if part:
            found.setdefault(part, []).append(sheet)
    return found


def matches(content: FileContent) -> Match:
    """By the columns of vInfo, which no other tool has, and the tables beside it."""
    parts = _parts(content)
    if "vInfo" not in parts:
        return Match(0.0)
    return Match(
        0.8 + 0.2 * len(parts) / len(PARTS),
        (stored("has the columns of {parts} (VM, Powerstate, CPUs, Memory, Host)", parts=", ".join(sorted(parts))),),
    )


def read(content: FileContent, options: Options) -> Part:
    """Read vHost and vInfo, link them, allocate the hosts' measured CPU to their VMs.

    Raises
    ------
    InventoryError
        When vInfo is missing or a needed column is absent.
    """
    parts = _parts(content)
    if "vInfo" not in parts:
        raise InventoryError(
            stored("{name}: no table has the columns of vInfo (VM, Powerstate, CPUs, Memory, Host)", name=content.name)
        )
    hosts = [_host_part(sheet, content, options) for sheet in parts.get("vHost", [])]
    vms = [_vm_part(sheet, content, options) for sheet in parts["vInfo"]]
    everything = [*hosts, *vms]
    part = Part(
        content.name,
        NAME,
        pd.concat([item.machines for item in everything], ignore_index=True),
        pd.concat([item.origins for item in everything], ignore_index=True),
        rank=3,
        issues=[issue for item in everything for issue in item.issues],
        mappings=[mapping for item in everything for mapping in item.mappings],
        headers={column: header for item in reversed(everything) for column, header in item.headers.items()},
        rows=sum(item.rows for item in everything),
    )
    if not hosts:
        part.lacks = stored(
            "{name}: the sheet vHost is missing. It holds the servers, their CPU and what it reads; export the "
            "workbook again with all tabs, or give a list of the hosts beside it",
            name=content.name,
        )
    _consumed_memory(part, parts.get("vMemory", []))
    _disks_in_use(part, parts.get("vPartition", []))
    _allocate_cpu(part, parts.get("vCPU", []))
    _tell(part)
    return part


def _host_part(sheet: Sheet, content: FileContent, options: Options) -> Part:
    table = read_table(sheet, content.name, options, _HOST)
    _need(table.headers, ("name", "cores"), _HOST, content.name, sheet.name)
    active = [value.casefold() for value in beside(sheet, table, "ht active")]
    per_core = np.array([{"true": 2.0, "false": 1.0}.get(value, np.nan) for value in active])
    table.derive("threads", table.number("cores") * per_core, stored("cores x 2 where 'HT Active' is true"))
    part = machines(table, content.name, NAME)
    part.machines["virtual"], part.machines["virtualised"] = False, True
    return part


def _vm_part(sheet: Sheet, content: FileContent, options: Options) -> Part:
    headers = sheet.headers()
    known: Layout = _VM
    if _OS_CONFIGURED in headers and "os according to the vmware tools" not in headers:
        known = {**_VM, _OS_CONFIGURED: ("os", "")}
    if not {"provisioned mib", "provisioned mb"} & set(headers):
        known = {**known, "total disk capacity mib": ("disk_gib", "MiB")}
    if "smbios uuid" in headers:
        known = {key: value for key, value in known.items() if key != "vm uuid"}
    table = read_table(sheet, content.name, options, known)
    _need(table.headers, ("name", "vcpus", "memory_gib", "vm_host"), _VM, content.name, sheet.name)
    configured = beside(sheet, table, _OS_CONFIGURED)
    if "os" in table.columns:
        table.columns["os"] = np.where(table.columns["os"] == "", configured, table.columns["os"])
    if "uuid" in table.columns:
        other = beside(sheet, table, "vm uuid")
        table.columns["uuid"] = np.where(table.columns["uuid"] == "", other, table.columns["uuid"])
    template = _is_true(beside(sheet, table, "template")) | _is_true(beside(sheet, table, "vinfotemplate"))
    placeholder = _is_true(beside(sheet, table, "srm placeholder"))
    state = np.array(
        [value.casefold().replace(" ", "") == "poweredon" for value in table.text("power_state")], dtype=bool
    )
    part = machines(table, content.name, NAME)
    frame = part.machines
    frame["virtual"] = pd.Series([True] * len(frame), index=frame.index, dtype=object)
    frame["powered_on"] = state & ~template
    services = frame["name"].str.match(_CLUSTER_SERVICE).to_numpy(dtype=bool)
    drop = placeholder | services
    for index in np.flatnonzero(drop):
        what = (
            stored("is a recovery placeholder, not a VM")
            if placeholder[index]
            else stored("is a service VM of the cluster (vCLS), which a new cluster makes itself")
        )
        part.issues.append(
            RowIssue(
                content.name,
                sheet.name,
                int(frame["row"].iat[index]),
                "VM",
                frame["name"].iat[index],
                "warning",
                what,
                stored("nothing to do: it is left out"),
            )
        )
    part.machines = frame[~drop].reset_index(drop=True)
    part.origins = part.origins[~drop].reset_index(drop=True)
    return part


def _is_true(column: np.ndarray) -> np.ndarray:
    return np.array([value.casefold() in _TRUE for value in column], dtype=bool)


def _need(headers: dict[str, str], needed: tuple[str, ...], known: Layout, file: str, sheet: str) -> None:
    for column in needed:
        if column not in headers:
            usual = next(header for header, (name, _) in known.items() if name == column)
            raise InventoryError(
                stored(
                    "{file}, sheet {sheet!r}: the column {usual!r} is missing; export the workbook again with all columns",
                    file=file,
                    sheet=sheet,
                    usual=usual,
                )
            )


def _by_vm(sheets: list[Sheet], *headers: str) -> tuple[dict[str, tuple[float, ...]], set[str]]:
    """Numbers of each VM, summed over its rows; VMs that two rows of one name share are told apart by nobody."""
    found: dict[str, tuple[float, ...]] = {}
    rows: dict[str, int] = {}
    for sheet in sheets:
        at = sheet.headers()
        for _, row in sheet.rows[1:]:
            try:
                values = tuple(cells.number(row[at[header]])[0] for header in headers)
                name = row[at["vm"]].casefold()
            except (cells.CellError, IndexError, KeyError):
                continue
            rows[name] = rows.get(name, 0) + 1
            before = found.get(name, (0.0,) * len(headers))
            found[name] = tuple(a + b for a, b in zip(before, values, strict=True))
    return found, {name for name, count in rows.items() if count > 1}


def _consumed_memory(part: Part, sheets: list[Sheet]) -> None:
    """Memory consumed of each VM as a share of its size; "Active" underestimates and is not used."""
    size = "size mib" if any("size mib" in sheet.headers() for sheet in sheets) else "size mb"
    found, repeated = _by_vm(sheets, "consumed", size)
    shares = {
        name: min(1.0, used / total) for name, (used, total) in found.items() if total > 0 and name not in repeated
    }
    _set(part, "mem_mean", shares, stored("vMemory: Consumed ÷ Size"), everywhere=True)


def _disks_in_use(part: Part, sheets: list[Sheet]) -> None:
    """Space in use of each VM from its partitions, where vInfo does not say it."""
    unit = "mib" if any("consumed mib" in sheet.headers() for sheet in sheets) else "mb"
    found, _ = _by_vm(sheets, f"consumed {unit}")
    used = {name: values[0] / MIB_PER_GIB for name, values in found.items()}
    _set(part, "disk_used_gib", used, stored("vPartition: Consumed, summed"), everywhere=False)


def _set(part: Part, column: str, by_name: dict[str, float], rule: str, *, everywhere: bool) -> None:
    """Put numbers found by VM name into a column: over what is there, or only where nothing is."""
    frame = part.machines
    values = frame["name"].str.casefold().map(by_name).astype(float)
    take = values.notna() & np.array([flag is True for flag in frame["virtual"]], dtype=bool)
    if not everywhere:
        take &= frame[column].isna()
    frame[column] = frame[column].where(~take, values)
    cells_ = part.origins[column].to_numpy(object).copy()
    origin = Origin("given", rule, part.file)
    for index in np.flatnonzero(take.to_numpy()).tolist():
        cells_[index] = origin
    part.origins[column] = cells_


def _allocate_cpu(part: Part, sheets: list[Sheet]) -> None:
    """Give each powered-on VM its part of its host's measured CPU, in shares of its vCPUs.

    The part goes by the vCPU sheet's ``Overall`` (MHz in use) where there is one, else by vCPUs.
    """
    frame = part.machines
    is_vm = (frame["virtual"] == True).to_numpy(dtype=bool)  # noqa: E712
    vms, hosts = frame[is_vm].copy(), frame[~is_vm].drop_duplicates("name")
    if vms.empty or hosts.empty:
        return
    vms["on"] = join_hosts(vms["vm_host"], hosts["name"])[0]
    running = vms["powered_on"].astype(bool)
    weights = vms["vcpus"].where(running, 0.0)
    found, repeated = _by_vm(sheets, "overall")
    by_use = pd.Series(False, index=vms.index)
    if found:
        overall = {name: values[0] for name, values in found.items() if name not in repeated}
        measured = vms["name"].str.casefold().map(overall).astype(float)
        total = measured.where(running, 0.0).groupby(vms["on"]).transform("sum")
        by_use = (measured.notna() | ~running).groupby(vms["on"]).transform("all") & (total > 0)
        weights = weights.where(~by_use, measured.where(running, 0.0))
    at = hosts.set_index("name")
    used_cores = vms["on"].map(at["cores"] * at["cpu_mean"]).astype(float)
    share = weights / weights.groupby(vms["on"]).transform("sum")
    allocated = (used_cores * share / vms["vcpus"]).where(running)
    measured_host = used_cores.notna()
    part.machines.loc[vms.index[measured_host], "cpu_mean"] = allocated[measured_host]
    rules = {
        use: Origin("inferred", stored("its host's CPU usage x its share of the host's {by}", by=by), part.file)
        for use, by in ((True, stored("use in vCPU 'Overall'")), (False, stored("vCPUs")))
    }
    column = part.origins["cpu_mean"].to_numpy(object).copy()
    for index, use in zip(vms.index[measured_host], by_use[measured_host], strict=True):
        known = not np.isnan(part.machines["cpu_mean"].iat[index])
        column[index] = rules[bool(use)] if known else None
    part.origins["cpu_mean"] = column


def _tell(part: Part) -> None:
    part.notes.append(
        stored(
            "A refresh of a virtualised estate: hosts are the servers, powered-on VMs are the workloads. "
            "Measured host CPU is a snapshot, allocated to the VMs of each host and treated as an average; it "
            "holds the hypervisor's own use already. Clusters are kept as zones."
        )
    )
    frame = part.machines
    off = (frame["virtual"] == True) & ~frame["powered_on"].astype(bool)  # noqa: E712
    if off.any():
        part.notes.append(
            stored(
                "{off} VMs are powered off or templates: they take no CPU and memory and are not packed; their "
                "{loc:,.0f} GiB stay on the existing storage.",
                off=int(off.sum()),
                loc=frame.loc[off, "disk_used_gib"].sum(),
            )
        )

"""Dell Live Optics workbooks: GENERAL (physical and Hyper-V servers) and VMware.

References
----------
Column names as published by readers of the workbooks (public repositories); manual of Live Optics, Dell.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.inventory import cells
from calc.inventory.formats import Match
from calc.inventory.formats._flat import beside, layout, match_layout
from calc.inventory.options import Options
from calc.inventory.reading import read_table
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent
from calc.inventory.tables import Origin
from calc.language import stored
from calc.model import RowIssue

NAME = "Live Optics"
_SERVERS = layout("""
    Server Name -> name
    Manufacturer -> manufacturer
    Model -> model
    OS -> os
    CPU Sockets -> sockets
    CPU Cores -> cores
    CPU Description -> cpu_model
    Memory (KiB) -> memory_gib KiB
    Peak Memory Usage (KiB) -> memory_peak_gib KiB
    Peak CPU Percentage -> cpu_peak %
    Local Capacity (GiB) -> disk_gib GiB
    Used Capacity (GiB) -> disk_used_gib GiB
    Serial No -> serial
""")
_HOSTS = layout("""
    Host Name -> name
    Cluster -> zone
    Datacenter -> site
    Manufacturer -> manufacturer
    Model -> model
    Serial No -> serial
    CPU Sockets -> sockets
    CPU Cores -> cores
    CPU Threads -> threads
    CPU Description -> cpu_model
    Memory (KiB) -> memory_gib KiB
    Local Capacity (GiB) -> disk_gib GiB
    OS -> os
""")
_VMS = layout("""
    VM Name -> name
    Power State -> power_state
    VM OS -> os
    Virtual CPU -> vcpus
    Provisioned Memory (MiB) -> memory_gib MiB
    Consumed Memory (MiB) -> memory_used_gib MiB
    Virtual Disk Size (MiB) -> disk_gib MiB
    Virtual Disk Size (MB) -> disk_gib MiB
    Virtual Disk Used (MiB) -> disk_used_gib MiB
    Virtual Disk Used (MB) -> disk_used_gib MiB
    Host -> vm_host
    Cluster -> zone
    Datacenter -> site
    InstanceUUID -> uuid
""")
_GENERAL_NEEDED = frozenset({"server name", "cpu description", "memory (kib)"})
_HOST_NEEDED = frozenset({"host name", "cpu description", "memory (kib)"})
_VM_NEEDED = frozenset({"vm name", "virtual cpu", "provisioned memory (mib)"})
_HOST_READINGS = {
    "peak cpu %": "cpu_peak",
    "average cpu %": "cpu_mean",
    "peak memory %": "mem_peak",
    "average memory %": "mem_mean",
}
_VM_READINGS = {"peak vcpu %": "cpu_peak", "average vcpu %": "cpu_mean"}


def matches(content: FileContent) -> Match:
    """By the Servers sheet of GENERAL, or ESX Hosts and VMs of the VMware workbook."""
    return max(
        (
            match_layout(content, _SERVERS, _GENERAL_NEEDED, "GENERAL workbook"),
            match_layout(content, _HOSTS, _HOST_NEEDED, "VMware workbook, hosts"),
            match_layout(content, _VMS, _VM_NEEDED, "VMware workbook, VMs"),
        ),
        key=lambda match: match.score,
    )


def read(content: FileContent, options: Options) -> Part:
    """Servers of GENERAL, or hosts and VMs with their performance sheets.

    Peak CPU of a host or server is the highest reading of the capture, an average its mean.
    """
    parts = []
    for needed, known, virtual, hypervisor, readings in (
        (_GENERAL_NEEDED, _SERVERS, None, False, {}),
        (_HOST_NEEDED, _HOSTS, False, True, _HOST_READINGS),
        (_VM_NEEDED, _VMS, True, False, _VM_READINGS),
    ):
        sheet = content.find(needed)
        if sheet is None:
            continue
        table = read_table(sheet, content.name, options, known)
        is_template = np.array([value.casefold() == "true" for value in beside(sheet, table, "template")], dtype=bool)
        part = machines(table, content.name, NAME)
        part.machines["virtual"] = pd.Series([virtual] * len(part.machines), dtype=object)
        part.machines["virtualised"] = hypervisor
        part.machines["powered_on"] &= ~is_template
        if not virtual and not hypervisor:  # a Hyper-V host in GENERAL runs machines that it does not list
            os_names = part.machines["os"].str.casefold()
            part.machines["virtualised"] = False
            if os_names.str.contains("hyper-v", regex=False).any():
                part.notes.append(
                    stored("Hyper-V hosts are read as servers with their own load; their VMs are not in this workbook.")
                )
        _readings(part, content, "host" if hypervisor else "vm name", readings)
        parts.append(part)
    first, *rest = parts
    for other in rest:
        first.machines = pd.concat([first.machines, other.machines], ignore_index=True)
        first.origins = pd.concat([first.origins, other.origins], ignore_index=True)
        first.issues += other.issues
        first.mappings += other.mappings
        first.headers = {**other.headers, **first.headers}
        first.rows += other.rows
        first.notes += other.notes
    first.rank = 3
    if rest:
        first.notes.append(
            stored(
                "A refresh of a virtualised estate: ESX hosts are the servers, powered-on VMs the workloads, each "
                "with its own measured CPU. Clusters are kept as zones."
            )
        )
    elif (first.machines["virtual"] == True).any():  # noqa: E712
        first.lacks = stored(
            "{name}: the sheet 'ESX Hosts' is missing; export the whole workbook, or give a list of the hosts "
            "beside it",
            name=content.name,
        )
    return first


def _readings(part: Part, content: FileContent, key: str, readings: dict[str, str]) -> None:
    """Utilisation of the performance sheet that names the same machines."""
    sheet = content.find([key, *list(readings)[:1]]) if readings else None
    if sheet is None:
        return
    for header, column in readings.items():
        by_name: dict[str, float] = {}
        for (number, _), name, text in zip(sheet.rows[1:], sheet.column(key), sheet.column(header), strict=True):
            if not name or text.casefold() in cells.BLANK:
                continue
            try:
                value = cells.number(text)[0] / 100
            except cells.CellError:
                continue
            if 0 <= value <= 1:
                by_name[name.casefold()] = value
            else:
                part.issues.append(
                    RowIssue(
                        part.file,
                        sheet.name,
                        number,
                        header,
                        text,
                        "warning",
                        stored("is not between 0 and 100 %"),
                        stored("the reading is not used"),
                    )
                )
        values = part.machines["name"].str.casefold().map(by_name).astype(float)
        part.machines[column] = values
        origin = Origin(
            "given", stored("sheet {name!r}, column {header!r} in %", name=sheet.name, header=header), part.file
        )
        part.origins[column] = [origin if known else None for known in values.notna()]

"""A Nutanix Collector workbook (6/7.x). It reuses RVTools' sheet names; its headers tell it apart.

References
----------
Column names as published by readers of the workbook (public repositories); Nutanix Collector user guide.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.inventory.formats import Match, Signatures, part_of
from calc.inventory.formats._flat import beside, layout
from calc.inventory.joining import join_hosts
from calc.inventory.options import Options
from calc.inventory.reading import Table, read_table
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.tables import Origin
from calc.language import stored

NAME = "Nutanix Collector"
PARTS: Signatures = {
    "vHosts": (
        frozenset({"host name", "moid", "cpu cores", "memory size (gib)"}),
        frozenset({"host name", "cpu cores", "memory size"}),
    ),
    "vmList": (frozenset({"vm name", "vcpus", "memory (mib)", "power state"}),),
    "vCPU": (frozenset({"vm name", "vcpus", "peak %", "average %"}),),
    "vMemory": (frozenset({"vm name", "size (mib)", "peak %", "average %"}),),
    "vInfo": (frozenset({"vm name", "power state", "sizing enabled"}),),
    "Metadata": (frozenset({"collector version"}),),
}
_HOST = layout("""
    Host Name -> name
    Cluster Name -> zone
    Model -> model
    Service Tag -> serial
    Vendor -> manufacturer
    CPUs -> sockets
    CPU Model -> cpu_model
    CPU Cores -> cores
    Memory Size (GiB) -> memory_gib GiB
    Memory Size -> memory_gib GiB
    CPU Usage -> cpu_mean
    Memory Usage -> mem_mean
    Hypervisor -> os
""")
_VM = layout("""
    VM Name -> name
    Power State -> power_state
    vCPUs -> vcpus
    Memory (MiB) -> memory_gib MiB
    Capacity (MiB) -> disk_gib MiB
    Consumed (MiB) -> disk_used_gib MiB
    Guest OS -> os
    Host -> vm_host
    Cluster Name -> zone
    Datacenter Name -> site
""")
_CPU = layout("""
    VM Name -> name
    Peak % -> cpu_peak %
    Average % -> cpu_mean %
    95th Percentile % (recommended) -> cpu_p95 %
    95th Percentile % -> cpu_p95 %
""")
_MEMORY = layout("""
    VM Name -> name
    Peak % -> mem_peak %
    Average % -> mem_mean %
    95th Percentile % (recommended) -> mem_p95 %
    95th Percentile % -> mem_p95 %
""")


def _parts(content: FileContent) -> dict[str, Sheet]:
    found: dict[str, Sheet] = {}
    for sheet in content.sheets.values():
        part = part_of(sheet, PARTS)
        if part:
            found.setdefault(part, sheet)
    return found


def matches(content: FileContent) -> Match:
    """By "MOID", "Sizing Enabled" or the percentile columns, which RVTools does not have."""
    parts = _parts(content)
    if "vmList" not in parts:
        return Match(0.0)
    return Match(
        0.8 + 0.2 * len(parts) / len(PARTS),
        (
            stored(
                "has the columns of {parts} (VM Name, vCPUs, Memory (MiB), percentiles)", parts=", ".join(sorted(parts))
            ),
        ),
    )


def read(content: FileContent, options: Options) -> Part:
    """Hosts of vHosts, VMs of vmList with the percentiles of vCPU and vMemory."""
    parts = _parts(content)
    sheet = parts["vmList"]
    table = read_table(sheet, content.name, options, _VM)
    template = np.array([value.casefold() in ("true", "yes") for value in beside(sheet, table, "template")], dtype=bool)
    vms = machines(table, content.name, NAME, rank=3)
    vms.machines["virtual"] = pd.Series([True] * len(vms.machines), dtype=object)
    vms.machines["powered_on"] &= ~template
    for name, known in (("vCPU", _CPU), ("vMemory", _MEMORY)):
        if name in parts:
            _readings(vms, parts[name], read_table(parts[name], content.name, options, known))
    part = vms
    if "vHosts" in parts:
        hosts = machines(read_table(parts["vHosts"], content.name, options, _HOST), content.name, NAME, rank=3)
        hosts.machines["virtual"], hosts.machines["virtualised"] = False, True
        part = Part(
            content.name,
            NAME,
            pd.concat([hosts.machines, vms.machines], ignore_index=True),
            pd.concat([hosts.origins, vms.origins], ignore_index=True),
            rank=3,
            issues=hosts.issues + vms.issues,
            mappings=hosts.mappings + vms.mappings,
            headers={**vms.headers, **hosts.headers},
            rows=hosts.rows + vms.rows,
        )
        linked = join_hosts(vms.machines["vm_host"], hosts.machines["name"])[1]
        if linked.unmatched:
            part.notes.append(
                stored("VMs name their host by address or name; those that vHosts does not list stay unlinked.")
            )
    else:
        part.lacks = stored(
            "{name}: the sheet vHosts is missing; export the whole workbook, or give a list of the hosts beside it",
            name=content.name,
        )
    part.notes.append(
        stored(
            "A refresh of a virtualised estate: vHosts are the servers, powered-on VMs of vmList the workloads, "
            "with the collector's own percentiles (by default 7 days of 30-minute points: shorter peaks are not "
            "visible). Clusters are kept as zones."
        )
    )
    return part


def _readings(part: Part, sheet: Sheet, table: Table) -> None:
    """Percentiles by VM name; a name that stands twice in the sheet gives none."""
    names = pd.Series(table.text("name")).str.casefold()
    single = ~names.duplicated(keep=False)
    for column, values in table.columns.items():
        if column == "name":
            continue
        by_name = pd.Series(values[single.to_numpy()], index=names[single])
        found = part.machines["name"].str.casefold().map(by_name).astype(float)
        part.machines[column] = found
        origin = Origin(
            "given", stored("sheet {name!r}, {rule}", name=sheet.name, rule=table.origins[column].rule), part.file
        )
        part.origins[column] = [origin if known else None for known in found.notna()]
        part.headers[column] = table.headers[column]
    part.mappings += table.mappings
    part.issues += table.issues

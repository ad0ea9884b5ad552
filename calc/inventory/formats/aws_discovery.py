"""The import CSV of AWS Application Discovery Service and Migration Hub.

References
----------
docs.aws.amazon.com/application-discovery/latest/userguide/discovery-import.html
"""

from __future__ import annotations

import numpy as np

from calc.inventory.formats import Match
from calc.inventory.formats._flat import beside, layout, match_layout, read_flat
from calc.inventory.options import Options
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent
from calc.language import stored

NAME = "AWS Application Discovery"
_LAYOUT = layout("""
    HostName -> name
    SMBiosId -> uuid
    CPU.NumberOfProcessors -> sockets
    CPU.NumberOfCores -> cores
    CPU.NumberOfLogicalCores -> threads
    OS.Name -> os
    OS.Version -> os_version
    RAM.TotalSizeInMB -> memory_gib MiB
    RAM.UsedSizeInMB.Avg -> memory_used_gib MiB
    RAM.UsedSizeInMB.Max -> memory_peak_gib MiB
    CPU.UsagePct.Avg -> cpu_mean %
    CPU.UsagePct.Max -> cpu_peak %
    NetworkReadsPerSecondInKB.Max -> net_in KB/s
    NetworkWritesPerSecondInKB.Max -> net_out KB/s
    Applications -> application
""")
_NEEDED = frozenset({"hostname", "ram.totalsizeinmb", "cpu.numberofcores"})


def matches(content: FileContent) -> Match:
    """By headers such as RAM.TotalSizeInMB."""
    return match_layout(content, _LAYOUT, _NEEDED, "dotted headers of the import file")


def read(content: FileContent, options: Options) -> Part:
    """One machine a row; one with a VMware name or identifier is a VM. The file holds no disk sizes."""
    sheet, table = read_flat(content, options, _LAYOUT, _NEEDED)
    virtual = np.full(len(table.rows), "", dtype=object)
    for header in ("vmware.vmname", "vmware.morefid"):
        virtual = np.where(beside(sheet, table, header) != "", "virtual", virtual)
    table.columns["virtual"] = virtual
    part = machines(table, content.name, NAME, rank=3)
    part.notes.append(
        stored(
            "Rows with a VMware name or identifier are VMs, the others are taken as physical. Network is the sum "
            "of the largest reads and writes. The export holds no disk sizes."
        )
    )
    return part

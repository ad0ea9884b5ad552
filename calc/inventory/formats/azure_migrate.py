"""The CSV import template of Azure Migrate.

References
----------
learn.microsoft.com/azure/migrate/tutorial-discover-import, columns of the template.
"""

from __future__ import annotations

from calc.inventory.formats import Match
from calc.inventory.formats._flat import layout, match_layout, read_flat, sum_columns
from calc.inventory.options import Options
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent
from calc.language import stored

NAME = "Azure Migrate import"
_DISKS = [f"disk {number} size (in gb)" for number in range(1, 9)]
_LAYOUT = layout("""
    *Server name -> name
    *Cores -> cores
    *Memory (In MB) -> memory_gib MiB
    *OS name -> os
    OS version -> os_version
    OS architecture -> arch
    CPU utilization percentage -> cpu_mean %
    Memory utilization percentage -> mem_mean %
    Network In throughput -> net_in MB/s
    Network Out throughput -> net_out MB/s
    Server name -> name
    Cores -> cores
    Memory (In MB) -> memory_gib MiB
    OS name -> os
""")
_NEEDED = frozenset({"*server name", "*cores", "*memory (in mb)", "*os name"})
_UNMARKED = frozenset({"server name", "cores", "memory (in mb)", "os name", "number of disks"})


def matches(content: FileContent) -> Match:
    """By the starred headers of the template, or the same without the stars."""
    return max(
        (match_layout(content, _LAYOUT, needed, "the import template") for needed in (_NEEDED, _UNMARKED)),
        key=lambda match: match.score,
    )


def read(content: FileContent, options: Options) -> Part:
    """One machine a row; disks are summed; whether it is virtual the template does not say."""
    sheet, table = read_flat(content, options, _LAYOUT, _NEEDED)
    sum_columns(sheet, table, _DISKS, "disk_gib", "GB", "Disk 1 … 8 size, summed")
    part = machines(table, content.name, NAME)
    part.notes.append(
        stored(
            "The template does not say which servers are physical: all are taken as physical. Utilisation is "
            "read as an average."
        )
    )
    return part

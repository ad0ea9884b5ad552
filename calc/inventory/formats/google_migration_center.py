"""The file set of Google Migration Center: vmInfo, diskInfo, tagInfo (perfInfo is telemetry).

References
----------
Writer read: github.com/GoogleCloudPlatform/aws-to-stratozone-export
"""

from __future__ import annotations

import numpy as np

from calc.errors import InventoryError
from calc.inventory import cells
from calc.inventory.formats import Match, Signatures, part_of
from calc.inventory.formats._flat import beside, layout
from calc.inventory.options import Options
from calc.inventory.reading import read_table
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.tables import Origin
from calc.language import stored

NAME = "Google Migration Center"
PARTS: Signatures = {
    "vmInfo": (
        frozenset({"machineid", "machinename", "allocatedprocessorcorecount"}),
        frozenset({"machineid", "allocatedprocessorcorecount", "osname"}),
    ),
    "diskInfo": (frozenset({"machineid", "disklabel", "sizeingib"}),),
    "tagInfo": (frozenset({"machineid", "key", "value"}),),
}
_LAYOUT = layout("""
    MachineName -> name
    TotalDiskAllocatedGiB -> disk_gib GiB
    TotalDiskUsedGiB -> disk_used_gib GiB
    AllocatedProcessorCoreCount -> cores
    MemoryGiB -> memory_gib GiB
    MemoryMiB -> memory_gib MiB
    HostingLocation(optional) -> site
    HostingLocation -> site
    OsName -> os
    OsVersion(optional) -> os_version
    OsVersion -> os_version
    MachineStatus(optional) -> power_state
    MachineStatus -> power_state
    IsPhysical -> is_physical
""")
#: Tag keys that mean a canonical column.
_TAGS = {
    "environment": "environment", "env": "environment", "application": "application", "app": "application",
    "owner": "owner", "team": "owner", "department": "owner", "site": "site", "location": "site",
}  # fmt: skip


def matches(content: FileContent) -> Match:
    """By vmInfo's headers; the other files add to it."""
    parts = {part for sheet in content.sheets.values() if (part := part_of(sheet, PARTS))}
    if not parts:
        return Match(0.0)
    score = (0.8 if "vmInfo" in parts else 0.6) + 0.2 * len(parts) / len(PARTS)
    return Match(score, (stored("has the headers of {parts} (MachineId, …)", parts=", ".join(sorted(parts))),))


def read(content: FileContent, options: Options) -> Part:
    """Machines of vmInfo, with disks summed by MachineId and tags as owner, environment and application.

    Raises
    ------
    InventoryError
        When the set holds no vmInfo.
    """
    by_part: dict[str, list[Sheet]] = {}
    for sheet in content.sheets.values():
        by_part.setdefault(part_of(sheet, PARTS), []).append(sheet)
    if "vmInfo" not in by_part:
        raise InventoryError(
            stored(
                "{name}: vmInfo is missing from the set (MachineId, MachineName, AllocatedProcessorCoreCount, …); "
                "add it",
                name=content.name,
            )
        )
    sheet = by_part["vmInfo"][0]
    known = _LAYOUT if "machinename" in sheet.headers() else {**_LAYOUT, "machineid": ("name", "")}
    table = read_table(sheet, content.name, options, known)
    identity = beside(sheet, table, "machineid")
    if "name" in table.columns:
        table.columns["name"] = np.where(table.columns["name"] == "", identity, table.columns["name"])
    for header, column in (("sizeingib", "disk_gib"), ("usedingib", "disk_used_gib")):
        total = _sum_by_machine(by_part.get("diskInfo", []), header)
        if total:
            values = np.array([total.get(key, np.nan) for key in identity])
            table.derive(column, values, stored("diskInfo: {header}, summed", header=header), "given")
    for sheet_ in by_part.get("tagInfo", []):
        at = {key: index for index, key in reversed(list(enumerate(identity)))}
        for key, tag, value in zip(*(sheet_.column(name) for name in ("machineid", "key", "value")), strict=True):
            column_ = _TAGS.get(tag.casefold())
            if column_ and key in at:
                table.columns.setdefault(column_, np.full(len(identity), "", dtype=object))
                table.origins.setdefault(
                    column_, Origin("given", stored("tagInfo: key {tag!r}", tag=tag), content.name)
                )
                if not table.columns[column_][at[key]]:
                    table.columns[column_][at[key]] = value
    part = machines(table, content.name, NAME, rank=3)
    part.identity = dict(zip(identity, part.machines["name"], strict=True))
    part.rows = sum(max(0, len(item.rows) - 1) for sheets in by_part.values() for item in sheets)
    return part


def _sum_by_machine(sheets: list[Sheet], header: str) -> dict[str, float]:
    total: dict[str, float] = {}
    for sheet in sheets:
        for key, text in zip(sheet.column("machineid"), sheet.column(header), strict=True):
            try:
                total[key] = total.get(key, 0.0) + cells.number(text)[0]
            except cells.CellError:
                continue  # a disk without a size adds nothing that could be counted
    return total

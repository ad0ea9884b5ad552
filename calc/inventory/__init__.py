"""Inventory files in, validated tables out, with every row issue."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Map
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from calc.errors import InventoryError
from calc.inventory import generic, rvtools
from calc.inventory.files import read_file
from calc.inventory.tables import Inventory, JoinReport, Mapping, Source
from calc.model import RowIssue

__all__ = ["Inventory", "JoinReport", "Mapping", "Source", "read_inventories", "read_inventory"]

#: Formats in the order they are asked; the generic one takes what the others leave.
FORMATS = (rvtools, generic)


def read_inventory(
    path_or_buffer: str | Path | BinaryIO | bytes, *, name: str | None = None, assume: Map[str, str] | None = None
) -> Inventory:
    """Read an inventory of servers from a CSV or XLSX file.

    A plain physical inventory and an RVTools workbook are told apart by content. Bad rows are
    set aside and reported all at once; good rows go on.

    Parameters
    ----------
    path_or_buffer : path, binary file object or bytes
    name : str, optional
        Name shown in messages.
    assume : mapping, optional
        Canonical column to unit, where the file does not say it: ``{"memory_gib": "MiB"}``.

    Returns
    -------
    Inventory

    Raises
    ------
    InventoryError
        When nothing in the file can be used, or a unit is ambiguous. ``issues`` on the error
        lists every bad row found.

    Examples
    --------
    >>> inventory = read_inventory(b"hostname,cores,memory_gib\\nweb1,8,32\\nweb2,8,-1\\n", name="two.csv")
    >>> len(inventory.servers), inventory.issues[0].problem
    (1, 'is negative')
    """
    content = read_file(path_or_buffer, name)
    if not any(sheet.rows for sheet in content.sheets.values()):
        raise InventoryError(f"{content.name} holds no rows: nothing to read")
    for format_ in FORMATS:
        if format_.matches(content):
            return format_.read(content, assume)
    return generic.read(content, assume)  # raises the error that says what is needed


def read_inventories(
    sources: Iterable[str | Path | BinaryIO | bytes], *, assume: Map[str, str] | None = None
) -> Inventory:
    """Read several inventories as one estate.

    A server or workload that an earlier file holds already is set aside and reported.

    Parameters
    ----------
    sources : iterable of path, binary file object or bytes
    assume : mapping, optional
        As in `read_inventory`, for all files.

    Returns
    -------
    Inventory

    Raises
    ------
    InventoryError
        When one of the files cannot be used.
    """
    parts = [read_inventory(source, assume=assume) for source in sources]
    if not parts:
        raise InventoryError("no inventory file was given")
    if len(parts) == 1:
        return parts[0]
    issues = [issue for part in parts for issue in part.issues]
    servers, workloads = [], []
    seen: dict[str, str] = {}
    for part in parts:
        name = part.sources[0].name
        repeated = part.workloads["workload"].str.casefold().isin(seen) | (
            (part.workloads["kind"] == "vm") & part.workloads["server"].str.casefold().isin(seen)
        )
        for workload in part.workloads.loc[repeated, "workload"]:
            issues.append(
                RowIssue(
                    name,
                    "",
                    0,
                    "name",
                    workload,
                    "error",
                    f"is already in {seen.get(workload.casefold(), 'an earlier file')}",
                    "leave it out of one of the files, or rename it",
                )
            )
        twice = part.servers["server"].str.casefold().isin(seen)
        workloads.append(part.workloads[~repeated])
        servers.append(part.servers[~twice])
        for known in (*part.servers["server"], *part.workloads["workload"]):
            seen.setdefault(known.casefold(), name)
    return Inventory(
        servers=pd.concat(servers, ignore_index=True),
        workloads=pd.concat(workloads, ignore_index=True),
        issues=tuple(issues),
        mappings=tuple(mapping for part in parts for mapping in part.mappings),
        sources=tuple(source for part in parts for source in part.sources),
        format=" + ".join(dict.fromkeys(part.format for part in parts)),
        join=next((part.join for part in parts if part.join), None),
        notes=tuple(note for part in parts for note in part.notes),
    )

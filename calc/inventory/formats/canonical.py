"""The calculator's own CSV: what `write_inventory` writes, read back identical."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from calc.errors import InventoryError
from calc.inventory.exporting import COLUMNS, RECORD, read_cell
from calc.inventory.formats import Match
from calc.inventory.options import Options
from calc.inventory.records import MACHINE_NUMBERS, MACHINE_TEXT, Part
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.tables import SERVER_NUMBERS, SERVER_TEXT, WORKLOAD_NUMBERS, Mapping, Origin
from calc.language import stored
from calc.model import RowIssue

NAME = "canonical estate"

#: Columns that files written before they existed do not have: read as empty.
_LATER = {"restart_priority", "disk_iops"}


def _sheet(content: FileContent) -> Sheet | None:
    return content.find([RECORD, "server", "workload", "memory_gib"])


def matches(content: FileContent) -> Match:
    """By the header "estate_record", which nothing else writes."""
    return Match(1.0, (stored("has the column {record!r}", record=RECORD),)) if _sheet(content) else Match(0.0)


def read(content: FileContent, options: Options) -> Part:
    """Servers and workloads as they were written.

    Raises
    ------
    InventoryError
        When the columns are not those that are written.
    """
    sheet = _sheet(content)
    if sheet is None:
        raise InventoryError(
            stored("{name}: there is no column {record!r}; it is no canonical estate", name=content.name, record=RECORD)
        )
    missing = set(COLUMNS) - set(sheet.headers()) - _LATER
    if missing:
        raise InventoryError(
            stored(
                "{name}: columns are missing: {missing}; write the estate again",
                name=content.name,
                missing=", ".join(sorted(missing)),
            )
        )
    there = set(sheet.headers())
    blank = [""] * (len(sheet.rows) - 1)
    raw = pd.DataFrame({name: sheet.column(name) if name in there else blank for name in COLUMNS}, dtype=object)
    raw["row"] = [number for number, _ in sheet.rows[1:]]
    numbers, keep, issues = _numbers(raw, content, sheet)
    is_server = (raw[RECORD] == "server").to_numpy()
    is_vm = ((raw[RECORD] == "workload") & (raw["kind"] == "vm")).to_numpy()
    # A physical workload stands beside its server's row and may differ from it in its groups only.
    own = raw[(raw[RECORD] == "workload") & (raw["kind"] == "physical")].set_index("workload")
    take = (is_server | is_vm) & keep
    frame = pd.DataFrame(index=np.arange(int(take.sum())))
    chosen, vm = raw[take].reset_index(drop=True), is_vm[take]
    for name in MACHINE_TEXT:
        source = {"name": "server", "vm_host": "server"}.get(name, name)
        values = (
            np.array([read_cell(text) for text in chosen[source]], dtype=object)
            if source in chosen
            else np.full(len(chosen), "", dtype=object)
        )
        if name == "name":
            values = np.where(vm, np.array([read_cell(text) for text in chosen["workload"]], dtype=object), values)
        elif name == "vm_host":
            values = np.where(vm, values, "")
        frame[name] = values
    for name in ("affinity", "anti_affinity", "restart_priority"):
        theirs = {read_cell(key): read_cell(value) for key, value in own[name].items()}
        frame[name] = [
            theirs.get(key, value) if not flag else value
            for key, value, flag in zip(frame["name"], frame[name], vm, strict=True)
        ]
    for name in MACHINE_NUMBERS:
        frame[name] = numbers[name][take] if name in numbers else np.nan
    powered = {read_cell(str(key)): value == "true" for key, value in own["powered_on"].items()}
    frame["virtual"] = pd.Series([bool(flag) for flag in vm], dtype=object)
    frame["virtualised"] = (chosen["virtualised"] == "true").to_numpy()
    frame["powered_on"] = [
        value == "true" if flag else powered.get(name, True)
        for name, value, flag in zip(frame["name"], chosen["powered_on"], vm, strict=True)
    ]
    frame["file"], frame["sheet"], frame["row"] = content.name, sheet.name, chosen["row"]
    given = Origin("given", stored("canonical CSV"), content.name)
    origins = pd.DataFrame(
        {
            name: [
                given if (value != "" if name in MACHINE_TEXT else value == value) else None for value in frame[name]
            ]
            for name in (*MACHINE_TEXT, *MACHINE_NUMBERS)
        },
        dtype=object,
    )
    mappings = [Mapping(content.name, sheet.name, name, name, "", "plain") for name in COLUMNS]
    headers = {"name": "server", **{name: name for name in (*SERVER_TEXT[1:], *MACHINE_NUMBERS)}}
    return Part(content.name, NAME, frame, origins, issues=issues, mappings=mappings, headers=headers, rows=len(raw))


def _numbers(
    raw: pd.DataFrame, content: FileContent, sheet: Sheet
) -> tuple[dict[str, np.ndarray], np.ndarray, list[RowIssue]]:
    """(numbers of every column, which rows hold numbers only, what is wrong with the others)."""
    keep = np.ones(len(raw), dtype=bool)
    numbers: dict[str, np.ndarray] = {}
    issues: list[RowIssue] = []
    for name in dict.fromkeys((*SERVER_NUMBERS, *WORKLOAD_NUMBERS)):
        values = numbers[name] = np.full(len(raw), np.nan)
        for index, text in enumerate(raw[name]):
            if not text:
                continue
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            if math.isfinite(value) and value >= 0:
                values[index] = value
                continue
            keep[index] = False
            issues.append(
                RowIssue(
                    content.name,
                    sheet.name,
                    int(raw["row"].iat[index]),
                    name,
                    text[:80],
                    "error",
                    stored("is not a number of zero or more"),
                    stored("write the estate again, or correct the cell"),
                )
            )
    return numbers, keep, issues

"""A plain physical inventory: one table, each server is one workload."""

from __future__ import annotations

from collections.abc import Mapping as Map

import numpy as np
import pandas as pd

from calc.cpu import architecture, find_score
from calc.errors import InventoryError
from calc.inventory.files import FileContent, Sheet
from calc.inventory.reading import Table, find_header, read_table, to_frame
from calc.inventory.tables import SERVER_NUMBERS, SERVER_TEXT, WORKLOAD_NUMBERS, WORKLOAD_TEXT, Inventory, Source
from calc.model import RowIssue

NAME = "physical inventory"
_NEEDED = "A server needs a name, a core count or a CPU model, and memory"


def matches(content: FileContent) -> bool:
    """Whether some sheet has a header row with canonical columns."""
    return any(find_header(sheet) for sheet in content.sheets.values())


def read(content: FileContent, assume: Map[str, str] | None = None) -> Inventory:
    """Read the sheet with the most rows under a recognised header.

    Raises
    ------
    InventoryError
        When no sheet has a usable header, a needed column is absent, or no row is good.
    """
    candidates = [sheet for sheet in content.sheets.values() if find_header(sheet)]
    sheet = (
        max(candidates, key=lambda item: len(item.rows))
        if candidates
        else next(iter(content.sheets.values()), Sheet("", []))
    )
    table = read_table(sheet, content.name, assume)
    _need_columns(table, content.name)
    issues = list(table.issues)
    keep = _check_rows(table, content.name, sheet.name, issues)
    servers = _servers(table)[keep].reset_index(drop=True)
    extra = to_frame(table, ("affinity", "anti_affinity"), text=True)[keep].reset_index(drop=True)
    issues.sort(key=lambda issue: (issue.row, issue.column))
    if servers.empty:
        raise InventoryError(
            f"{content.name}: none of the {table.total} rows can be used. {_NEEDED}. First problem: {_first(issues)}",
            issues,
        )
    unused = [sheet_.name for sheet_ in content.sheets.values() if sheet_ is not sheet and sheet_.rows]
    notes = (f"Only the sheet {sheet.name!r} was read; not read: {', '.join(unused)}.",) if unused else ()
    return Inventory(
        servers=servers,
        workloads=_workloads(servers, extra),
        issues=tuple(issues),
        mappings=tuple(table.mappings),
        sources=(Source(content.name, content.sha256, content.decoding, table.total, len(servers)),),
        format=NAME,
        notes=notes,
    )


def _first(issues: list[RowIssue]) -> str:
    if not issues:
        return "no data rows"
    issue = issues[0]
    return f"row {issue.row}, column {issue.column!r}, value {issue.value!r}: {issue.problem}; {issue.way_out}"


def _need_columns(table: Table, file: str) -> None:
    have = set(table.columns)
    missing = []
    if "name" not in have:
        missing.append("a name (hostname)")
    if not have & {"cores", "cpu_model"} and not {"sockets", "cores_per_socket"} <= have:
        missing.append("a core count (cores) or a CPU model (cpu_model)")
    if "memory_gib" not in have:
        missing.append("memory (memory_gib)")
    if missing:
        headers = ", ".join(repr(item.header) for item in table.mappings)
        raise InventoryError(
            f"{file}: no column for {'; '.join(missing)}. Headers found: {headers}. Rename the column or add it"
        )


def _check_rows(table: Table, file: str, sheet: str, issues: list[RowIssue]) -> np.ndarray:
    """Row checks that look at more than one cell; returns the rows to keep."""
    columns, count = table.columns, len(table.rows)
    keep = np.ones(count, dtype=bool)

    def reject(index: int, column: str, value: object, problem: str, way_out: str) -> None:
        keep[index] = False
        shown = "" if value != value else (f"{value:g}" if isinstance(value, float) else str(value))
        issues.append(
            RowIssue(
                file, sheet, int(table.rows[index]), table.headers.get(column, column), shown, "error", problem, way_out
            )
        )

    blank = np.full(count, np.nan)
    cores, memory = columns.get("cores", blank), columns["memory_gib"]
    per_socket, sockets = columns.get("cores_per_socket", blank), columns.get("sockets", blank)
    models = columns.get("cpu_model", np.full(count, "", dtype=object))
    seen: dict[str, int] = {}
    for index, name in enumerate(columns["name"]):
        folded = name.casefold()
        if not name or folded in ("nan", "null", "none", "n/a", "-"):
            reject(index, "name", name, "has no name", "give every server a name; it is how the plan refers to it")
            continue
        if folded in seen:
            reject(
                index,
                "name",
                name,
                f"has the same name as row {seen[folded]}",
                "keep one of the two rows, or rename one",
            )
            continue
        seen[folded] = int(table.rows[index])
        if cores[index] == 0:
            reject(
                index,
                "cores",
                float(cores[index]),
                "is zero cores",
                "write the number of physical cores, or leave it empty and give the CPU model",
            )
        elif (
            np.isnan(cores[index])
            and np.isnan(per_socket[index])
            and (not models[index] or find_score(models[index]) is None)
        ):
            what = "the CPU model is not in the CPU table" if models[index] else "no CPU model either"
            reject(
                index,
                "cpu_model" if models[index] else "cores",
                models[index],
                f"gives no core count, and {what}",
                "write the number of physical cores",
            )
        if np.isnan(memory[index]):
            reject(index, "memory_gib", "", "has no memory", "write the installed memory")
        elif memory[index] == 0:
            reject(index, "memory_gib", 0.0, "is zero memory", "write the installed memory")
        if sockets[index] == 0:
            reject(index, "sockets", 0.0, "is zero sockets", "write the number of CPU sockets, or leave it empty")
        for low, high in (
            ("cpu_mean", "cpu_p95"),
            ("cpu_p95", "cpu_peak"),
            ("cpu_mean", "cpu_peak"),
            ("mem_mean", "mem_p95"),
            ("mem_mean", "mem_peak"),
        ):
            if low in columns and high in columns and columns[low][index] > columns[high][index] + 1e-9:
                reject(
                    index,
                    high,
                    f"{columns[high][index]:.1%}",
                    f"is below {table.headers[low]!r} = {columns[low][index]:.1%}",
                    "a p95 or peak cannot be below the average: check which column is which",
                )
                break
    return keep


def _servers(table: Table) -> pd.DataFrame:
    text = to_frame(table, ("name", *SERVER_TEXT[1:]), text=True).rename(columns={"name": "server"})
    numbers = to_frame(table, SERVER_NUMBERS, text=False)
    servers = pd.concat([text, numbers], axis=1)
    per_socket = table.columns.get("cores_per_socket")
    if per_socket is not None:  # cores stated a socket: the total needs the socket count
        derived = per_socket * servers["sockets"].fillna(1)
        servers["cores"] = servers["cores"].fillna(derived)
    inferred = servers["cpu_model"].map(architecture)
    servers["arch"] = np.where(servers["arch"] == "", inferred, servers["arch"].map(_architecture_name))
    servers["virtualised"] = False
    return servers


def _architecture_name(text: str) -> str:
    folded = text.casefold().replace("-", "_").replace(" ", "")
    return {
        "x64": "x86_64",
        "amd64": "x86_64",
        "x86_64": "x86_64",
        "64_bit": "x86_64",
        "i386": "x86_64",
        "x86": "x86_64",
        "32_bit": "x86_64",
        "aarch64": "arm64",
    }.get(folded, folded)


def _workloads(servers: pd.DataFrame, extra: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame({name: servers.get(name, "") for name in WORKLOAD_TEXT}, dtype=object)
    frame["workload"], frame["kind"] = servers["server"], "physical"
    frame[["affinity", "anti_affinity"]] = extra[["affinity", "anti_affinity"]]
    for name in WORKLOAD_NUMBERS:
        frame[name] = servers.get(name, np.nan)
    frame["powered_on"] = True
    return frame

"""A sheet of text to typed columns: finds the header row, maps headers, infers units, lists issues."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from calc import units
from calc.errors import AmbiguousUnitError, InventoryError
from calc.inventory import cells
from calc.inventory.columns import BY_NAME, Column, find_column, parse_header
from calc.inventory.files import Sheet
from calc.inventory.tables import Mapping, issue_table
from calc.model import RowIssue

_HEADER_SEARCH_ROWS = 25
#: Plausible server memory: below this the numbers are GiB, from the second on they are MiB.
_GIB_BELOW, _MIB_FROM = 512, 4096


@dataclass(slots=True)
class Table:
    """Typed columns of one sheet, one entry a data row that is still in.

    Attributes
    ----------
    rows : ndarray of int
        Row numbers in the file.
    columns : dict of str to ndarray
        Canonical name to values; numbers are NaN where blank, text is "".
    """

    rows: np.ndarray
    columns: dict[str, np.ndarray]
    issues: list[RowIssue] = field(default_factory=list)
    mappings: list[Mapping] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    total: int = 0


def find_header(sheet: Sheet) -> tuple[int, list[str]] | None:
    """Position and cells of the row that names the most columns, among the first rows."""
    best, best_score = None, 1
    for position, (_, row) in enumerate(sheet.rows[:_HEADER_SEARCH_ROWS]):
        score = len({column.name for text in row if text and (column := find_column(parse_header(text)))})
        if score > best_score:
            best, best_score = position, score
    return None if best is None else (best, sheet.rows[best][1])


def read_table(sheet: Sheet, file: str, assume: Map[str, str] | None = None) -> Table:
    """Read a sheet with canonical columns.

    Parameters
    ----------
    sheet : Sheet
    file : str
        For messages.
    assume : mapping of canonical column to unit, optional
        Answers to ambiguous units, e.g. ``{"memory_gib": "MiB"}``.

    Raises
    ------
    InventoryError
        When no header row is found, or a unit is ambiguous and not answered.
    """
    found = find_header(sheet)
    if found is None:
        first = next((", ".join(text for text in row if text)[:200] for _, row in sheet.rows), "")
        raise InventoryError(
            f"{file}{_where(sheet)}: no header row found. A name, a core count or a CPU model, and memory are needed, "
            f"e.g. hostname, cores, memory_gib. The first row reads: {first!r}"
        )
    position, header = found
    body = sheet.rows[position + 1 :]
    table = Table(rows=np.array([number for number, _ in body], dtype=np.int64), columns={}, total=len(body))
    width = len(header)
    keep = np.ones(len(body), dtype=bool)
    folded_header = [text.casefold() for text in header]
    for index, (number, row) in enumerate(body):
        if len(row) > width and any(row[width:]):
            keep[index] = False
            table.issues.append(
                RowIssue(
                    file,
                    sheet.name,
                    number,
                    "",
                    ",".join(row[width:])[:80],
                    "error",
                    f"has {len(row)} cells where the header has {width}",
                    "a value with the delimiter in it needs quotes around it",
                )
            )
        elif sum(a == b.casefold() and a != "" for a, b in zip(folded_header, row, strict=False)) >= max(2, width // 2):
            keep[index] = False
            table.issues.append(
                RowIssue(
                    file, sheet.name, number, header[0], row[0], "error", "repeats the header row", "delete this row"
                )
            )
    raw = {}
    for index, text in enumerate(header):
        if not text:
            continue
        parsed = parse_header(text)
        column = find_column(parsed)
        if column is None:
            table.mappings.append(Mapping(file, sheet.name, text, "", "", "unused"))
            continue
        if column.name in raw:
            table.mappings.append(Mapping(file, sheet.name, text, column.name, "", "duplicate"))
            continue
        values = [row[index] if index < len(row) else "" for _, row in body]
        if column.name == "cpu_model" and "cores" not in raw and _mostly_numbers(values):
            column = BY_NAME["cores"]  # a "CPU" column of numbers counts cores
        raw[column.name] = (column, parsed.unit, text, values)
    _type_columns(raw, table, sheet, file, keep, dict(assume or {}))
    table.rows = table.rows[keep]
    table.columns = {name: values[keep] for name, values in table.columns.items()}
    return table


def _type_columns(
    raw: dict[str, tuple[Column, str, str, list[str]]],
    table: Table,
    sheet: Sheet,
    file: str,
    keep: np.ndarray,
    assume: dict[str, str],
) -> None:
    for name, (column, unit, text, values) in raw.items():
        table.headers[name] = text
        factor, unit_read, basis = _unit(column, unit, values, assume.get(name), file, sheet, text)
        table.mappings.append(Mapping(file, sheet.name, text, name, unit_read, basis))
        if column.kind == "text":
            table.columns[name] = np.array(
                ["" if value.casefold() in cells.BLANK and name != "name" else value for value in values], dtype=object
            )
            continue
        typed = np.full(len(values), np.nan)
        for index, value in enumerate(values):
            if not keep[index] or value == "":
                continue
            if value.casefold() in cells.BLANK and not (name == "memory_gib" or column.kind == "flag"):
                continue
            try:
                if column.kind == "date":
                    typed[index] = cells.year(value)
                elif column.kind == "flag":
                    typed[index] = cells.flag(value)
                else:
                    typed[index] = cells.quantity(value, column, factor)
            except cells.CellError as error:
                # A date only times a purchase: it is left out and assumed, the server is not lost with it.
                severity = "warning" if column.kind == "date" else "error"
                keep[index] &= severity == "warning"
                way_out = f"{error.way_out}; it is not used until then" if severity == "warning" else error.way_out
                table.issues.append(
                    RowIssue(file, sheet.name, int(table.rows[index]), text, value, severity, error.problem, way_out)
                )
        if column.kind == "flag":
            table.columns[name] = typed == 1
            table.columns["exclude_reason"] = np.array(
                [
                    (value if value.casefold() not in ("1", "yes", "y", "true", "x") else "excluded in the inventory")
                    if yes
                    else ""
                    for value, yes in zip(values, typed == 1, strict=True)
                ],
                dtype=object,
            )
        else:
            table.columns[name] = typed


def _unit(
    column: Column, unit: str, values: list[str], answer: str | None, file: str, sheet: Sheet, text: str
) -> tuple[float, str, str]:
    """(factor to the canonical unit, unit read, basis)."""
    known = units.KINDS.get(column.kind)
    if not known:
        return 1.0, "", "plain"
    if answer:
        if answer.casefold() not in known:
            raise InventoryError(
                f"assume {column.name} = {answer!r}: not a unit of this column; use one of {', '.join(known)}"
            )
        return known[answer.casefold()], answer, "stated"
    if unit in known:
        return known[unit], unit, "header"
    if column.kind == "size" and column.name == "memory_gib":
        return _memory_unit(values, file, sheet, text)
    if column.kind == "share":
        shown = _numbers(values)
        if any("%" in value for value in values):
            return 0.01, "%", "inferred"
        return (1.0, "fraction", "inferred") if shown.size and shown.max() <= 1 else (0.01, "%", "inferred")
    canonical = {"size": "GiB", "rate": "Mbit/s", "power": "W"}[column.kind]
    return 1.0, canonical, "inferred"


def _memory_unit(values: list[str], file: str, sheet: Sheet, text: str) -> tuple[float, str, str]:
    shown = _numbers(values)
    typical = float(np.median(shown)) if shown.size else 0.0
    if typical < _GIB_BELOW:
        return 1.0, "GiB", "inferred"
    if typical >= _MIB_FROM:
        return 1 / units.MIB_PER_GIB, "MiB", "inferred"
    raise AmbiguousUnitError(
        f"{file}{_where(sheet)}: the column {text!r} names no unit, and its typical value {typical:g} could be GiB or MiB. "
        "Write the unit in the header, e.g. 'Memory (GiB)', or state it: assume={'memory_gib': 'GiB'} in Python, "
        "--assume memory_gib=GiB on the command line",
        "memory_gib",
        text,
        ("GiB", "MiB"),
    )


def _numbers(values: list[str]) -> np.ndarray:
    found = []
    for value in values:
        try:
            found.append(cells.number(value)[0])
        except cells.CellError:
            continue
    return np.array([value for value in found if value >= 0])


def _mostly_numbers(values: list[str]) -> bool:
    given = [value for value in values if value]
    return bool(given) and _numbers(given).size >= 0.8 * len(given)


def _where(sheet: Sheet) -> str:
    return f", sheet {sheet.name!r}" if sheet.name else ""


def to_frame(table: Table, names: tuple[str, ...], *, text: bool) -> pd.DataFrame:
    """Some columns of a table as a frame, blank where the file has none."""
    count = len(table.rows)
    if text:
        return pd.DataFrame(
            {name: table.columns.get(name, np.full(count, "", dtype=object)) for name in names}, dtype=object
        )
    return pd.DataFrame(
        {name: np.asarray(table.columns.get(name, np.full(count, np.nan)), dtype=np.float64) for name in names}
    )


__all__ = ["Table", "find_header", "issue_table", "read_table", "to_frame"]

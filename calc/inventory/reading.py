"""A sheet of text to typed columns: finds the header row, maps headers, finds units, lists issues."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field

import numpy as np

from calc.errors import InventoryError
from calc.inventory import cells
from calc.inventory.columns import BY_NAME, Column, find_column, parse_header
from calc.inventory.guess import mostly_numbers, unit_of
from calc.inventory.options import Options
from calc.inventory.sheets import Sheet
from calc.inventory.tables import Mapping, Origin
from calc.language import stored
from calc.model import RowIssue

_HEADER_SEARCH_ROWS = 25
_SAMPLES = 3
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\udc80-\udcff]")
#: header of an export in lower case -> (canonical column, unit or "")
Layout = Map[str, tuple[str, str]]


@dataclass(slots=True)
class Table:
    """Typed columns of one sheet, one entry a data row that is still in.

    Attributes
    ----------
    rows : ndarray of int
        Row numbers in the file.
    columns : dict of str to ndarray
        Canonical name to values; numbers are NaN where blank, text is "".
    origins : dict of str to Origin
        Of each column.
    headers : dict of str to str
        Canonical name to the header in the file.
    total : int
        Data rows of the sheet.
    """

    file: str
    sheet: str
    rows: np.ndarray
    columns: dict[str, np.ndarray]
    origins: dict[str, Origin] = field(default_factory=dict)
    issues: list[RowIssue] = field(default_factory=list)
    mappings: list[Mapping] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    total: int = 0

    def text(self, name: str) -> np.ndarray:
        """A text column, blank where the file has none."""
        return self.columns.get(name, np.full(len(self.rows), "", dtype=object))

    def number(self, name: str) -> np.ndarray:
        """A numeric column, NaN where the file has none."""
        return self.columns.get(name, np.full(len(self.rows), np.nan))

    def derive(self, name: str, values: np.ndarray, rule: str, kind: str = "inferred") -> None:
        """Fill the gaps of a column with values worked out from others."""
        if name not in self.columns:
            self.columns[name] = values
            self.origins[name] = Origin(kind, rule, self.file)
            return
        blank = np.isnan(self.columns[name])
        if blank.any() and bool(np.any(~np.isnan(values[blank]))):
            self.columns[name] = np.where(blank, values, self.columns[name])


def find_header(
    sheet: Sheet, options: Options | None = None, layout: Layout | None = None
) -> tuple[int, list[str]] | None:
    """Position and cells of the row that names the most columns, among the first rows; at least two."""
    best, best_score = None, 1
    for position, (_, row) in enumerate(sheet.rows[:_HEADER_SEARCH_ROWS]):
        named = {found[0].name for text in row if text and (found := _meaning(text, sheet.name, options, layout))}
        if len(named) > best_score:
            best, best_score = position, len(named)
    return None if best is None else (best, sheet.rows[best][1])


def _meaning(text: str, sheet: str, options: Options | None, layout: Layout | None) -> tuple[Column, str, str] | None:
    """(column, unit, who says so) of a header."""
    choice = options.mapping.find(text, sheet) if options and options.mapping.columns else None
    if choice is not None:
        return (BY_NAME[choice.field], choice.unit.casefold(), "mapped") if choice.field else None
    if layout is not None:
        known = layout.get(" ".join(text.casefold().split()))
        return (BY_NAME[known[0]], known[1].casefold(), "header" if known[1] else "") if known else None
    if len(text) > 100:
        return None
    parsed = parse_header(text)
    column = find_column(parsed)
    return None if column is None else (column, parsed.unit, "")


def read_table(sheet: Sheet, file: str, options: Options, layout: Layout | None = None) -> Table:
    """Read a sheet with canonical columns.

    Parameters
    ----------
    sheet : Sheet
    file : str
        For messages.
    options : Options
    layout : Layout, optional
        Exact headers of a known export; without it headers are recognised by their words.

    Raises
    ------
    InventoryError
        When no header row is found, or a unit is ambiguous and not answered.
    """
    found = find_header(sheet, options, layout)
    if found is None:
        first = next((", ".join(text for text in row if text)[:200] for _, row in sheet.rows), "")
        raise InventoryError(
            stored(
                "{file}{where}: no header row found. A name, a core count or a CPU model, and memory are needed, "
                "e.g. hostname, cores, memory_gib. The first row reads: {first!r}",
                file=file,
                where=_where(sheet),
                first=first,
            )
        )
    position, header = found
    body = sheet.rows[position + 1 :]
    table = Table(file, sheet.name, np.array([number for number, _ in body], dtype=np.int64), {}, total=len(body))
    keep = _whole_rows(sheet, header, body, table)
    raw: dict[str, tuple[Column, str, str, str, list[str]]] = {}
    for index, text in enumerate(header):
        values = [row[index] if index < len(row) else "" for _, row in body]
        if not text:
            if any(values):
                table.mappings.append(
                    Mapping(file, sheet.name, f"(column {index + 1}, no header)", "", "", "unused", _few(values))
                )
            continue
        meaning = _meaning(text, sheet.name, options, layout)
        if meaning is None:
            table.mappings.append(Mapping(file, sheet.name, text, "", "", "unused", _few(values)))
            continue
        column, unit, basis = meaning
        if not basis and column.name == "cpu_model" and "cores" not in raw and mostly_numbers(values):
            column = BY_NAME["cores"]  # a "CPU" column of numbers counts cores
        if column.name in raw:
            table.mappings.append(Mapping(file, sheet.name, text, column.name, "", "duplicate", _few(values)))
            continue
        raw[column.name] = (column, unit, basis, text, values)
    _type_columns(raw, table, sheet, keep, options.answers)
    table.rows = table.rows[keep]
    table.columns = {name: values[keep] for name, values in table.columns.items()}
    return table


def _few(values: list[str]) -> tuple[str, ...]:
    """The first few distinct values."""
    found: dict[str, None] = {}
    for value in values:
        if value and value not in found:
            found[value[:60]] = None
            if len(found) == _SAMPLES:
                break
    return tuple(found)


def _whole_rows(sheet: Sheet, header: list[str], body: list[tuple[int, list[str]]], table: Table) -> np.ndarray:
    """Which rows have no more cells than the header and do not repeat it."""
    keep = np.ones(len(body), dtype=bool)
    width = len(header)
    folded = [text.casefold() for text in header]
    for index, (number, row) in enumerate(body):
        if len(row) > width and any(row[width:]):
            problem = stored("has {row} cells where the header has {width}", row=len(row), width=width)
            way_out = stored("a value with the delimiter in it needs quotes around it")
            value, column = ",".join(row[width:])[:80], ""
        elif row and row[0].casefold() == folded[0] and folded[0] and _repeats(folded, row):
            problem, way_out = stored("repeats the header row"), stored("delete this row")
            value, column = row[0], header[0]
        else:
            continue
        keep[index] = False
        table.issues.append(RowIssue(table.file, sheet.name, number, column, value, "error", problem, way_out))
    return keep


def _repeats(folded: list[str], row: list[str]) -> bool:
    same = sum(a == b.casefold() and a != "" for a, b in zip(folded, row, strict=False))
    return same >= max(2, len(folded) // 2)


def _type_columns(
    raw: dict[str, tuple[Column, str, str, str, list[str]]],
    table: Table,
    sheet: Sheet,
    keep: np.ndarray,
    answers: dict[str, str],
) -> None:
    marks = {
        name: cells.decimal_mark(set(values))
        for name, (column, _, _, _, values) in raw.items()
        if column.kind not in ("text", "flag", "date")
    }
    shown = [mark for mark in marks.values() if mark]
    usual = max(set(shown), key=shown.count) if shown else ""
    for name, (column, unit, basis, text, values) in raw.items():
        mark = marks.get(name) or usual
        answer = None if basis == "mapped" and unit else answers.get(name)
        where = f"{table.file}{_where(sheet)}"
        factor, unit_read, known = unit_of(column, unit, values, mark, answer, where, text)
        if basis == "mapped":
            known = "mapped"
        table.headers[name] = text
        table.mappings.append(Mapping(table.file, sheet.name, text, name, unit_read, known, _few(values)))
        table.origins[name] = Origin(
            "inferred" if known == "inferred" else "given",
            stored("column {text!r}", text=text)
            + (stored(" in {unit_read}", unit_read=unit_read) if unit_read else "")
            + _KNOWN_BY.get(known, ""),
            table.file,
        )
        if column.kind == "text":
            table.columns[name] = _texts(column, text, values, keep, table)
        elif column.kind == "flag":
            reasons = np.array([_reason(column, value) for value in values], dtype=object)
            table.columns["exclude_reason"] = np.where(
                table.columns.get("exclude_reason", "") == "", reasons, table.columns.get("exclude_reason", "")
            )
            table.origins["exclude_reason"] = table.origins[name]
        else:
            table.columns[name] = typed_numbers(column, text, values, factor, mark, keep, table)


_KNOWN_BY = {
    "inferred": ", unit inferred from the values",
    "stated": ", unit stated by the user",
    "mapped": ", mapped by the user",
}
_OUT = ("no", "n", "false", "0", "out", stored("out of scope"), "excluded", "아니오")
_PLAIN_YES = ("1", "yes", "y", "true", "x")


def _reason(column: Column, value: str) -> str:
    if column.name == "in_scope":  # the other way round, and blank means in
        return stored("out of scope in the inventory") if value.casefold() in _OUT else ""
    if not cells.flag(value):
        return ""
    return stored("excluded in the inventory") if value.casefold() in _PLAIN_YES else value


def _texts(column: Column, header: str, values: list[str], keep: np.ndarray, table: Table) -> np.ndarray:
    for value in set(values):
        if len(value) > 1000 or _UNREADABLE.search(value):
            problem, way_out = (
                (
                    stored("is longer than 1,000 characters"),
                    stored("shorten it; a quote left open swallows what follows"),
                )
                if len(value) > 1000
                else (
                    stored("holds characters that cannot be shown or decoded"),
                    stored("write it again, and save the file as UTF-8"),
                )
            )
            for index in np.flatnonzero([keep_ and value == other for keep_, other in zip(keep, values, strict=True)]):
                keep[index] = False
                shown = _UNREADABLE.sub("�", value[:80])
                table.issues.append(
                    RowIssue(table.file, table.sheet, int(table.rows[index]), header, shown, "error", problem, way_out)
                )
    if column.name == "name":
        return np.array(values, dtype=object)
    blank = {value for value in set(values) if value.casefold() in cells.BLANK}
    return np.array(["" if value in blank else value for value in values], dtype=object)


def typed_numbers(
    column: Column, header: str, values: list[str], factor: float, mark: str, keep: np.ndarray, table: Table
) -> np.ndarray:
    """Numbers of a column, NaN where blank; cells that are none are reported and their rows set aside.

    Each distinct text is read once: columns of an inventory repeat themselves.
    """
    known: dict[str, float | cells.CellError] = {"": np.nan}
    blank_is_wrong = column.name == "memory_gib"
    typed = np.full(len(values), np.nan)
    for index, value in enumerate(values):
        found = known.get(value)
        if found is None:
            try:
                if value.casefold() in cells.BLANK and not blank_is_wrong:
                    found = np.nan
                elif len(value) > 60 or _UNREADABLE.search(value):
                    raise cells.CellError(stored("is not a number"), stored("write digits only"))
                else:
                    found = cells.year(value) if column.kind == "date" else cells.quantity(value, column, factor, mark)
            except cells.CellError as error:
                found = error
            known[value] = found
        if isinstance(found, float):
            typed[index] = found
        elif keep[index]:
            # A date only times a purchase: it is left out and assumed, the server is not lost with it.
            warning = column.kind == "date"
            keep[index] &= warning
            way_out = (
                stored("{way_out}; it is not used until then", way_out=found.way_out) if warning else found.way_out
            )
            severity = "warning" if warning else "error"
            shown = _UNREADABLE.sub("�", value[:80])
            table.issues.append(
                RowIssue(
                    table.file, table.sheet, int(table.rows[index]), header, shown, severity, found.problem, way_out
                )
            )
    return typed


def _where(sheet: Sheet) -> str:
    return stored(", sheet {name!r}", name=sheet.name) if sheet.name else ""

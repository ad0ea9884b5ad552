"""Exports that are one table with known headers: matching and reading by a layout."""

from __future__ import annotations

import numpy as np

from calc import units
from calc.inventory.columns import BY_NAME
from calc.inventory.formats import Match
from calc.inventory.options import Options
from calc.inventory.reading import Layout, Table, find_header, read_table, typed_numbers
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.tables import Mapping
from calc.language import stored


def fold(text: str) -> str:
    """A header in lower case with single spaces."""
    return " ".join(text.casefold().split())


def best_sheet(content: FileContent, layout: Layout, needed: frozenset[str]) -> tuple[Sheet, list[str]] | None:
    """The sheet (and its header) that holds all the headers that give the format away."""
    best: tuple[Sheet, list[str]] | None = None
    for sheet in content.sheets.values():
        found = find_header(sheet, None, layout)
        if (
            found
            and needed <= {fold(text) for text in found[1]}
            and (best is None or len(sheet.rows) > len(best[0].rows))
        ):
            best = (sheet, found[1])
    return best


def match_layout(content: FileContent, layout: Layout, needed: frozenset[str], what: str) -> Match:
    """Score by the share of headers that the layout knows; zero without the needed ones."""
    best = best_sheet(content, layout, needed)
    if best is None:
        return Match(0.0)
    headers = [fold(text) for text in best[1] if text]
    known = sum(header in layout for header in headers)
    where = f" in sheet {best[0].name!r}" if best[0].name else ""
    return Match(
        0.6 + 0.4 * known / len(headers),
        (
            stored("{what}{where}: holds {needed}", what=what, where=where, needed=", ".join(sorted(needed))),
            stored("{known} of {headers} headers are known", known=known, headers=len(headers)),
        ),
    )


def read_flat(content: FileContent, options: Options, layout: Layout, needed: frozenset[str]) -> tuple[Sheet, Table]:
    """The sheet of the layout and its typed columns."""
    best = best_sheet(content, layout, needed)
    sheet = best[0] if best else max(content.sheets.values(), key=lambda item: len(item.rows))
    return sheet, read_table(sheet, content.name, options, layout)


def beside(sheet: Sheet, table: Table, header: str) -> np.ndarray:
    """Cells of a column that the table does not hold, aligned with its rows."""
    headers: dict[str, int] = {}
    for _, row in sheet.rows[:25]:
        if header in (folded := [fold(text) for text in row]):
            headers = {header: folded.index(header)}
            break
    index = headers.get(header)
    by_row = dict(sheet.rows)
    return np.array(
        [
            by_row[number][index] if index is not None and index < len(by_row[number]) else ""
            for number in table.rows.tolist()
        ],
        dtype=object,
    )


def layout(text: str) -> dict[str, tuple[str, str]]:
    """A layout from lines of ``header -> column [unit]``.

    Examples
    --------
    >>> layout("RAM (MB) -> memory_gib MiB")
    {'ram (mb)': ('memory_gib', 'MiB')}
    """
    out = {}
    for line in text.strip().splitlines():
        header, _, target = line.partition("->")
        column, _, unit = target.strip().partition(" ")
        out[fold(header)] = (column, unit)
    return out


def sum_columns(sheet: Sheet, table: Table, headers: list[str], column: str, unit: str, rule: str) -> None:
    """Add the sum of several columns that carry no canonical name of their own."""
    total = np.full(len(table.rows), np.nan)
    known = {fold(text): text for _, row in sheet.rows[:25] for text in row if fold(text) in headers}
    for header, text in known.items():
        values = list(beside(sheet, table, header))
        keep = np.ones(len(values), dtype=bool)
        amounts = typed_numbers(BY_NAME[column], text, values, units.SIZE_GIB[unit.casefold()], "", keep, table)
        total = np.where(np.isnan(amounts), total, np.nan_to_num(total) + amounts)
        table.mappings[:] = [
            Mapping(m.file, m.sheet, m.header, column, unit, "header", m.samples) if m.header == text else m
            for m in table.mappings
        ]
    if known:
        table.derive(column, total, rule, "given")

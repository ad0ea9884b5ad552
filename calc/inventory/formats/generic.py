"""A plain list of servers: CSV, TSV or XLSX with headers in many spellings, English and Korean."""

from __future__ import annotations

import numpy as np

from calc.cpu import find_score
from calc.errors import AmbiguousUnitError
from calc.inventory.formats import Match
from calc.inventory.options import Options
from calc.inventory.reading import Table, find_header, read_table
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.tables import Mapping, Origin
from calc.language import joined, stored

NAME = "physical inventory"
_MOST_SOCKETS = 8
_AGREE = 0.8


def matches(content: FileContent) -> Match:
    """Up to 0.5, by the share of headers that are recognised: every known export beats it."""
    best = 0.0
    reason = ""
    for sheet in content.sheets.values():
        found = find_header(sheet)
        if found:
            table_headers = [text for text in found[1] if text]
            known = _known(sheet)
            score = 0.1 + 0.4 * known / len(table_headers)
            if score > best:
                best, reason = (
                    score,
                    stored(
                        "{known} of {table_headers} headers are words for server columns",
                        known=known,
                        table_headers=len(table_headers),
                    ),
                )
    return Match(best, (reason,) if reason else ())


def _known(sheet: Sheet) -> int:
    from calc.inventory.columns import find_column, parse_header

    found = find_header(sheet)
    return sum(1 for text in found[1] if text and find_column(parse_header(text))) if found else 0


def read(content: FileContent, options: Options) -> Part:
    """Read the sheet with the most rows under a recognised header.

    Raises
    ------
    InventoryError
        When no sheet has a usable header, or a unit is ambiguous.
    """
    candidates = [sheet for sheet in content.sheets.values() if find_header(sheet, options)]
    sheet = (
        max(candidates, key=lambda item: len(item.rows))
        if candidates
        else next(iter(content.sheets.values()), Sheet("", []))
    )
    table = read_table(sheet, content.name, options)
    _settle_counts(table, options)
    part = machines(table, content.name, NAME)
    unused = [other.name for other in content.sheets.values() if other is not sheet and other.rows]
    if unused:
        part.notes.append(
            stored("Only the sheet {name!r} was read; not read: {unused}.", name=sheet.name, unused=", ".join(unused))
        )
    return part


def _settle_counts(table: Table, options: Options) -> None:
    """Whether a column of counts holds sockets, cores of all sockets, or cores of one."""
    if "sockets" in table.columns and "cores" not in table.columns and "cores_per_socket" not in table.columns:
        _sockets_or_cores(table, options)
    if "cores" in table.columns and "sockets" in table.columns:
        _total_or_each(table, options)


def _reread(table: Table, old: str, new: str, rule: str, basis: str) -> None:
    table.columns[new] = table.columns.pop(old)
    table.headers[new] = table.headers.pop(old)
    table.origins.pop(old)
    table.origins[new] = Origin("inferred" if basis == "inferred" else "given", rule, table.file)
    table.mappings[:] = [
        Mapping(m.file, m.sheet, m.header, new, m.unit, basis, m.samples)
        if m.column == old and m.basis != "duplicate"
        else m
        for m in table.mappings
    ]


def _sockets_or_cores(table: Table, options: Options) -> None:
    header = table.headers["sockets"]
    if "socket" in header.casefold() or "소켓" in header:
        return
    answer = options.answers.get("sockets", "")
    values = table.columns["sockets"][~np.isnan(table.columns["sockets"])]
    models = [bool(model) and find_score(model) is not None for model in table.text("cpu_model")]
    if answer not in ("", "sockets", "cores"):
        raise AmbiguousUnitError(
            stored("assume sockets = {answer!r}: say sockets or cores", answer=answer),
            "sockets",
            header,
            ("sockets", "cores"),
        )
    if answer == "cores":
        _reread(table, "sockets", "cores", f"column {header!r}, stated to count cores", "stated")
    elif values.size and values.max() > _MOST_SOCKETS:
        _reread(
            table,
            "sockets",
            "cores",
            f"column {header!r}: no server has {values.max():g} sockets, so it counts cores",
            "inferred",
        )
    elif not answer and not (models and np.mean(models) >= _AGREE):
        asked = stored(
            "{file}: the column {header!r} could count sockets or cores, and no CPU model tells",
            file=table.file,
            header=header,
        )
        way_out = stored(
            "State it: assume={{'{column}': '{unit}'}} in Python, --assume {column}={unit} on the command line",
            column="sockets",
            unit="cores",
        )
        raise AmbiguousUnitError(joined((asked, way_out), ". "), "sockets", header, ("sockets", "cores"), asked)


def _total_or_each(table: Table, options: Options) -> None:
    """Cores are over all sockets unless the CPU table shows that they are those of one."""
    header = table.headers["cores"]
    answer = options.answers.get("cores", "")
    if answer not in ("", "total", "per socket"):
        raise AmbiguousUnitError(
            stored("assume cores = {answer!r}: say total or per socket", answer=answer),
            "cores",
            header,
            ("total", "per socket"),
        )
    scores = [find_score(model) if model else None for model in table.text("cpu_model")]
    chips = np.array([np.nan if score is None else score.cores_per_chip for score in scores])
    cores, sockets = table.columns["cores"], table.columns["sockets"]
    telling = ~np.isnan(chips) & ~np.isnan(cores) & (sockets >= 2)
    each = answer == "per socket"
    if not answer and telling.any():
        each = float(np.mean(cores[telling] == chips[telling])) >= _AGREE
    if not each:
        return
    total = cores * np.where(np.isnan(sockets), 1, sockets)
    basis = "stated" if answer else "inferred"
    rule = (
        f"column {header!r} stated to be cores of one socket, x sockets"
        if answer
        else f"column {header!r} equals the CPU table's cores of one socket, x sockets"
    )
    table.columns["cores"] = total
    table.origins["cores"] = Origin("inferred", rule, table.file)
    table.mappings[:] = [
        Mapping(m.file, m.sheet, m.header, "cores", "cores per socket", basis, m.samples)
        if m.column == "cores" and m.basis != "duplicate"
        else m
        for m in table.mappings
    ]

"""The licences of both sides, pool by pool: how many, at which price, in which year, with live formulas.

Counts are the ledger's and prices those of their sheet; the amounts are worked out here by the ledger's formulas, and held
against the cash flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell as cell_name
from xlsxwriter.worksheet import Worksheet

from calc.costs.terms import Term
from calc.language import local, say
from calc.report.figures import SIDE_NAMES
from calc.report.money_sheets import FIRST, MoneySheets, line_name, plain, spreadsheet_formula
from calc.report.prices import SIDES

LINES = ("hypervisor", "guest licences")
#: Columns before the years: pool, what for, line, count, price, unit.
_BEFORE = 6


@dataclass(slots=True)
class _Row:
    """One count of licences at one price, by year."""

    term: Term
    cells: dict[str, str]
    years: dict[int, Term] = field(default_factory=dict)


def licence_sheet(sheet: Worksheet, money: MoneySheets, horizon_years: int) -> None:
    """Write the sheet; ledger, prices and cash flow are written before it."""
    f, last = money.formats, _BEFORE + horizon_years + 1
    years = range(horizon_years + 1)
    money.title(
        sheet,
        say("Licences"),
        say("Hypervisor and guest licences, pool by pool: count × price, by year. Counts are the ledger's, prices those of their sheet. What is owned is asked, never assumed."),
    )  # fmt: skip
    row = FIRST - 1
    for side in SIDES:
        heads = [local(SIDE_NAMES[side]), say("What for"), say("Line"), say("Count"), say("Unit price"), say("Unit")]
        money.heads(sheet, row, [*heads, *map(str, years), say("Total")], [30, 72, 16, 11, 12, 20, *([13] * len(years)), 15])  # fmt: skip
        row += 1
        sums = []
        for pool, rows in _pools(money, side).items():
            begin = row
            for entry in rows:
                _row(sheet, row, entry, pool, years, f)
                money.sum(sheet, row, last, sum(t.amount for t in entry.years.values()), start=_BEFORE)
                row += 1
            sheet.write_string(row, 0, say("{pool}: total", pool=pool or say("Not by pool")), f["bold"])
            for year in years:
                value = sum(entry.years[year].amount for entry in rows if year in entry.years)
                area = f"{cell_name(begin, _BEFORE + year)}:{cell_name(row - 1, _BEFORE + year)}"
                sheet.write_formula(row, _BEFORE + year, f"=SUM({area})", f["total"], value)
            money.sum(sheet, row, last, sum(t.amount for e in rows for t in e.years.values()), "total", start=_BEFORE)
            sums.append(row)
            row += 1
        row = _check(sheet, row, side, sums, money, years) + 1
    sheet.freeze_panes(FIRST, 2)


def _row(sheet: Worksheet, row: int, entry: _Row, pool: str, years: range, f: dict[str, Any]) -> None:
    """Count, price, and each year's amount by the ledger's formula over the two."""
    count, price = _count_and_price(entry.term)
    figures = entry.term.figures
    sheet.write_string(row, 0, pool or say("Not by pool"), f["text"])
    sheet.write_string(row, 1, local(entry.term.label).removesuffix(f", {pool}"), f["text"])
    sheet.write_string(row, 2, line_name(entry.term.line), f["text"])
    sheet.write_formula(row, 3, f"={entry.cells[count]}", f[plain(figures[count].value)], figures[count].value)
    sheet.write_formula(row, 4, f"={entry.cells[price]}", f["price"], figures[price].value)
    sheet.write_string(row, 5, local(figures[price].unit), f["text"])
    own = {**entry.cells, count: cell_name(row, 3, False, True), price: cell_name(row, 4, False, True)}
    for year in years:
        if year in entry.years:
            term = entry.years[year]
            formula = f"={spreadsheet_formula(term.formula, own)}"
            sheet.write_formula(row, _BEFORE + year, formula, f["money"], term.amount)


def _check(sheet: Worksheet, row: int, side: str, sums: list[int], money: MoneySheets, years: range) -> int:
    """The side's total, and its difference from the cash flow, which is nothing; the next free row."""
    f, last = money.formats, _BEFORE + len(years)
    if not sums:
        sheet.write_string(row, 0, say("No licence costs anything on this side."), f["text"])
        return row + 1
    sheet.write_string(row, 0, say("Total"), f["bold"])
    sheet.write_string(row + 1, 0, say("Difference from the cash flow"), f["text"])
    whole = [term for term in money.terms[side] if term.line in LINES]
    for year in years:
        column = _BEFORE + year
        here = "+".join(cell_name(at, column) for at in sums)
        value = sum(term.amount for term in whole if term.year == year)
        sheet.write_formula(row, column, f"={here}", f["total"], value)
        flow = "-".join(money.line_cells[side, line][year] for line in LINES if (side, line) in money.line_cells)
        difference = f"=ROUND({cell_name(row, column)}-{flow},2)"
        sheet.write_formula(row + 1, column, difference, f["money"], 0)
    money.sum(sheet, row, last, sum(term.amount for term in whole), "total", start=_BEFORE)
    money.sum(sheet, row + 1, last, 0, start=_BEFORE)
    return row + 2


def _pools(money: MoneySheets, side: str) -> dict[str, list[_Row]]:
    """Rows by pool, in the order of the ledger; what belongs to none stands last."""
    found: dict[str, dict[tuple[object, ...], _Row]] = {}
    for term, cells in _terms(money, side):
        count, price = _count_and_price(term)
        key = (
            term.line,
            term.label,
            term.formula.split(" * (1")[0],
            term.figures[count].value,
            term.figures[price].value,
        )
        rows = found.setdefault(term.pool, {})
        rows.setdefault(key, _Row(term, cells)).years[term.year] = term
    last = found.pop("", None)
    return {pool: list(rows.values()) for pool, rows in (*found.items(), *([("", last)] if last else []))}


def _terms(money: MoneySheets, side: str) -> Iterator[tuple[Term, dict[str, str]]]:
    for index, term in enumerate(money.terms[side]):
        if term.line in LINES:
            yield term, money.figure_cells[side, index]


def _count_and_price(term: Term) -> tuple[str, str]:
    """Names of the count and the price in a licence's formula: every one begins with them."""
    names = list(term.figures)
    return names[0], "price" if "price" in names else names[1]

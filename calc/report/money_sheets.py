"""The money sheets of the workbook: prices, ledger and cash flow, all with live formulas.

The ledger's own formulas are written as formulas of the spreadsheet, over cells for the same figures; there is no second set.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell as cell_name
from xlsxwriter.worksheet import Worksheet

from calc.assessment import Assessment
from calc.costs.fleet import LINES
from calc.costs.ledger import key_of as ledger_key
from calc.costs.terms import Term
from calc.errors import InputError
from calc.language import cited, local, say, stored
from calc.report.figures import LINE_NAMES, ORIGIN_NAMES
from calc.report.prices import SIDES, Key, Price, is_price, key_of
from calc.report.svg import text_width

_SYMBOLS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}
LINE_POINTS = 15
#: Of a column's width: narrower than a font of 10 points makes it, for the wider one that may take its place.
_EMS_PER_CHARACTER = 0.5
_SOURCE_WIDTH, _USED_WIDTH = 60, 34
#: First row of a table below its heading and explanation, from 0.
FIRST = 4
LEDGER_HEAD = 6


def spreadsheet_formula(formula: str, cells: Mapping[str, str]) -> str:
    """A ledger formula over cells. Brackets stand everywhere: spreadsheets bind a minus more tightly than a power.

    Examples
    --------
    >>> spreadsheet_formula("-a * (1 + b) ** 2", {"a": "A1", "b": "B1"})
    '((-A1)*((1+B1)^2))'
    """

    def walk(node: ast.AST) -> str:
        if isinstance(node, ast.Expression):
            return walk(node.body)
        if isinstance(node, ast.BinOp) and type(node.op) in _SYMBOLS:
            return f"({walk(node.left)}{_SYMBOLS[type(node.op)]}{walk(node.right)})"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return f"(-{walk(node.operand)})"
        if isinstance(node, ast.Name):
            return cells[node.id]
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return repr(node.value)
        raise InputError(
            stored(
                "the formula {formula!r} holds what a ledger formula may not: {name}",
                formula=formula,
                name=type(node).__name__,
            )
        )

    return walk(ast.parse(formula, mode="eval"))


def line_name(line: str) -> str:
    """A line of the money in the language in use."""
    return local(LINE_NAMES[LINES.index(line)]) if line in LINES else line


def quoted(sheet: str) -> str:
    """A sheet's name as formulas write it."""
    return "'" + sheet.replace("'", "''") + "'"


def heading(sheet: Worksheet, title: str, explanation: str, formats: dict[str, Any]) -> None:
    """Title and explanation of a sheet, and how it prints: across one page."""
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, title, formats["title"])
    sheet.write_string(1, 0, explanation, formats["note"])
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def lines_of(text: str, width: int) -> int:
    """Lines that a wrapped text takes in a column so many characters wide.

    Set beforehand, because not every program sets heights when it opens a file; with a margin, because a wider font takes the
    place of one that is not installed.
    """
    return max(1, math.ceil(text_width(text, 1) / (_EMS_PER_CHARACTER * width)))


def plain(value: float) -> str:
    """The format of a number without a unit: Excel would write a whole one with decimals left open as "32."."""
    return "whole" if value == round(value) else "plain"


class MoneySheets:
    """Writes the money sheets and knows where their cells are.

    Parameters
    ----------
    a : Assessment
    terms : dict of str to tuple of Term
    prices : dict of Key to Price
    formats : dict of str to Format
        Of the workbook.
    names : dict of str to str
        Names of the sheets ``prices``, ``ledger`` and ``cash_flow``.
    """

    def __init__(
        self,
        a: Assessment,
        terms: dict[str, tuple[Term, ...]],
        prices: dict[Key, Price],
        formats: dict[str, Any],
        names: dict[str, str],
    ) -> None:
        self._a, self.terms, self._prices, self.formats, self._names = a, terms, prices, formats, names
        self.price_cells = {
            key: f"{quoted(names['prices'])}!{cell_name(FIRST + row, 1, True, True)}" for row, key in enumerate(prices)
        }
        #: Of each amount of a side, by its place: cells of its figures, as other sheets name them.
        self.figure_cells: dict[tuple[str, int], dict[str, str]] = {}
        #: Of each side and line of the cash flow: the cell of every year, as other sheets name it.
        self.line_cells: dict[tuple[str, str], list[str]] = {}

    def prices(self, sheet: Worksheet) -> None:
        """Every price once, the cell to change marked."""
        f = self.formats
        self.title(
            sheet,
            say("Prices and rates"),
            say(
                "Change a yellow cell: ledger, cash flow and summary follow. Where “Live” says “in part”, figures summed over machines hold the old value too: price those in the calculator."
            ),
        )
        heads = [say("Price or rate"), say("Value"), say("Unit"), say("Low"), say("High"), say("Live"), say("Origin"), say("Source"), say("As of"), say("Used in"), say("Name in formulas")]  # fmt: skip
        self.heads(sheet, FIRST - 1, heads, [36, 14, 26, 10, 10, 9, 11, _SOURCE_WIDTH, 12, _USED_WIDTH, 26])
        for row, price in enumerate(self._prices.values(), start=FIRST):
            sheet.write_string(row, 0, local(price.title), f["text"])
            part = "_part" if price.live is False else ""
            sheet.write_number(row, 1, price.figure.value, f[f"input_{plain(price.figure.value)}{part}"])
            sheet.write_string(row, 2, local(price.figure.unit), f["text"])
            for column, value in ((3, price.low), (4, price.high)):
                if value is not None:
                    sheet.write_number(row, column, value, f[plain(value)])
            sheet.write_string(row, 5, say("in part") if price.live is False else say("yes"), f["text"])
            sheet.write_string(row, 6, local(ORIGIN_NAMES[price.origin]), f["text"])
            source, used = cited(price.source), ", ".join(map(line_name, price.lines))
            sheet.write_string(row, 7, source, f["wrap"])
            sheet.write_string(row, 8, price.as_of, f["text"])
            sheet.write_string(row, 9, used, f["wrap"])
            sheet.write_string(row, 10, price.name, f["text"])
            sheet.set_row(row, LINE_POINTS * max(lines_of(source, _SOURCE_WIDTH), lines_of(used, _USED_WIDTH)))
        sheet.freeze_panes(FIRST, 1)

    def ledger(self, sheet: Worksheet) -> None:
        """One row an amount, with its formula over prices and over the quantities beside it."""
        f = self.formats
        self.title(
            sheet,
            say("Ledger"),
            say("Every amount of both sides with its formula. Quantities of the estate and the plan stand beside it; prices stand on their own sheet."),
        )  # fmt: skip
        width = (
            max(sum(not is_price(figure) for figure in term.figures.values()) for term in self._all())
            if self._all()
            else 0
        )
        heads = [say("Key"), say("Side"), say("Line"), say("Year"), say("What for"), say("Amount"), say("Formula")]
        for index in range(width):
            heads += [say("Quantity {n}", n=index + 1), say("Value"), say("Unit")]
        self.heads(sheet, FIRST - 1, heads, [30, 11, 16, 7, 44, 15, 60, *([20, 14, 12] * width)])
        row = FIRST
        for side in SIDES:
            for index, term in enumerate(self.terms[side]):
                self.figure_cells[side, index] = self._ledger_row(sheet, row, side, term, f)
                row += 1
        sheet.freeze_panes(FIRST, 1)

    def _all(self) -> list[Term]:
        return [term for side in SIDES for term in self.terms[side]]

    def _ledger_row(self, sheet: Worksheet, row: int, side: str, term: Term, f: dict[str, Any]) -> dict[str, str]:
        """One amount; the cells of its figures."""
        cells, column, own = {}, LEDGER_HEAD + 1, quoted(self._names["ledger"])
        for name, figure in term.figures.items():
            if is_price(figure):
                cells[name] = self.price_cells[key_of(name, figure)]
                continue
            cells[name] = f"{own}!{cell_name(row, column + 1, True, True)}"
            sheet.write_string(row, column, name, f["text"])
            sheet.write_number(row, column + 1, figure.value, f[plain(figure.value)])
            sheet.write_string(row, column + 2, local(figure.unit), f["text"])
            column += 3
        sheet.write_string(row, 0, ledger_key(term.line, side, term.year), f["text"])
        sheet.write_string(row, 1, side, f["text"])
        sheet.write_string(row, 2, term.line, f["text"])
        sheet.write_number(row, 3, term.year, f["year"])
        sheet.write_string(row, 4, local(term.label), f["text"])
        sheet.write_formula(row, 5, f"={spreadsheet_formula(term.formula, cells)}", f["money"], term.amount)
        sheet.write_string(row, 6, term.formula, f["text"])
        return cells

    def cash_flow(self, sheet: Worksheet) -> dict[str, tuple[str, Any]]:
        """Both sides by line and year, their difference, and the figures that are read from it.

        Returns
        -------
        dict of str to (str, value)
            Cell and value of ``tco_baseline``, ``tco_target``, ``savings``, ``npv``, ``roi`` and ``payback_months``.
        """
        a, f, c = self._a, self.formats, self._a.comparison
        years = range(a.scenario.horizon_years + 1)
        last = 2 + len(years)  # column of the total
        count = len(self._all())
        self.title(
            sheet,
            say("Cash flow"),
            say("Costs are positive, in {currency}. Year 0 holds purchases; yearly costs fall at the end of their year.", currency=a.scenario.currency),
        )  # fmt: skip
        row = FIRST - 1
        ledger, own_name = quoted(self._names["ledger"]), quoted(self._names["cash_flow"])

        def area(column: int) -> str:
            end = max(FIRST, FIRST + count - 1)
            return f"{ledger}!{cell_name(FIRST, column, True, True)}:{cell_name(end, column, True, True)}"

        totals: dict[str, int] = {}
        values: dict[str, list[float]] = {}
        for side, title in zip(SIDES, (say("Keep today's servers"), say("Consolidate")), strict=True):
            self.heads(
                sheet, row, [title, say("Key"), *map(str, years), say("Total")], [26, 18, *([14] * len(years)), 15]
            )
            row += 1
            begin = row
            lines = [line for line in LINES if a.flows[side][line].any()]
            sums = [0.0 for _ in years]
            for line in lines:
                sheet.write_string(row, 0, line_name(line), f["text"])
                sheet.write_string(row, 1, line, f["note"])  # as the ledger names it: the sums look for it
                self.line_cells[side, line] = [f"{own_name}!{cell_name(row, 2 + year, True, True)}" for year in years]
                for year in years:
                    amount = float(a.flows[side][line][year])
                    sums[year] += amount
                    formula = f'=SUMIFS({area(5)},{area(1)},"{side}",{area(2)},$B{row + 1},{area(3)},{year})'
                    sheet.write_formula(row, 2 + year, formula, f["money"], amount)
                self.sum(sheet, row, last, float(a.flows[side][line].sum()))
                row += 1
            sheet.write_string(row, 0, say("Total"), f["bold"])
            for year in years:
                formula = f"=SUM({cell_name(begin, 2 + year)}:{cell_name(row - 1, 2 + year)})" if lines else "=0"
                sheet.write_formula(row, 2 + year, formula, f["total"], sums[year])
            self.sum(sheet, row, last, sum(sums), "total")
            totals[side], values[side] = row, sums
            row += 2
        self.heads(
            sheet, row, [say("Difference"), "", *map(str, years), say("Total")], [26, 18, *([14] * len(years)), 15]
        )
        net = [one - two for one, two in zip(values["baseline"], values["target"], strict=True)]
        net_row, sum_row, rate_row, month_row = row + 1, row + 2, row + 3, row + 4
        rate_key = next(iter(self._prices))
        for at, text in (
            (net_row, say("Saving of the year")),
            (sum_row, say("Saving so far")),
            (rate_row, say("Present value")),
            (month_row, say("Months to payback")),
        ):
            sheet.write_string(at, 0, text, f["text"])
        so_far, rate = 0.0, a.scenario.discount_rate
        for year in years:
            column = 2 + year
            here, before = cell_name(sum_row, column), cell_name(sum_row, column - 1)
            own = cell_name(net_row, column)
            earlier, so_far = so_far, so_far + net[year]
            top, bottom = (cell_name(totals[side], column) for side in SIDES)
            sheet.write_formula(net_row, column, f"={top}-{bottom}", f["money"], net[year])
            sheet.write_formula(sum_row, column, f"={own}" if year == 0 else f"={before}+{own}", f["money"], so_far)
            discounted = f"={own}/(1+{self.price_cells[rate_key]})^{year}"
            sheet.write_formula(rate_row, column, discounted, f["money"], net[year] / (1 + rate) ** year)
            if year == 0:
                sheet.write_formula(month_row, column, f'=IF({here}>=0,0,"")', f["one"], 0 if so_far >= 0 else "")
                continue
            formula = f'=IF(AND({before}<0,{here}>=0),12*({year - 1}-{before}/{own}),"")'
            crossed = earlier < 0 <= so_far
            sheet.write_formula(
                month_row, column, formula, f["one"], 12 * (year - 1 - earlier / net[year]) if crossed else ""
            )
        self.sum(sheet, net_row, last, c.savings)
        self.sum(sheet, rate_row, last, c.npv)
        months = f"{cell_name(month_row, 2)}:{cell_name(month_row, last - 1)}"
        sheet.freeze_panes(FIRST, 2)

        def whole(row: int, column: int) -> str:
            return f"{own_name}!{cell_name(row, column, True, True)}"

        first_net = whole(net_row, 2)
        payback = say("never") if c.payback_months is None else c.payback_months
        none = say("no investment")
        return {
            "tco_baseline": (whole(totals["baseline"], last), c.tco_baseline),
            "tco_target": (whole(totals["target"], last), c.tco_target),
            "savings": (whole(net_row, last), c.savings),
            "npv": (whole(rate_row, last), c.npv),
            "roi": (
                f'IF({first_net}<0,-{whole(net_row, last)}/{first_net},"{none}")',
                none if c.roi is None else c.roi,
            ),
            "payback_months": (
                # The last time the sum turns: what is earned back and spent again is not paid back.
                f'IF({whole(sum_row, last - 1)}<0,"{say("never")}",MAX({own_name}!{months}))',
                payback,
            ),
        }

    def sum(self, sheet: Worksheet, row: int, last: int, value: float, style: str = "money", *, start: int = 2) -> None:
        """The sum of a row's years."""
        formula = f"=SUM({cell_name(row, start)}:{cell_name(row, last - 1)})"
        sheet.write_formula(row, last, formula, self.formats[style], value)

    def title(self, sheet: Worksheet, title: str, explanation: str) -> None:
        """What a sheet is called, and what it holds."""
        heading(sheet, title, explanation, self.formats)

    def heads(self, sheet: Worksheet, row: int, heads: list[str], widths: list[int]) -> None:
        """Heads of a table, and how wide its columns are."""
        right = {say("Total"), say("Count"), say("Unit price"), say("Value"), say("Amount"), say("Low"), say("High")}
        for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
            style = "head_right" if head.isdigit() or head in right else "head"
            sheet.write_string(row, column, head, self.formats[style])
            sheet.set_column(column, column, width)

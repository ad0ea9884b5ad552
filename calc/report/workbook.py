"""The workbook: the answer for whoever works in a spreadsheet, its money sheets with live formulas."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from calc.assessment import Assessment
from calc.errors import InputError
from calc.language import cited, local, say, using
from calc.language import language as in_use
from calc.report import words
from calc.report.bundle import findings_of
from calc.report.licence_sheet import licence_sheet
from calc.report.money_sheets import FIRST, LINE_POINTS, MoneySheets, heading, lines_of, plain
from calc.report.prices import ledger_terms, price_list
from calc.report.proof_words import repeat_lines
from calc.report.tables import assumptions_table, hosts_table, workloads_table

_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16_384
_WIDEST = 60
_MEANING_WIDTH = 100


def workbook(a: Assessment, *, language: str | None = None) -> bytes:
    """The assessment as an Excel workbook.

    Sheets: summary, cash flow, prices, ledger, licences, hosts, placement, inventory, assumptions, findings, issues. Amounts
    are formulas over the ledger, and the ledger's are formulas over prices and quantities: a changed price changes the
    totals. Values are written beside the formulas, so that viewers that do not compute show them too. Text from the inventory is
    always written as text: none of it is ever run.

    Parameters
    ----------
    a : Assessment
    language : str, optional
        Key of `calc.language.LANGUAGES`; the one in use by default.

    Returns
    -------
    bytes
        An .xlsx file.

    Raises
    ------
    InputError
        When a table has more rows than a sheet can hold.
    """
    with using(language or in_use()):
        return _workbook(a)


def _workbook(a: Assessment) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    )
    # A fixed date: the same answer gives the same file.
    book.set_properties({"title": say("Server consolidation"), "created": pd.Timestamp("2000-01-01").to_pydatetime()})
    names = {
        "summary": say("Summary"),
        "cash_flow": say("Cash flow"),
        "prices": say("Prices"),
        "ledger": say("Ledger"),
        "licences": say("Licences"),
    }
    sheets = {key: book.add_worksheet(name) for key, name in names.items()}
    formats = _formats(book)
    terms = ledger_terms(a)
    money = MoneySheets(a, terms, price_list(a, terms), formats, names)
    money.prices(sheets["prices"])
    money.ledger(sheets["ledger"])
    figures = money.cash_flow(sheets["cash_flow"])
    licence_sheet(sheets["licences"], money, a.scenario.horizon_years)
    _summary(sheets["summary"], a, figures, formats)
    placement = workloads_table(a).merge(a.placement, on="workload", how="left")
    placement.insert(3, "host", placement.pop("host"))
    findings = [
        {"finding": local(item.title), "rule": local(item.rule), "worth": local(item.worth), **row}
        for item in findings_of(a)
        for row in item.machines[["machine", "reason"]].to_dict("records")
    ]
    for name, table, note in (
        (say("Hosts"), hosts_table(a), say("Hosts of the plan: capacity of every resource, normal and after a failure, and what is used.")),
        (say("Placement"), placement, say("Every workload with its demand and its host; without a host it stays where it is.")),
        (say("Stays"), a.unplaced, say("Workloads that stay where they are, and why.")),
        (say("Inventory"), a.inventory.servers, say("The servers as they were read. Blank: the files do not say it.")),
        (say("Assumptions"), assumptions_table(a), say("Every setting and default: value, range, source and date.")),
        (say("Findings"), pd.DataFrame(findings, columns=["finding", "machine", "reason", "rule", "worth"]), say("What the estate shows before any plan.")),
        (say("Issues"), a.inventory.issue_table(), say("Rows set aside or used with a warning, with file, row, column and the way out.")),
    ):  # fmt: skip
        _table(book.add_worksheet(name), name, note, table, formats)
    sheets["summary"].activate()
    book.close()
    return buffer.getvalue()


def _formats(book: xlsxwriter.Workbook) -> dict[str, Any]:
    font = {"font_name": "Malgun Gothic" if in_use() == "ko" else "Calibri", "font_size": 10}

    def made(**more: Any) -> Any:
        return book.add_format({**font, "valign": "top", **more})

    return {
        "title": made(bold=True, font_size=15, font_color="#12436D"),
        "note": made(font_color="#52606D"),
        "head": made(bold=True, bg_color="#12436D", font_color="#FFFFFF", text_wrap=True, valign="vcenter", indent=1),
        "head_right": made(bold=True, bg_color="#12436D", font_color="#FFFFFF", align="right", valign="vcenter"),
        "text": made(align="left", indent=1),
        "wrap": made(text_wrap=True, align="left", indent=1),
        "bold": made(bold=True),
        "whole": made(num_format="#,##0", align="right"),
        "plain": made(num_format="#,##0.####", align="right"),
        "one": made(num_format="#,##0.0", align="right"),
        "right": made(align="right"),
        "year": made(num_format="0"),
        "moment": made(num_format="0.00", align="right"),
        "money": made(num_format="#,##0;[Red]-#,##0"),
        "total": made(num_format="#,##0;[Red]-#,##0", bold=True, top=1),
        "price": made(num_format="#,##0.00"),
        "percent": made(num_format="0.0%"),
        # A whole price may be changed to one that is not: its decimals must show.
        **{
            f"input_{kind}{part}": made(num_format=pattern, bg_color="#FFF4C2", border_color="#D9C36A", **marked)
            for kind, pattern in (("whole", "General"), ("plain", "#,##0.######"))
            for part, marked in (("", {"border": 1}), ("_part", {"border": 4, "italic": True}))
        },
    }


def _summary(sheet: Worksheet, a: Assessment, figures: dict[str, tuple[str, Any]], formats: dict[str, Any]) -> None:
    currency = a.scenario.currency
    files = ", ".join(f"{source.name} (SHA-256 {source.sha256[:12]}…)" for source in a.inventory.sources)
    heading(sheet, say("Server consolidation: the answer"), say("Made of {files}", files=files), formats)
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 2, _MEANING_WIDTH)
    for column, head in enumerate((say("Figure"), say("Value"), say("What it means"))):
        sheet.write_string(3, column, head, formats["head_right" if column == 1 else "head"])
    rows: list[tuple[str, Any, str, str]] = [
        (say("Servers today"), a.before.servers, "whole", ""),
        (
            say("Hosts of the plan, spares included"),
            a.hosts_after,
            "whole",
            " ".join((words.survival_line(a), *words.racks_line(a))),
        ),
        (say("Servers that stay"), a.servers_retained, "whole", ""),
        (say("Fewest hosts that any plan needs (bound)"), _or_dash(a.hosts_lower_bound), "whole", words.proof_line(a)),
        (say("Gap between plan and bound"), _or_dash(a.gap), "percent", local(a.bound_name or "")),
        (say("Cost of keeping, {currency}", currency=currency), figures["tco_baseline"], "money", ""),
        (say("Cost of consolidating, {currency}", currency=currency), figures["tco_target"], "money", ""),
        (say("Saving, {currency}", currency=currency), figures["savings"], "money", words.baseline_line(a)),
        (say("Net present value, {currency}", currency=currency), figures["npv"], "money", words.decision_line(a)),
        (say("Months to payback"), figures["payback_months"], "one", ""),
        (say("Return on investment"), figures["roi"], "percent", ""),
        (say("Power today, kW"), a.before.power_kw, "one", ""),
        (say("Power of the plan, kW"), a.after.power_kw, "one", ""),
        (say("Rack units today"), a.before.rack_units, plain(a.before.rack_units), ""),
        (say("Rack units of the plan"), a.after.rack_units, plain(a.after.rack_units), ""),
        (say("Assumed inputs"), a.assumed_count, "whole", words.doubt_line(a)),
        (say("Not in the money"), "", "text", words.excluded_line(a)),
        (say("Seed"), a.scenario.seed, "year", " ".join(repeat_lines(a))),
    ]
    for row, (title, value, style, meaning) in enumerate(rows, start=FIRST):
        sheet.write_string(row, 0, title, formats["bold"])
        if isinstance(value, tuple):
            sheet.write_formula(row, 1, f"={value[0]}", formats[style], value[1])
        elif isinstance(value, str):
            sheet.write_string(row, 1, value, formats["right"])
        else:
            sheet.write_number(row, 1, value, formats[style])
        sheet.write_string(row, 2, meaning, formats["wrap"])
        sheet.set_row(row, LINE_POINTS * lines_of(meaning, _MEANING_WIDTH))


def _or_dash(value: float | None) -> Any:
    return "–" if value is None else value


def _kind(column: str, value: float, units: list[str] | None, row: int) -> str:
    """The format of a number in a table: a year has no thousands."""
    if column == "purchase_date":
        return "moment"
    return "year" if units is not None and units[row] == "year" else plain(value)


def _table(sheet: Worksheet, title: str, note: str, frame: pd.DataFrame, formats: dict[str, Any]) -> None:
    """A table as values; foreign text is written as text whatever it begins with."""
    if len(frame) + FIRST > _MOST_ROWS or len(frame.columns) > _MOST_COLUMNS:
        raise InputError(
            say(
                "The table {title} has {rows:,} rows and {columns:,} columns, more than a sheet holds: take the CSV or Parquet files.",
                title=title,
                rows=len(frame),
                columns=len(frame.columns),
            )
        )
    heading(sheet, title, note, formats)
    units = frame["unit"].tolist() if "unit" in frame else None
    for column, name in enumerate(frame.columns):
        values = frame[name].tolist()
        sheet.write_string(FIRST - 1, column, str(name), formats["head"])
        longest = len(str(name))
        for row, value in enumerate(values, start=FIRST):
            if isinstance(value, bool | np.bool_):
                sheet.write_boolean(row, column, bool(value), formats["text"])
            elif isinstance(value, int | float):
                if np.isfinite(value):
                    sheet.write_number(row, column, value, formats[_kind(name, value, units, row - FIRST)])
            elif value is not None and str(value):
                text = cited(value) if name == "source" else local(value)
                if sheet.write_string(row, column, text, formats["text"]) != 0:
                    raise InputError(
                        say(
                            "A text in {title}, row {row}, is too long for a cell: take the CSV files.",
                            title=title,
                            row=row + 1,
                        )
                    )
                longest = max(longest, len(text))
        sheet.set_column(column, column, min(_WIDEST, longest + 2))
    sheet.freeze_panes(FIRST, 1)
    if len(frame):
        sheet.autofilter(FIRST - 1, 0, FIRST - 1 + len(frame), len(frame.columns) - 1)

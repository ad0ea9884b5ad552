"""How an amount of the profit-and-loss view comes about. Keys: ``books.side.column.year``."""

from __future__ import annotations

import numpy as np

from calc.assessment import Assessment
from calc.costs.fleet import LINES
from calc.costs.ledger import key_of
from calc.costs.pnl import NO_EXPENSE, Books, depreciation, form_books
from calc.language import local, say, say_many
from calc.report import words
from calc.report.figures import number
from calc.report.made import Made, Part, side_name


def columns() -> dict[str, str]:
    """Columns of the profit-and-loss view in words."""
    return {
        "expense": say("Expense"),
        "depreciation_of_purchases": say("Depreciation of purchases"),
        "depreciation_of_todays_servers": say("Depreciation of today's servers"),
        "write_off": say("Write-off"),
        "total": say("Total"),
    }


def books_of(a: Assessment, side: str) -> Books:
    """The books of keeping (``baseline``) or of the plan (``target``), which writes off what leaves."""
    return form_books(a.sides[side], a.case, a.scenario, removed=~a.retained if side == "target" else None)


def books_made_of(a: Assessment, side: str, column: str, year: int) -> Made:
    """How an amount of the books comes about.

    Parameters
    ----------
    side : {'baseline', 'target'}
    column : str
        One of `columns`, or ``purchases``.
    year : int
        0 to the horizon.
    """
    books, currency = books_of(a, side), a.scenario.currency
    word = say("Purchases written down over years") if column == "purchases" else columns()[column]
    title = f"{word}, {side_name(side)}, {say('Year {year}', year=year)}"
    formula, note, parts = {
        "expense": _expense,
        "depreciation_of_purchases": _depreciation,
        "depreciation_of_todays_servers": _old,
        "write_off": _write_off,
        "purchases": _purchases,
        "total": _total,
    }[column](books, side, year)
    return Made(title, words.exact(sum(part.amount for part in parts), currency), formula, note, tuple(parts))


_Way = tuple[str, str, list[Part]]


def _total(books: Books, side: str, year: int) -> _Way:
    parts = [
        Part(name, amount, f"books.{side}.{column}.{year}")
        for column, name in columns().items()
        if column != "total" and (amount := _amount(books, column, year))
    ]
    note = say("Depreciation and write-off are no cash: they are in no figure of the cash view.")
    return say("expense + depreciation + write-off"), note, parts


def _amount(books: Books, column: str, year: int) -> float:
    if column == "expense":
        return float(books.expense()[year])
    if column == "depreciation_of_purchases":
        return float(depreciation(books.bought, books.life)[year])
    if column == "depreciation_of_todays_servers":
        return float(books.old()[year])
    return float(books.write_off()[year])


def _expense(books: Books, side: str, year: int) -> _Way:
    parts = [
        Part(local(line), float(books.flows[line][year]), key_of(line, side, year))
        for line in LINES
        if line not in NO_EXPENSE and books.flows[line][year]
    ]
    if bought := float(books.bought[year]):
        parts.append(Part(say("less purchases, which are written down"), -bought, f"books.{side}.purchases.{year}"))
    if year == len(books.bought) - 1 and books.standby_residual:
        parts.append(Part(say("value left of standby machines, which their line holds"), books.standby_residual))
    note = say("Resale and the value left at the horizon are no expense.")
    return say("cash of the year − purchases"), note, parts


def _depreciation(books: Books, side: str, year: int) -> _Way:
    parts = [
        Part(say("Bought in year {year}", year=start), float(amount) / books.life, f"books.{side}.purchases.{start}")
        for start, amount in enumerate(books.bought)
        if amount and start < year <= start + books.life
    ]
    note = say("From the year after the purchase, over the life of a server.")
    return say("sum over the purchases of price / {life} years", life=books.life), note, parts


def _purchases(books: Books, side: str, year: int) -> _Way:
    parts = [
        Part(
            say("perpetual licences") if kind == "licences" else local(kind),
            float(amounts[year]),
            _same(books, kind, side, year),
        )
        for kind, amounts in books.purchases.items()
        if amounts[year]
    ]
    return say("what is bought in the year and lasts"), "", parts


def _same(books: Books, kind: str, side: str, year: int) -> str:
    """The key of the line of the cash that is this amount and nothing else; "" where none is."""
    lines = ("hypervisor", "guest licences") if kind == "licences" else (kind,)
    amount = books.purchases[kind][year]
    same = [line for line in lines if np.isclose(books.flows[line][year], amount, rtol=1e-9, atol=0.005)]
    return key_of(same[0], side, year) if same else ""


def _old(books: Books, side: str, year: int) -> _Way:
    stays = books.written_down(year) & (books.book > 0)
    parts = []
    for left in np.unique(books.years_left[stays]):
        group = stays & (books.years_left == left)
        name = say_many(
            "book value of {book}, over {count} more year",
            "book value of {book}, over {count} more years",
            int(left),
            book=number(float(books.book[group].sum()), 2),
        )
        parts.append(Part(name, float((books.book[group] / left).sum())))
    formula = say("sum over the servers still in the books of book value / years left")
    note = say("Book value: purchase price less a share for each year of its life of {life} years.", life=books.life)
    return formula, note, parts


def _write_off(books: Books, side: str, year: int) -> _Way:
    leaves = books.gone == year
    value, resale = float(books.value_left(year)[leaves].sum()), float(books.flows["resale"][year])
    parts = []
    if value:
        count = int((leaves & (books.value_left(year) > 0)).sum())
        name = say_many(
            "book value of {count:,} server that leaves", "book value of {count:,} servers that leave", count
        )
        parts.append(Part(name, value))
    if resale:
        parts.append(Part(say("less what their resale brings"), resale, f"resale.{side}"))
    return say("book value of what leaves − resale") if parts else say("nothing in this year"), "", parts

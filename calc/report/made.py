"""What an explanation is: a figure, its formula with numbers, and the parts it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from calc.assessment import Assessment
from calc.costs.fleet import LINES
from calc.language import local, say

SIDES = ("baseline", "target")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a figure.

    Attributes
    ----------
    name : str
        In the reader's language.
    amount : float
    key : str
        Of its own explanation; "" where it has none.
    shown : str
        The amount as it is written, where it is no money.
    """

    name: str
    amount: float
    key: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """How one figure comes about.

    Attributes
    ----------
    title, value : str
    formula : str
        With its numbers; "" where the terms hold it.
    note : str
    parts : tuple of Part
    terms : DataFrame or None
        Rows of the ledger, for a figure at the end of the way.
    """

    title: str
    value: str
    formula: str = ""
    note: str = ""
    parts: tuple[Part, ...] = ()
    terms: pd.DataFrame | None = None


def side_name(side: str) -> str:
    """A side of the comparison in a word."""
    return {
        "baseline": say("Keep"),
        "target": say("Plan"),
        "refresh": say("Refresh"),
        "without_idle": say("Keep without idle servers"),
    }[side]


def tco_name(side: str) -> str:
    """The sum of a side in words."""
    return say("TCO, {side}", side=side_name(side))


def line_key(line: str, side: str) -> str:
    """The key of a line of one side."""
    return f"{line.replace(' ', '_')}.{side}"


def year_name(line: str, side: str, year: int) -> str:
    """An amount in words."""
    return f"{local(line)}, {side_name(side)}, {say('Year {year}', year=year)}"


def money_lines(a: Assessment) -> list[str]:
    """Lines that are not zero on both sides."""
    return [line for line in LINES if any(a.flows[side][line].any() for side in SIDES)]


def by_year(amounts: Iterable[float], key: Callable[[int], str]) -> tuple[Part, ...]:
    """The years that have an amount, each with the key that explains it."""
    return tuple(
        Part(say("Year {year}", year=year), float(amount), key(year)) for year, amount in enumerate(amounts) if amount
    )


def difference(before: float, after: float) -> str:
    """The formula of what a side saves, with its numbers."""
    return say("keep − plan = {before} − {after}", before=f"{before:,.2f}", after=f"{after:,.2f}")

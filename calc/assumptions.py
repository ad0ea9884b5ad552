"""Sourced defaults: every figure that is not the user's has a row with source and date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from calc import reference
from calc.errors import ReferenceDataError
from calc.language import stored


@dataclass(frozen=True, slots=True)
class Assumption:
    """One default with its range and provenance.

    Attributes
    ----------
    value, low, high : float
        In ``unit``; in ``currency`` where that is not empty.
    price_year : int or None
        Year of the price level.
    as_of : str
        Date of the source.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    currency: str
    price_year: int | None
    as_of: str
    source: str


@cache
def defaults() -> dict[str, Assumption]:
    """Every row of data/reference/assumptions.csv, by name."""
    found = {}
    for row in reference.table("assumptions").fillna({"currency": ""}).itertuples(index=False):
        year = None if row.price_year != row.price_year else int(row.price_year)
        found[row.name] = Assumption(
            row.name,
            float(row.value),
            row.unit,
            float(row.low),
            float(row.high),
            row.currency,
            year,
            str(row.as_of),
            row.source,
        )
    return found


def default(name: str) -> Assumption:
    """One default by name.

    Raises
    ------
    ReferenceDataError
        When there is no such row.
    """
    try:
        return defaults()[name]
    except KeyError:
        raise ReferenceDataError(
            stored("data/reference/assumptions.csv has no row named {name!r}", name=name)
        ) from None


@cache
def usd_per_unit(currency: str) -> float:
    """US dollars for one unit of a currency, at the dated rate of data/reference/fx.csv."""
    rates = reference.table("fx").set_index("currency")["usd_per_unit"]
    if currency not in rates.index:
        known = ", ".join(rates.index)
        raise ReferenceDataError(
            stored(
                "no exchange rate for {currency!r} in data/reference/fx.csv (known: {known})",
                currency=currency,
                known=known,
            )
        )
    return float(rates[currency])

"""Cells to values: numbers with units, shares, dates, flags; what is wrong is said, never mended."""

from __future__ import annotations

import re
from datetime import date, datetime

from calc import units
from calc.inventory.columns import Column

_NUMBER = re.compile(
    r"^([+-]?(?:\d{1,3}(?:[,\u00a0 ]\d{3})+|\d+)?(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-z%]*)$", re.IGNORECASE
)
_DECIMAL_COMMA = re.compile(r"^([+-]?\d+),(\d{1,2}|\d{4,})\s*([a-z%]*)$", re.IGNORECASE)
#: Beyond these a number is a mistake (in canonical units), and arithmetic with it would be one too.
_LARGEST = {
    "memory_gib": 1e6,
    "cores": 1e4,
    "vcpus": 1e4,
    "threads": 1e5,
    "sockets": 256,
    "cores_per_socket": 1e3,
    "rack_units": 60,
}
_LARGEST_OF_KIND = {"size": 1e9, "rate": 1e7, "power": 1e6, "money": 1e12}
_DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y-%m",
    "%Y%m%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %Y",
)
_NO = {"", "0", "no", "n", "false", "in", "include", "included", "아니오"}
BLANK = {"", "-", "--", "n/a", "na", "nan", "null", "none", "#n/a", "unknown", "tbd"}


class CellError(ValueError):
    """A cell that cannot be used: ``problem`` and ``way_out`` for the issue list."""

    def __init__(self, problem: str, way_out: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.way_out = way_out


def number(text: str) -> tuple[float, str]:
    """A number and the unit written behind it (lower case, may be empty).

    Raises
    ------
    CellError

    Examples
    --------
    >>> number("1,024"), number("64 GB"), number("12,5")
    ((1024.0, ''), (64.0, 'gb'), (12.5, ''))
    """
    try:
        value, unit = float(text), ""
    except ValueError:
        comma = _DECIMAL_COMMA.match(text)
        match = None if comma else _NUMBER.match(text)
        if comma:
            value, unit = float(f"{comma[1]}.{comma[2]}"), comma[3].lower()
        elif match and match[1] not in ("", "+", "-"):
            value, unit = float(re.sub(r"[,\u00a0 ]", "", match[1])), match[2].lower()
        else:
            raise CellError(
                "is not a number", "write digits only, or leave the cell empty if it is not known"
            ) from None
    if value != value or value in (float("inf"), float("-inf")):
        raise CellError("is not a number", "write digits only, or leave the cell empty if it is not known")
    return value, unit


def quantity(text: str, column: Column, factor: float) -> float:
    """A cell of a numeric column in the column's canonical unit.

    Parameters
    ----------
    factor : float
        What one unit of the header is worth in the canonical unit; a unit in the cell wins.

    Raises
    ------
    CellError
        When it is not a number, is negative, is out of range, or carries a foreign unit.
    """
    value, unit = number(text)
    if unit:
        worth = units.KINDS.get(column.kind, {}).get(unit)
        if worth is None:
            raise CellError(
                f"carries the unit {unit!r}, which does not fit this column", "write the number in the header's unit"
            )
        factor = worth
    value *= factor
    if value < 0:
        raise CellError("is negative", "write a value of zero or more")
    if column.kind == "share" and value > 1 + 1e-9:
        raise CellError(
            "is more than 100 %", "utilisation lies between 0 and 100 %; correct the reading or leave the cell empty"
        )
    largest = _LARGEST.get(column.name, _LARGEST_OF_KIND.get(column.kind, float("inf")))
    if value > largest:
        raise CellError(f"is more than any server has (over {largest:,.0f})", "check the number and its unit")
    if column.integer and value != int(value):
        raise CellError("is not a whole number", "write a whole number")
    return value


def year(text: str) -> float:
    """A date as a year with its fraction (2016-07-01 is 2016.5); a bare year counts from its start.

    Raises
    ------
    CellError
    """
    if re.fullmatch(r"(19|20)\d\d", text):
        return float(text)
    for form in _DATE_FORMATS:
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        if not 1980 <= found.year <= 2100:
            break
        start = date(found.year, 1, 1)
        days = (date(found.year + 1, 1, 1) - start).days
        return round(found.year + (found.date() - start).days / days, 3)
    slashed = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-]((?:19|20)\d\d)", text)
    if slashed:
        first, second, full_year = (int(part) for part in slashed.groups())
        dotted = "." in text  # 1.2.2016 is day first wherever dates are written with dots
        if first > 12 >= second or dotted or first == second:
            return year(f"{full_year}-{second:02d}-{first:02d}")
        if second > 12 >= first:
            return year(f"{full_year}-{first:02d}-{second:02d}")
        raise CellError("could be day or month first", "write it as 2016-07-31 or as a year such as 2016")
    raise CellError("is not a date that can be read", "write it as 2016-07-31 or as a year such as 2016")


def flag(text: str) -> bool:
    """Yes or no; any other text is a reason, and stands for yes."""
    folded = text.casefold()
    return folded not in _NO

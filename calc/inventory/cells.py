"""Cells to values: numbers with units, shares, dates, flags; what is wrong is said, never mended."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from calc import units
from calc.inventory.columns import Column
from calc.language import stored

_NUMBER = re.compile(
    r"^([+-]?(?:\d{1,3}(?:[,\u00a0 ]\d{3})+|\d+)?(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-z%]*)$", re.IGNORECASE
)
_COMMA_NUMBER = re.compile(r"^([+-]?(?:\d{1,3}(?:[.\u00a0 ]\d{3})+|\d+)(?:,\d+)?)\s*([a-z%]*)$", re.IGNORECASE)
_COMMA_SURE = re.compile(
    r"^[+-]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,})|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,})\s*[a-z%]*$", re.IGNORECASE
)
_POINT_SURE = re.compile(
    r"^[+-]?(?:0?\.\d+|0\.\d+|\d+\.(?:\d{1,2}|\d{4,})|\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,})\s*[a-z%]*$",
    re.IGNORECASE,
)
#: Beyond these a number is a mistake (in canonical units), and arithmetic with it would be one too.
_LARGEST = {
    "memory_gib": 1e6,
    "cores": 1e4,
    "vcpus": 1e4,
    "threads_per_core": 16,
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


def decimal_mark(values: Iterable[str]) -> str:
    """The decimal mark that a column's numbers show: "," or ".", or "" where none shows it.

    Examples
    --------
    >>> decimal_mark(["1.024", "12,5"]), decimal_mark(["1.5", "1,024"]), decimal_mark(["8", "1,024"])
    (',', '.', '')
    """
    comma = point = 0
    for text in values:
        if "," in text or "." in text:
            if _COMMA_SURE.match(text):
                comma += 1
            elif _POINT_SURE.match(text):
                point += 1
    return "," if comma > point else ("." if point else "")


def number(text: str, mark: str = "") -> tuple[float, str]:
    """A number and the unit written behind it (lower case, may be empty).

    Parameters
    ----------
    mark : str
        Decimal mark of the column, "" where it is not known: then a comma with three digits
        behind it parts thousands.

    Raises
    ------
    CellError

    Examples
    --------
    >>> number("1,024"), number("64 GB"), number("12,5"), number("1.024,5", ",")
    ((1024.0, ''), (64.0, 'gb'), (12.5, ''), (1024.5, ''))
    """
    if mark != ",":
        try:
            value, unit = float(text), ""
            if "_" not in text:
                return _finite(value), unit
        except ValueError:
            pass
    comma = _COMMA_NUMBER.match(text) if mark == "," or (not mark and _COMMA_SURE.match(text)) else None
    match = None if comma or mark == "," else _NUMBER.match(text)
    if comma:
        digits = comma[1].replace(".", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
        return _finite(float(digits)), comma[2].lower()
    if match and match[1] not in ("", "+", "-"):
        return _finite(float(re.sub(r"[,\u00a0 ]", "", match[1]))), match[2].lower()
    raise CellError(stored("is not a number"), stored("write digits only, or leave the cell empty if it is not known"))


def _finite(value: float) -> float:
    if value != value or value in (float("inf"), float("-inf")):
        raise CellError(
            stored("is not a number"), stored("write digits only, or leave the cell empty if it is not known")
        )
    return value


def quantity(text: str, column: Column, factor: float, mark: str = "") -> float:
    """A cell of a numeric column in the column's canonical unit.

    Parameters
    ----------
    factor : float
        What one unit of the header is worth in the canonical unit; a unit in the cell wins.
    mark : str
        Decimal mark, as for `number`.

    Raises
    ------
    CellError
        When it is not a number, is negative, is out of range, or carries a foreign unit.
    """
    value, unit = number(text, mark)
    if unit:
        worth = units.KINDS.get(column.kind, {}).get(unit)
        if worth is None:
            raise CellError(
                stored("carries the unit {unit!r}, which does not fit this column", unit=unit),
                stored("write the number in the header's unit"),
            )
        factor = worth
    value *= factor
    if value < 0:
        raise CellError(stored("is negative"), stored("write a value of zero or more"))
    if column.kind == "share" and value > 1 + 1e-9:
        raise CellError(
            stored("is more than 100 %"),
            stored("utilisation lies between 0 and 100 %; correct the reading or leave the cell empty"),
        )
    largest = _LARGEST.get(column.name, _LARGEST_OF_KIND.get(column.kind, float("inf")))
    if value > largest:
        raise CellError(
            stored("is more than any server has (over {largest:,.0f})", largest=largest),
            stored("check the number and its unit"),
        )
    if column.integer and value != int(value):
        raise CellError(stored("is not a whole number"), stored("write a whole number"))
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
        raise CellError(
            stored("could be day or month first"), stored("write it as 2016-07-31 or as a year such as 2016")
        )
    raise CellError(
        stored("is not a date that can be read"), stored("write it as 2016-07-31 or as a year such as 2016")
    )


_VIRTUAL = {"yes", "y", "true", "1", "virtual", "vm", "guest", "virtual machine", "가상"}
_PHYSICAL = {"no", "n", "false", "0", "physical", "bare metal", "baremetal", "host", "물리"}


def is_virtual(text: str) -> bool | None:
    """Whether a machine is virtual, None where the cell does not say; CellError for other words."""
    folded = text.casefold()
    if folded in BLANK:
        return None
    if folded in _VIRTUAL or folded in _PHYSICAL:
        return folded in _VIRTUAL
    raise CellError(stored("does not say physical or virtual"), stored("write physical or virtual"))


def flag(text: str) -> bool:
    """Yes or no; any other text is a reason, and stands for yes."""
    folded = text.casefold()
    return folded not in _NO

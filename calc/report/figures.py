"""Numbers, money, dates and the names of lines as the reader's language writes them."""

from __future__ import annotations

import math
from datetime import date
from functools import cache

from babel import Locale, dates, numbers

from calc.language import language as in_use
from calc.language import local, stored
from calc.report.words import MINUS

_LOCALES = {"en": "en_US", "ko": "ko_KR"}

LINE_NAMES = (
    stored("hardware"),
    stored("storage"),
    stored("network"),
    stored("maintenance"),
    stored("energy"),
    stored("space"),
    stored("hypervisor"),
    stored("guest licences"),
    stored("migration"),
    stored("parallel running"),
    stored("disposal"),
    stored("resale"),
    stored("disaster recovery"),
    stored("management hosts"),
    stored("cloud"),
    stored("labour"),
    stored("own lines"),
    stored("residual value"),
)
SIDE_NAMES = {
    "baseline": stored("Keep today's servers"),
    "target": stored("Consolidate"),
    "refresh": stored("Refresh at the end of life"),
    "without_idle": stored("Keep all but the idle servers"),
}
ORIGIN_NAMES = {
    "user": stored("yours"),
    "file": stored("file"),
    "plan": stored("plan"),
    "reference": stored("reference"),
    "assumed": stored("assumed"),
}


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(_LOCALES[code])


def locale() -> Locale:
    """The locale of the language in use."""
    return _locale(in_use())


def number(value: float, digits: int = 0) -> str:
    """A number with ``digits`` decimals; an en dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    shown = numbers.format_decimal(
        round(value, digits) + 0.0, format=pattern, locale=locale()
    )  # no minus before nothing
    return str(shown).replace("-", MINUS)


def percent(share: float, digits: int = 0) -> str:
    """A share as per cent."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return str(numbers.format_percent(share, format=pattern, locale=locale())).replace("-", MINUS)


def plain(value: float, digits: int = 6) -> str:
    """A number with its leading digits and no more: 0.000123457, 1,234.57."""
    if value is None or math.isnan(value) or math.isinf(value):
        return "–"
    places = 0 if value == 0 else max(0, digits - 1 - math.floor(math.log10(abs(value))))
    pattern = "#,##0" + ("." + "#" * places if places else "")
    return str(numbers.format_decimal(round(value, places), format=pattern, locale=locale())).replace("-", MINUS)


def read_as(unit: str) -> tuple[float, str]:
    """What a stored number is multiplied by to be read, and its unit then: a fraction is read as per cent."""
    if unit.startswith("fraction"):
        return 100.0, local(f"%{unit.removeprefix('fraction')}")
    return 1.0, local(unit)


def quantity(value: float, unit: str) -> str:
    """A stored number with its unit as people read it: 5 %/year, 1,325 USD per socket; a ratio needs no word."""
    factor, shown = read_as(unit)
    return plain(value * factor, 4) if unit == "ratio" else f"{plain(value * factor, 4)} {shown}".strip()


def money(value: float, currency: str) -> str:
    """An amount in whole units of the currency: −1,234 USD."""
    return f"{number(value)} {currency}"


def day(value: date) -> str:
    """A date, written out."""
    return str(dates.format_date(value, format="long", locale=locale()))


def sentence(text: str) -> str:
    """A text that begins as a sentence does."""
    return text[:1].upper() + text[1:]

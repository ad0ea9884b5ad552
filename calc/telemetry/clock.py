"""Local time and instants as SQL: exact through changes of the clock, for any zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from calc.errors import InventoryError
from calc.language import stored


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name.

    Raises
    ------
    InventoryError
        When it is not known.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InventoryError(
            stored("time zone {time_zone!r} is not known: use an IANA name such as Europe/Berlin", time_zone=name)
        ) from None


def offset_at(zone: ZoneInfo, at: int) -> int:
    """Seconds by which a zone is ahead of UTC at an instant."""
    offset = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset() or timedelta(0)
    return int(offset.total_seconds())


def offset_changes(zone: ZoneInfo, low: int, high: int) -> list[tuple[int, int, int]]:
    """(instant, offset before, offset after) of every change of the clock between two instants."""
    changes, step = [], 86_400
    before = offset_at(zone, low)
    for start in range(low, high, step):
        after = offset_at(zone, min(start + step, high))
        if after != before:
            a, b = start, min(start + step, high)
            while b - a > 1:
                middle = (a + b) // 2
                a, b = (middle, b) if offset_at(zone, middle) == before else (a, middle)
            changes.append((b, before, after))
            before = after
    return changes


def steps(column: str, pieces: list[tuple[int, int]], last: int) -> str:
    """SQL that gives the value of the first piece whose end lies behind the column, else the last."""
    if not pieces:
        return str(last)
    whens = " ".join(f"WHEN {column} < {until} THEN {value}" for until, value in pieces)
    return f"CASE {whens} ELSE {last} END"

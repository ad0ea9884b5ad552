"""Readings over time, of any length, to hourly values and profiles.

Files are read by DuckDB, an embedded engine that streams CSV, gz and Parquet through a bounded
amount of memory; 20 million rows take seconds. Each hour keeps its mean and its maximum, so that
five-minute data keep their peaks; peaks shorter than the distance of two readings are not visible.

Times with an offset ("…Z", "…+02:00") and epoch seconds are instants. Times without one are read
in ``time_zone``, which is also the zone of the slots: with daylight saving, the repeated hour of
autumn is one hour of twice the readings, and the missing hour of spring is no gap.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from calc.errors import InventoryError
from calc.inventory.files import Readable
from calc.inventory.limits import ReadLimits
from calc.language import stored
from calc.profiles import Telemetry
from calc.telemetry.attaching import attach
from calc.telemetry.clock import zone_of
from calc.telemetry.reader import Reader
from calc.telemetry.sources import is_telemetry, open_inputs

__all__ = ["attach", "is_telemetry", "read_telemetry"]


def read_telemetry(
    sources: Readable | Iterable[Readable],
    *,
    time_zone: str = "UTC",
    assume: dict[str, str] | None = None,
    limits: ReadLimits | None = None,
) -> Telemetry:
    """Read telemetry files as one history.

    Parameters
    ----------
    sources : path, binary buffer or bytes, or several
        Long form (server, timestamp, cpu_pct, mem_pct, …), Google's perfInfo, or wide form (one
        column of CPU a server); CSV, CSV in gz or zip, or Parquet. Told apart by content.
    time_zone : str
        IANA name: zone of the slots, and of times that carry no offset.
    assume : dict of str to str, optional
        Unit where no header names one and the values fit two: ``{"cpu": "fraction"}``.
    limits : ReadLimits, optional

    Returns
    -------
    Telemetry

    Raises
    ------
    InventoryError
        When a file is no telemetry, no row can be used, or the zone does not exist.
    AmbiguousUnitError
        When readings could be percent or fractions, or dates day or month first.

    Examples
    --------
    >>> text = b"server,timestamp,cpu_pct\\na,2026-03-02 10:00:00,20\\na,2026-03-02 10:30:00,60\\n"
    >>> found = read_telemetry(text)
    >>> round(float(found.mean["cpu"][0, 0]), 4), round(float(found.maximum["cpu"][0, 0]), 4)
    (0.4, 0.6)
    """
    zone = zone_of(time_zone)
    one = isinstance(sources, (str, Path, bytes)) or hasattr(sources, "read")
    many = cast(list[Readable], [sources] if one else list(cast(Iterable[Readable], sources)))
    with tempfile.TemporaryDirectory(prefix="telemetry-") as folder:
        inputs = [
            item
            for number, source in enumerate(many)
            for item in open_inputs(source, Path(folder), number, limits or ReadLimits())
        ]
        if not inputs:
            raise InventoryError(stored("no telemetry file was given"))
        return Reader(inputs, zone, time_zone, Path(folder), dict(assume or {})).read()

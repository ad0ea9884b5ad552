"""Idle and full power of a server from SPECpower_ssj2008 results.

These are tuned laboratory machines: a lower bound on what a production box draws.

References
----------
SPECpower_ssj2008 published results to March 2026, https://www.spec.org/power_ssj2008/,
as medians in data/reference/power_by_cpu.csv and power_by_year.csv.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from calc import reference
from calc.cpu import processor_key


@dataclass(frozen=True, slots=True)
class PowerFigure:
    """Power of a server at idle and at full load.

    Attributes
    ----------
    idle_w, full_w : float
    tested_memory_gib : float
        Memory in the tested machine; more memory draws more.
    basis : {'cpu', 'year'}
        ``cpu``: results with this very processor. ``year``: the median of results published in
        the processor's year, scaled by sockets.
    """

    idle_w: float
    full_w: float
    tested_memory_gib: float
    basis: str


@cache
def _by_cpu() -> dict[tuple[str, int], PowerFigure]:
    return {
        (row.key, int(row.chips)): PowerFigure(row.idle_w, row.full_w, row.memory_gib, "cpu")
        for row in reference.table("power_by_cpu").itertuples()
    }


@cache
def _by_year() -> dict[int, PowerFigure]:
    table = reference.table("power_by_year")
    return {
        int(row.year): PowerFigure(row.idle_w, row.full_w, row.memory_gib, "year")
        for row in table[table["chips"] == 2].itertuples()
    }


@cache
def find_power(cpu_model: str, sockets: int, year: int) -> PowerFigure:
    """Power of a server with a processor, a number of sockets and a year.

    The year outside the table takes the nearest year in it.
    """
    key = processor_key(cpu_model)
    for candidate in (key, f"xeon {key}"):
        found = _by_cpu().get((candidate, sockets))
        if found:
            return found
    years = _by_year()
    nearest = min(years, key=lambda known: (abs(known - year), known))
    two = years[nearest]
    return PowerFigure(two.idle_w * sockets / 2, two.full_w * sockets / 2, two.tested_memory_gib * sockets / 2, "year")

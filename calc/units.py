"""Units: parsing quantities from headers and cells, and the conversions used everywhere.

Memory and disk sizes are binary throughout (KiB, MiB, GiB, TiB). Exports that write GB for
memory mean GiB (that is how operating systems and hypervisors print it), so GB is read as
GiB and the reading is recorded with the column.
"""

from __future__ import annotations

MIB_PER_GIB = 1024
GIB_PER_TIB = 1024
#: Disks are sold by the decimal terabyte.
GIB_PER_TB = 1e12 / 2**30
MBIT_PER_GBIT = 1000
MONTHS_PER_YEAR = 12
HOURS_PER_MONTH = 730
SECONDS_PER_HOUR = 3600
GBIT_PER_GIB = 8.589934592
W_PER_KW = 1000
MILLI = 1000
#: Packing costs are integers of a hundredth of the currency.
MINOR_UNITS = 100

#: What one of each spelt unit is worth in the base unit of its kind.
SIZE_GIB = {
    "b": 1 / 1024**3,
    "bytes": 1 / 1024**3,
    "kb": 1 / 1024**2,
    "kib": 1 / 1024**2,
    "mb": 1 / 1024,
    "mib": 1 / 1024,
    "gb": 1.0,
    "gib": 1.0,
    "tb": 1024.0,
    "tib": 1024.0,
}
RATE_MBPS = {
    "kbps": 0.001,
    "mbps": 1.0,
    "gbps": 1000.0,
    "mbit": 1.0,
    "gbit": 1000.0,
    "mbit/s": 1.0,
    "b/s": 8e-6,  # bytes a second, as monitoring tools write it; bits are spelt kbps, mbps, gbps
    "kb/s": 0.008,
    "mb/s": 8.0,
    "gb/s": 8000.0,
}
POWER_W = {"w": 1.0, "watt": 1.0, "watts": 1.0, "kw": 1000.0}
SHARE = {"%": 0.01, "pct": 0.01, "percent": 0.01, "percentage": 0.01, "fraction": 1.0}
COUNT: dict[str, float] = {}

KINDS = {"size": SIZE_GIB, "rate": RATE_MBPS, "power": POWER_W, "share": SHARE, "count": COUNT}
KNOWN = {unit for kind in KINDS.values() for unit in kind}

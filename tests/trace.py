"""The real trace, read for tests and benchmarks only; it is no part of the project.

Bitbrains GWA-T-12 "Rnd", August 2013: 500 VMs, hourly mean and maximum of five-minute readings.
Workload from a trace, hardware assigned: CPU model, operating system and host are not in it.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet

from calc.backtest import History

KIB_PER_GIB = 1024**2


def bitbrains(real_data: Path) -> tuple[History, int]:
    """(history with provisioned memory, number of readings filled)."""
    frame = pyarrow.parquet.read_table(real_data / "traces" / "bitbrains_rnd_2013-08_hourly.parquet").to_pandas()
    mean = frame.pivot(index="vm", columns="hour", values="cpu_mhz_mean")
    highest = frame.pivot(index="vm", columns="hour", values="cpu_mhz_max")
    memory = frame.groupby("vm")["mem_cap_kb"].max() / KIB_PER_GIB
    return History.from_frames(mean, highest, memory)

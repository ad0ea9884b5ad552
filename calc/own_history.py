"""The history of an assessed estate: its telemetry in the compute units that the plan is made in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.backtest import History, HostSize
from calc.demand import capacity
from calc.units import MIB_PER_GIB, MILLI


def own_history(assessment: Assessment) -> tuple[History, int] | None:
    """Hourly demand of the placed workloads that have telemetry.

    CPU is share x cores x score per core, with the hypervisor's overhead and without growth: what
    the days showed, on the hosts of the plan. Memory is what is planned [GiB].

    Returns
    -------
    (History, int) or None
        And how many missing readings were filled; None where no placed workload has telemetry.
    """
    telemetry = assessment.inventory.telemetry
    if telemetry is None or "cpu" not in telemetry.mean:
        return None
    table = assessment.demand.table.set_index("workload")
    placed = set(assessment.placement["workload"])
    read = ~np.isnan(telemetry.maximum["cpu"]).all(axis=1)
    rows = [row for row, name in enumerate(telemetry.servers) if read[row] and name in placed and name in table.index]
    if not rows:
        return None
    names = [telemetry.servers[row] for row in rows]
    own = table.loc[names]
    units = (own["cores"] * own["score_per_core"] * own["overhead"]).to_numpy(float)[:, None]
    start = pd.Timestamp(int(telemetry.hours[0]), unit="s", tz="UTC").tz_convert(telemetry.zone).tz_localize(None)
    return History.from_arrays(
        names,
        telemetry.mean["cpu"][rows] * units,
        telemetry.maximum["cpu"][rows] * units,
        own["memory_gib"].to_numpy(float),
        start,
    )


def own_host(assessment: Assessment) -> HostSize:
    """The host model that the largest pool is planned on: all of its CPU after the reserve, and memory [GiB]."""
    pool = max(assessment.pools, key=lambda pool: len(pool.plan.host_types))
    kinds = pool.plan.host_types.tolist()
    host = pool.types[max(sorted(set(kinds)), key=kinds.count)]
    cpu, memory = capacity(host, ("cpu", "memory"), assessment.scenario)
    return HostSize(cpu / MILLI / assessment.scenario.cpu_ceiling, memory / MIB_PER_GIB)

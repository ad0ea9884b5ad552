"""The history of an assessed estate: its telemetry in the compute units that the plan is made in."""

from __future__ import annotations

from calc.assessment import Assessment
from calc.backtest import History, HostSize
from calc.demand import capacity
from calc.units import MIB_PER_GIB, MILLI


def own_history(assessment: Assessment) -> tuple[History, int] | None:
    """Hourly demand of the placed workloads that have telemetry.

    As `calc.backtest.History.from_telemetry` forms it.

    Returns
    -------
    (History, int) or None
        And how many missing readings were filled; None where no placed workload has telemetry.
    """
    telemetry = assessment.inventory.telemetry
    if telemetry is None or "cpu" not in telemetry.mean:
        return None
    placed = set(assessment.placement["workload"])
    return History.from_telemetry(telemetry, assessment.demand.table, placed)


def own_host(assessment: Assessment) -> HostSize:
    """The host model that the largest pool is planned on: all of its CPU after the reserve, and memory [GiB]."""
    pool = max(assessment.pools, key=lambda pool: len(pool.plan.host_types))
    kinds = pool.plan.host_types.tolist()
    host = pool.types[max(sorted(set(kinds)), key=kinds.count)]
    cpu, memory = capacity(host, ("cpu", "memory"), assessment.scenario)
    return HostSize(cpu / MILLI / assessment.scenario.cpu_ceiling, memory / MIB_PER_GIB)

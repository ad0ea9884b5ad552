"""Plan on one part of the history, replay another hour by hour, and count what goes wrong.

Two ways to plan are compared. *Sum of peaks*: every workload takes its own peak at all hours.
*Peak of sums*: every workload takes a percentile of its hourly maxima in each of 48 slots (24
hours, working day or weekend), and a host must hold the sum in every slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calc.backtest.history import SLOTS, History
from calc.errors import InputError
from calc.language import stored
from calc.packing import UNLIMITED, Effort, Instance, Result, solve

#: Demands become integers of 10^-9 of a host, rounded up; a host holds one part in a million more
#: than that, so that three thirds fit. Both are far below any measuring error.
_STEPS = 1_000_000_000
_SLACK = _STEPS // 1_000_000
#: Above this share of capacity a host is counted as tight.
TIGHT = 0.9


@dataclass(frozen=True, slots=True)
class HostSize:
    """One host of the replay.

    Attributes
    ----------
    cpu : float
        Capacity in the unit of the history, after the host's reserve.
    memory : float
        After the reserve [GiB].
    """

    cpu: float
    memory: float

    def __post_init__(self) -> None:
        if not (self.cpu > 0 and self.memory > 0):
            raise InputError(
                stored(
                    "host of {cpu:g} CPU and {memory:g} GiB: both must be more than zero",
                    cpu=self.cpu,
                    memory=self.memory,
                )
            )


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A placement of a history's workloads.

    Attributes
    ----------
    method : str
    assignment : ndarray of int64, shape (n,)
        Host of each workload.
    hosts : int
    lower_bound : int
        No plan for the same demand uses fewer hosts.
    """

    method: str
    assignment: np.ndarray
    hosts: int
    lower_bound: int


def profile(history: History, percentile: float, margin: float = 1.0) -> np.ndarray:
    """Demand of each workload in each slot that the history holds.

    Parameters
    ----------
    percentile : float
        0-1, of the hourly maxima within a slot; 1 is the highest seen.
    margin : float
        Factor on top.

    Returns
    -------
    ndarray, shape (n, slots)
    """
    if not 0 <= percentile <= 1:
        raise InputError(stored("percentile = {percentile:g} must lie between 0 and 1", percentile=percentile))
    slots = history.slots()
    parts = [np.quantile(history.maximum[:, slots == slot], percentile, axis=1) for slot in np.unique(slots)]
    return np.column_stack(parts) * margin


def pack(
    demand: np.ndarray,
    memory: np.ndarray,
    host: HostSize,
    method: str,
    *,
    ceiling: float = 1.0,
    effort: Effort | int = Effort.QUICK,
    seed: int = 1,
) -> Plan:
    """Pack workloads with a demand in several slots onto equal hosts.

    Parameters
    ----------
    demand : ndarray, shape (n, slots)
    ceiling : float
        Share of a host's CPU that may be planned.

    Raises
    ------
    InputError
        When a workload is larger than a host.
    """
    limit = host.cpu * ceiling
    wide = np.flatnonzero((demand.max(axis=1) > limit) | (memory > host.memory))
    if len(wide):
        raise InputError(
            stored(
                "{wide} workloads are larger than a host of {limit:g} CPU and {memory:g} GiB (the first in row "
                "{wide2}: {demand:g} CPU, {memory2:g} GiB); take a larger host or leave them out",
                wide=len(wide),
                limit=limit,
                memory=host.memory,
                wide2=wide[0],
                demand=demand[wide[0]].max(),
                memory2=memory[wide[0]],
            )
        )
    scaled = np.ceil(np.column_stack([demand / limit, memory / host.memory]) * _STEPS).astype(np.int64)
    dims = scaled.shape[1]
    instance = Instance(
        demands=scaled,
        capacities=np.full((1, dims), _STEPS + _SLACK, dtype=np.int64),
        costs=np.ones(1, dtype=np.int64),
        counts=np.array([UNLIMITED], dtype=np.int64),
        dimensions=(*(f"cpu@{slot}" for slot in range(dims - 1)), "memory"),
    )
    found: Result = solve(instance, effort, seed=seed)
    assert found.bound is not None  # every workload fits a host
    return Plan(method, found.assignment, found.hosts, found.bound.value)


def plan_sum_of_peaks(
    history: History, host: HostSize, *, ceiling: float = 1.0, effort: Effort | int = Effort.QUICK
) -> Plan:
    """Every workload at its own highest hour, all the time."""
    return pack(
        history.maximum.max(axis=1)[:, None],
        history.memory,
        host,
        stored("sum of peaks"),
        ceiling=ceiling,
        effort=effort,
    )


def plan_peak_of_sums(
    history: History,
    host: HostSize,
    percentile: float = 1.0,
    *,
    margin: float = 1.0,
    ceiling: float = 1.0,
    effort: Effort | int = Effort.QUICK,
) -> Plan:
    """Every workload at a percentile of each slot; the sum is held in every slot.

    Where the history does not hold every slot (three working days say nothing about a weekend),
    the slots it lacks are planned at each workload's percentile over all its hours.
    """
    demand = profile(history, percentile, margin)
    if demand.shape[1] < SLOTS:
        overall = np.quantile(history.maximum, percentile, axis=1) * margin
        demand = np.column_stack([demand, overall])
    name = stored("peak of sums, p{percentile:g}", percentile=percentile * 100) + (
        f" x {margin:g}" if margin != 1 else ""
    )
    return pack(demand, history.memory, host, name, ceiling=ceiling, effort=effort)


@dataclass(frozen=True, slots=True)
class Replay:
    """What happened on days the plan had not seen.

    Attributes
    ----------
    method : str
    reading : {'maximum', 'mean'}
        Which hourly reading of each workload was summed.
    hosts, host_hours : int
    over : float
        Share of host-hours above capacity.
    tight : float
        Share above 90 % of capacity.
    worst_host : int
        The one with most hours above capacity (then with the highest hour).
    worst_host_over : float
        Its share of hours above capacity.
    highest : float
        Highest use of any host in any hour, as a share of capacity.
    excess : float
        Demand above capacity over all demand: work that had to wait, as CPU-ready time is.
    """

    method: str
    reading: str
    hosts: int
    host_hours: int
    over: float
    tight: float
    worst_host: int
    worst_host_over: float
    highest: float
    excess: float


def host_loads(assignment: np.ndarray, demand: np.ndarray, hosts: int) -> np.ndarray:
    """Summed demand of each host, shape (hosts, hours)."""
    member = np.zeros((hosts, len(assignment)))
    member[assignment, np.arange(len(assignment))] = 1.0
    return member @ demand


def replay(plan: Plan, history: History, host: HostSize, reading: str = "maximum") -> Replay:
    """Replay a history on a placement, hour by hour.

    Parameters
    ----------
    reading : {'maximum', 'mean'}
    """
    if reading not in ("maximum", "mean"):
        raise InputError(stored("reading = {reading!r} is neither 'maximum' nor 'mean'", reading=reading))
    use = host_loads(plan.assignment, getattr(history, reading), plan.hosts) / host.cpu
    over = use > 1 + 1e-9
    by_host = over.mean(axis=1)
    worst = int(np.lexsort((-use.max(axis=1), -by_host))[0])
    return Replay(
        plan.method,
        reading,
        plan.hosts,
        use.size,
        float(over.mean()),
        float((use > TIGHT + 1e-9).mean()),
        worst,
        float(by_host[worst]),
        float(use.max()),
        float(np.maximum(0.0, use - 1).sum() / max(use.sum(), 1e-12)),
    )

"""In which order workloads come back after a failure, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from calc import assumptions
from calc.assessment import Assessment
from calc.errors import InputError
from calc.failover.failures import Case
from calc.failover.loaded import Loaded
from calc.language import stored
from calc.roles import TIERS, restart_tier, stated_tier


def _default(name: str) -> float:
    return assumptions.default(name).value


@dataclass(frozen=True, slots=True)
class RestartTimes:
    """How long the parts of a restart take; defaults from data/reference/assumptions.csv.

    Attributes
    ----------
    detection_s : float
        From the failure until it is certain and restarts begin.
    boot_s : float
        Start of one workload with its services.
    at_once : int
        Workloads that one host starts side by side.
    """

    detection_s: float = field(default_factory=lambda: _default("failover_detection_s"))
    boot_s: float = field(default_factory=lambda: _default("failover_boot_s"))
    at_once: int = field(default_factory=lambda: int(_default("failover_starts_at_once")))

    def __post_init__(self) -> None:
        if not (self.detection_s >= 0 and self.boot_s >= 0 and self.at_once >= 1):
            raise InputError(
                stored(
                    "restart: detection {detection_s:g} s, boot {boot_s:g} s and {at_once} at once; times must not be "
                    "negative, and at least one workload starts at a time",
                    detection_s=self.detection_s,
                    boot_s=self.boot_s,
                    at_once=self.at_once,
                )
            )


def restart_tiers(assessment: Assessment, own: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Restart tier of every workload: the inventory's, or guessed from its role.

    Parameters
    ----------
    assessment : Assessment
    own : mapping of str to str, optional
        Workload to the name of its tier, for those that the inventory or the guess gets wrong.

    Returns
    -------
    DataFrame
        workload, tier (position in `calc.roles.TIERS`), name, guessed.

    Raises
    ------
    InputError
        When a workload or tier is not known.
    """
    own = dict(own or {})
    table = assessment.demand.table
    missing = set(own) - set(table["workload"])
    if missing:
        raise InputError(stored("restart: workload {missing!r} is not in this plan", missing=sorted(missing)[0]))
    for workload, tier in own.items():
        if tier not in TIERS:
            raise InputError(
                stored(
                    "restart: tier {tier!r} of {workload!r} is not one of {known}",
                    tier=tier,
                    workload=workload,
                    known=", ".join(TIERS),
                )
            )
    column = assessment.estate.workloads["restart_priority"]
    stated = {
        **{
            name: found
            for name, text in zip(table["workload"], column, strict=True)
            if (found := stated_tier(str(text))) is not None
        },
        **{name: TIERS.index(tier) for name, tier in own.items()},
    }
    tiers = [
        stated[name] if name in stated else restart_tier(str(name), str(application), str(environment))
        for name, application, environment in table[["workload", "application", "environment"]].itertuples(index=False)
    ]
    return pd.DataFrame(
        {
            "workload": table["workload"].to_numpy(),
            "tier": tiers,
            "name": [TIERS[tier] for tier in tiers],
            "guessed": [name not in stated for name in table["workload"]],
        }
    )


def item_priority(loaded: Loaded, tiers: pd.DataFrame) -> np.ndarray:
    """Restart priority of each item: the first tier among its workloads."""
    of = dict(zip(tiers["workload"], tiers["tier"], strict=True))
    return np.array([min(of[name] for name in names) for names in loaded.workloads], dtype=np.int64)


def restart_schedule(
    loaded: Loaded, case: Case, tiers: pd.DataFrame, times: RestartTimes | None = None
) -> pd.DataFrame:
    """When each workload of a failure is back.

    Parameters
    ----------
    loaded : Loaded
    case : Case
    tiers : DataFrame
        From `restart_tiers`.
    times : RestartTimes, optional

    Returns
    -------
    DataFrame
        workload, tier, host, start_s, ready_s, in the order of restart; ready_s is infinite where
        no host has room.

    Notes
    -----
    A tier starts when the one before it is ready. Within a tier each host starts so many
    workloads at once::

        ready = detection + sum over earlier tiers of (longest queue / at once, rounded up) x boot
                + (own place in the queue / at once, rounded up) x boot
    """
    times = times or RestartTimes()
    of = dict(zip(tiers["workload"], tiers["tier"], strict=True))
    lines = [
        (of[workload], int(goal), workload)
        for item, goal in zip(case.items, case.goals, strict=True)
        for workload in loaded.workloads[item]
    ]
    begin = times.detection_s
    rows: list[tuple[str, str, str, float, float]] = []
    for tier in sorted({line[0] for line in lines}):
        queue: dict[int, int] = {}
        longest = 0
        for _, goal, workload in (line for line in lines if line[0] == tier):
            if goal < 0:
                rows.append((workload, TIERS[tier], "", float("inf"), float("inf")))
                continue
            turn = queue.get(goal, 0) // times.at_once
            queue[goal] = queue.get(goal, 0) + 1
            longest = max(longest, turn + 1)
            start = begin + turn * times.boot_s
            rows.append((workload, TIERS[tier], loaded.hosts[goal], start, start + times.boot_s))
        begin += longest * times.boot_s
    return pd.DataFrame(rows, columns=["workload", "tier", "host", "start_s", "ready_s"])

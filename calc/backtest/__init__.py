"""Does the plan hold on days it has not seen? Planned on one part of a history, replayed on the rest."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from calc.backtest.history import History
from calc.backtest.power import PowerReplay, PowerRules, replay_power
from calc.backtest.replay import HostSize, Plan, Replay, plan_peak_of_sums, plan_sum_of_peaks, replay
from calc.backtest.risk import RiskChoice, choose_percentile
from calc.packing import Effort

__all__ = [
    "BackTest",
    "History",
    "HostSize",
    "Plan",
    "PowerReplay",
    "PowerRules",
    "Replay",
    "RiskChoice",
    "back_test",
    "choose_percentile",
    "plan_peak_of_sums",
    "plan_sum_of_peaks",
    "replay",
    "replay_power",
]


@dataclass(frozen=True, slots=True, eq=False)
class BackTest:
    """Two plans made on the same hours and replayed on the same unseen hours.

    Attributes
    ----------
    train_hours, test_hours : int
    plans : tuple of Plan
        Sum of peaks, then peak of sums.
    replays : tuple of Replay
        Each plan on the maxima and on the means.
    """

    train_hours: int
    test_hours: int
    plans: tuple[Plan, ...]
    replays: tuple[Replay, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row a plan and reading."""
        bounds = {plan.method: plan.lower_bound for plan in self.plans}
        frame = pd.DataFrame([asdict(found) for found in self.replays])
        frame.insert(2, "lower_bound", frame["method"].map(bounds))
        return frame


def back_test(
    history: History,
    host: HostSize,
    train_hours: int,
    *,
    percentile: float = 1.0,
    margin: float = 1.0,
    ceiling: float = 1.0,
    effort: Effort | int = Effort.QUICK,
) -> BackTest:
    """Plan on the first hours, replay the rest, time-aware and not.

    Parameters
    ----------
    history : History
    host : HostSize
    train_hours : int
        Hours that are planned on; the rest is unseen.
    percentile, margin : float
        Of the time-aware plan (see `choose_percentile`).
    ceiling : float
        Share of a host's CPU that may be planned. Above capacity always means above all of it.

    Returns
    -------
    BackTest

    Examples
    --------
    >>> import numpy as np
    >>> day = np.r_[np.full(12, 8.0), np.full(12, 1.0)]  # busy by day, and the other way round
    >>> demand = np.vstack([np.tile(day, 14), np.tile(day[::-1], 14)])
    >>> history = History(("day", "night"), demand, demand, np.array([1.0, 1.0]))
    >>> test = back_test(history, HostSize(cpu=10, memory=10), train_hours=168)
    >>> [(plan.method, plan.hosts) for plan in test.plans]
    [('sum of peaks', 2), ('peak of sums, p100', 1)]
    >>> max(found.over for found in test.replays)
    0.0
    """
    train, test = history.split(train_hours)
    plans = (
        plan_sum_of_peaks(train, host, ceiling=ceiling, effort=effort),
        plan_peak_of_sums(train, host, percentile, margin=margin, ceiling=ceiling, effort=effort),
    )
    replays = tuple(replay(plan, test, host, reading) for plan in plans for reading in ("maximum", "mean"))
    return BackTest(train.hours, test.hours, plans, replays)

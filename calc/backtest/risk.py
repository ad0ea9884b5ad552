"""How many hosts a risk is worth: the percentile chosen by cross-validation on the history.

The history is cut into blocks (weeks); each block in turn is left out, the rest is planned on,
and the block is replayed. What is chosen is therefore judged only on hours it was not planned on.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc import assumptions
from calc.backtest.history import HOURS_PER_WEEK, History
from calc.backtest.replay import HostSize, plan_peak_of_sums, replay
from calc.errors import InputError
from calc.language import stored
from calc.packing import Effort

#: (percentile, margin): beyond the highest seen only a margin is left.
STEPS = ((0.5, 1.0), (0.75, 1.0), (0.9, 1.0), (0.95, 1.0), (1.0, 1.0), (1.0, 1.1), (1.0, 1.25), (1.0, 1.5))


@dataclass(frozen=True, slots=True, eq=False)
class RiskChoice:
    """The frontier, and the step that was chosen on it.

    Attributes
    ----------
    percentile, margin : float
    met : bool
        False when no step held the risk; the safest one is then chosen.
    allowed : float
        The risk that was asked for: share of host-hours above capacity.
    frontier : DataFrame
        One row a step: percentile, margin, hosts (mean over the blocks), over (share of host-hours
        above capacity, all left-out hours together), tight, excess, chosen.
    """

    percentile: float
    margin: float
    met: bool
    allowed: float
    frontier: pd.DataFrame


def choose_percentile(
    history: History,
    host: HostSize,
    allowed: float | None = None,
    *,
    block_hours: int = HOURS_PER_WEEK,
    steps: Sequence[tuple[float, float]] = STEPS,
    ceiling: float = 1.0,
    reading: str = "maximum",
    effort: Effort | int = Effort.QUICK,
) -> RiskChoice:
    """The step with the fewest hosts that keeps the risk on left-out blocks.

    Parameters
    ----------
    allowed : float, optional
        Share of host-hours that may be above capacity; by default the row ``backtest_risk_allowed``.
    block_hours : int
        Hours left out at a time. The last block takes what remains.

    Raises
    ------
    InputError
        When the history is shorter than two blocks.
    """
    if allowed is None:
        allowed = assumptions.default("backtest_risk_allowed").value
    if not 0 <= allowed < 1:
        raise InputError(
            stored("allowed = {allowed:g}: a share of host-hours between 0 and 1 is needed", allowed=allowed)
        )
    blocks = history.hours // block_hours
    if blocks < 2:
        raise InputError(
            stored(
                "the history has {hours} hours: choosing a risk needs at least two blocks of {block_hours}; give "
                "more history or shorter blocks",
                hours=history.hours,
                block_hours=block_hours,
            )
        )
    edges = [block * block_hours for block in range(blocks)] + [history.hours]
    rows = []
    for percentile, margin in steps:
        hosts, outcomes = [], []
        for start, stop in itertools.pairwise(edges):
            rest = _without(history, start, stop)
            plan = plan_peak_of_sums(rest, host, percentile, margin=margin, ceiling=ceiling, effort=effort)
            hosts.append(plan.hosts)
            outcomes.append(replay(plan, history.part(start, stop), host, reading))
        weight = np.array([found.host_hours for found in outcomes], dtype=float)
        rows.append(
            {
                "percentile": percentile,
                "margin": margin,
                "hosts": float(np.mean(hosts)),
                **{
                    name: float(np.average([getattr(found, name) for found in outcomes], weights=weight))
                    for name in ("over", "tight", "excess")
                },
            }
        )
    frontier = pd.DataFrame(rows)
    holds = frontier[frontier["over"] <= allowed]
    met = len(holds) > 0
    chosen = (
        holds.sort_values(["hosts", "over"], kind="stable").index[0]
        if met
        else frontier.sort_values(["over", "hosts"], kind="stable").index[0]
    )
    frontier["chosen"] = frontier.index == chosen
    return RiskChoice(
        float(frontier.loc[chosen, "percentile"]), float(frontier.loc[chosen, "margin"]), met, allowed, frontier
    )


def _without(history: History, start: int, stop: int) -> History:
    """The history with a block left out. Slots stay right where blocks are whole days."""
    keep = np.r_[0:start, stop : history.hours]
    if start == 0:
        return history.part(stop, history.hours)
    if (stop - start) % HOURS_PER_WEEK and stop != history.hours:
        raise InputError(
            stored(
                "block_hours = {stop}: blocks must be whole weeks, so that hours keep their weekday", stop=stop - start
            )
        )
    return History(history.names, history.mean[:, keep], history.maximum[:, keep], history.memory, history.first_hour)

"""Lines of search that run side by side and meet after every round.

The winner of a round is the best by objective, then the line that comes first: never the one that ended first. A line's
seed depends on the caller's seed, the line and the round alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from calc.executor import in_order
from calc.packing.rounds import Piece, State, advance
from calc.packing.state import Placement, Plan

if TYPE_CHECKING:
    from calc.packing.solve import Engine


def seed_of(seed: int, *place: int) -> int:
    """A seed for a place (a pool; a line and its round), below 2**63."""
    return int(np.random.SeedSequence([seed, *place]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def search(
    begin: Piece,
    seed: int,
    engine: Engine,
    should_stop: Callable[[], bool] | None,
    on_better: Callable[[Placement, int], None],
) -> tuple[State, int]:
    """Rounds until the bound is met, nothing is left to try, or the budgets are spent.

    Parameters
    ----------
    begin : Piece
        With the state that every line starts from.
    seed : int
    engine : Engine
    should_stop : callable or None
    on_better : callable
        Called with (placement, bound).

    Returns
    -------
    (State, int)
        The best line's, with the best bound of all and why the search ended; evaluations of all lines.
    """
    core, before = begin.core, begin.state.spent
    lines = [begin.state] * engine.restarts
    away = engine.executor is not None and engine.restarts > 1
    here = partial(advance, should_stop=should_stop, on_better=on_better)
    while True:
        live = [number for number, line in enumerate(lines) if not line.ended]
        pieces = [
            replace(begin, state=lines[number], seed=seed_of(seed, number, lines[number].turn)) for number in live
        ]
        work = in_order(engine.executor, advance, pieces, should_stop=should_stop) if away else map(here, pieces)
        answers = list(work)
        for number, answer in zip(live, answers, strict=False):  # a stop leaves some without an answer
            lines[number] = answer
        best = min(range(len(lines)), key=lambda number: (_rank(lines[number].plan, begin), number))
        proved = max(lines, key=lambda line: line.bound.value)  # the first of equals
        plan = lines[best].plan
        on_better(plan.on(core), proved.bound.value)
        lines = [_meet(line, plan, proved, begin) for line in lines]
        missing, cost, _ = _rank(plan, begin)
        met = not missing and cost <= max(proved.bound.value, begin.good_enough)
        stopped = should_stop is not None and should_stop()
        if met or stopped or all(line.ended for line in lines):
            ends = [line.ended for line in lines]
            ended = "stop" if stopped else next((why for why in ("stop", "time", "work") if why in ends), "exhausted")
            return replace(lines[best], ended=ended), before + sum(line.spent - before for line in lines)


def _rank(plan: Plan, begin: Piece) -> tuple[int, int, int]:
    """As `Placement.rank`: more placed, cheaper, fewer hosts."""
    core = begin.core
    cost = sum(int(core.costs[kind]) for kind in plan.types[len(core.fixed) :])
    return int((plan.assignment < 0).sum()), cost, len(plan.types)


def _meet(line: State, plan: Plan, proved: State, begin: Piece) -> State:
    """A line after the meeting: with the best bound, and the best plan where its own is worse."""
    line = replace(line, bound=proved.bound, certificate=proved.certificate)
    if _rank(plan, begin) < _rank(line.plan, begin):
        ended = "" if line.ended == "exhausted" else line.ended
        line = replace(line, plan=plan, local=None, ended=ended)
    return line

"""Lines of search that run side by side and meet after every round.

The winner of a round is the best by objective, then the line that comes first: never the one that ended first. A line's
seed depends on the caller's seed, the line and the round alone. Rounds are of two kinds, in turn: every line goes on, and (for
problems that are too large to be looked at as a whole) hosts of the best plan are packed anew, a few at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from calc.executor import in_order
from calc.packing.limits import Engine
from calc.packing.rounds import Piece, State, advance
from calc.packing.state import Placement, Plan
from calc.packing.subsets import joined, pieces


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
    here = partial(advance, should_stop=should_stop)
    told = partial(advance, should_stop=should_stop, on_better=on_better)

    def spread(work: list[Piece], alone: Callable[[Piece], State]) -> list[State]:
        if engine.executor is None or len(work) < 2:
            return [alone(piece) for piece in work]
        return list(in_order(engine.executor, advance, work, should_stop=should_stop))

    for number in itertools.count():
        best = min(range(len(lines)), key=lambda line: (_rank(lines[line].plan, begin), line))
        if number % 2 and not lines[best].ended:  # the other kind of round: hosts of the best plan, packed anew
            parts = pieces(replace(begin, state=lines[best]), seed_of(seed, len(lines), number))
            answers = spread([piece for _, piece in parts], here)
            subsets = [part for part, _ in parts[: len(answers)]]  # a stop leaves some without an answer
            lines[best] = joined(lines[best], core, list(zip(subsets, answers, strict=True)))
        else:
            live = [line for line, state in enumerate(lines) if not state.ended]
            work = [replace(begin, state=lines[line], seed=seed_of(seed, line, lines[line].turn)) for line in live]
            for line, answer in zip(live, spread(work, told), strict=False):
                lines[line] = answer
        best = min(range(len(lines)), key=lambda line: (_rank(lines[line].plan, begin), line))
        proved = max(lines, key=lambda state: state.bound.value)  # the first of equals
        plan = lines[best].plan
        on_better(plan.on(core), proved.bound.value)
        lines = [_meet(state, plan, proved, begin) for state in lines]
        missing, cost, _ = _rank(plan, begin)
        met = not missing and cost <= max(proved.bound.value, begin.good_enough)
        stopped = should_stop is not None and should_stop()
        if met or stopped or all(state.ended for state in lines):
            break
    ends = [state.ended for state in lines]
    ended = "stop" if stopped else next((why for why in ("stop", "time", "work") if why in ends), "exhausted")
    linear = any(state.linear for state in lines)
    return replace(lines[best], ended=ended, linear=linear), before + sum(state.spent - before for state in lines)


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

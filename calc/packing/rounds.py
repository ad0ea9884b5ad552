"""One round of search: a pure function from a state and a seed to a state, bounded in work.

What a round needs is in its arguments and what it reached is in its answer, so that it may run in any process. A search
consists of lines (restarts), which meet after every round: `calc.packing.restarts`.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from calc.packing.presolve import Core
from calc.packing.result import Bound, Certificate
from calc.packing.state import Budget, Cut, Placement, Plan

#: Up to this many workloads columns are generated for the whole problem.
_WHOLE = 1_000
#: Evaluations for each workload below which only local search is tried.
_LEAST = 100_000
#: Evaluations of the first turn of local search, at least and by pairs of workloads: linear programmes grow faster than
#: plans, so with more workloads they begin later, and end with something. Column generation has so many times more.
_TURN = 10_000_000
_SQUARE = 600
_COLUMNS = 4
#: Turns of column generation double until there, so that a round stays some seconds at most.
_LONGEST = 1_000_000_000
#: Evaluations of a round of local search alone: about a second.
_ROUND = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where one line of the search stands between two rounds.

    Attributes
    ----------
    plan : Plan
        The best of the line.
    bound : Bound
    certificate : Certificate or None
    turn : int
        Rounds so far.
    spent : int
        Evaluations so far.
    share : int
        Evaluations of the next turn of local search, where it takes turns with column generation; 0 before the first.
    local : LocalSearch or None
        Goals under way.
    columns : dict or None
        What column generation knows: columns, basis, random states.
    ended : {'', 'exhausted', 'work', 'time', 'stop'}
        Why there is no further round.
    remark : str
        What went wrong on the way without ending the search.
    linear : bool
        Whether linear programmes were on the way.
    """

    plan: Plan
    bound: Bound
    certificate: Certificate | None = None
    turn: int = 0
    spent: int = 0
    share: int = 0
    local: Any = None
    columns: dict[str, Any] | None = None
    ended: str = ""
    remark: str = ""
    linear: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What one round is given.

    Attributes
    ----------
    core : Core
    state : State
    seed : int
    limit : int
        Evaluations that the line may have spent in all.
    good_enough : int
        A cost at which the search ends, even where the bound is lower.
    until : float or None
        Time of the clock (`time.time`) at which the round is cut.
    """

    core: Core
    state: State
    seed: int
    limit: int
    good_enough: int = 0
    until: float | None = None


def pays_whole(core: Core) -> bool:
    """Whether the problem is small enough for column generation as a whole."""
    return core.size <= _WHOLE


def columns_pay(core: Core, limit: int) -> bool:
    """Whether column generation is worth its while: no fixed hosts, not too many workloads for the budget."""
    return not core.fixed and pays_whole(core) and limit >= _LEAST * core.size


def advance(
    piece: Piece,
    should_stop: Callable[[], bool] | None = None,
    on_better: Callable[[Placement, int], None] | None = None,
) -> State:
    """One round.

    Parameters
    ----------
    piece : Piece
    should_stop, on_better : callable, optional
        Only where the round runs in the caller's process; ``on_better`` is called with (placement, bound).

    Returns
    -------
    State
    """
    return _Round(piece, should_stop, on_better).run()


class _Round:
    def __init__(
        self,
        piece: Piece,
        should_stop: Callable[[], bool] | None,
        on_better: Callable[[Placement, int], None] | None,
    ) -> None:
        state = piece.state
        self.piece, self.core, self.tell = piece, piece.core, on_better
        self.best = state.plan.on(piece.core)
        self.bound, self.certificate, self.linear = state.bound, state.certificate, state.linear
        self.budget = Budget(piece.limit, clock(piece.until, should_stop), state.spent)

    def run(self) -> State:
        piece, state = self.piece, self.piece.state
        columns, local, ended, remark, self.share = state.columns, state.local, "", state.remark, state.share
        try:
            if columns_pay(self.core, piece.limit) and not remark:
                columns, remark = self._turn(columns, state.turn)
                ended = "exhausted" if self.best.missing else ""
                local = None
            else:
                local = self._local(local, _ROUND)
                ended = "exhausted" if local.exhausted else ""
        except Cut:
            ended = self.budget.reason
        return replace(
            state,
            plan=Plan.of(self.best),
            bound=self.bound,
            certificate=self.certificate,
            turn=state.turn + 1,
            spent=self.budget.spent,
            share=self.share,
            local=local,
            columns=columns,
            ended=ended,
            remark=remark,
            linear=self.linear,
        )

    def enough(self, place: Placement) -> bool:
        return place.missing == 0 and place.cost <= max(self.bound.value, self.piece.good_enough)

    def better(self, place: Placement) -> None:
        if place.rank() < self.best.rank():
            self.best = place
            if self.tell is not None:
                self.tell(place, self.bound.value)

    def tighter(self, proved: Bound, why: Certificate) -> None:
        if proved.value > self.bound.value:
            self.bound, self.certificate = proved, why

    def _local(self, local: Any, work: int) -> Any:
        from calc.packing.search import LocalSearch  # compiled code is loaded only where it is needed

        if local is None:
            local = LocalSearch(self.best, self.piece.seed)
        else:
            local = copy.deepcopy(local)  # the state given stays as it is
            local.attach(self.core)
        with self.budget.share(work):
            local.run(self.budget, self.enough, self.better, self.bound.value)
        return local

    def _turn(self, known: dict[str, Any] | None, turn: int) -> tuple[dict[str, Any] | None, str]:
        """A share for local search, then one for column generation: its knowledge, and what went wrong."""
        first = max(_TURN, _SQUARE * self.core.size**2)
        share, before = self.share or first, self.best
        self._local(None, share)
        # Local search that helped beside columns has a longer turn next time, else a shorter one.
        helped = turn > 0 and self.best is not before
        self.share = min(2 * share, _LONGEST) if helped else max(share // 2, _TURN)
        if self.best.missing or self.enough(self.best):
            return known, ""
        from calc.packing import dive
        from calc.packing.master import MasterError

        share = min(_COLUMNS * first << min(turn, 30), max(_COLUMNS * first, _LONGEST))
        self.linear = True
        try:
            generation = dive.Generation(self.core, self.piece.seed)
            if known is not None:
                _recall(generation, known)
            with self.budget.share(share):
                dive.improve(
                    self.best, generation, self.budget, self.enough, self.better, self.tighter,
                    dives=4 + self.piece.state.turn,
                )  # fmt: skip
            return _remember(generation), ""
        except MasterError as error:  # the plan is kept, and says that this part of the search is missing
            return None, f" (column generation ended: {error or 'infeasible'})"


def clock(until: float | None, should_stop: Callable[[], bool] | None) -> Callable[[], str | None]:
    """Whether to end now, and why: for `calc.packing.state.Budget`."""

    def expired() -> str | None:
        if should_stop is not None and should_stop():
            return "stop"
        return "time" if until is not None and time.time() > until else None

    return expired


def _remember(generation: Any) -> dict[str, Any]:
    """What column generation has learnt, without the linear programme."""
    basis = generation.master.lp.getBasis()
    return {
        "columns": list(zip(generation.master.kinds, generation.master.items, strict=True)),
        "basis": ([int(s) for s in basis.col_status], [int(s) for s in basis.row_status]) if basis.valid else None,
        "prices": (generation.prices, generation.counts),
        "depth": generation.depth,
        "state": generation.pricer.state,
        "rng": generation.rng,
        "dives": generation.dives,
        "way": generation.way if generation.way is None else generation.way.packed(),
        "proved": generation.proved,
    }


def _recall(generation: Any, known: dict[str, Any]) -> None:
    """Take up column generation where another round left it."""
    import highspy

    generation.master.add(known["columns"])
    if known["basis"] is not None:
        basis = highspy.HighsBasis()
        basis.col_status, basis.row_status = ([highspy.HighsBasisStatus(s) for s in part] for part in known["basis"])
        basis.valid = True
        generation.master.lp.setBasis(basis)
    generation.pricer.state, generation.rng = known["state"].copy(), copy.deepcopy(known["rng"])
    (generation.prices, generation.counts), generation.depth = known["prices"], known["depth"]
    generation.dives, generation.proved = known["dives"], known["proved"]
    generation.way = None if known["way"] is None else copy.deepcopy(known["way"]).on(generation.core)

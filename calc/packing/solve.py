"""The one door: presolve, bound, construct, search, verify."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np

from calc.errors import InputError, VerificationError
from calc.language import say, stored
from calc.packing import construct
from calc.packing.bounds import IMPOSSIBLE, best_bound
from calc.packing.instance import UNLIMITED, Instance
from calc.packing.limits import IN_PROCESS, NO_LIMITS, Effort, Engine, Limits, Solver
from calc.packing.presolve import NO_HOST, Core, expand, presolve
from calc.packing.restarts import search
from calc.packing.result import Bound, Certificate, Path, Result, Termination, Unplaced
from calc.packing.rounds import Piece, State, clock
from calc.packing.state import Budget, Cut, Placement, Plan
from calc.packing.verify import violations

#: Above this many workloads first fit is far from what host-centric filling reaches.
_LARGE = 3_000


def solve(
    instance: Instance,
    effort: Effort | int = Effort.STANDARD,
    limits: Limits = NO_LIMITS,
    *,
    seed: int = 1,
    engine: Engine = IN_PROCESS,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    start: tuple[np.ndarray, np.ndarray] | None = None,
) -> Result:
    """Pack the workloads of an instance onto hosts of least cost.

    Parameters
    ----------
    instance : Instance
    effort : Effort or int
        Work budget; an int is a number of elementary evaluations.
    limits : Limits
    seed : int
        Of the search. Same instance, effort, restarts and seed give the same placement, in whatever process the
        rounds run.
    engine : Engine
    on_progress : callable, optional
        Called with (best cost, bound) at every improvement, or after the round where it was made in another process.
    should_stop : callable, optional
        Asked often; True ends the search with the best placement so far.
    start : (assignment, host_types), optional
        A plan to begin with, as a `Result` holds it; the result never costs more.

    Returns
    -------
    Result
        Checked by the independent verifier.

    Raises
    ------
    VerificationError
        When the check fails: a defect of this package.
    InputError
        When the plan of the caller's own solver is not valid.
    ValueError
        When ``start`` is no valid plan of the instance.
    """
    started = time.monotonic()
    until = None if limits.time_s is None else time.time() + limits.time_s
    core = presolve(instance)
    if not (core.pinned < 0).any():
        done = Placement.initial(core, "nothing to place")
        nothing = None if core.unplaced else Bound(0, "nothing to place")
        return _finish(instance, core, done, nothing, Termination.NOTHING_TO_PLACE, 0, seed, started)
    bound = best_bound(core)
    if engine.solver is not None:
        theirs = _theirs(instance, core, engine.solver)
        end = Termination.OPTIMAL if not theirs.missing and theirs.cost <= bound.value else Termination.OWN_SOLVER
        return _finish(instance, core, theirs, bound, end, 0, seed, started)

    # The first heuristic is a promise, not part of the budget: without it there is no plan.
    first = _first(core) if start is None else _started(instance, core, *start)
    limit = effort.budget(core.size, first.hosts) if isinstance(effort, Effort) else int(effort)
    budget = Budget(limit, clock(until, should_stop))
    best: Placement | None = None

    def better(place: Placement, proved: int) -> None:
        nonlocal best
        if best is None or place.rank() < best.rank():
            best = place
            if on_progress is not None:
                on_progress(best.cost, proved)

    def enough(place: Placement) -> bool:
        return place.missing == 0 and place.cost <= max(bound.value, limits.good_enough or 0)

    ended = ""
    better(first, bound.value)
    try:
        for place in _portfolio(core, budget):
            if best is not None and enough(best):
                break
            better(place, bound.value)
    except Cut:
        ended = budget.reason
    assert best is not None
    spent, certificate, linear = budget.spent, None, len(core.costs) > 1  # mixes are chosen by integer programmes
    # Where the hosts are proved to be too few, a search for a whole plan is in vain.
    if not ended and not enough(best) and bound.name != IMPOSSIBLE:
        begin = Piece(core, State(Plan.of(best), bound, spent=spent), 0, limit, limits.good_enough or 0, until)
        final, spent = search(begin, seed, engine, should_stop, better)
        best, bound, certificate, ended = final.plan.on(core), final.bound, final.certificate, final.ended
        best.method += final.remark
        linear = linear or final.linear
    termination = _ENDS[ended]
    if enough(best):
        termination = Termination.OPTIMAL if best.cost <= bound.value else Termination.GOOD_ENOUGH
    return _finish(instance, core, best, bound, termination, spent, seed, started, certificate, linear=linear)


_NOT_VALID = "the plan to start from is not valid: "
_ENDS = {
    "": Termination.LOCAL_OPTIMUM,
    "exhausted": Termination.LOCAL_OPTIMUM,
    "work": Termination.WORK_LIMIT,
    "time": Termination.TIME_LIMIT,
    "stop": Termination.STOPPED,
}


def _sequences(core: Core) -> list[list[int]]:
    """Orders in which host types are opened: what is free or limited first, then one model."""
    limited = [int(kind) for kind in np.lexsort((core.costs, core.counts == UNLIMITED)) if core.counts[kind] >= 0]
    limited = [kind for kind in limited if core.counts[kind] > 0]
    unlimited = [int(kind) for kind in range(len(core.costs)) if core.counts[kind] == UNLIMITED]
    if not unlimited:
        return [limited]
    # A host type that does not hold every item needs the others behind it.
    found = []
    for kind in unlimited:
        rest = sorted(
            (other for other in unlimited if other != kind), key=lambda other: (int(core.costs[other]), other)
        )
        found.append([*limited, kind, *rest])
        if limited:
            found.append([kind, *limited, *rest])
    return found


def _gauge(core: Core, kinds: list[int]) -> int:
    """The type that sizes are measured by: the first to be opened, else a fixed host's."""
    return kinds[0] if kinds else core.fixed[0]


def _first(core: Core) -> Placement:
    kinds = _sequences(core)[0]
    order = construct.orders(core, _gauge(core, kinds[-1:]))["sum"]
    return construct.downgrade(construct.item_centric(core, order, kinds, Budget(2**62), "first fit decreasing (sum)"))


def _started(instance: Instance, core: Core, assignment: np.ndarray, host_types: np.ndarray) -> Placement:
    """The core's placement of a plan given by the caller."""
    left_out = [item.item for item in core.unplaced]
    problems = _problems(instance, assignment, [int(kind) for kind in host_types], left_out)
    if problems:
        raise ValueError(f"{_NOT_VALID}{problems[0]} ({len(problems)} in all)")
    place = Placement.initial(core, "given plan")
    for kind in host_types[len(core.fixed) :]:
        place.open(int(kind))
    for item in np.flatnonzero(core.pinned < 0).tolist():
        place.put(item, int(assignment[core.members[item][0]]))
    place.drop_empty()
    return place


def _theirs(instance: Instance, core: Core, solver: Solver) -> Placement:
    """The plan of the caller's own solver, refused where it is not one."""
    found = solver(instance)
    try:
        assignment, host_types = (np.asarray(part).astype(np.int64) for part in found)
        place = _started(instance, core, assignment, host_types)
    except (TypeError, ValueError, IndexError) as error:
        why = str(error).removeprefix(_NOT_VALID)
        raise InputError(
            say("The plan of your own solver cannot be used: {error}. Nothing was changed in it.", error=why)
        ) from error
    place.method = stored("own solver ({name})", name=getattr(solver, "__name__", type(solver).__name__))
    return place


def _problems(instance: Instance, assignment: np.ndarray, host_types: list[int], unplaced: list[int]) -> list[str]:
    return violations(
        instance.demands.tolist(),
        instance.capacities.tolist(),
        instance.counts.tolist(),
        assignment.tolist(),
        host_types,
        unplaced,
        instance.groups,
        None if instance.affinity is None else instance.affinity.tolist(),
        instance.fixed,
    )


def _portfolio(core: Core, budget: Budget) -> Iterator[Placement]:
    """Complete placements: the cheap heuristics first, on large problems those that are best there."""
    if len(core.costs) > 1:  # the search fills hosts of chosen types itself
        return _item_centric(core, budget)
    parts = [_item_centric(core, budget), _host_centric(core, budget)]
    return itertools.chain(*(reversed(parts) if core.size > _LARGE else parts))


def _item_centric(core: Core, budget: Budget) -> Iterator[Placement]:
    for kinds in _sequences(core):
        orders = construct.orders(core, _gauge(core, kinds))
        for name, order in orders.items():
            yield construct.downgrade(
                construct.item_centric(core, order, kinds, budget, f"first fit decreasing ({name})")
            )
        weight = construct.weights(core, _gauge(core, kinds))["load"]
        yield construct.downgrade(
            construct.item_centric(core, orders["tight"], kinds, budget, "best fit decreasing (tight)", weight)
        )


def _host_centric(core: Core, budget: Budget) -> Iterator[Placement]:
    for name in ("tight", "load", "equal"):
        for score in ("l2", "dot"):
            for kinds in _sequences(core):
                weight = construct.weights(core, _gauge(core, kinds))[name]
                yield construct.downgrade(
                    construct.host_centric(core, kinds, budget, f"host-centric {score} ({name})", weight, score)
                )


def _spread(core: Core, certificate: Certificate, size: int) -> Certificate:
    """The certificate for the workloads of the instance: a merged item's price on its first workload."""
    prices = np.zeros(size, dtype=np.int64)
    for item, members in enumerate(core.members):
        prices[members[0]] = certificate.prices[item]
    return Certificate(prices, certificate.most)


def _finish(
    instance: Instance,
    core: Core,
    place: Placement,
    bound: Bound | None,
    termination: Termination,
    spent: int,
    seed: int,
    started: float,
    certificate: Certificate | None = None,
    *,
    linear: bool = False,
) -> Result:
    place = place.copy()
    place.drop_empty()
    assignment = expand(core, place.assignment, instance.size)
    lost = [
        Unplaced(int(item), NO_HOST)
        for core_item in np.flatnonzero(place.assignment < 0)
        for item in core.members[core_item]
    ]
    unplaced = tuple(sorted((*core.unplaced, *lost), key=lambda item: item.item))
    problems = _problems(instance, assignment, place.types, [item.item for item in unplaced])
    if problems:
        raise VerificationError(f"the placement failed its check: {problems[0]} ({len(problems)} in all)")
    if bound is not None and not unplaced and place.cost < bound.value:
        raise VerificationError(
            f"the bound {bound.value} ({bound.name}) is above the cost {place.cost} of a valid placement"
        )
    return Result(
        assignment=assignment,
        host_types=np.array(place.types, dtype=np.int64),
        cost=place.cost,
        unplaced=unplaced,
        bound=None if unplaced else bound,
        termination=termination,
        path=Path.CLOCK
        if termination in (Termination.TIME_LIMIT, Termination.STOPPED)
        else Path.LINEAR
        if linear
        else Path.WORK,
        method=place.method,
        seed=seed,
        runtime_s=time.monotonic() - started,
        work=spent,
        certificate=None if unplaced or certificate is None else _spread(core, certificate, instance.size),
    )

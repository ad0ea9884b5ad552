"""The one door: presolve, bound, construct, search, verify."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import Enum

import numpy as np

from calc.errors import VerificationError
from calc.packing import construct
from calc.packing.bounds import IMPOSSIBLE, best_bound
from calc.packing.instance import UNLIMITED, Instance
from calc.packing.presolve import NO_HOST, Core, expand, presolve
from calc.packing.result import Bound, Certificate, Result, Termination, Unplaced
from calc.packing.state import Budget, Cut, Placement
from calc.packing.verify import violations

#: Above this many workloads first fit is far from what host-centric filling reaches.
_LARGE = 3_000
#: Up to this many workloads columns are generated for the whole problem.
_WHOLE = 1_000
#: Evaluations for each workload below which only local search is tried.
_LEAST = 100_000
#: Evaluations of the first turn of local search, at least and by pairs of workloads; column generation has so many times more.
_TURN = 10_000_000
_COLUMNS = 4
_SQUARE = 600


class Effort(Enum):
    """Work budgets, in elementary evaluations (one look at one workload on one host).

    The most a solve may spend, or so many a workload where that is more; and the most for each
    pair of workload and host: small problems end early, as more search finds nothing there. A
    hundred million evaluations take about a second.
    """

    QUICK = (30_000_000, 4_000, 500)
    STANDARD = (200_000_000, 20_000, 20_000)
    DEEP = (5_000_000_000, 500_000, 100_000)

    def budget(self, workloads: int, hosts: int) -> int:
        """Evaluations for a problem of a size."""
        most, each_workload, each_pair = self.value
        return min(max(most, each_workload * workloads), max(most // 20, each_pair * workloads * hosts))


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a solve ends before its work budget is spent.

    Attributes
    ----------
    time_s : float or None
        Safety net on wall time; where it fires, the result's ``reproducible`` is False.
    good_enough : int or None
        A cost at which the search ends, even where the bound is lower.
    """

    time_s: float | None = None
    good_enough: int | None = None


def solve(
    instance: Instance,
    effort: Effort | int = Effort.STANDARD,
    limits: Limits = Limits(),
    *,
    seed: int = 1,
    executor: Executor | None = None,
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
        Of the local search. Same instance, effort and seed give the same placement.
    executor : concurrent.futures.Executor of threads, optional
        Spreads the goals of the search over cores; the result is the same without.
    on_progress : callable, optional
        Called with (best cost, bound) at every improvement.
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
    ValueError
        When ``start`` is no valid plan of the instance.
    """
    started = time.monotonic()
    core = presolve(instance)
    if not (core.pinned < 0).any():
        done = Placement.initial(core, "nothing to place")
        return _finish(
            instance,
            core,
            done,
            None if core.unplaced else Bound(0, "nothing to place"),
            Termination.NOTHING_TO_PLACE,
            Budget(0),
            seed,
            started,
        )
    bound = best_bound(core)
    certificate: Certificate | None = None

    def expired() -> str | None:
        if should_stop is not None and should_stop():
            return "stop"
        if limits.time_s is not None and time.monotonic() - started > limits.time_s:
            return "time"
        return None

    # The first heuristic is a promise, not part of the budget: without it there is no plan.
    first = _first(core) if start is None else _started(instance, core, *start)
    limit = effort.budget(core.size, first.hosts) if isinstance(effort, Effort) else int(effort)
    budget = Budget(limit, expired)
    best: Placement | None = None

    def better(place: Placement) -> None:
        nonlocal best
        if best is None or place.rank() < best.rank():
            best = place
            if on_progress is not None:
                on_progress(best.cost, bound.value)

    def enough(place: Placement) -> bool:
        return place.missing == 0 and place.cost <= max(bound.value, limits.good_enough or 0)

    def tighter(proved: Bound, why: Certificate) -> None:
        nonlocal bound, certificate
        if proved.value > bound.value:
            bound, certificate = proved, why

    remark = ""

    def searched() -> None:
        nonlocal remark
        from calc.packing import search  # compiled code is loaded only where it is needed

        assert best is not None
        if not _columns_pay(core, budget.limit):
            search.improve(best, budget, enough, seed, better, bound.value, executor)
            return
        from calc.packing import dive
        from calc.packing.master import MasterError

        generation = dive.Generation(core, seed)
        # Linear programmes grow faster than plans: the more workloads, the later they begin, and end with something.
        first = share = max(_TURN, _SQUARE * core.size**2)
        for turn in itertools.count():  # by turns; one that helped is followed by a longer one
            before = best
            with budget.share(share):
                search.improve(best, budget, enough, seed + turn, better, bound.value, executor)
            share = 2 * share if best is not before else max(share // 2, _TURN)
            if best.missing or enough(best):
                return
            with budget.share(_COLUMNS * first << turn):
                try:
                    dive.improve(best, generation, budget, enough, better, tighter, dives=4 + turn)
                except MasterError as error:  # the plan is kept, and says that this part of the search is missing
                    remark = f" (column generation ended: {error or 'infeasible'})"
                    search.improve(best, budget, enough, seed + turn + 1, better, bound.value, executor)
                    return
            if enough(best):
                return

    termination = Termination.LOCAL_OPTIMUM
    better(first)
    try:
        for place in _portfolio(core, budget):
            if best is not None and enough(best):
                break
            better(place)
        # Where the hosts are proved to be too few, a search for a whole plan is in vain.
        if best is not None and not enough(best) and bound.name != IMPOSSIBLE:
            searched()
    except Cut:
        termination = {"work": Termination.WORK_LIMIT, "time": Termination.TIME_LIMIT, "stop": Termination.STOPPED}[
            budget.reason
        ]
    assert best is not None
    best.method += remark
    if enough(best):
        termination = Termination.OPTIMAL if best.cost <= bound.value else Termination.GOOD_ENOUGH
    return _finish(instance, core, best, bound, termination, budget, seed, started, certificate)


def _columns_pay(core: Core, limit: int) -> bool:
    """Whether column generation is worth its while: no fixed hosts, not too many workloads for the budget."""
    return not core.fixed and core.size <= _WHOLE and limit >= _LEAST * core.size


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
        raise ValueError(f"the plan to start from is not valid: {problems[0]} ({len(problems)} in all)")
    place = Placement.initial(core, "given plan")
    for kind in host_types[len(core.fixed) :]:
        place.open(int(kind))
    for item in np.flatnonzero(core.pinned < 0).tolist():
        place.put(item, int(assignment[core.members[item][0]]))
    place.drop_empty()
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
    budget: Budget,
    seed: int,
    started: float,
    certificate: Certificate | None = None,
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
        reproducible=termination not in (Termination.TIME_LIMIT, Termination.STOPPED),
        method=place.method,
        seed=seed,
        runtime_s=time.monotonic() - started,
        work=budget.spent,
        certificate=None if unplaced or certificate is None else _spread(core, certificate, instance.size),
    )

"""Plans that mix host models, with the least cost that survives failures.

What a failure costs is decided by the dearest host in use: without it, the others still hold
everything. So for each choice of the dearest model, cost >= cost of the failover state with the
models up to that one + that host + (k - 1) x the cheapest; the least of these is the bound. A plan
is made for each choice, quickly, and the best is made again with all effort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from calc.packing import IN_PROCESS, Bound, Effort, Engine, Instance
from calc.packing.bounds import IMPOSSIBLE, best_bound
from calc.packing.presolve import presolve
from calc.resilience import PoolPlan
from calc.surviving import after_failures, plan_pool


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """Models up to a dearest one, and what any plan that uses that one costs at least."""

    kinds: np.ndarray
    bound: Bound

    def of(self, instance: Instance) -> Instance:
        """The problem with these models only."""
        return replace(
            instance,
            capacities=instance.capacities[self.kinds],
            costs=instance.costs[self.kinds],
            counts=instance.counts[self.kinds],
        )


def plan_mixed(
    instance: Instance,
    failover_capacities: np.ndarray,
    failures: int,
    effort: Effort | int = Effort.STANDARD,
    *,
    seed: int = 1,
    engine: Engine = IN_PROCESS,
    remaining_s: Callable[[], float | None] = lambda: None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PoolPlan:
    """Plan one pool with several host types, of least cost.

    Parameters and result are those of `calc.surviving.plan_pool`; the bound is on the cost of any
    plan that survives the failures with any of the types.
    """

    def stopped() -> bool:
        return should_stop is not None and should_stop()

    def run(choice: _Choice, how: Effort | int, start: PoolPlan | None = None) -> PoolPlan:
        plan = plan_pool(
            choice.of(instance), failover_capacities[choice.kinds], failures, how, seed=seed, engine=engine,
            remaining_s=remaining_s, should_stop=should_stop, on_progress=on_progress, start=start,
        )  # fmt: skip
        return replace(plan, host_types=choice.kinds[plan.host_types])

    choices = _choices(instance, failover_capacities, failures)
    quick = Effort.QUICK if isinstance(effort, Effort) else effort
    best, chosen = run(choices[0], quick), choices[0]
    for choice in choices[1:]:
        settled = not best.unplaced and not _unproved(best)
        if (settled and choice.bound.value >= best.cost) or stopped():
            break  # no plan with this dearest host is cheaper, nor with a later one
        plan = run(choice, quick)
        if plan_order(plan) < plan_order(best):
            best, chosen = plan, choice
    if effort is not quick and not stopped() and best.cost > choices[0].bound.value:
        best = min(best, run(chosen, effort, best), key=plan_order)
    return replace(best, bound=None if best.unplaced else choices[0].bound)


def plan_order(plan: PoolPlan) -> tuple[int, bool, int, int]:
    """What orders plans of one problem: better plans sort first: more placed, failures survived, cheaper, fewer hosts."""
    return (len(plan.unplaced), _unproved(plan), plan.cost, len(plan.host_types))


def _unproved(plan: PoolPlan) -> bool:
    """Whether some failure is not survived: with hosts in short supply a dearer choice of models may survive it."""
    return plan.proof is not None and plan.proof.passed < plan.proof.cases


def _choices(instance: Instance, failover_capacities: np.ndarray, failures: int) -> list[_Choice]:
    """One for each cost that the dearest host may have, least bound first."""
    everything = np.arange(len(instance.costs))
    failed = replace(instance, capacities=failover_capacities)
    misfits = len(presolve(instance).unplaced)
    dearest = sorted(set(instance.costs.tolist())) if failures else [int(instance.costs.max())]
    found: list[_Choice] = []
    too_few: list[_Choice] = []
    for cost in dearest:
        kinds = everything[instance.costs <= cost]
        choice = _Choice(kinds, Bound(0, ""))
        core = presolve(choice.of(instance))
        if len(core.unplaced) > misfits:
            continue  # something needs a dearer host
        normal = best_bound(core)
        enough = normal.name != IMPOSSIBLE
        usable = kinds[instance.counts[kinds] != 0]
        if failures and len(usable):
            after = best_bound(presolve(_Choice(kinds, normal).of(failed)))
            value = after.value + cost + (failures - 1) * int(instance.costs[usable].min())
            enough = enough and after.name != IMPOSSIBLE
            if value > normal.value:
                normal = Bound(value, after_failures(after.name, failures))
        (found if enough else too_few).append(_Choice(kinds, normal))
    # Where the hosts there are do not suffice, nothing is proved about plans that place everything.
    return sorted(found or too_few, key=lambda choice: (choice.bound.value, len(choice.kinds)))

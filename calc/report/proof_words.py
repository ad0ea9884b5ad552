"""What proven means, and how far a plan can be found again, in words."""

from __future__ import annotations

from calc.assessment import Assessment
from calc.language import say
from calc.packing import Path
from calc.planning import Pool

#: From what any machine repeats to what none may.
_ORDER = (Path.WORK, Path.LINEAR, Path.CLOCK)


def search_path(pool: Pool) -> Path:
    """What the packing of a pool's plan went through: the least repeatable of its searches."""
    if not pool.plan.reproducible:
        return Path.CLOCK
    results = [result for result in (pool.plan.normal, pool.plan.failover) if result is not None]
    return max((result.path for result in results), key=_ORDER.index)


def search_paths(a: Assessment) -> dict[Path, list[str]]:
    """Pools by their search path, the most repeatable first."""
    found: dict[Path, list[str]] = {}
    for pool in a.pools:
        found.setdefault(search_path(pool), []).append(pool.name)
    return {path: found[path] for path in _ORDER if path in found}


def repeat_lines(a: Assessment) -> list[str]:
    """How far the plan can be found again: one sentence, or one for the pools of each path."""
    told = {
        Path.WORK: say("The search was bounded by work and used no linear programme: the same input and seed give this plan on any machine."),
        Path.LINEAR: say("The search was bounded by work and used linear programmes: the same input and seed give this plan on machines of one kind; on another kind the plan may differ, with a proof of its own."),
        Path.CLOCK: say("The search was cut short by the clock or by a request to stop: another run may find another plan. The bound holds all the same."),
    }  # fmt: skip
    found = search_paths(a)
    if len(found) == 1:
        return [told[path] for path in found]
    return [say("{pools}: {sentence}", pools=", ".join(pools), sentence=told[path]) for path, pools in found.items()]


def proven_lines(a: Assessment) -> list[str]:
    """What the words bound, gap, proven and certificate mean, as far as this plan uses them."""
    lines = [
        say("Bound: a number of hosts (or a cost) below which no plan can go, for these demands, host types and rules. It comes from arithmetic on demands and capacities in whole numbers, never from a search that found nothing better."),
        say("Gap: the distance of the plan from its bound, as a share of the plan: a better plan could save at most that. Proven optimal: the two are equal, so that no better plan exists."),
    ]  # fmt: skip
    results = [result for pool in a.pools for result in (pool.plan.normal, pool.plan.failover) if result is not None]
    if any(result.certificate is not None for result in results):
        lines.append(
            say("Certificate: where sums do not suffice, every workload is given a price, and it is proved how much the workloads on one host can be worth at most. The sum of the prices divided by that is a bound. Prices and maxima are kept in the saved assessment, so that anybody can divide again.")
        )  # fmt: skip
    lines.append(
        say("Check: a second program that shares nothing with the search read the finished placement and found every workload placed once or named as staying, every host within its capacity and every rule kept.")
    )  # fmt: skip
    return lines

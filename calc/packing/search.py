"""Local search that empties hosts: move what is on one host to the others, by insertion or swap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calc.packing.state import Budget, Placement

_SWAPS_TRIED = 40


def empty_hosts(
    place: Placement,
    budget: Budget,
    enough: Callable[[Placement], bool],
    rng: np.random.Generator,
    on_better: Callable[[Placement], None],
) -> Placement:
    """Close hosts until none can be emptied.

    Parameters
    ----------
    place : Placement
        Complete placement to start from.
    enough : callable
        Whether a placement is as good as can be (meets the bound).
    on_better : callable
        Called with each improvement, so that a cut keeps it.

    Returns
    -------
    Placement
    """
    sizes = _sizes(place)
    improved = True
    while improved and not enough(place) and place.hosts > 1:
        improved = False
        load = np.bincount(place.assignment, weights=sizes, minlength=place.hosts)
        value = np.array([float(place.core.costs[kind]) for kind in place.types])
        # Most money for the least load first: an empty-ish expensive host is the easiest saving.
        for victim in np.lexsort((np.arange(place.hosts), load / np.maximum(value, 1))):
            trial = place.copy()
            if _empty(trial, int(victim), sizes, budget, rng):
                trial.drop_empty()
                trial.method = f"{place.method.split(' + ')[0]} + emptying"
                place = trial
                on_better(place)
                improved = True
                break
    return place


def _sizes(place: Placement) -> np.ndarray:
    core = place.core
    share = core.demands / np.maximum(core.demands.sum(axis=1), 1)[:, None]
    scarce = core.demands.sum(axis=1) / np.maximum(core.capacities.max(axis=1), 1)
    return (scarce / max(scarce.max(), 1e-12)) @ share


def _empty(place: Placement, victim: int, sizes: np.ndarray, budget: Budget, rng: np.random.Generator) -> bool:
    """Move every item off a host, or say it cannot be done (the placement is then spoilt)."""
    items = np.flatnonzero(place.assignment == victim)
    for item in items[np.lexsort((items, -sizes[items]))].tolist():
        place.take(item)
        demand = place.core.demands[:, item]
        hosts = place.fitting(demand, budget)
        hosts = hosts[hosts != victim]
        if len(hosts):
            place.put(item, int(hosts[_tightest(place, hosts)]))
        elif not _swap_in(place, item, victim, sizes, budget, rng):
            return False
    return True


def _tightest(place: Placement, hosts: np.ndarray) -> int:
    scale = 1.0 / np.maximum(place.core.capacities.max(axis=1), 1)
    return int(np.argmin(scale @ place.free[:, hosts]))


def _swap_in(
    place: Placement, item: int, victim: int, sizes: np.ndarray, budget: Budget, rng: np.random.Generator
) -> bool:
    """Push a smaller item from some host to a third one, so that ``item`` takes its room."""
    core = place.core
    demand = core.demands[:, item]
    home = place.assignment
    budget.charge(2 * core.demands.size)
    possible = (home >= 0) & (home != victim) & (sizes < sizes[item])
    for dimension in range(len(demand)):
        possible &= place.free[dimension, home] + core.demands[dimension] >= demand[dimension]
    others = np.flatnonzero(possible)
    if len(others) > _SWAPS_TRIED:  # half the smallest, half drawn: small ones move easiest
        ordered = others[np.lexsort((others, sizes[others]))]
        drawn = rng.choice(ordered[_SWAPS_TRIED // 2 :], _SWAPS_TRIED // 2, replace=False)
        others = np.concatenate([ordered[: _SWAPS_TRIED // 2], np.sort(drawn)])
    for other in others.tolist():
        source = int(home[other])
        hosts = place.fitting(core.demands[:, other], budget)
        hosts = hosts[(hosts != victim) & (hosts != source)]
        if len(hosts):
            place.take(other)
            place.put(other, int(hosts[_tightest(place, hosts)]))
            place.put(item, source)
            return True
    return False

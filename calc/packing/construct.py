"""Constructive heuristics: item-centric first and best fit, host-centric dot product and L2.

References
----------
Panigrahy, Talwar, Uyeda and Wieder (2011), Heuristics for vector bin packing, Microsoft
Research; Mommessin, Erlebach and Shakhlevich (2025), Computers & Operations Research,
pii S0305054824003320.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calc.packing.presolve import Core
from calc.packing.state import Budget, Placement

#: Most items that host-centric filling looks at together.
_BLOCK = 10_000


def relative_sizes(core: Core, kind: int) -> np.ndarray:
    """Demand as a share of one host type's capacity, shape (K, n)."""
    return core.demands / np.maximum(core.capacities[:, kind, None], 1)


def weights(core: Core, kind: int) -> dict[str, np.ndarray]:
    """Dimension weights: equal, by how scarce a dimension is, and scarce ones only."""
    load = relative_sizes(core, kind).sum(axis=1)
    load = load / max(load.max(), 1e-12)
    return {"equal": np.ones(len(load)), "load": load, "tight": load**4}


def orders(core: Core, kind: int) -> dict[str, np.ndarray]:
    """Item orders, largest first by several measures; ties by index."""
    sizes = relative_sizes(core, kind)
    scarce = weights(core, kind)
    return {
        "sum": _descending(scarce["load"] @ sizes),
        "max": _descending(sizes.max(axis=0)),
        "tight": _descending(scarce["tight"] @ sizes),
        "square": _descending(scarce["load"] @ sizes**2),
    }


def _descending(measure: np.ndarray) -> np.ndarray:
    return np.lexsort((np.arange(len(measure)), -measure))


def item_centric(
    core: Core, order: np.ndarray, kinds: Sequence[int], budget: Budget, method: str, weight: np.ndarray | None = None
) -> Placement:
    """First fit (no weight) or best fit (least weighted room left) in a given order.

    ``kinds`` is the order in which types are opened: the first with a host left that fits.
    """
    place = Placement.empty(core, method)
    inverse = 1.0 / np.maximum(core.capacities.max(axis=1), 1)
    for item in order:
        demand = core.demands[:, item]
        hosts = place.fitting(demand, budget)
        if len(hosts):
            host = int(hosts[0]) if weight is None else int(hosts[np.argmin((weight * inverse) @ place.free[:, hosts])])
            place.put(item, host)
            continue
        for kind in kinds:
            if place.left(kind) > 0 and (demand <= core.capacities[:, kind]).all():
                place.put(item, place.open(kind))
                break
    return place


def host_centric(
    core: Core, kinds: Sequence[int], budget: Budget, method: str, weight: np.ndarray, score: str
) -> Placement:
    """Fill one host after the other with the item that scores best against its room.

    ``score`` is ``dot`` (largest weighted dot product of demand and room) or ``l2`` (least
    weighted distance between them).
    """
    from calc.packing import kernels  # compiled code is loaded only where first fit is not enough

    place = Placement.empty(core, method)
    demand = np.ascontiguousarray(core.demands.T)
    taken = np.zeros(len(demand), dtype=np.bool_)
    blocks = -(-len(demand) // _BLOCK)  # the work grows with the square: a large problem goes in blocks
    left = {kind: len(demand) if core.counts[kind] < 0 else int(core.counts[kind]) for kind in kinds}
    for block in range(blocks):
        waiting = np.arange(block, len(demand), blocks)
        for kind in kinds:
            capacity = np.ascontiguousarray(core.capacities[:, kind])
            share = demand / np.maximum(capacity, 1)
            while left[kind] and len(waiting):
                placed, spent = kernels.fill_host(demand, share, capacity, weight, score == "l2", waiting, taken)
                budget.charge(spent)
                if not placed:
                    break  # what waits fits no host of this type
                left[kind] -= 1
                host = place.open(kind)
                for item in waiting[taken[waiting]].tolist():
                    place.put(item, host)
                waiting = waiting[~taken[waiting]]
    return place


def downgrade(place: Placement) -> Placement:
    """Give every host the cheapest type that still holds what is on it."""
    core, out = place.core, place.copy()
    used = core.capacities[:, out.types] - out.free[:, : out.hosts]
    for host in np.argsort(used.sum(axis=0), kind="stable"):
        now = out.types[host]
        for kind in np.lexsort((np.arange(len(core.costs)), core.costs)):
            if core.costs[kind] >= core.costs[now]:
                break
            if out.left(int(kind)) > 0 and (used[:, host] <= core.capacities[:, kind]).all():
                out.types[host] = int(kind)
                out.free[:, host] = core.capacities[:, kind] - used[:, host]
                break
    return out

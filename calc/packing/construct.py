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

from calc.packing.presolve import Core, Groups
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
    """Orders of the items that are not pinned, largest first by several measures; ties by index."""
    sizes = relative_sizes(core, kind)
    loose = np.flatnonzero(core.pinned < 0)
    scarce = weights(core, kind)
    return {
        "sum": _descending(scarce["load"] @ sizes, loose),
        "max": _descending(sizes.max(axis=0), loose),
        "tight": _descending(scarce["tight"] @ sizes, loose),
        "square": _descending(scarce["load"] @ sizes**2, loose),
    }


def _descending(measure: np.ndarray, items: np.ndarray) -> np.ndarray:
    return items[np.lexsort((items, -measure[items]))]


def item_centric(
    core: Core, order: np.ndarray, kinds: Sequence[int], budget: Budget, method: str, weight: np.ndarray | None = None
) -> Placement:
    """First fit (no weight) or best fit (least weighted room left) in a given order.

    ``kinds`` is the order in which types are opened: the first with a host left that fits.
    """
    place = Placement.initial(core, method)
    inverse = 1.0 / np.maximum(core.capacities.max(axis=1), 1)
    for item in order:
        demand = core.demands[:, item]
        hosts = place.fitting(int(item), budget)
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
    from calc.packing.kernels import filling  # compiled code is loaded only where first fit is not enough

    place = Placement.initial(core, method)
    demand, groups = np.ascontiguousarray(core.demands.T), core.groups
    shares = {kind: demand / np.maximum(core.capacities[:, kind], 1) for kind in {*kinds, *core.fixed}}
    held = np.zeros(len(groups.limit), dtype=np.int64)
    heads, copies = _alike(demand, groups, core.pinned)

    def fill(host: int | None, kind: int, part: np.ndarray) -> bool:
        """Fill an open host, or a new one; whether anything was put there."""
        capacity = np.ascontiguousarray(core.capacities[:, kind])
        free = capacity.copy() if host is None else np.ascontiguousarray(place.free[:, host])
        for item in () if host is None else np.flatnonzero(place.assignment == host).tolist():
            for group, number in groups.of_item(item):
                held[group] += number
        taken, spent = filling.fill_host(
            demand, shares[kind], capacity, free, weight, score == "l2", heads[part], copies[part], groups.limit,
            groups.start, groups.group, groups.weight, held,
        )  # fmt: skip
        held[:] = 0
        budget.charge(spent)
        used = np.flatnonzero(taken)
        if not len(used):
            return False
        host = place.open(kind) if host is None else host
        for alike, number in zip(part[used].tolist(), taken[used].tolist(), strict=True):
            for item in range(heads[alike], heads[alike] + number):
                place.put(item, host)
            heads[alike] += number
            copies[alike] -= number
        return True

    everything = np.arange(len(heads))
    for host, kind in enumerate(core.fixed):
        fill(host, kind, everything[copies > 0])
    left = {kind: core.size if core.counts[kind] < 0 else int(core.counts[kind]) for kind in kinds}
    blocks = -(-len(heads) // _BLOCK)  # the work grows with the square: a large problem goes in blocks
    for block in range(blocks):
        part = everything[block::blocks]
        for kind in kinds:
            while left[kind]:
                part = part[copies[part] > 0]
                if not len(part) or not fill(None, kind, part):
                    break  # nothing waits that fits a host of this type
                left[kind] -= 1
    return place


def _alike(demand: np.ndarray, groups: Groups, pinned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First item and number of each run that is alike: same demand, in no group; none for pinned ones."""
    single = (np.diff(groups.start) > 0) | (pinned >= 0)
    differs = (demand[1:] != demand[:-1]).any(axis=1) | single[1:] | single[:-1]
    heads = np.concatenate(([0], np.flatnonzero(differs) + 1))
    copies = np.diff(np.concatenate((heads, [len(demand)])))
    loose = pinned[heads] < 0
    return heads[loose], copies[loose]


def downgrade(place: Placement) -> Placement:
    """Give every host the cheapest type that still holds what is on it."""
    core, out = place.core, place.copy()
    used = core.capacities[:, out.types] - out.free[:, : out.hosts]
    for host in np.argsort(used.sum(axis=0), kind="stable").tolist():
        if host < len(core.fixed):
            continue
        now = out.types[host]
        for kind in np.lexsort((np.arange(len(core.costs)), core.costs)):
            if core.costs[kind] >= core.costs[now]:
                break
            if out.left(int(kind)) > 0 and (used[:, host] <= core.capacities[:, kind]).all():
                out.types[host] = int(kind)
                out.free[:, host] = core.capacities[:, kind] - used[:, host]
                break
    return out

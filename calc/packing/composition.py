"""Which hosts to aim for: numbers of each type within a cost, with as much room as it can buy."""

from __future__ import annotations

import numpy as np

from calc.packing import construct
from calc.packing.bounds import FAMILIES, Columns, Row
from calc.packing.instance import UNLIMITED
from calc.packing.presolve import Core
from calc.packing.state import Budget, Placement

_NODES = 500
#: Shares of the way from the best cost down to the bound that are aimed at.
_AMBITIONS = (1, 1 / 2, 1 / 4, 1 / 8)


class Compositions:
    """Aims for a problem with several host types."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.columns = Columns.of(core)
        self.rows: list[Row] = [row for family in FAMILIES.values() for row in family(self.columns)]
        self.usable = np.flatnonzero(core.counts != 0)

    def within(self, cost: int) -> np.ndarray | None:
        """Numbers of each type that cost no more and leave the most room; None when none is enough.

        An integer programme: maximise the least ratio of capacity to demand over the dimensions,
        subject to every argument that the bounds know.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        own = len(self.usable)
        real = len(self.core.demands)
        total = self.columns.demands[:real].sum(axis=1)
        tight = np.flatnonzero(total)
        room = np.column_stack([self.columns.capacities[tight] / total[tight, None], -np.ones(len(tight))])
        needs = np.array([np.append(row.per_host / row.need, 0.0) for row in self.rows if row.need > 0])
        price = np.append(self.columns.costs / max(cost, 1), 0.0)
        limit = np.where(self.columns.counts == UNLIMITED, np.inf, self.columns.counts.astype(float))
        found = milp(
            np.append(np.zeros(len(limit)), -1.0),
            integrality=np.append(np.ones(len(limit)), 0),
            bounds=Bounds(
                np.append(np.zeros(own), np.append(np.ones(len(limit) - own), 1.0)), np.append(limit, np.inf)
            ),
            constraints=[
                LinearConstraint(room, 0, np.inf),
                LinearConstraint(np.unique(needs, axis=0), 1 - 1e-6, np.inf),
                LinearConstraint(price, -np.inf, 1),
            ],
            options={"node_limit": _NODES, "mip_rel_gap": 1e-3},
        )
        if found.x is None:
            return None
        counts = np.zeros(len(self.core.counts), dtype=np.int64)
        counts[self.usable] = np.round(found.x[:own]).astype(np.int64)
        return counts if int((counts * self.core.costs).sum()) <= cost else None

    def aims(self, best: int, bound: int, budget: Budget) -> list[Placement]:
        """For several costs between the bound and the best, what fits onto the hosts that they buy."""
        found: dict[tuple[int, ...], Placement] = {}
        for share in _AMBITIONS:
            counts = self.within(min(best - 1, int(best - share * (best - bound))))
            if counts is None or tuple(counts) in found:
                continue
            largest = np.lexsort((np.arange(len(counts)), -self._size())).tolist()
            kinds = [kind for kind in largest if counts[kind]]
            part = _with_counts(self.core, counts)
            weight = construct.weights(part, kinds[0])["load"] if kinds else np.ones(len(part.demands))
            place = construct.host_centric(part, kinds, budget, "host-centric l2 (load)", weight, "l2")
            for kind in kinds:  # hosts that were not needed yet
                for _ in range(int(place.left(kind))):
                    place.open(kind)
            place.core = self.core
            found[tuple(counts)] = place
        return list(found.values())

    def _size(self) -> np.ndarray:
        scale = np.maximum(self.core.capacities.max(axis=1), 1)[:, None]
        return (self.core.capacities / scale).sum(axis=0)


def _with_counts(core: Core, counts: np.ndarray) -> Core:
    return Core(
        core.demands, core.capacities, core.costs, counts, core.groups, core.pinned, core.fixed, core.members,
        core.unplaced,
    )  # fmt: skip

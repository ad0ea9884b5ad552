"""Pieces of a large problem: some hosts and what they hold, packed anew on fewer or cheaper ones.

Where a pool is too large for column generation as a whole, it pays on a few hosts at a time. The subsets of one round share
no host, so that what is gained on each adds up, and they can be looked at side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calc.packing.bounds import best_bound
from calc.packing.instance import UNLIMITED
from calc.packing.presolve import Core, part
from calc.packing.result import Bound
from calc.packing.rounds import Piece, State, pays_whole
from calc.packing.state import Plan

#: Hosts of a subset, and about how many items on them. Of 25 hosts with 100 items no subset could lose a host in trials, as
#: the room to spare is spread over all; with 400 items one or two of four did.
_FEWEST, _MOST, _ITEMS = 8, 150, 300
#: Subsets of a round; evaluations of each at least, so that columns can be generated, and at most: about four seconds.
_PIECES, _LEAST_WORK, _MOST_WORK = 4, 50_000_000, 400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """Some hosts of a plan as a problem of its own.

    Attributes
    ----------
    hosts, items : ndarray of int
        Hosts of the plan and the items on them, ascending.
    core : Core
    plan : Plan
        What the hosts hold now, in the subset's own numbers.
    least : Bound
        No plan of the subset costs less.
    """

    hosts: np.ndarray
    items: np.ndarray
    core: Core
    plan: Plan
    least: Bound

    @property
    def cost(self) -> int:
        """Cost of the hosts."""
        return int(self.core.costs[list(self.plan.types)].sum())


def choose(core: Core, plan: Plan, number: int, seed: int) -> list[np.ndarray]:
    """Disjoint sets of hosts: in each the least filled that are left, and as many others at random.

    Room for a host less has to come together somewhere: so the least filled come first, and the first set has most.

    Parameters
    ----------
    number : int
        Sets wanted; fewer where the plan has too few hosts.

    Returns
    -------
    list of ndarray of int
        Of 8 to 100 hosts each; none of them fixed.
    """
    loose = np.arange(len(core.fixed), len(plan.types))
    if len(loose) < _FEWEST or not core.size:
        return []
    each = int(np.clip(_ITEMS * len(plan.types) // core.size, _FEWEST, _MOST))
    capacity = core.capacities[:, list(plan.types)]
    load = np.zeros(capacity.shape, dtype=np.int64)
    placed = np.flatnonzero(plan.assignment >= 0)
    for row, demand in zip(load, core.demands, strict=True):
        np.add.at(row, plan.assignment[placed], demand[placed])
    free = ((capacity - load) / np.maximum(capacity, 1)).mean(axis=0)
    left = loose[np.lexsort((loose, -free[loose]))].tolist()
    rng = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    while len(found) < number and len(left) >= _FEWEST:
        size = min(each, len(left))
        emptiest, rest = left[: size - size // 2], left[size - size // 2 :]
        others = sorted(rng.choice(len(rest), size // 2, replace=False).tolist())
        found.append(np.array(sorted([*emptiest, *(rest[index] for index in others)])))
        taken = set(found[-1].tolist())
        left = [host for host in left if host not in taken]
    return found


def cut_out(core: Core, plan: Plan, hosts: np.ndarray) -> Subset:
    """The problem of some hosts: their items, on hosts of types that are not in use elsewhere."""
    items = np.flatnonzero(np.isin(plan.assignment, hosts))
    number = np.full(len(plan.types), -1, dtype=np.int64)
    number[hosts] = np.arange(len(hosts))
    elsewhere = np.bincount(
        np.delete(np.array(plan.types), [*range(len(core.fixed)), *hosts.tolist()]), minlength=len(core.costs)
    )
    counts = np.where(core.counts == UNLIMITED, UNLIMITED, core.counts - elsewhere)
    sub = part(core, items, counts)
    inner = Plan(number[plan.assignment[items]], tuple(plan.types[host] for host in hosts), plan.method)
    return Subset(hosts, items, sub, inner, best_bound(sub))


def put_back(core: Core, plan: Plan, better: Sequence[tuple[Subset, Plan]]) -> Plan:
    """The plan with some subsets packed anew; the other hosts keep their order, new ones follow."""
    gone = np.zeros(len(plan.types), dtype=bool)
    for subset, _ in better:
        gone[subset.hosts] = True
    kept = np.flatnonzero(~gone)
    number = np.full(len(plan.types), -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    assignment = np.where(plan.assignment >= 0, number[plan.assignment], -1)
    types = [plan.types[host] for host in kept]
    for subset, found in better:
        assignment[subset.items] = found.assignment + len(types)
        types += found.types
    return Plan(assignment, tuple(types), f"{plan.method.split(' + ')[0]} + subsets of hosts")


def pieces(piece: Piece, seed: int) -> list[tuple[Subset, Piece]]:
    """What one round of subsets consists of: those that a better plan is not excluded for by their bound.

    Parameters
    ----------
    piece : Piece
        With the state of the whole problem, whose work left is shared out.

    Returns
    -------
    list of (Subset, Piece)
        Empty where the problem is small enough to be looked at as a whole, or too little work is left.
    """
    core, state = piece.core, piece.state
    number = int(min(_PIECES, (piece.limit - state.spent) // _LEAST_WORK))
    if pays_whole(core) or number < 1 or (state.plan.assignment < 0).any():
        return []
    work = min(_MOST_WORK, (piece.limit - state.spent) // number)
    found: list[tuple[Subset, Piece]] = []
    for index, hosts in enumerate(choose(core, state.plan, number, seed)):
        one = cut_out(core, state.plan, hosts)
        if one.least.value < one.cost:
            inner = State(one.plan, one.least)
            found.append((one, Piece(one.core, inner, seed + 1 + index, work, 0, piece.until)))
    return found


def joined(state: State, core: Core, answers: Sequence[tuple[Subset, State]]) -> State:
    """The state after a round of subsets: what got better is put back, and all work is charged."""
    better = [
        (part, answer.plan)
        for part, answer in answers
        if int(core.costs[list(answer.plan.types)].sum()) < part.cost and not (answer.plan.assignment < 0).any()
    ]
    cut = next((answer.ended for _, answer in answers if answer.ended in ("stop", "time")), "")
    spent = state.spent + sum(answer.spent for _, answer in answers)
    linear = state.linear or any(answer.linear for _, answer in answers)
    state = replace(state, spent=spent, linear=linear, ended=state.ended or cut)
    return replace(state, plan=put_back(core, state.plan, better), local=None) if better else state

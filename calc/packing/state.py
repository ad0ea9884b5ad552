"""A placement under construction, with its free capacity and the work spent on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from calc.packing.instance import UNLIMITED
from calc.packing.presolve import Core

#: Cost of one vector operation beside its elements, in elementary evaluations: what numpy's call
#: overhead is worth. It makes the budget follow time on small problems too.
_CALL = 300
#: From this many dimensions on a demand is compared with whole columns.
_MANY = 8


class Cut(Exception):
    """The budget, the clock or the caller says stop."""


class Pause(Cut):
    """The share of the budget that a part of the search was given is spent."""


@dataclass(slots=True)
class Budget:
    """Work allowed and spent, in elementary evaluations."""

    limit: int
    expired: Callable[[], str | None] = lambda: None
    spent: int = 0
    reason: str = ""
    pause: int | None = None

    @contextmanager
    def share(self, evaluations: int) -> Iterator[None]:
        """Let what runs inside spend no more than this; it then ends quietly."""
        self.pause = self.spent + evaluations
        try:
            yield
        except Pause:
            pass
        finally:
            self.pause = None

    def charge(self, elements: int) -> None:
        """Spend the work of one vector operation.

        Raises
        ------
        Cut
            When nothing is left, or the caller's check says so.
        Pause
            When the share under way is spent.
        """
        self.spent += elements + _CALL
        if self.spent > self.limit:
            self.reason = "work"
            raise Cut
        reason = self.expired()
        if reason:
            self.reason = reason
            raise Cut
        if self.pause is not None and self.spent > self.pause:
            raise Pause


@dataclass(slots=True)
class Placement:
    """Hosts, what is on them and what is free.

    Attributes
    ----------
    assignment : ndarray of int64, shape (n,)
    types : list of int
    free : ndarray of int64, shape (K, room)
        Dimension-major, with spare columns so that opening a host does not copy.
    """

    core: Core
    assignment: np.ndarray
    types: list[int] = field(default_factory=list)
    free: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    method: str = ""

    @classmethod
    def initial(cls, core: Core, method: str) -> Placement:
        """The fixed hosts with what stays on them, and nothing else."""
        place = cls(
            core, np.full(core.size, -1, dtype=np.int64), [], np.zeros((len(core.demands), 16), np.int64), method
        )
        for kind in core.fixed:
            place.open(kind)
        for item in np.flatnonzero(core.pinned >= 0):
            place.put(int(item), int(core.pinned[item]))
        return place

    def copy(self) -> Placement:
        """An independent copy."""
        return Placement(self.core, self.assignment.copy(), list(self.types), self.free.copy(), self.method)

    @property
    def hosts(self) -> int:
        """Number of open hosts."""
        return len(self.types)

    @property
    def cost(self) -> int:
        """Summed cost of the open hosts; fixed ones cost nothing."""
        return int(sum(int(self.core.costs[kind]) for kind in self.types[len(self.core.fixed) :]))

    @property
    def missing(self) -> int:
        """Number of items without a host."""
        return int((self.assignment < 0).sum())

    def rank(self) -> tuple[int, int, int]:
        """Better placements sort first: more placed, cheaper, fewer hosts."""
        return (self.missing, self.cost, self.hosts)

    def open(self, kind: int) -> int:
        """Open a host of a type; returns its number."""
        number = len(self.types)
        if number == self.free.shape[1]:
            self.free = np.hstack([self.free, np.zeros_like(self.free)])
        self.types.append(kind)
        self.free[:, number] = self.core.capacities[:, kind]
        return number

    def put(self, item: int, host: int) -> None:
        """Place an item."""
        self.assignment[item] = host
        self.free[:, host] -= self.core.demands[:, item]

    def take(self, item: int) -> None:
        """Remove an item from its host."""
        self.free[:, self.assignment[item]] += self.core.demands[:, item]
        self.assignment[item] = -1

    def fitting(self, item: int, budget: Budget) -> np.ndarray:
        """Open hosts with room for an item in every dimension and group."""
        count, demand = len(self.types), self.core.demands[:, item]
        budget.charge(count * len(demand))
        fits = self.free[0, :count] >= demand[0]
        if len(demand) > _MANY:  # few hosts pass the first dimensions: look at the others there only
            hosts = np.flatnonzero(fits)
            hosts = hosts[(self.free[:, hosts] >= demand[:, None]).all(axis=0)]
        else:
            for dimension in range(1, len(demand)):
                fits &= self.free[dimension, :count] >= demand[dimension]
            hosts = np.flatnonzero(fits)
        for group, weight in self.core.groups.of_item(item):
            hosts = hosts[self.held(group)[hosts] + weight <= self.core.groups.limit[group]]
        return hosts

    def held(self, group: int) -> np.ndarray:
        """Members of a group on each host."""
        members, weights = self.core.groups.members(group)
        placed = self.assignment[members] >= 0
        held = np.zeros(len(self.types), dtype=np.int64)
        np.add.at(held, self.assignment[members[placed]], weights[placed])
        return held

    def left(self, kind: int) -> float:
        """How many more hosts of a type can be opened."""
        limit = int(self.core.counts[kind])
        return float("inf") if limit == UNLIMITED else limit - self.types[len(self.core.fixed) :].count(kind)

    def drop_empty(self) -> None:
        """Close hosts that hold nothing, but for the fixed ones, and number the others anew."""
        used = np.union1d(np.arange(len(self.core.fixed)), self.assignment[self.assignment >= 0])
        renumber = np.full(len(self.types) + 1, -1, dtype=np.int64)
        renumber[used] = np.arange(len(used))
        self.assignment = np.where(self.assignment >= 0, renumber[self.assignment], -1)
        self.free = np.hstack([self.free[:, used], np.zeros((len(self.free), 4), dtype=np.int64)])
        self.types = [self.types[host] for host in used]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A placement without its problem.

    Attributes
    ----------
    assignment : ndarray of int64, shape (n',)
    types : tuple of int
    method : str
    """

    assignment: np.ndarray
    types: tuple[int, ...]
    method: str

    @classmethod
    def of(cls, place: Placement) -> Plan:
        """What a placement consists of."""
        return cls(place.assignment.copy(), tuple(place.types), place.method)

    def on(self, core: Core) -> Placement:
        """The placement again."""
        place = Placement.initial(core, self.method)
        for kind in self.types[len(core.fixed) :]:
            place.open(kind)
        placed = np.flatnonzero((self.assignment >= 0) & (core.pinned < 0))
        for row, demand in zip(place.free, core.demands, strict=True):
            np.subtract.at(row, self.assignment[placed], demand[placed])
        place.assignment = self.assignment.copy()
        return place

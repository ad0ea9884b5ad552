"""What a solve returns, with solution, optimality, reason for stopping and bound kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np


class Termination(Enum):
    """Why the search stopped."""

    OPTIMAL = "the bound was met"
    GOOD_ENOUGH = "the cost asked for was reached"
    WORK_LIMIT = "the work budget was spent"
    LOCAL_OPTIMUM = "the search found nothing more to try"
    TIME_LIMIT = "the safety time limit fired"
    STOPPED = "stopped on request"
    OWN_SOLVER = "the caller's own solver ended"
    NOTHING_TO_PLACE = "no workload can be placed"


class Path(Enum):
    """What a search went through, which says how far its result can be repeated."""

    WORK = "bounded by work, without linear programmes: the same in any process"
    LINEAR = "bounded by work, with linear programmes: the same on machines of one kind"
    CLOCK = "cut by the clock or a request to stop: may differ from run to run"


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A workload that fits no host, and the dimension that stops it."""

    item: int
    dimension: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A proven lower bound on the cost, and the argument that proves it."""

    value: int
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """Why no placement costs less: prices of workloads, and the most that one host can hold of them.

    With prices p >= 0 and, for each type t, ``most[t]`` >= the price of anything that fits a host
    of t, cost >= max over q > 0 of sum(p) / q - sum over limited t of n_t max(0, most_t / q - c_t),
    where q >= most_t / c_t for every type that there is any number of: multiply each covering
    condition by p / q and sum.

    Attributes
    ----------
    prices : ndarray of int64, shape (n,)
        Of the instance's workloads; those merged by affinity carry their price together, on the first.
    most : tuple of int
        Proved largest sum of prices on a host of each type; 0 for a type of which there is none.
    """

    prices: np.ndarray
    most: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A placement and what is known about it.

    Attributes
    ----------
    assignment : ndarray of int64, shape (n,)
        Host of each workload, -1 when unplaced.
    host_types : ndarray of int64, shape (m,)
        Type of each opened host.
    cost : int
    unplaced : tuple of Unplaced
    bound : Bound or None
        None when something is unplaced: a bound on a part says nothing about the whole.
    termination : Termination
    path : Path
    method : str
        Heuristic and search that found the placement.
    seed : int
    runtime_s : float
    work : int
        Elementary evaluations spent.
    certificate : Certificate or None
        What re-proves the bound, where column generation proved it.
    """

    assignment: np.ndarray
    host_types: np.ndarray
    cost: int
    unplaced: tuple[Unplaced, ...]
    bound: Bound | None
    termination: Termination
    path: Path
    method: str
    seed: int
    runtime_s: float
    work: int
    certificate: Certificate | None = None

    @property
    def reproducible(self) -> bool:
        """False when wall time or a stop request cut the search short."""
        return self.path is not Path.CLOCK

    @property
    def hosts(self) -> int:
        """Number of opened hosts."""
        return len(self.host_types)

    @property
    def has_solution(self) -> bool:
        """Whether every workload is placed."""
        return not self.unplaced

    @property
    def is_optimal(self) -> bool:
        """Whether the cost equals the bound."""
        return self.bound is not None and self.cost == self.bound.value

    @property
    def gap(self) -> Fraction | None:
        """(cost - bound) / cost, or None without a bound."""
        if self.bound is None:
            return None
        return Fraction(self.cost - self.bound.value, self.cost) if self.cost else Fraction(0)

"""What a caller may choose: how much work, where it ends, what searches and where."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import Enum

import numpy as np

from calc.language import stored
from calc.packing.instance import Instance

#: A packer of the caller's own: from an instance to (host of each workload, type of each host).
Solver = Callable[[Instance], tuple[np.ndarray, np.ndarray]]


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


#: The work budget alone.
NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Engine:
    """What searches, and where.

    Attributes
    ----------
    executor : concurrent.futures.Executor or None
        Runs the rounds of several restarts side by side; the result is the same without.
    restarts : int
        Lines of search with seeds of their own, each with the whole work budget. After every round all go on from
        the best of them.
    solver : callable or None
        Packs instead of this package's search: from an `Instance` to (assignment, host_types) as a `Result` holds
        them. Its plan is checked; the bound stays this package's.
    """

    executor: Executor | None = None
    restarts: int = 1
    solver: Solver | None = None

    def __post_init__(self) -> None:
        if self.restarts < 1:
            raise ValueError(stored("restarts is {restarts}: at least 1", restarts=self.restarts))


#: One line of search, in this process.
IN_PROCESS = Engine()

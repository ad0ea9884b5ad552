"""The plan of each pool, with the host model or the mix of models that costs least.

The catalogue's money enters packing as coefficients; packing itself knows none.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calc.costs.case import PoolFacts, pool_facts
from calc.costs.guest_terms import licence_coefficient
from calc.costs.sides import host_coefficient, load_coefficient
from calc.demand import Demand, capacity
from calc.executor import in_order
from calc.language import joined, stored
from calc.mixing import plan_mixed, plan_order
from calc.model import HostType
from calc.packing import UNLIMITED, Bound, Effort, Engine, Instance, Solver
from calc.packing.bounds import best_bound
from calc.packing.presolve import presolve
from calc.packing.restarts import seed_of
from calc.planning import Limits, Pool, Task, groups_within, part_of, rows_of_pools, share_hosts
from calc.resilience import PoolPlan
from calc.scenario import Scenario
from calc.surviving import after_failures, plan_pool
from calc.units import MINOR_UNITS

_MIX = "mixing host models"
#: Above this many workloads a pool's restarts are spread, not the pool: it would keep one worker busy alone.
_LARGE = 5_000


def plan_pools(
    demand: Demand,
    hosts: tuple[HostType, ...],
    scenario: Scenario,
    limits: Limits,
    executor: Executor | None = None,
    solver: Solver | None = None,
    planner: Callable[..., Pool] | None = None,
) -> list[Pool]:
    """Plan every pool of workloads that may move.

    With the one-model policy the pool takes the host model whose plan places the most workloads
    and, of those, has the least present value; models whose bound is already dearer than the
    best plan are not packed.

    Parameters
    ----------
    executor : concurrent.futures.Executor, optional
        Plans the pools side by side; a pool that is alone or large has its restarts run side by side instead. The
        plan is the same without.
    solver : callable, optional
        Packs instead of this package's search (`calc.packing.Solver`).
    planner : callable, optional
        Plans a pool as `plan_task`, the default, does: the same parameters, picklable.
    """
    planner = planner or plan_task
    until = None if limits.time_limit_s is None else time.time() + limits.time_limit_s
    effort: Effort | int = limits.iteration_limit or Effort[scenario.effort.upper()]
    parts = rows_of_pools(demand)
    total = max(1, sum(len(rows) for rows in parts.values()))
    done = 0

    def task(name: str) -> Task:
        part = part_of(demand, parts[name], groups.get(name, {}))
        return Task(name, part, usable[name], scenario, effort, limits.restarts, solver, until)

    def here(one: Task, executor: Executor | None = None) -> Pool:
        def tell(share: float, message: str) -> None:
            if limits.on_progress is not None:
                limits.on_progress((done + share * len(one.demand.table)) / total, f"{one.name}: {message}")

        return planner(one, executor, limits.should_stop, tell, limits.on_closing)

    groups, usable = groups_within(demand, parts), share_hosts(demand, parts, hosts)
    large = [name for name in parts if len(parts) == 1 or (limits.restarts > 1 and len(parts[name]) > _LARGE)]
    small = [name for name in parts if name not in large]
    found: dict[str, Pool] = {}

    def keep(name: str, pool: Pool) -> None:
        nonlocal done
        found[name] = replace(pool, rows=parts[name])
        done += len(pool.rows)
        if executor is not None and limits.on_progress is not None:
            limits.on_progress(done / total, stored("{pool} is planned", pool=name))

    for name in large:
        keep(name, here(task(name), executor))
    work = in_order(
        executor, here if executor is None else planner, map(task, small), should_stop=limits.should_stop,
        otherwise=here,
    )  # fmt: skip
    for name, pool in zip(small, work, strict=True):
        keep(name, pool)
    return [found[name] for name in parts]


def plan_task(
    task: Task,
    executor: Executor | None = None,
    should_stop: Callable[[], bool] | None = None,
    tell: Callable[[float, str], None] = lambda share, message: None,
    on_closing: Callable[[str, int, int], None] | None = None,
) -> Pool:
    """Plan one pool.

    Parameters
    ----------
    task : Task
    executor, should_stop, tell, on_closing : optional
        Only where this runs in the caller's process.

    Returns
    -------
    Pool
        Its rows are positions in the task's own demand.
    """
    search = _Search(task, Engine(executor, task.restarts, task.solver), should_stop, tell, on_closing)
    pool = search.one_model()
    if task.scenario.host_policy == "mixed":
        pool = search.mixed(pool)
    # Another run may find another plan where a request to stop cut this one short.
    plan = replace(pool.plan, reproducible=False) if search.cut else pool.plan
    return replace(pool, plan=plan, closing=tuple(search.closing))


@dataclass(frozen=True, slots=True, eq=False)
class PoolLoad:
    """What the present value of a pool's hosts rests on, beside their number.

    Attributes
    ----------
    facts : PoolFacts
        For the licences.
    mean_units : float
        Mean CPU use of its workloads, in compute units.
    """

    facts: PoolFacts
    mean_units: float

    @classmethod
    def of(cls, name: str, rows: np.ndarray, demand: Demand) -> PoolLoad:
        """The load of some workloads, rows of the demand table."""
        return cls(pool_facts(name, rows, (), demand), float(demand.table["cpu_mean_units"].iloc[rows].sum()))

    def value(self, host: HostType, hosts: int, scenario: Scenario) -> float:
        """Present value of so many hosts of one model under this load: by it host models are judged."""
        running = hosts * host_coefficient(host, scenario) + self.mean_units * load_coefficient(host, scenario)
        return running + licence_coefficient(self.facts, host, hosts, scenario)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """One host model before it is packed: workloads that fit none of it, and the present value by its bound."""

    stuck: int
    value: float
    host: HostType
    instance: Instance
    failover: np.ndarray

    @property
    def order(self) -> tuple[int, float, str]:
        """The most promising first."""
        return self.stuck, self.value, self.host.id


class _Search:
    """The search for one pool's plan: what it is asked, and how it closed in."""

    def __init__(
        self,
        task: Task,
        engine: Engine,
        should_stop: Callable[[], bool] | None,
        tell: Callable[[float, str], None],
        on_closing: Callable[[str, int, int], None] | None,
    ) -> None:
        self.task, self.engine, self.should_stop = task, engine, should_stop
        self.tell, self.on_closing = tell, on_closing
        # A pool's search depends on its name, not on which pools there are beside it.
        self.seed = seed_of(task.scenario.seed, zlib.crc32(task.name.encode()))
        self.rows = np.arange(len(task.demand.table))
        self.load = PoolLoad.of(task.name, self.rows, task.demand)
        self.considered: dict[str, float] = {}
        self.closing: list[tuple[float, str, int, int]] = []
        self.cut = False  # a request to stop left something out
        self._began = time.monotonic()

    def one_model(self) -> Pool:
        """The pool on the host model whose plan places the most workloads and, of those, has the least present value."""
        candidates = sorted(map(self._candidate, self.task.hosts), key=lambda candidate: candidate.order)
        full = self.task.effort
        # Models are judged at quick effort; the one chosen is then packed with all of it.
        quick = full if isinstance(full, int) else Effort.QUICK
        best: tuple[tuple[int, float, str], _Candidate, Pool] | None = None
        for index, candidate in enumerate(candidates):
            if best is not None and candidate.order[:2] >= best[0][:2]:
                break  # the bound alone is no better than a finished plan, and later ones are worse
            if best is not None and self._stopped():
                self.cut = True
                break
            self.tell(index / len(candidates), stored("packing onto {name}", name=candidate.host.name))
            best = self._better(best, candidate, index / len(candidates), quick)
        assert best is not None
        _, chosen, pool = best
        if pool.plan.bound is not None and pool.plan.cost > pool.plan.bound.value and full is not quick:
            if self._stopped():
                self.cut = True
            else:
                _, _, pool = self._better(best, chosen, 0.9, full)
        return pool

    def mixed(self, one: Pool) -> Pool:
        """The pool on a mix of models, or as it is on one model where that costs no more."""
        task = self.task
        # Oracle alone is linear in hosts: what the others cost depends on how many there are in the end.
        oracle = replace(self.load.facts, sql_vcpus=(), rhel_guests=0)
        costs = [
            round(
                (
                    (0.0 if host.role == "existing" else host_coefficient(host, task.scenario))
                    + licence_coefficient(oracle, host, 1, task.scenario)
                )
                * MINOR_UNITS
            )
            for host in task.hosts
        ]
        instance, failover = _problem(task, task.hosts, costs)
        self.tell(0.9, _MIX)
        failures = task.scenario.failover_hosts
        plan = plan_mixed(instance, failover, failures, task.effort, **self._controls(_MIX, 0.9))
        return _cheaper(one, plan, task.hosts, instance, failover, task.scenario)

    def _candidate(self, host: HostType) -> _Candidate:
        instance, failover = _problem(self.task, (host,), [1])
        hosts, stuck = _estimate(instance, failover, self.task.scenario.failover_hosts)
        return _Candidate(stuck, self._value(host, hosts), host, instance, failover)

    def _value(self, host: HostType, hosts: int) -> float:
        """What so many hosts of a model are worth to the pool; noted for the page that compares models."""
        value = self.considered[host.id] = self.load.value(host, hosts, self.task.scenario)
        return value

    def _better(
        self,
        best: tuple[tuple[int, float, str], _Candidate, Pool] | None,
        candidate: _Candidate,
        share: float,
        effort: Effort | int,
    ) -> tuple[tuple[int, float, str], _Candidate, Pool]:
        """The best so far or the plan on this candidate; as good, with more effort: perhaps with a better bound."""
        task, host = self.task, candidate.host
        plan = plan_pool(
            candidate.instance, candidate.failover, task.scenario.failover_hosts, effort,
            **self._controls(host.name, share),
        )  # fmt: skip
        key = (len(plan.unplaced), self._value(host, len(plan.host_types)), host.id)
        if best is not None and key > best[0]:
            return best
        pool = Pool(
            name=task.name,
            rows=self.rows,
            types=(host,),
            capacities=candidate.instance.capacities,
            failover_capacities=candidate.failover,
            dimensions=task.demand.dimensions,
            groups=task.demand.groups,
            plan=plan,
            hosts_bound=plan.bound,
            considered=self.considered,
            closing=(),
        )
        return key, candidate, pool

    def _controls(self, label: str, share: float) -> dict[str, Any]:
        """What a solve is steered and watched by, while this is packed."""

        def better(cost: int, bound: int) -> None:
            self.closing.append((time.monotonic() - self._began, label, cost, bound))
            if self.on_closing is not None:
                self.on_closing(f"{self.task.name}: {label}", cost, bound)
            found = (
                stored("best {cost:,} against a bound of {bound:,}", cost=cost, bound=bound)
                if label == _MIX
                else stored("{cost} hosts, at least {bound}", cost=cost, bound=bound)
            )
            self.tell(share, joined((label, found)))

        return {
            "seed": self.seed,
            "engine": self.engine,
            "remaining_s": self._remaining_s,
            "should_stop": self.should_stop,
            "on_progress": better,
        }

    def _remaining_s(self) -> float | None:
        return None if self.task.until is None else max(0.0, self.task.until - time.time())

    def _stopped(self) -> bool:
        return self.should_stop is not None and self.should_stop()


def _problem(task: Task, types: tuple[HostType, ...], costs: list[int]) -> tuple[Instance, np.ndarray]:
    """The instance with the capacities of the normal state, and those of the failover state."""
    demand, scenario = task.demand, task.scenario
    labels = demand.affinity
    instance = Instance(
        demands=demand.amounts,
        capacities=np.array([capacity(host, demand.dimensions, scenario) for host in types], dtype=np.int64),
        costs=np.array(costs, dtype=np.int64),
        counts=np.array([UNLIMITED if host.available is None else host.available for host in types], dtype=np.int64),
        dimensions=demand.dimensions,
        groups=tuple(
            (tuple(int(member) for member in members), demand.group_limits.get(label, 1))
            for label, members in demand.groups.items()
        ),
        affinity=labels if (labels >= 0).any() else None,
    )
    failover = np.array([capacity(host, demand.dimensions, scenario, failover=True) for host in types], dtype=np.int64)
    return instance, failover


def _cheaper(
    one: Pool,
    mixed: PoolPlan,
    hosts: tuple[HostType, ...],
    instance: Instance,
    failover: np.ndarray,
    scenario: Scenario,
) -> Pool:
    """The mixed plan, or the best plan with one model where that costs no more."""
    index = next(number for number, host in enumerate(hosts) if host.id == one.types[0].id)
    kinds = np.full(len(one.plan.host_types), index, dtype=np.int64)
    alone = replace(one.plan, host_types=kinds, cost=int(instance.costs[index]) * len(kinds), bound=mixed.bound)
    plan = min(mixed, alone, key=plan_order)
    counted = replace(instance, costs=np.ones(len(hosts), dtype=np.int64))
    return replace(
        one,
        types=hosts,
        capacities=instance.capacities,
        failover_capacities=failover,
        plan=plan,
        hosts_bound=_hosts_bound(counted, failover, scenario, plan),
    )


def _estimate(instance: Instance, failover: np.ndarray, failures: int) -> tuple[int, int]:
    """(least hosts by the bounds, workloads that fit none) for one host model."""
    core = presolve(instance)
    if core.size == 0:
        return 0, len(core.unplaced)
    after = presolve(replace(instance, capacities=failover))
    least = best_bound(core).value
    if failures and not core.unplaced:
        least = max(least, best_bound(after).value + failures)
    return least, len(core.unplaced)


def _hosts_bound(counted: Instance, failover: np.ndarray, scenario: Scenario, plan: PoolPlan) -> Bound | None:
    if plan.unplaced:
        return None
    normal = best_bound(presolve(counted))
    if not scenario.failover_hosts:
        return normal
    after = best_bound(presolve(replace(counted, capacities=failover)))
    least = after.value + scenario.failover_hosts
    return Bound(least, after_failures(after.name, scenario.failover_hosts)) if least > normal.value else normal

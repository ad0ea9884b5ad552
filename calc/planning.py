"""From demand to hosts: one plan a pool, with the host model that costs least.

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

from calc.costs.case import pool_facts
from calc.costs.guest_terms import licence_coefficient
from calc.costs.sides import host_coefficient, load_coefficient
from calc.demand import Demand, capacity
from calc.executor import in_order
from calc.html import card, table
from calc.language import foreign, joined, say, stored
from calc.mixing import plan_mixed, plan_order
from calc.model import HostType
from calc.packing import UNLIMITED, Bound, Effort, Engine, Instance, Solver
from calc.packing.bounds import best_bound
from calc.packing.presolve import presolve
from calc.packing.restarts import seed_of
from calc.resilience import PoolPlan, plan_pool
from calc.scenario import Scenario

#: Packing costs are integers of a hundredth of the currency.
_MINOR = 100
_MIX = "mixing host models"
#: Above this many workloads a pool's restarts are spread, not the pool: it would keep one worker busy alone.
_LARGE = 5_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a search may go and who may stop it.

    Attributes
    ----------
    time_limit_s : float or None
        Safety net for the whole assessment; a result that it cut short says so.
    iteration_limit : int or None
        Work budget for each solve, in elementary evaluations, instead of the effort's.
    should_stop : callable or None
    on_progress : callable or None
        Called with (share done 0-1, message).
    restarts : int
        Lines of search with seeds of their own, each with the whole work budget.
    on_closing : callable or None
        Called with (what is packed, best found, bound) whenever one of the two has moved.
    """

    time_limit_s: float | None = None
    iteration_limit: int | None = None
    should_stop: Callable[[], bool] | None = None
    on_progress: Callable[[float, str], None] | None = None
    restarts: int = 1
    on_closing: Callable[[str, int, int], None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A pool and its plan.

    Attributes
    ----------
    name : str
    rows : ndarray of int
        Positions of its workloads in the demand table.
    types : tuple of HostType
        Host types of the plan; ``plan.host_types`` points into it.
    capacities, failover_capacities : ndarray of int64, shape (T, K)
    dimensions : tuple of str
    groups : dict of str to ndarray
        Anti-affinity groups within the pool, positions in ``rows``.
    plan : PoolPlan
    hosts_bound : Bound or None
        On the number of hosts of any plan with these types.
    considered : dict of str to float
        For each host model, the estimated or reached present value it was judged by.
    closing : tuple of (float, str, int, int)
        How the search closed in: seconds, what was packed onto, best found, bound.
    """

    name: str
    rows: np.ndarray
    types: tuple[HostType, ...]
    capacities: np.ndarray
    failover_capacities: np.ndarray
    dimensions: tuple[str, ...]
    groups: dict[str, np.ndarray]
    plan: PoolPlan
    hosts_bound: Bound | None
    considered: dict[str, float]
    closing: tuple[tuple[float, str, int, int], ...]

    def _repr_html_(self) -> str:
        """What a notebook shows: the placement, host by host."""
        plan = self.plan
        counts = np.bincount(plan.assignment[plan.assignment >= 0], minlength=len(plan.host_types))
        bound = say("no bound") if self.hosts_bound is None else say("at least {n:,} proven", n=self.hosts_bound.value)
        held = "–"
        if plan.proof is not None:
            held = say("{passed:,} of {cases:,}", passed=plan.proof.passed, cases=plan.proof.cases)
        tiles = [
            (say("Hosts"), f"{len(plan.host_types):,}", bound),
            (
                say("Workloads"),
                f"{len(self.rows):,}",
                say("{n:,} not placed", n=len(plan.unplaced)) if plan.unplaced else "",
            ),
            (say("Failures that hold"), held, ""),
        ]
        rows = [
            (f"{number + 1}", self.types[int(kind)].name, f"{counts[number]:,}")
            for number, kind in enumerate(plan.host_types)
        ]
        return card(
            say("Placement: {pool}", pool=self.name),
            tiles,
            table([say("Host"), say("Host models"), say("Workloads")], rows, numbers=(0, 2)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One pool's problem, complete in itself: it may be planned in any process.

    Attributes
    ----------
    name : str
    demand : Demand
        Of the pool's workloads alone, in the order of their names.
    hosts : tuple of HostType
    scenario : Scenario
    effort : Effort or int
    restarts : int
    solver : callable or None
        `calc.packing.Solver`
    until : float or None
        Time of the clock (`time.time`) at which searches are cut.
    """

    name: str
    demand: Demand
    hosts: tuple[HostType, ...]
    scenario: Scenario
    effort: Effort | int
    restarts: int
    solver: Solver | None
    until: float | None


def plan_pools(
    demand: Demand,
    hosts: tuple[HostType, ...],
    scenario: Scenario,
    limits: Limits,
    executor: Executor | None = None,
    solver: Solver | None = None,
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
    """
    until = None if limits.time_limit_s is None else time.time() + limits.time_limit_s
    effort: Effort | int = limits.iteration_limit or Effort[scenario.effort.upper()]
    parts = rows_of_pools(demand)
    total = max(1, sum(len(rows) for rows in parts.values()))
    done = 0

    def task(name: str) -> Task:
        part = _part(demand, parts[name], groups.get(name, {}))
        return Task(name, part, usable[name], scenario, effort, limits.restarts, solver, until)

    def here(one: Task, executor: Executor | None = None) -> Pool:
        def tell(share: float, message: str) -> None:
            if limits.on_progress is not None:
                limits.on_progress((done + share * len(one.demand.table)) / total, f"{one.name}: {message}")

        return plan_task(one, executor, limits.should_stop, tell, limits.on_closing)

    groups, usable = _groups_of(demand, parts), share_hosts(demand, parts, hosts)
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
        executor, here if executor is None else plan_task, map(task, small), should_stop=limits.should_stop,
        otherwise=here,
    )  # fmt: skip
    for name, pool in zip(small, work, strict=True):
        keep(name, pool)
    return [found[name] for name in parts]


def pool_task(demand: Demand, name: str, rows: np.ndarray, hosts: tuple[HostType, ...], scenario: Scenario) -> Task:
    """The task of planning one pool: its workloads' rows in the demand, on these host types, without limits."""
    groups = _groups_of(demand, {name: rows}).get(name, {})
    return Task(name, _part(demand, rows, groups), hosts, scenario, Effort[scenario.effort.upper()], 1, None, None)


def rows_of_pools(demand: Demand) -> dict[str, np.ndarray]:
    """Rows of each pool's workloads that may move, by name: the order of the file must not matter."""
    movable = np.flatnonzero(demand.table["stay_reason"].to_numpy() == "")
    names = demand.table["pool"].to_numpy().astype(str)[movable]
    workloads = demand.table["workload"].to_numpy().astype(str)[movable]
    order = np.lexsort((workloads, names))
    found, first = np.unique(names[order], return_index=True)
    return dict(zip(found.tolist(), np.split(movable[order], first[1:]) if len(found) else [], strict=True))


def share_hosts(
    demand: Demand, parts: dict[str, np.ndarray], hosts: tuple[HostType, ...]
) -> dict[str, tuple[HostType, ...]]:
    """The host types of each pool; of those with a finite number, each pool has its own share.

    Hosts that exist are given to the pools of their architecture in proportion to what the pools ask for (the mean over
    the dimensions of a pool's share of the sum), whole hosts by largest remainder, ties by name: pools are planned
    apart, so none may count on a host of another.

    Returns
    -------
    dict of str to tuple of HostType
        With ``available`` as shared out; a type of which a pool has none is left out there.
    """
    arch = {name: demand.table["arch"].iloc[rows[0]] for name, rows in parts.items()}
    asked = {name: demand.amounts[rows].sum(axis=0) for name, rows in parts.items()}
    found: dict[str, list[HostType]] = {name: [] for name in parts}
    for host in hosts:
        names = [name for name in parts if arch[name] == host.arch]
        if host.available is None or len(names) < 2:
            for name in names:
                found[name].append(host)
            continue
        need = np.array([asked[name] for name in names], dtype=float)
        share = (need / np.maximum(need.sum(axis=0), 1)).mean(axis=1)
        exact = host.available * share / max(float(share.sum()), 1e-12)
        whole = np.floor(exact).astype(int)
        for index in np.argsort(whole - exact, kind="stable")[: host.available - int(whole.sum())].tolist():
            whole[index] += 1
        for name, count in zip(names, whole.tolist(), strict=True):
            found[name].append(replace(host, available=count))
    # Without any host left to a pool, its types stay, with none available: its plan then says so.
    return {name: tuple(host for host in own if host.available != 0) or tuple(own) for name, own in found.items()}


def _groups_of(demand: Demand, parts: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """For each pool the groups of which it holds several members, with their positions in it."""
    pool, position = np.full(len(demand.table), -1, dtype=np.int64), np.zeros(len(demand.table), dtype=np.int64)
    for number, rows in enumerate(parts.values()):
        pool[rows], position[rows] = number, np.arange(len(rows))
    names = list(parts)
    found: dict[str, dict[str, np.ndarray]] = {}
    for label, members in demand.groups.items():
        for number in np.unique(pool[members]).tolist():
            inside = members[pool[members] == number]
            if number >= 0 and len(inside) > 1:
                found.setdefault(names[number], {})[label] = position[inside]
    return found


def _part(demand: Demand, rows: np.ndarray, groups: dict[str, np.ndarray]) -> Demand:
    """The demand of one pool, without what its plan does not depend on."""
    return replace(
        demand,
        table=demand.table.loc[:, ["workload", "arch", "cpu_mean_units", "os", "application", "vcpus"]].iloc[rows],
        amounts=demand.amounts[rows],
        affinity=demand.affinity[rows],
        groups=groups,
        group_limits={label: demand.group_limits[label] for label in groups if label in demand.group_limits},
        statistics=demand.statistics.iloc[:0],
        assumed=(),
    )


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
    name, demand, hosts, scenario, full = task.name, task.demand, task.hosts, task.scenario, task.effort
    rows = np.arange(len(demand.table))
    engine = Engine(executor, task.restarts, task.solver)
    # A pool's search depends on its name, not on which pools there are beside it.
    seed = seed_of(scenario.seed, zlib.crc32(name.encode()))

    def remaining() -> float | None:
        return None if task.until is None else max(0.0, task.until - time.time())

    def stopped() -> bool:
        return should_stop is not None and should_stop()

    closing: list[tuple[float, str, int, int]] = []
    began = time.monotonic()

    def controls(label: str, share: float) -> dict[str, Any]:
        def better(cost: int, bound: int) -> None:
            closing.append((time.monotonic() - began, label, cost, bound))
            if on_closing is not None:
                on_closing(f"{name}: {label}", cost, bound)
            money = scenario.host_policy == "mixed" and label == _MIX
            found = (
                stored("best {cost:,} against a bound of {bound:,}", cost=cost, bound=bound)
                if money
                else stored("{cost} hosts, at least {bound}", cost=cost, bound=bound)
            )
            tell(share, joined((label, found)))

        return {
            "seed": seed,
            "engine": engine,
            "remaining_s": remaining,
            "should_stop": should_stop,
            "on_progress": better,
        }

    def run(
        instance: Instance, failover: np.ndarray, label: str, share: float, effort: Effort | int = full
    ) -> PoolPlan:
        return plan_pool(instance, failover, scenario.failover_hosts, effort, **controls(label, share))

    mean_units = float(demand.table["cpu_mean_units"].sum())
    facts = pool_facts(name, rows, (), demand)
    considered: dict[str, float] = {}
    judged = []
    for host in hosts:
        instance, failover = _problem(task, (host,), [1])
        estimate, stuck = _estimate(instance, failover, scenario.failover_hosts)
        value = estimate * host_coefficient(host, scenario) + mean_units * load_coefficient(host, scenario)
        value += licence_coefficient(facts, host, estimate, scenario)
        considered[host.id] = value
        judged.append((stuck, value, host, instance, failover))
    judged.sort(key=lambda entry: (entry[0], entry[1], entry[2].id))
    best: tuple[int, float, str, Pool] | None = None

    def finished(plan: PoolPlan, entry: tuple[int, float, HostType, Instance, np.ndarray]) -> None:
        nonlocal best
        _, _, host, instance, failover = entry
        value = len(plan.host_types) * host_coefficient(host, scenario) + mean_units * load_coefficient(host, scenario)
        value += licence_coefficient(facts, host, len(plan.host_types), scenario)
        considered[host.id] = value
        pool = Pool(
            name,
            rows,
            (host,),
            instance.capacities,
            failover,
            demand.dimensions,
            demand.groups,
            plan,
            plan.bound,
            considered,
            (),
        )
        key = (len(plan.unplaced), value, host.id)
        if best is None or key <= best[:3]:  # as good, with more effort: perhaps with a better bound
            best = (*key, pool)

    # Models are judged at quick effort; the one chosen is then packed with all of it.
    quick = full if isinstance(full, int) else Effort.QUICK
    cut = False  # a request to stop left something out
    for index, entry in enumerate(judged):
        if best is not None and entry[:2] >= best[:2]:
            break  # the bound alone is no better than a finished plan, and later ones are worse
        if best is not None and stopped():
            cut = True
            break
        host = entry[2]
        tell(index / len(judged), stored("packing onto {name}", name=host.name))
        finished(run(entry[3], entry[4], host.name, index / len(judged), quick), entry)
    assert best is not None
    winner = best[3]
    if winner.plan.bound is not None and winner.plan.cost > winner.plan.bound.value and full is not quick:
        if stopped():
            cut = True
        else:
            entry = next(entry for entry in judged if entry[2].id == winner.types[0].id)
            finished(run(entry[3], entry[4], entry[2].name, 0.9), entry)
    if scenario.host_policy != "mixed":
        return _closed(best[3], closing, cut)
    # Oracle alone is linear in hosts: what the others cost depends on how many there are in the end.
    oracle = replace(facts, sql_vcpus=(), rhel_guests=0)
    costs = [
        round(
            (
                (0.0 if host.role == "existing" else host_coefficient(host, scenario))
                + licence_coefficient(oracle, host, 1, scenario)
            )
            * _MINOR
        )
        for host in hosts
    ]
    instance, failover = _problem(task, hosts, costs)
    tell(0.9, _MIX)
    mixed = plan_mixed(instance, failover, scenario.failover_hosts, full, **controls(_MIX, 0.9))
    return _closed(_cheaper(best[3], mixed, hosts, instance, failover, scenario), closing, cut)


def _closed(pool: Pool, closing: list[tuple[float, str, int, int]], cut: bool) -> Pool:
    """The pool with how its search closed in; another run may find another plan where a request to stop cut it short."""
    plan = replace(pool.plan, reproducible=False) if cut else pool.plan
    return replace(pool, plan=plan, closing=tuple(closing))


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
    if after.value + scenario.failover_hosts > normal.value:
        return Bound(
            after.value + scenario.failover_hosts,
            stored(
                "{name}, after {failover_hosts} failure(s)",
                name=foreign(after.name),
                failover_hosts=scenario.failover_hosts,
            ),
        )
    return normal

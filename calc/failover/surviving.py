"""Plans that survive the failure of hosts and racks: of one problem, or of several side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import NamedTuple

from calc.demand import Demand
from calc.executor import in_order
from calc.failover.choosing import best_model
from calc.failover.racks import keep_through_racks
from calc.host_choice import plan_pools, plan_task
from calc.model import HostType
from calc.packing import Solver
from calc.planning import Limits, Pool, Task, pool_task, rows_of_pools, share_hosts
from calc.scenario import Scenario


class Problem(NamedTuple):
    """What is planned: a demand, the host types it may use, and the rules."""

    demand: Demand
    hosts: tuple[HostType, ...]
    scenario: Scenario


def plan_surviving(
    demand: Demand,
    hosts: tuple[HostType, ...],
    scenario: Scenario,
    limits: Limits,
    executor: Executor | None = None,
    solver: Solver | None = None,
) -> list[Pool]:
    """Plan every pool, through the failure of hosts and, where the scenario asks for it, of any one rack.

    Parameters
    ----------
    executor, solver
        As for `calc.host_choice.plan_pools`.
    """
    return plan_pools(demand, hosts, scenario, limits, executor, solver, survive)


def plan_several(problems: Sequence[Problem], limits: Limits, executor: Executor | None = None) -> Iterator[list[Pool]]:
    """The pools of each problem, as `plan_surviving` plans them, in the order of the problems.

    Parameters
    ----------
    problems : sequence of Problem
    limits : Limits
        A time limit counts from the start and holds for all of them together. Progress is the caller's to tell, as each
        problem's pools arrive.
    executor : concurrent.futures.Executor, optional
        Plans the pools of all problems side by side: a problem of one small pool does not wait for the one before it.
    """
    parts = [rows_of_pools(problem.demand) for problem in problems]
    until = None if limits.time_limit_s is None else time.time() + limits.time_limit_s

    def tasks() -> Iterator[Task]:
        for problem, rows_of in zip(problems, parts, strict=True):
            hosts = share_hosts(problem.demand, rows_of, problem.hosts)
            for name, rows in rows_of.items():
                task = pool_task(problem.demand, name, rows, hosts[name], problem.scenario)
                effort = limits.iteration_limit or task.effort
                yield replace(task, effort=effort, restarts=limits.restarts, until=until)

    def here(task: Task) -> Pool:
        return survive(task, None, limits.should_stop, on_closing=limits.on_closing)

    planned = in_order(
        executor, here if executor is None else survive, tasks(), should_stop=limits.should_stop, otherwise=here
    )
    for rows_of in parts:
        yield [replace(next(planned), rows=rows) for rows in rows_of.values()]


def survive(
    task: Task,
    executor: Executor | None = None,
    should_stop: Callable[[], bool] | None = None,
    tell: Callable[[float, str], None] = lambda share, message: None,
    on_closing: Callable[[str, int, int], None] | None = None,
) -> Pool:
    """Plan one pool as `plan_surviving` does: a piece of work for any process.

    Parameters
    ----------
    task : Task
    executor, should_stop, tell, on_closing : optional
        As for `calc.host_choice.plan_task`.
    """
    pool = plan_task(task, executor, should_stop, tell, on_closing)
    if task.scenario.racks and task.scenario.host_policy == "one_model":
        return best_model(pool, task, should_stop, on_closing)
    return keep_through_racks(pool, task.demand, task.scenario)

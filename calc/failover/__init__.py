"""A plan under failure: hosts, pairs, racks; and planning that survives them."""

from concurrent.futures import Executor

from calc.demand import Demand
from calc.failover.choosing import best_model
from calc.failover.failures import Case, Proof, prove
from calc.failover.loaded import Loaded, load_pool
from calc.failover.racks import keep_through_racks, rebalance, spread_over_racks
from calc.host_choice import plan_pools, plan_task
from calc.model import HostType
from calc.packing import Solver
from calc.planning import Limits, Pool, Task, rows_of_pools, share_hosts
from calc.scenario import Scenario

__all__ = [
    "Case",
    "Loaded",
    "Proof",
    "keep_through_racks",
    "load_pool",
    "plan_surviving",
    "prove",
    "rebalance",
    "spread_over_racks",
    "survive",
]


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
    pools = plan_pools(demand, hosts, scenario, limits, executor, solver)
    if not scenario.racks:
        return pools
    if scenario.host_policy == "one_model":
        own = share_hosts(demand, rows_of_pools(demand), hosts)
        return [best_model(pool, demand, own[pool.name], scenario, limits) for pool in pools]
    return [keep_through_racks(pool, demand, scenario) for pool in pools]


def survive(task: Task) -> Pool:
    """Plan one pool as `plan_surviving` does: a piece of work for any process."""
    return keep_through_racks(plan_task(task), task.demand, task.scenario)

"""A plan under failure: hosts, pairs, racks; and planning that survives them."""

from calc.demand import Demand
from calc.failover.choosing import best_model
from calc.failover.failures import Case, Proof, prove
from calc.failover.loaded import Loaded, load_pool
from calc.failover.racks import keep_through_racks, rebalance, spread_over_racks
from calc.model import HostType
from calc.planning import Limits, Pool, plan_pools
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
]


def plan_surviving(demand: Demand, hosts: tuple[HostType, ...], scenario: Scenario, limits: Limits) -> list[Pool]:
    """Plan every pool, through the failure of hosts and, where the scenario asks for it, of any one rack."""
    pools = plan_pools(demand, hosts, scenario, limits)
    if not scenario.racks:
        return pools
    if scenario.host_policy == "one_model":
        return [best_model(pool, demand, hosts, scenario, limits) for pool in pools]
    return [keep_through_racks(pool, demand, scenario) for pool in pools]

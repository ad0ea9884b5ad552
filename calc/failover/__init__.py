"""A plan under failure: hosts, pairs, racks; and planning that survives them."""

from calc.failover.failures import Case, Proof, prove
from calc.failover.loaded import Loaded, load_pool
from calc.failover.racks import keep_through_racks, rebalance, spread_over_racks
from calc.failover.surviving import Problem, plan_several, plan_surviving, survive

__all__ = [
    "Case",
    "Loaded",
    "Problem",
    "Proof",
    "keep_through_racks",
    "load_pool",
    "plan_several",
    "plan_surviving",
    "prove",
    "rebalance",
    "spread_over_racks",
    "survive",
]

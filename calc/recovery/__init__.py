"""What happens when hosts, racks or sites fail, and what surviving it costs."""

from calc.failover.failures import Case, Proof, prove
from calc.failover.loaded import Loaded
from calc.failover.racks import spread_over_racks
from calc.recovery.arrays import loaded_pools
from calc.recovery.domains import RackPlan, lose_a_site, survive_racks
from calc.recovery.headroom import headroom
from calc.recovery.options import failover_options
from calc.recovery.restart import RestartTimes, item_priority, restart_schedule, restart_tiers

__all__ = [
    "Case",
    "Loaded",
    "Proof",
    "RackPlan",
    "RestartTimes",
    "failover_options",
    "headroom",
    "item_priority",
    "loaded_pools",
    "lose_a_site",
    "prove",
    "restart_schedule",
    "restart_tiers",
    "spread_over_racks",
    "survive_racks",
]

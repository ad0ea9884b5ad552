"""What else could be done, side by side: stay, refresh, every hypervisor, reused hosts, cloud, hybrid.

Every alternative runs the same workloads over the same horizon by the same rules; each is
priced against staying. The recommended one has the least present value of its cost among those
that are complete.
"""

from calc.alternatives.entries import Alternative, Alternatives
from calc.alternatives.forming import compare_alternatives
from calc.alternatives.reuse import reusable_hosts

__all__ = ["Alternative", "Alternatives", "compare_alternatives", "reusable_hosts"]

"""Arrays in, a placement and a proven bound out."""

from calc.packing.instance import UNLIMITED, Instance
from calc.packing.result import Bound, Result, Termination, Unplaced
from calc.packing.solve import Effort, Limits, solve
from calc.packing.verify import violations

__all__ = [
    "UNLIMITED",
    "Bound",
    "Effort",
    "Instance",
    "Limits",
    "Result",
    "Termination",
    "Unplaced",
    "solve",
    "violations",
]

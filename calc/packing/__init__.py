"""Arrays in, a placement and a proven bound out."""

from calc.packing.instance import UNLIMITED, Instance, single_type
from calc.packing.result import Bound, Result, Termination, Unplaced
from calc.packing.solve import Effort, solve
from calc.packing.verify import violations

__all__ = [
    "UNLIMITED",
    "Bound",
    "Effort",
    "Instance",
    "Result",
    "Termination",
    "Unplaced",
    "single_type",
    "solve",
    "violations",
]

"""Arrays in, a placement and a proven bound out."""

from calc.packing.instance import UNLIMITED, Instance
from calc.packing.limits import IN_PROCESS, Effort, Engine, Limits, Solver
from calc.packing.result import Bound, Certificate, Path, Result, Termination, Unplaced
from calc.packing.solve import solve
from calc.packing.verify import violations

__all__ = [
    "IN_PROCESS",
    "UNLIMITED",
    "Bound",
    "Certificate",
    "Effort",
    "Engine",
    "Instance",
    "Limits",
    "Path",
    "Result",
    "Solver",
    "Termination",
    "Unplaced",
    "solve",
    "violations",
]

"""Compiled kernels: everything numba compiles.

All arrays are C-contiguous int64 (the random state is uint64). No epsilon, no fast math, no
parallel loops: the same arrays give the same result on every machine. Compiled code is cached
in the first writable folder of: NUMBA_CACHE_DIR, this package's ``__pycache__``, the user's
cache folder, a temporary one.
"""

from calc.packing.kernels.warming import warm_up

__all__ = ["warm_up"]

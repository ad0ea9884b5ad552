"""How kernels are compiled, where compiled code is kept, and the random numbers that they share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numba
import numpy as np


def _cache_folder() -> str:
    """A writable folder for compiled code; an installation may be read-only."""
    own = os.environ.get("NUMBA_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "consolidation-calculator"
    for folder in (Path(own) if own else None, Path(__file__).parent / "__pycache__", user):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return str(folder)
        except OSError:
            continue
    return tempfile.mkdtemp(prefix="consolidation-calculator-")


numba.config.CACHE_DIR = _cache_folder()
#: Compiled code is looked up by the time of the file it stands in: after a change here, empty the cache.
jit = numba.njit(cache=True, nogil=True)


@jit
def below(state: np.ndarray, bound: int) -> int:
    """A number in [0, bound) from a xorshift generator; ``state`` is one nonzero uint64."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return np.int64(x >> np.uint64(11)) % bound

"""Compiled kernels: consistent state after any amount of work, caching without a writable package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from calc.packing.kernels.base import below
from calc.packing.presolve import presolve
from calc.packing.search import Attempt, _goals
from calc.packing.solve import _first
from calc.packing.state import Placement
from tests.conftest import ROOT
from tests.make import problem


def test_lists_and_free_room_stay_true_under_any_work() -> None:
    demands = np.random.default_rng(1).integers(5, 40, size=(80, 3)).tolist()
    groups = [(tuple(range(start, 80, 9)), 1) for start in range(5)]
    core = presolve(problem(demands, [[100] * 3], groups=tuple(groups), fixed=((0, (0, 1)), (0, (2,)))))
    place = _first(core)
    demands = core.demands.T
    attempt = Attempt(place, *_goals(place)[0], 3)
    for _ in range(4):
        attempt.run()
        assert (attempt.home[core.pinned >= 0] == core.pinned[core.pinned >= 0]).all()
        for group, limit in enumerate(core.groups.limit):
            homes = attempt.home[core.groups.members(group)[0]]
            assert np.bincount(homes[homes >= 0]).max() <= limit
        free = attempt.room.copy()
        for item, host in enumerate(attempt.home):
            if host >= 0 and core.pinned[item] < 0:
                free[host] -= demands[item]
        assert (free == attempt.free).all() and (free >= 0).all()
        waiting = set(attempt.pool[: attempt.waiting].tolist())
        assert waiting == set(np.flatnonzero(attempt.home < 0).tolist())
        for host in range(len(attempt.types)):
            on, item = set(), attempt.head[host]
            while item >= 0:
                on.add(int(item))
                item = attempt.after[item]
            assert on == set(np.flatnonzero(attempt.home == host).tolist())


def test_an_item_that_fits_no_host_of_a_goal_ends_it() -> None:
    # The big host is to be replaced by a small one: its item of 9 fits none of the hosts left.
    instance = problem([[9], [4], [4], [4]], [[10], [5]], [3, 1])
    place = Placement(
        presolve(instance), np.array([0, 1, 2, 3]), [0, 1, 1, 1], np.array([[1, 1, 1, 1]], dtype=np.int64), "by hand"
    )
    attempt = Attempt(place, [1, 1, 1, 1], np.array([0]), [1, 2, 3], 1)
    attempt.run()
    assert attempt.waiting == -1


def test_random_numbers_cover_their_range() -> None:
    state = np.array([12345], dtype=np.uint64)
    drawn = [below(state, 7) for _ in range(2000)]
    counts = np.bincount(drawn, minlength=7)
    assert len(counts) == 7 and counts.min() > 200


def test_compiled_code_is_cached_where_it_can_be_written(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "fresh"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "calc.packing.kernels"], check=True, env=environment, cwd=tmp_path)
    assert any((tmp_path / "fresh").rglob("*.nbi"))


def test_a_read_only_installation_solves_and_caches_elsewhere(tmp_path: Path) -> None:
    """The package's own folder cannot be written: compiled code goes to the user's cache folder."""
    package = tmp_path / "site"
    shutil.copytree(ROOT / "calc", package / "calc", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data" / "reference", package / "data" / "reference")
    # A file where the cache folder would be made: not writable for anybody, root included.
    (package / "calc" / "packing" / "kernels" / "__pycache__").write_text("")
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment |= {
        "PYTHONPATH": str(package),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    program = (
        "import numpy as np, calc.packing as p\n"
        "d = np.random.default_rng(4).integers(1, 60, size=(60, 3))\n"
        "one = np.ones(1, dtype=np.int64)\n"
        "print(p.solve(p.Instance(d, np.full((1, 3), 100), one, -one, ('a', 'b', 'c')), 2_000_000).hosts, p.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    hosts, where = done.stdout.split()
    assert int(hosts) > 10 and where.startswith(str(package))
    assert any((tmp_path / "cache").rglob("*.nbi"))

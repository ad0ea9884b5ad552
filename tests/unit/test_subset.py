"""Parts of the hosts packed anew: never dearer, always valid, nothing fixed is touched."""

from __future__ import annotations

import numpy as np
import pytest

from calc.packing import rounds, solve, subset
from calc.packing.presolve import part, presolve
from calc.packing.solve import _started
from calc.packing.state import Budget, Cut
from tests.exhaustive import least_cost, valid_instance
from tests.make import problem


def singles(size: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(size), np.zeros(size, dtype=np.int64)


def test_a_part_that_can_be_packed_better_is() -> None:
    instance = problem([[5, 1]] * 8 + [[1, 5]] * 8, [[10, 10]])
    core = presolve(instance)
    place = _started(instance, core, *singles(16))
    found = subset.repack(place, np.arange(12), 1, Budget(10**9))
    assert found is not None and found.missing == 0 and found.hosts < 16
    assert (found.free[:, : found.hosts] >= 0).all()
    assert place.hosts == 16  # the placement given stays as it is


def test_a_part_that_is_best_already_stays() -> None:
    instance = problem([[6], [6], [6]], [[10]])
    place = _started(instance, presolve(instance), *singles(3))
    assert subset.repack(place, np.arange(3), 1, Budget(10**9)) is None


def test_a_spent_budget_changes_nothing() -> None:
    instance = problem([[5, 1]] * 8 + [[1, 5]] * 8, [[10, 10]])
    place = _started(instance, presolve(instance), *singles(16))
    with pytest.raises(Cut):
        subset.repack(place, np.arange(16), 1, Budget(1))
    assert place.hosts == 16 and place.missing == 0


def test_a_part_of_a_core_keeps_groups_and_counts() -> None:
    core = presolve(problem([[3], [3], [2], [2]], [[9]], groups=(((0, 1), 1), ((1, 2, 3), 2))))
    sub = part(core, np.array([0, 2, 3]), np.array([2]))
    assert sub.size == 3 and sub.counts.tolist() == [2]
    kept = {tuple(sorted(sub.groups.members(group)[0].tolist())) for group in range(len(sub.groups.limit))}
    assert kept == {
        tuple(np.flatnonzero(np.isin([0, 2, 3], core.groups.members(group)[0])).tolist())
        for group in range(len(core.groups.limit))
    }


def test_solving_by_parts_is_valid_and_never_below_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small instances made to take the way of large ones: types, counts, groups, affinity, fixed hosts."""
    monkeypatch.setattr(rounds, "_WHOLE", 2)
    monkeypatch.setattr(rounds, "_PARTS", 0)
    monkeypatch.setattr(rounds, "_PART", 3_000_000)
    monkeypatch.setattr(rounds, "_ROUND", 300_000)
    met = plans = 0
    for seed in range(4_000, 4_150):
        instance = valid_instance(seed)
        optimum = least_cost(instance)
        result = solve(instance, 8_000_000)  # checked by the verifier
        if result.unplaced:
            continue
        assert optimum is not None and result.cost >= optimum
        plans += 1
        met += result.cost == optimum
    assert plans > 50 and met > 0.95 * plans

"""The set-covering master problem: which known columns to use, fractionally, at least cost.

HiGHS is warm-started after every change (`highspy`, an exact pin: later versions and other
solvers break each other in one process). Its objective is never a bound; its prices are only
suggestions, which `calc.packing.pricing` turns into proofs.
"""

from __future__ import annotations

from collections.abc import Iterable

import highspy
import numpy as np

from calc.packing.instance import UNLIMITED
from calc.packing.presolve import Core


class MasterError(RuntimeError):
    """HiGHS refused a model or did not solve a linear programme to the end."""


class Infeasible(MasterError):
    """The columns fixed leave too few hosts of a limited type for the rest."""


class Master:
    """Columns so far, and their linear programme.

    Attributes
    ----------
    kinds : list of int
        Host type of each column.
    items : list of ndarray
        Items of each column.
    iterations : int
        Simplex iterations so far: what the budget is charged by.
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        self.kinds: list[int] = []
        self.items: list[np.ndarray] = []
        self.known: dict[tuple[int, bytes], int] = {}
        self.iterations = 0
        # Costs near 1 keep the solver's tolerances small.
        self.unit = float(max(1, core.costs.max()))
        self.limited = [t for t in range(len(core.counts)) if core.counts[t] != UNLIMITED]
        self.lp = highspy.Highs()
        for option, setting in (
            ("output_flag", False),
            ("presolve", "off"),
            ("solver", "simplex"),
            ("parallel", "off"),
            # New columns leave the last answer feasible: the primal method goes on from there, up to five times faster.
            ("simplex_strategy", 4),
        ):
            self._ok(self.lp.setOptionValue(option, setting))
        for _ in range(core.size):
            self._ok(self.lp.addRow(1.0, highspy.kHighsInf, 0, np.array([], np.int32), np.array([])))
        for kind in self.limited:
            self._ok(
                self.lp.addRow(-highspy.kHighsInf, float(core.counts[kind]), 0, np.array([], np.int32), np.array([]))
            )

    @staticmethod
    def _ok(status: highspy.HighsStatus) -> None:
        # A refused call does not raise by itself and would leave an objective of 0 behind.
        if status == highspy.HighsStatus.kError:
            raise MasterError("HiGHS refused a call")

    def add(self, columns: Iterable[tuple[int, np.ndarray]]) -> int:
        """Add columns that are not known yet; how many were new."""
        new = [(kind, items) for kind, items in columns if (kind, items.tobytes()) not in self.known]
        fresh = []
        for kind, items in new:
            key = (kind, items.tobytes())
            if key in self.known:
                continue
            self.known[key] = len(self.kinds)
            self.kinds.append(kind)
            self.items.append(items)
            row = [self.core.size + self.limited.index(kind)] if kind in self.limited else []
            fresh.append((self.core.costs[kind] / self.unit, np.concatenate([items, row]).astype(np.int32)))
        if fresh:
            starts = np.concatenate([[0], np.cumsum([len(rows) for _, rows in fresh])[:-1]]).astype(np.int32)
            rows = np.concatenate([rows for _, rows in fresh])
            self._ok(
                self.lp.addCols(
                    len(fresh), np.array([cost for cost, _ in fresh]), np.zeros(len(fresh)),
                    np.full(len(fresh), highspy.kHighsInf), len(rows), starts, rows, np.ones(len(rows)),
                )
            )  # fmt: skip
        return len(fresh)

    def solve(self) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
        """Cost in the instance's unit, use of each column, price of each item, price of each type's count (<= 0).

        Raises
        ------
        Infeasible
            When no mix of known columns covers everything within the counts.
        MasterError
            When HiGHS does not report an optimum for another reason.
        """
        self._ok(self.lp.run())
        if self.lp.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            raise Infeasible
        if self.lp.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise MasterError(f"HiGHS ended with {self.lp.modelStatusToString(self.lp.getModelStatus())}")
        info, solution = self.lp.getInfo(), self.lp.getSolution()
        self.iterations += max(0, info.simplex_iteration_count)
        dual = np.array(solution.row_dual) * self.unit
        counts = np.zeros(len(self.core.counts))
        counts[self.limited] = np.minimum(dual[self.core.size :], 0.0)
        return (
            info.objective_function_value * self.unit,
            np.array(solution.col_value),
            np.maximum(dual[: self.core.size], 0.0),
            counts,
        )

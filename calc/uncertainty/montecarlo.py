"""Monte Carlo over all guesses at once: quantiles, probability of a saving, convergence.

References
----------
McKay, Beckman and Conover (1979), Technometrics 21(2), for Latin hypercube sampling;
Malcolm et al. (1959), Operations Research 7(5), for the PERT distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import beta, qmc, triang

from calc.executor import in_order
from calc.uncertainty.inputs import UncertainInput
from calc.uncertainty.model import Calibration, Model, Outcome

Shape = Literal["pert", "triangular"]
#: Draws priced in one piece: some tenths of a second.
_PART = 125
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """Outcome of a simulation.

    Attributes
    ----------
    draws : DataFrame
        One row a draw: npv, savings, payback_months (NaN where never), hosts.
    values : DataFrame
        The drawn inputs.
    cumulative : ndarray, shape (draws, horizon + 1)
        Cumulative saving by year of each draw.
    calibration : Calibration
        How hosts were counted.
    seed : int
    shape : {'pert', 'triangular'}
    """

    draws: pd.DataFrame
    values: pd.DataFrame
    cumulative: np.ndarray
    calibration: Calibration
    seed: int
    shape: str

    @property
    def probability_positive(self) -> float:
        """Share of draws with a positive net present value."""
        return float((self.draws["npv"] > 0).mean())

    @property
    def probability_saving(self) -> float:
        """Share of draws that save money over the horizon, undiscounted."""
        return float((self.draws["savings"] > 0).mean())

    def quantiles(self) -> pd.DataFrame:
        """P10, P50 and P90 of each outcome; a payback that never comes counts as longer than any.

        Returns
        -------
        DataFrame
            Index npv, savings, payback_months, hosts; columns P10, P50, P90 (infinity is never).
        """
        filled = self.draws.assign(payback_months=self.draws["payback_months"].fillna(np.inf))
        table = filled.quantile(list(QUANTILES), interpolation="nearest").T
        table.columns = [f"P{round(q * 100)}" for q in QUANTILES]
        return table

    def convergence(self) -> pd.DataFrame:
        """draws, P10, P50, P90 of the net present value after more and more draws."""
        count = len(self.draws)
        rows = []
        for size in sorted({max(1, count // part) for part in (16, 8, 4, 2, 1)}):
            npv = self.draws["npv"].iloc[:size]
            rows.append((size, *(float(npv.quantile(q)) for q in QUANTILES)))
        return pd.DataFrame(rows, columns=["draws", "P10", "P50", "P90"])


def simulate(
    model: Model,
    draws: int = 2000,
    *,
    shape: Shape = "pert",
    seed: int | None = None,
    on_progress: Callable[[float], None] | None = None,
    executor: Executor | None = None,
) -> Simulation:
    """Draw all guesses at once by Latin hypercube and price every draw exactly.

    Parameters
    ----------
    model : Model
    draws : int
    shape : {'pert', 'triangular'}
        Distribution of each input between its low, base and high.
    seed : int, optional
        The scenario's by default.
    on_progress : callable, optional
        Called with the share done.
    executor : concurrent.futures.Executor, optional
        Prices draws side by side; the simulation is the same without.

    Notes
    -----
    Inputs are drawn independently; a price that stands on both sides is one input, drawn once.
    """
    used = [item for item in model.inputs if item.drawn]
    start = model.assessment.scenario.seed if seed is None else seed
    rng = np.random.default_rng(start)
    cube = qmc.LatinHypercube(len(used), rng=rng).random(draws) if used else np.zeros((draws, 0))
    values = pd.DataFrame({item.name: drawn(item, cube[:, k], shape) for k, item in enumerate(used)})
    table = values.to_numpy().tolist() if used else [[]] * draws
    names = list(values.columns)
    parts = [[dict(zip(names, row, strict=True)) for row in part] for part in _parts(table)]
    rows, net = [], []
    for outcomes in in_order(executor, partial(_priced, model), parts):
        for outcome in outcomes:
            payback = np.nan if outcome.payback_months is None else outcome.payback_months
            rows.append((outcome.npv, outcome.savings, payback, outcome.hosts))
            net.append(outcome.net)
        if on_progress is not None:
            on_progress(len(rows) / draws)
    frame = pd.DataFrame(rows, columns=["npv", "savings", "payback_months", "hosts"])
    return Simulation(frame, values, np.cumsum(net, axis=1), model.calibration, start, shape)


def _parts(rows: list[list[float]]) -> list[list[list[float]]]:
    return [rows[first : first + _PART] for first in range(0, len(rows), _PART)]


def _priced(model: Model, draws: list[dict[str, float]]) -> list[Outcome]:
    return [model.evaluate(values) for values in draws]


def drawn(item: UncertainInput, shares: np.ndarray, shape: Shape) -> np.ndarray:
    """Values of one input at cumulative probabilities.

    Notes
    -----
    PERT: a beta distribution with mean (low + 4 base + high) / 6. Triangular: mode at the base.
    """
    span = item.high - item.low
    mode = (item.base - item.low) / span
    pert = shape == "pert"
    unit = beta.ppf(shares, 1 + 4 * mode, 1 + 4 * (1 - mode)) if pert else triang.ppf(shares, mode)
    return item.low + span * np.clip(unit, 0.0, 1.0)

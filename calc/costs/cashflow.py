"""Yearly cash flow of both sides and the figures read from it.

Timing: year 0 holds purchases and one-offs and is not discounted; yearly costs fall at the end
of their year; subscriptions at the start of their term. Flows and the rate are nominal, before
tax. Costs are positive, the residual value negative.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy_financial as npf
import pandas as pd

from calc.costs.fleet import LINES, Fleet
from calc.language import stored
from calc.scenario import Scenario
from calc.units import MONTHS_PER_YEAR

Flows = dict[str, np.ndarray]


def combine(scenario: Scenario, fleets: Iterable[Fleet]) -> Flows:
    """Summed lines of several fleets."""
    total = {line: np.zeros(scenario.horizon_years + 1) for line in LINES}
    for fleet in fleets:
        for line, amounts in fleet.lines(scenario).items():
            total[line] = total[line] + amounts
    return total


def per_year(flows: Flows) -> np.ndarray:
    """Sum of all lines, shape (horizon + 1,)."""
    return np.sum([flows[line] for line in LINES], axis=0)


def tco(flows: Flows) -> float:
    """Total cost over the horizon, undiscounted."""
    return float(per_year(flows).sum())


def present_value(amounts: np.ndarray, rate: float) -> float:
    """Sum of amounts discounted to year 0, which is not discounted."""
    return float((amounts / (1 + rate) ** np.arange(len(amounts))).sum())


@dataclass(frozen=True, slots=True)
class Comparison:
    """Figures of baseline against target.

    Attributes
    ----------
    savings : float
        tco_baseline - tco_target.
    npv : float
        Present value of the yearly differences.
    investment : float
        What the target spends more than the baseline in year 0.
    payback_months : float or None
        Month from which on the cumulative difference is no longer negative, interpolated
        within the year; 0 when it never was; None when it is negative at the horizon.
    roi : float or None
        savings / investment; None without an investment.
    irr : tuple of float
        Every rate at which the net present value is zero: one, several or none.
    discounted_payback_months : float or None
        As ``payback_months``, on the discounted differences.
    cost_per_workload_month : float or None
        TCO of the target by workload and month of the horizon; None without a workload.
    """

    tco_baseline: float
    tco_target: float
    savings: float
    npv: float
    investment: float
    payback_months: float | None
    roi: float | None
    irr: tuple[float, ...]
    discounted_payback_months: float | None
    cost_per_workload_month: float | None


ROI_FORMULA = stored("(TCO baseline - TCO target) / (year-0 spending of the target beyond the baseline's)")


def compare(baseline: Flows, target: Flows, scenario: Scenario, workloads: int = 0) -> Comparison:
    """Compare two sides that run ``workloads`` workloads each."""
    net = per_year(baseline) - per_year(target)
    before, after = tco(baseline), tco(target)
    investment = float(-net[0])
    return Comparison(
        before,
        after,
        before - after,
        present_value(net, scenario.discount_rate),
        investment,
        payback_months(net),
        (before - after) / investment if investment > 0 else None,
        rates_of_return(net),
        payback_months(net / (1 + scenario.discount_rate) ** np.arange(len(net))),
        after / workloads / MONTHS_PER_YEAR / scenario.horizon_years if workloads else None,
    )


def rates_of_return(net: np.ndarray) -> tuple[float, ...]:
    """Every internal rate of return of yearly net amounts, lowest first.

    A flow that changes sign once has one at most; more changes may give several, or none. One
    rate alone is `numpy_financial.irr`; several are the positive real roots of the polynomial in
    1 / (1 + rate).

    Examples
    --------
    >>> [round(rate, 6) for rate in rates_of_return(np.array([-100.0, 60.0, 60.0]))]
    [0.130662]
    >>> [round(rate, 6) for rate in rates_of_return(np.array([-100.0, 230.0, -132.0]))]
    [0.1, 0.2]
    >>> rates_of_return(np.array([-100.0, -5.0]))
    ()
    """
    amounts = np.trim_zeros(np.asarray(net, dtype=float), "b")
    if not ((amounts > 0).any() and (amounts < 0).any()):
        return ()
    roots = np.roots(amounts[::-1])
    real = roots[(np.abs(roots.imag) <= 1e-7 * np.abs(roots)) & (roots.real > 0)].real
    if len(real) == 1:
        return (float(npf.irr(amounts)),)
    return tuple(sorted(float(1 / root - 1) for root in real))


def payback_months(net: np.ndarray) -> float | None:
    """Months until the cumulative sum of yearly net amounts is no longer negative, and stays so to the horizon.

    What is earned back once and spent again, by hosts bought in steps, a subscription renewed or running costs above today's,
    is not paid back.

    Examples
    --------
    >>> payback_months(np.array([-100.0, 40.0, 80.0]))
    21.0
    >>> payback_months(np.array([-100.0, 10.0])) is None
    True
    >>> payback_months(np.array([10.0, -5.0, -20.0])) is None  # a resale in year 0 pays for nothing
    True
    """
    total = np.cumsum(net)
    below = np.flatnonzero(total < 0)
    if not len(below):
        return 0.0
    last = int(below[-1])
    if last == len(total) - 1:
        return None
    return float(MONTHS_PER_YEAR * (last + float(-total[last]) / float(net[last + 1])))


def to_frame(baseline: Flows, target: Flows) -> pd.DataFrame:
    """Long table: year, side, line, amount (costs positive)."""
    rows = [
        (year, side, line, float(amount))
        for side, flows in (("baseline", baseline), ("target", target))
        for line in LINES
        for year, amount in enumerate(flows[line])
    ]
    return pd.DataFrame(rows, columns=["year", "side", "line", "amount"])

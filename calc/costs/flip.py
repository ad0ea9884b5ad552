"""The price of a host at which the answer turns."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from calc.costs.case import Case
from calc.costs.cashflow import per_year, present_value
from calc.costs.pricing import baseline_side, target_side
from calc.scenario import Scenario

#: Multiples of today's price between which a root is looked for, the nearest to today's first.
_GRID = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)


def host_price_flip(
    case: Case, scenario: Scenario, baseline: Callable[[Scenario], np.ndarray] | None = None
) -> tuple[float, float | None]:
    """(mean host price now, mean host price at which the net present value is zero).

    Parameters
    ----------
    baseline : callable, optional
        Yearly cost of another baseline than keeping today's servers, under a scenario. It may buy
        the same machines, whose price then moves on both sides.

    Notes
    -----
    The plan is held. Against keeping, its net present value is linear in the price of its hosts,
    so two evaluations give the point exactly. Another baseline may buy the same machines: the root
    nearest to today's price is looked for, up to 20 times it. None where no price turns the answer.
    """
    hosts = case.hosts
    mean = sum(host.price for host in hosts) / len(hosts) if hosts else 0.0
    if mean == 0:
        return 0.0, None

    def npv(factor: float) -> float:
        prices = {host.id.split("+")[0]: host.price * factor for host in hosts}
        priced = scenario.model_copy(update={"host_prices": {**scenario.host_prices, **prices}})
        net = per_year(baseline_side(case, priced).flows(priced)) if baseline is None else baseline(priced)
        net = net - per_year(target_side(case, priced).flows(priced))
        return present_value(net, priced.discount_rate)

    if baseline is None:
        free, now = npv(0.0), npv(1.0)
        return mean, None if free <= 0 or free == now else mean * free / (free - now)
    found = [
        float(brentq(npv, low, high, xtol=1e-9)) for low, high in itertools.pairwise(_GRID) if npv(low) * npv(high) < 0
    ]
    return mean, mean * min(found, key=lambda factor: abs(factor - 1)) if found else None

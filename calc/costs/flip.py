"""The price of a host at which the answer turns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from calc.costs.case import Case
from calc.costs.cashflow import per_year, present_value
from calc.costs.pricing import baseline_side, target_side
from calc.scenario import Scenario

#: How many times today's price is looked at.
_REACH = 20.0


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
    so two evaluations give the point exactly; against another baseline the root is looked for up
    to 20 times today's price. None where no price turns the answer.
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

    free = npv(0.0)
    if free <= 0:
        return mean, None
    if baseline is None:
        now = npv(1.0)
        return mean, None if free == now else mean * free / (free - now)
    if npv(_REACH) > 0:
        return mean, None
    return mean, mean * float(brentq(npv, 0.0, _REACH, xtol=1e-9))

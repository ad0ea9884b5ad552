"""The price of a host at which the answer turns."""

from __future__ import annotations

from calc.costs.case import Case
from calc.costs.cashflow import per_year, present_value
from calc.costs.pricing import baseline_side, target_side
from calc.scenario import Scenario


def host_price_flip(case: Case, scenario: Scenario) -> tuple[float, float | None]:
    """(mean host price now, mean host price at which the net present value is zero).

    The plan is held; its net present value is linear in the price of its hosts, so two
    evaluations give the point exactly. None where even hosts at no price do not pay.
    """
    hosts = case.hosts
    mean = sum(host.price for host in hosts) / len(hosts) if hosts else 0.0
    if mean == 0:
        return 0.0, None

    def npv(factor: float) -> float:
        prices = {host.id.split("+")[0]: host.price * factor for host in hosts}
        priced = scenario.model_copy(update={"host_prices": {**scenario.host_prices, **prices}})
        net = per_year(baseline_side(case, priced).flows(priced))
        net = net - per_year(target_side(case, priced).flows(priced))
        return present_value(net, priced.discount_rate)

    free, now = npv(0.0), npv(1.0)
    if free <= 0 or free == now:
        return mean, None
    return mean, mean * free / (free - now)

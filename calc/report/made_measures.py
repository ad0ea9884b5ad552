"""How the measures of finance come about: savings, net present value, rates, payback, cost per workload."""

from __future__ import annotations

import numpy as np

from calc.assessment import Assessment
from calc.costs.cashflow import ROI_FORMULA, per_year, tco
from calc.language import local, say
from calc.report import words
from calc.report.made import SIDES, Made, Part, by_year, difference, money_lines, tco_name
from calc.units import MONTHS_PER_YEAR


def measures() -> dict[str, str]:
    """Keys and names of the measures."""
    return {
        "npv": say("Net present value"),
        "savings": say("Saving"),
        "irr": say("Internal rate of return"),
        "payback": say("Payback, undiscounted"),
        "discounted_payback": say("Payback, discounted"),
        "roi": say("ROI"),
        "unit_cost": say("Per workload and month"),
    }


def measure(a: Assessment, key: str) -> Made:
    """How a measure comes about; ``key`` is one of `measures`."""
    c, currency = a.comparison, a.scenario.currency
    title, rate = measures()[key], a.scenario.discount_rate
    net = per_year(a.flows["baseline"]) - per_year(a.flows["target"])
    tcos = tuple(Part(tco_name(side), tco(a.flows[side]), f"tco.{side}") for side in SIDES)
    if key == "savings":
        lines = tuple(
            Part(local(line), float((a.flows["baseline"][line] - a.flows["target"][line]).sum()), f"line.{line}")
            for line in money_lines(a)
        )
        return Made(
            title, words.exact(c.savings, currency), difference(c.tco_baseline, c.tco_target), "", (*tcos, *lines)
        )
    if key == "npv":
        note = say("Year 0 is not discounted; the parts are each year's saving at its present value.")
        return Made(
            title, words.exact(c.npv, currency), _discounted(f"{rate:g}"), note, _net_parts(net, rate, say_it=True)
        )
    if key == "irr":
        if not c.irr:
            note = say("No rate brings the net present value to zero: the yearly savings do not change their sign so.")
            return Made(title, say("none"), _discounted("r") + " = 0", note, _net_parts(net, 0.0))
        value = ", ".join(f"{found:.2%}" for found in c.irr)
        note = say(
            "The parts are each year's saving at its present value with the first of these rates: they sum to zero."
        )
        return Made(title, value, _discounted("r") + " = 0", note, _net_parts(net, c.irr[0], say_it=True))
    if key in ("payback", "discounted_payback"):
        flow = net / (1 + (rate if key == "discounted_payback" else 0.0)) ** np.arange(len(net))
        months = c.payback_months if key == "payback" else c.discounted_payback_months
        note = say("The parts are the savings up to each year, summed: earned back where they turn positive for good.")
        return Made(
            title, words.months(months), _crossing(np.cumsum(flow)), note, by_year(np.cumsum(flow), "net.{}".format)
        )
    if key == "roi":
        value = say("no investment") if c.roi is None else f"{c.roi:.1%}"
        invested = Part(say("Spending of the plan beyond keeping in year 0"), c.investment, "net.0")
        formula = f"{local(ROI_FORMULA)} = {c.savings:,.2f} / {c.investment:,.2f}"
        return Made(title, value, formula, "", (Part(say("Saving"), c.savings, "savings"), invested))
    workloads, months_all = len(a.demand.table), MONTHS_PER_YEAR * a.scenario.horizon_years
    value = "–" if c.cost_per_workload_month is None else words.exact(c.cost_per_workload_month, currency)
    formula = say(
        "TCO of the plan / workloads / months = {tco} / {workloads:,} / {months:,}",
        tco=f"{c.tco_target:,.2f}",
        workloads=workloads,
        months=months_all,
    )
    return Made(title, value, formula, "", (tcos[1],))


def _discounted(rate: str) -> str:
    return say("sum over the years of (keep − plan) / (1 + {rate}) ^ year", rate=rate)


def _crossing(total: np.ndarray) -> str:
    """The interpolation of the payback, with its numbers."""
    below = np.flatnonzero(total < 0)
    if not len(below):
        return say("the sum is never negative")
    year = int(below[-1]) + 1
    if year == len(total):
        return say("the sum is negative at the horizon")
    lack, gain = -float(total[year - 1]), float(total[year] - total[year - 1])
    return f"{MONTHS_PER_YEAR} × ({year - 1} + {lack:,.2f} / {gain:,.2f})"


def _net_parts(net: np.ndarray, rate: float, *, say_it: bool = False) -> tuple[Part, ...]:
    present = net / (1 + rate) ** np.arange(len(net))
    return tuple(
        Part(
            say("Year {year}", year=year)
            + (f": {net[year]:,.2f} / {1 + rate:.6g} ^ {year}" if say_it and year else ""),
            float(amount),
            f"net.{year}",
        )
        for year, amount in enumerate(present)
    )

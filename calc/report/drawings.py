"""The charts of documents: what of an answer is drawn, with its description in words."""

from __future__ import annotations

import numpy as np

from calc.assessment import Assessment
from calc.costs.cashflow import per_year
from calc.language import local, say
from calc.report import svg
from calc.report.charts import ACCENT, BASELINE, TARGET, fill_table
from calc.report.content import Content
from calc.report.figures import SIDE_NAMES, money, number, percent
from calc.report.words import MINUS, amount, months

_MOST_HOSTS = 90
_MOST_INPUTS = 10


def hardware(a: Assessment) -> str:
    """Machines, cores, rack units and power, today and in the plan."""
    rows = []
    for title, before, after in (
        (say("Machines"), a.before.servers, a.after.servers),
        (say("Physical cores"), a.before.cores, a.after.cores),
        (say("Rack units"), a.before.rack_units, a.after.rack_units),
        (say("Power, kW"), a.before.power_kw, a.after.power_kw),
    ):
        digits = 1 if max(before, after) < 100 and title == say("Power, kW") else 0
        rows.append((title, float(before), float(after), number(before, digits), number(after, digits)))
    described = "; ".join(f"{title}: {one} → {two}" for title, _, _, one, two in rows)
    return svg.before_after(rows, (say("Today"), say("Plan")), described)


def cumulative(a: Assessment) -> str:
    """Cumulative cost of both sides."""
    currency = a.scenario.currency
    series = [
        (local(SIDE_NAMES[side]), np.cumsum(per_year(a.flows[side])).tolist(), colour)
        for side, colour in (("baseline", BASELINE), ("target", TARGET))
    ]
    when = a.comparison.payback_months
    mark = (when / 12, say("earned back after {months}", months=months(when))) if when else None
    return svg.lines(
        series,
        lambda value: amount(value, currency),
        say("Years from now"),
        say(
            "Cumulative cost: keeping reaches {keep}, consolidating {plan}",
            keep=money(series[0][1][-1], currency),
            plan=money(series[1][1][-1], currency),
        ),
        mark=mark,
    )


def saving_steps(a: Assessment) -> str:
    """From the cost of keeping to the cost of consolidating, step by step."""
    currency, c = a.scenario.currency, a.comparison
    rows = [(local(SIDE_NAMES["baseline"]), 0.0, c.tco_baseline, "#7F8C99", amount(c.tco_baseline, currency))]
    for step in a.saving_steps.itertuples():
        colour = ACCENT if step.saving >= 0 else svg.LOSS
        sign = "" if abs(step.saving) < 0.5 else MINUS if step.saving > 0 else "+"
        rows.append(
            (local(step.step), step.tco_before, step.tco_after, colour, sign + amount(abs(step.saving), currency))
        )
    rows.append((local(SIDE_NAMES["target"]), 0.0, c.tco_target, "#7F8C99", amount(c.tco_target, currency)))
    described = "; ".join(f"{name} {label}" for name, _, _, _, label in rows)
    return svg.spans(rows, lambda value: amount(value, currency), described)


def npv_range(content: Content) -> str | None:
    """How often which net present value comes out."""
    simulation = content.simulation
    if simulation is None:
        return None
    currency = content.assessment.scenario.currency
    npv = simulation.draws["npv"].to_numpy(float)
    counts, edges = np.histogram(npv, bins=40)
    quantiles = simulation.quantiles().loc["npv"]
    marks = [(float(quantiles[name]), f"{name} {amount(quantiles[name], currency)}") for name in ("P10", "P50", "P90")]
    return svg.histogram(
        counts.tolist(),
        edges.tolist(),
        marks,
        lambda value: amount(value, currency),
        say(
            "Net present value in {draws:,} draws: {marks}",
            draws=len(npv),
            marks="; ".join(label for _, label in marks),
        ),
    )


def tornado(content: Content) -> str | None:
    """The inputs that move the net present value most."""
    table = content.tornado
    if table is None or table.empty:
        return None
    currency = content.assessment.scenario.currency
    rows = []
    for row in table.head(_MOST_INPUTS).itertuples():
        label = (
            f"{amount(min(row.npv_low, row.npv_high), currency)} … {amount(max(row.npv_low, row.npv_high), currency)}"
        )
        rows.append((local(row.title), row.npv_low, row.npv_high, TARGET, label))
    described = say(
        "Net present value from low to high of each input: {rows}", rows="; ".join(f"{row[0]} {row[4]}" for row in rows)
    )
    return svg.spans(rows, lambda value: amount(value, currency), described)


def fill(a: Assessment) -> tuple[str, str] | None:
    """How full every host is, the first ones where there are many: the drawing and its caption."""
    if not len(a.hosts):
        return None
    found = fill_table(a)
    resources = list(dict.fromkeys(found["resource"]))
    shares = (
        found.pivot(index="host", columns="resource", values="share").loc[a.hosts["host"], resources].iloc[:_MOST_HOSTS]
    )
    mean = ", ".join(f"{name} {percent(float(shares[name].mean()))}" for name in resources)
    caption = say("How full each host is, as a share of what may be planned. A host at 0 % is a spare.")
    if len(a.hosts) > _MOST_HOSTS:
        first = say(
            "The first {most:,} of {n:,} hosts; all of them are in the workbook.", most=_MOST_HOSTS, n=len(a.hosts)
        )
        caption = f"{caption} {first}"
    described = say("Share of planned capacity in use, mean: {mean}", mean=mean)
    return svg.fill_grid(shares.index.tolist(), resources, shares.to_numpy().tolist(), described), caption

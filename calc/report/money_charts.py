"""Charts of the business case: lines, alternatives, tornado, range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from calc.alternatives import Alternative, Alternatives
from calc.assessment import Assessment
from calc.costs.carbon import carbon_table
from calc.costs.cashflow import per_year
from calc.costs.fleet import LINES
from calc.language import local, say
from calc.report.charts import ACCENT, BASELINE, TARGET, figure_click, money_axis, nearest_figure
from calc.report.figures import quantity

if TYPE_CHECKING:  # its import takes a second that only the range has to wait for
    from calc.uncertainty import Simulation

_WORSE = "#D55E00"
_NEUTRAL = "#7f8c99"
_SHOWN_INPUTS = 12
#: Okabe-Ito without its black and its yellow, and what the lines share that have no colour of their own.
_PALETTE = ("#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7", "#7A4B00")
_OTHERS = "#a9b2bb"


def lines_table(a: Assessment) -> pd.DataFrame:
    """line, baseline, target, saving over the horizon; lines that are zero on both sides left out."""
    rows = [
        (line, float(a.flows["baseline"][line].sum()), float(a.flows["target"][line].sum()))
        for line in LINES
        if a.flows["baseline"][line].any() or a.flows["target"][line].any()
    ]
    table = pd.DataFrame(rows, columns=["line", "baseline", "target"])
    table["saving"] = table["baseline"] - table["target"]
    return table


def waterfall_chart(a: Assessment) -> alt.TopLevelMixin:
    """From the cost of keeping to the cost of the plan, line by line."""
    lines = lines_table(a).sort_values("saving", ascending=False)
    level = a.comparison.tco_baseline
    rows = [(say("keep today's servers"), 0.0, level, say("total"), "tco.baseline")]
    for row in lines.itertuples():
        kind = say("saves") if row.saving >= 0 else say("costs")
        rows.append((local(row.line), level, level - row.saving, kind, f"line.{row.line}"))
        level -= row.saving
    rows.append((say("consolidate"), 0.0, level, say("total"), "tco.target"))
    data = pd.DataFrame(rows, columns=["step", "start", "end", "kind", "figure"])
    data["amount"] = np.where(data["kind"] == say("total"), data["end"], data["end"] - data["start"])
    chart = (
        alt.Chart(data)
        .mark_bar(height=18, cursor="pointer")
        .encode(
            y=alt.Y("step:N", sort=list(data["step"]), title=None, axis=alt.Axis(labelLimit=220)),
            x=alt.X(
                "start:Q",
                title=say(
                    "Cost over {horizon_years} years ({currency})",
                    horizon_years=a.scenario.horizon_years,
                    currency=a.scenario.currency,
                ),
                axis=money_axis(),
            ),
            x2="end:Q",
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=[say("total"), say("saves"), say("costs")], range=[_NEUTRAL, ACCENT, _WORSE]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("step", title=say("Line")), alt.Tooltip("amount", title=say("Amount"), format=",.0f")],
        )
    )
    return chart.add_params(figure_click()).properties(
        height=alt.Step(28), description=say("Waterfall from keeping to consolidating, by cost line")
    )


def outstanding(found: Alternatives) -> list[Alternative]:
    """The alternatives that a chart tells apart by colour, as many as there are colours that everybody can tell apart.

    One of each kind: the complete one of the least present cost before those whose prices are missing.
    """
    best: dict[str, Alternative] = {}
    for entry in sorted(found.entries, key=lambda entry: (bool(entry.missing), entry.present_cost)):
        best.setdefault(entry.kind, entry)
    for entry in found.entries:  # the plan itself, where another hypervisor is cheaper
        if entry.kind == "consolidate" and entry.scenario.hypervisor == found.scenario.hypervisor:
            best["plan"] = entry
    kept = list(best.values())
    return [entry for entry in found.entries if any(entry is item for item in kept)]


def alternatives_chart(found: Alternatives) -> alt.TopLevelMixin:
    """Cumulative cost of every alternative by year; crossing points of complete ones are marked."""
    currency = found.scenario.currency
    parts = []
    for number, entry in enumerate(found.entries):
        total = np.cumsum(per_year(entry.flows))
        parts.append(
            pd.DataFrame(
                {
                    "year": np.arange(len(total)),
                    "cost": total,
                    "alternative": local(entry.name),
                    "complete": say("complete") if not entry.missing else say("prices missing"),
                    "figure": f"alternative.{number}",
                }
            )
        )
    data = pd.concat(parts, ignore_index=True)
    chosen = outstanding(found)
    names = [local(entry.name) for entry in chosen]
    others = say("others: point at a line")
    data["course"] = data["alternative"].where(data["alternative"].isin(names), others)
    if len(chosen) < len(found.entries):
        names.append(others)
    years = [int(year) for year in sorted(data["year"].unique())]
    base = alt.Chart(data).encode(
        x=alt.X("year:Q", title=say("Years from now"), axis=alt.Axis(values=years, format="d", grid=False)),
        y=alt.Y("cost:Q", title=say("Cumulative cost ({currency})", currency=currency), axis=money_axis()),
        color=alt.Color(
            "course:N",
            sort=names,
            title=None,
            scale=alt.Scale(domain=names, range=[*_PALETTE[: len(chosen)], _OTHERS]),
            legend=alt.Legend(orient="top", columns=2, labelLimit=420),
        ),
        detail="alternative:N",
        strokeDash=alt.StrokeDash(
            "complete:N",
            title=None,
            scale=alt.Scale(domain=[say("complete"), say("prices missing")], range=[[1, 0], [5, 4]]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("alternative", title=say("Alternative")),
            alt.Tooltip("complete", title=say("Prices")),
            alt.Tooltip("year", title=say("Year")),
            alt.Tooltip("cost", title=say("Cumulative, {currency}", currency=currency), format=",.0f"),
        ],
    )
    points = base.mark_point(filled=True, size=30, opacity=1, cursor="pointer").add_params(nearest_figure())
    layers: list[alt.Chart] = [base.mark_line(strokeWidth=2.2), points]
    crossings = found.crossings()
    if len(crossings):
        crossings = crossings.assign(
            year=crossings["month"] / 12,
            first=crossings["first"].map(local),
            second=crossings["second"].map(local),
        )
        layers.append(
            alt.Chart(crossings)
            .mark_point(shape="diamond", size=110, filled=True, color="#1b2733", stroke="white")
            .encode(
                x="year:Q",
                y="cost:Q",
                tooltip=[
                    alt.Tooltip("month", title=say("After months"), format=".0f"),
                    alt.Tooltip("first", title=say("Cheaper before")),
                    alt.Tooltip("second", title=say("Cheaper after")),
                ],
            )
        )
    return alt.layer(*layers).properties(height=520, description=say("Cumulative cost of every alternative by year"))


def tornado_chart(table: pd.DataFrame, npv: float, currency: str) -> alt.TopLevelMixin:
    """Net present value with each input at its low and its high, the most important first."""
    top = table.head(_SHOWN_INPUTS)
    rows = []
    for row in top.itertuples():
        rows.append(
            (local(row.title), say("at its low"), npv, row.npv_low, quantity(row.low, row.unit), f"input.{row.input}")
        )
        rows.append(
            (
                local(row.title),
                say("at its high"),
                npv,
                row.npv_high,
                quantity(row.high, row.unit),
                f"input.{row.input}",
            )
        )
    data = pd.DataFrame(rows, columns=["input", "end", "from", "to", "value", "figure"])
    data = data[data["from"] != data["to"]]
    bars = (
        alt.Chart(data)
        .mark_bar(height=15, cursor="pointer")
        .encode(
            y=alt.Y(
                "input:N", sort=[local(title) for title in top["title"]], title=None, axis=alt.Axis(labelLimit=260)
            ),
            x=alt.X(
                "from:Q",
                title=say("Net present value ({currency})", currency=currency),
                axis=money_axis(),
                scale=alt.Scale(zero=False),
            ),
            x2="to:Q",
            color=alt.Color(
                "end:N",
                title=None,
                scale=alt.Scale(domain=[say("at its low"), say("at its high")], range=[BASELINE, TARGET]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("input", title=say("Input")),
                alt.Tooltip("value", title=say("Value")),
                alt.Tooltip("to", title=say("Net present value"), format=",.0f"),
            ],
        )
    )
    base = alt.Chart(pd.DataFrame({"npv": [npv]})).mark_rule(color="#1b2733").encode(x="npv:Q")
    layers: list[alt.Chart] = [bars.add_params(figure_click()), base]
    if len(data) and min(data["to"].min(), npv) < 0 < max(data["to"].max(), npv):
        zero = pd.DataFrame({"npv": [0.0]})
        layers.append(alt.Chart(zero).mark_rule(color=_WORSE, strokeDash=[4, 4]).encode(x="npv:Q"))
    return alt.layer(*layers).properties(
        height=alt.Step(24), description=say("Tornado: effect of each input on the net present value")
    )


def fan_chart(simulation: Simulation, base: np.ndarray, currency: str) -> alt.TopLevelMixin:
    """Cumulative saving by year: P10 to P90, P25 to P75, the median and the base case.

    Parameters
    ----------
    base : ndarray
        Cumulative saving of the answer itself.
    """
    low, first, middle, third, high = np.quantile(simulation.cumulative, [0.1, 0.25, 0.5, 0.75, 0.9], axis=0)
    data = pd.DataFrame(
        {"year": np.arange(len(base)), "P10": low, "P25": first, "P50": middle, "P75": third, "P90": high, "base": base}
    )
    ends = data.melt("year", ["P10", "P50", "P90", "base"], "name", "saving")
    ends["figure"] = [
        f"saved.{row.year}" if row.name == "base" else f"range.{row.name}.{row.year}"
        for row in ends.itertuples(index=False)
    ]
    ends["name"] = ends["name"].replace({"base": say("base case")})
    x = alt.X(
        "year:Q",
        title=say("Years from now"),
        axis=alt.Axis(values=[int(y) for y in data["year"]], format="d", grid=False),
    )
    title = say("Cumulative saving ({currency})", currency=currency)
    tips = [
        alt.Tooltip("year", title=say("Year")),
        *(
            alt.Tooltip(name, title=say("base case") if name == "base" else name, format=",.0f")
            for name in ("P10", "P50", "P90", "base")
        ),
    ]
    chart = alt.Chart(data)
    wide = chart.mark_area(opacity=0.22, color=TARGET).encode(
        x=x, y=alt.Y("P10:Q", title=title, axis=money_axis()), y2="P90:Q", tooltip=tips
    )
    narrow = chart.mark_area(opacity=0.3, color=TARGET).encode(x=x, y="P25:Q", y2="P75:Q", tooltip=tips)
    median = chart.mark_line(color=TARGET, strokeWidth=2.5).encode(x=x, y="P50:Q", tooltip=tips)
    own = chart.mark_line(color=BASELINE, strokeDash=[5, 3], strokeWidth=2).encode(x=x, y="base:Q", tooltip=tips)
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=_NEUTRAL).encode(y="y:Q")
    points = (
        alt.Chart(ends)
        .mark_point(filled=True, size=45, opacity=1, cursor="pointer")
        .encode(
            x=x,
            y=alt.Y("saving:Q", title=title, axis=money_axis()),
            color=alt.Color(
                "name:N",
                legend=None,
                scale=alt.Scale(
                    domain=["P10", "P50", "P90", say("base case")], range=[TARGET, TARGET, TARGET, BASELINE]
                ),
            ),
            tooltip=[
                alt.Tooltip("name", title=say("What")),
                alt.Tooltip("year", title=say("Year")),
                alt.Tooltip("saving", title=title, format=",.0f"),
            ],
        )
        .add_params(nearest_figure())
    )
    return alt.layer(wide, narrow, median, own, zero, points).properties(
        height=300, description=say("Fan of the cumulative saving by year: P10 to P90, P25 to P75, median, base case")
    )


def carbon_chart(a: Assessment) -> alt.TopLevelMixin:
    """Cumulative carbon of keeping, refreshing and consolidating."""
    names = {
        "baseline": say("Keep today's servers"),
        "refresh": say("Refresh like for like"),
        "target": say("Consolidate"),
    }
    table = carbon_table({name: a.sides[name] for name in names}, a.scenario)
    table["figure"] = [f"carbon.{row.side}.{row.year}" for row in table.itertuples()]
    table["side"] = table["side"].map(names)
    table["tonnes"] = table["cumulative_kg"] / 1000
    years = [int(year) for year in sorted(table["year"].unique())]
    base = alt.Chart(table).encode(
        x=alt.X("year:Q", title=say("Years from now"), axis=alt.Axis(values=years, format="d", grid=False)),
        y=alt.Y("tonnes:Q", title=say("Cumulative carbon (t CO2e)")),
        color=alt.Color(
            "side:N",
            title=None,
            scale=alt.Scale(domain=list(names.values()), range=[BASELINE, "#CC79A7", TARGET]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=[
            alt.Tooltip("side", title=say("Side")),
            alt.Tooltip("year", title=say("Year")),
            alt.Tooltip("tonnes", title=say("Cumulative, t CO2e"), format=",.1f"),
        ],
    )
    points = base.mark_point(filled=True, size=55, opacity=1, cursor="pointer").add_params(nearest_figure())
    return alt.layer(base.mark_line(strokeWidth=2.5), points).properties(
        height=300, description=say("Cumulative carbon of three courses, by year")
    )

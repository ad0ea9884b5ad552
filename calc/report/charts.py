"""Altair charts of an assessment. Colours are from the Okabe-Ito palette, safe for colour-blind readers."""

from __future__ import annotations

import itertools
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.costs.cashflow import per_year
from calc.language import language, local, say, stored

BASELINE, TARGET, ACCENT = "#E69F00", "#0072B2", "#009E73"
_LABELS = {
    "cpu": "CPU",
    "memory": stored("Memory"),
    "vcpu": "vCPU",
    "network": stored("Network"),
    "iops": stored("Disk"),
}
_MOST_LABELLED = 40


def money_axis(**options: Any) -> alt.Axis:
    """An axis of amounts: 2M in English, 200만 in Korean; ``options`` for `altair.Axis`."""
    if language() != "ko":
        return alt.Axis(labelExpr="datum.value == 0 ? '0' : format(datum.value, '~s')", **options)
    size = "abs(datum.value)"
    return alt.Axis(
        labelExpr=f"{size} >= 1e8 ? format(datum.value / 1e8, ',~r') + '억' : "
        f"{size} >= 1e4 ? format(datum.value / 1e4, ',~r') + '만' : format(datum.value, ',~r')",
        **options,
    )


def figure_click() -> alt.Parameter:
    """A click on a mark names the figure that it stands for (selection ``figure``): what is clicked can be explained."""
    return alt.selection_point(name="figure", fields=["figure"], on="click", clear=False)


def nearest_figure() -> alt.Parameter:
    """As `figure_click`, for points of a line: the nearest is meant (selection ``nearest``: charts may stand side by side)."""
    return alt.selection_point(name="nearest", fields=["figure"], on="click", clear=False, nearest=True)


def fill_table(a: Assessment) -> pd.DataFrame:
    """Use of every host and resource as a share of its normal capacity: host, model, resource, share."""
    parts = []
    for resource in dict.fromkeys(name.split("@")[0] for name in a.demand.dimensions):
        part = a.hosts[["host", "host_type", "pool", "workloads"]].copy()
        part["resource"] = local(_LABELS.get(resource, resource))
        part["label"] = part["host"].where(part["workloads"] > 0, part["host"] + " " + say("(spare)"))
        names = [name for name in a.demand.dimensions if name.split("@")[0] == resource]
        shares = [a.hosts[f"{name}_used"] / a.hosts[f"{name}_capacity"].clip(lower=1) for name in names]
        part["share"] = pd.concat(shares, axis=1).max(axis=1)  # by time of day: in its fullest slot
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def fill_chart(a: Assessment) -> alt.TopLevelMixin:
    """Hosts by resources, coloured by how full they are."""
    data = fill_table(a)
    count = len(a.hosts)
    order = [
        local(_LABELS.get(name, name)) for name in dict.fromkeys(name.split("@")[0] for name in a.demand.dimensions)
    ]
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labels=count <= 80, ticks=False, labelOverlap=False)),
        x=alt.X(
            "resource:N", title=None, sort=order, axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False)
        ),
        tooltip=[
            alt.Tooltip("host", title=say("Host")),
            alt.Tooltip("host_type", title=say("Model")),
            alt.Tooltip("pool", title=say("Pool")),
            alt.Tooltip("workloads", title=say("Workloads")),
            alt.Tooltip("resource", title=say("Resource")),
            alt.Tooltip("share", title=say("Of planned capacity"), format=".0%"),
        ],
    )
    cells = base.mark_rect(strokeWidth=1).encode(
        color=alt.Color(
            "share:Q",
            title=say("Of planned capacity"),
            scale=alt.Scale(scheme="blues", domain=[0, 1]),
            legend=alt.Legend(format=".0%", orient="bottom", gradientLength=220),
        )
    )
    height = {"step": 20} if count <= _MOST_LABELLED else {"step": max(3, 800 // max(1, count))}
    chart: alt.Chart | alt.LayerChart = cells
    if count <= _MOST_LABELLED:
        text = base.mark_text(fontSize=11).encode(
            text=alt.Text("share:Q", format=".0%"),
            color=alt.condition("datum.share > 0.55", alt.value("white"), alt.value("#1b2733")),
        )
        chart = cells + text
    return chart.properties(
        height=alt.Step(height["step"]),
        description=say(
            "Heat map of {count} hosts: how full each resource is, as a share of planned capacity", count=count
        ),
    )


def closing_table(a: Assessment) -> pd.DataFrame:
    """Best plan and bound by seconds, for each pool whose first plan could be improved: pool, seconds, what, value.

    The normal state of the models chosen, before spare hosts.
    """
    rows = []
    for pool in a.pools:
        onto = pool.closing[-1][1] if pool.closing else ""
        run = [entry for entry in pool.closing if entry[1] == onto]
        falls = [one[2] >= two[2] for one, two in itertools.pairwise(run)]
        run = run[: falls.index(False) + 1] if False in falls else run  # the failover state comes after
        if len({best for _, _, best, _ in run}) > 1:
            for seconds, _, best, bound in run:
                rows += [(pool.name, seconds, say("best plan"), best), (pool.name, seconds, say("proven bound"), bound)]
    return pd.DataFrame(rows, columns=["pool", "seconds", "what", "value"])


def closing_chart(a: Assessment) -> alt.TopLevelMixin:
    """Best plan and bound closing in on each other, pool by pool."""
    hosts = a.scenario.host_policy == "one_model"
    axis = alt.Axis(format=",d", tickMinStep=1) if hosts else money_axis(tickMinStep=1)
    return (
        alt.Chart(closing_table(a))
        .mark_line(interpolate="step-after", point=True)
        .encode(
            x=alt.X("seconds:Q", title=say("Seconds of search"), axis=alt.Axis(format="~g", tickCount=4)),
            y=alt.Y(
                "value:Q",
                title=say("Hosts before spares")
                if hosts
                else say("Cost of hosts ({currency} / 100)", currency=a.scenario.currency),
                scale=alt.Scale(zero=False),
                axis=axis,
            ),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=[say("best plan"), say("proven bound")], range=[TARGET, BASELINE]),
                legend=alt.Legend(orient="top"),
            ),
            facet=alt.Facet("pool:N", title=None, columns=2),
            tooltip=[
                alt.Tooltip("pool", title=say("Pool")),
                alt.Tooltip("what", title=say("What")),
                alt.Tooltip("value", title=say("Value")),
                alt.Tooltip("seconds", title=say("Seconds"), format=".2f"),
            ],
        )
        .properties(
            width=300, height=140, description=say("Best plan and proven bound by seconds of search, one panel a pool")
        )
        .resolve_scale(x="independent", y="independent")
    )


def before_after_chart(a: Assessment) -> alt.TopLevelMixin:
    """Servers, cores, rack units and power before and after."""
    rows = [
        (say("Machines"), a.before.servers, a.after.servers),
        (say("Physical cores"), a.before.cores, a.after.cores),
        (say("Rack units"), a.before.rack_units, a.after.rack_units),
        (say("IT power (kW)"), a.before.power_kw, a.after.power_kw),
    ]
    panels = []
    for title, before, after in rows:
        data = pd.DataFrame({"side": [say("Today"), say("Plan")], "value": [before, after]})
        data["shown"] = [
            f"{value:,.1f}" if value < 100 and value != int(value) else f"{value:,.0f}" for value in data["value"]
        ]
        base = alt.Chart(data).encode(
            y=alt.Y("side:N", sort=[say("Today"), say("Plan")], title=None, axis=alt.Axis(ticks=False, domain=False)),
            x=alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, max(before, after, 1e-9) * 1.25])),
        )
        bars = base.mark_bar(cornerRadiusEnd=3, height=18).encode(
            color=alt.Color(
                "side:N", legend=None, scale=alt.Scale(domain=[say("Today"), say("Plan")], range=[BASELINE, TARGET])
            ),
            tooltip=[alt.Tooltip("side", title=say("Side")), alt.Tooltip("shown", title=title)],
        )
        labels = base.mark_text(align="left", dx=5).encode(text="shown:N", color=alt.value("#6b7785"))
        panels.append(
            (bars + labels).properties(title=alt.TitleParams(title, anchor="start", fontSize=13), height=56, width=250)
        )
    return (
        alt.concat(*panels, columns=1, spacing=10)
        .properties(description=say("Machines, cores, rack units and power today and in the plan"))
        .configure_view(stroke=None)
    )


def cashflow_chart(a: Assessment) -> alt.TopLevelMixin:
    """Cumulative cost of both sides over the horizon, with the payback point."""
    currency = a.scenario.currency
    years = np.arange(a.scenario.horizon_years + 1)
    data = pd.concat(
        [
            pd.DataFrame(
                {
                    "year": years,
                    "side": side,
                    "cost": np.cumsum(per_year(a.flows[key])),
                    "figure": [f"cumulative.{key}.{year}" for year in years],
                }
            )
            for side, key in ((say("Keep today's servers"), "baseline"), (say("Consolidate"), "target"))
        ]
    )
    base = alt.Chart(data).encode(
        x=alt.X(
            "year:Q",
            title=say("Years from now"),
            axis=alt.Axis(values=list(map(int, years)), format="d", grid=False),
        ),
        y=alt.Y("cost:Q", title=say("Cumulative cost ({currency})", currency=currency), axis=money_axis()),
        color=alt.Color(
            "side:N",
            title=None,
            scale=alt.Scale(domain=[say("Keep today's servers"), say("Consolidate")], range=[BASELINE, TARGET]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=[
            alt.Tooltip("side", title=say("Side")),
            alt.Tooltip("year", title=say("Year")),
            alt.Tooltip("cost", title=say("Cumulative, {currency}", currency=currency), format=",.0f"),
        ],
    )
    points = base.mark_point(filled=True, size=55, opacity=1, cursor="pointer").add_params(nearest_figure())
    layers: list[alt.Chart] = [base.mark_line(strokeWidth=2.5), points]
    months = a.comparison.payback_months
    if months:
        mark = pd.DataFrame({"year": [months / 12], "label": [say("earned back after {n} months", n=f"{months:.0f}")]})
        layers.append(alt.Chart(mark).mark_rule(strokeDash=[4, 4], color=ACCENT, strokeWidth=2).encode(x="year:Q"))
        layers.append(
            alt.Chart(mark)
            .mark_text(align="left", dx=6, dy=-6, baseline="top", color=ACCENT)
            .encode(x="year:Q", y=alt.value(8), text="label:N")
        )
    return alt.layer(*layers).properties(
        height=300, description=say("Cumulative cost of keeping and of consolidating, by year")
    )


def saving_steps_chart(a: Assessment) -> alt.TopLevelMixin:
    """Where the saving comes from, step by step."""
    steps = a.saving_steps
    rows = [
        {
            "step": say("keep"),
            "start": 0.0,
            "end": a.comparison.tco_baseline,
            "kind": say("total"),
            "figure": "tco.baseline",
        }
    ]
    rows += [
        {
            "step": local(row.step),
            "start": row.tco_before,
            "end": row.tco_after,
            "kind": say("saves") if row.saving >= 0 else say("costs"),
            "figure": f"step.{row.Index}",
        }
        for row in steps.itertuples()
    ]
    rows.append(
        {
            "step": say("consolidated"),
            "start": 0.0,
            "end": a.comparison.tco_target,
            "kind": say("total"),
            "figure": "tco.target",
        }
    )
    data = pd.DataFrame(rows)
    data["amount"] = data["end"] - data["start"]
    order = list(data["step"])
    base = alt.Chart(data).encode(y=alt.Y("step:N", sort=order, title=None, axis=alt.Axis(labelLimit=260)))
    bars = base.mark_bar(height=18, cursor="pointer").encode(
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
            scale=alt.Scale(domain=[say("total"), say("saves"), say("costs")], range=["#7f8c99", ACCENT, "#D55E00"]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=[alt.Tooltip("step", title=say("Step")), alt.Tooltip("amount", title=say("Change"), format=",.0f")],
    )
    return bars.add_params(figure_click()).properties(
        height=alt.Step(30), description=say("From keeping to consolidating: what each step saves or costs")
    )

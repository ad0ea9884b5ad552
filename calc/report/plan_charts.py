"""Charts of a plan: its hosts, one host, the hours of the day, the search closing in."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.demand import Demand
from calc.language import say
from calc.report.charts import ACCENT, BASELINE, TARGET, fill_table, money_axis
from calc.units import MILLI

_MOST_NUMBERED = 34
_GREY = "#7f8c99"


def resource_label(name: str) -> str:
    """A packed dimension in words."""
    return {
        "cpu": say("CPU"),
        "memory": say("Memory"),
        "vcpu": say("vCPU"),
        "network": say("Network"),
        "windows_vm": say("Windows VMs"),
    }.get(name, name)


def _shares(a: Assessment) -> pd.DataFrame:
    """host, label, host_type, pool, workloads, resource, share: of normal capacity, in the fullest slot."""
    table = fill_table(a)
    back = {"CPU": "cpu", "Memory": "memory", "vCPU": "vcpu", "Network": "network"}
    table["resource"] = [resource_label(back.get(name, name)) for name in table["resource"]]
    return table


def limits_table(a: Assessment) -> pd.DataFrame:
    """What limits each host: host, host_type, pool, workloads, resource, share; hosts in the order of the plan."""
    table = _shares(a)
    fullest = table.loc[table.groupby("host", sort=False)["share"].idxmax()]
    return fullest[["host", "host_type", "pool", "workloads", "resource", "share"]].reset_index(drop=True)


def host_map(a: Assessment) -> alt.LayerChart | alt.Chart:
    """Resources by hosts, coloured by how full they are; a click names a host (selection ``host``)."""
    data = _shares(a)
    count = len(a.hosts)
    order = list(dict.fromkeys(data["resource"]))
    base = alt.Chart(data).encode(
        x=alt.X(
            "host:N",
            title=None,
            sort=None,
            axis=alt.Axis(labels=count <= 60, ticks=False, labelAngle=-90, labelOverlap=False, domain=False),
        ),
        y=alt.Y("resource:N", title=None, sort=order, axis=alt.Axis(ticks=False, domain=False)),
        tooltip=[
            alt.Tooltip("label", title=say("Host")),
            alt.Tooltip("host_type", title=say("Model")),
            alt.Tooltip("pool", title=say("Pool")),
            alt.Tooltip("workloads", title=say("Workloads")),
            alt.Tooltip("resource", title=say("Resource")),
            alt.Tooltip("share", title=say("Of planned capacity"), format=".0%"),
        ],
    )
    click = alt.selection_point(name="host", fields=["host"], on="click")
    cells = (
        base.mark_rect(stroke="white", strokeWidth=1, cursor="pointer")
        .encode(
            color=alt.Color(
                "share:Q",
                title=say("Of planned capacity"),
                scale=alt.Scale(scheme="blues", domain=[0, 1], clamp=True),
                legend=alt.Legend(format=".0%", orient="bottom", gradientLength=220, direction="horizontal"),
            ),
            opacity=alt.condition(click, alt.value(1), alt.value(0.45)),
        )
        .add_params(click)
    )
    chart: alt.LayerChart | alt.Chart = cells
    if count <= _MOST_NUMBERED:
        text = base.mark_text(fontSize=10, cursor="pointer").encode(
            text=alt.Text("share:Q", format=".0%"),
            color=alt.condition("datum.share > 0.55", alt.value("white"), alt.value("#1b2733")),
        )
        chart = cells + text
    limits = limits_table(a)
    most = limits["resource"].value_counts()
    return chart.properties(
        height=alt.Step(30),
        description=say(
            "Heat map of {hosts:,} hosts: how full each resource is. {resource} is the fullest on {n:,} of them",
            hosts=count,
            resource=most.index[0] if len(most) else "-",
            n=int(most.iloc[0]) if len(most) else 0,
        ),
    )


def host_table(a: Assessment, host: str) -> pd.DataFrame:
    """Workloads of one host and, for each resource, their share of its planned capacity in its fullest slot."""
    members = a.placement.loc[a.placement["host"] == host, "workload"]
    rows = a.demand.table.index[a.demand.table["workload"].isin(set(members))]
    capacity = a.hosts.set_index("host").loc[host]
    table = a.demand.table.loc[rows, ["workload"]].reset_index(drop=True)
    names = a.demand.dimensions
    for resource in dict.fromkeys(name.split("@")[0] for name in names):
        columns = [k for k, name in enumerate(names) if name.split("@")[0] == resource]
        slot = max(columns, key=lambda k: int(capacity[f"{names[k]}_used"]))
        table[resource] = a.demand.amounts[rows, slot] / max(1, int(capacity[f"{names[slot]}_capacity"]))
    return table.sort_values(list(table.columns[1:2]), ascending=False, ignore_index=True)


def host_chart(a: Assessment, host: str) -> alt.Chart:
    """One host: a bar a resource, made of its workloads."""
    table = host_table(a, host)
    data = table.melt("workload", var_name="resource", value_name="share")
    data["resource"] = data["resource"].map(resource_label)
    return (
        alt.Chart(data)
        .mark_bar(stroke="white", strokeWidth=0.7, height=22)
        .encode(
            y=alt.Y("resource:N", sort=None, title=None, axis=alt.Axis(ticks=False)),
            x=alt.X(
                "share:Q",
                stack="zero",
                title=say("Of planned capacity"),
                axis=alt.Axis(format=".0%"),
                scale=alt.Scale(domainMax=1, domainMin=0),
            ),
            color=alt.Color("workload:N", legend=None, scale=alt.Scale(range=[TARGET, "#56B4E9", "#8aa4b8"])),
            order=alt.Order("share:Q", sort="descending"),
            tooltip=[
                alt.Tooltip("workload", title=say("Workload")),
                alt.Tooltip("resource", title=say("Resource")),
                alt.Tooltip("share", title=say("Of planned capacity"), format=".1%"),
            ],
        )
        .properties(
            height=alt.Step(34),
            description=say("{host}: {n:,} workloads and what each takes of every resource", host=host, n=len(table)),
        )
    )


def slots_table(demand: Demand) -> pd.DataFrame:
    """slot, position, cpu (compute units): CPU demand of all workloads together, slot by slot."""
    columns = [k for k, name in enumerate(demand.dimensions) if name.startswith("cpu@")]
    return pd.DataFrame(
        {
            "slot": [demand.dimensions[k].split("@")[1] for k in columns],
            "position": np.arange(len(columns)),
            "cpu": demand.amounts[:, columns].sum(axis=0) / MILLI,
        }
    )


def time_of_day_chart(demand: Demand) -> alt.TopLevelMixin:
    """CPU of all workloads by time of day, its highest slot, and what the peaks of each by itself would add up to."""
    data = slots_table(demand)
    separate, together = (value / MILLI for value in demand.peaks())
    bars = (
        alt.Chart(data)
        .mark_bar(color=TARGET)
        .encode(
            x=alt.X("slot:N", sort=None, title=say("Time slot"), axis=alt.Axis(labelAngle=-45, labelOverlap=True)),
            y=alt.Y("cpu:Q", title=say("CPU demand (compute units)"), axis=money_axis()),
            tooltip=[
                alt.Tooltip("slot", title=say("Time slot")),
                alt.Tooltip("cpu", title=say("CPU demand (compute units)"), format=",.0f"),
            ],
        )
    )
    lines = pd.DataFrame(
        {
            "level": [separate, together],
            "what": [say("sum of peaks: {n:,.0f}", n=separate), say("peak of sums: {n:,.0f}", n=together)],
        }
    )
    rules = (
        alt.Chart(lines)
        .mark_rule(strokeDash=[6, 4], strokeWidth=2)
        .encode(
            y="level:Q",
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=list(lines["what"]), range=[BASELINE, ACCENT]),
                legend=alt.Legend(orient="top"),
            ),
        )
    )
    return alt.layer(bars, rules).properties(
        height=280,
        description=say(
            "CPU demand by time of day. Planned together the highest slot needs {together:,.0f}, each peak by itself {separate:,.0f}",
            together=together,
            separate=separate,
        ),
    )


def live_chart(closing: list[tuple[float, str, int, int]], now_s: float) -> alt.TopLevelMixin:
    """Best plan and bound of the search that is running, from its start to now."""
    label = closing[-1][1]
    run = [entry for entry in closing if entry[1] == label]
    names = [say("best plan"), say("proven bound")]
    rows = []
    for seconds, _, best, bound in [*run, (now_s, *run[-1][1:])]:
        rows += [(seconds, names[0], best), (seconds, names[1], bound)]
    return (
        alt.Chart(pd.DataFrame(rows, columns=["seconds", "what", "value"]))
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=alt.X("seconds:Q", title=say("Seconds of search"), axis=alt.Axis(format="~g", tickCount=5)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False, padding=8), axis=money_axis(tickMinStep=1)),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=names, range=[TARGET, BASELINE]),
                legend=alt.Legend(orient="top"),
            ),
            strokeDash=alt.StrokeDash("what:N", legend=None, scale=alt.Scale(domain=names, range=[[1, 0], [5, 3]])),
        )
        .properties(
            height=170,
            description=say(
                "{what}: best {best:,}, bound {bound:,}, after {s:.0f} s",
                what=label,
                best=run[-1][2],
                bound=run[-1][3],
                s=now_s,
            ),
        )
    )

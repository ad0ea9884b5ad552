"""Altair charts of failures, unseen days and the migration. Colours as in `calc.report.charts`."""

from __future__ import annotations

import altair as alt
import pandas as pd

from calc.backtest import PowerReplay, RiskChoice
from calc.language import say, say_many
from calc.migration import MigrationPlan
from calc.recovery import Loaded, Proof
from calc.report.charts import ACCENT, BASELINE, TARGET

WARNING = "#D55E00"
_MOST_LABELLED = 30


def failure_chart(loaded: Loaded, proof: Proof) -> alt.TopLevelMixin:
    """How full each host is after each failure; what failed is left white."""
    data = proof.fill(loaded)
    data["kind"] = data["share"].isna()
    few = len(loaded.hosts) <= _MOST_LABELLED and len(proof.cases) <= _MOST_LABELLED
    base = alt.Chart(data[~data["kind"]]).encode(
        x=alt.X(
            "host:N",
            title=say("Hosts that are left"),
            sort=list(loaded.hosts),
            axis=alt.Axis(orient="top", labels=few, ticks=False, labelAngle=-60),
        ),
        y=alt.Y(
            "failure:N",
            title=say("What fails"),
            sort=[case.name for case in proof.cases],
            axis=alt.Axis(labels=few, ticks=False, labelLimit=160, labelFlush=False, labelOverlap=False),
        ),
        tooltip=[
            alt.Tooltip("failure", title=say("Fails")),
            alt.Tooltip("host", title=say("Host")),
            alt.Tooltip("share", title=say("Of failover capacity"), format=".0%"),
            alt.Tooltip("resource", title=say("Tightest")),
            alt.Tooltip("gained", title=say("Workloads taken over")),
        ],
    )
    cells = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color(
            "share:Q",
            title=say("Of failover capacity"),
            scale=alt.Scale(scheme="blues", domain=[0, 1], clamp=True),
            legend=alt.Legend(format=".0%", orient="bottom", gradientLength=220),
        )
    )
    chart: alt.Chart | alt.LayerChart = cells
    if few:
        text = base.mark_text(fontSize=10).encode(
            text=alt.Text("gained:Q", format="+d"),
            color=alt.condition("datum.share > 0.55", alt.value("white"), alt.value("#1b2733")),
            opacity=alt.condition("datum.gained > 0", alt.value(1), alt.value(0)),
        )
        chart = cells + text
    step = 22 if few else max(2, 700 // max(1, len(proof.cases)))
    return chart.properties(
        height=alt.Step(step),
        description=say(
            "Heat map of {hosts} hosts under {cases} failures: how full each host is afterwards",
            hosts=len(loaded.hosts),
            cases=len(proof.cases),
        ),
    )


def frontier_chart(choice: RiskChoice) -> alt.TopLevelMixin:
    """Hosts against risk: each step of the frontier, with the one that was chosen."""
    data = choice.frontier.copy()
    data["label"] = [
        f"p{row.percentile * 100:g}" + (f" × {row.margin:g}" if row.margin != 1 else "") for row in data.itertuples()
    ]
    # Steps that end at the same point share a label.
    same = data.groupby(["hosts", "over"], sort=False)["label"]
    data["shown"] = same.transform(
        lambda names: names.iloc[0] if len(names) == 1 else f"{names.iloc[0]} … {names.iloc[-1]}"
    )
    data.loc[data.duplicated(["hosts", "over"]), "shown"] = ""
    data = data.sort_values("chosen", kind="stable")  # drawn last, on top
    top = max(float(data["over"].max()), choice.allowed) * 1.15
    base = alt.Chart(data).encode(
        x=alt.X(
            "hosts:Q",
            title=say("Hosts (mean over the blocks)"),
            scale=alt.Scale(zero=False, padding=40),
            axis=alt.Axis(tickMinStep=1, format="d"),
        ),
        y=alt.Y(
            "over:Q",
            title=say("Host-hours above capacity"),
            axis=alt.Axis(format="~%"),
            scale=alt.Scale(type="symlog", constant=0.0005, domain=[0, top]),
        ),
        tooltip=[
            alt.Tooltip("label", title=say("Planned on")),
            alt.Tooltip("hosts", title=say("Hosts"), format=".1f"),
            alt.Tooltip("over", title=say("Above capacity"), format=".3%"),
            alt.Tooltip("tight", title=say("Above 90 %"), format=".2%"),
            alt.Tooltip("excess", title=say("Demand that waits"), format=".4%"),
        ],
    )
    line = base.mark_line(color="#b8c4cf", strokeWidth=2).encode(order="hosts:Q")
    points = base.mark_circle(size=130, opacity=1).encode(
        color=alt.condition("datum.chosen", alt.value(ACCENT), alt.value(TARGET))
    )
    labels = base.mark_text(align="left", dx=9, dy=-9).encode(text="shown:N", color=alt.value("#6b7785"))
    rule = (
        alt.Chart(
            pd.DataFrame({"over": [choice.allowed], "text": [say("allowed: {allowed:.2%}", allowed=choice.allowed)]})
        )
        .mark_rule(strokeDash=[5, 4], color=WARNING)
        .encode(y="over:Q", tooltip=alt.Tooltip("text", title=say("Risk")))
    )
    return alt.layer(line, rule, points, labels).properties(
        height=320,
        description=say("Frontier of hosts against the share of host-hours above capacity on left-out weeks"),
    )


def power_chart(found: PowerReplay) -> alt.TopLevelMixin:
    """How many hosts run in each hour of the replay."""
    data = pd.DataFrame({"hour": range(len(found.hosts_on)), "hosts": found.hosts_on})
    return (
        alt.Chart(data)
        .mark_area(interpolate="step-after", color=TARGET, opacity=0.75)
        .encode(
            x=alt.X("hour:Q", title=say("Hour of the unseen part"), axis=alt.Axis(tickMinStep=24, grid=False)),
            y=alt.Y("hosts:Q", title=say("Hosts that run"), axis=alt.Axis(tickMinStep=1)),
            tooltip=[alt.Tooltip("hour", title=say("Hour")), alt.Tooltip("hosts", title=say("Hosts that run"))],
        )
        .properties(height=200, description=say("Hosts that run in each hour when quiet ones are switched off"))
    )


def gantt_chart(plan: MigrationPlan) -> alt.TopLevelMixin:
    """Waves over time: copy, switch and the time in which one can roll back; hosts ordered and built above."""
    rows = []
    for row in plan.waves.itertuples():
        name = say("Wave {wave}", wave=row.wave)
        day = pd.Timestamp(row.date)
        about = say("{workloads} workloads: {groups}", workloads=row.workloads, groups=row.groups)
        rows.append(
            (
                name,
                say("copy data"),
                row.copy_from,
                row.copy_to,
                about,
                say("{data_gib:,.0f} GiB", data_gib=row.data_gib),
            )
        )
        rows.append(
            (
                name,
                say("switch"),
                day,
                day + pd.Timedelta(days=max(1, row.windows)),
                about,
                say("{people_hours:g} people-hours", people_hours=row.people_hours),
            )
        )
        rows.append(
            (name, say("roll-back possible"), day + pd.Timedelta(days=1), pd.Timestamp(row.rollback_until), about, "")
        )
    for wave, mine in plan.hosts.groupby("wave"):
        name = say("Hosts for wave {wave}", wave=wave)
        count = say_many("{count} host", "{count} hosts", len(mine))
        first = mine.iloc[0]
        rows.append(
            (
                name,
                say("order and deliver"),
                pd.Timestamp(first["order_by"]),
                pd.Timestamp(first["delivered"]),
                count,
                "",
            )
        )
        rows.append(
            (name, say("build"), pd.Timestamp(first["delivered"]), pd.Timestamp(first["in_service"]), count, "")
        )
    data = pd.DataFrame(rows, columns=["row", "step", "from", "to", "about", "amount"])
    order = [say("Hosts for wave {wave}", wave=wave) for wave in sorted(set(plan.hosts["wave"]))]
    order += [say("Wave {wave}", wave=wave) for wave in plan.waves["wave"]]
    steps = [say("order and deliver"), say("build"), say("copy data"), say("switch"), say("roll-back possible")]
    return (
        alt.Chart(data)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("from:T", title=None, axis=alt.Axis(format=say("%b %Y"), orient="top")),
            x2="to:T",
            y=alt.Y(
                "row:N",
                sort=order,
                title=None,
                axis=alt.Axis(labelLimit=160, ticks=False, labelOverlap=False, labelFlush=False),
            ),
            color=alt.Color(
                "step:N",
                title=None,
                sort=steps,
                scale=alt.Scale(domain=steps, range=["#cfd8e0", "#7f8c99", BASELINE, TARGET, "#bfe3d7"]),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=[
                alt.Tooltip("row", title=say("Row")),
                alt.Tooltip("step", title=say("Step")),
                alt.Tooltip("from:T", title=say("From"), format="%Y-%m-%d %H:%M"),
                alt.Tooltip("to:T", title=say("To"), format="%Y-%m-%d %H:%M"),
                alt.Tooltip("about", title=say("What")),
                alt.Tooltip("amount", title=say("How much")),
            ],
        )
        .properties(
            height=alt.Step(17),
            description=say("Gantt chart: hosts ordered and built, data copied, waves switched and verified"),
        )
    )

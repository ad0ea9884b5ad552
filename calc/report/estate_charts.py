"""Charts of an estate before any plan: how old, how busy, how much power for doing nothing."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from calc.demand import Demand
from calc.estate import Estate
from calc.language import say
from calc.report.charts import BASELINE, TARGET
from calc.scenario import Scenario

_OVER = "#D55E00"
_WIDTH = 0.1
#: With legend, labels and title inside, as a page draws it.
_HEIGHT = 300


def ages_table(estate: Estate, scenario: Scenario) -> pd.DataFrame:
    """age (years in the first year of the plan), servers, past_life (bool): one row an age."""
    age = (scenario.start_year - estate.servers["purchase_year"]).clip(lower=0).round().astype(int)
    table = age.value_counts().rename_axis("age").reset_index(name="servers").sort_values("age")
    table["past_life"] = table["age"] >= scenario.server_life_years
    return table.reset_index(drop=True)


def ages_chart(estate: Estate, scenario: Scenario) -> alt.TopLevelMixin:
    """Servers by age; those past the life of a server stand out."""
    data = ages_table(estate, scenario)
    names = [
        say("within {years} years", years=scenario.server_life_years),
        say("past the life of a server"),
    ]
    data["kind"] = np.where(data["past_life"], names[1], names[0])
    past = int(data.loc[data["past_life"], "servers"].sum())
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("age:O", title=say("Age in {year} (years)", year=scenario.start_year), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("servers:Q", title=say("Servers"), axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=names, range=[TARGET, _OVER]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("age", title=say("Age (years)")), alt.Tooltip("servers", title=say("Servers"))],
        )
        .properties(
            height=_HEIGHT,
            description=say(
                "Servers by age: {past:,} of {total:,} are past the life of a server",
                past=past,
                total=int(data["servers"].sum()),
            ),
        )
    )


def utilisation_table(demand: Demand) -> pd.DataFrame:
    """from, to (shares), reading (``mean`` or ``planned``), workloads: a histogram of CPU utilisation."""
    table = demand.table
    mean = table["cpu_mean_units"] / (table["cores"] * table["score_per_core"] * table["overhead"])
    edges = np.linspace(0, 1, round(1 / _WIDTH) + 1)
    parts = []
    for reading, values in (("mean", mean), ("planned", table["utilisation"] * table["statistic_factor"])):
        counts, _ = np.histogram(np.clip(values.to_numpy(float), 0, 1), bins=edges)
        parts.append(pd.DataFrame({"from": edges[:-1], "to": edges[1:], "reading": reading, "workloads": counts}))
    return pd.concat(parts, ignore_index=True)


def utilisation_chart(demand: Demand) -> alt.TopLevelMixin:
    """How busy the CPUs are, on average and at the reading that is planned on."""
    data = utilisation_table(demand)
    names = {"mean": say("on average"), "planned": say("at the planned reading")}
    data["reading"] = data["reading"].map(names)
    data["bin"] = [f"{100 * low:.0f}–{100 * high:.0f}" for low, high in zip(data["from"], data["to"], strict=True)]
    busy = data.groupby("bin", sort=False)["workloads"].sum().idxmax()
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("bin:N", sort=None, title=say("CPU utilisation (%)"), axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("reading:N", sort=list(names.values())),
            y=alt.Y("workloads:Q", title=say("Workloads"), axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "reading:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=[TARGET, BASELINE]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("bin", title=say("CPU utilisation (%)")),
                alt.Tooltip("reading", title=say("Reading")),
                alt.Tooltip("workloads", title=say("Workloads")),
            ],
        )
        .properties(
            height=_HEIGHT, description=say("Histogram of CPU utilisation; most workloads are at {bin} %", bin=busy)
        )
    )


def idle_power_table(estate: Estate, demand: Demand) -> pd.DataFrame:
    """part (``idle`` or ``work``), kw: what the servers draw, before PUE.

    Power rises in a straight line from idle to full with the mean CPU of a server.
    """
    table = demand.table
    units = (table["cpu_mean_units"] / table["overhead"]).groupby(table["server"]).sum()
    servers = estate.servers.set_index("server")
    whole = servers["cores"] * servers["score_per_core"]
    share = (units.reindex(servers.index).fillna(0.0) / whole).clip(0, 1)
    work = (servers["full_w"] - servers["idle_w"]).clip(lower=0) * share
    return pd.DataFrame(
        {"part": ["idle", "work"], "kw": [float(servers["idle_w"].sum()) / 1000, float(work.sum()) / 1000]}
    )


def idle_power_chart(estate: Estate, demand: Demand) -> alt.TopLevelMixin:
    """How much of the power is drawn for nothing."""
    data = idle_power_table(estate, demand)
    total = float(data["kw"].sum())
    names = {"idle": say("drawn even when idle"), "work": say("drawn by work")}
    share = float(data["kw"].iloc[0]) / total if total else 0.0
    data["part"] = data["part"].map(names)
    data["shown"] = [f"{value:,.1f} kW" for value in data["kw"]]
    base = alt.Chart(data).encode(
        y=alt.Y("part:N", sort=list(names.values()), title=None, axis=alt.Axis(labelLimit=200, ticks=False)),
        x=alt.X("kw:Q", title=say("IT power (kW)"), scale=alt.Scale(domain=[0, max(data["kw"].max(), 1e-9) * 1.25])),
    )
    bars = base.mark_bar(height=26).encode(
        color=alt.Color("part:N", legend=None, scale=alt.Scale(domain=list(names.values()), range=[BASELINE, TARGET])),
        tooltip=[alt.Tooltip("part", title=say("Power")), alt.Tooltip("shown", title=say("IT power (kW)"))],
    )
    labels = base.mark_text(align="left", dx=5).encode(text="shown:N", color=alt.value("#6b7785"))
    return (bars + labels).properties(
        height=alt.Step(44),
        description=say("{share:.0%} of {total:,.1f} kW are drawn even when idle", share=share, total=total),
    )

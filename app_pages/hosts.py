"""The hosts of a plan: how full, what limits them, what runs on one; and the hours of the day."""

from __future__ import annotations

import streamlit as st

import calc
from app_pages.jobs import current_key, remembered
from app_pages.speaking import as_text
from app_pages.tables import PERCENT, show_table
from calc.catalogue import allowed_hosts
from calc.demand import Demand, form_demand
from calc.estate import complete
from calc.language import say
from calc.report import counts
from calc.report.bundle import safe_text
from calc.report.figures import number, percent
from calc.units import MILLI


def show_hosts(a: calc.Assessment) -> None:
    """Heat map, the host that was chosen, before and after."""
    from calc.report import charts, plan_charts  # a second to import: the numbers are on the page before the pictures

    if not len(a.hosts):
        st.info(say("Nothing can be placed on the allowed host models."))
        return
    limits = plan_charts.limits_table(a)
    counts = limits.loc[limits["workloads"] > 0, "resource"].value_counts()
    said = ", ".join(say("{resource} on {n:,}", resource=name, n=count) for name, count in counts.items())
    st.markdown(
        say("**What limits the hosts**: {said}. Click a host, or choose one below, to see what runs on it.", said=said)
    )
    key = f"map_{current_key()[:16]}"

    def clicked() -> None:
        points = st.session_state[key].selection.get("host", [])
        if points:
            st.session_state["host_shown"] = points[0]["host"]

    st.altair_chart(plan_charts.host_map(a), on_select=clicked, key=key, selection_mode="host")
    names = list(a.hosts["host"])
    if st.session_state.get("host_shown") not in names:
        st.session_state["host_shown"] = None
    chosen = st.selectbox(
        say("Host"),
        names,
        index=None,
        key="host_shown",
        placeholder=say("Choose a host"),
    )
    if chosen:
        show_host(a, chosen)
    left, right = st.columns([3, 2])
    with left:
        st.header(say("Host models"))
        models = a.hosts.groupby(["pool", "host_type"]).size().rename("hosts").reset_index()
        types = {host.id: host.name for pool in a.pools for host in pool.types}
        models["host_type"] = models["host_type"].map(types)
        show_table(models.rename(columns={"pool": say("Pool"), "host_type": say("Host model"), "hosts": say("Hosts")}))
        with st.expander(say("What limits each host")):
            show_table(
                limits.assign(host_type=limits["host_type"].map(types)).rename(
                    columns={
                        "host": say("Host"),
                        "host_type": say("Host model"),
                        "pool": say("Pool"),
                        "workloads": say("Workloads"),
                        "resource": say("Limited by"),
                        "share": say("Of planned capacity"),
                    }
                ),
                column_config={say("Of planned capacity"): PERCENT},
            )
        st.download_button(
            say("Placement (CSV)"),
            safe_text(a.placement).to_csv(index=False).encode(),
            "placement.csv",
            "text/csv",
            icon=":material/download:",
            key="download_placement",
            on_click="ignore",
        )
    with right:
        st.header(say("Before and after"))
        st.altair_chart(charts.before_after_chart(a))


def show_host(a: calc.Assessment, host: str) -> None:
    """One host and its workloads."""
    from calc.report import plan_charts

    row = a.hosts.set_index("host").loc[host]
    with st.container(border=True):
        if not row["workloads"]:
            st.markdown(say("**{host}** is a spare: it runs nothing until another host fails.", host=host))
            return
        st.markdown(
            say(
                "**{host}** in {pool}: {workloads}",
                host=host,
                pool=as_text(row["pool"]),
                workloads=counts.workloads(int(row["workloads"])),
            )
        )
        left, right = st.columns([3, 2])
        left.altair_chart(plan_charts.host_chart(a, host))
        table = plan_charts.host_table(a, host)
        names = {name: plan_charts.resource_label(name) for name in table.columns[1:]}
        show_table(
            table.rename(columns={"workload": say("Workload"), **names}),
            height=220,
            column_config=dict.fromkeys(names.values(), PERCENT),
            place=right,
        )


def show_times(a: calc.Assessment) -> None:
    """What it is worth that workloads are busy at different hours."""
    from calc.report import plan_charts

    if a.inventory.telemetry is None:
        st.info(
            say(
                "This estate has no telemetry, so each workload is planned at its overall reading, all at once. Add readings over time "
                "to the files on “Estate” and hours of the day can share hosts."
            )
        )
        return
    planned = a.scenario.time_slots != "none"
    demand = a.demand if planned else remembered("by_hour", current_key(), lambda: _by_hour(a))
    separate, together = (value / MILLI for value in demand.peaks())
    one, two, three = st.columns(3)
    one.metric(say("Sum of peaks"), number(separate), help=say("Each workload at its own highest hour, added up."))
    two.metric(say("Peak of sums"), number(together), help=say("The highest hour of all workloads together."))
    three.metric(say("Less CPU to plan for"), percent(1 - together / separate, 1) if separate else "–")
    st.altair_chart(plan_charts.time_of_day_chart(demand))
    if planned:
        st.caption(say("This plan holds the sum in every slot: the peak of sums."))
    else:
        st.caption(
            say("This plan holds the sum of peaks. Choose “Plan by time of day” under “Demand” to use the difference.")
        )


def _by_hour(a: calc.Assessment) -> Demand:
    scenario = a.scenario.varied(time_slots="day")
    return form_demand(complete(a.inventory, scenario), scenario, allowed_hosts(scenario))

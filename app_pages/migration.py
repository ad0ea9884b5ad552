"""In which order to move, when, and the files that build the target."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pandas as pd
import streamlit as st

import calc
from app_pages.current import current_answer
from app_pages.jobs import remembered
from calc import assumptions
from calc.handover import handover_zip, target
from calc.language import say
from calc.migration import MigrationPlan, MigrationRules, dated_money, plan_migration
from calc.report.bundle import safe_text

#: Field of the rules -> (label, factor from what is shown to what is kept, help).
_FIELDS = {
    "people": ("People in a window", 1, ""),
    "window_h": ("Length of a window (h)", 1, ""),
    "windows_per_week": ("Windows a week", 1, ""),
    "hours_per_workload": ("Work on one workload (h)", 1, "Of one person: checks and trouble."),
    "link_mbps": ("Link (Mbit/s)", 1, "Speed at which data is copied."),
    "change_per_day": ("Data that changes a day (%)", 0.01, "It is copied again."),
    "sync_interval_h": ("Copy refreshed every (h)", 1, "What changed since is sent while the workload stands still."),
    "switch_h": ("Switch of one group (h)", 1, "Downtime beyond the last synchronisation."),
    "risk_per_wave": ("Risk points in a window", 1, "A production workload counts 2, any other 1, a database 2 more."),
    "verify_days": ("Roll-back kept for (days)", 1, ""),
    "decommission_days": ("Removal of a server (days)", 1, ""),
    "lead_time_weeks": ("Delivery of hosts (weeks)", 1, ""),
    "build_days": ("Building of hosts (days)", 1, ""),
}


def main() -> None:
    st.title("In which order, and when?")
    answer = current_answer()
    if answer is None:
        return
    rules = choose_rules()
    if rules is None:
        return
    try:
        plan = remembered(
            "migrations", f"{st.session_state['current_job']}-{rules}", lambda: plan_migration(answer, rules)
        )
    except calc.InputError as error:
        st.info(f"{str(error)[0].upper()}{str(error)[1:]}.")
        return
    show(answer, plan)


def choose_rules() -> MigrationRules | None:
    """The form of all rules; every default shows its source."""
    with st.sidebar:
        st.subheader("Migration")
        start = st.date_input("Hosts are ordered from", dt.date.today(), key="mig_start")
        values: dict[str, float] = {}
        kept = {item.name: item.metadata["assumption"] for item in dataclasses.fields(MigrationRules) if item.metadata}
        for name, (label, factor, help_) in _FIELDS.items():
            row = assumptions.default(kept[name])
            source = row.source.replace("$", "\\$")
            shown = st.number_input(
                label,
                min_value=0.0,
                value=float(row.value) / factor,
                format="%g",
                key=f"mig_{name}",
                help=f"{help_}\n\nDefault {row.value:g} {row.unit} (range {row.low:g}–{row.high:g}). Source: {source}, {row.as_of}.",
            )
            values[name] = round(shown * factor, 9)
    try:
        return MigrationRules(start, **values)
    except calc.ScenarioError as error:
        st.error(f"These rules do not go together: {error}")
        return None


def show(answer: calc.Assessment, plan: MigrationPlan) -> None:
    """Figures, Gantt chart, tables and files."""
    from calc.report import operation_charts

    waves = plan.waves
    columns = st.columns(5)
    columns[0].metric("Waves", len(waves))
    columns[1].metric("First wave", f"{waves['date'].iloc[0]:%d %b %y}")
    columns[2].metric("Last server gone", f"{plan.finished:%d %b %y}")
    columns[3].metric("People-hours", f"{waves['people_hours'].sum():,.0f}")
    columns[4].metric(
        "Longest downtime", f"{waves['downtime_h'].max():.1f} h", help="Of one application group, in its switch."
    )
    k = answer.scenario.failover_hosts
    if waves["survives"].all():
        st.success(
            f"After every one of the {len(waves)} waves, what has moved fits its hosts"
            + (f" and survives the failure of {k} of them: each was failed." if k else ".")
        )
    else:
        bad = waves.loc[~waves["survives"], "wave"].tolist()
        st.error(
            f"After wave {', '.join(map(str, bad))} what has moved would not survive a failure, as the plan itself does not."
        )
    st.altair_chart(operation_charts.gantt_chart(plan))
    table, work, life, ramp, files = st.tabs(
        ["Waves", "Workloads", "Lifecycle", "Ramp", "Hand-over"], on_change="rerun", key="mig_tab"
    )
    if table.open:
        with table:
            show_waves(plan)
    elif work.open:
        with work:
            frame = plan.workloads
            st.dataframe(named(frame.round(2)), hide_index=True)
            download("Workloads (CSV)", frame, "migration_workloads.csv")
    elif life.open:
        with life:
            st.markdown("**Hosts**: order by, delivered, in service")
            st.dataframe(named(plan.hosts), hide_index=True)
            st.markdown("**Old servers**: migrated, verified, decommissioned")
            st.dataframe(named(plan.servers), hide_index=True)
            download("Servers (CSV)", plan.servers, "migration_servers.csv")
    elif ramp.open:
        with ramp:
            show_ramp(answer, plan)
    elif files.open:
        with files:
            show_files(answer)


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """A table with headers as people write them."""
    units = {"data_gib": "Data (GiB)", "downtime_h": "Downtime (h)", "rollback_until": "Roll back until"}
    return frame.rename(columns={name: units.get(name, name.replace("_", " ").capitalize()) for name in frame.columns})


def show_waves(plan: MigrationPlan) -> None:
    """One row a wave."""
    shown = plan.waves[
        [
            "wave",
            "date",
            "groups",
            "workloads",
            "data_gib",
            "delta_gib",
            "people_hours",
            "length_h",
            "downtime_h",
            "risk",
            "hosts",
            "new_hosts",
            "brought_forward",
            "rollback_until",
            "servers_freed",
            "why_later",
        ]
    ].round(1)
    st.dataframe(
        shown.rename(
            columns={
                "wave": "Wave",
                "date": "Date",
                "groups": "Groups",
                "workloads": "Workloads",
                "data_gib": "Data (GiB)",
                "delta_gib": "Sent at the switch (GiB)",
                "people_hours": "People-hours",
                "length_h": "Length (h)",
                "downtime_h": "Downtime (h)",
                "risk": "Risk",
                "hosts": "Hosts in service",
                "new_hosts": "New hosts",
                "brought_forward": "Brought forward to survive a failure",
                "rollback_until": "Roll back until",
                "servers_freed": "Servers freed",
                "why_later": "Later because",
            }
        ),
        hide_index=True,
    )
    st.caption(
        "Roll-back: start the source, which stays untouched until then; what was written after the switch must be carried back."
    )
    download("Waves (CSV)", plan.waves, "migration_waves.csv")


def show_ramp(answer: calc.Assessment, plan: MigrationPlan) -> None:
    """Share of the old servers that still runs in each year, and what the dates do to the money."""
    years = answer.scenario.horizon_years
    running = plan.still_running(years)
    st.metric(
        "An old server runs beside the new hosts for",
        f"{plan.parallel_months:.1f} months",
        help="On average over the servers that go, from the first host in service to the server's removal.",
    )
    dated = dated_money(answer, plan)
    currency = answer.scenario.currency
    st.metric(
        say("Net present value with these dates"),
        f"{dated.comparison.npv:,.0f} {currency}",
        f"{dated.comparison.npv - answer.comparison.npv:,.0f} {currency}",
        help=say("Against the answer on the first page, as it stands."),
    )
    if st.button(say("Let the cash flow follow these dates"), key="use_dates"):
        st.session_state["move"] = {"move": tuple(step.model_dump() for step in plan.steps())}
        st.switch_page("app_pages/answer.py")
    if st.session_state.get("move") and st.button(say("Back to the estimated ramp"), key="drop_dates"):
        del st.session_state["move"]
        st.switch_page("app_pages/answer.py")
    st.markdown(
        say(
            "**Month by month**, with these dates: machines in use, hosts bought, and running costs ({currency})",
            currency=currency,
        )
    )
    target = dated.months[dated.months["side"] == "target"].drop(columns="side")
    heads = (
        *(say("Month"), say("Old servers"), say("Hosts"), say("Hosts bought"), say("IT power (kW)")),
        *(say("Energy"), say("Space"), say("Maintenance"), say("Licences")),
    )
    st.dataframe(target.round(1).set_axis(list(heads), axis=1), hide_index=True)
    download(say("Months (CSV)"), dated.months, "migration_months.csv")
    st.dataframe(
        pd.DataFrame(
            {
                "Year": [f"Year {year + 1}" for year in range(years)],
                "Old servers still running": running.sum(axis=0).round(1),
                "Share": running.mean(axis=0),
            }
        ),
        hide_index=True,
        column_config={"Share": st.column_config.NumberColumn(format="percent")},
    )
    st.caption("Counted from the start of the project, averaged over each year; servers that stay run on.")


def show_files(answer: calc.Assessment) -> None:
    """The hand-over as a ZIP file."""
    found = target(answer)
    st.markdown(
        f"{len(found.machines):,} virtual machines on {len(found.hosts)} hosts, as files that real systems accept: libvirt XML with "
        "a script that defines it, a PowerShell script for Hyper-V, an Ansible inventory, and CSV for vCenter and migration "
        "toolkits."
    )
    if found.renamed:
        st.warning(
            f"{len(found.renamed)} names hold characters that not every system takes; toolkits/names.csv tells what became of them."
        )
    st.download_button(
        "Hand-over (ZIP)",
        remembered("handovers", st.session_state["current_job"], lambda: handover_zip(answer)),
        "handover.zip",
        "application/zip",
        icon=":material/folder_zip:",
        on_click="ignore",
        key="download_handover",
    )


def download(label: str, frame: pd.DataFrame, name: str) -> None:
    """A table as CSV."""
    st.download_button(
        label,
        safe_text(frame).to_csv(index=False).encode(),
        name,
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=name,
    )


main()

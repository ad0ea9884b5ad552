"""In which order to move, when, and the files that build the target."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pandas as pd
import streamlit as st

import calc
from app_pages.current import current_answer
from app_pages.jobs import remembered
from app_pages.sidebar import carry
from app_pages.tables import PERCENT, show_table
from app_pages.tabs import tabs
from calc import assumptions
from calc.handover import handover_zip, target
from calc.language import local, say, say_many, stored, told
from calc.migration import MigrationPlan, MigrationRules, dated_money, plan_migration
from calc.report import counts
from calc.report.bundle import safe_text
from calc.report.figures import number, read_as
from calc.report.words import MINUS, amount, day

#: Field of the rules -> (label, factor from what is shown to what is kept, help).
_FIELDS = {
    "people": (stored("People in a window"), 1, ""),
    "window_h": (stored("Length of a window (h)"), 1, ""),
    "windows_per_week": (stored("Windows a week"), 1, ""),
    "hours_per_workload": (stored("Work on one workload (h)"), 1, stored("Of one person: checks and trouble.")),
    "link_mbps": (stored("Link (Mbit/s)"), 1, stored("Speed at which data is copied.")),
    "change_per_day": (stored("Data that changes a day (%)"), 0.01, stored("It is copied again.")),
    "sync_interval_h": (
        stored("Copy refreshed every (h)"),
        1,
        stored("What changed since is sent while the workload stands still."),
    ),
    "switch_h": (stored("Switch of one group (h)"), 1, stored("Downtime beyond the last synchronisation.")),
    "risk_per_wave": (
        stored("Risk points in a window"),
        1,
        stored("A production workload counts 2, any other 1, a database 2 more."),
    ),
    "verify_days": (stored("Roll-back kept for (days)"), 1, ""),
    "decommission_days": (stored("Removal of a server (days)"), 1, ""),
    "lead_time_weeks": (stored("Delivery of hosts (weeks)"), 1, ""),
    "build_days": (stored("Building of hosts (days)"), 1, ""),
}

#: Headers of the plan's tables as people write them.
_HEADERS = {
    "workload": stored("Workload"),
    "server": stored("Server"),
    "wave": stored("Wave"),
    "date": stored("Date"),
    "group": stored("Group"),
    "host": stored("Host"),
    "data_gib": stored("Data (GiB)"),
    "downtime_h": stored("Downtime (h)"),
    "rollback_until": stored("Roll back until"),
    "order_by": stored("Order by"),
    "delivered": stored("Delivered"),
    "in_service": stored("In service"),
    "stays": stored("Stays"),
    "migrated": stored("Migrated"),
    "verified": stored("Verified"),
    "decommissioned": stored("Decommissioned"),
    "reason": stored("Reason"),
}


def main() -> None:
    st.title(say("In which order, and when?"))
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
        st.info(told(error))
        return
    show(answer, plan)


def choose_rules() -> MigrationRules | None:
    """The form of all rules; every default shows its source."""
    with st.sidebar:
        st.header(say("Migration"))
        start = st.date_input(say("Hosts are ordered from"), dt.date.today(), key="mig_start")
        values: dict[str, float] = {}
        kept = {item.name: item.metadata["assumption"] for item in dataclasses.fields(MigrationRules) if item.metadata}
        for name, (label, factor, help_) in _FIELDS.items():
            row = assumptions.default(kept[name])
            source = row.source.replace("$", "\\$")
            scale, unit = read_as(row.unit)
            shown = st.number_input(
                local(label),
                min_value=0.0,
                value=float(row.value) / factor,
                format="%g",
                key=f"mig_{name}",
                help=say(
                    "{help}\n\nDefault {value:g} {unit} (range {low:g}–{high:g}). Source: {source}, {as_of}.",
                    help=local(help_),
                    value=round(row.value * scale, 6),
                    unit=unit,
                    low=round(row.low * scale, 6),
                    high=round(row.high * scale, 6),
                    source=source,
                    as_of=row.as_of,
                ),
            )
            values[name] = round(shown * factor, 9)
    try:
        return MigrationRules(start, **values)
    except calc.ScenarioError as error:
        st.error(say("These rules do not go together: {error}", error=told(error)))
        return None


def show(answer: calc.Assessment, plan: MigrationPlan) -> None:
    """Figures, Gantt chart, tables and files."""
    from calc.report import operation_charts

    waves = plan.waves
    columns = st.columns(5)
    columns[0].metric(say("Waves"), len(waves))
    columns[1].metric(say("First wave"), day(waves["date"].iloc[0]))
    columns[2].metric(say("Last server gone"), day(plan.finished))
    columns[3].metric(say("People-hours"), number(waves["people_hours"].sum()))
    columns[4].metric(
        say("Longest downtime"),
        say("{downtime_h:.1f} h", downtime_h=waves["downtime_h"].max()),
        help=say("Of one application group, in its switch."),
    )
    k = answer.scenario.failover_hosts
    if waves["survives"].all():
        if k:
            held = say_many(
                "After the one wave, what has moved fits its hosts and survives the failure of {k} of them: each was failed.",
                "After every one of the {count} waves, what has moved fits its hosts and survives the failure of {k} of them: "
                "each was failed.",
                len(waves),
                k=k,
            )
        else:
            held = say_many(
                "After the one wave, what has moved fits its hosts.",
                "After every one of the {count} waves, what has moved fits its hosts.",
                len(waves),
            )
        if answer.scenario.racks:
            held += " " + say("The loss of any one rack too.")
        st.success(held)
    else:
        bad = waves.loc[~waves["survives"], "wave"].tolist()
        st.error(
            say(
                "After wave {waves} what has moved would not survive a failure, as the plan itself does not.",
                waves=", ".join(map(str, bad)),
            )
        )
    if len(plan.left_behind):
        st.warning(counts.left_behind(len(plan.left_behind)))
    calendar, table, work, life, ramp, files = tabs(
        [say("Calendar"), say("Waves"), say("Workloads"), say("Lifecycle"), say("Ramp"), say("Hand-over")],
        key="mig_tab",
    )
    if calendar.open:
        with calendar:
            st.altair_chart(operation_charts.gantt_chart(plan))
            st.caption(say("Point at a bar for its dates; all of them stand under “Waves” and “Lifecycle”."))
    elif table.open:
        with table:
            show_waves(plan)
    elif work.open:
        with work:
            frame = plan.workloads
            show_table(named(frame.round(2)))
            download(say("Workloads (CSV)"), frame, "migration_workloads.csv")
    elif life.open:
        with life:
            st.markdown(say("**Hosts**: order by, delivered, in service"))
            show_table(named(plan.hosts))
            st.markdown(say("**Old servers**: migrated, verified, decommissioned"))
            show_table(named(plan.servers))
            if len(plan.left_behind):
                st.markdown(say("**In no wave**, and on a server that goes"))
                show_table(named(plan.left_behind.assign(reason=plan.left_behind["reason"].map(local))))
            download(say("Servers (CSV)"), plan.servers, "migration_servers.csv")
    elif ramp.open:
        with ramp:
            show_ramp(answer, plan)
    elif files.open:
        with files:
            show_files(answer)


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """A table with headers as people write them."""
    return frame.rename(columns={name: local(_HEADERS.get(name, name)) for name in frame.columns})


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
    shown = shown.assign(why_later=shown["why_later"].map(local))
    show_table(
        shown.rename(
            columns={
                "wave": say("Wave"),
                "date": say("Date"),
                "groups": say("Groups"),
                "workloads": say("Workloads"),
                "data_gib": say("Data (GiB)"),
                "delta_gib": say("Sent at the switch (GiB)"),
                "people_hours": say("People-hours"),
                "length_h": say("Length (h)"),
                "downtime_h": say("Downtime (h)"),
                "risk": say("Risk"),
                "hosts": say("Hosts in service"),
                "new_hosts": say("New hosts"),
                "brought_forward": say("Brought forward to survive a failure"),
                "rollback_until": say("Roll back until"),
                "servers_freed": say("Servers freed"),
                "why_later": say("Later because"),
            }
        )
    )
    st.caption(
        say(
            "Roll-back: start the source, which stays untouched until then; what was written after the switch "
            "must be carried back."
        )
    )
    download(say("Waves (CSV)"), plan.waves, "migration_waves.csv")


def show_ramp(answer: calc.Assessment, plan: MigrationPlan) -> None:
    """Share of the old servers that still runs in each year, and what the dates do to the money."""
    years = answer.scenario.horizon_years
    running = plan.still_running(years)
    left, right = st.columns(2)
    left.metric(
        say("An old server runs beside the new hosts for"),
        say("{parallel_months:.1f} months", parallel_months=plan.parallel_months),
        help=say("On average over the servers that go, from the first host in service to the server's removal."),
    )
    dated = dated_money(answer, plan)
    currency = answer.scenario.currency
    right.metric(
        say("Net present value with these dates"),
        amount(dated.comparison.npv, currency),
        amount(dated.comparison.npv - answer.comparison.npv, currency).replace(
            MINUS, "-"
        ),  # which Streamlit takes for less
        help=say("Against the answer on the first page, as it stands."),
    )
    steps = tuple(step.model_dump() for step in plan.steps())
    if st.button(say("Let the cash flow follow these dates"), key="use_dates", on_click=carry, args=("move", steps)):
        st.switch_page("app_pages/answer.py")
    if answer.scenario.move and st.button(
        say("Back to the estimated ramp"), key="drop_dates", on_click=carry, args=("move", ())
    ):
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
    money = ["energy", "space", "maintenance", "licences"]
    show_table(target.round(dict.fromkeys(target.columns, 1) | dict.fromkeys(money, 0)).set_axis(list(heads), axis=1))
    download(say("Months (CSV)"), dated.months, "migration_months.csv")
    show_table(
        pd.DataFrame(
            {
                say("Year"): [say("Year {year}", year=year + 1) for year in range(years)],
                say("Old servers still running"): running.sum(axis=0).round(1),
                say("Share"): running.mean(axis=0),
            }
        ),
        column_config={say("Share"): PERCENT},
    )
    st.caption(say("Counted from the start of the project, averaged over each year; servers that stay run on."))


def show_files(answer: calc.Assessment) -> None:
    """The hand-over as a ZIP file."""
    found = target(answer)
    st.markdown(
        say_many(
            "{count:,} virtual machine on {hosts}, as a file that real systems accept: libvirt XML with "
            "a script that defines it, a PowerShell script for Hyper-V, an Ansible inventory, and CSV for "
            "vCenter and migration toolkits.",
            "{count:,} virtual machines on {hosts}, as files that real systems accept: libvirt XML with "
            "a script that defines it, a PowerShell script for Hyper-V, an Ansible inventory, and CSV for "
            "vCenter and migration toolkits.",
            len(found.machines),
            hosts=counts.hosts(len(found.hosts)),
        )
    )
    if found.renamed:
        st.warning(
            say_many(
                "{count} name holds characters that not every system takes; toolkits/names.csv tells what became "
                "of it.",
                "{count} names hold characters that not every system takes; toolkits/names.csv tells what became "
                "of them.",
                len(found.renamed),
            )
        )
    st.download_button(
        say("Hand-over (ZIP)"),
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

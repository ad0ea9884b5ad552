"""Does a plan hold on days it has not seen? Back-test, risk frontier, hosts switched off at night."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

import calc
from app_pages.jobs import current_key, digest, remembered
from app_pages.tables import PERCENT, show_table
from calc.assumptions import default
from calc.backtest import (
    History,
    HostSize,
    PowerRules,
    back_test,
    choose_percentile,
    plan_peak_of_sums,
    replay_power,
)
from calc.backtest.reading import COLUMNS, read_history
from calc.catalogue import catalogue
from calc.costs.rates import host_power_w
from calc.language import local, say, say_many, told
from calc.own_history import own_history, own_host
from calc.report import counts
from calc.report.figures import number, percent, plain

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "samples" / "history_60.csv.gz"


def main() -> None:
    st.title(say("Does the plan hold on days it has not seen?"))
    st.session_state["page_before"] = "elsewhere"  # the uploader is empty when its page is opened again
    loaded = choose_history()
    if loaded is None:
        return
    history, filled, name, planned = loaded
    st.markdown(
        say(
            "**{name}** · {workloads} · {hours:,} hours",
            name=name,
            workloads=counts.workloads(len(history.names)),
            hours=history.hours,
        )
        + (say(" · :orange[{filled:,} missing readings filled with the hour before]", filled=filled) if filled else "")
    )
    one, two, three, four = st.columns(4)
    peak = float(history.maximum.max())
    mine = digest(st.session_state["history_key"].encode())[:16]  # another history starts from its own defaults
    cpu = one.number_input(
        say("CPU of a host (unit of the file)"),
        min_value=1.0,
        value=float(round(max(peak * 2, history.maximum.sum(axis=0).max() / 8) if planned is None else planned.cpu)),
        format="%g",
        help=say(
            "After the host's reserve. The default is the host model of the plan, or, for a history by itself, a "
            "host that holds an eighth of the highest hour."
        ),
        key=f"unseen_cpu_{mine}",
    )
    memory = two.number_input(
        say("Memory of a host (GiB)"),
        min_value=1.0,
        value=float(round(max(history.memory.max(), history.memory.sum() / 4) if planned is None else planned.memory)),
        format="%g",
        key=f"unseen_memory_{mine}",
    )
    ceiling = (
        three.number_input(
            say("CPU ceiling (%)"),
            min_value=10,
            max_value=100,
            value=round(100 * default("cpu_ceiling").value),
            step=5,
            key="unseen_ceiling",
        )
        / 100
    )
    days = four.number_input(
        say("Days to plan on"),
        min_value=1,
        max_value=max(1, history.hours // 24 - 1),
        value=max(1, history.hours * 3 // 4 // 24),
        key=f"unseen_days_{mine}",
    )
    key = digest(repr((st.session_state["history_key"], cpu, memory, ceiling, days)).encode())
    host = HostSize(cpu, memory)
    try:
        test = remembered("back_tests", key, lambda: back_test(history, host, int(days) * 24, ceiling=ceiling))
    except calc.InputError as error:
        st.error(told(error))
        return
    show_test(test)
    train, rest = history.split(int(days) * 24)
    show_frontier(train, host, ceiling, key)
    show_power(train, rest, host, ceiling, key)


def choose_history() -> tuple[History, int, str, HostSize | None] | None:
    """The uploaded history, the estate's own with the plan's host, or the sample."""
    upload = st.file_uploader(
        say("Hourly CPU demand: CSV with the columns {columns} (gzip is fine)", columns=", ".join(COLUMNS)),
        type=["csv", "gz"],
        key="history",
    )
    if not upload and (mine := estates_own()) is not None:
        return mine
    data, name = (upload.getvalue(), upload.name) if upload else (SAMPLE.read_bytes(), SAMPLE.name)
    if not upload:
        st.caption(say("This sample is generated. Upload your own history to test your own estate."))
    st.session_state["history_key"] = key = digest(data)

    def read() -> tuple[History, int] | calc.InputError:
        try:
            return read_history(data, name)
        except calc.InputError as error:
            return error

    found = remembered("histories", key, read)
    if isinstance(found, calc.InputError):
        st.error(say("This file cannot be used. {found}", found=told(found)))
        return None
    return (*found, name, None)


def estates_own() -> tuple[History, int, str, HostSize] | None:
    """The telemetry of the estate on the first page, where it has any."""
    job = st.session_state.get("jobs", {}).get(current_key())
    if job is None or not job.future.done() or job.future.exception() is not None:
        return None
    found = remembered("own_histories", current_key(), lambda: own_history(job.future.result()))
    if found is None:
        return None
    st.caption(
        say("This is the telemetry of your estate, in compute units. Upload another history to test that instead.")
    )
    st.session_state["history_key"] = f"own {current_key()}"
    return (*found, say("Telemetry of your estate"), own_host(job.future.result()))


def show_test(test) -> None:
    """Two plans on the same hours, replayed on the same unseen hours."""
    table = test.table
    strict = table[table["reading"] == "maximum"].set_index("method")
    peaks, sums = strict.iloc[0], strict.iloc[1]
    st.header(
        say_many(
            "Planned on {days} days, replayed on {count} unseen day",
            "Planned on {days} days, replayed on {count} unseen days",
            test.test_hours // 24,
            days=test.train_hours // 24,
        )
    )
    columns = st.columns(4)
    change = int(sums["hosts"] - peaks["hosts"])
    columns[0].metric(say("Hosts, each peak by itself"), int(peaks["hosts"]))
    columns[1].metric(
        say("Hosts, peaks by hour of the day"),
        int(sums["hosts"]),
        delta=say_many(  # the sign first: arrow and colour follow it
            "{change:+d} host", "{change:+d} hosts", abs(change), change=change
        )
        if sums["hosts"] != peaks["hosts"]
        else say("as many"),
        delta_color="inverse" if sums["hosts"] != peaks["hosts"] else "off",
        delta_arrow="auto" if sums["hosts"] != peaks["hosts"] else "off",
        help=say(
            "Workloads that peak at different hours share a host: the sum is held in every hour, not the sum of "
            "all peaks."
        ),
    )
    columns[2].metric(
        say("Host-hours above capacity"),
        percent(sums["over"], 2),
        help=say("Of the time-aware plan, on hourly maxima."),
    )
    columns[3].metric(say("Host-hours above 90 %"), percent(sums["tight"], 2))
    shown = table.assign(method=table["method"].map(local), reading=table["reading"].map(local)).rename(
        columns={
            "method": say("Plan"),
            "reading": say("Replayed on hourly"),
            "lower_bound": say("At least"),
            "hosts": say("Hosts"),
            "over": say("Above capacity"),
            "tight": say("Above 90 %"),
            "worst_host_over": say("Worst host above"),
            "highest": say("Highest hour"),
            "excess": say("Demand that waits"),
        }
    )[
        [
            say("Plan"),
            say("Replayed on hourly"),
            say("Hosts"),
            say("At least"),
            say("Above capacity"),
            say("Above 90 %"),
            say("Worst host above"),
            say("Highest hour"),
            say("Demand that waits"),
        ]
    ]
    shares = (
        say("Above capacity"),
        say("Above 90 %"),
        say("Worst host above"),
        say("Highest hour"),
        say("Demand that waits"),
    )
    show_table(shown, column_config=dict.fromkeys(shares, PERCENT))
    st.caption(
        say(
            "Summed hourly maxima are above what hosts really saw, as peaks within an hour need not coincide; "
            "summed means are below: the truth lies between the two rows."
        )
    )


def show_frontier(train: History, host: HostSize, ceiling: float, key: str) -> None:
    """Hosts against risk, chosen on left-out weeks."""
    from calc.report import operation_charts

    st.header(say("How many hosts is which risk worth?"))
    allowed = (
        st.number_input(
            say("Host-hours that may be above capacity (%)"),
            min_value=0.0,
            max_value=20.0,
            value=100 * default("backtest_risk_allowed").value,
            step=0.1,
            format="%g",
            key="unseen_allowed",
        )
        / 100
    )
    shelf = st.session_state.setdefault("frontiers", {})
    mine = f"{key}-{allowed}"
    if mine not in shelf and st.button(say("Work out the frontier"), key="work_frontier"):
        with st.spinner(say("Each week is left out in turn …")):
            try:
                shelf[mine] = choose_percentile(train, host, allowed, ceiling=ceiling)
            except calc.InputError as error:
                st.error(told(error))
    if mine not in shelf:
        return
    choice = shelf[mine]
    planned = f"p{plain(choice.percentile * 100)}" + (f" × {plain(choice.margin)}" if choice.margin != 1 else "")
    if choice.met:
        st.success(
            say(
                "Planning on **{planned}** of each hour of the day meets {allowed:.2%} on weeks that were left out, "
                "with the fewest hosts.",
                planned=planned,
                allowed=allowed,
            )
        )
    else:
        st.error(
            say(
                "No step meets {allowed:.2%} on weeks that were left out; the safest is {planned}. Take a lower "
                "ceiling.",
                allowed=allowed,
                planned=planned,
            )
        )
    st.altair_chart(operation_charts.frontier_chart(choice))
    st.caption(say("Each point plans on the other weeks and is judged on the week it has not seen. Green: chosen."))


def show_power(train: History, rest: History, host: HostSize, ceiling: float, key: str) -> None:
    """Hosts switched off in quiet hours."""
    from calc.report import operation_charts

    st.header(say("Hosts switched off in quiet hours"))
    models = {entry.id: entry for entry in catalogue(calc.Scenario()) if entry.role == "host"}
    one, two, three = st.columns([1, 1, 2])
    moves = one.number_input(
        say("Live migrations an hour, at most"),
        0,
        1000,
        int(default("power_migrations_per_hour").value),
        key="power_moves",
    )
    spare = two.number_input(
        say("Hosts that may fail (N+k)"), 0, 2, int(default("failover_hosts").value), key="power_spare"
    )
    model = models[
        three.selectbox(
            say("Power of host model"), list(models), format_func=lambda name: models[name].name, key="power_model"
        )
    ]
    idle, full = host_power_w(model, calc.Scenario())
    fill_to = min(ceiling, default("power_relieve_above").value)
    try:
        rules = PowerRules(
            idle_w=idle, full_w=full, fill_to=fill_to, migrations_per_hour=int(moves), spare_hosts=int(spare)
        )
    except calc.InputError as error:
        st.error(told(error))
        return
    plan = remembered("power_plans", key, lambda: plan_peak_of_sums(train, host, ceiling=ceiling))
    found = replay_power(plan, rest, host, rules, learned=train)
    columns = st.columns(4)
    columns[0].metric(
        say("Energy saved"),
        percent(max(found.saved, 0.0) if abs(found.saved) < 5e-4 else found.saved, 1),
        help=say(
            "{energy_all_on_kwh:,.0f} kWh of IT energy over the replay",
            energy_all_on_kwh=found.energy_all_on_kwh - found.energy_kwh,
        ),
    )
    columns[1].metric(
        say("Hosts on, on average"), say("{mean:.1f} of {hosts}", mean=found.hosts_on.mean(), hosts=plan.hosts)
    )
    columns[2].metric(
        say("Live migrations a day"),
        number(found.migrations_per_day),
        help=say("{most_migrations} in the busiest hour", most_migrations=found.most_migrations),
    )
    columns[3].metric(
        say("Host-hours above capacity"),
        percent(found.over, 2),
        delta=say("{over:+.2%} by switching off", over=found.over - found.over_all_on),
        delta_color="off",
    )
    st.altair_chart(operation_charts.power_chart(found))
    st.caption(
        say(
            "{idle:.0f} W idle, {full:.0f} W full, {off_w:g} W off. Hosts woken: {wake_ups:,}; each serves "
            "after {wake_h:.0f} minutes. The controller knows the hour before, the same hour of the day before, "
            "and what the slot was like in the days that were planned on.",
            idle=idle,
            full=full,
            off_w=rules.off_w,
            wake_ups=found.wake_ups,
            wake_h=rules.wake_h * 60,
        )
    )


main()

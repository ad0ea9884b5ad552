"""Views of the page Recovery beside the failures: restart, headroom, rules from names, what surviving costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

import calc
from app_pages.current import confirm_groups, confirmed_groups
from app_pages.tables import PERCENT, show_table
from calc import hypervisors
from calc.isolation import suggest_groups, suggestions_table
from calc.language import local, say, say_many
from calc.recovery import (
    Loaded,
    RestartTimes,
    failover_options,
    headroom,
    item_priority,
    prove,
    restart_schedule,
    restart_tiers,
)
from calc.report import counts
from calc.report.bundle import safe_text
from calc.report.figures import number
from calc.roles import TIERS


def choose_pool(pools: list[Loaded], key: str) -> Loaded:
    """The pool to look at; the largest first."""
    order = sorted(range(len(pools)), key=lambda index: -len(pools[index].hosts))
    chosen = st.selectbox(
        say("Pool"),
        order,
        format_func=lambda index: f"{pools[index].pool[0]} ({counts.hosts(len(pools[index].hosts))})",
        key=key,
    )
    return pools[chosen]


def in_words(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """A table with the keys in some columns as words of the language in use."""
    return table.assign(**{name: table[name].map(local, na_action="ignore") for name in columns})


def show_restart(answer: calc.Assessment, pools: list[Loaded]) -> None:
    """Order and time of a restart."""
    kind = hypervisors.get(answer.scenario.hypervisor)
    if not kind.high_availability:
        st.warning(
            say(
                "{name} restarts nothing by itself: these times hold only with something, or somebody, that does.",
                name=kind.name,
            )
        )
    tiers = restart_tiers(answer, st.session_state.get("own_tiers"))
    one, two, three = st.columns(3)
    defaults = RestartTimes()
    detection = one.number_input(
        say("Until the failure is certain (s)"), 0, 3600, int(defaults.detection_s), key="detection_s"
    )
    boot = two.number_input(say("Start of one workload (s)"), 0, 3600, int(defaults.boot_s), key="boot_s")
    at_once = three.number_input(say("Starts at once on a host"), 1, 64, defaults.at_once, key="at_once")
    times = RestartTimes(detection, boot, int(at_once))
    loaded = choose_pool(pools, "pool_restart")
    proof = prove(loaded, priority=item_priority(loaded, tiers))
    schedules = {case.name: restart_schedule(loaded, case, tiers, times) for case in proof.cases if len(case.items)}
    if not schedules:
        st.info(say("No host of this pool carries a workload."))
        return
    ready = pd.DataFrame(
        {say("Fails"): name, **table.groupby("tier", sort=False)["ready_s"].max().div(60).to_dict()}
        for name, table in schedules.items()
    )
    ready = ready[[say("Fails"), *(tier for tier in TIERS if tier in ready)]]
    everything, fails = say("everything"), say("Fails")
    ready[everything] = ready.drop(columns=fails).max(axis=1)
    worst = ready.sort_values(everything, ascending=False)
    st.markdown(
        say(
            "**Longest until everything is back: {minutes:.1f} minutes**, when {failure} fails.",
            minutes=worst[everything].iloc[0],
            failure=worst[fails].iloc[0],
        )
    )
    show_table(worst.round(1).rename(columns={tier: local(tier) for tier in TIERS}))
    st.caption(say("Minutes after the failure, by restart tier; a tier starts when the one before it is ready."))
    chosen = st.selectbox(say("In which order, when this fails"), list(worst[fails]), key="restart_case")
    table = schedules[chosen].assign(
        start=lambda frame: (frame["start_s"] / 60).round(1), ready=lambda frame: (frame["ready_s"] / 60).round(1)
    )
    show_table(
        in_words(table[["workload", "tier", "host", "start", "ready"]], "tier").rename(
            columns={
                "workload": say("Workload"),
                "tier": say("Tier"),
                "host": say("On"),
                "start": say("Starts (min)"),
                "ready": say("Back (min)"),
            }
        ),
    )
    with st.expander(say("Restart tiers: guessed from names, correct them here")):
        shown = tiers[["workload", "name", "guessed"]].copy()
        edited = st.data_editor(
            shown,
            hide_index=True,
            disabled=["workload", "guessed"],
            key="tiers_editor",
            column_config={
                "workload": say("Workload"),
                "name": st.column_config.SelectboxColumn(
                    say("Tier"), options=list(TIERS), required=True, format_func=local
                ),
                "guessed": say("Guessed"),
            },
        )
        changed = edited[edited["name"] != shown["name"]]
        if len(changed) and st.button(say("Use these tiers"), key="use_tiers"):
            own = dict(st.session_state.get("own_tiers", {}))
            own.update(dict(zip(changed["workload"], changed["name"], strict=True)))
            st.session_state["own_tiers"] = own
            st.rerun()


def show_headroom(answer: calc.Assessment) -> None:
    """Headroom rating of every host."""
    table = headroom(answer)
    counts = table["rating"].value_counts()
    order = ["none", "25 %", "50 %", "75 %", "100 %", "empty"]
    columns = st.columns(len(order))
    for column, rating in zip(columns, order, strict=True):
        column.metric(
            say("empty") if rating == "empty" else say("Growth: {rating}", rating=local(rating)),
            int(counts.get(rating, 0)),
        )
    st.caption(say("Hosts by how much their largest workload could grow, in every resource, before it must move."))
    shown = in_words(table.assign(growth=table["growth"].replace(np.inf, np.nan)), "limited_by", "rating")
    show_table(
        shown.rename(
            columns={
                "host": say("Host"),
                "largest": say("Largest workload"),
                "growth": say("It could grow by"),
                "limited_by": say("Limited by"),
                "rating": say("Rating"),
            }
        ),
        column_config={say("It could grow by"): PERCENT},
    )


def show_names(answer: calc.Assessment) -> None:
    """Groups that names suggest; nothing counts before it is confirmed."""
    confirmed = confirmed_groups(answer.inventory)
    if confirmed:
        st.success(
            say_many(
                "{count:,} group is confirmed and kept apart in this plan.",
                "{count:,} groups are confirmed and kept apart in this plan.",
                len(confirmed),
            )
        )
        if st.button(say("Take them all back"), key="undo_groups"):
            confirmed.clear()
            st.switch_page("app_pages/answer.py")
    suggestions = suggest_groups(answer.inventory)
    if not suggestions:
        st.info(say("No further names in this inventory look like members of one cluster."))
        return
    st.markdown(
        say_many(
            "{count:,} set of names looks like members of one cluster. They are **not** kept apart until you "
            "say so: tick what is right and plan again, or take the table into your inventory as its column "
            "*Anti-affinity group*.",
            "{count:,} sets of names look like members of one cluster. They are **not** kept apart until you "
            "say so: tick what is right and plan again, or take the table into your inventory as its column "
            "*Anti-affinity group*.",
            len(suggestions),
        )
    )
    table = suggestions_table(suggestions)
    table = table.assign(reason=table["reason"].map(local), confidence=table["confidence"].map(local))
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["group", "members", "reason", "confidence"],
        key="groups_editor",
        column_config={
            "confirm": say("Keep apart"),
            "group": say("Group"),
            "members": say("Members"),
            "reason": say("Because"),
            "confidence": say("Confidence"),
        },
    )
    chosen = [item for item, yes in zip(suggestions, edited["confirm"], strict=True) if yes]
    if st.button(
        say_many(
            "Plan again with {count:,} group kept apart", "Plan again with {count:,} groups kept apart", len(chosen)
        ),
        disabled=not chosen,
        type="primary",
        key="apply_groups",
    ):
        confirm_groups(answer.inventory, chosen)
        st.switch_page("app_pages/answer.py")
    rows = [(member, item.group) for item in chosen for member in item.members]
    st.download_button(
        say("Confirmed groups (CSV, {workloads})", workloads=counts.workloads(len(rows))),
        safe_text(pd.DataFrame(rows, columns=["Hostname", "Anti-affinity group"])).to_csv(index=False).encode(),
        "anti_affinity.csv",
        "text/csv",
        disabled=not rows,
        icon=":material/download:",
        on_click="ignore",
    )


def show_options(answer: calc.Assessment) -> None:
    """N against N+1 and N+2, spread against spare hosts."""
    st.markdown(
        say(
            "What it costs to survive no failure, one, or two in every pool: with room on every host (*spread*), "
            "or with empty hosts beside the plan (*spare hosts*)."
        )
    )
    shelf = st.session_state.setdefault("failover_options", {})
    key = st.session_state["current_job"]
    if key not in shelf and st.button(say("Work out the three plans"), type="primary", key="work_options"):
        with st.spinner(say("Three plans are worked out …")):
            shelf[key] = failover_options(answer.inventory, answer.scenario)[0]
    if key not in shelf:
        return
    table = shelf[key]
    currency = answer.scenario.currency
    shown = table.assign(
        failures=[f"N+{k}" if k else "N" for k in table["failures"]],
        way=[local("no spare room" if way == "none" else way) for way in table["way"]],
        survives=table["survives"].map({True: say("yes"), False: say("no")}),
        chosen=table["chosen"].map({True: say("cheapest"), False: ""}),
        at_least=["" if least is None or least != least else number(least) for least in table["at_least"]],
        **{name: table[name].round() for name in ("tco_target", "extra_tco", "npv")},
    )[["failures", "way", "hosts", "at_least", "tco_target", "extra_tco", "npv", "survives", "chosen"]]
    show_table(
        shown.rename(
            columns={
                "failures": say("Survives"),
                "way": say("How"),
                "hosts": say("Hosts"),
                "at_least": say("At least"),
                "tco_target": say(
                    "Cost over {horizon_years} years ({currency})",
                    horizon_years=answer.scenario.horizon_years,
                    currency=currency,
                ),
                "extra_tco": say("More than N"),
                "npv": say("NPV against keeping"),
                "survives": say("Proved"),
                "chosen": say("Choice"),
            }
        ),
    )
    st.caption(say("Host models are chosen anew for each; spare hosts run empty and are licensed."))

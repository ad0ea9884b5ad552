"""What happens when hosts, racks or sites fail: where everything goes, when it is back, what that costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

import calc
from app_pages.current import confirm_groups, confirmed_groups, current_answer
from app_pages.jobs import remembered
from app_pages.tabs import tabs
from calc import hypervisors
from calc.isolation import suggest_groups, suggestions_table
from calc.language import local, say, told
from calc.recovery import (
    Loaded,
    Proof,
    RestartTimes,
    failover_options,
    headroom,
    item_priority,
    loaded_pools,
    lose_a_site,
    prove,
    restart_schedule,
    restart_tiers,
    survive_racks,
)
from calc.report.bundle import safe_text
from calc.report.words import amount
from calc.roles import TIERS

_PERCENT = st.column_config.NumberColumn(format="percent")


def main() -> None:
    st.title(say("What happens when hosts fail?"))
    answer = current_answer()
    if answer is None:
        return
    pools = loaded_pools(answer)
    if not pools:
        st.info(say("No workload of this plan is placed on a host."))
        return
    fail, racks, back, room, rules, price = tabs(
        [
            say("Failures"),
            say("Racks and sites"),
            say("Restart"),
            say("Headroom"),
            say("Rules from names"),
            say("What it costs"),
        ],
        key="recovery_tab",
    )
    if fail.open:
        with fail:
            failures(answer, pools)
    elif racks.open:
        with racks:
            domains(answer)
    elif back.open:
        with back:
            restart(answer, pools)
    elif room.open:
        with room:
            show_headroom(answer)
    elif rules.open:
        with rules:
            names(answer)
    elif price.open:
        with price:
            options(answer)


def choose_pool(pools: list[Loaded], key: str) -> Loaded:
    """The pool to look at; the largest first."""
    order = sorted(range(len(pools)), key=lambda index: -len(pools[index].hosts))
    chosen = st.selectbox(
        say("Pool"),
        order,
        format_func=lambda index: say(
            "{pool} ({hosts} hosts)", pool=pools[index].pool[0], hosts=len(pools[index].hosts)
        ),
        key=key,
    )
    return pools[chosen]


def in_words(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """A table with the keys in some columns as words of the language in use."""
    return table.assign(**{name: table[name].map(local, na_action="ignore") for name in columns})


def failures(answer: calc.Assessment, pools: list[Loaded]) -> None:
    """Every failure of a pool, and where each workload goes."""
    from calc.report import operation_charts

    left, right = st.columns([3, 2])
    with left:
        loaded = choose_pool(pools, "pool_failures")
    together = right.radio(
        say("Hosts that fail at once"),
        [1, 2],
        index=min(1, max(0, answer.scenario.failover_hosts - 1)),
        horizontal=True,
        key=f"fail_together_{answer.scenario.failover_hosts}",
    )
    proof = prove(loaded, together, priority=item_priority(loaded, restart_tiers(answer)))
    verdict(proof, loaded, together <= answer.scenario.failover_hosts)
    table = proof.table(loaded)
    if len(proof.cases) <= 300:
        st.altair_chart(operation_charts.failure_chart(loaded, proof))
        st.caption(say("Numbers: workloads that a host takes over. Empty: the host that failed."))
    else:
        st.caption(
            say(
                "{cases:,} cases are too many to draw; the tightest ones come first in the table.",
                cases=len(proof.cases),
            )
        )
    worst = table.sort_values(["not_placed", "highest_use"], ascending=False)
    st.dataframe(
        in_words(worst, "tightest")
        .rename(
            columns={
                "failure": say("Fails"),
                "pool": say("Pool"),
                "workloads": say("Workloads to re-place"),
                "not_placed": say("Without a place"),
                "tightest": say("Tightest resource"),
                "tightest_host": say("on"),
                "highest_use": say("Used there"),
            }
        )
        .drop(columns=say("Pool")),
        hide_index=True,
        column_config={say("Used there"): _PERCENT},
    )
    case = st.selectbox(say("Where everything goes when this fails"), list(worst["failure"]), key="case")
    chosen = next(item for item in proof.cases if item.name == case)
    moves = proof.moves(loaded, [chosen])
    st.dataframe(
        moves.drop(columns="failure").rename(
            columns={"workload": say("Workload"), "from": say("From"), "to": say("To")}
        ),
        hide_index=True,
    )
    if len(proof.cases) <= 300:
        st.download_button(
            say("Every move of every case (CSV)"),
            safe_text(proof.moves(loaded)).to_csv(index=False).encode(),
            "failover_moves.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def verdict(proof: Proof, loaded: Loaded, promised: bool) -> None:
    """One sentence: how many cases hold."""
    values = {"kind": local(proof.kind), "passed": proof.passed, "cases": len(proof.cases)}
    text = (
        say("Every {kind} was failed: **{passed:,} of {cases:,} cases** find a place for everything.", **values)
        if proof.exhaustive
        else say(
            "A seeded sample of every {kind} was failed: **{passed:,} of {cases:,} cases** find a place for everything.",
            **values,
        )
    )
    if not proof.cases:
        st.warning(say("There are too few hosts for that many failures."))
    elif proof.holds:
        st.success(text)
    elif promised:
        st.error(text)
    else:
        st.warning(
            say(
                "{text} The plan does not promise this; raise *Hosts that may fail* on the first page if it should.",
                text=text,
            )
        )


def domains(answer: calc.Assessment) -> None:
    """Racks that fail as a whole, and sites."""
    st.header(say("A whole rack"))
    racks = st.number_input(
        say("Racks that each pool is spread over"), min_value=2, max_value=40, value=4, step=1, key="racks"
    )
    plans = remembered(
        "rack_plans", f"{st.session_state['current_job']}-{racks}", lambda: survive_racks(answer, int(racks))
    )
    added = sum(len(plan.added) for plan in plans)
    spent = sum(plan.added_price for plan in plans)
    broken = [plan for plan in plans if not plan.proof.holds]
    if broken:
        st.error(
            say("{broken} pools cannot survive the loss of a rack with the hosts that are allowed.", broken=len(broken))
        )
    elif added:
        st.warning(
            say(
                "The plan does not survive the loss of a rack as it is. With **{added} more hosts** ({amount} to "
                "buy) and the workloads spread anew it does: every rack of every pool was failed.",
                added=added,
                amount=amount(spent, answer.scenario.currency),
            )
        )
    else:
        st.success(say("The plan survives the loss of any one rack: every rack of every pool was failed."))
    st.dataframe(
        pd.DataFrame(
            {
                say("Pool"): plan.loaded.pool[0],
                say("Hosts in the plan"): len(plan.loaded.hosts) - len(plan.added),
                say("Added"): len(plan.added),
                say("of model"): plan.added_type,
                say("Racks that may fail"): say(
                    "{passed} of {cases}", passed=plan.proof.passed, cases=len(plan.proof.cases)
                ),
                say("Fullest afterwards"): max(case.highest_use for case in plan.proof.cases),
                say("Workloads placed anew"): plan.moved,
                say("Groups in a single rack"): plan.groups_in_one_rack,
            }
            for plan in plans
        ),
        hide_index=True,
        column_config={say("Fullest afterwards"): _PERCENT},
    )
    st.header(say("A whole site"))
    try:
        loaded, proof = lose_a_site(answer)
    except calc.InputError as error:
        st.info(told(error))
        return
    table = proof.table(loaded)
    table["re-placed"] = 1 - table["not_placed"] / table["workloads"].clip(lower=1)
    st.dataframe(
        in_words(table[["failure", "workloads", "not_placed", "re-placed", "tightest"]], "tightest").rename(
            columns={
                "failure": say("Site lost"),
                "workloads": say("Workloads"),
                "not_placed": say("Without a place"),
                "re-placed": say("Re-placed"),
                "tightest": say("Tightest resource"),
            }
        ),
        hide_index=True,
        column_config={say("Re-placed"): _PERCENT},
    )
    st.caption(
        say(
            "On the hosts that the other sites have, same zone and architecture; infrastructure, databases and "
            "production first. This is about hosts only: storage and network at the other site are not looked at."
        )
    )


def restart(answer: calc.Assessment, pools: list[Loaded]) -> None:
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
    st.dataframe(worst.round(1).rename(columns={tier: local(tier) for tier in TIERS}), hide_index=True)
    st.caption(say("Minutes after the failure, by restart tier; a tier starts when the one before it is ready."))
    chosen = st.selectbox(say("In which order, when this fails"), list(worst[fails]), key="restart_case")
    table = schedules[chosen].assign(
        start=lambda frame: (frame["start_s"] / 60).round(1), ready=lambda frame: (frame["ready_s"] / 60).round(1)
    )
    st.dataframe(
        in_words(table[["workload", "tier", "host", "start", "ready"]], "tier").rename(
            columns={
                "workload": say("Workload"),
                "tier": say("Tier"),
                "host": say("On"),
                "start": say("Starts (min)"),
                "ready": say("Back (min)"),
            }
        ),
        hide_index=True,
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
    st.dataframe(
        shown.rename(
            columns={
                "host": say("Host"),
                "largest": say("Largest workload"),
                "growth": say("It could grow by"),
                "limited_by": say("Limited by"),
                "rating": say("Rating"),
            }
        ),
        hide_index=True,
        column_config={say("It could grow by"): _PERCENT},
    )


def names(answer: calc.Assessment) -> None:
    """Groups that names suggest; nothing counts before it is confirmed."""
    confirmed = confirmed_groups(answer.inventory)
    if confirmed:
        st.success(say("{confirmed} groups are confirmed and kept apart in this plan.", confirmed=len(confirmed)))
        if st.button(say("Take them all back"), key="undo_groups"):
            confirmed.clear()
            st.switch_page("app_pages/answer.py")
    suggestions = suggest_groups(answer.inventory)
    if not suggestions:
        st.info(say("No further names in this inventory look like members of one cluster."))
        return
    st.markdown(
        say(
            "{suggestions} sets of names look like members of one cluster. They are **not** kept apart until you "
            "say so: tick what is right and plan again, or take the table into your inventory as its column "
            "*Anti-affinity group*.",
            suggestions=len(suggestions),
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
        say("Plan again with {chosen} groups kept apart", chosen=len(chosen)),
        disabled=not chosen,
        type="primary",
        key="apply_groups",
    ):
        confirm_groups(answer.inventory, chosen)
        st.switch_page("app_pages/answer.py")
    rows = [(member, item.group) for item in chosen for member in item.members]
    st.download_button(
        say("Confirmed groups (CSV, {rows} workloads)", rows=len(rows)),
        safe_text(pd.DataFrame(rows, columns=["Hostname", "Anti-affinity group"])).to_csv(index=False).encode(),
        "anti_affinity.csv",
        "text/csv",
        disabled=not rows,
        icon=":material/download:",
        on_click="ignore",
    )


def options(answer: calc.Assessment) -> None:
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
        at_least=["" if least is None or least != least else f"{least:.0f}" for least in table["at_least"]],
        **{name: table[name].round() for name in ("tco_target", "extra_tco", "npv")},
    )[["failures", "way", "hosts", "at_least", "tco_target", "extra_tco", "npv", "survives", "chosen"]]
    st.dataframe(
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
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in (
                say(
                    "Cost over {horizon_years} years ({currency})",
                    horizon_years=answer.scenario.horizon_years,
                    currency=currency,
                ),
                say("More than N"),
                say("NPV against keeping"),
            )
        },
    )
    st.caption(say("Host models are chosen anew for each; spare hosts run empty and are licensed."))


main()

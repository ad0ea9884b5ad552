"""What happens when hosts, racks or sites fail: where everything goes, when it is back, what that costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

import calc
from app_pages.current import confirm_groups, confirmed_groups, current_answer
from app_pages.jobs import remembered
from calc import hypervisors
from calc.isolation import suggest_groups, suggestions_table
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
    st.title("What happens when hosts fail?")
    answer = current_answer()
    if answer is None:
        return
    pools = loaded_pools(answer)
    if not pools:
        st.info("No workload of this plan is placed on a host.")
        return
    fail, racks, back, room, rules, price = st.tabs(
        ["Failures", "Racks and sites", "Restart", "Headroom", "Rules from names", "What it costs"],
        on_change="rerun",
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
        "Pool",
        order,
        format_func=lambda index: f"{pools[index].pool[0]} ({len(pools[index].hosts)} hosts)",
        key=key,
    )
    return pools[chosen]


def failures(answer: calc.Assessment, pools: list[Loaded]) -> None:
    """Every failure of a pool, and where each workload goes."""
    from calc.report import operation_charts

    left, right = st.columns([3, 2])
    with left:
        loaded = choose_pool(pools, "pool_failures")
    together = right.radio(
        "Hosts that fail at once", [1, 2], index=min(1, max(0, answer.scenario.failover_hosts - 1)), horizontal=True
    )
    proof = prove(loaded, together, priority=item_priority(loaded, restart_tiers(answer)))
    verdict(proof, loaded, together <= answer.scenario.failover_hosts)
    table = proof.table(loaded)
    if len(proof.cases) <= 300:
        st.altair_chart(operation_charts.failure_chart(loaded, proof))
        st.caption("Numbers: workloads that a host takes over. Empty: the host that failed.")
    else:
        st.caption(f"{len(proof.cases):,} cases are too many to draw; the tightest ones come first in the table.")
    worst = table.sort_values(["not_placed", "highest_use"], ascending=False)
    st.dataframe(
        worst.rename(
            columns={
                "failure": "Fails",
                "pool": "Pool",
                "workloads": "Workloads to re-place",
                "not_placed": "Without a place",
                "tightest": "Tightest resource",
                "tightest_host": "on",
                "highest_use": "Used there",
            }
        ).drop(columns="Pool"),
        hide_index=True,
        column_config={"Used there": _PERCENT},
    )
    case = st.selectbox("Where everything goes when this fails", list(worst["failure"]), key="case")
    chosen = next(item for item in proof.cases if item.name == case)
    moves = proof.moves(loaded, [chosen])
    st.dataframe(
        moves.drop(columns="failure").rename(columns={"workload": "Workload", "from": "From", "to": "To"}),
        hide_index=True,
    )
    if len(proof.cases) <= 300:
        st.download_button(
            "Every move of every case (CSV)",
            safe_text(proof.moves(loaded)).to_csv(index=False).encode(),
            "failover_moves.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def verdict(proof: Proof, loaded: Loaded, promised: bool) -> None:
    """One sentence: how many cases hold."""
    tried = "every" if proof.exhaustive else "a seeded sample of every"
    text = f"{tried.capitalize()} {proof.kind} was failed: **{proof.passed:,} of {len(proof.cases):,} cases** find a place for everything."
    if not proof.cases:
        st.warning("There are too few hosts for that many failures.")
    elif proof.holds:
        st.success(text)
    elif promised:
        st.error(text)
    else:
        st.warning(
            f"{text} The plan does not promise this; raise *Hosts that may fail* on the first page if it should."
        )


def domains(answer: calc.Assessment) -> None:
    """Racks that fail as a whole, and sites."""
    st.subheader("A whole rack")
    racks = st.number_input(
        "Racks that each pool is spread over", min_value=2, max_value=40, value=4, step=1, key="racks"
    )
    plans = remembered(
        "rack_plans", f"{st.session_state['current_job']}-{racks}", lambda: survive_racks(answer, int(racks))
    )
    added = sum(len(plan.added) for plan in plans)
    spent = sum(plan.added_price for plan in plans)
    broken = [plan for plan in plans if not plan.proof.holds]
    if broken:
        st.error(f"{len(broken)} pools cannot survive the loss of a rack with the hosts that are allowed.")
    elif added:
        st.warning(
            f"The plan does not survive the loss of a rack as it is. With **{added} more hosts** "
            f"({amount(spent, answer.scenario.currency)} to buy) and the workloads spread anew it does: every rack of every "
            "pool was failed."
        )
    else:
        st.success("The plan survives the loss of any one rack: every rack of every pool was failed.")
    st.dataframe(
        pd.DataFrame(
            {
                "Pool": plan.loaded.pool[0],
                "Hosts in the plan": len(plan.loaded.hosts) - len(plan.added),
                "Added": len(plan.added),
                "of model": plan.added_type,
                "Racks that may fail": f"{plan.proof.passed} of {len(plan.proof.cases)}",
                "Fullest afterwards": max(case.highest_use for case in plan.proof.cases),
                "Workloads placed anew": plan.moved,
                "Groups in a single rack": plan.groups_in_one_rack,
            }
            for plan in plans
        ),
        hide_index=True,
        column_config={"Fullest afterwards": _PERCENT},
    )
    st.subheader("A whole site")
    try:
        loaded, proof = lose_a_site(answer)
    except calc.InputError as error:
        st.info(str(error)[0].upper() + str(error)[1:] + ".")
        return
    table = proof.table(loaded)
    table["re-placed"] = 1 - table["not_placed"] / table["workloads"].clip(lower=1)
    st.dataframe(
        table[["failure", "workloads", "not_placed", "re-placed", "tightest"]].rename(
            columns={
                "failure": "Site lost",
                "workloads": "Workloads",
                "not_placed": "Without a place",
                "re-placed": "Re-placed",
                "tightest": "Tightest resource",
            }
        ),
        hide_index=True,
        column_config={"Re-placed": _PERCENT},
    )
    st.caption(
        "On the hosts that the other sites have, same zone and architecture; infrastructure, databases and production first. "
        "This is about hosts only: storage and network at the other site are not looked at."
    )


def restart(answer: calc.Assessment, pools: list[Loaded]) -> None:
    """Order and time of a restart."""
    kind = hypervisors.get(answer.scenario.hypervisor)
    if not kind.high_availability:
        st.warning(
            f"{kind.name} restarts nothing by itself: these times hold only with something, or somebody, that does."
        )
    tiers = restart_tiers(answer, st.session_state.get("own_tiers"))
    one, two, three = st.columns(3)
    defaults = RestartTimes()
    detection = one.number_input(
        "Until the failure is certain (s)", 0, 3600, int(defaults.detection_s), key="detection_s"
    )
    boot = two.number_input("Start of one workload (s)", 0, 3600, int(defaults.boot_s), key="boot_s")
    at_once = three.number_input("Starts at once on a host", 1, 64, defaults.at_once, key="at_once")
    times = RestartTimes(detection, boot, int(at_once))
    loaded = choose_pool(pools, "pool_restart")
    proof = prove(loaded, priority=item_priority(loaded, tiers))
    schedules = {case.name: restart_schedule(loaded, case, tiers, times) for case in proof.cases if len(case.items)}
    if not schedules:
        st.info("No host of this pool carries a workload.")
        return
    ready = pd.DataFrame(
        {"Fails": name, **table.groupby("tier", sort=False)["ready_s"].max().div(60).to_dict()}
        for name, table in schedules.items()
    )
    ready = ready[["Fails", *(tier for tier in TIERS if tier in ready)]]
    ready["everything"] = ready.drop(columns="Fails").max(axis=1)
    worst = ready.sort_values("everything", ascending=False)
    st.markdown(
        f"**Longest until everything is back: {worst['everything'].iloc[0]:.1f} minutes**, when {worst['Fails'].iloc[0]} fails."
    )
    st.dataframe(worst.round(1), hide_index=True)
    st.caption("Minutes after the failure, by restart tier; a tier starts when the one before it is ready.")
    chosen = st.selectbox("In which order, when this fails", list(worst["Fails"]), key="restart_case")
    table = schedules[chosen].assign(
        start=lambda frame: (frame["start_s"] / 60).round(1), ready=lambda frame: (frame["ready_s"] / 60).round(1)
    )
    st.dataframe(
        table[["workload", "tier", "host", "start", "ready"]].rename(
            columns={
                "workload": "Workload",
                "tier": "Tier",
                "host": "On",
                "start": "Starts (min)",
                "ready": "Back (min)",
            }
        ),
        hide_index=True,
    )
    with st.expander("Restart tiers: guessed from names, correct them here"):
        shown = tiers[["workload", "name", "guessed"]].copy()
        edited = st.data_editor(
            shown,
            hide_index=True,
            disabled=["workload", "guessed"],
            key="tiers_editor",
            column_config={
                "workload": "Workload",
                "name": st.column_config.SelectboxColumn("Tier", options=list(TIERS), required=True),
                "guessed": "Guessed",
            },
        )
        changed = edited[edited["name"] != shown["name"]]
        if len(changed) and st.button("Use these tiers", key="use_tiers"):
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
        column.metric(f"{'Growth: ' if rating not in ('empty',) else ''}{rating}", int(counts.get(rating, 0)))
    st.caption("Hosts by how much their largest workload could grow, in every resource, before it must move.")
    shown = table.assign(growth=table["growth"].replace(np.inf, np.nan))
    st.dataframe(
        shown.rename(
            columns={
                "host": "Host",
                "largest": "Largest workload",
                "growth": "It could grow by",
                "limited_by": "Limited by",
                "rating": "Rating",
            }
        ),
        hide_index=True,
        column_config={"It could grow by": _PERCENT},
    )


def names(answer: calc.Assessment) -> None:
    """Groups that names suggest; nothing counts before it is confirmed."""
    confirmed = confirmed_groups(answer.inventory)
    if confirmed:
        st.success(f"{len(confirmed)} groups are confirmed and kept apart in this plan.")
        if st.button("Take them all back", key="undo_groups"):
            confirmed.clear()
            st.switch_page("app_pages/answer.py")
    suggestions = suggest_groups(answer.inventory)
    if not suggestions:
        st.info("No further names in this inventory look like members of one cluster.")
        return
    st.markdown(
        f"{len(suggestions)} sets of names look like members of one cluster. They are **not** kept apart until you say so: tick "
        "what is right and plan again, or take the table into your inventory as its column *Anti-affinity group*."
    )
    table = suggestions_table(suggestions)
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["group", "members", "reason", "confidence"],
        key="groups_editor",
        column_config={
            "confirm": "Keep apart",
            "group": "Group",
            "members": "Members",
            "reason": "Because",
            "confidence": "Confidence",
        },
    )
    chosen = [item for item, yes in zip(suggestions, edited["confirm"], strict=True) if yes]
    if st.button(
        f"Plan again with {len(chosen)} groups kept apart", disabled=not chosen, type="primary", key="apply_groups"
    ):
        confirm_groups(answer.inventory, chosen)
        st.switch_page("app_pages/answer.py")
    rows = [(member, item.group) for item in chosen for member in item.members]
    st.download_button(
        f"Confirmed groups (CSV, {len(rows)} workloads)",
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
        "What it costs to survive no failure, one, or two in every pool: with room on every host (*spread*), or with empty "
        "hosts beside the plan (*spare hosts*)."
    )
    shelf = st.session_state.setdefault("failover_options", {})
    key = st.session_state["current_job"]
    if key not in shelf and st.button("Work out the three plans", type="primary", key="work_options"):
        with st.spinner("Three plans are worked out …"):
            shelf[key] = failover_options(answer.inventory, answer.scenario)[0]
    if key not in shelf:
        return
    table = shelf[key]
    currency = answer.scenario.currency
    shown = table.assign(
        failures=[f"N+{k}" if k else "N" for k in table["failures"]],
        way=table["way"].str.replace("none", "no spare room"),
        survives=table["survives"].map({True: "yes", False: "no"}),
        chosen=table["chosen"].map({True: "cheapest", False: ""}),
        at_least=["" if least is None or least != least else f"{least:.0f}" for least in table["at_least"]],
        **{name: table[name].round() for name in ("tco_target", "extra_tco", "npv")},
    )[["failures", "way", "hosts", "at_least", "tco_target", "extra_tco", "npv", "survives", "chosen"]]
    st.dataframe(
        shown.rename(
            columns={
                "failures": "Survives",
                "way": "How",
                "hosts": "Hosts",
                "at_least": "At least",
                "tco_target": f"Cost over {answer.scenario.horizon_years} years ({currency})",
                "extra_tco": "More than N",
                "npv": "NPV against keeping",
                "survives": "Proved",
                "chosen": "",
            }
        ),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in (
                f"Cost over {answer.scenario.horizon_years} years ({currency})",
                "More than N",
                "NPV against keeping",
            )
        },
    )
    st.caption("Host models are chosen anew for each; spare hosts run empty and are licensed.")


main()

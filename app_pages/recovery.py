"""What happens when hosts, racks or sites fail: where everything goes, when it is back, what that costs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import calc
from app_pages.current import current_answer
from app_pages.jobs import remembered
from app_pages.recovery_views import (
    choose_pool,
    in_words,
    show_headroom,
    show_names,
    show_options,
    show_restart,
)
from app_pages.tables import PERCENT, show_table
from app_pages.tabs import tabs
from calc.language import local, say, say_many, told
from calc.recovery import (
    Loaded,
    Proof,
    item_priority,
    loaded_pools,
    lose_a_site,
    prove,
    restart_tiers,
    survive_racks,
)
from calc.report.bundle import safe_text
from calc.report.words import amount


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
            show_restart(answer, pools)
    elif room.open:
        with room:
            show_headroom(answer)
    elif rules.open:
        with rules:
            show_names(answer)
    elif price.open:
        with price:
            show_options(answer)


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
    priority = item_priority(loaded, restart_tiers(answer))
    proof = prove(loaded, together, priority=priority, seed=answer.scenario.seed)
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
    show_table(
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
        column_config={say("Used there"): PERCENT},
    )
    case = st.selectbox(say("Where everything goes when this fails"), list(worst["failure"]), key="case")
    chosen = next(item for item in proof.cases if item.name == case)
    moves = proof.moves(loaded, [chosen])
    show_table(
        moves.drop(columns="failure").rename(
            columns={"workload": say("Workload"), "from": say("From"), "to": say("To")}
        ),
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
    if proof.holds:
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
        say("Racks that each pool is spread over"),
        min_value=2,
        max_value=40,
        value=answer.scenario.racks or 4,
        step=1,
        key=f"racks_{answer.scenario.racks}",
    )
    plans = remembered(
        "rack_plans", f"{st.session_state['current_job']}-{racks}", lambda: survive_racks(answer, int(racks))
    )
    added = sum(len(plan.added) for plan in plans)
    spent = sum(plan.added_price for plan in plans)
    broken = [plan for plan in plans if not plan.proof.holds]
    if broken:
        st.error(
            say_many(
                "{count:,} pool cannot survive the loss of a rack with the hosts that are allowed.",
                "{count:,} pools cannot survive the loss of a rack with the hosts that are allowed.",
                len(broken),
            )
        )
    elif added:
        st.warning(
            say_many(
                "The plan does not survive the loss of a rack as it is. With **{count:,} more host** ({amount} to "
                "buy) and the workloads spread anew it does: every rack of every pool was failed.",
                "The plan does not survive the loss of a rack as it is. With **{count:,} more hosts** ({amount} to "
                "buy) and the workloads spread anew it does: every rack of every pool was failed.",
                added,
                amount=amount(spent, answer.scenario.currency),
            )
        )
    else:
        st.success(say("The plan survives the loss of any one rack: every rack of every pool was failed."))
    show_table(
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
        column_config={say("Fullest afterwards"): PERCENT},
    )
    st.header(say("A whole site"))
    try:
        loaded, proof = lose_a_site(answer)
    except calc.InputError as error:
        st.info(told(error))
        return
    table = proof.table(loaded)
    table["re-placed"] = 1 - table["not_placed"] / table["workloads"].clip(lower=1)
    show_table(
        in_words(table[["failure", "workloads", "not_placed", "re-placed", "tightest"]], "tightest").rename(
            columns={
                "failure": say("Site lost"),
                "workloads": say("Workloads"),
                "not_placed": say("Without a place"),
                "re-placed": say("Re-placed"),
                "tightest": say("Tightest resource"),
            }
        ),
        column_config={say("Re-placed"): PERCENT},
    )
    st.caption(
        say(
            "On the hosts that the other sites have, same zone and architecture; infrastructure, databases and "
            "production first. This is about hosts only: storage and network at the other site are not looked at."
        )
    )


main()

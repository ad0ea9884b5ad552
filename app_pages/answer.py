"""Plan: the answer with its proof and its doubt, the hosts, and what stays where it is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import calc
from app_pages.current import standing
from app_pages.evidence import show_evidence
from app_pages.explained import figure, show_explained
from app_pages.files import current_inventory, explain_problem
from app_pages.hosts import show_hosts, show_times
from app_pages.path import hosts_part
from app_pages.progress import show_progress
from app_pages.tables import show_table
from app_pages.tabs import tabs
from calc.costs.cashflow import tco
from calc.costs.scope import included
from calc.language import local, say, say_many
from calc.platforms import cautions
from calc.report import counts, words
from calc.report.figures import number


def main() -> None:
    st.title(say("How many hosts, and what do they save?"))
    now = standing()
    if now.problem:
        st.error(now.problem)
        if current_inventory() is None:
            explain_problem()
        return
    if now.job is None:
        if not explain_problem():
            st.info(say("The assumptions do not go together: the sidebar says which."))
        else:
            st.page_link("app_pages/estate.py", label=say("To the estate"), icon=":material/table_view:")
        return
    if now.is_waiting:
        with st.container(key="progress"):  # what stands below stays what it is when this goes
            show_progress(now.job)
    if now.answer is None:
        return
    with st.container(key="headline"):
        if now.provisional:
            st.caption(
                say("Until packing is done: the plan before, at the new prices. It may still change its host model.")
            )
        headline(now.answer)
    if not now.provisional:
        details(now.answer)
    show_explained(now.answer)


def headline(a: calc.Assessment) -> None:
    """Five numbers, then proof, saving and doubt in words."""
    c, currency = a.comparison, a.scenario.currency
    k = a.scenario.failover_hosts
    columns = st.columns([0.9, 1.15, 1.35, 1.1, 0.9])
    figure(
        columns[0],
        "servers",
        number(a.before.servers),
        say("Servers today"),
        say("Physical machines in the inventory."),
    )
    figure(
        columns[1],
        "hosts",
        number(a.hosts_after) + (say(" + {n:,} kept", n=a.servers_retained) if a.servers_retained else ""),
        say("Hosts needed (N+{k})", k=k) if k else say("Hosts needed"),
        local(words.proof_line(a)),
        delta=words.verdict(a),
        delta_color="off",
        delta_arrow="off",
    )
    refresh = tco(a.flows["refresh"]) - c.tco_target
    years = a.scenario.horizon_years
    less = words.amount(abs(refresh), currency)
    figure(
        columns[2],
        "savings",
        words.amount(abs(c.savings), currency),
        say("Saved over {years} years", years=years)
        if c.savings >= 0
        else say("Extra cost over {years} years", years=years),
        say(
            "Against keeping today's servers as they are; below, against refreshing each at the end of its life. Holds: {lines}.",
            lines=local(included(a.scenario)),
        ),
        delta=say("saves {money} vs refresh", money=less)
        if refresh >= 0
        else say("costs {money} vs refresh", money=less),
        delta_color="off",
        delta_arrow="off",
    )
    months = c.payback_months
    figure(
        columns[3],
        "payback",
        local(words.months(months)),
        say("Earned back after"),
        delta=say("within {years} years", years=years)
        if months is None
        else say("invested {money}", money=words.amount(max(0.0, c.investment), currency)),
        delta_color="off",
        delta_arrow="off",
    )
    figure(
        columns[4],
        "assumed",
        number(a.assumed_count),
        say("Inputs assumed"),
        say("Readings that the inventory does not hold; each default has a source."),
        delta=counts.rows_set_aside(len(a.inventory.errors)),
        delta_color="off",
        delta_arrow="off",
    )
    proved = " ".join((words.survival_line(a), *words.racks_line(a), *words.risk_line(a)))
    st.markdown(f"{hosts_part(a)}. {plain_proof(a)} {proved}")
    st.markdown(
        say(
            "The plan {saves}; it {returns}.",
            saves=words.saving_line(a),
            returns=words.payback_line(a),
        ).replace("$", "\\$")
        + f" {words.decision_line(a)} {words.baseline_line(a)}".replace("$", "\\$")
    )
    st.caption(f"{words.excluded_line(a)} {words.doubt_line(a)}")
    if a.inventory.notes:
        # Folded: several of them would push the plan itself out of sight.
        with st.expander(
            say_many("{count} note on what was read", "{count} notes on what was read", len(a.inventory.notes))
        ):
            for note in a.inventory.notes:
                st.caption(local(note))
    for caution in cautions(a.scenario):
        st.warning(local(caution))


def plain_proof(a: calc.Assessment) -> str:
    """Bound and gap in words that need no explanation."""
    if not a.hosts_after or a.gap is None or a.hosts_lower_bound is None or a.objective == "cost":
        return local(words.proof_line(a))
    least = a.hosts_lower_bound
    if a.is_optimal:
        return say(
            "For these demands, host types and rules no plan can do with fewer: at least {least:,} are needed, so this one is "
            "proven optimal.",
            least=least,
        )
    return say_many(
        "For these demands, host types and rules at least {least:,} are needed whatever the plan: at most {count:,} host could still "
        "be saved (gap {gap:.1%}).",
        "For these demands, host types and rules at least {least:,} are needed whatever the plan: at most {count:,} hosts could "
        "still be saved (gap {gap:.1%}).",
        a.hosts_after - least,
        least=least,
        gap=a.gap,
    )


def details(a: calc.Assessment) -> None:
    """One view at a time: what is not shown costs no time."""
    hosts, times, stays, evidence = tabs(
        [
            say("Hosts"),
            say("By time of day"),
            say("What stays"),
            say("Assumptions and proof"),
        ],
        key="tab",
    )
    for tab, show in ((hosts, show_hosts), (times, show_times), (stays, show_stays), (evidence, show_evidence)):
        if tab.open:
            with tab:
                show(a)


def show_stays(a: calc.Assessment) -> None:
    """What did not fit, and why."""
    if not len(a.unplaced):
        st.success(say("Everything has a place."), icon=":material/check:")
    else:
        st.markdown(
            say_many(
                "{count:,} workload stays where it is, with {servers}; its cost stays in the plan.",
                "{count:,} workloads stay where they are, with {servers}; their cost stays in the plan.",
                len(a.unplaced),
                servers=counts.servers(a.servers_retained),
            )
        )
        table = a.unplaced.assign(reason=[local(reason) for reason in a.unplaced["reason"]])
        why = table.groupby("reason").size().rename("n").reset_index().sort_values("n", ascending=False)
        show_table(
            why.rename(columns={"reason": say("Reason"), "n": say("Workloads")}),
            column_order=[say("Workloads"), say("Reason")],
        )
        show_table(
            table.rename(
                columns={
                    "workload": say("Workload"),
                    "server": say("Server"),
                    "pool": say("Pool"),
                    "reason": say("Reason"),
                }
            )
        )
        st.caption(
            say(
                "A workload that fits no host: allow a larger model in the sidebar. One that is excluded: see “Estate”."
            )
        )
    if len(a.estate.left_out):
        st.header(say("On neither side of the comparison"))
        left: pd.DataFrame = a.estate.left_out
        show_table(left[[name for name in ("workload", "server", "reason") if name in left]])


main()

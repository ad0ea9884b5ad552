"""What an answer rests on: assumed inputs, the chain of factors, the proof by pool, every assumption."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import calc
from app_pages.tables import show_table
from calc.language import local, say
from calc.report import tables, words
from calc.report.assumption_rows import assumption_rows
from calc.report.bundle import safe_text
from calc.report.figures import percent


def show_evidence(a: calc.Assessment) -> None:
    """Assumed inputs, the chain of factors, the proof by pool, every assumption."""
    st.header(say("What stood in for missing readings"))
    assumed = tables.assumed_table(a).map(lambda cell: local(cell) if isinstance(cell, str) else cell)
    show_table(
        assumed.rename(
            columns={
                "input": say("Input"),
                "count": say("How many"),
                "used": say("Used instead"),
                "source": say("Source"),
            }
        )
    )
    st.header(say("From readings to planned CPU"))
    chain = tables.waterfall_table(a).round(0)
    chain["step"] = [local(step) for step in chain["step"]]
    show_table(
        chain.rename(columns={"step": say("Step"), "compute_units": say("Compute units (SPECrate2017_int_base)")})
    )
    st.header(say("Proof by pool"))
    show_table(proof_frame(a))
    certificates = words.certificate_lines(a)
    if certificates:
        with st.expander(say("Why no plan needs fewer hosts, where counting alone does not show it")):
            st.markdown("\n".join(f"- {local(line)}" for line in certificates))
    from calc.report import charts

    if len(charts.closing_table(a)):
        st.caption(say("How the search closed in, where the first plan could be improved. Below the bound is nothing."))
        st.altair_chart(
            charts.closing_chart(a), width="content", alt=say("Best plan and bound closing in on each other, by pool")
        )
    else:
        st.caption(say("In every pool the first plan met what the search was asked for."))
    st.header(say("Every assumption, with source and date"))
    heads = (
        *(say("Assumption"), say("Value"), say("Unit"), say("Range")),
        *(say("Origin"), say("Source"), say("As of")),
    )
    wide = {
        say("Value"): st.column_config.TextColumn(alignment="left"),
        say("Source"): st.column_config.TextColumn(width=420),
    }
    show_table(assumption_rows(a).set_axis(list(heads), axis=1), column_config=wide)
    st.download_button(
        say("Assumptions (CSV)"),
        safe_text(tables.assumptions_table(a)).to_csv(index=False).encode(),
        "assumptions.csv",
        "text/csv",
        icon=":material/download:",
        key="download_assumptions",
        on_click="ignore",
    )


def proof_frame(a: calc.Assessment) -> pd.DataFrame:
    """Bound, search and failover proof of every pool."""
    rows = []
    for pool in a.pools:
        plan, proof = pool.plan, pool.plan.proof
        rows.append(
            {
                say("Pool"): pool.name,
                say("Workloads"): len(pool.rows),
                say("Hosts"): len(plan.host_types),
                say("At least"): pool.hosts_bound.value if pool.hosts_bound else None,
                say("Gap"): "–" if plan.gap is None else percent(plan.gap, 1),
                say("Because of"): local(plan.bound.name) if plan.bound else say("a partial plan has no bound"),
                say("Found by"): local(plan.normal.method),
                say("Search ended"): local(plan.normal.termination.value),
                say("Failures re-placed"): say("not asked for")
                if proof is None
                else say("{passed:,} of {cases:,}", passed=proof.passed, cases=proof.cases),
                say("Hosts added for that"): plan.added_hosts,
                say("Fullest after a failure"): ""
                if proof is None or proof.passed == 0
                else f"{local(proof.tightest)}, {percent(proof.highest_use)}",
            }
        )
    return pd.DataFrame(rows)

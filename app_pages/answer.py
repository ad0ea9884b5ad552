"""First page: upload or sample, what was read, the answer with its proof and its doubt."""

from __future__ import annotations

import time
from concurrent.futures import wait

import pandas as pd
import streamlit as st

import calc
from app_pages.current import with_confirmed
from app_pages.files import choose_inventory, issue_frame
from app_pages.jobs import assessment_job
from app_pages.money_inputs import own_lines
from app_pages.money_tab import show_money
from app_pages.settings import sidebar
from calc.assessment import included
from calc.catalogue import catalogue
from calc.costs.cashflow import tco
from calc.language import say
from calc.platforms import cautions
from calc.report import tables, words
from calc.report.bundle import safe_text

_POLL_S = 0.15
_QUICK_S = 1.0


def main() -> None:
    st.title("How many hosts, and what do they save?")
    inventory = with_confirmed(choose_inventory("answer"))
    extra = (
        ("unmatched_workloads", "baseline_hypervisor_per_core_per_year")
        if inventory is not None and inventory.virtualised
        else ()
    )
    chosen = sidebar(extra)
    if inventory is None:
        return
    try:
        scenario = calc.Scenario(
            **{
                **chosen,
                **host_choice(chosen["currency"], chosen["usd_per_unit"]),
                **own_lines(chosen["currency"]),
                **st.session_state.get("move", {}),
            }
        )
    except calc.ScenarioError as error:
        st.error(f"These assumptions do not go together: {error}")
        return
    data_quality(inventory)
    if scenario.move:
        st.caption(say("The cash flow follows the dates of a migration plan; the page Migration takes them back."))
    answer = solved(inventory, scenario)
    if answer is not None:
        show(answer)


def host_choice(currency: str, usd_per_unit: float | None) -> dict[str, object]:
    """Allowed host models and the user's own prices, from the catalogue table."""
    with st.sidebar, st.expander("Host models and prices"):
        st.caption("Untick what you would not buy. A price of your own beats the reference estimate.")
        entries = [
            host
            for host in catalogue(calc.Scenario(currency=currency, usd_per_unit=usd_per_unit))
            if host.role == "host"
        ]
        frame = pd.DataFrame(
            {
                "use": True,
                "model": [host.name for host in entries],
                "price": [round(host.price) for host in entries],
                "as of": [host.as_of for host in entries],
            }
        )
        edited = st.data_editor(
            frame,
            hide_index=True,
            disabled=["model", "as of"],
            key=f"hosts_{currency}_{usd_per_unit}",
            column_config={
                "use": st.column_config.CheckboxColumn("Use", width="small"),
                "model": "Model",
                "price": st.column_config.NumberColumn(f"Price ({currency})", min_value=0, format="%d"),
                "as of": "As of",
            },
        )
    used = [host.id for host, use in zip(entries, edited["use"], strict=True) if use]
    prices = {
        host.id: float(new)
        for host, old, new in zip(entries, frame["price"], edited["price"], strict=True)
        if pd.notna(new) and new != old
    }
    if not used:
        st.sidebar.warning("No host model is ticked: all are allowed.")
    everything = len(used) in (0, len(entries))
    return {"host_types": () if everything else tuple(used), "host_prices": prices}


def data_quality(inventory: calc.Inventory) -> None:
    """What was read, what was set aside, how headers were understood."""
    source = inventory.sources[0]
    rows = sum(item.rows for item in inventory.sources)
    parts = [
        f"**{inventory.format}**",
        f"{len(inventory.servers):,} servers",
        f"{len(inventory.workloads):,} workloads",
        f"{rows:,} rows read",
    ]
    if inventory.errors:
        parts.append(f":orange[{len(inventory.errors)} rows set aside]")
    if inventory.join is not None:
        parts.append(f"{inventory.join.rate:.1%} of VMs linked to their host")
    st.markdown(" · ".join(parts))
    for note in inventory.notes:
        st.caption(note)
    with st.expander(
        f"What was read from {source.name if len(inventory.sources) == 1 else f'{len(inventory.sources)} files'}"
        + (f" – {len(inventory.errors)} rows to fix" if inventory.errors else "")
    ):
        if inventory.issues:
            st.markdown("**Rows set aside** – everything else is used. Correct them in your file and upload it again.")
            st.dataframe(issue_frame(inventory.issues), hide_index=True)
        if inventory.join is not None:
            join = inventory.join
            prefixes = ", ".join(f"“{prefix}” ({count})" for prefix, count in join.prefixes.items()) or "none"
            st.markdown(
                f"**Link of VMs to hosts**: {join.exact} by name, {join.domain_dropped} after dropping the domain, "
                f"{join.prefix_dropped} after dropping or adding a short prefix: {prefixes}; {join.unmatched_workloads} not linked."
            )
        st.markdown("**How the columns were understood**")
        mapping = inventory.mapping_table()[["header", "column", "unit", "basis"]]
        st.dataframe(
            mapping.rename(
                columns={"header": "Header", "column": "Read as", "unit": "Unit", "basis": "Unit known from"}
            ),
            hide_index=True,
        )


def solved(inventory: calc.Inventory, scenario: calc.Scenario) -> calc.Assessment | None:
    """The answer; shows progress and a stop button while it is worked out."""
    job = assessment_job(inventory, scenario)
    wait([job.future], timeout=_QUICK_S)  # most answers are there before a progress bar would be read
    place = st.empty()
    started = time.monotonic()
    if not job.future.done():
        with place.container():
            bar = st.progress(0.0, text="Working out the plan …")
            if st.button("Stop and keep the best plan so far", key="stop"):
                job.stop.set()
            while not job.future.done():
                bar.progress(
                    min(1.0, max(0.0, job.share)),
                    text=f"Working out the plan … {job.message} ({time.monotonic() - started:.0f} s)",
                )
                time.sleep(_POLL_S)
    place.empty()
    try:
        return job.future.result()
    except calc.CalcError as error:
        st.error(str(error))
        return None


def show(a: calc.Assessment) -> None:
    """The answer: five numbers, proof, doubt, pictures, tables."""
    c, currency = a.comparison, a.scenario.currency
    saves = c.savings >= 0
    columns = st.columns([0.9, 1.15, 1.35, 1.1, 0.9])
    columns[0].metric("Servers today", f"{a.before.servers:,}", help="Physical machines in the inventory.")
    k = a.scenario.failover_hosts
    kept = f" + {a.servers_retained} kept" if a.servers_retained else ""
    columns[1].metric(
        f"Hosts needed (N+{k})" if k else "Hosts needed",
        f"{a.hosts_after:,}{kept}",
        delta="proven optimal" if a.is_optimal else (f"gap {a.gap:.1%}" if a.gap is not None else "no bound"),
        delta_color="off",
        delta_arrow="off",
        help=words.proof_line(a),
    )
    refresh = tco(a.flows["refresh"]) - c.tco_target
    columns[2].metric(
        f"{'Saved' if saves else 'Extra cost'} over {a.scenario.horizon_years} years",
        words.amount(abs(c.savings), currency),
        delta=f"{'saves' if refresh >= 0 else 'costs'} {words.amount(abs(refresh), currency)} vs refresh",
        delta_color="off",
        delta_arrow="off",
        help=f"Against keeping today's servers as they are; below, against refreshing each at the end of its life. "
        f"{included(a.scenario).capitalize()} only.",
    )
    months = c.payback_months
    columns[3].metric(
        "Earned back after",
        "never" if months is None else ("at once" if months == 0 else f"{months:.0f} months"),
        delta=f"within {a.scenario.horizon_years} years"
        if months is None
        else f"invested {words.amount(max(0.0, c.investment), currency)}",
        delta_color="off",
        delta_arrow="off",
    )
    columns[4].metric(
        "Inputs assumed",
        f"{a.assumed_count:,}",
        delta=f"{len(a.inventory.errors)} rows set aside",
        delta_color="off",
        delta_arrow="off",
        help="Readings that the inventory does not hold; each default has a source.",
    )
    proved = " ".join((words.survival_line(a), *words.racks_line(a), *words.risk_line(a)))
    st.markdown(f"**{words.hosts_line(a)}.** {words.proof_line(a)} {proved}")
    st.markdown(
        f"The plan {words.saving_line(a)}; it {words.payback_line(a)}. {words.decision_line(a)} {words.baseline_line(a)}".replace(
            "$", "\\$"
        )
    )
    st.caption(f"{words.excluded_line(a)} {words.doubt_line(a)}")
    if len(a.unplaced):
        with st.expander(f"{len(a.unplaced)} workloads stay where they are, with {a.servers_retained} servers – why"):
            st.dataframe(
                a.unplaced.rename(
                    columns={"workload": "Workload", "server": "Server", "pool": "Pool", "reason": "Reason"}
                ),
                hide_index=True,
            )

    for caution in cautions(a.scenario):
        st.warning(caution)
    plan, money, evidence = st.tabs(["Plan", "Money", "Assumptions and proof"], on_change="rerun", key="tab")
    if plan.open:  # a tab that is not open is not drawn: its tables and charts cost time
        with plan:
            show_plan(a)
    elif money.open:
        with money:
            show_money(a)
    elif evidence.open:
        with evidence:
            show_evidence(a)


def show_plan(a: calc.Assessment) -> None:
    """Hosts, how full they are, before and after."""
    from calc.report import charts  # a second to import: the numbers are on the page before the pictures

    left, right = st.columns([3, 2])
    with left:
        st.subheader("How full each host is")
        if len(a.hosts):
            st.altair_chart(charts.fill_chart(a))
    with right:
        st.subheader("Before and after")
        st.altair_chart(charts.before_after_chart(a))
    models = a.hosts.groupby(["pool", "host_type"]).size().rename("hosts").reset_index()
    names = {host.id: host.name for pool in a.pools for host in pool.types}
    models["host_type"] = models["host_type"].map(names)
    st.dataframe(models.rename(columns={"pool": "Pool", "host_type": "Host model", "hosts": "Hosts"}), hide_index=True)
    st.download_button(
        "Placement (CSV)",
        safe_text(a.placement).to_csv(index=False).encode(),
        "placement.csv",
        "text/csv",
        icon=":material/download:",
        key="download_placement",
        on_click="ignore",
    )


def show_evidence(a: calc.Assessment) -> None:
    """Assumed inputs, the chain of factors, the proof by pool, every assumption."""
    st.subheader("What stood in for missing readings")
    st.dataframe(
        tables.assumed_table(a).rename(
            columns={"input": "Input", "count": "How many", "used": "Used instead", "source": "Source"}
        ),
        hide_index=True,
    )
    st.subheader("From readings to planned CPU")
    st.dataframe(
        tables.waterfall_table(a)
        .round(0)
        .rename(columns={"step": "Step", "compute_units": "Compute units (SPECrate2017_int_base)"}),
        hide_index=True,
    )
    st.subheader("Proof by pool")
    st.dataframe(proof_frame(a), hide_index=True)
    certificates = words.certificate_lines(a)
    if certificates:
        with st.expander("Why no plan needs fewer hosts, where counting alone does not show it"):
            st.markdown("\n".join(f"- {line}" for line in certificates))
    from calc.report import charts

    if len(charts.closing_table(a)):
        st.caption("How the search closed in, where the first plan could be improved. Below the bound is nothing.")
        st.altair_chart(charts.closing_chart(a), width="content")
    else:
        st.caption("In every pool the first plan met what the search was asked for.")
    st.subheader("Every assumption, with source and date")
    assumptions = tables.assumptions_table(a)
    st.dataframe(assumptions.astype(str), hide_index=True)
    st.download_button(
        "Assumptions (CSV)",
        safe_text(assumptions).to_csv(index=False).encode(),
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
                "Pool": pool.name,
                "Workloads": len(pool.rows),
                "Hosts": len(plan.host_types),
                "At least": pool.hosts_bound.value if pool.hosts_bound else None,
                "Gap": "no bound"
                if plan.bound is None
                else f"{(plan.cost - plan.bound.value) / max(plan.cost, 1):.1%}",
                "Because of": plan.bound.name if plan.bound else "a partial plan has no bound",
                "Found by": plan.normal.method,
                "Search ended": plan.normal.termination.value,
                "Failures re-placed": "not asked for" if proof is None else f"{proof.passed} of {proof.cases}",
                "Hosts added for that": plan.added_hosts,
                "Fullest after a failure": ""
                if proof is None or proof.passed == 0
                else f"{proof.tightest}, {proof.highest_use:.0%}",
            }
        )
    return pd.DataFrame(rows)


main()

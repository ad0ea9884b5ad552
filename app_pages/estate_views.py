"""Estate, looked at before any plan: pictures, what stands out, and the estate as files."""

from __future__ import annotations

import streamlit as st

import calc
from app_pages.jobs import inventory_key, remembered
from app_pages.speaking import later
from app_pages.tables import show_table
from calc import findings
from calc.catalogue import allowed_hosts
from calc.demand import Demand, form_demand
from calc.estate import Estate, complete
from calc.language import local, say, say_many
from calc.report import counts
from calc.report.bundle import safe_text


def _completed(found: calc.Inventory) -> tuple[calc.Scenario, Estate, Demand] | None:
    """The estate without gaps and its demand under the default settings, or None after saying why not."""

    def make() -> tuple[calc.Scenario, Estate, Demand] | str:
        try:
            scenario = calc.Scenario()
            estate = complete(found, scenario)
            if estate.workloads.empty:
                return say("No workload takes part: every one is powered off, or its host is not in the files.")
            return scenario, estate, form_demand(estate, scenario, allowed_hosts(scenario))
        except calc.CalcError as error:
            return local(str(error))

    made = remembered("completed", inventory_key(found), make)
    if isinstance(made, str):
        st.info(made)
        return None
    return made


def pictures(found: calc.Inventory) -> None:
    """Ages, utilisation, idle power."""
    from calc.report import estate_charts

    made = _completed(found)
    if made is None:
        return
    scenario, estate, demand = made
    left, right = st.columns(2)
    with left:
        st.header(say("How old the servers are"))
        st.altair_chart(estate_charts.ages_chart(estate, scenario))
        st.header(say("Power for doing nothing"))
        st.altair_chart(estate_charts.idle_power_chart(estate, demand))
    with right:
        st.header(say("How busy they are"))
        st.altair_chart(estate_charts.utilisation_chart(demand))
    st.caption(
        say_many(
            "Gaps are filled with the sourced defaults: {count:,} value of this estate is assumed.",
            "Gaps are filled with the sourced defaults: {count:,} values of this estate are assumed.",
            estate.assumed_count,
        )
    )


def show_findings(found: calc.Inventory) -> None:
    """What the estate shows before any plan."""
    made = _completed(found)
    if made is None:
        return
    scenario, estate, demand = made
    items = findings.find(found, estate, demand, scenario, allowed_hosts(scenario))
    if not items:
        st.markdown(say("Nothing to switch off, to keep or to look at twice."))
    for item in items:
        worth = f" – {local(item.worth)}" if item.worth else ""
        title = say("**{title}**: {machines}", title=local(item.title), machines=counts.machines(item.count))
        with st.expander(f"{title}{worth}".replace("$", "\\$")):
            st.caption(say("Rule: {rule}. With the default settings.", rule=local(item.rule)))
            show_table(item.machines)


def exports(found: calc.Inventory) -> None:
    """The canonical estate, as it is or without its names, and where every value comes from."""
    left, right = st.columns(2)
    left.download_button(
        say("The estate (canonical CSV)"),
        later(lambda: calc.write_inventory(found).encode()),
        "estate.csv",
        "text/csv",
        key="download_estate",
        on_click="ignore",
        icon=":material/download:",
    )
    left.caption(say("Reads back identical, here or in a notebook."))
    left.download_button(
        say("Origin of every value (CSV)"),
        later(lambda: safe_text(found.provenance).to_csv(index=False).encode()),
        "provenance.csv",
        "text/csv",
        key="download_provenance",
        on_click="ignore",
        icon=":material/download:",
    )
    secret = right.text_input(
        say("Key for hashed names"),
        type="password",
        key="anonymise_key",
        help=say("At least 8 characters. Keep it: the same key gives the same names."),
    )
    if secret:
        try:
            hidden = calc.write_inventory(calc.anonymise(found, secret)).encode()
        except calc.InputError as error:
            right.error(local(str(error)))
            return
        right.download_button(
            say("The estate without names (CSV)"),
            hidden,
            "estate_anonymised.csv",
            "text/csv",
            key="download_anonymised",
            on_click="ignore",
            icon=":material/download:",
        )

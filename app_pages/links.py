"""A scenario in the address: taken from it once, and written for the reader to pass on."""

from __future__ import annotations

import streamlit as st

import calc
from app_pages.sidebar import open_scenario
from calc import link
from calc.language import say, told

_ADDRESS = "scenario"


def open_link(page: str) -> None:
    """Take the scenario that the address names, once, and take it out of the address.

    What is wrong with it stands on the page that it led to until another is opened: the script may run again at once.
    """
    state = st.session_state
    if text := st.query_params.get(_ADDRESS):
        del st.query_params[_ADDRESS]
        state.pop("link_problem", None)
        try:
            open_scenario(link.from_text(text))
        except calc.ScenarioError as error:
            state["link_problem"] = (page, told(error))
    if "link_problem" in state:
        where, problem = state["link_problem"]
        if where == page:
            st.error(problem)
        else:
            del state["link_problem"]


def show_link(scenario: calc.Scenario) -> None:
    """The address of a scenario, to be copied."""
    try:
        text = link.to_text(scenario)
    except calc.ScenarioError as error:
        st.info(told(error))
        return
    st.markdown(
        say("**Link to these assumptions** – without the inventory; opens with whatever files the reader gives")
    )
    address = (st.context.url or "").split("?")[0]
    st.code(f"{address}?scenario={text}", language=None, wrap_lines=True)

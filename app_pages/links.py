"""A scenario in the address: taken from it once, and written for the reader to pass on."""

from __future__ import annotations

import streamlit as st

import calc
from app_pages.sidebar import open_scenario
from calc import link
from calc.language import say, told

_ADDRESS = "scenario"


def open_link() -> None:
    """Take the scenario that the address names, once, and take it out of the address."""
    text = st.query_params.get(_ADDRESS)
    if not text:
        return
    del st.query_params[_ADDRESS]
    try:
        open_scenario(link.from_text(text))
    except calc.ScenarioError as error:
        st.error(told(error))


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

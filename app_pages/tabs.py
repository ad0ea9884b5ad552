"""Tabs that stay where they are: over a change of language, of the page, and of what they hold."""

from __future__ import annotations

from typing import Any

import streamlit as st


def tabs(names: list[str], key: str) -> Any:
    """Tabs, of which only the open one is to be drawn (``tab.open``).

    Streamlit knows tabs by all their names and their default together, and the open one by its name. So these have no default, and
    their names hold no figures and are always the same ones: a click that meets a page in the making would be one on other tabs,
    and lost. Under the names of another language, and after another page, the one that was open is opened again.

    Parameters
    ----------
    names : list of str
        In the language in use; the same ones whatever the page has to show.
    key : str
        Of the open tab's name in the session.
    """
    state, place = st.session_state, _place(key)
    if state.get(key) not in names:
        state[key] = names[state.get(place, 0)]
    opened = st.tabs(names, on_change="rerun", key=key)
    state[place] = names.index(state[key])
    return opened


def open_tab(key: str, number: int) -> None:
    """Open a tab, by its place. Only before the tabs are drawn."""
    st.session_state[_place(key)] = number
    st.session_state.pop(key, None)


def _place(key: str) -> str:
    return f"place_{key}"

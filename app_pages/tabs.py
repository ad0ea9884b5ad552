"""Tabs that stay where they are when their names change: with the language, or with a number in a name."""

from __future__ import annotations

from typing import Any

import streamlit as st


def tabs(names: list[str], key: str, default: str | None = None) -> Any:
    """Tabs, of which only the open one is to be drawn (``tab.open``).

    Streamlit knows the open tab by its name. Under another name it would be lost, and the first tab opened instead.

    Parameters
    ----------
    names : list of str
        In the language in use.
    key : str
        Of the open tab's name in the session.
    default : str, optional
        The tab that is open at first; the first one otherwise.
    """
    state = st.session_state
    before: list[str] = state.get(f"names_{key}", names)
    if len(before) == len(names) and before != names and state.get(key) in before:
        state[key] = names[before.index(state[key])]
    state[f"names_{key}"] = names
    return st.tabs(names, on_change="rerun", key=key, default=default)

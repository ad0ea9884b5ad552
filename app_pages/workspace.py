"""What outlives a reload: the visitor's files, settings and results, on the server, under an id in the address.

A reload is a new session to Streamlit. The address keeps ``?w=<id>``; the shelf keeps, in memory and never on disk, what stood
under that id. It holds the latest `_KEPT` visitors and ends with the process: a saved file lasts longer.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import Any

import streamlit as st

_KEPT = 32
_ADDRESS = "w"
#: Keys of the session that are kept; widgets that cannot be set from code (uploaders, editors, buttons) are not among them.
_NAMES = (
    "files",
    "said",
    "sample_chosen",
    "carried",
    "corrections",
    "edits",
    "confirmed_groups",
    "own_tiers",
    "language",
    "kept_tables",
    "jobs",
    "current_job",
    "last_answer",
    "opened_answers",
    "proofs_again",
    "accepted",
    "scenarios",
)
_PREFIX = "set_"
_LOCK = threading.Lock()


@st.cache_resource
def _shelf() -> OrderedDict[str, dict[str, Any]]:
    return OrderedDict()


def enter() -> bool:
    """Bring back what a reload lost. Called first on every run.

    Returns
    -------
    bool
        Whether the visit began with an address of which nothing is known any more, and nobody has gone on since.
    """
    state = st.session_state
    if "workspace" not in state:
        asked = st.query_params.get(_ADDRESS, "")
        with _LOCK:
            kept = _shelf().get(asked)
        if kept is not None:
            settings = {key: value for key, value in kept.items() if key.startswith(_PREFIX)}
            state["first_settings"] = {key.removeprefix(_PREFIX): value for key, value in settings.items()}
            for key in kept.keys() - settings.keys():
                state[key] = kept[key]
        state["lost"] = bool(asked) and kept is None
        state["workspace"] = asked if kept is not None else secrets.token_urlsafe(12)
    if st.query_params.get(_ADDRESS) != state["workspace"]:  # a change of page takes it away
        st.query_params[_ADDRESS] = state["workspace"]
    return bool(state["lost"])


def go_on() -> None:
    """The visitor has seen that the visit was lost."""
    st.session_state["lost"] = False


def keep() -> None:
    """Put what is to outlive a reload on the shelf."""
    state = st.session_state
    kept = {str(key): state[key] for key in list(state) if key in _NAMES or str(key).startswith(_PREFIX)}
    with _LOCK:
        shelf = _shelf()
        shelf[state["workspace"]] = kept
        shelf.move_to_end(state["workspace"])
        while len(shelf) > _KEPT:
            shelf.popitem(last=False)

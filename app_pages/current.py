"""The answer that the first page worked out, for the pages that look at it from another side."""

from __future__ import annotations

import streamlit as st

import calc
from calc.isolation import Suggestion, with_groups

#: Widgets whose values outlive a visit to another page (Streamlit forgets those of a page that is left).
_KEPT = ("set_", "sample")


def keep_widget_values() -> None:
    """Touch kept widget values, so that leaving a page does not reset them. Called on every run."""
    for key in list(st.session_state):
        if str(key).startswith(_KEPT):
            st.session_state[key] = st.session_state[key]


def current_answer() -> calc.Assessment | None:
    """The answer of this session, or None after saying where to get one."""
    st.session_state["page_before"] = "elsewhere"  # the uploader is empty when its page is opened again
    job = st.session_state.get("jobs", {}).get(st.session_state.get("current_job"))
    if job is None:
        st.info("There is no plan yet: open the first page, choose an inventory and come back.")
        st.page_link("app_pages/answer.py", label="To the first page", icon=":material/inventory_2:")
        return None
    if not job.future.done():
        st.info("The plan is still being worked out. It shows up here as soon as it is there.")
        if st.button("Look again", key="again"):
            st.rerun()
        return None
    try:
        answer: calc.Assessment = job.future.result()
    except calc.CalcError as error:
        st.error(f"There is no plan to look at: {error}")
        return None
    names = ", ".join(source.name for source in answer.inventory.sources)
    st.caption(
        f"Looking at the plan of {names}: {answer.hosts_after} hosts, N+{answer.scenario.failover_hosts}. "
        "Inventory and assumptions are changed on the first page."
    )
    return answer


def _sources(inventory: calc.Inventory) -> tuple[str, ...]:
    return tuple(source.sha256 for source in inventory.sources)


def confirm_groups(inventory: calc.Inventory, chosen: list[Suggestion]) -> None:
    """Remember groups that the user confirmed for these files."""
    store: dict[tuple[str, ...], list[Suggestion]] = st.session_state.setdefault("confirmed_groups", {})
    store.setdefault(_sources(inventory), []).extend(chosen)


def confirmed_groups(inventory: calc.Inventory) -> list[Suggestion]:
    """Groups that the user confirmed for these files."""
    found: list[Suggestion] = st.session_state.get("confirmed_groups", {}).get(_sources(inventory), [])
    return found


def with_confirmed(inventory: calc.Inventory | None) -> calc.Inventory | None:
    """The inventory with the groups that the user confirmed."""
    return None if inventory is None else with_groups(inventory, confirmed_groups(inventory))

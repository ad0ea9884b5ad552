"""The answer of this visit, for every page that looks at it."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import dataclass
from typing import cast

import streamlit as st

import calc
from app_pages.jobs import Job, answer_key, assessment_job, inventory_key, is_known, remembered
from calc.isolation import Suggestion, with_groups
from calc.language import local, say
from calc.repricing import reprice

#: Most answers are there before a progress bar would be read; the headline must not wait longer than this.
_AT_ONCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the answer stands.

    Attributes
    ----------
    answer : Assessment or None
    provisional : bool
        It is the plan before, at the new prices; packing is still under way.
    job : Job or None
    problem : str
        Why there is no answer; "" while there may be one.
    """

    answer: calc.Assessment | None = None
    provisional: bool = False
    job: Job | None = None
    problem: str = ""

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come. Said of the moment the run looked: by now it may be there, and nobody has seen it."""
        return self.job is not None and not self.problem and (self.answer is None or self.provisional)


@dataclass(frozen=True, slots=True)
class Kept:
    """A scenario that was given a name, with its answer."""

    name: str
    answer: calc.Assessment


def prepare(inventory: calc.Inventory | None, scenario: calc.Scenario | None) -> None:
    """Ask for the answer to this inventory and scenario. Called on every run, before the page."""
    st.session_state["standing"] = Standing()
    if inventory is None or scenario is None:
        st.session_state.pop("current_job", None)
        return
    last: calc.Assessment | None = st.session_state.get("last_answer")
    repriced = None
    if last is not None and last.runtime_s > _AT_ONCE_S and not is_known(inventory, scenario):
        repriced = _at_new_prices(inventory, scenario)  # before packing starts and takes half of the interpreter's time
    job = assessment_job(inventory, scenario)
    wait([job.future], timeout=_AT_ONCE_S if repriced is None else 0)
    st.session_state["standing"] = _look(job, inventory, scenario)


def standing() -> Standing:
    """The standing of this run."""
    found: Standing = st.session_state.get("standing", Standing())
    return found


def _look(job: Job, inventory: calc.Inventory, scenario: calc.Scenario) -> Standing:
    if job.look():
        try:
            answer = job.future.result()
        except calc.CalcError as error:
            return Standing(job=job, problem=local(str(error)))
        st.session_state["last_answer"] = answer
        return Standing(answer, job=job)
    repriced = _at_new_prices(inventory, scenario)
    return Standing(repriced, repriced is not None, job)


def _at_new_prices(inventory: calc.Inventory, scenario: calc.Scenario) -> calc.Assessment | None:
    """The plan before at the prices of this scenario; None where it is no plan of that scenario. Worked out once."""
    last: calc.Assessment | None = st.session_state.get("last_answer")
    if last is None or inventory_key(last.inventory) != inventory_key(inventory):
        return None

    def make() -> calc.Assessment | None:
        try:
            return reprice(last, scenario)
        except calc.CalcError:
            return None  # the job will say what is wrong

    return cast(
        "calc.Assessment | None",
        remembered("repriced", answer_key(last.inventory, last.scenario) + answer_key(inventory, scenario), make),
    )


def current_answer() -> calc.Assessment | None:
    """The answer of this visit, or None after saying what is missing."""
    now = standing()
    if now.problem:
        st.error(say("There is no plan to look at: {why}", why=now.problem))
    elif now.job is None:
        st.info(say("There is no plan yet: give an inventory on the page “Estate”, or pick a sample there."))
        st.page_link("app_pages/estate.py", label=say("To the estate"), icon=":material/table_view:")
    elif now.answer is None or now.provisional:
        st.info(say("The plan is still being worked out. This page fills in as soon as it is there."))
    else:
        return now.answer
    return None


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

"""Assessments run beside the page, so that it never freezes and can stop them.

Results are kept for the session under a key made of the files' SHA-256 and the scenario, never
under what Streamlit would hash of a large table.
"""

from __future__ import annotations

import contextvars
import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

import calc
from calc.saving import Reproof

_KEPT = 6
#: Plans worked out at a time, for all visitors together; more would only slow each other down.
AT_A_TIME = 4
#: A search at which nobody has looked for so long keeps its best plan and makes room. Long enough for a reload, another page, a
#: tab in the background (browsers wake those once a minute) and a short break.
_UNSEEN_S = 600.0
#: A share of the work below which the time left would be a guess.
_TELLING_SHARE = 0.05


@dataclass(slots=True)
class Job:
    """One running or finished assessment.

    Attributes
    ----------
    closing : list of (float, str, int, int)
        How the search closes in: seconds since the start, what is packed, best found, bound.
    seen : float
        When somebody last looked at it (`time.monotonic`).
    """

    future: Future[calc.Assessment]
    stop: threading.Event = field(default_factory=threading.Event)
    share: float = 0.0
    message: str = ""
    started: float = field(default_factory=time.monotonic)
    seen: float = field(default_factory=time.monotonic)
    closing: list[tuple[float, str, int, int]] = field(default_factory=list)

    def should_stop(self) -> bool:
        """Whether the search is to keep its best: told to, or left alone for too long."""
        return self.stop.is_set() or time.monotonic() - self.seen > _UNSEEN_S

    def look(self) -> bool:
        """Whether it is done; that somebody asks is noted."""
        self.seen = time.monotonic()
        return self.future.done()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def left_s(self) -> float | None:
        """Seconds left at the pace so far; None while too little is done to tell."""
        share = min(1.0, self.share)
        return self.elapsed_s * (1 - share) / share if share > _TELLING_SHARE else None


@st.cache_resource
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=AT_A_TIME, thread_name_prefix="assess")


def digest(*parts: bytes) -> str:
    """SHA-256 over several byte strings, each with its length."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def remembered(shelf: str, key: str, make: Callable[[], Any]) -> Any:
    """A value of this session by key; the oldest are forgotten."""
    store: OrderedDict[str, Any] = st.session_state.setdefault(shelf, OrderedDict())
    if key not in store:
        store[key] = make()
        while len(store) > _KEPT:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]


def opened_answers() -> OrderedDict[str, calc.Assessment]:
    """Answers that came from saved files, by the file."""
    found: OrderedDict[str, calc.Assessment] = st.session_state.setdefault("opened_answers", OrderedDict())
    while len(found) > _KEPT:
        found.popitem(last=False)
    return found


def proofs_again() -> dict[str, tuple[Reproof, ...]]:
    """What opening a saved answer proved again, by the file."""
    found: dict[str, tuple[Reproof, ...]] = st.session_state.setdefault("proofs_again", {})
    return found


def current_key() -> str:
    """The key of the answer that is shown."""
    return str(st.session_state.get("current_job", ""))


def inventory_key(inventory: calc.Inventory) -> str:
    """What identifies an inventory: its files, how they were read, and what was changed by hand."""
    history = inventory.telemetry
    return digest(
        *(source.sha256.encode() for source in inventory.sources),
        json.dumps([list(map(str, (m.column, m.unit))) for m in inventory.mappings]).encode(),
        *("\0".join(inventory.workloads[name]).encode() for name in ("workload", *_BY_HAND)),
        inventory.format.encode(),
        *(
            []
            if history is None
            else [history.zone.encode(), *(values.tobytes() for values in history.overall.values())]
        ),
    )


#: Columns of workloads that the pages let a user change.
_BY_HAND = ("anti_affinity", "site", "zone", "environment", "application", "owner", "exclude_reason")


def answer_key(inventory: calc.Inventory, scenario: calc.Scenario) -> str:
    """What identifies an answer."""
    return digest(inventory_key(inventory).encode(), scenario.model_dump_json().encode())


def is_known(inventory: calc.Inventory, scenario: calc.Scenario) -> bool:
    """Whether this answer is there, or under way."""
    return answer_key(inventory, scenario) in st.session_state.get("jobs", {})


def assessment_job(inventory: calc.Inventory, scenario: calc.Scenario) -> Job:
    """The job for an inventory and a scenario: found, or started; an earlier one is told to stop."""
    key = answer_key(inventory, scenario)
    current = st.session_state.get("current_job")
    jobs: OrderedDict[str, Job] = st.session_state.setdefault("jobs", OrderedDict())
    if current is not None and current != key and current in jobs and not jobs[current].future.done():
        jobs.pop(current).stop.set()  # its answer is no longer asked for
    st.session_state["current_job"] = key

    def start() -> Job:
        job = Job(Future())
        for kept in opened_answers().values():  # opened from a file, checked: there is nothing to work out
            if kept.scenario == scenario and inventory_key(kept.inventory) == inventory_key(inventory):
                job.future.set_result(kept)
                return job

        def progress(share: float, message: str) -> None:
            job.share, job.message = share, message

        def closing(label: str, best: int, bound: int) -> None:
            job.closing.append((job.elapsed_s, label, best, bound))

        limits = calc.Limits(should_stop=job.should_stop, on_progress=progress, on_closing=closing)
        # In the visitor's context: texts are made in the language that was chosen.
        job.future = _executor().submit(contextvars.copy_context().run, calc.assess, inventory, scenario, limits=limits)
        return job

    found: Job = remembered("jobs", key, start)
    return found

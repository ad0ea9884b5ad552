"""Assessments run beside the page, so that it never freezes and can stop them.

Results are kept for the session under a key made of the files' SHA-256 and the scenario, never
under what Streamlit would hash of a large table.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

import calc

_KEPT = 6


@dataclass(slots=True)
class Job:
    """One running or finished assessment."""

    future: Future[calc.Assessment]
    stop: threading.Event = field(default_factory=threading.Event)
    share: float = 0.0
    message: str = ""


@st.cache_resource
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="assess")


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


def current_key() -> str:
    """The key of the answer that is shown."""
    return str(st.session_state.get("current_job", ""))


def assessment_job(inventory: calc.Inventory, scenario: calc.Scenario) -> Job:
    """The job for an inventory and a scenario: found, or started; an earlier one is told to stop."""
    history = inventory.telemetry
    key = digest(
        *(source.sha256.encode() for source in inventory.sources),
        json.dumps([list(map(str, (m.column, m.unit))) for m in inventory.mappings]).encode(),
        "\0".join(inventory.workloads["anti_affinity"]).encode(),  # the user may have confirmed groups
        inventory.format.encode(),
        *(
            []
            if history is None
            else [history.zone.encode(), *(values.tobytes() for values in history.overall.values())]
        ),
        scenario.model_dump_json().encode(),
    )
    current = st.session_state.get("current_job")
    jobs: OrderedDict[str, Job] = st.session_state.setdefault("jobs", OrderedDict())
    if current is not None and current != key and current in jobs and not jobs[current].future.done():
        jobs.pop(current).stop.set()  # its answer is no longer asked for
    st.session_state["current_job"] = key

    def start() -> Job:
        job = Job(Future())

        def progress(share: float, message: str) -> None:
            job.share, job.message = share, message

        limits = calc.Limits(should_stop=job.stop.is_set, on_progress=progress)
        job.future = _executor().submit(calc.assess, inventory, scenario, limits=limits)
        return job

    return remembered("jobs", key, start)

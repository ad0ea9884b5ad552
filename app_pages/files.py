"""The files of this visit, shared by the pages: upload, sample, questions, corrections, the inventory made of them."""

from __future__ import annotations

import io
from pathlib import Path, PurePath
from typing import Any

import pandas as pd
import streamlit as st

import calc
from app_pages.current import with_confirmed
from app_pages.jobs import digest, opened_answers, proofs_again, remembered
from app_pages.sidebar import open_scenario
from app_pages.tables import show_table
from calc.inventory.editing import Correction, with_edits
from calc.language import local, say
from calc.saving import Reproof, is_saved

SAMPLES_FOLDER = Path(__file__).resolve().parent.parent / "data" / "samples"
SAMPLES = {"estate": SAMPLES_FOLDER / "estate_400.csv", "tiny": SAMPLES_FOLDER / "tiny_12.csv"}
TYPES = ["csv", "tsv", "txt", "xlsx", "zip", "json", "gz", "parquet", "calc"]


def sample_name(key: str) -> str:
    """A sample in words."""
    return {
        "estate": say("Sample estate (about 400 servers)"),
        "tiny": say("Tiny sample (12 servers, checked by hand)"),
    }[key]


def _uploader() -> str:
    """Key of the uploader. Files that are no longer used must leave it too, and only another key empties it."""
    count = st.session_state.get("uploaders", 0)
    return f"upload_{count}" if count else "upload"


def _uploaded() -> None:
    """Keep what the uploader holds: Streamlit empties it when its page is left."""
    uploads = st.session_state.get(_uploader()) or []
    if uploads:
        take([(upload.name, upload.getvalue()) for upload in uploads])
    else:
        st.session_state.pop("files", None)


def told_apart(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Files under names of their own: a second “a.csv” is “a (2).csv”, so that a row to fix belongs to one of them."""
    found: dict[str, bytes] = {}
    for name, data in files:
        path, number, own = PurePath(name), 1, name
        while own in found:
            number += 1
            own = f"{path.stem} ({number}){path.suffix}"
        found[own] = data
    return list(found.items())


def take(files: list[tuple[str, bytes]]) -> None:
    """Use these files; a saved assessment brings its assumptions. Only in a callback."""
    st.session_state["files"] = files = told_apart(files)
    if holds_answer(files):
        found = read(files)
        if isinstance(found, calc.Inventory):
            open_scenario(opened_answers()[key_of(files)].scenario)


def holds_answer(files: list[tuple[str, bytes]]) -> bool:
    """Whether the files are one saved assessment."""
    return len(files) == 1 and is_saved(files[0][1])


def accept_changes() -> None:
    """Open the saved assessment although its figures come out differently today. Only in a callback."""
    files = chosen_files()
    st.session_state.setdefault("accepted", []).append(key_of(files))
    st.session_state.get("inventories", {}).clear()
    take(files)


def _sampled() -> None:
    st.session_state["sample_chosen"] = st.session_state["sample"]  # the widget forgets when its page is left


def _forget() -> None:
    st.session_state.pop("files", None)
    st.session_state["uploaders"] = st.session_state.get("uploaders", 0) + 1


def leave_out(name: str) -> None:
    """Go on without one of several files. Only in a callback."""
    rest = [file for file in chosen_files() if file[0] != name]
    _forget()
    take(rest)


def in_the_way(found: calc.InputError, files: list[tuple[str, bytes]]) -> str | None:
    """The one of several files that keeps the others from being used: an error about a file begins with its name."""
    told = str(found)
    named_first = [name for name, _ in files if told.startswith((f"{name}:", f"{name},", f"{name} "))]
    return max(named_first, key=len) if named_first and len(files) > 1 else None


def choose_files() -> None:
    """The uploader and the choice of a sample."""
    left, right = st.columns([3, 2])
    left.file_uploader(
        say("Your inventory: a list of servers or the export of a tool, with telemetry if you have any"),
        type=TYPES,
        accept_multiple_files=True,
        key=_uploader(),
        on_change=_uploaded,
        help=say(
            "CSV, XLSX, zip, JSON, gz or Parquet; several files make one estate. RVTools, Live Optics, Nutanix Collector, Azure "
            "Migrate, AWS Discovery, Migration Evaluator, Google Migration Center, ServiceNow, NetBox and Ansible facts are recognised. "
            "A saved assessment (.calc) opens with its assumptions."
        ),
    )
    kept = st.session_state.get("files")
    right.selectbox(
        say("… or a sample"),
        list(SAMPLES),
        index=list(SAMPLES).index(st.session_state.get("sample_chosen", "estate")),
        format_func=sample_name,
        key="sample",
        disabled=bool(kept),
        on_change=_sampled,
    )
    if kept:
        names = ", ".join(name for name, _ in kept[:2]) + (" …" if len(kept) > 2 else "")
        usable = not isinstance(read(kept), calc.InputError)
        right.caption(say("In use: {names}.", names=names) if usable else say("Given: {names}.", names=names))
        right.button(say("Forget the files"), key="forget_files", on_click=_forget, icon=":material/delete:")
    else:
        right.caption(say("This sample is generated. Upload a file to see your own estate."))


def chosen_files() -> list[tuple[str, bytes]]:
    """Names and bytes of the uploaded files, or of the sample."""
    kept: list[tuple[str, bytes]] | None = st.session_state.get("files")
    if kept:
        return kept
    path = SAMPLES[st.session_state.get("sample_chosen", "estate")]
    return [(path.name, path.read_bytes())]


def key_of(files: list[tuple[str, bytes]]) -> str:
    """What identifies a set of files."""
    return digest(*(part for name, data in files for part in (name.encode(), data)))


def answers(file_key: str) -> dict[str, Any]:
    """What the user said about these files: assume, mapping, format, time zone, corrections."""
    kept: dict[str, dict[str, Any]] = st.session_state.setdefault("said", {})
    return kept.setdefault(
        file_key,
        {"assume": {}, "mapping": calc.ColumnMapping(), "format": "", "time_zone": "UTC", "corrections": ()},
    )


def correct(file_key: str, new: list[Correction]) -> None:
    """Remember cells that are to read otherwise; a later correction of a cell takes the place of the earlier."""
    said = answers(file_key)
    cells = {(item.file, item.sheet, item.row, item.header): item for item in (*said["corrections"], *new)}
    said["corrections"] = tuple(cells.values())


def edits(file_key: str) -> dict[str, dict[str, str]]:
    """Tags changed by hand: workload to column to text."""
    kept: dict[str, dict[str, dict[str, str]]] = st.session_state.setdefault("edits", {})
    return kept.setdefault(file_key, {})


def named(data: bytes, name: str) -> io.BytesIO:
    """Bytes as a file with a name."""
    buffer = io.BytesIO(data)
    buffer.name = name
    return buffer


def read(files: list[tuple[str, bytes]]) -> calc.Inventory | calc.InputError:
    """The inventory of the files with what the user said about them, or why there is none."""
    file_key = key_of(files)
    said, changed = answers(file_key), edits(file_key)

    def make() -> calc.Inventory | calc.InputError:
        try:
            if holds_answer(files):
                accepted = file_key in st.session_state.get("accepted", ())
                proved: list[tuple[Reproof, ...]] = []
                answer = calc.open_assessment(files[0][1], accept_changes=accepted, on_proof=proved.append)
                proofs_again()[file_key] = proved[-1]
                opened_answers()[file_key] = answer
                return with_edits(answer.inventory, changed)
            found = calc.read_inventories([named(data, name) for name, data in files], **said)
            return with_edits(found, changed)
        except calc.InputError as error:
            return error

    return remembered(
        "inventories", digest(file_key.encode(), repr(sorted(said.items())).encode(), repr(changed).encode()), make
    )


def current_inventory() -> calc.Inventory | None:
    """The inventory of this visit with everything confirmed, or None where the files cannot be used."""
    found = read(chosen_files())
    return with_confirmed(found) if isinstance(found, calc.Inventory) else None


def ask(found: calc.AmbiguousUnitError, file_key: str) -> None:
    """One question about a unit; the answer is kept."""
    st.warning(say("One question before the plan: {question}.", question=local(found.question)))
    unit = st.radio(
        say("The numbers in “{header}” are", header=found.header),
        found.choices,
        index=None,
        format_func=local,
        horizontal=True,
        key=f"ask_{file_key}_{found.column}",
    )
    if unit:
        said = answers(file_key)
        said["assume"] = {**said["assume"], found.column: unit}
        st.rerun()


def explain_problem() -> bool:
    """Say what keeps the files from being used; whether there is something."""
    files = chosen_files()
    found = read(files)
    if isinstance(found, calc.Inventory):
        return False
    if isinstance(found, calc.AmbiguousUnitError):
        ask(found, key_of(files))
        return True
    culprit = in_the_way(found, files)
    st.error(say("This file cannot be used. {why}", why=local(str(found))))
    if culprit is not None:
        st.button(
            say("Go on without {name}", name=culprit),
            key="leave_out",
            on_click=leave_out,
            args=(culprit,),
            icon=":material/skip_next:",
        )
    if isinstance(found, calc.InventoryError) and found.issues:
        show_table(issue_frame(found.issues))
    if holds_answer(files):
        st.button(say("Open it with the figures of today"), key="accept_changes", on_click=accept_changes)
    file_key = key_of(files)
    if (answers(file_key)["corrections"] or edits(file_key)) and st.button(
        say("Take all changes by hand back"), key="forget_all"
    ):
        answers(file_key)["corrections"] = ()
        edits(file_key).clear()
        st.rerun()
    return True


def issue_frame(issues: tuple[Any, ...]) -> pd.DataFrame:
    """Issues as people read them."""
    names = {
        "file": say("File"),
        "sheet": say("Sheet"),
        "row": say("Row"),
        "column": say("Column"),
        "value": say("Value"),
        "severity": say("Severity"),
        "problem": say("Problem"),
        "way_out": say("What to do"),
    }
    spoken = ("severity", "problem", "way_out")  # the rest stands as it does in the file
    rows = [
        [local(getattr(issue, name)) if name in spoken else getattr(issue, name) for name in names] for issue in issues
    ]
    frame = pd.DataFrame(rows, columns=list(names))
    frame = frame if (frame["sheet"] != "").any() else frame.drop(columns="sheet")
    return frame.rename(columns=names)

"""The files of this session, shared by the pages: upload, sample, questions, mapping, the inventory made of them."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import streamlit as st

import calc
from app_pages.jobs import digest, remembered

SAMPLES_FOLDER = Path(__file__).resolve().parent.parent / "data" / "samples"
SAMPLES = {
    "Sample estate (about 400 servers)": SAMPLES_FOLDER / "estate_400.csv",
    "Tiny sample (12 servers, checked by hand)": SAMPLES_FOLDER / "tiny_12.csv",
}
TYPES = ["csv", "tsv", "txt", "xlsx", "zip", "json", "gz", "parquet"]


def choose_files(page: str) -> list[tuple[str, bytes]]:
    """Names and bytes of the uploaded files, kept while pages change, or of the sample."""
    left, right = st.columns([3, 2])
    uploads = left.file_uploader(
        "Your inventory: a list of servers, or the export of a tool, with telemetry beside it if you have it",
        type=TYPES,
        accept_multiple_files=True,
        key="upload",
        help="CSV, XLSX, zip, JSON, gz or Parquet; several files make one estate. RVTools, Live Optics, Nutanix Collector, Azure "
        "Migrate, AWS Discovery, Migration Evaluator, Google Migration Center, ServiceNow, NetBox and Ansible facts are recognised.",
    )
    if st.session_state.get("page_before") != page:  # an uploader is emptied when its page is left
        st.session_state["page_before"] = page
        st.session_state["uploaded_here"] = False
    if uploads:
        st.session_state["files"] = [(upload.name, upload.getvalue()) for upload in uploads]
        st.session_state["uploaded_here"] = True
    elif st.session_state.get("uploaded_here"):
        st.session_state["uploaded_here"] = False
        st.session_state.pop("files", None)  # taken out of the uploader they were put in
    kept = st.session_state.get("files")
    sample = right.selectbox("… or a sample", list(SAMPLES), key="sample", disabled=bool(kept))
    if kept:
        if not uploads and right.button(
            f"Forget {', '.join(name for name, _ in kept[:2])}{' …' if len(kept) > 2 else ''}"
        ):
            st.session_state.pop("files")
            st.rerun()
        return kept
    right.caption("This sample is generated. Upload a file to see your own estate.")
    return [(SAMPLES[sample].name, SAMPLES[sample].read_bytes())]


def key_of(files: list[tuple[str, bytes]]) -> str:
    """What identifies a set of files."""
    return digest(*(part for name, data in files for part in (name.encode(), data)))


def answers(file_key: str) -> dict[str, object]:
    """What the user said about these files: assume, mapping, format, time zone."""
    kept: dict[str, dict[str, object]] = st.session_state.setdefault("said", {})
    return kept.setdefault(file_key, {"assume": {}, "mapping": calc.ColumnMapping(), "format": "", "time_zone": "UTC"})


def named(data: bytes, name: str) -> io.BytesIO:
    """Bytes as a file with a name."""
    buffer = io.BytesIO(data)
    buffer.name = name
    return buffer


def read(files: list[tuple[str, bytes]]) -> calc.Inventory | calc.InputError:
    """The inventory of the files with what the user said about them, or why there is none."""
    file_key = key_of(files)
    said = answers(file_key)

    def make() -> calc.Inventory | calc.InputError:
        try:
            return calc.read_inventories([named(data, name) for name, data in files], **said)
        except calc.InputError as error:
            return error

    return remembered("inventories", digest(file_key.encode(), repr(sorted(said.items())).encode()), make)


def ask(found: calc.AmbiguousUnitError, file_key: str) -> None:
    """One question about a unit; the answer is kept."""
    st.warning(f"One question before the plan: {found}".split(". Write the unit")[0].split(". State it")[0] + ".")
    unit = st.radio(
        f"The numbers in {found.header!r} are",
        found.choices,
        index=None,
        horizontal=True,
        key=f"ask_{file_key}_{found.column}",
    )
    if unit:
        said = answers(file_key)
        said["assume"] = {**said["assume"], found.column: unit}
        st.rerun()


def choose_inventory(page: str) -> calc.Inventory | None:
    """The uploaded or sample inventory, or None after saying what is wrong."""
    files = choose_files(page)
    found = read(files)
    if isinstance(found, calc.Inventory):
        return found
    if isinstance(found, calc.AmbiguousUnitError):
        ask(found, key_of(files))
        return None
    st.error(f"This file cannot be used. {found}")
    if isinstance(found, calc.InventoryError) and found.issues:
        st.dataframe(issue_frame(found.issues), hide_index=True)
    st.caption("The page “Your files” shows the columns and lets you map them by hand.")
    return None


def issue_frame(issues: tuple) -> pd.DataFrame:
    """Issues as people read them."""
    names = {
        "file": "File",
        "sheet": "Sheet",
        "row": "Row",
        "column": "Column",
        "value": "Value",
        "severity": "Severity",
        "problem": "Problem",
        "way_out": "What to do",
    }
    frame = pd.DataFrame([[getattr(issue, name) for name in names] for issue in issues], columns=list(names.values()))
    return frame if (frame["Sheet"] != "").any() else frame.drop(columns="Sheet")

"""Columns as they were understood: to be changed by hand, saved and loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

import calc
from app_pages.files import answers, key_of, named
from app_pages.jobs import digest
from calc.inventory import ColumnChoice
from calc.inventory.columns import COLUMNS
from calc.inventory.files import read_file
from calc.inventory.preview import headers
from calc.language import local, say

_UNITS = [
    "",
    "GiB",
    "GB",
    "MiB",
    "MB",
    "KiB",
    "KB",
    "TiB",
    "TB",
    "bytes",
    "%",
    "fraction",
    "mbps",
    "gbps",
    "KB/s",
    "MB/s",
    "W",
    "kW",
]


def show_columns(found: calc.Inventory | None, files: list[tuple[str, bytes]]) -> None:
    """The editor of fields and units, and the mapping as a file."""
    st.caption(
        say(
            "Change the field or unit of a column, or clear the field to leave it out; then apply. The mapping can be saved and used "
            "for the next export, here or on the command line with --mapping."
        )
    )
    file_key = key_of(files)
    said = answers(file_key)
    mapping: calc.ColumnMapping = said["mapping"]
    rows = list(found.mappings) if found is not None else _preview(files, mapping)
    if not rows:
        st.info(say("These files hold no table whose columns could be mapped."))
        return
    frame = pd.DataFrame(
        {
            "file": [item.file for item in rows],
            "sheet": [item.sheet for item in rows],
            "header": [item.header for item in rows],
            "samples": [", ".join(item.samples) for item in rows],
            "field": [item.column if item.basis != "duplicate" else "" for item in rows],
            "unit": [_shown_unit(item.unit) for item in rows],
            "known": [item.basis for item in rows],
        }
    )
    several = len(set(frame["file"])) > 1
    hidden = [name for name in ("file", "sheet") if (name == "file" and not several) or (frame[name] == "").all()]
    edited = st.data_editor(
        frame,
        hide_index=True,
        height=min(560, 80 + 35 * len(frame)),
        disabled=["file", "sheet", "header", "samples", "known"],
        column_order=[name for name in frame.columns if name not in hidden],
        key=f"columns_{digest(file_key.encode(), repr(said).encode())}",
        column_config={
            "file": say("File"),
            "sheet": say("Sheet"),
            "header": say("Header"),
            "samples": say("Values"),
            "field": st.column_config.SelectboxColumn(say("Field"), options=["", *(column.name for column in COLUMNS)]),
            "unit": st.column_config.SelectboxColumn(say("Unit"), options=_UNITS),
            "known": say("Known from"),
        },
    )
    left, middle, right = st.columns([1, 1, 2])
    changed = (edited["field"].fillna("") != frame["field"]) | (edited["unit"].fillna("") != frame["unit"])
    if left.button(say("Apply the changes"), type="primary", disabled=not changed.any(), key="apply_mapping"):
        _apply(edited[changed].fillna(""), said)
    if mapping.columns and left.button(say("Forget the changes"), key="forget_mapping"):
        said["mapping"] = calc.ColumnMapping()
        st.rerun()
    whole = calc.ColumnMapping(mapping.columns, said["format"], {**mapping.assume, **said["assume"]})
    middle.download_button(
        say("Save the mapping"),
        whole.to_toml().encode(),
        "mapping.toml",
        "application/toml",
        key="save_mapping",
        on_click="ignore",
    )
    with right:
        _load(file_key, said)


def _apply(rows: pd.DataFrame, said: dict[str, Any]) -> None:
    mapping: calc.ColumnMapping = said["mapping"]
    try:
        choices = {(item.header, item.sheet): item for item in mapping.columns}
        for row in rows.itertuples():
            choices[row.header, row.sheet] = ColumnChoice(row.header, row.field, row.unit, row.sheet)
        said["mapping"] = calc.ColumnMapping(tuple(choices.values()), mapping.format, mapping.assume)
    except calc.InputError as error:
        st.error(local(str(error)))
        return
    st.rerun()


def _load(file_key: str, said: dict[str, Any]) -> None:
    loaded = st.file_uploader(say("Load a mapping"), type=["toml"], key=f"load_{file_key}")
    if loaded is None:
        return
    try:
        new = calc.ColumnMapping.from_toml(loaded.getvalue().decode("utf-8", "replace"))
    except calc.InputError as error:
        st.error(local(str(error)))
        return
    if new != st.session_state.get(f"loaded_{file_key}"):  # once: later changes by hand stay
        st.session_state[f"loaded_{file_key}"] = new
        said["mapping"], said["format"], said["assume"] = new, new.format, {**new.assume}
        st.rerun()


def _shown_unit(unit: str) -> str:
    return next((shown for shown in _UNITS if shown.casefold() == unit.casefold()), "")


def _preview(files: list[tuple[str, bytes]], mapping: calc.ColumnMapping) -> list[Any]:
    """Headers of files that could not be read with what was said so far."""
    rows = []
    for name, data in files:
        try:
            found = headers(read_file(named(data, name)))
        except calc.InventoryError:
            continue  # the page has said why above
        for item in found:
            choice = mapping.find(item.header, item.sheet)
            rows.append(replace(item, column=choice.field, unit=choice.unit, basis="mapped") if choice else item)
    return rows

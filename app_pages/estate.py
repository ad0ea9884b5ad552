"""Second page: what was made of the files, and how to have it otherwise."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

import calc
from app_pages.files import answers, ask, choose_files, issue_frame, key_of, named, read
from app_pages.jobs import digest
from calc import findings
from calc.catalogue import allowed_hosts
from calc.demand import form_demand
from calc.estate import complete
from calc.inventory import ColumnChoice
from calc.inventory.columns import COLUMNS
from calc.inventory.files import read_file
from calc.inventory.formats import registry
from calc.inventory.preview import headers
from calc.report.bundle import safe_text

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
_BY_CONTENT = "as recognised"


def main() -> None:
    st.title("Your files, and what was made of them")
    files = choose_files("estate")
    file_key = key_of(files)
    found = read(files)
    if isinstance(found, calc.AmbiguousUnitError):
        ask(found, file_key)
    elif not isinstance(found, calc.Inventory):
        st.error(f"These files cannot be used as they are. {found}")
        if isinstance(found, calc.InventoryError) and found.issues:
            st.dataframe(issue_frame(found.issues), hide_index=True)
    recognised(found, file_key)
    columns(found, files, file_key)
    if isinstance(found, calc.Inventory):
        origins(found)
        show_findings(found)
        exports(found)


def recognised(found: object, file_key: str) -> None:
    """Which format each file was taken for, why, and the choice of another."""
    st.header("What the files are")
    if isinstance(found, calc.Inventory):
        table = found.detection_table()
        table["reasons"] = ["; ".join(reasons) for reasons in table["reasons"]]
        st.dataframe(
            table.drop(columns="chosen_by").rename(
                columns={
                    "file": "File",
                    "format": "Read as",
                    "score": "Score",
                    "reasons": "Why",
                    "runner_up": "Next best",
                    "runner_up_score": "Its score",
                }
            ),
            hide_index=True,
        )
        if found.matched:
            st.markdown(
                "Machines found in more than one file: "
                + ", ".join(f"{count:,} by {label}" for label, count in found.matched.items())
                + "."
            )
    left, right = st.columns(2)
    said = answers(file_key)
    names = [_BY_CONTENT, *sorted(format_.NAME for format_ in registry())]
    current = str(said["format"]) or _BY_CONTENT
    chosen = left.selectbox("Read all files as", names, index=names.index(current), key=f"format_{file_key}")
    zone = right.text_input(
        "Time zone of telemetry",
        str(said["time_zone"]),
        key=f"zone_{file_key}",
        help="IANA name, e.g. Europe/Berlin or Asia/Seoul",
    )
    new = "" if chosen == _BY_CONTENT else chosen
    if (new, zone) != (said["format"], said["time_zone"]):
        said["format"], said["time_zone"] = new, zone
        st.rerun()


def columns(found: object, files: list[tuple[str, bytes]], file_key: str) -> None:
    """The columns as they were understood, to be changed by hand, saved and loaded."""
    st.header("What the columns mean")
    st.caption(
        "Change the field or unit of a column, or clear the field to leave it out; then apply. The mapping can be saved and used "
        "for the next export, here or on the command line with --mapping."
    )
    said = answers(file_key)
    mapping = said["mapping"]
    rows = list(found.mappings) if isinstance(found, calc.Inventory) else preview(files, mapping)
    if not rows:
        st.info("These files hold no table whose columns could be mapped.")
        return
    several = len({item.file for item in rows}) > 1
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
    hidden = [name for name in ("file", "sheet") if (name == "file" and not several) or (frame[name] == "").all()]
    edited = st.data_editor(
        frame,
        hide_index=True,
        height=min(700, 80 + 35 * len(frame)),
        disabled=["file", "sheet", "header", "samples", "known"],
        column_order=[name for name in frame.columns if name not in hidden],
        key=f"columns_{digest(file_key.encode(), repr(said).encode())}",
        column_config={
            "file": "File",
            "sheet": "Sheet",
            "header": "Header",
            "samples": "Values",
            "field": st.column_config.SelectboxColumn("Field", options=["", *(column.name for column in COLUMNS)]),
            "unit": st.column_config.SelectboxColumn("Unit", options=_UNITS),
            "known": "Known from",
        },
    )
    left, middle, right = st.columns([1, 1, 2])
    changed = (edited["field"].fillna("") != frame["field"]) | (edited["unit"].fillna("") != frame["unit"])
    if left.button("Apply the changes", type="primary", disabled=not changed.any(), key="apply_mapping"):
        try:
            choices = {(item.header, item.sheet): item for item in mapping.columns}
            for row in edited[changed].fillna("").itertuples():
                choices[row.header, row.sheet] = ColumnChoice(row.header, row.field, row.unit, row.sheet)
            said["mapping"] = calc.ColumnMapping(tuple(choices.values()), mapping.format, mapping.assume)
            st.rerun()
        except calc.InputError as error:
            st.error(str(error))
    whole = calc.ColumnMapping(mapping.columns, str(said["format"]), {**mapping.assume, **said["assume"]})
    middle.download_button(
        "Save the mapping",
        whole.to_toml().encode(),
        "mapping.toml",
        "application/toml",
        key="save_mapping",
        on_click="ignore",
    )
    loaded = right.file_uploader("Load a mapping", type=["toml"], key=f"load_{file_key}", label_visibility="collapsed")
    if loaded is not None:
        try:
            new = calc.ColumnMapping.from_toml(loaded.getvalue().decode("utf-8", "replace"))
        except calc.InputError as error:
            st.error(str(error))
            return
        if new != st.session_state.get(f"loaded_{file_key}"):  # once: later changes by hand stay
            st.session_state[f"loaded_{file_key}"] = new
            said["mapping"], said["format"], said["assume"] = new, new.format, {**new.assume}
            st.rerun()
    if mapping.columns and left.button("Forget the changes", key="forget_mapping"):
        said["mapping"] = calc.ColumnMapping()
        st.rerun()


def _shown_unit(unit: str) -> str:
    return next((shown for shown in _UNITS if shown.casefold() == unit.casefold()), "")


def preview(files: list[tuple[str, bytes]], mapping: calc.ColumnMapping) -> list:
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


def origins(found: calc.Inventory) -> None:
    """How many values are given, inferred, looked up, assumed; what the files disagree on."""
    st.header("Where the values come from")
    st.dataframe(
        found.origin_counts().rename(
            columns={
                "table": "Table",
                "column": "Field",
                "given": "Given",
                "inferred": "Inferred",
                "looked up": "Looked up",
                "assumed": "Assumed",
            }
        ),
        hide_index=True,
    )
    st.caption(
        "What the files leave out is filled by sourced defaults when the plan is made; the answer page counts each."
    )
    st.download_button(
        "Origin of every value (CSV)",
        lambda: safe_text(found.provenance).to_csv(index=False).encode(),
        "provenance.csv",
        "text/csv",
        key="download_provenance",
        on_click="ignore",
    )
    if found.conflicts:
        st.subheader(f"{len(found.conflicts):,} values on which the files disagree")
        st.dataframe(
            found.conflict_table().rename(
                columns={
                    "name": "Machine",
                    "column": "Field",
                    "kept": "Kept",
                    "kept_from": "From",
                    "dropped": "Not used",
                    "dropped_from": "Of",
                    "matched_by": "Same by",
                    "rule": "Rule",
                }
            ),
            hide_index=True,
        )


def show_findings(found: calc.Inventory) -> None:
    """What the estate shows before any plan."""
    st.header("What the estate shows")
    try:
        scenario = calc.Scenario()
        hosts = allowed_hosts(scenario)
        estate = complete(found, scenario)
        if estate.workloads.empty:
            st.info("No workload takes part: every one is powered off, or its host is not in the files.")
            return
        items = findings.find(found, estate, form_demand(estate, scenario, hosts), scenario, hosts)
    except calc.CalcError as error:
        st.error(str(error))
        return
    if not items:
        st.markdown("Nothing to switch off, to keep or to look at twice.")
    for item in items:
        with st.expander(
            f"**{item.title}**: {item.count:,} machines{' – ' + item.worth if item.worth else ''}".replace("$", "\\$")
        ):
            st.caption(f"Rule: {item.rule}. With the default settings.")
            st.dataframe(item.machines, hide_index=True)


def exports(found: calc.Inventory) -> None:
    """The canonical estate, as it is or without its names."""
    st.header("Take the estate with you")
    left, right = st.columns(2)
    left.download_button(
        "The estate (canonical CSV)",
        lambda: calc.write_inventory(found).encode(),
        "estate.csv",
        "text/csv",
        key="download_estate",
        on_click="ignore",
    )
    left.caption("Reads back identical, here or in a notebook.")
    secret = right.text_input(
        "Key for hashed names",
        type="password",
        key="anonymise_key",
        help="At least 8 characters. Keep it: the same key gives the same names.",
    )
    if secret:
        try:
            hidden = calc.write_inventory(calc.anonymise(found, secret)).encode()
        except calc.InputError as error:
            right.error(str(error))
            return
        right.download_button(
            "The estate without names (CSV)",
            hidden,
            "estate_anonymised.csv",
            "text/csv",
            key="download_anonymised",
            on_click="ignore",
        )


main()

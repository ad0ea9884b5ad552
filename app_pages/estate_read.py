"""Estate, what was read: rows to fix, formats, where values come from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import calc
from app_pages.files import answers, chosen_files, correct, holds_answer, issue_frame, key_of
from app_pages.jobs import proofs_again
from app_pages.tables import show_table
from calc.inventory.editing import Correction
from calc.inventory.formats import registry
from calc.language import local, say, say_many
from calc.report.figures import number
from calc.saving import Reproof


def what_was_read(found: calc.Inventory | None) -> None:
    """Rows to fix, formats, where values come from."""
    file_key = key_of(chosen_files())
    if holds_answer(chosen_files()):
        st.info(say("Opened from a saved assessment: what its files held was read when it was made."))
        checked(proofs_again().get(file_key, ()))
        if found is not None:
            origins(found)
            show_table(issue_frame(found.issues))
        return
    if found is not None:
        for note in found.notes:
            st.caption(local(note))
        rows_to_fix(found, file_key)
        origins(found)
    formats(found, file_key)


def checked(found: tuple[Reproof, ...]) -> None:
    """What was proved again when a saved assessment was opened, and what is as it was saved."""
    anew = sum(proof.anew for proof in found)
    part = {"bound": say("bound"), "failures": say("failures"), "racks": say("racks")}
    st.success(
        say(
            "The placement was checked, the money worked out again, and {anew} of {all} proofs (bounds, failures) made again.",
            anew=anew,
            all=len(found),
        ),
        icon=":material/verified:",
    )
    for proof in found:
        if not proof.anew:
            st.caption(
                say(
                    "{pool}, {part}: as saved, because {why}",
                    pool=proof.pool,
                    part=part[proof.part],
                    why=local(proof.how),
                )
            )


def rows_to_fix(found: calc.Inventory, file_key: str) -> None:
    """Issues with a cell to write the right value in."""
    said = answers(file_key)
    if said["corrections"]:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.success(
            say_many(
                "{count:,} cell is corrected by hand.",
                "{count:,} cells are corrected by hand.",
                len(said["corrections"]),
            )
        )
        if right.button(say("Take back"), key="forget_corrections"):
            said["corrections"] = ()
            st.rerun()
    if not found.issues:
        st.success(say("Every row could be used."), icon=":material/check:")
        return
    st.header(say("Rows to fix"))
    st.caption(
        say(
            "Rows with an error are set aside; everything else is used. Write the right value into the first column and apply, or "
            "correct the file and upload it again."
        )
    )
    frame = issue_frame(found.issues)
    frame.insert(0, "new", pd.Series([""] * len(frame), dtype=str))
    edited = st.data_editor(
        frame,
        hide_index=True,
        disabled=[name for name in frame.columns if name != "new"],
        key=f"fix_{file_key}_{len(said['corrections'])}",
        column_config={"new": st.column_config.TextColumn(say("Right value"), width=120)},
    )
    new = [
        Correction(issue.file, issue.sheet, issue.row, issue.column, value.strip())
        for issue, value in zip(found.issues, edited["new"].fillna(""), strict=True)
        if value.strip()
    ]
    usable = [item for item in new if item.row and item.header]
    if len(usable) < len(new):
        st.warning(say("An issue that concerns no single cell cannot be corrected here: correct the file."))
    if st.button(
        say_many("Apply {count:,} correction", "Apply {count:,} corrections", len(usable)),
        type="primary",
        disabled=not usable,
        key="apply_corrections",
    ):
        correct(file_key, usable)
        st.rerun()


def origins(found: calc.Inventory) -> None:
    """How many values are given, inferred, looked up, assumed; what the files disagree on."""
    st.header(say("Where the values come from"))
    counted = found.origin_counts()
    # What was guessed is what a reader looks for; fields that the files give follow in their order.
    kinds = ["assumed", "looked up", "inferred"]
    show_table(
        counted.sort_values(kinds, ascending=False, kind="stable").rename(
            columns={
                "table": say("Table"),
                "column": say("Field"),
                "given": say("Given"),
                "inferred": say("Inferred"),
                "looked up": say("Looked up"),
                "assumed": say("Assumed"),
            }
        ),
    )
    st.caption(say("What the files leave out is filled by sourced defaults when the plan is made; “Plan” counts each."))
    if found.join is not None:
        join = found.join
        prefixes = ", ".join(f"“{prefix}” ({count})" for prefix, count in join.prefixes.items()) or say("none")
        st.markdown(
            say(
                "**Link of VMs to hosts**: {exact:,} by name, {domain:,} after dropping the domain, {prefix:,} after dropping or "
                "adding a short prefix: {prefixes}; {lost:,} not linked.",
                exact=join.exact,
                domain=join.domain_dropped,
                prefix=join.prefix_dropped,
                prefixes=prefixes,
                lost=join.unmatched_workloads,
            )
        )
    if found.conflicts:
        st.header(
            say_many(
                "{count:,} value on which the files disagree",
                "{count:,} values on which the files disagree",
                len(found.conflicts),
            )
        )
        show_table(
            found.conflict_table().rename(
                columns={
                    "name": say("Machine"),
                    "column": say("Field"),
                    "kept": say("Kept"),
                    "kept_from": say("From"),
                    "dropped": say("Not used"),
                    "dropped_from": say("Of"),
                    "matched_by": say("Same by"),
                    "rule": say("Rule"),
                }
            ),
        )


def formats(found: calc.Inventory | None, file_key: str) -> None:
    """Which format each file was taken for, why, and the choice of another."""
    st.header(say("What the files are"))
    if found is not None:
        table = found.detection_table()
        table["reasons"] = ["; ".join(map(local, reasons)) for reasons in table["reasons"]]
        show_table(
            table.drop(columns="chosen_by").rename(
                columns={
                    "file": say("File"),
                    "format": say("Read as"),
                    "score": say("Score"),
                    "reasons": say("Why"),
                    "runner_up": say("Next best"),
                    "runner_up_score": say("Its score"),
                }
            ),
        )
        if found.matched:
            counts = ", ".join(f"{number(count)} ({local(by)})" for by, count in found.matched.items())
            st.markdown(say("Machines found in more than one file, and by what: {counts}.", counts=counts))
    left, right = st.columns(2)
    said = answers(file_key)
    names = ["", *sorted(format_.NAME for format_ in registry())]
    chosen = left.selectbox(
        say("Read all files as"),
        names,
        index=names.index(said["format"]),
        format_func=lambda name: name or say("as recognised"),
        key=f"format_{file_key}",
    )
    zone = right.text_input(
        say("Time zone of telemetry"),
        said["time_zone"],
        key=f"zone_{file_key}",
        help=say("IANA name, e.g. Europe/Berlin or Asia/Seoul"),
    )
    if (chosen, zone) != (said["format"], said["time_zone"]):
        said["format"], said["time_zone"] = chosen, zone
        st.rerun()

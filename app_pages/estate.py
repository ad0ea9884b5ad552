"""Estate: files in, what was made of them, and how to have it otherwise."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import calc
from app_pages.columns import show_columns
from app_pages.files import (
    answers,
    choose_files,
    chosen_files,
    correct,
    current_inventory,
    edits,
    explain_problem,
    holds_answer,
    issue_frame,
    key_of,
)
from app_pages.jobs import inventory_key, proofs_again, remembered
from app_pages.speaking import later
from app_pages.tables import kept_editor
from app_pages.tabs import tabs
from calc import findings
from calc.catalogue import allowed_hosts
from calc.demand import Demand, form_demand
from calc.estate import Estate, complete
from calc.inventory.editing import TAGS, Correction
from calc.inventory.formats import registry
from calc.language import local, say
from calc.report.bundle import safe_text
from calc.saving import Reproof


def main() -> None:
    st.title(say("What is to be consolidated?"))
    choose_files()
    problem = explain_problem()
    found = current_inventory()
    if found is not None:
        data_quality(found)
    saved = holds_answer(chosen_files())
    names = [say("What was read"), say("Columns")]
    if found is not None:
        names += [say("Machines and pools"), say("In pictures"), say("What stands out"), say("Take it with you")]
    opened = tabs(names, "estate_tab", names[1] if problem else None)
    shown = (
        lambda: what_was_read(found),
        lambda: show_mapping(found) if saved else show_columns(found, chosen_files()),
        lambda: machines(found),
        lambda: pictures(found),
        lambda: show_findings(found),
        lambda: exports(found),
    )
    for tab, show in zip(opened, shown, strict=False):
        if tab.open:  # a tab that is not open is not drawn: its tables and charts cost time
            with tab:
                show()


def show_mapping(found: calc.Inventory | None) -> None:
    """How the columns were understood, where the files are no longer there."""
    if found is not None:
        st.dataframe(found.mapping_table(), hide_index=True)


def data_quality(found: calc.Inventory) -> None:
    """What was read, in one line."""
    rows = sum(item.rows for item in found.sources)
    parts = [
        f"**{local(found.format)}**",
        say("{n:,} servers", n=len(found.servers)),
        say("{n:,} workloads", n=len(found.workloads)),
        say("{n:,} rows read", n=rows),
    ]
    if found.errors:
        parts.append(f":orange[{say('{n:,} rows set aside', n=len(found.errors))}]")
    if found.join is not None:
        parts.append(say("{rate:.1%} of VMs linked to their host", rate=found.join.rate))
    st.markdown(" · ".join(parts))


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


def what_was_read(found: calc.Inventory | None) -> None:
    """Rows to fix, formats, where values come from."""
    file_key = key_of(chosen_files())
    if holds_answer(chosen_files()):
        st.info(say("Opened from a saved assessment: what its files held was read when it was made."))
        checked(proofs_again().get(file_key, ()))
        if found is not None:
            origins(found)
            st.dataframe(issue_frame(found.issues), hide_index=True)
        return
    if found is not None:
        for note in found.notes:
            st.caption(local(note))
        rows_to_fix(found, file_key)
        origins(found)
    formats(found, file_key)


def rows_to_fix(found: calc.Inventory, file_key: str) -> None:
    """Issues with a cell to write the right value in."""
    said = answers(file_key)
    if said["corrections"]:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.success(say("{n:,} cells are corrected by hand.", n=len(said["corrections"])))
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
        column_config={"new": st.column_config.TextColumn(say("Right value"), width="small")},
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
        say("Apply {n} corrections", n=len(usable)), type="primary", disabled=not usable, key="apply_corrections"
    ):
        correct(file_key, usable)
        st.rerun()


def origins(found: calc.Inventory) -> None:
    """How many values are given, inferred, looked up, assumed; what the files disagree on."""
    st.header(say("Where the values come from"))
    st.dataframe(
        found.origin_counts().rename(
            columns={
                "table": say("Table"),
                "column": say("Field"),
                "given": say("Given"),
                "inferred": say("Inferred"),
                "looked up": say("Looked up"),
                "assumed": say("Assumed"),
            }
        ),
        hide_index=True,
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
        st.header(say("{n:,} values on which the files disagree", n=len(found.conflicts)))
        st.dataframe(
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
            hide_index=True,
        )


def formats(found: calc.Inventory | None, file_key: str) -> None:
    """Which format each file was taken for, why, and the choice of another."""
    st.header(say("What the files are"))
    if found is not None:
        table = found.detection_table()
        table["reasons"] = ["; ".join(map(local, reasons)) for reasons in table["reasons"]]
        st.dataframe(
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
            hide_index=True,
        )
        if found.matched:
            counts = ", ".join(f"{count:,} ({local(by)})" for by, count in found.matched.items())
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


def machines(found: calc.Inventory) -> None:
    """Tags of every workload, to be changed; what is excluded stays where it is."""
    st.caption(
        say(
            "Change site, zone or environment to tag pools (the sidebar says which of them keep workloads apart). Write a reason into "
            "“Stays because” to exclude a server: it stays, and so does its cost. Then apply."
        )
    )
    file_key = key_of(chosen_files())
    columns = ["workload", "server", "kind", *TAGS, "cores", "memory_gib", "cpu_p95", "cpu_mean"]
    frame = found.workloads[columns].reset_index(drop=True)
    edited = kept_editor(
        f"machines_{inventory_key(found)[:16]}",
        frame,
        hide_index=True,
        height=420,
        disabled=[name for name in columns if name not in TAGS],
        column_config={
            "workload": st.column_config.TextColumn(say("Workload"), pinned=True),
            "server": say("Server"),
            "kind": None,
            "site": say("Site"),
            "zone": say("Zone"),
            "environment": say("Environment"),
            "application": say("Application"),
            "owner": say("Owner"),
            "exclude_reason": say("Stays because"),
            "cores": st.column_config.NumberColumn(say("Cores"), format="%g"),
            "memory_gib": st.column_config.NumberColumn(say("Memory (GiB)"), format="%g"),
            "cpu_p95": st.column_config.NumberColumn(say("CPU p95"), format="percent"),
            "cpu_mean": st.column_config.NumberColumn(say("CPU mean"), format="percent"),
        },
    )
    changes: dict[str, dict[str, str]] = {}
    for name in TAGS:
        new, old = edited[name].fillna("").astype(str), frame[name].astype(str)
        for row in new.index[new != old]:
            changes.setdefault(str(frame["workload"].iat[row]), {})[name] = new.iat[row]
    left, right = st.columns([1, 3])
    count = sum(map(len, changes.values()))
    if left.button(say("Apply {n} changes", n=count), type="primary", disabled=not changes, key="apply_edits"):
        kept = edits(file_key)
        for workload, values in changes.items():
            kept.setdefault(workload, {}).update(values)
        st.rerun()
    if edits(file_key) and right.button(say("Take all changes by hand back"), key="forget_edits"):
        edits(file_key).clear()
        st.rerun()
    if changes:
        st.caption(say("The plan follows when they are applied."))
    excluded = found.workloads["exclude_reason"].ne("").sum()
    st.markdown(
        say(
            "{n:,} workloads take part, {out:,} are excluded; {pools:,} combinations of site and zone.",
            n=len(found.workloads) - int(excluded),
            out=int(excluded),
            pools=len(found.workloads[["site", "zone"]].drop_duplicates()),
        )
    )


def _completed(found: calc.Inventory) -> tuple[calc.Scenario, Estate, Demand] | None:
    """The estate without gaps and its demand under the default settings, or None after saying why not."""

    def make() -> tuple[calc.Scenario, Estate, Demand] | str:
        try:
            scenario = calc.Scenario()
            estate = complete(found, scenario)
            if estate.workloads.empty:
                return say("No workload takes part: every one is powered off, or its host is not in the files.")
            return scenario, estate, form_demand(estate, scenario, allowed_hosts(scenario))
        except calc.CalcError as error:
            return local(str(error))

    made = remembered("completed", inventory_key(found), make)
    if isinstance(made, str):
        st.info(made)
        return None
    return made


def pictures(found: calc.Inventory) -> None:
    """Ages, utilisation, idle power."""
    from calc.report import estate_charts

    made = _completed(found)
    if made is None:
        return
    scenario, estate, demand = made
    left, right = st.columns(2)
    with left:
        st.header(say("How old the servers are"))
        st.altair_chart(estate_charts.ages_chart(estate, scenario))
        st.header(say("Power for doing nothing"))
        st.altair_chart(estate_charts.idle_power_chart(estate, demand))
    with right:
        st.header(say("How busy they are"))
        st.altair_chart(estate_charts.utilisation_chart(demand))
    st.caption(
        say(
            "Gaps are filled with the sourced defaults: {n:,} values of this estate are assumed.",
            n=estate.assumed_count,
        )
    )


def show_findings(found: calc.Inventory) -> None:
    """What the estate shows before any plan."""
    made = _completed(found)
    if made is None:
        return
    scenario, estate, demand = made
    items = findings.find(found, estate, demand, scenario, allowed_hosts(scenario))
    if not items:
        st.markdown(say("Nothing to switch off, to keep or to look at twice."))
    for item in items:
        worth = f" – {local(item.worth)}" if item.worth else ""
        title = say("**{title}**: {n:,} machines", title=local(item.title), n=item.count)
        with st.expander(f"{title}{worth}".replace("$", "\\$")):
            st.caption(say("Rule: {rule}. With the default settings.", rule=local(item.rule)))
            st.dataframe(item.machines, hide_index=True)


def exports(found: calc.Inventory) -> None:
    """The canonical estate, as it is or without its names, and where every value comes from."""
    left, right = st.columns(2)
    left.download_button(
        say("The estate (canonical CSV)"),
        later(lambda: calc.write_inventory(found).encode()),
        "estate.csv",
        "text/csv",
        key="download_estate",
        on_click="ignore",
        icon=":material/download:",
    )
    left.caption(say("Reads back identical, here or in a notebook."))
    left.download_button(
        say("Origin of every value (CSV)"),
        later(lambda: safe_text(found.provenance).to_csv(index=False).encode()),
        "provenance.csv",
        "text/csv",
        key="download_provenance",
        on_click="ignore",
        icon=":material/download:",
    )
    secret = right.text_input(
        say("Key for hashed names"),
        type="password",
        key="anonymise_key",
        help=say("At least 8 characters. Keep it: the same key gives the same names."),
    )
    if secret:
        try:
            hidden = calc.write_inventory(calc.anonymise(found, secret)).encode()
        except calc.InputError as error:
            right.error(local(str(error)))
            return
        right.download_button(
            say("The estate without names (CSV)"),
            hidden,
            "estate_anonymised.csv",
            "text/csv",
            key="download_anonymised",
            on_click="ignore",
            icon=":material/download:",
        )


main()

"""Estate, machines and pools: tags of every workload, to be changed by hand."""

from __future__ import annotations

import streamlit as st

import calc
from app_pages.files import chosen_files, edits, key_of
from app_pages.jobs import inventory_key
from app_pages.tables import kept_editor
from calc.inventory.editing import TAGS
from calc.language import say, say_many
from calc.report import counts


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
            "cores": st.column_config.NumberColumn(say("Cores"), format="localized"),
            "memory_gib": st.column_config.NumberColumn(say("Memory (GiB)"), format="localized"),
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
    if left.button(
        say_many("Apply {count:,} change", "Apply {count:,} changes", count),
        type="primary",
        disabled=not changes,
        key="apply_edits",
    ):
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
            "Taking part: {workloads}; excluded: {out:,}; combinations of site and zone: {pools:,}.",
            workloads=counts.workloads(len(found.workloads) - int(excluded)),
            out=int(excluded),
            pools=len(found.workloads[["site", "zone"]].drop_duplicates()),
        )
    )

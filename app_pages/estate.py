"""Estate: files in, what was made of them, and how to have it otherwise."""

from __future__ import annotations

import streamlit as st

import calc
from app_pages.columns import show_columns
from app_pages.estate_machines import machines
from app_pages.estate_read import what_was_read
from app_pages.estate_views import exports, pictures, show_findings
from app_pages.files import choose_files, chosen_files, current_inventory, explain_problem, holds_answer, key_of, read
from app_pages.tables import show_table
from app_pages.tabs import open_tab, tabs
from calc.language import local, say, say_many
from calc.report import counts

_COLUMNS = 1
#: The first tabs say what is wrong with files; the others need machines.
_WITHOUT_MACHINES = 2


def main() -> None:
    st.title(say("What is to be consolidated?"))
    choose_files()
    files = chosen_files()
    explain_problem()
    found = current_inventory()
    if found is not None:
        data_quality(found)
    _open_where_it_can_be_mended(files)
    opened = tabs(
        [
            say("What was read"),
            say("Columns"),
            say("Machines and pools"),
            say("In pictures"),
            say("What stands out"),
            say("Take it with you"),
        ],
        "estate_tab",
    )
    shown = (what_was_read, _columns, machines, pictures, show_findings, exports)
    for number, (tab, show) in enumerate(zip(opened, shown, strict=True)):
        if tab.open:  # a tab that is not open is not drawn: its tables and charts cost time
            with tab:
                if found is None and number >= _WITHOUT_MACHINES:
                    st.info(say("Nothing to show until the files can be used: see above."))
                else:
                    show(found)


def _open_where_it_can_be_mended(files: list[tuple[str, bytes]]) -> None:
    """Columns, when files turn out to be unusable as they are; the first tab, when others take their place."""
    before = st.session_state.get("unusable", "")
    made = read(files)  # a question about a unit is asked above the tabs
    unusable = isinstance(made, calc.InputError) and not isinstance(made, calc.AmbiguousUnitError)
    now = key_of(files) if unusable else ""
    if now and now != before:
        open_tab("estate_tab", _COLUMNS)
    elif before and before != key_of(files):
        open_tab("estate_tab", 0)
    st.session_state["unusable"] = now


def _columns(found: calc.Inventory | None) -> None:
    """How the columns were understood; to be changed where the files are there."""
    if not holds_answer(chosen_files()):
        show_columns(found, chosen_files())
    elif found is not None:
        show_table(found.mapping_table())


def data_quality(found: calc.Inventory) -> None:
    """What was read, in one line."""
    rows = sum(item.rows for item in found.sources)
    parts = [
        f"**{local(found.format)}**",
        counts.servers(len(found.servers)),
        counts.workloads(len(found.workloads)),
        say_many("{count:,} row read", "{count:,} rows read", rows),
    ]
    if found.errors:
        parts.append(f":orange[{counts.rows_set_aside(len(found.errors))}]")
    if found.join is not None:
        parts.append(say("{rate:.1%} of VMs linked to their host", rate=found.join.rate))
    st.markdown(" · ".join(parts))


main()

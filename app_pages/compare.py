"""Compare: up to four named scenarios of the estate side by side, and the assumptions in which they differ."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import calc
from app_pages.current import Kept, current_answer
from app_pages.jobs import inventory_key
from app_pages.sidebar import open_scenario
from app_pages.tables import show_table
from calc.language import say
from calc.report import comparing
from calc.report.choices import label, setting_text

_MOST = 4


def _kept() -> list[Kept]:
    found: list[Kept] = st.session_state.setdefault("scenarios", [])
    return found


def _keep(answer: calc.Assessment) -> None:
    name = str(st.session_state.get("scenario_name") or "").strip() or say("Scenario {n}", n=len(_kept()) + 1)
    others = [item for item in _kept() if item.name != name]
    st.session_state["scenarios"] = [*others, Kept(name, answer)][-_MOST:]
    st.session_state["scenario_name"] = ""


def _drop(name: str) -> None:
    st.session_state["scenarios"] = [item for item in _kept() if item.name != name]


def main() -> None:
    st.title(say("Which scenario is better, and why?"))
    answer = current_answer()
    if answer is not None:
        keep_this(answer)
    kept = _kept()
    if not kept:
        st.info(
            say(
                "Nothing is kept yet. Keep the plan as it stands, change an assumption in the sidebar, keep that too: up to four stand "
                "side by side here."
            )
        )
        return
    shown = list(kept)
    if answer is not None and all(item.answer is not answer for item in kept):
        shown.append(Kept(say("now"), answer))
    if len({inventory_key(item.answer.inventory) for item in shown}) > 1:
        st.warning(
            say(
                "These scenarios rest on different inventories: their differences are not those of the assumptions alone."
            )
        )
    results(shown)
    differences(shown)
    st.header(say("Kept scenarios"))
    for item in kept:
        name, back, away = st.columns([3, 1, 1], vertical_alignment="center")
        name.markdown(f"**{item.name}**")
        back.button(
            say("Use its assumptions"),
            key=f"use_{item.name}",
            on_click=open_scenario,
            args=(item.answer.scenario,),
            width="stretch",
        )
        away.button(say("Remove"), key=f"drop_{item.name}", on_click=_drop, args=(item.name,), width="stretch")


def keep_this(answer: calc.Assessment) -> None:
    """Keep the plan as it stands under a name."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.text_input(
        say("Name of the scenario as it stands"),
        key="scenario_name",
        max_chars=40,
        placeholder=say("Scenario {n}", n=len(_kept()) + 1),
    )
    full = len(_kept()) >= _MOST
    right.button(
        say("Keep it"),
        key="keep_scenario",
        type="primary",
        on_click=_keep,
        args=(answer,),
        width="stretch",
        help=say("Four are kept; the oldest gives way.") if full else None,
    )


def results(shown: list[Kept]) -> None:
    """Results side by side; a row that differs is marked, in colour and with a sign."""
    columns = [comparing.results(item.answer) for item in shown]
    differs = [len({repr(row.value) for row in rows}) > 1 for rows in zip(*columns, strict=True)]
    frame = pd.DataFrame(
        {
            say("Result"): [row.title for row in columns[0]],
            "≠": ["≠" if flag else "" for flag in differs],
            **{item.name: [row.shown for row in column] for item, column in zip(shown, columns, strict=True)},
        }
    )
    st.header(say("Results"))
    sides = dict.fromkeys((item.name for item in shown), st.column_config.TextColumn(alignment="right"))
    show_table(
        highlighted(frame, differs),
        height=38 + 35 * len(frame),
        column_config={"≠": st.column_config.TextColumn(width=40)} | sides,
    )
    st.caption(say("Marked rows differ. Every column holds only the lines that its scenario counts."))


def highlighted(frame: pd.DataFrame, rows: list[bool]) -> Any:
    """A frame whose marked rows stand out in both themes."""
    style = "background-color: rgba(0, 114, 178, 0.16); font-weight: 600"
    return frame.style.apply(lambda row: [style if rows[row.name] else ""] * len(row), axis=1)


def differences(shown: list[Kept]) -> None:
    """Only the assumptions that differ."""
    st.header(say("Assumptions that differ"))
    changed = comparing.differing_settings([item.answer.scenario for item in shown])
    rows = [[label(name), *(setting_text(getattr(item.answer.scenario, name)) for item in shown)] for name in changed]
    if not rows:
        st.caption(say("None: these scenarios have the same assumptions."))
        return
    show_table(pd.DataFrame(rows, columns=[say("Assumption"), *(item.name for item in shown)]))


main()

"""Compare: up to four named scenarios of the estate side by side, and the assumptions in which they differ."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import calc
from app_pages.current import Kept, current_answer
from app_pages.jobs import inventory_key
from app_pages.settings import label, named
from app_pages.sidebar import open_scenario
from app_pages.tables import show_table
from calc.language import say
from calc.report import words
from calc.report.figures import number, percent, plain

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


def result_rows(a: calc.Assessment) -> dict[str, tuple[Any, str]]:
    """What is compared: name to (value, shown)."""
    c, currency = a.comparison, a.scenario.currency
    bound = "–" if a.hosts_lower_bound is None else number(a.hosts_lower_bound)
    return {
        say("Hosts"): (a.hosts_after, number(a.hosts_after)),
        say("At least"): (a.hosts_lower_bound, bound),
        say("Gap"): (a.gap, words.verdict(a)),
        say("Servers kept"): (a.servers_retained, number(a.servers_retained)),
        say("Every failure re-placed"): (a.survives, say("yes") if a.survives else say("no")),
        say("Saving over the horizon"): (c.savings, words.amount(c.savings, currency)),
        say("Net present value"): (c.npv, words.amount(c.npv, currency)),
        say("Earned back after"): (c.payback_months, words.months(c.payback_months)),
        say("Invested"): (c.investment, words.amount(c.investment, currency)),
        say("Cost of the plan"): (c.tco_target, words.amount(c.tco_target, currency)),
        say("IT power (kW)"): (a.after.power_kw, number(a.after.power_kw, 1)),
        say("Rack units"): (a.after.rack_units, number(a.after.rack_units)),
        say("Inputs assumed"): (a.assumed_count, number(a.assumed_count)),
    }


def results(shown: list[Kept]) -> None:
    """Results side by side; a row that differs is marked, in colour and with a sign."""
    columns = [result_rows(item.answer) for item in shown]
    names = list(columns[0])
    differs = [len({repr(column[name][0]) for column in columns}) > 1 for name in names]
    frame = pd.DataFrame(
        {
            say("Result"): names,
            "≠": ["≠" if flag else "" for flag in differs],
            **{item.name: [column[name][1] for name in names] for item, column in zip(shown, columns, strict=True)},
        }
    )
    st.header(say("Results"))
    show_table(highlighted(frame, differs), height=38 + 35 * len(frame))
    st.caption(say("Marked rows differ. Every column holds only the lines that its scenario counts."))


def highlighted(frame: pd.DataFrame, rows: list[bool]) -> Any:
    """A frame whose marked rows stand out in both themes."""
    style = "background-color: rgba(0, 114, 178, 0.16); font-weight: 600"
    return frame.style.apply(lambda row: [style if rows[row.name] else ""] * len(row), axis=1)


def differences(shown: list[Kept]) -> None:
    """Only the assumptions that differ."""
    st.header(say("Assumptions that differ"))
    rows = []
    for name in calc.Scenario.model_fields:
        values = [getattr(item.answer.scenario, name) for item in shown]
        if any(value != values[0] for value in values[1:]):
            rows.append([label(name), *(_setting_text(value) for value in values)])
    if not rows:
        st.caption(say("None: these scenarios have the same assumptions."))
        return
    show_table(pd.DataFrame(rows, columns=[say("Assumption"), *(item.name for item in shown)]))


def _setting_text(value: Any) -> str:
    if value is None:
        return say("reference")
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, dict):
        return ", ".join(f"{key} = {number(item)}" for key, item in value.items()) or say("reference")
    if isinstance(value, tuple):
        return ", ".join(named(getattr(item, "name", item)) for item in value) or say("all")
    return plain(value) if isinstance(value, float) else named(value)


main()

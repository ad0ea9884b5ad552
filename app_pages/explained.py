"""The one place that says how a figure comes about: a drawer beside the page, opened by any click on a figure or from the list."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pandas as pd
import streamlit as st

import calc
from app_pages.jobs import current_key
from app_pages.speaking import as_text
from app_pages.tables import show_table
from calc.language import cited, local, say, say_many, use
from calc.report.figures import number, plain
from calc.report.made import Made
from calc.report.made_measures import measures

_ASKED = "explained"
_WAY = "explained_way"
_SOURCE = "explained_source"
_TABLES = "tables"
_MOST_TERMS = 12


def origin_words() -> dict[str, str]:
    """Where a figure comes from, in words."""
    return {
        "user": say("stated by you"),
        "file": say("counted from the inventory"),
        "plan": say("outcome of the plan"),
        "reference": say("sourced default"),
        "assumed": say("estimate with defaults in it"),
    }


def explain(key: str, source: str = _TABLES) -> None:
    """Open the explanation of a figure on this run. Only in a callback.

    Parameters
    ----------
    key : str
        As in `calc.report.made_of`, ``alternative.…``, ``input.…``, or as in `calc.report.made_range`.
    source : str
        The chart that was clicked: it forgets what is selected when the drawer closes.
    """
    st.session_state[_ASKED] = key
    st.session_state[_SOURCE] = source


def clicked_chart(chart: Any, name: str) -> None:
    """A chart whose marks carry a ``figure``: a click on one explains it."""
    key = _widget(name, name)

    def clicked() -> None:
        for point in chain.from_iterable(st.session_state[key].selection.values()):
            if point.get("figure") and key == _widget(name, name):  # not one that the page has replaced
                explain(str(point["figure"]), name)

    st.altair_chart(chart, on_select=clicked, key=key)


def clicked_rows(frame: pd.DataFrame, keys: list[str], name: str, **options: Any) -> None:
    """A table: a click on a cell of a row explains what the row stands for; ``keys`` names it, "" for nothing."""
    _clicked_cells(frame, lambda row, _: keys[row], name, options)


def clicked_cells(frame: pd.DataFrame, keys: list[dict[str, str]], name: str, **options: Any) -> None:
    """A table: a click on a cell explains it; ``keys`` has a dict of column to key for every row."""
    _clicked_cells(frame, lambda row, column: keys[row].get(column, ""), name, options)


def _clicked_cells(frame: pd.DataFrame, find: Any, name: str, options: dict[str, Any]) -> None:
    key = _widget(name, _TABLES)

    def clicked() -> None:
        for row, column in st.session_state[key].selection.get("cells", []):
            found = find(row, column)
            if found and key == _widget(name, _TABLES):  # not one that the page has replaced
                explain(found)

    show_table(frame, on_select=clicked, selection_mode="single-cell", key=key, **options)


def figure(place: Any, key: str, value: str, label: str = "", note: str = "", **options: Any) -> None:
    """A measure whose name is a button that explains it.

    Parameters
    ----------
    place : container
    key : str
        As for `explain`.
    value : str
    label : str, optional
        Where its own name would say too little here.
    note : str, optional
        What is to be known before the explanation is opened.
    **options
        For `st.metric`.
    """
    label = label or measures()[key]
    with place.container(gap=None):
        st.button(
            label,
            key=f"explain_{key}",
            type="tertiary",
            icon=":material/function:",
            help="\n\n".join(filter(None, (note, say("Click: formula, inputs and sources")))),
            on_click=explain,
            args=(key,),
        )
        st.metric(label, value, label_visibility="collapsed", **options)


def choose_figure(names: dict[str, str], place: Any) -> None:
    """The list of all figures: the same explanations, by keyboard."""

    def chosen() -> None:
        if st.session_state["explain_key"]:
            explain(st.session_state["explain_key"])

    place.selectbox(
        say("How does it come about?"),
        list(names),
        index=None,
        format_func=lambda key: names.get(key, key),
        placeholder=say("Explain a figure: formula, inputs, sources"),
        key="explain_key",
        label_visibility="collapsed",
        on_change=chosen,
    )


def show_explained(a: calc.Assessment) -> None:
    """Open the drawer where a figure was asked for. Called once, at the end of a page."""
    key = st.session_state.pop(_ASKED, None)
    if key is None:
        return
    st.session_state[_WAY] = [key]
    st.dialog(
        say("How this figure comes about"),
        width="medium",
        position="right",
        icon=":material/function:",
        on_dismiss=_closed,
    )(_drawer)(a)


def _closed() -> None:
    """What was clicked can be clicked again: its selection goes, and the list is empty.

    Tables are made anew whatever was clicked: one that stood beside an open drawer swallows the next click.
    """
    for source in {_TABLES, st.session_state.pop(_SOURCE, _TABLES)}:
        _versions()[source] = _versions().get(source, 0) + 1
    if "explain_key" in st.session_state:
        st.session_state["explain_key"] = None


def _versions() -> dict[str, int]:
    found: dict[str, int] = st.session_state.setdefault("explained_versions", {})
    return found


def _widget(name: str, source: str) -> str:
    return f"{name}_{current_key()[:16]}_{_versions().get(source, 0)}"


def _drawer(a: calc.Assessment) -> None:
    use(st.session_state.get("language", "en"))  # a dialog runs like a fragment, in a thread of its own
    way: list[str] = st.session_state[_WAY]
    try:
        made = _made(a, way[-1])
    except calc.InputError as error:
        st.error(local(str(error)))
        return
    if len(way) > 1:
        st.button(say("Back"), key="explained_back", icon=":material/arrow_back:", on_click=way.pop)
    _show(made, way)


def _made(a: calc.Assessment, key: str) -> Made:
    from calc.report.made_elsewhere import alternative_made_of, input_made_of
    from calc.report.made_of import made_of
    from calc.report.made_range import RANGE, range_made_of

    if key.startswith("alternative."):
        return alternative_made_of(st.session_state["alternatives"][current_key()], key)
    kind, _, name = key.partition(".")
    if kind in ("input", *RANGE):
        model, table, simulation, _ = st.session_state["ranges"][current_key()]
        if kind == "input":
            return input_made_of(table, name, a.comparison.npv, a.scenario.currency)
        return range_made_of(model, table, simulation, key)
    return made_of(a, key)


def _show(made: Made, way: list[str]) -> None:
    st.markdown(f"**{made.title}** = **{made.value}**".replace("$", "\\$"))
    if made.formula:
        st.code(made.formula, language=None, wrap_lines=True)
    if made.note:
        st.markdown(made.note.replace("$", "\\$"))
    if made.terms is not None:
        _terms(made.terms)
    if not made.parts:
        return
    going = any(part.key for part in made.parts)
    if going:
        st.markdown(say("Choose a part to see how it comes about in turn."))
    rows = st.container(gap=None)
    for place, part in enumerate(made.parts):
        row = rows.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        if part.key:
            row.button(
                part.name,
                key=f"part_{len(way)}_{place}",
                type="tertiary",
                icon=":material/chevron_right:",
                on_click=way.append,
                args=(part.key,),
            )
        else:
            row.markdown(part.name, width="content")
        row.markdown(part.shown or number(part.amount, 2), width="content", text_alignment="right")


def _terms(rows: pd.DataFrame) -> None:
    """Every term with its formula, and its figures with origin, source and date."""
    origins = origin_words()
    for place, (_, part) in enumerate(rows.groupby("term", sort=False)):
        if place == _MOST_TERMS:
            more = rows["term"].nunique() - _MOST_TERMS
            st.caption(
                say_many("… and {count:,} more term in the ledger.", "… and {count:,} more terms in the ledger.", more)
            )
            break
        first = part.iloc[0]
        st.markdown(f"{local(first['label'])}: **{number(first['amount'], 2)}**")
        st.code(first["formula"], language=None, wrap_lines=True)
        for row in part.itertuples():
            dated = f", {row.as_of}" if row.as_of else ""
            source = f"{cited(str(row.source))}{dated}"
            st.markdown(
                f"- **{as_text(str(row.figure))}** = {plain(row.value)} {as_text(local(str(row.unit)))}  \n"
                f"  {origins[str(row.origin)]}: {as_text(source)}"
            )

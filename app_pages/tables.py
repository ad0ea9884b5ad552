"""Tables: how numbers are shown, and those that a user edits, which outlive a page that is left and a reload."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

#: A share as per cent, and a number, as the reader's place writes them.
PERCENT = st.column_config.NumberColumn(format="percent")
LOCALISED = st.column_config.NumberColumn(format="localized")
#: The most decimals that "localized" shows; a number with more keeps its digits.
_DECIMALS = 3
#: A number as `calc.report.figures` writes it.
_FIGURE = re.compile(r"−?\d{1,3}(,\d{3})*(\.\d+)?%?")


def show_table(frame: Any, place: Any = st, **options: Any) -> None:
    """A table to read: numbers and dates as the reader's place writes them, nothing where there is none.

    Parameters
    ----------
    frame : DataFrame or Styler
    place : container, optional
    **options
        For `st.dataframe`; a ``column_config`` of its own stands before this rule.
    """
    config = local_config(getattr(frame, "data", frame)) | options.pop("column_config", {})
    place.dataframe(frame, hide_index=True, column_config=config, placeholder="", **options)


def local_config(frame: pd.DataFrame) -> dict[str, Any]:
    """The configuration of every column of dates, and of numbers that lose no digit by it."""
    found: dict[str, Any] = {str(name): LOCALISED for name, values in frame.items() if _shown_whole(values)}
    dates = {str(name) for name, values in frame.items() if _are_dates(values)}
    figures = {str(name) for name, values in frame.items() if _are_figures(values)}
    return (
        found
        | dict.fromkeys(dates, st.column_config.DateColumn(format="localized"))
        | dict.fromkeys(figures, st.column_config.TextColumn(alignment="right"))
    )


def _shown_whole(values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return False
    known = values.dropna().astype(float)
    return bool(len(known)) and bool((known.round(_DECIMALS) == known).all())


def _are_dates(values: pd.Series) -> bool:
    if values.dtype != object:
        return False
    known = values.dropna()
    return bool(len(known)) and all(type(value) is date for value in known)


def _are_figures(values: pd.Series) -> bool:
    """Whether texts are numbers that were written out: their digits belong below each other, as those of numbers do."""
    known = [value for value in values if isinstance(value, str) and value]
    return 2 * sum(_FIGURE.fullmatch(value) is not None for value in known) > len(known)


def _kept() -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = st.session_state.setdefault("kept_tables", {})
    return tables


def _key(name: str) -> str:
    return f"{name}_{st.session_state.get(f'version_{name}', 0)}"


def kept_editor(name: str, default: pd.DataFrame, **options: Any) -> pd.DataFrame:
    """A data editor that goes on from where it was left.

    The editor's own state is a difference to the frame it was given, and Streamlit drops it with the page. So the frame it starts
    from stays the same while it is on the page, and is the kept result whenever it appears anew.

    Parameters
    ----------
    name : str
        Of the table in this visit.
    default : DataFrame
        Its content before anybody has changed it.
    **options
        For `st.data_editor`.
    """
    key = _key(name)
    start = f"start_{name}"
    if key not in st.session_state or start not in st.session_state:
        st.session_state[start] = _kept().get(name, default)
    edited: pd.DataFrame = st.data_editor(st.session_state[start], key=key, **options)
    _kept()[name] = edited
    return edited


def put(name: str, frame: pd.DataFrame | None) -> None:
    """Give a table another content, or its default again, the next time it is drawn."""
    if frame is None:
        _kept().pop(name, None)
    else:
        _kept()[name] = frame
    st.session_state[f"version_{name}"] = st.session_state.get(f"version_{name}", 0) + 1

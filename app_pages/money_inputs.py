"""Inputs of the money that are a table: the user's own cost lines."""

from __future__ import annotations

import pandas as pd
import streamlit as st

_PER = {
    "case": "as it stands",
    "server": "for each machine",
    "host": "for each host",
    "core": "for each core",
    "kw": "for each kW of IT power",
}
_WHEN = {"yearly": "every year", "once": "once, now"}
_SIDE = {"both": "both sides", "baseline": "keeping", "target": "the plan"}


def own_lines(currency: str) -> dict[str, object]:
    """The user's own cost lines, as settings of the scenario; an unfinished row is named and left out."""
    with st.sidebar, st.expander("Your own cost lines"):
        st.caption("What no other setting holds, at today's prices. Yearly amounts rise with inflation.")
        empty = pd.DataFrame(
            {"name": pd.Series(dtype=str), "amount": pd.Series(dtype=float), "when": [], "per": [], "side": []}
        )
        edited = st.data_editor(
            empty.astype({"when": str, "per": str, "side": str}),
            num_rows="dynamic",
            hide_index=True,
            key="own_lines",
            column_config={
                "name": st.column_config.TextColumn("Line"),
                "amount": st.column_config.NumberColumn(f"Amount ({currency})", format="%g"),
                "when": _choice("When", _WHEN, "yearly"),
                "per": _choice("Amount is", _PER, "case"),
                "side": _choice("Side", _SIDE, "both"),
            },
        )
        lines = []
        for row in edited.itertuples(index=False):
            if pd.isna(row.name) or not str(row.name).strip() or pd.isna(row.amount):
                st.warning("A line without a name or an amount is not used.")
                continue
            lines.append(
                {
                    "name": str(row.name),
                    "amount": float(row.amount),
                    "when": _key(_WHEN, row.when, "yearly"),
                    "per": _key(_PER, row.per, "case"),
                    "side": _key(_SIDE, row.side, "both"),
                }
            )
    return {"own_lines": tuple(lines)}


def _choice(label: str, options: dict[str, str], default: str) -> object:
    return st.column_config.SelectboxColumn(label, options=list(options.values()), default=options[default])


def _key(options: dict[str, str], shown: object, default: str) -> str:
    return next((key for key, text in options.items() if text == shown), default)

"""Sources: every reference figure with its source and date, searchable."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from app_pages.tables import show_table
from calc import reference
from calc.language import say
from calc.report.bundle import safe_text
from calc.report.figures import number


@st.cache_data
def packages() -> dict[str, dict[str, object]]:
    """Every reference table as it describes itself: name to description."""
    package = json.loads((reference.FOLDER / "datapackage.json").read_text(encoding="utf-8"))
    return {resource["path"].removesuffix(".csv"): resource for resource in package["resources"]}


def found_in(table: pd.DataFrame, text: str) -> pd.DataFrame:
    """Rows that hold every word of a text somewhere."""
    if not text.strip():
        return table
    whole = table.astype(object).fillna("").astype(str).agg(" ".join, axis=1).str.casefold()
    keep = pd.Series(True, index=table.index)
    for word in text.casefold().split():
        keep &= whole.str.contains(word, regex=False)
    return table[keep]


def main() -> None:
    st.title(say("Where does every figure come from?"))
    described = packages()
    text = st.text_input(
        say("Search in all reference tables"),
        key="source_search",
        placeholder=say("e.g. PUE, Xeon Gold, proxmox, Korea"),
        icon=":material/search:",
    )
    hits = {name: found_in(reference.table(name), text) for name in described}
    total = sum(map(len, hits.values()))
    st.markdown(
        say(
            "{n:,} figures in {tables} tables.",
            n=total,
            tables=sum(1 for table in hits.values() if len(table)),
        )
    )
    if not total:
        st.info(say("Nothing holds all of these words: try fewer."))
        return
    names = [name for name in described if len(hits[name])]
    names.sort(key=lambda name: (name != "assumptions", -len(hits[name]) if text.strip() else 0))
    chosen = st.selectbox(
        say("Table"),
        names,
        format_func=lambda name: f"{described[name].get('title') or name} ({number(len(hits[name]))})",
        key=f"source_table_{'search' if text.strip() else 'all'}",
    )
    about = described[chosen]
    st.markdown(str(about.get("description", "")).replace("$", "\\$"))
    shown = hits[chosen].dropna(axis="columns", how="all")
    show_table(shown.astype(object).where(shown.notna(), None), height=430)
    st.markdown(f"**{say('Sources of this table')}**")
    lines = []
    for source in about.get("sources", []):  # type: ignore[attr-defined]
        path = f" – {source['path']}" if source.get("path") else ""
        lines.append(f"- {source['title']}{path}")
    st.markdown("\n".join(lines).replace("$", "\\$"))
    st.download_button(
        say("This table (CSV)"),
        safe_text(hits[chosen]).to_csv(index=False).encode(),
        f"{chosen}.csv",
        "text/csv",
        icon=":material/download:",
        key="download_source",
        on_click="ignore",
    )


main()

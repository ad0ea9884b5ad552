"""The Money tab: the lines, the alternatives, the range, the decision, and where every figure comes from."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import calc
from app_pages.jobs import current_key, remembered
from app_pages.money_views import show_alternatives, show_books, show_range
from calc.costs.cashflow import ROI_FORMULA
from calc.costs.fleet import LINES
from calc.costs.ledger import key_of, resting_on
from calc.report import words
from calc.report.bundle import safe_text

_VIEWS = ("Lines", "Alternatives", "Range and decision", "Ledger", "Profit and loss, carbon")
_ORIGIN_WORDS = {
    "user": "stated by you",
    "file": "counted from the inventory",
    "plan": "outcome of the plan",
    "reference": "sourced default",
    "assumed": "estimate with defaults in it",
}


def show_money(a: calc.Assessment) -> None:
    """One view at a time: what is not shown costs no time."""
    c, currency = a.comparison, a.scenario.currency
    columns = st.columns([1.6, 1.15, 1.15, 0.75, 1.25])
    columns[0].metric(
        "Net present value", words.amount(c.npv, currency), help=f"At {a.scenario.discount_rate:.1%}, before tax."
    )
    columns[1].metric("Internal rate of return", _rates(c.irr), help="Rates at which the net present value is zero.")
    columns[2].metric(
        "Payback, discounted",
        words.months(c.discounted_payback_months),
        help=f"Undiscounted: {words.months(c.payback_months)}.",
    )
    columns[3].metric("ROI", "no investment" if c.roi is None else f"{c.roi:.0%}", help=f"ROI = {ROI_FORMULA}")
    columns[4].metric(
        "Per workload and month",
        "–" if c.cost_per_workload_month is None else f"{c.cost_per_workload_month:,.0f} {currency}",
        help="TCO of the plan over workloads and months.",
    )
    view = st.segmented_control("View", _VIEWS, default=_VIEWS[0], key="money_view", label_visibility="collapsed")
    shown = {
        _VIEWS[0]: show_lines,
        _VIEWS[1]: show_alternatives,
        _VIEWS[2]: show_range,
        _VIEWS[3]: show_ledger,
        _VIEWS[4]: show_books,
    }
    shown[view or _VIEWS[0]](a)


def _rates(rates: tuple[float, ...]) -> str:
    if not rates:
        return "none"
    text = " and ".join(f"{rate:.1%}" for rate in rates)
    return text if len(rates) == 1 else f"several: {text}"


def show_lines(a: calc.Assessment) -> None:
    """Cumulative cost, the waterfalls, the cash flow; a click on an amount explains it."""
    from calc.report import charts, money_charts

    left, right = st.columns(2)
    with left:
        st.subheader("Cumulative cost")
        st.altair_chart(charts.cashflow_chart(a))
        st.subheader("What each step saves")
        st.altair_chart(charts.saving_steps_chart(a))
    with right:
        st.subheader("Line by line")
        st.altair_chart(money_charts.waterfall_chart(a))
    st.subheader("Cash flow")
    st.caption("Click an amount to see how it comes about.")
    cash = calc.cashflow_table(a)
    shown, rows = _wide(a)
    event = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-cell",
        key=f"cash_{current_key()}",
        column_config={name: st.column_config.NumberColumn(format="localized") for name in shown.columns[2:]},
    )
    _explain_cell(a, rows, event)
    st.caption(
        f"In {a.scenario.currency}, nominal. Costs are positive. Year 0 holds purchases and one-offs; yearly costs fall at "
        "year end; subscriptions are paid in advance."
    )
    _labour(a)
    _licences(a)
    st.download_button(
        "Cash flow (CSV)",
        cash.round(2).to_csv(index=False).encode(),
        "cashflow.csv",
        "text/csv",
        icon=":material/download:",
        key="download_cashflow",
        on_click="ignore",
    )


def _wide(a: calc.Assessment) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    rows: list[list[Any]] = []
    keys: list[tuple[str, str]] = []
    for side, title in (("baseline", "Keep"), ("target", "Plan")):
        for line in LINES:
            amounts = a.flows[side][line]
            if amounts.any():
                rows.append([title, line, *(round(float(value)) for value in amounts), round(float(amounts.sum()))])
                keys.append((line, side))
    years = [f"Year {year}" for year in range(a.scenario.horizon_years + 1)]
    return pd.DataFrame(rows, columns=["Side", "Line", *years, "Total"]), keys


def _explain_cell(a: calc.Assessment, rows: list[tuple[str, str]], event: Any) -> None:
    cells = event.selection.cells if event is not None and "cells" in event.selection else []
    if not cells:
        return
    row, column = cells[0]
    line, side = rows[row]
    year = column.removeprefix("Year ")
    key = key_of(line, side, int(year)) if year.isdigit() else f"{line.replace(' ', '_')}.{side}"
    show_explanation(a, key)


def show_explanation(a: calc.Assessment, key: str) -> None:
    """The formula of an amount with its figures, origins, sources and dates."""
    found = a.explain(key)
    with st.container(border=True):
        st.markdown(f"**{key}** = {found.amount:,.2f} {found.currency}")
        for number, (_, part) in enumerate(found.rows.groupby("term", sort=False)):
            if number == 12:
                st.caption(f"… and {found.rows['term'].nunique() - 12} more terms in the ledger.")
                break
            first = part.iloc[0]
            st.markdown(f"{first['label']}: **{first['amount']:,.2f}** = `{first['formula']}`")
            table = part[["figure", "value", "unit", "origin", "source", "as_of"]].copy()
            table["origin"] = table["origin"].map(_ORIGIN_WORDS)
            table["value"] = [f"{value:,.6g}" for value in table["value"]]
            table.columns = ["Figure", "Value", "Unit", "Origin", "Source", "As of"]
            st.dataframe(table, hide_index=True)


def _labour(a: calc.Assessment) -> None:
    before, after = (sum(term.amount for term in a.sides[side].labour) for side in ("baseline", "target"))
    counted = "counted above" if a.scenario.count_labour else "not counted above"
    st.caption(
        f"Administration labour, shown apart and {counted}: {words.amount(before, a.scenario.currency)} today, "
        f"{words.amount(after, a.scenario.currency)} with the plan. It is the least trusted line of any business case: "
        "the number of systems to administer does not fall, only the number of machines."
    )


def _licences(a: calc.Assessment) -> None:
    """What stands behind the guest licences, and what it is worth that the packing knows them."""
    if a.scenario.windows_licences == "not_stated":
        return
    from calc.licence_plan import compare_licence_plans

    found = remembered("licences", current_key(), lambda: compare_licence_plans(a))
    if found is None:
        return
    st.subheader("With and without licences in the packing")
    table = found.table.rename(
        columns={
            "plan": "Plan",
            "hosts": "Hosts",
            "guest_licences": "Guest licences",
            "tco": "TCO",
            "present_cost": "Cost, present value",
        }
    ).round(0)
    st.dataframe(
        table,
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="localized") for name in table.columns[2:]},
    )
    worth = words.amount(abs(found.saving), a.scenario.currency)
    st.caption(
        f"Knowing the licences {'saves' if found.saving >= 0 else 'costs'} {worth} of present value with the best of the two. "
        "The first plan is licensed for its fullest state after a failure."
    )


def show_ledger(a: calc.Assessment) -> None:
    """Every figure with its origin, and how much of the money rests on which kind."""
    ledger = a.ledger()
    shares = resting_on(ledger)
    shares = shares[shares["amount"] > 0]
    parts = [f"{row.share:.0%} on {_ORIGIN_WORDS[row.origin]}" for row in shares.itertuples()]
    st.markdown(f"At its weakest figure, the money of both sides rests {', '.join(parts)}.")
    keys = ["savings", "npv", *dict.fromkeys(ledger["key"])]
    chosen = st.selectbox(
        "Explain", keys, index=None, placeholder="an amount, e.g. energy.target.year2", key="explain_key"
    )
    if chosen:
        show_explanation(a, chosen)
    figures = (
        ledger.groupby(["figure", "value", "unit", "origin", "source", "as_of"], dropna=False)
        .agg(amounts=("key", "nunique"))
        .reset_index()
    )
    st.subheader("Every figure used")
    st.dataframe(
        figures.rename(
            columns={
                "figure": "Figure",
                "value": "Value",
                "unit": "Unit",
                "origin": "Origin",
                "source": "Source",
                "as_of": "As of",
                "amounts": "In how many amounts",
            }
        ),
        hide_index=True,
    )
    st.download_button(
        "Ledger (CSV)",
        safe_text(ledger).to_csv(index=False).encode(),
        "ledger.csv",
        "text/csv",
        icon=":material/download:",
        key="download_ledger",
        on_click="ignore",
    )

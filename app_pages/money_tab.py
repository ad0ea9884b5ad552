"""The Money tab: the lines, the alternatives, the range, the decision, and where every figure comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import calc
from app_pages.jobs import remembered
from calc.costs.carbon import carbon_break_even_months, carbon_table, emissions, grid_carbon
from calc.costs.cashflow import ROI_FORMULA, per_year
from calc.costs.fleet import LINES
from calc.costs.ledger import key_of, resting_on
from calc.costs.pnl import profit_and_loss
from calc.report import words
from calc.report.bundle import safe_text

_VIEWS = ("Lines", "Alternatives", "Range and decision", "Ledger", "Profit and loss, carbon")
_DRAWS = 2000
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
    columns = st.columns(5)
    columns[0].metric(
        "Net present value", words.amount(c.npv, currency), help=f"At {a.scenario.discount_rate:.1%}, before tax."
    )
    columns[1].metric("Internal rate of return", _rates(c.irr), help="Rates at which the net present value is zero.")
    columns[2].metric(
        "Payback, discounted", _months(c.discounted_payback_months), help=f"Undiscounted: {_months(c.payback_months)}."
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


def _months(months: float | None) -> str:
    if months is None:
        return "never"
    return "at once" if months == 0 else f"{months:.0f} months"


def _key() -> str:
    return str(st.session_state.get("current_job", ""))


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
        key=f"cash_{_key()}",
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

    found = remembered("licences", _key(), lambda: compare_licence_plans(a))
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


def show_alternatives(a: calc.Assessment) -> None:
    """Every alternative in one table, the recommended one marked, the crossing points drawn."""
    from calc.alternatives import compare_alternatives
    from calc.report import money_charts

    def make() -> Any:
        bar = st.progress(0.0, text="Forming the alternatives …")
        found = compare_alternatives(
            a, on_progress=lambda share, text: bar.progress(min(1.0, share), text=f"Forming the alternatives … {text}")
        )
        bar.empty()
        return found

    found = remembered("alternatives", _key(), make)
    best = found.recommended
    st.success(f"**{best.name}**: {found.reason}.", icon=":material/recommend:")
    table = found.table()
    shown = pd.DataFrame(
        {
            "": np.where(table["recommended"], "★", ""),
            "Alternative": table["alternative"],
            "Machines": [_machines(row) for row in table.itertuples()],
            "Year 0": table["year_0"].round(0),
            "TCO": table["tco"].round(0),
            "Cost, present value": table["present_cost"].round(0),
            "NPV against staying": table["npv_against_stay"].round(0),
            "Payback": [_months(None if np.isnan(m) else m) for m in table["payback_months"].astype(float)],
            "Prices missing": table["missing_prices"],
            "Note": table["note"],
        }
    )
    money = ("Year 0", "TCO", "Cost, present value", "NPV against staying")
    st.dataframe(
        shown,
        hide_index=True,
        height=min(600, 38 + 35 * len(shown)),
        column_config={name: st.column_config.NumberColumn(format="localized") for name in money},
    )
    for name, why in found.skipped.items():
        st.caption(f"{name}: {why}.")
    st.caption(
        "Same workloads, horizon, growth and residual-value rule in every row. Where prices are missing the row is a lower "
        "bound of its cost and is never recommended; state them under “Cloud alternative”."
    )
    st.subheader("Cumulative cost, and where courses cross")
    st.altair_chart(money_charts.alternatives_chart(found))
    crossings = found.crossings()
    if len(crossings):
        st.dataframe(
            crossings.assign(
                month=crossings["month"].round(1), cost=[f"{value:,.0f}" for value in crossings["cost"]]
            ).rename(
                columns={
                    "first": "Cheaper before",
                    "second": "Cheaper after",
                    "month": "Month",
                    "cost": "Cumulative cost",
                }
            ),
            hide_index=True,
        )
    else:
        st.caption("No two complete courses cross within the horizon: the order never changes.")
    if found.choice is not None:
        with st.expander(f"The instance of every workload in {found.choice.region}"):
            choices = found.choice.table.assign(hybrid=np.where(found.in_cloud, "cloud", "host"))
            st.dataframe(choices, hide_index=True)
            st.download_button(
                "Instances (CSV)",
                safe_text(choices).to_csv(index=False).encode(),
                "instances.csv",
                "text/csv",
                icon=":material/download:",
                key="download_instances",
                on_click="ignore",
            )


def _machines(row: Any) -> str:
    parts = (
        (row.hosts, "hosts"),
        (row.servers_kept_or_refreshed, "servers"),
        (row.workloads_in_cloud, "in the cloud"),
    )
    return " + ".join(f"{count:,} {what}" for count, what in parts if count)


def show_range(a: calc.Assessment) -> None:
    """Decision, fan, quantiles, tornado, break-even."""
    from calc.report import money_charts
    from calc.uncertainty import break_even, build_model, decide, simulate, tornado  # scipy.stats takes a second

    if not len(a.case.hosts):
        st.info("Nothing can be placed, so there is nothing to weigh.")
        return

    def make() -> tuple[Any, ...]:
        bar = st.progress(0.0, text="Calibrating the number of hosts on full plans …")
        model = build_model(a)
        table = tornado(model)
        simulation = simulate(
            model, _DRAWS, on_progress=lambda share: bar.progress(share, text=f"Pricing {_DRAWS:,} draws …")
        )
        bar.empty()
        return model, table, simulation, decide(model, table, simulation)

    model, table, simulation, decision = remembered("ranges", _key(), make)
    icon = {"buy": ":material/shopping_cart:", "wait": ":material/hourglass_empty:"}.get(
        decision.verdict, ":material/straighten:"
    )
    st.info(f"**{decision.verdict.capitalize()}**: {decision.reason}.".replace("$", "\\$"), icon=icon)
    left, right = st.columns([3, 2])
    currency = a.scenario.currency
    with left:
        st.subheader("Cumulative saving")
        base = np.cumsum(per_year(a.flows["baseline"]) - per_year(a.flows["target"]))
        st.altair_chart(money_charts.fan_chart(simulation, base, currency))
        st.caption("Shaded: P10 to P90 and P25 to P75; line: median; dashed: the answer itself.")
    with right:
        st.subheader(f"{len(simulation.draws):,} draws")
        quantiles = simulation.quantiles()
        names = {
            "npv": f"Net present value ({currency})",
            "savings": f"Saving ({currency})",
            "payback_months": "Payback (months)",
            "hosts": "Hosts",
        }
        text = quantiles.map(lambda value: "never" if np.isinf(value) else f"{value:,.0f}")
        st.dataframe(text.rename(index=names).rename_axis("").reset_index(), hide_index=True)
        st.markdown(
            f"Probability of a positive net present value **{simulation.probability_positive:.0%}**, "
            f"of saving money undiscounted **{simulation.probability_saving:.0%}**."
        )
        steps = simulation.convergence()
        moved = abs(steps["P50"].iloc[-1] - steps["P50"].iloc[-2])
        st.caption(
            f"Every draw is priced exactly. Hosts follow from the aggregate bound times a gap calibrated on "
            f"{simulation.calibration.plans} full plans a pool (largest error {simulation.calibration.worst:.0%}). The median moved "
            f"by {words.amount(float(moved), currency)} over the second half of the draws. Latin hypercube, {simulation.shape.upper()}, "
            f"seed {simulation.seed}."
        )
        with st.expander("Does it settle?"):
            st.dataframe(
                steps.assign(
                    **{name: [f"{value:,.0f}" for value in steps[name]] for name in ("P10", "P50", "P90")}
                ).rename(columns={"draws": "Draws"}),
                hide_index=True,
            )
    st.subheader("Which guesses move it")
    st.altair_chart(money_charts.tornado_chart(table, a.comparison.npv, currency))
    st.subheader("What to measure next")
    nxt = decision.measure_next
    st.dataframe(
        pd.DataFrame(
            {
                "Guess": nxt["title"],
                f"Moves NPV by ({currency})": [f"{value:,.0f}" for value in nxt["effect"]],
                "Low": [f"{value:.4g}" for value in nxt["low"]],
                "High": [f"{value:.4g}" for value in nxt["high"]],
                "Unit": nxt["unit"],
                "How to measure": nxt["how_to_measure"],
            }
        ),
        hide_index=True,
    )
    name = st.selectbox(
        "Break-even of",
        list(table["input"]),
        format_func=dict(zip(table["input"], table["title"], strict=True)).get,
        key="break_even",
    )
    if name:
        item = next(entry for entry in model.inputs if entry.name == name)
        point = break_even(model, name)
        if point is None:
            st.caption(
                f"No value of “{item.title}” alone brings the net present value to zero (now {item.base:.4g} {item.unit})."
            )
        else:
            st.markdown(
                f"The net present value is zero at **{item.title} = {point:.4g} {item.unit}** (now {item.base:.4g})."
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


def show_books(a: calc.Assessment) -> None:
    """The profit-and-loss view, and carbon."""
    from calc.report import money_charts

    st.subheader("Profit and loss, beside the cash view")
    st.caption(
        "Straight-line over the life of a server. Depreciation and write-off are no cash: they are in no figure above."
    )
    for side, title, removed in (("baseline", "Keep", None), ("target", "Plan", ~a.retained)):
        table = profit_and_loss(a.sides[side], a.case, a.scenario, removed=removed).round(0)
        st.markdown(f"**{title}**")
        st.dataframe(
            table.rename(columns=lambda name: name.replace("_", " ").capitalize()),
            hide_index=True,
            column_config={
                name.replace("_", " ").capitalize(): st.column_config.NumberColumn(format="localized")
                for name in table.columns[1:]
            },
        )
    st.subheader("Carbon")
    grid = grid_carbon(a.scenario)
    months = carbon_break_even_months(a.sides["baseline"], a.sides["target"], a.scenario)
    _, made = emissions(a.sides["target"], a.scenario)
    _, avoided = emissions(a.sides["refresh"], a.scenario)
    when = {None: "not made good within the horizon"}.get(months, f"made good after {months or 0:.0f} months")
    st.markdown(
        f"New hosts embody **{made.sum() / 1000:,.0f} t** CO2e, {when} of lower power; a refresh like for like would have taken "
        f"{avoided.sum() / 1000:,.0f} t. Electricity: {grid.kg_per_kwh:g} kg/kWh, {grid.country} {grid.year}."
    )
    st.altair_chart(money_charts.carbon_chart(a))
    names = {"baseline": "Keep", "refresh": "Refresh", "target": "Plan"}
    table = carbon_table({side: a.sides[side] for side in names}, a.scenario)
    table["side"] = table["side"].map(names)
    st.dataframe(
        table.round(0).rename(
            columns={
                "year": "Year",
                "side": "Side",
                "operational_kg": "Operational (kg)",
                "embodied_kg": "Embodied (kg)",
                "cumulative_kg": "Cumulative (kg)",
            }
        ),
        hide_index=True,
    )

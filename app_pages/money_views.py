"""Views of the Money tab that look beyond the cash flow: alternatives, range and decision, books and carbon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import calc
from app_pages.jobs import current_key, remembered
from calc.costs.carbon import carbon_break_even_months, carbon_table, emissions, grid_carbon
from calc.costs.cashflow import per_year
from calc.costs.pnl import profit_and_loss
from calc.report import words
from calc.report.bundle import safe_text

_DRAWS = 2000


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

    found = remembered("alternatives", current_key(), make)
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
            "Payback": [
                "–"
                if row.npv_against_stay == 0
                else words.months(None if np.isnan(row.payback_months) else row.payback_months)
                for row in table.astype({"payback_months": float}).itertuples()
            ],
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

    model, table, simulation, decision = remembered("ranges", current_key(), make)
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

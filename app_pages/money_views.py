"""Views of the page Money that look beyond the cash flow: alternatives, range and decision, books and carbon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import calc
from app_pages.explained import clicked_cells, clicked_chart, clicked_rows
from app_pages.jobs import current_key, remembered
from app_pages.tables import show_table
from calc.costs.carbon import carbon_break_even_months, carbon_table, emissions, grid_carbon
from calc.costs.cashflow import per_year
from calc.costs.pnl import profit_and_loss
from calc.language import local, say
from calc.report import counts, words
from calc.report.bundle import safe_text
from calc.report.figures import number, plain, quantity, read_as, sentence
from calc.report.made_books import columns
from calc.report.made_range import outcome_names

_DRAWS = 2000


def show_alternatives(a: calc.Assessment) -> None:
    """Every alternative in one table, the recommended one marked, the crossing points drawn."""
    from calc.alternatives import compare_alternatives
    from calc.report import money_charts

    def make() -> Any:
        bar = st.progress(0.0, text=say("Forming the alternatives …"))
        found = compare_alternatives(
            a,
            on_progress=lambda share, text: bar.progress(
                min(1.0, share), text=say("Forming the alternatives … {which}", which=local(text))
            ),
        )
        bar.empty()
        return found

    found = remembered("alternatives", current_key(), make)
    best = found.recommended
    st.success(f"**{local(best.name)}**: {local(found.reason)}.".replace("$", "\\$"), icon=":material/recommend:")
    table = found.table()
    shown = pd.DataFrame(
        {
            say("Recommended"): np.where(table["recommended"], "★", ""),
            say("Alternative"): [local(name) for name in table["alternative"]],
            say("Machines"): [_machines(row) for row in table.itertuples()],
            say("Year 0"): table["year_0"].round(0),
            say("TCO"): table["tco"].round(0),
            say("Cost, present value"): table["present_cost"].round(0),
            say("NPV against staying"): table["npv_against_stay"].round(0),
            say("Payback"): [
                "–"
                if row.npv_against_stay == 0
                else words.months(None if np.isnan(row.payback_months) else row.payback_months)
                for row in table.astype({"payback_months": float}).itertuples()
            ],
            say("Prices missing"): table["missing_prices"],
            say("Note"): [local(note) for note in table["note"]],
        }
    )
    clicked_rows(
        shown,
        [f"alternative.{number}" for number in range(len(shown))],
        "alternatives_table",
        height=min(600, 38 + 35 * len(shown)),
    )
    for name, why in found.skipped.items():
        st.caption(f"{local(name)}: {local(why)}.")
    st.caption(
        say(
            "Same workloads, horizon, growth and residual-value rule in every row. Where prices are missing the row is a lower "
            "bound of its cost and is never recommended; state them under “Cloud alternative”."
        )
    )
    st.header(say("Cumulative cost, and where courses cross"))
    clicked_chart(money_charts.alternatives_chart(found), "courses")
    if any(entry.missing for entry in found.entries):
        st.caption(
            say("Dashed: prices are missing, so the line is a lower bound. Diamonds: where one course becomes cheaper.")
        )
    crossings = found.crossings()
    if len(crossings):
        show_table(
            crossings.assign(
                first=crossings["first"].map(local),
                second=crossings["second"].map(local),
                month=crossings["month"].round(1),
                cost=crossings["cost"].round(0),
            ).rename(
                columns={
                    "first": say("Cheaper before"),
                    "second": say("Cheaper after"),
                    "month": say("Month"),
                    "cost": say("Cumulative cost"),
                }
            )
        )
    else:
        st.caption(say("No two complete courses cross within the horizon: the order never changes."))
    if found.choice is not None:
        with st.expander(say("The instance of every workload in {region}", region=found.choice.region)):
            choices = found.choice.table.assign(hybrid=np.where(found.in_cloud, say("cloud"), say("host")))
            show_table(choices)
            st.download_button(
                say("Instances (CSV)"),
                safe_text(choices).to_csv(index=False).encode(),
                "instances.csv",
                "text/csv",
                icon=":material/download:",
                key="download_instances",
                on_click="ignore",
            )


def _machines(row: Any) -> str:
    parts = (
        counts.hosts(row.hosts) if row.hosts else "",
        counts.servers(row.servers_kept_or_refreshed) if row.servers_kept_or_refreshed else "",
        say("{n:,} in the cloud", n=row.workloads_in_cloud) if row.workloads_in_cloud else "",
    )
    return " + ".join(part for part in parts if part)


def show_range(a: calc.Assessment) -> None:
    """Decision, fan, quantiles, tornado, break-even."""
    from calc.report import money_charts
    from calc.uncertainty import break_even, build_model, decide, simulate, tornado  # scipy.stats takes a second

    if not len(a.case.hosts):
        st.info(say("Nothing can be placed, so there is nothing to weigh."))
        return

    def make() -> tuple[Any, ...]:
        bar = st.progress(0.0, text=say("Calibrating the number of hosts on full plans …"))
        model = build_model(a)
        table = tornado(model)
        simulation = simulate(
            model, _DRAWS, on_progress=lambda share: bar.progress(share, text=say("Pricing {n:,} draws …", n=_DRAWS))
        )
        bar.empty()
        return model, table, simulation, decide(model, table, simulation)

    model, table, simulation, decision = remembered("ranges", current_key(), make)
    icon = {"buy": ":material/shopping_cart:", "wait": ":material/hourglass_empty:"}.get(
        decision.verdict, ":material/straighten:"
    )
    shown = sentence(local(decision.verdict))
    st.info(f"**{shown}**: {local(decision.reason)}.".replace("$", "\\$"), icon=icon)
    left, right = st.columns([1, 1])
    currency = a.scenario.currency
    with left:
        st.header(say("Cumulative saving"))
        base = np.cumsum(per_year(a.flows["baseline"]) - per_year(a.flows["target"]))
        clicked_chart(money_charts.fan_chart(simulation, base, currency), "fan")
        st.caption(say("Shaded: P10 to P90 and P25 to P75; line: median; dashed: the answer itself."))
    with right:
        st.header(say("{n:,} draws", n=len(simulation.draws)))
        quantiles = simulation.quantiles()
        text = quantiles.map(lambda value: say("never") if np.isinf(value) else number(value))
        clicked_cells(
            text.rename(index=outcome_names(currency)).rename_axis(say("Figure")).reset_index(),
            [{name: f"quantile.{outcome}.{name}" for name in text.columns} for outcome in text.index],
            "quantiles",
        )
        st.markdown(
            say(
                "Probability of a positive net present value **{positive:.0%}**, of saving money undiscounted **{saving:.0%}**.",
                positive=simulation.probability_positive,
                saving=simulation.probability_saving,
            )
        )
        steps = simulation.convergence()
        moved = abs(steps["P50"].iloc[-1] - steps["P50"].iloc[-2])
        st.caption(
            say(
                "Every draw is priced exactly. Hosts follow from the aggregate bound times a gap calibrated on {plans} full plans a pool "
                "(largest error {worst:.0%}). The median moved by {moved} over the second half of the draws. Latin hypercube, {shape}, "
                "seed {seed}.",
                plans=simulation.calibration.plans,
                worst=simulation.calibration.worst,
                moved=words.amount(float(moved), currency),
                shape=simulation.shape.upper(),
                seed=simulation.seed,
            )
        )
        with st.expander(say("Does it settle?")):
            show_table(
                steps.assign(
                    **{name: [number(value) for value in steps[name]] for name in ("P10", "P50", "P90")}
                ).rename(columns={"draws": say("Draws")})
            )
    st.header(say("Which guesses move it"))
    clicked_chart(money_charts.tornado_chart(table, a.comparison.npv, currency), "tornado")
    st.header(say("What to measure next"))
    nxt = decision.measure_next
    clicked_rows(
        pd.DataFrame(
            {
                say("Guess"): [local(title) for title in nxt["title"]],
                say("Moves NPV by ({currency})", currency=currency): nxt["effect"].round(0),
                say("Low"): [
                    plain(value * read_as(unit)[0], 4) for value, unit in zip(nxt["low"], nxt["unit"], strict=True)
                ],
                say("High"): [
                    plain(value * read_as(unit)[0], 4) for value, unit in zip(nxt["high"], nxt["unit"], strict=True)
                ],
                say("Unit"): [read_as(unit)[1] for unit in nxt["unit"]],
                say("How to measure"): [local(how) for how in nxt["how_to_measure"]],
            }
        ),
        [f"input.{name}" for name in nxt["input"]],
        "measure_next",
    )
    name = st.selectbox(
        say("Break-even of"),
        list(table["input"]),
        format_func={key: local(title) for key, title in zip(table["input"], table["title"], strict=True)}.get,
        key="break_even",
    )
    if name:
        item = next(entry for entry in model.inputs if entry.name == name)
        point = break_even(model, name)
        if point is None:
            st.caption(
                say(
                    "No value of “{title}” alone brings the net present value to zero (now {base}).",
                    title=local(item.title),
                    base=quantity(item.base, item.unit),
                )
            )
        else:
            st.markdown(
                say(
                    "The net present value is zero at **{title} = {point}** (now {base}).",
                    title=local(item.title),
                    point=quantity(point, item.unit),
                    base=quantity(item.base, item.unit),
                )
            )


def show_books(a: calc.Assessment) -> None:
    """The profit-and-loss view, and carbon."""
    from calc.report import money_charts

    st.header(say("Profit and loss, beside the cash view"))
    st.caption(
        say(
            "Straight-line over the life of a server. Depreciation and write-off are no cash: they are in no figure above."
        )
    )
    names = {"year": say("Year")} | columns()
    for side, title, removed in (("baseline", say("Keep"), None), ("target", say("Plan"), ~a.retained)):
        table = profit_and_loss(a.sides[side], a.case, a.scenario, removed=removed).round(0)
        st.markdown(f"**{title}**")
        keys = [{names[key]: f"books.{side}.{key}.{year}" for key in columns()} for year in table["year"]]
        clicked_cells(table.rename(columns=names), keys, f"books_{side}")
    st.header(say("Carbon"))
    grid = grid_carbon(a.scenario)
    months = carbon_break_even_months(a.sides["baseline"], a.sides["target"], a.scenario)
    _, made = emissions(a.sides["target"], a.scenario)
    _, avoided = emissions(a.sides["refresh"], a.scenario)
    when = (
        say("not made good within the horizon") if months is None else say("made good after {n:.0f} months", n=months)
    )
    st.markdown(
        say(
            "New hosts embody **{made:,.0f} t** CO2e, {when} of lower power; a refresh like for like would have taken {avoided:,.0f} t. "
            "Electricity: {kg:g} kg/kWh, {country} {year}.",
            made=made.sum() / 1000,
            when=when,
            avoided=avoided.sum() / 1000,
            kg=grid.kg_per_kwh,
            country=grid.country,
            year=grid.year,
        )
    )
    clicked_chart(money_charts.carbon_chart(a), "carbon")
    names = {"baseline": say("Keep"), "refresh": say("Refresh"), "target": say("Plan")}
    table = carbon_table({side: a.sides[side] for side in names}, a.scenario)
    figures = {
        "operational_kg": (say("Operational (kg)"), "operational_carbon"),
        "embodied_kg": (say("Embodied (kg)"), "embodied_carbon"),
        "cumulative_kg": (say("Cumulative (kg)"), "carbon"),
    }
    clicked_cells(
        table.assign(side=table["side"].map(names))
        .round(0)
        .rename(columns={"year": say("Year"), "side": say("Side")} | {key: name for key, (name, _) in figures.items()}),
        [{name: f"{kind}.{row.side}.{row.year}" for name, kind in figures.values()} for row in table.itertuples()],
        "carbon_table",
    )

"""Money: the lines, the alternatives, the range, the decision, and where every figure comes from."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import calc
from app_pages.current import current_answer
from app_pages.explained import choose_figure, clicked_cells, clicked_chart, figure, origin_words, show_explained
from app_pages.jobs import current_key, remembered
from app_pages.money_views import show_alternatives, show_books, show_range
from app_pages.tables import show_table
from calc.costs.fleet import LINES
from calc.costs.ledger import key_of, resting_on
from calc.language import cited, local, say
from calc.report import words
from calc.report.bundle import safe_text
from calc.report.figures import number, percent, plain
from calc.report.made import SIDES, line_key, side_name
from calc.report.made_of import figure_names


def views() -> dict[str, str]:
    """What can be looked at, one at a time."""
    return {
        "lines": say("Lines"),
        "alternatives": say("Alternatives"),
        "range": say("Range and decision"),
        "ledger": say("Ledger"),
        "books": say("Books and carbon"),
    }


def show_money(a: calc.Assessment) -> None:
    """One view at a time: what is not shown costs no time."""
    c, currency = a.comparison, a.scenario.currency
    columns = st.columns([1.6, 1.15, 1.15, 0.75, 1.25])
    rate = say("At {rate:.1%}, before tax.", rate=a.scenario.discount_rate)
    figure(columns[0], "npv", words.amount(c.npv, currency), note=rate)
    figure(columns[1], "irr", _rates(c.irr))
    figure(columns[2], "discounted_payback", words.months(c.discounted_payback_months))
    figure(columns[3], "roi", say("no investment") if c.roi is None else percent(c.roi))
    per_month = c.cost_per_workload_month
    figure(columns[4], "unit_cost", "–" if per_month is None else f"{number(per_month)} {currency}")
    names = views()
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    view = left.segmented_control(
        say("View"),
        list(names),
        format_func=lambda key: names[key],
        default="lines",
        key="money_view",
        label_visibility="collapsed",
        required=True,
    )
    choose_figure(figure_names(a), right)
    st.caption(say("Click a figure, a bar, a point or an amount to see how it comes about."))
    shown = {
        "lines": show_lines,
        "alternatives": show_alternatives,
        "range": show_range,
        "ledger": show_ledger,
        "books": show_books,
    }
    shown[view or "lines"](a)
    show_explained(a)


def _rates(rates: tuple[float, ...]) -> str:
    if not rates:
        return say("none")
    text = ", ".join(percent(rate, 1) for rate in rates)
    return text if len(rates) == 1 else say("several: {rates}", rates=text)


def show_lines(a: calc.Assessment) -> None:
    """Cumulative cost, the waterfalls, the cash flow; a click on an amount explains it."""
    from calc.report import charts, money_charts

    left, right = st.columns(2)
    with left:
        st.header(say("Cumulative cost"))
        clicked_chart(charts.cashflow_chart(a), "cumulative")
        st.header(say("What each step saves"))
        clicked_chart(charts.saving_steps_chart(a), "steps")
    with right:
        st.header(say("From keeping to the plan, line by line"))
        clicked_chart(money_charts.waterfall_chart(a), "waterfall")
    st.header(say("Cash flow"))
    cash = calc.cashflow_table(a)
    shown, keys = _wide(a)
    clicked_cells(
        shown,
        keys,
        "cash",
    )
    st.caption(
        say(
            "In {currency}, nominal. Costs are positive. Year 0 holds purchases and one-offs; yearly costs fall at year end; "
            "subscriptions are paid in advance.",
            currency=a.scenario.currency,
        )
    )
    _labour(a)
    _licences(a)
    st.download_button(
        say("Cash flow (CSV)"),
        cash.round(2).to_csv(index=False).encode(),
        "cashflow.csv",
        "text/csv",
        icon=":material/download:",
        key="download_cashflow",
        on_click="ignore",
    )


def _wide(a: calc.Assessment) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """The cash flow with years across, and for every row the key that explains a column."""
    rows: list[list[Any]] = []
    keys: list[dict[str, str]] = []
    years = [say("Year {year}", year=year) for year in range(a.scenario.horizon_years + 1)]
    whole = say("Total")
    for side in SIDES:
        for line in LINES:
            amounts = a.flows[side][line]
            if amounts.any():
                rows.append(
                    [
                        side_name(side),
                        local(line),
                        *(round(float(value)) for value in amounts),
                        round(float(amounts.sum())),
                    ]
                )
                by_year = {name: key_of(line, side, year) for year, name in enumerate(years) if amounts[year]}
                keys.append(by_year | dict.fromkeys((say("Line"), whole), line_key(line, side)))
    return pd.DataFrame(rows, columns=[say("Side"), say("Line"), *years, whole]), keys


def _labour(a: calc.Assessment) -> None:
    before, after = (sum(term.amount for term in a.sides[side].labour) for side in ("baseline", "target"))
    today, planned = (words.amount(value, a.scenario.currency) for value in (before, after))
    counted = say("counted above") if a.scenario.count_labour else say("not counted above")
    st.caption(
        say(
            "Administration labour, shown apart and {counted}: {today} today, {planned} with the plan. It is the least trusted line of "
            "any business case: the number of systems to administer does not fall, only the number of machines.",
            counted=counted,
            today=today,
            planned=planned,
        )
    )


def _licences(a: calc.Assessment) -> None:
    """What stands behind the guest licences, and what it is worth that the packing knows them."""
    if a.scenario.windows_licences == "not_stated":
        return
    from calc.licence_plan import compare_licence_plans

    found = remembered("licences", current_key(), lambda: compare_licence_plans(a))
    if found is None:
        return
    st.header(say("With and without licences in the packing"))
    table = found.table.rename(
        columns={
            "plan": say("Plan"),
            "hosts": say("Hosts"),
            "guest_licences": say("Guest licences"),
            "tco": say("TCO"),
            "present_cost": say("Cost, present value"),
        }
    ).round(0)
    show_table(table)
    worth = words.amount(abs(found.saving), a.scenario.currency)
    if found.saving >= 0:
        st.caption(say("Knowing the licences saves {money} of present value with the best of the two.", money=worth))
    else:
        st.caption(say("Knowing the licences costs {money} of present value with the best of the two.", money=worth))
    st.caption(say("The first plan is licensed for its fullest state after a failure."))


def show_ledger(a: calc.Assessment) -> None:
    """Every figure with its origin, and how much of the money rests on which kind."""
    ledger = a.ledger()
    shares = resting_on(ledger)
    shares = shares[shares["amount"] > 0]
    names = origin_words()
    parts = ", ".join(f"{names[row.origin]} {percent(row.share)}" for row in shares.itertuples())
    st.markdown(say("What the money of both sides rests on, each amount at its weakest figure: {parts}.", parts=parts))
    figures = (
        ledger.groupby(["figure", "value", "unit", "origin", "source", "as_of"], dropna=False)
        .agg(amounts=("key", "nunique"))
        .reset_index()
    )
    figures = figures.assign(
        value=[plain(value) for value in figures["value"]],
        unit=[local(unit) for unit in figures["unit"]],
        origin=[names[origin] for origin in figures["origin"]],
        source=[cited(source) for source in figures["source"]],
    )
    st.header(say("Every figure used"))
    show_table(
        figures.rename(
            columns={
                "figure": say("Figure"),
                "value": say("Value"),
                "unit": say("Unit"),
                "origin": say("Origin"),
                "source": say("Source"),
                "as_of": say("As of"),
                "amounts": say("In how many amounts"),
            }
        )
    )
    st.download_button(
        say("Ledger (CSV)"),
        safe_text(ledger).to_csv(index=False).encode(),
        "ledger.csv",
        "text/csv",
        icon=":material/download:",
        key="download_ledger",
        on_click="ignore",
    )


def main() -> None:
    st.title(say("What does it cost, and what does it save?"))
    answer = current_answer()
    if answer is not None:
        show_money(answer)


main()

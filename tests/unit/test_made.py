"""How a figure comes about: parts that sum to it, a way from every figure to sources, and keys that name nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import calc
from calc.alternatives import compare_alternatives
from calc.costs.carbon import emissions
from calc.costs.cashflow import per_year
from calc.costs.pnl import profit_and_loss
from calc.language import LANGUAGES, using
from calc.report import charts, money_charts, words
from calc.report.made import Made
from calc.report.made_elsewhere import alternative_made_of, input_made_of
from calc.report.made_of import figure_names, made_of
from calc.report.made_plan import plan_measures
from calc.report.made_range import range_made_of
from calc.uncertainty import build_model, simulate, tornado


@pytest.fixture(scope="module")
def answer(tiny_csv: Path) -> calc.Assessment:
    return calc.assess(calc.read_inventory(tiny_csv))


def total(made: Made) -> float:
    return sum(part.amount for part in made.parts)


def test_the_sums_of_parts_are_the_figures(answer: calc.Assessment) -> None:
    c = answer.comparison
    assert total(made_of(answer, "npv")) == pytest.approx(c.npv)
    for side, whole in (("baseline", c.tco_baseline), ("target", c.tco_target)):
        assert total(made_of(answer, f"tco.{side}")) == pytest.approx(whole)
        assert total(made_of(answer, f"cumulative.{side}.2")) == pytest.approx(per_year(answer.flows[side])[:3].sum())
        assert total(made_of(answer, f"total.{side}.1")) == pytest.approx(per_year(answer.flows[side])[1])
    keep, plan, *lines = made_of(answer, "savings").parts
    assert keep.amount - plan.amount == pytest.approx(c.savings) == pytest.approx(sum(part.amount for part in lines))


def test_the_parts_at_the_rate_of_return_sum_to_zero(answer: calc.Assessment) -> None:
    made = made_of(answer, "irr")
    if answer.comparison.irr:
        assert total(made) == pytest.approx(0.0, abs=1e-6 * answer.comparison.tco_baseline)
    else:
        assert "No rate" in made.note


def test_the_payback_is_where_the_sums_turn(answer: calc.Assessment) -> None:
    made = made_of(answer, "payback")
    months = answer.comparison.payback_months
    if months:
        formula = made.formula.replace("×", "*").replace(",", "")
        assert eval(formula, {"__builtins__": {}}) == pytest.approx(months, rel=1e-4)
    assert made.value == words.months(months)


def test_every_way_ends_at_figures_with_sources(answer: calc.Assessment) -> None:
    """From every figure of the list, each part leads on until the ledger's terms, and no way goes in a circle."""
    known: set[str] = set()

    def follow(key: str, way: tuple[str, ...]) -> None:
        assert key not in way, f"{key} is explained by itself: {way}"
        if key in known:
            return
        known.add(key)
        made = made_of(answer, key)
        assert made.title and made.value
        assert made.terms is not None or made.formula, key
        if made.terms is not None:
            assert set(made.terms["origin"]) <= {"user", "file", "plan", "reference", "assumed"}
            assert (made.terms["source"] != "").all()
        for part in made.parts:
            if part.key:
                follow(part.key, (*way, key))

    others = [f"carbon.{side}.2" for side in answer.sides] + [
        f"books.{side}.total.2" for side in ("baseline", "target")
    ]
    steps = [f"step.{number}" for number in range(len(answer.saving_steps))]
    for key in (*figure_names(answer), *steps, *others, *plan_measures(), "saved.3", "books.target.total.0"):
        follow(key, ())
    assert any(made_of(answer, key).terms is not None for key in known)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "nonsense",
        "carbon.nowhere.1",
        "carbon.target.99",
        "books.target.nonsense.1",
        "books.refresh.total.1",
        "pool.99",
        "saved.99",
        "saved.target.1",
        "line.nonsense",
        "tco.nowhere",
        "net.99",
        "total.baseline.-1",
        "step.99",
        "energy.target.year99",
    ],
)
def test_what_is_no_figure_is_said(answer: calc.Assessment, key: str) -> None:
    with pytest.raises(calc.InputError):
        made_of(answer, key)


def test_an_alternative_leads_to_its_ledger(answer: calc.Assessment) -> None:
    found = compare_alternatives(answer)
    for number, entry in enumerate(found.entries):
        made = alternative_made_of(found, f"alternative.{number}")
        assert total(made) == pytest.approx(entry.comparison.tco_target)
        line = alternative_made_of(found, made.parts[0].key)
        assert total(line) == pytest.approx(made.parts[0].amount)
        end = alternative_made_of(found, line.parts[0].key)
        assert end.terms is not None
        amounts = end.terms.groupby("term")["amount"].first().sum()
        assert amounts == pytest.approx(line.parts[0].amount)
    for key in ("alternative.999", "alternative.0.nonsense", "alternative.0.energy.x"):
        with pytest.raises(calc.InputError):
            alternative_made_of(found, key)


def test_a_bar_of_the_tornado_names_its_source(answer: calc.Assessment) -> None:
    table = tornado(build_model(answer))
    row = table.iloc[0]
    made = input_made_of(table, row["input"], answer.comparison.npv, "USD")
    amounts = [part.amount for part in made.parts]
    assert amounts == [row["npv_low"], answer.comparison.npv, row["npv_high"]]
    assert max(amounts) - min(amounts) == pytest.approx(row["effect"])
    assert str(row["source"]) in made.note
    with pytest.raises(calc.InputError):
        input_made_of(table, "nonsense", 0.0, "USD")


@pytest.mark.parametrize("code", LANGUAGES)
def test_figures_have_names_of_their_own(answer: calc.Assessment, code: str) -> None:
    with using(code):
        names = figure_names(answer)
    assert len(set(names.values())) == len(names)


def test_money_to_the_smallest_unit_of_its_currency() -> None:
    assert words.exact(1234.5, "USD") == "1,234.50 USD"
    assert words.exact(1234.5, "KRW") in ("1,234 KRW", "1,235 KRW")
    assert words.exact(-0.126, "EUR") == "-0.13 EUR"


@pytest.mark.parametrize("side", ["baseline", "refresh", "target"])
def test_carbon_is_the_sum_of_its_terms(answer: calc.Assessment, side: str) -> None:
    operational, embodied = emissions(answer.sides[side], answer.scenario)
    made = made_of(answer, f"carbon.{side}.3")
    assert total(made) == pytest.approx((operational + embodied)[:4].sum())
    for year in range(answer.scenario.horizon_years + 1):
        for kind, amounts in (("operational_carbon", operational), ("embodied_carbon", embodied)):
            terms = made_of(answer, f"{kind}.{side}.{year}").terms
            found = 0.0 if terms is None else terms.groupby("term")["amount"].first().sum()
            assert found == pytest.approx(amounts[year])
            if terms is not None:
                assert terms["source"].ne("").all() and set(terms["origin"]) <= {"file", "plan", "reference", "assumed"}


@pytest.mark.parametrize("side", ["baseline", "target"])
def test_every_amount_of_the_books_is_the_sum_of_its_parts(answer: calc.Assessment, side: str) -> None:
    removed = ~answer.retained if side == "target" else None
    table = profit_and_loss(answer.sides[side], answer.case, answer.scenario, removed=removed)
    for row in table.to_dict("records"):
        for column in set(row) - {"year"}:
            made = made_of(answer, f"books.{side}.{column}.{int(row['year'])}")
            assert total(made) == pytest.approx(row[column], abs=1e-6), (column, row["year"])


def test_the_counts_of_the_plan_are_the_sums_of_their_parts(answer: calc.Assessment) -> None:
    wanted = {"servers": answer.before.servers, "hosts": answer.hosts_after, "assumed": answer.assumed_count}
    for key, value in wanted.items():
        assert total(made_of(answer, key)) == value
    for place, pool in enumerate(answer.pools):
        made = made_of(answer, f"pool.{place}")
        assert total(made) == len(pool.plan.host_types)
        assert pool.hosts_bound is not None and str(pool.hosts_bound.value) in made.note


def test_a_quantile_leads_to_a_draw_and_a_draw_to_its_inputs(answer: calc.Assessment) -> None:
    model = build_model(answer)
    table, simulation = tornado(model), simulate(model, 60)
    made = range_made_of(model, table, simulation, "range.P10.2")
    shown = {part.name: part.amount for part in made.parts}
    assert shown["P10"] < shown["P50"] < shown["P90"]
    below = (simulation.cumulative[:, 2] < shown["P10"]).mean()
    assert below == pytest.approx(0.1, abs=0.02)
    assert made_of(answer, "saved.2").value == words.exact(
        next(part.amount for part in made.parts if part.key == "saved.2"), "USD"
    )
    draw = range_made_of(model, table, simulation, made.parts[-1].key)
    again = model.evaluate(simulation.values.iloc[int(made.parts[-1].key.partition(".")[2])].to_dict())
    assert draw.value == words.exact(again.npv, "USD")
    assert len(draw.parts) == len(simulation.values.columns)
    for outcome in ("npv", "savings", "payback_months", "hosts"):
        quantile = range_made_of(model, table, simulation, f"quantile.{outcome}.P50")
        assert quantile.parts[0].key.startswith("draw.")
    for key in ("range.P50.99", "range.P51.1", "draw.60", "draw.x", "quantile.npv.P51", "quantile.nothing.P50"):
        with pytest.raises(calc.InputError):
            range_made_of(model, table, simulation, key)


def test_every_mark_of_the_clickable_charts_is_explained(answer: calc.Assessment) -> None:
    model = build_model(answer)
    table, simulation = tornado(model), simulate(model, 40)
    base = np.cumsum(per_year(answer.flows["baseline"]) - per_year(answer.flows["target"]))
    charts_ = (
        money_charts.waterfall_chart(answer),
        money_charts.carbon_chart(answer),
        money_charts.fan_chart(simulation, base, "USD"),
        charts.cashflow_chart(answer),
        charts.saving_steps_chart(answer),
    )
    for chart in charts_:
        rows = [row for data in chart.to_dict()["datasets"].values() for row in data if "figure" in row]
        assert rows
        for row in rows:
            kind = row["figure"].partition(".")[0]
            made = (
                range_made_of(model, table, simulation, row["figure"])
                if kind == "range"
                else made_of(answer, row["figure"])
            )
            assert made.title and made.value

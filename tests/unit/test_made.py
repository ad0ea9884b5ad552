"""How a figure comes about: parts that sum to it, a way from every figure to sources, and keys that name nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import calc
from calc.alternatives import compare_alternatives
from calc.costs.cashflow import per_year
from calc.language import LANGUAGES, using
from calc.report import words
from calc.report.made import Made
from calc.report.made_elsewhere import alternative_made_of, input_made_of
from calc.report.made_of import figure_names, made_of
from calc.uncertainty import build_model, tornado


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

    for key in (*figure_names(answer), *(f"step.{number}" for number in range(len(answer.saving_steps)))):
        follow(key, ())
    assert any(made_of(answer, key).terms is not None for key in known)


@pytest.mark.parametrize(
    "key",
    ["", "nonsense", "line.nonsense", "tco.nowhere", "net.99", "total.baseline.-1", "step.99", "energy.target.year99"],
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

"""The page Money through Streamlit's AppTest: every view, the decision, an explanation."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.common import app, go, settled, text, upload
from tests.make import csv


@pytest.fixture
def page(tiny_csv: Path) -> AppTest:
    return go(upload(app().run(), "tiny.csv", tiny_csv.read_bytes()), "money")


def view(page: AppTest, name: str) -> AppTest:
    page.session_state["money_view"] = name
    return page.run()


def test_the_lines_come_first_with_the_metrics_of_finance(page: AppTest) -> None:
    assert not page.exception
    labels = {metric.label for metric in page.metric}
    assert {"Net present value", "Internal rate of return", "Payback, discounted", "ROI"} <= labels
    assert any({"Side", "Line", "Year 0", "Total"} <= set(frame.value.columns) for frame in page.dataframe)
    assert "least trusted line" in text(page)


def test_the_alternatives_have_one_recommended(page: AppTest) -> None:
    view(page, "alternatives")
    assert not page.exception
    table = next(frame.value for frame in page.dataframe if "Alternative" in frame.value.columns)
    assert (table["Recommended"] == "★").sum() == 1 and len(table) >= 10
    assert "least present value of cost" in text(page)


def test_the_range_ends_in_a_decision(page: AppTest) -> None:
    view(page, "range")
    assert not page.exception
    said = text(page)
    assert any(verdict in said for verdict in ("**Buy**", "**Wait**", "**Measure first**"))
    assert "calibrated on" in said
    frames = [frame.value for frame in page.dataframe]
    assert any("How to measure" in frame.columns for frame in frames)
    page.selectbox(key="break_even").set_value("host_memory_price_index").run()
    assert not page.exception


def test_the_list_explains_an_amount_and_its_parts(page: AppTest) -> None:
    page.selectbox(key="explain_key").set_value("energy.target.year2").run()
    assert not page.exception
    assert any("mean_utilisation) / 1000 * pue * hours_per_year" in block.value for block in page.code)
    assert "sourced default: Uptime Institute" in text(page)


def test_a_drawer_that_was_closed_stays_closed(page: AppTest) -> None:
    page.button(key="explain_npv").click().run()
    assert page.code
    page.run()
    assert not page.code


def test_books_and_carbon_stand_beside_the_cash(page: AppTest) -> None:
    view(page, "books")
    assert not page.exception
    assert "no cash" in text(page) and "CO2e" in text(page)


def test_an_own_line_is_counted_and_an_unfinished_one_named(page: AppTest) -> None:
    page.session_state["own_lines_0"] = {
        "edited_rows": {},
        "added_rows": [{"name": "Cage", "amount": 1000.0, "when": "yearly", "side": "baseline"}, {"name": "Half"}],
        "deleted_rows": [],
    }
    settled(page.run())
    assert not page.exception
    table = next(
        frame.value for frame in page.dataframe if "Line" in frame.value.columns and "Side" in frame.value.columns
    )
    own = table[table["Line"] == "own lines"]
    assert own["Side"].tolist() == ["Keep"] and own["Year 0"].tolist() == [0]
    assert any("without a name" in warning.value for warning in page.warning)


def test_an_estate_that_stays_has_money_too() -> None:
    data = csv("hostname,cores,memory_gib,cpu_model", "p1,8,32,IBM POWER8", "p2,8,32,IBM POWER8")
    page = go(upload(app().run(), "power.csv", data), "money")
    for name in ("lines", "alternatives", "range", "ledger", "books"):
        view(page, name)
        assert not page.exception, name


def test_another_currency_asks_for_its_rate(page: AppTest) -> None:
    page.session_state["set_currency"] = "KRW"
    page.run()
    assert not page.exception
    assert "usd_per_unit" in page.error[0].value
    page.session_state["set_usd_per_unit"] = 0.0007
    settled(page.run())
    assert not page.exception and not page.error
    assert any("KRW" in metric.value for metric in page.metric)

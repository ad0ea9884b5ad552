"""The Money tab through Streamlit's AppTest: every view, the decision, an explanation."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.make import csv

TIMEOUT_S = 180


@pytest.fixture
def page(tiny_csv: Path) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S).run()
    page.file_uploader(key="upload").set_value([("tiny.csv", tiny_csv.read_bytes(), "text/csv")]).run()
    page.session_state["tab"] = "Money"
    return page.run()


def text(page: AppTest) -> str:
    parts = (*page.markdown, *page.caption, *page.info, *page.success)
    return " ".join(item.value for item in parts)


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
    view(page, "Alternatives")
    assert not page.exception
    table = next(frame.value for frame in page.dataframe if "Alternative" in frame.value.columns)
    assert (table[""] == "★").sum() == 1 and len(table) >= 10
    assert "least present value of cost" in text(page)


def test_the_range_ends_in_a_decision(page: AppTest) -> None:
    view(page, "Range and decision")
    assert not page.exception
    said = text(page)
    assert any(verdict in said for verdict in ("**Buy**", "**Wait**", "**Measure first**"))
    assert "calibrated on" in said
    frames = [frame.value for frame in page.dataframe]
    assert any("How to measure" in frame.columns for frame in frames)
    page.selectbox(key="break_even").set_value("host_memory_price_index").run()
    assert not page.exception


def test_the_ledger_explains_an_amount(page: AppTest) -> None:
    view(page, "Ledger")
    assert not page.exception
    page.selectbox(key="explain_key").set_value("energy.target.year2").run()
    assert not page.exception
    assert "power_kw * pue * hours_per_year" in text(page)
    assert any("Origin" in frame.value.columns for frame in page.dataframe)


def test_books_and_carbon_stand_beside_the_cash(page: AppTest) -> None:
    view(page, "Profit and loss, carbon")
    assert not page.exception
    assert "no cash" in text(page) and "CO2e" in text(page)


def test_an_own_line_is_counted_and_an_unfinished_one_named(page: AppTest) -> None:
    page.session_state["own_lines"] = {
        "edited_rows": {},
        "added_rows": [{"name": "Cage", "amount": 1000.0, "when": "every year", "side": "keeping"}, {"name": "Half"}],
        "deleted_rows": [],
    }
    page.run()
    assert not page.exception
    table = next(
        frame.value for frame in page.dataframe if "Line" in frame.value.columns and "Side" in frame.value.columns
    )
    own = table[table["Line"] == "own lines"]
    assert own["Side"].tolist() == ["Keep"] and own["Year 0"].tolist() == [0]
    assert any("without a name" in warning.value for warning in page.warning)


def test_an_estate_that_stays_has_money_too() -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S).run()
    data = csv("hostname,cores,memory_gib,cpu_model", "p1,8,32,IBM POWER8", "p2,8,32,IBM POWER8")
    page.file_uploader(key="upload").set_value([("power.csv", data, "text/csv")]).run()
    page.session_state["tab"] = "Money"
    for name in ("Lines", "Alternatives", "Range and decision", "Ledger", "Profit and loss, carbon"):
        view(page, name)
        assert not page.exception, name

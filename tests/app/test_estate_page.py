"""The page of files through AppTest: sample, override, findings, questions."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from calc.language import LANGUAGES, using
from tests.app.common import app, settled
from tests.make import csv


@pytest.fixture
def page() -> AppTest:
    return app()


def open_tab(page: AppTest, label: str) -> AppTest:
    page.session_state["estate_tab"] = label
    page.run()
    assert not page.exception, page.exception
    return page


def test_the_sample_shows_format_columns_origins_and_findings(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert [item.value for item in page.header if item.value != "Assumptions"] == [
        "Rows to fix", "Where the values come from", "What the files are",
    ]  # fmt: skip
    open_tab(page, "Columns")
    assert page.button(key="apply_mapping").disabled
    open_tab(page, "What stands out")
    assert any("Switch off" in item.label for item in page.expander)
    open_tab(page, "In pictures")
    assert len(page.get("vega_lite_chart")) == 3
    open_tab(page, "Take it with you")
    page.text_input(key="anonymise_key").set_value("short").run()
    assert not page.exception and "use at least 8" in page.error[0].value


def test_a_question_and_a_format_of_ones_own(page: AppTest) -> None:
    page.run()
    page.file_uploader(key="upload").set_value(
        [("u.csv", csv("hostname,cores,memory", "a,8,1024", "b,8,1024"), "text/csv")]
    )
    page.run()
    assert not page.exception and "could be GiB or MiB" in page.warning[0].value
    page.radio[0].set_value("MiB").run()
    assert not page.exception and not page.warning
    next(box for box in page.selectbox if str(box.key).startswith("format_")).set_value("RVTools").run()
    assert not page.exception and "vInfo" in page.error[0].value


def test_a_file_that_cannot_be_used_still_shows_its_columns(page: AppTest) -> None:
    page.run()
    page.file_uploader(key="upload").set_value([("s.csv", csv("Gizmo,Brains", "a,8"), "text/csv")])
    page.run()
    assert not page.exception
    assert "cannot be used" in page.error[0].value
    assert (
        any("Gizmo" in str(frame.value.get("header", "")) for frame in page.dataframe)
        or page.button(key="apply_mapping") is not None
    )


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_question_about_a_unit_is_composed_of_its_parts(code: str) -> None:
    """No way out for the command line where the page offers the choices; choices in the reader's words, answers as they are."""
    with using(code):
        data = csv("hostname,cores,memory_gib,cpu_p95", "a,8,32,1.4", "b,8,32,0.3")
        page = app(code).run()
        page.file_uploader(key="upload").set_value([("doubt.csv", data, "text/csv")]).run()
        (question,) = [item.value for item in page.warning if "cpu_p95" in item.value]
        assert (
            "doubt.csv" in question and "1.4" in question and "--assume" not in question and "assume=" not in question
        )
        assert ("fraction" in question) == (code == "en")
        radio = next(item for item in page.radio if str(item.key).startswith("ask_"))
        assert list(radio.options) == (["fraction", "%"] if code == "en" else ["비율", "%"])
        page = settled(radio.set_value("fraction").run())
        assert not page.exception and not [item for item in page.radio if str(item.key).startswith("ask_")]

"""The page of files through AppTest: sample, override, findings, questions."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_answer_page import TIMEOUT_S
from tests.conftest import ROOT
from tests.make import csv


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(ROOT / "app_pages" / "estate.py"), default_timeout=TIMEOUT_S)


def test_the_sample_shows_format_columns_origins_and_findings(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert [item.value for item in page.header] == [
        "What the files are", "What the columns mean", "Where the values come from", "What the estate shows", "Take the estate with you",
    ]  # fmt: skip
    assert any("Switch off" in item.label for item in page.expander)


def test_a_question_and_a_format_of_ones_own(page: AppTest) -> None:
    page.run()
    page.file_uploader(key="upload").set_value(
        [("u.csv", csv("hostname,cores,memory", "a,8,1024", "b,8,1024"), "text/csv")]
    )
    page.run()
    assert not page.exception and "could be GiB or MiB" in page.warning[0].value
    page.radio[0].set_value("MiB").run()
    assert not page.exception and not page.warning
    page.selectbox[-1].set_value("RVTools").run()
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

"""Tabs are the same ones whatever a page has to show, so that a click on one made while the page is drawn anew is not lost."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.app.common import app, go, upload
from tests.make import csv


def identity(page: AppTest) -> str:
    (found,) = page.get("tab_container")
    return str(found.proto.tab_container.id)


def test_tabs_of_the_estate_are_the_same_with_and_without_an_estate(tiny_csv: Path) -> None:
    page = app().run()
    first = identity(page)
    page.session_state["estate_tab"] = "In pictures"
    page.run()
    upload(page, "s.csv", csv("Gizmo,Brains", "a,8"))
    assert page.error and identity(page) == first
    assert page.session_state["estate_tab"] == "Columns"  # where it can be mended
    page.session_state["estate_tab"] = "In pictures"
    page.run()
    assert page.session_state["estate_tab"] == "In pictures" and "until the files can be used" in page.info[0].value
    upload(page, "tiny.csv", tiny_csv.read_bytes())
    assert not page.exception and identity(page) == first
    assert page.session_state["estate_tab"] == "What was read"


def test_tabs_of_the_plan_are_the_same_for_every_answer(tiny_csv: Path) -> None:
    page = go(upload(app().run(), "tiny.csv", tiny_csv.read_bytes()), "answer")
    first = identity(page)
    upload_power = csv("hostname,cores,memory_gib,cpu_model", "p1,8,32,IBM POWER8")
    page = go(upload(go(page, "estate"), "power.csv", upload_power), "answer")
    assert not page.exception and identity(page) == first


def test_the_open_tab_outlives_another_page(tiny_csv: Path) -> None:
    page = go(upload(app().run(), "tiny.csv", tiny_csv.read_bytes()), "answer")
    page.session_state["tab"] = "Assumptions and proof"
    page.run()
    go(go(page, "sources"), "answer")
    assert page.session_state["tab"] == "Assumptions and proof"

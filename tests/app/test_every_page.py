"""Every page in every language: it draws, its charts have a text, and what is kept and fixed by hand counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app_pages.files import key_of
from calc.language import LANGUAGES, using
from tests.app.common import app, go, numbers, settled, text, upload
from tests.make import csv

PAGES = ("estate", "answer", "money", "recovery", "unseen", "migration", "platforms", "compare", "report", "sources")


def charts_without_text(page: AppTest) -> list[str]:
    specs = [json.loads(chart.proto.spec) | {"alt": chart.proto.alt} for chart in page.get("vega_lite_chart")]
    return [str(spec)[:200] for spec in specs if not (spec.get("description") or spec["alt"])]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_page_draws_in_every_language(code: str, tiny_csv: Path) -> None:
    with using(code):  # the test reads choices in the language they were drawn in
        page = upload(app(code).run(), "tiny.csv", tiny_csv.read_bytes())
        titles = set()
        for name in PAGES:
            go(page, name)
            titles.add(page.title[0].value)
            assert not charts_without_text(page), name
        assert len(titles) == len(PAGES)
        hangul = any("\uac00" <= letter <= "\ud7a3" for letter in text(page))
        assert hangul == (code == "ko")


def test_a_row_is_fixed_by_hand_and_taken_back() -> None:
    data = csv("hostname,cores,memory_gib", "a,8,32", "b,8,-1")
    page = upload(app().run(), "two.csv", data)
    assert "1 row set aside" in text(page)
    key = f"fix_{key_of([('two.csv', data)])}_0"
    page.session_state[key] = {"edited_rows": {0: {"new": "64"}}, "added_rows": [], "deleted_rows": []}
    page.run()
    settled(page.button(key="apply_corrections").click().run())
    assert not page.exception
    assert "rows set aside" not in text(page) and "memory_gib = 64" in text(page)
    settled(page.button(key="forget_corrections").click().run())
    assert "1 row set aside" in text(page)


def test_scenarios_stand_side_by_side_with_what_differs(tiny_csv: Path) -> None:
    page = go(upload(app().run(), "tiny.csv", tiny_csv.read_bytes()), "compare")
    page.button(key="keep_scenario").click().run()
    settled(page.number_input(key="set_failover_hosts").set_value(2).run())
    assert not page.exception
    results, differ = (frame.value for frame in page.dataframe[:2])
    assert list(results.columns) == ["Result", "≠", "Scenario 1", "now"]
    assert list(differ["Assumption"]) == ["Hosts that may fail (N+k)"]
    marked = set(results.loc[results["≠"] == "≠", "Result"])
    assert "Hosts" in marked and "Servers kept" not in marked
    settled(page.button(key="use_Scenario 1").click().run())
    assert page.number_input(key="set_failover_hosts").value == 1


def test_sources_are_searched() -> None:
    page = go(app().run(), "sources")
    every = text(page)
    page.text_input(key="source_search").set_value("proxmox").run()
    assert not page.exception and text(page) != every
    page.text_input(key="source_search").set_value("no such figure at all").run()
    assert "try fewer" in page.info[0].value


def test_a_price_shows_at_once_on_the_plan_that_stands(tiny_csv: Path) -> None:
    page = go(upload(app().run(), "tiny.csv", tiny_csv.read_bytes()), "answer")
    before = numbers(page)["Hosts needed (N+1)"]
    settled(page.number_input(key="set_pue").set_value(2.5).run())
    assert not page.exception and numbers(page)["Hosts needed (N+1)"] == before

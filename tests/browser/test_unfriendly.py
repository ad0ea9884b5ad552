"""What visitors do that nobody asked them to: back, reload and another language in the middle, two tabs, spoilt addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from calc import Scenario
from calc.link import to_text
from tests.browser.conftest import answered, drawn, upload
from tests.conftest import SAMPLES
from tests.make import hard_to_pack

pytestmark = pytest.mark.browser


def test_back_and_forward_keep_files_and_settings(page: Any) -> None:
    upload(page, SAMPLES / "tiny_12.csv")
    page.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)
    page.locator(".st-key-path a").last.click()
    page.get_by_role("heading", name="How many hosts, and what do they save?").wait_for(timeout=30_000)
    field = page.get_by_role("spinbutton", name="Hosts that may fail (N+k)")
    field.fill("2")
    field.press("Enter")
    page.get_by_text("12 servers → 6 hosts").first.wait_for(timeout=60_000)
    page.go_back()
    page.get_by_role("heading", name="What is to be consolidated?").wait_for(timeout=30_000)
    page.get_by_text("In use: tiny_12.csv.").wait_for()
    page.get_by_text("12 servers → 6 hosts").first.wait_for()
    page.go_forward()
    page.get_by_role("heading", name="How many hosts, and what do they save?").wait_for(timeout=30_000)
    page.get_by_text("12 servers → 6 hosts").first.wait_for()
    assert page.get_by_role("spinbutton", name="Hosts that may fail (N+k)").input_value() == "2"


def test_a_search_goes_on_through_a_reload_and_another_language(visit: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(hard_to_pack(2000))
    tab = visit(f"?scenario={to_text(Scenario(effort='deep'))}")
    upload(tab, large)
    tab.get_by_text("In use: large.csv.").wait_for(timeout=60_000)
    tab.locator(".st-key-path a").last.click()
    stop = tab.locator(".st-key-stop button")
    stop.wait_for(timeout=30_000)
    tab.get_by_test_id("stSidebar").get_by_text("한국어", exact=True).click()
    tab.get_by_role("heading", name="호스트가 몇 대 필요하고 얼마를 절감하는가?").wait_for(timeout=30_000)
    stop.wait_for(timeout=10_000)
    tab.reload()
    tab.get_by_role("heading", name="호스트가 몇 대 필요하고 얼마를 절감하는가?").wait_for(timeout=60_000)
    stop.wait_for(timeout=10_000)
    assert tab.get_by_test_id("stException").count() == 0
    # Another file takes the search's place: it is told to stop, and is no longer waited for.
    tab.locator(".st-key-path a").first.click()
    upload(tab, SAMPLES / "tiny_12.csv")
    tab.locator(".st-key-path", has_text=re.compile("12.*→.*5")).wait_for(timeout=90_000)


def test_two_tabs_of_one_visit_do_not_disturb_each_other(page: Any) -> None:
    upload(page, SAMPLES / "tiny_12.csv")
    page.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)
    field = other.get_by_role("spinbutton", name="Hosts that may fail (N+k)")
    field.fill("2")
    field.press("Enter")
    other.get_by_text("12 servers → 6 hosts").first.wait_for(timeout=60_000)
    page.locator(".st-key-path a").last.click()
    page.get_by_role("heading", name="How many hosts, and what do they save?").wait_for(timeout=30_000)
    page.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)
    for tab in (page, other):
        assert tab.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize("spoilt", ["nonsense", "%00%ff", "A" * 3000, "<script>alert(1)</script>"])
def test_a_spoilt_link_is_explained_and_the_defaults_stand(visit: Any, spoilt: str) -> None:
    tab = visit(f"?scenario={spoilt}")
    drawn(tab)
    assert tab.get_by_test_id("stException").count() == 0
    tab.get_by_role("alert").filter(has_text="link").first.wait_for(timeout=10_000)
    tab.get_by_text("All at their sourced defaults.").wait_for()
    answered(tab)


def test_a_link_that_lost_its_end_is_explained(visit: Any) -> None:
    tab = visit(f"?scenario={to_text(Scenario(failover_hosts=2, pue=1.7))[:-6]}")
    tab.get_by_role("alert").filter(has_text="link").first.wait_for(timeout=10_000)
    tab.get_by_text("All at their sourced defaults.").wait_for()

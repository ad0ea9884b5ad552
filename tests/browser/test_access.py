"""Accessible to everybody: every tab of every page in both themes and both languages, for eyes, ears, keyboard and phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from calc.language import LANGUAGES
from tests.browser.conftest import answered, drawn, upload, visitor
from tests.browser.survey import PAGES, PHONE, THEMES, own_violations, wear

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("code", LANGUAGES)
def test_axe_finds_nothing_of_our_own(surveyed: Any, code: str) -> None:
    """On every tab, light and dark."""
    found = [(view.name, *broken) for view in surveyed(code).values() for broken in view.violations]
    assert not found, "\n".join(map(str, found))


def test_axe_sees_what_is_broken(page: Any) -> None:
    """The check itself: a picture without a text and a grey on grey are found, within the page and in all of it."""
    page.evaluate(
        """() => document.querySelector('[data-testid=stMain] h1').insertAdjacentHTML('afterend',
            '<img src="data:,"><p style="color: #999; background: #aaa">grey</p>')"""
    )
    for scope in (None, "[data-testid=stMain]"):
        assert {"image-alt", "color-contrast"} <= {rule for rule, _ in own_violations(page, scope)}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_answer_is_in_the_first_screen_of_a_phone(visit: Any, code: str) -> None:
    """On every page, without a scroll, and with nothing in front of it."""
    tab = visit(**PHONE, locale=code, is_mobile=True, has_touch=True)
    for page in PAGES:
        if page:
            tab.locator(".st-key-path a").last.tap()
            tab.wait_for_url(f"**/{page}?*", wait_until="commit")
            tab.get_by_role("heading", level=1).wait_for()
        answered(tab)
        box = tab.locator(".st-key-path", has_text="→").get_by_test_id("stMarkdown").first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"] / 2, page
        inside = tab.evaluate(
            "([x, y]) => Boolean(document.elementFromPoint(x, y)?.closest('.st-key-path'))",
            [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
        )
        assert inside, page
        assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_broken_file_is_shown_to_everybody(visit: Any, tmp_path: Path, code: str) -> None:
    """Where there is no plan, every page says so without a violation."""
    tab = visit(locale=code)
    broken = tmp_path / "broken.csv"
    broken.write_text("hostname,cores,memory_gib\na,0,32\nb,8,-4\n")
    upload(tab, broken)
    tab.get_by_role("alert").first.wait_for(timeout=60_000)
    found = []
    for page in PAGES:
        if page:
            tab.locator(".st-key-path a").last.click()
            tab.wait_for_url(f"**/{page}?*", wait_until="commit")
            tab.get_by_role("heading", level=1).wait_for()
        drawn(tab)
        for theme in THEMES:
            wear(tab, theme)
            found += [(page, theme, *item) for item in own_violations(tab, "[data-testid=stMain]" if page else None)]
    assert not found, "\n".join(map(str, found))


def test_a_request_to_another_host_is_noticed(browser: Any, address: str) -> None:
    """The guard of every browser test, over HTTP and over a web socket."""
    for script in (
        "fetch('http://127.0.0.2:9/x').catch(() => 0)",
        "new Promise(done => { new WebSocket('ws://127.0.0.2:9/x').onerror = done })",
    ):
        with pytest.raises(AssertionError, match="asked other hosts"), visitor(browser, address) as open_:
            open_().evaluate(f"() => {{ return {script}.then(() => 1) }}")

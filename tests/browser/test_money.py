"""The page Money in a real browser: a click on an amount explains it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import drawn, go, screenshot

pytestmark = pytest.mark.browser


def explained(page: Any, sign: str) -> None:
    """The drawer says how this figure comes about; then it is closed."""
    drawer = page.get_by_role("dialog")
    drawer.get_by_text(sign).first.wait_for(timeout=30_000)
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached", timeout=30_000)
    drawn(page)


def test_a_click_on_any_figure_explains_it(page: Any) -> None:
    go(page, "Money", "What does it cost, and what does it save?")
    page.get_by_text("Click a figure, a bar, a point or an amount").wait_for(timeout=30_000)
    drawn(page)
    main = page.get_by_test_id("stMain")
    page.get_by_role("button", name="Internal rate of return").click()
    explained(page, "/ (1 + r) ^ year = 0")
    box = main.get_by_test_id("stVegaLiteChart").nth(2).bounding_box()
    page.mouse.click(box["x"] + 195, box["y"] + 141)  # a bar of the waterfall: energy
    page.get_by_role("dialog").get_by_role("button", name="energy, Keep").click()
    page.get_by_role("dialog").get_by_role("button", name="Back").click()
    page.get_by_role("dialog").get_by_role("button", name="energy, Plan").click()
    page.get_by_role("dialog").get_by_role("button", name="Year 2").click()
    screenshot(page, "money-explained")
    explained(page, "Uptime Institute")
    box = main.get_by_test_id("stVegaLiteChart").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 100)  # the nearest point of the lines
    explained(page, "cumulative cost to year")
    grid = main.get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(700)
    box = grid.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + 35 + 35 * 1 + 17)  # second row, year 1
    explained(page, "energy, Keep, Year 1")


def test_every_figure_is_explained_by_keyboard_too(page: Any) -> None:
    go(page, "Money", "What does it cost, and what does it save?")
    page.get_by_label("How does it come about?").focus()
    page.keyboard.type("energy, Plan, Year 3")
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    explained(page, "energy, Plan, Year 3")

"""The page Money in a real browser: a click on an amount explains it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import drawn, go, screenshot

pytestmark = pytest.mark.browser


def test_a_click_on_an_amount_explains_it(page: Any) -> None:
    go(page, "Money", "What does it cost, and what does it save?")
    page.get_by_text("Click an amount to see how it comes about.").wait_for(timeout=30_000)
    drawn(page)
    grid = page.get_by_test_id("stMain").get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = grid.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + 35 + 35 * 1 + 17)  # second row, year 1
    page.get_by_text("energy.baseline.year1").wait_for(timeout=30_000)
    screenshot(page, "money-explained", full=True)

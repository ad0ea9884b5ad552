"""The page Money in a real browser: a click on an amount explains it; every view draws."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import go, screenshot

pytestmark = pytest.mark.browser


def test_a_click_on_an_amount_explains_it(page: Any) -> None:
    go(page, "Money", "What does it cost, and what does it save?")
    page.get_by_text("Click an amount to see how it comes about.").wait_for(timeout=30_000)
    page.wait_for_timeout(1500)
    grid = page.get_by_test_id("stMain").get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = grid.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + 35 + 35 * 1 + 17)  # second row, year 1
    page.get_by_text("energy.baseline.year1").wait_for(timeout=30_000)
    screenshot(page, "money-explained", full=True)


@pytest.mark.parametrize(
    ("view", "sign"),
    [
        ("Alternatives", "least present value of cost"),
        ("Range and decision", "What to measure next"),
        ("Ledger", "Every figure used"),
        ("Profit and loss, carbon", "New hosts embody"),
    ],
)
def test_every_view_draws(page: Any, view: str, sign: str) -> None:
    go(page, "Money", "What does it cost, and what does it save?")
    page.get_by_test_id("stMain").get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
    page.get_by_text(sign).first.wait_for(timeout=120_000)
    screenshot(page, f"money-{view.split()[0].lower()}", full=True)

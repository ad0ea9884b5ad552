"""The Money tab in a real browser: a click on an amount explains it; every view draws."""

from __future__ import annotations

import pytest

from tests.browser.test_journey import ARTIFACTS, address, page  # noqa: F401  (fixtures)

pytestmark = pytest.mark.browser


def test_a_click_on_an_amount_explains_it(page) -> None:  # noqa: F811
    page.wait_for_selector("[data-testid=stMetric]", timeout=90_000)
    page.get_by_role("tab", name="Money").click()
    page.get_by_text("Click an amount to see how it comes about.").wait_for(timeout=30_000)
    page.wait_for_timeout(1500)
    grid = page.get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = grid.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + 35 + 35 * 1 + 17)  # second row, year 1
    page.get_by_text("energy.baseline.year1").wait_for(timeout=30_000)
    page.screenshot(path=ARTIFACTS / "money-explained.png", full_page=True)


@pytest.mark.parametrize(
    ("view", "sign"),
    [
        ("Alternatives", "least present value of cost"),
        ("Range and decision", "What to measure next"),
        ("Ledger", "Every figure used"),
        ("Profit and loss, carbon", "New hosts embody"),
    ],
)
def test_every_view_draws(page, view: str, sign: str) -> None:  # noqa: F811
    page.wait_for_selector("[data-testid=stMetric]", timeout=90_000)
    page.get_by_role("tab", name="Money").click()
    page.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
    page.get_by_text(sign).first.wait_for(timeout=120_000)
    page.wait_for_timeout(800)
    assert page.get_by_text("Traceback").count() == 0
    page.screenshot(path=ARTIFACTS / f"money-{view.split()[0].lower()}.png", full_page=True)

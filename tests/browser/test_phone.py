"""On a phone: the answer above each page takes two lines at most, in both languages, and the arrows keep their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import screenshot

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("locale", "name"), [("en-US", "Estate"), ("ko-KR", "자산")])
def test_the_answer_takes_two_lines(visit: Callable[..., Any], locale: str, name: str) -> None:
    page = visit("plan", width=390, height=844, locale=locale)
    page.wait_for_timeout(800)
    line = page.locator(".st-key-path").get_by_test_id("stMarkdown").locator("p")
    height = line.bounding_box()["height"]
    one = line.evaluate("e => parseFloat(getComputedStyle(e).lineHeight)")
    assert height <= 2.2 * one
    screenshot(page, f"phone-headline-{locale}")
    assert page.locator(".st-key-path").get_by_role("link").count() == 2
    assert page.locator(".st-key-path").get_by_role("link", name=name).count() == 1

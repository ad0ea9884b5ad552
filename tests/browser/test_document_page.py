"""The HTML document in a real browser: accessible, readable on a phone, and it asks nobody for anything."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

import calc
from calc.language import LANGUAGES
from calc.report.content import Content, gather
from calc.report.document import html
from tests.browser.conftest import ARTIFACTS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def content(estate_csv: Path) -> Content:
    return gather(calc.assess(calc.read_inventory(estate_csv)), draws=200)


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_the_document_is_accessible_and_asks_for_nothing(
    code: str, content: Content, browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html(content, language=code, dated=date(2026, 11, 23)), encoding="utf-8")
    # Only the checker's own script needs the content policy lifted; requests are counted before.
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    assert asked == [path.as_uri()] and not errors
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.screenshot(path=ARTIFACTS / f"document-phone-{code}.png")
    page.close()
    assert wide <= 390
    context = browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 720})
    checked = context.new_page()
    checked.goto(path.as_uri())
    checked.screenshot(path=ARTIFACTS / f"document-{code}.png")
    found = Axe().run(checked)
    context.close()
    assert found.violations_count == 0, found.generate_report()

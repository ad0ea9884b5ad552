"""Accessible to everybody: axe-core on every page, light and dark; the keyboard reaches what matters."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import go, screenshot

pytestmark = pytest.mark.browser

PAGES = (
    ("Estate", "What is to be consolidated?"),
    ("Plan", "How many hosts, and what do they save?"),
    ("Money", "What does it cost, and what does it save?"),
    ("Recovery", "What happens when hosts fail?"),
    ("Unseen days", "Does the plan hold on days it has not seen?"),
    ("Migration", "In which order, and when?"),
    ("Platform", "What does the platform change?"),
    ("Compare", "Which scenario is better, and why?"),
    ("Report", "What do you hand on?"),
    ("Sources", "Where does every figure come from?"),
)
#: What Streamlit's own elements break and an app cannot change: rule -> what all its nodes hold, and why.
STREAMLITS_OWN = {
    # The drop zone is a <section role="presentation"> that has a name: its markup is in Streamlit.
    "presentation-role-conflict": "stFileUploaderDropzone",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_of_our_own(visit: Any, theme: str) -> None:
    tab = visit(color_scheme=theme)
    found = []
    for name, heading in PAGES:
        go(tab, name, heading)
        tab.wait_for_timeout(1200)
        screenshot(tab, f"{name.split()[0].lower()}-{theme}")
        for broken in Axe().run(tab).response["violations"]:
            sign = STREAMLITS_OWN.get(broken["id"])
            nodes = [node["html"] for node in broken["nodes"] if sign is None or sign not in node["html"]]
            if nodes:
                found.append((name, broken["id"], nodes[:4]))
    assert not found, "\n".join(map(str, found))


def test_the_keyboard_goes_from_language_to_the_next_page(page: Any) -> None:
    """Tab reaches the switch of languages, the assumptions and the link to the next page; Enter follows it."""
    link = page.locator(".st-key-path a").last
    link.focus()
    assert page.evaluate("document.activeElement.tagName") == "A"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="How many hosts, and what do they save?").wait_for(timeout=30_000)
    for label in ("Hypervisor", "Hosts that may fail (N+k)"):
        field = page.get_by_test_id("stSidebar").get_by_label(label).first
        field.focus()
        assert field.evaluate("element => element === document.activeElement")

"""The keyboard alone: from the upload to a file that is taken away, every stop seen, nobody trapped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import answered, drawn, screenshot
from tests.conftest import SAMPLES

pytestmark = pytest.mark.browser

#: More stops than any page has: who needs more goes round in a circle.
_MOST = 200
#: Where the keyboard is: kind of element, its name, whether it is in sight, and whether a ring or a frame says so.
_FOCUS = """() => {
    const here = document.activeElement;
    if (!here || here === document.body) return null;
    const box = here.getBoundingClientRect();
    let ring = false;
    for (let part = here, up = 0; part && up < 3; part = part.parentElement, up++) {
        const style = getComputedStyle(part);
        ring ||= (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    }
    return {
        kind: here.tagName,
        name: here.getAttribute('aria-label') || here.innerText || '',
        place: here.closest('[data-testid=stSidebar]') ? 0 : here.closest('[data-testid=stHeader]') ? 1 : 2,
        seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        ring,
        clip: {x: Math.max(0, box.x - 30), y: Math.max(0, box.y - 8), width: box.width + 60, height: Math.min(box.height, 90) + 16},
    };
}"""


def go_to(tab: Any, name: str, kind: str = "") -> None:
    """Press Tab until something of this name, and of this kind, has the focus."""
    passed = []
    for _ in range(_MOST):
        tab.keyboard.press("Tab")
        here = tab.evaluate(_FOCUS)
        if here and name in here["name"] and kind in here["kind"]:
            assert here["seen"], name
            return
        passed.append(here and here["name"])
    raise AssertionError(f"Tab does not lead to {name!r}, only to {passed}")


def skip(tab: Any) -> None:
    """From the top of the page past menu and sidebar, by the link that stands first."""
    tab.evaluate("document.activeElement.blur(), window.getSelection().removeAllRanges()")
    tab.get_by_test_id("stSkipToContent").focus()
    assert tab.evaluate(_FOCUS)["seen"]
    tab.keyboard.press("Enter")


def test_from_upload_to_download_with_the_keyboard_alone(page: Any, tmp_path: Path) -> None:
    page.keyboard.press("Tab")
    assert "Skip to main content" in page.evaluate(_FOCUS)["name"]  # the first stop
    page.keyboard.press("Enter")
    go_to(page, "Upload", "BUTTON")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(SAMPLES / "tiny_12.csv")
    page.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)
    drawn(page)
    # An assumption in the sidebar.
    page.get_by_test_id("stSkipToContent").focus()
    go_to(page, "Hosts that may fail (N+k)", "INPUT")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_text("12 servers → 6 hosts").first.wait_for(timeout=60_000)
    # On by the path, then by the menu.
    skip(page)
    go_to(page, "Plan", "A")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="How many hosts, and what do they save?").wait_for(timeout=30_000)
    answered(page)
    page.get_by_test_id("stSkipToContent").focus()
    go_to(page, "Hand on", "BUTTON")
    page.keyboard.press("Enter")
    page.get_by_test_id("stTopNavPopover").wait_for()
    page.keyboard.press("ArrowDown")
    assert "Report" in page.evaluate(_FOCUS)["name"] and page.evaluate(_FOCUS)["ring"]
    screenshot(page, "keyboard-menu")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What do you hand on?").wait_for(timeout=30_000)
    drawn(page)
    skip(page)
    go_to(page, "Download", "BUTTON")
    screenshot(page, "keyboard-report")
    with page.expect_download(timeout=90_000) as download:
        page.keyboard.press("Enter")
    target = tmp_path / download.value.suggested_filename
    download.value.save_as(target)
    assert target.stat().st_size > 500


@pytest.mark.parametrize("path", ["", "plan", "money", "recovery", "report"])
def test_tab_goes_round_and_is_always_seen(visit: Any, path: str) -> None:
    """Sidebar, menu, page, in this order; every stop is in sight and marked; the last leads out of the page."""
    tab = visit(path)
    drawn(tab)
    stops, looked_at = [], set()
    for _ in range(_MOST):
        tab.keyboard.press("Tab")
        here = tab.evaluate(_FOCUS)
        if here is None:
            break
        assert here["seen"], here
        if here["kind"] in ("INPUT", "CANVAS") and here["kind"] not in looked_at:  # these draw their frame elsewhere
            looked_at.add(here["kind"])
            tab.wait_for_timeout(300)
            marked = tab.screenshot(clip=here["clip"], caret="hide")
            tab.evaluate("document.activeElement.blur()")
            tab.wait_for_timeout(300)
            assert marked != tab.screenshot(clip=here["clip"], caret="hide"), here
        elif here["kind"] not in ("INPUT", "CANVAS", "MAIN"):
            assert here["ring"], here
        stops.append(here)
    else:
        raise AssertionError(f"Tab never leaves the page: {[stop['name'] for stop in stops[-12:]]}")
    places = [stop["place"] for stop in stops[1:]]  # the first is the link past the sidebar
    assert places == sorted(places) and set(places) == {0, 1, 2}
    assert "INPUT" in looked_at

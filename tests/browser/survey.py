"""A walk through every page and every tab of the app, and what is found on each: read by many tests, walked once a language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import ARTIFACTS, answered, drawn

THEMES = ("light", "dark")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 720}

#: Pages of the path in their order: end of the address, and how many tabs or views the sample estate shows there (0: none).
PAGES = {
    "": 6,
    "plan": 4,
    "money": 5,
    "recovery": 6,
    "unseen": 0,
    "migration": 6,
    "platforms": 0,
    "compare": 0,
    "report": 0,
    "sources": 0,
}
#: What is worked out when it is asked for, and hides a table or a chart until then: page and tab -> key of the button.
ON_DEMAND = {("recovery", 5): "work_options", ("unseen", 0): "work_frontier", ("platforms", 0): "work_hypervisors"}

#: What Streamlit's own elements break and an app cannot change: rule -> what all its nodes hold, and why.
STREAMLITS_OWN = {
    # The drop zone is a <section role="presentation"> that has a name: its markup is in Streamlit.
    "presentation-role-conflict": "stFileUploaderDropzone",
}

_CHARTS = """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].map(
    chart => chart.getAttribute('aria-label') || '')"""
_RESULTS = """() => document.querySelectorAll(
    ':is([data-testid=stDataFrame], [data-testid=stVegaLiteChart]) :is(canvas, svg)').length"""
_TOO_WIDE = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')].some(
    part => part.scrollWidth > part.clientWidth)"""


@dataclass
class View:
    """What is found on one tab of one page.

    Attributes
    ----------
    page : str
    tab : int
        Its place among the tabs of the page; 0 where there are none.
    text : str
        What the page says, without menu and sidebar.
    charts : list of str
        The text of every chart, "" for one without.
    violations : list of tuple
        Theme, rule and element of everything axe-core finds that is the app's own.
    too_wide : list of str
        Sizes of the window at which something must be scrolled sideways.
    """

    page: str
    tab: int
    text: str = ""
    charts: list[str] = field(default_factory=list)
    violations: list[tuple[str, str, str]] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Page and tab, as in the names of the screenshots."""
        return f"{self.page or 'estate'}-{self.tab}"


def own_violations(tab: Any, scope: str | None = None) -> list[tuple[str, str]]:
    """Rule and element of everything that axe-core finds on a page and an app can change."""
    if not tab.evaluate("Boolean(window.axe)"):
        tab.evaluate(Axe().axe_script)
    found = tab.evaluate("scope => axe.run(scope || document, {resultTypes: ['violations']})", scope)
    return [
        (broken["id"], node["html"][:300])
        for broken in found["violations"]
        for node in broken["nodes"]
        if broken["id"] not in STREAMLITS_OWN or STREAMLITS_OWN[broken["id"]] not in node["html"]
    ]


def wear(tab: Any, theme: str) -> None:
    """Ask for a light or a dark page, and wait for it."""
    tab.emulate_media(color_scheme=theme)
    tab.wait_for_function(
        "theme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === theme", arg=theme
    )


def on_the_way(tab: Any) -> Iterator[tuple[str, int]]:
    """From the first page along the link to the next one, and through the tabs of each: page and tab that stand open."""
    main = tab.get_by_test_id("stMain")
    for place, (page, count) in enumerate(PAGES.items()):
        if place:
            tab.locator(".st-key-path a").last.click()
            tab.wait_for_url(f"**/{page}?*", wait_until="commit")
            tab.get_by_role("heading", level=1).wait_for()
            drawn(tab)
            answered(tab)
        parts = (
            main.get_by_test_id("stButtonGroup").first.get_by_role("radio")
            if page == "money"
            else main.get_by_role("tab")
        )
        assert parts.count() == count, f"{page}: a tab is new or gone"
        for index in range(max(1, count)):
            if index:
                parts.nth(index).click()
                drawn(tab)
            if asked := ON_DEMAND.get((page, index)):
                before = tab.evaluate(_RESULTS)
                tab.locator(f".st-key-{asked} button").click()
                tab.wait_for_function(f"before => ({_RESULTS})() > before", arg=before, timeout=120_000)
                drawn(tab)
            yield page, index


def survey(tab: Any, code: str) -> dict[str, View]:
    """Everything that is found on the way, and a screenshot of each tab (in the dark of each page), in one language."""
    found = {}
    for page, index in on_the_way(tab):
        view = View(page, index)
        found[view.name] = view
        assert tab.get_by_test_id("stException").count() == 0, view.name
        view.text = tab.get_by_test_id("stMain").inner_text()
        view.charts = tab.evaluate(_CHARTS)
        scope = "[data-testid=stMain]" if index else None  # menu and sidebar are the same for every tab of a page
        for theme in THEMES:
            wear(tab, theme)
            view.violations += [(theme, *broken) for broken in own_violations(tab, scope)]
            if theme == "light" or not index:
                tab.screenshot(path=ARTIFACTS / f"{view.name}-{code}-{theme}.png")
        wear(tab, "light")
        for size in (PHONE, DESK):
            tab.set_viewport_size(size)
            if too_wide_for_long(tab):
                view.too_wide.append(f"{size['width']} x {size['height']}")
                tab.screenshot(path=ARTIFACTS / f"{view.name}-{code}-{size['width']}.png")
    return found


def too_wide_for_long(tab: Any) -> bool:
    """Whether something must be scrolled sideways, and not only while charts and tables take their new width."""
    for _ in range(20):
        tab.wait_for_timeout(100)
        if not tab.evaluate(_TOO_WIDE):
            return False
    return True

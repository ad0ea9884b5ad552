"""What every tab of every page shows, in both languages: its words, its charts with their texts, nothing wider than the window."""

from __future__ import annotations

import re
from typing import Any

import pytest

from calc.language import LANGUAGES
from tests.browser.survey import PAGES

pytestmark = pytest.mark.browser

_HANGUL = re.compile("[\uac00-\ud7a3]")
#: Tab -> words that stand on it and on no other tab of its page, and how many charts it draws.
SIGNS = {
    "estate-0": ("Where the values come from", 0),
    "estate-2": ("combinations of site and zone", 0),
    "estate-3": ("Power for doing nothing", 3),
    "estate-5": ("Reads back identical, here or in a notebook.", 0),
    "plan-0": ("Before and after", 2),
    "plan-1": ("This estate has no telemetry", 0),
    "plan-2": ("A workload that fits no host", 0),
    "plan-3": ("Proof by pool", 0),
    "money-0": ("From keeping to the plan, line by line", 3),
    "money-1": ("Cumulative cost, and where courses cross", 1),
    "money-2": ("What to measure next", 2),
    "money-3": ("Every figure used", 0),
    "money-4": ("Profit and loss, beside the cash view", 1),
    "recovery-0": ("Numbers: workloads that a host takes over. Empty: the host that failed.", 1),
    "recovery-1": ("A whole rack", 0),
    "recovery-2": ("Minutes after the failure, by restart tier; a tier starts when the one before it is ready.", 0),
    "recovery-5": ("Host models are chosen anew for each; spare hosts run empty and are licensed.", 0),
    "unseen-0": ("Hosts switched off in quiet hours", 2),
    "migration-0": ("Point at a bar for its dates", 1),
    "migration-1": ("Roll-back: start the source", 0),
    "migration-5": ("Hand-over (ZIP)", 0),
    "platforms-0": ("Foreign architectures", 0),
    "compare-0": ("Nothing is kept yet.", 0),
    "report-0": ("Let somebody else go on", 0),
    "sources-0": ("Sources of this table", 0),
}


def views(surveyed: Any, code: str) -> Any:
    found = surveyed(code)
    assert len(found) == sum(max(1, count) for count in PAGES.values())
    return found


@pytest.mark.parametrize("name", SIGNS)
def test_every_view_says_and_draws_what_it_is_for(surveyed: Any, name: str) -> None:
    words, charts = SIGNS[name]
    found = views(surveyed, "en")
    assert words in found[name].text
    assert len(found[name].charts) == charts
    page = name.rpartition("-")[0]
    assert [other for other in found if other.rpartition("-")[0] == page and words in found[other].text] == [name]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_chart_has_a_text_in_the_language_of_the_page(surveyed: Any, code: str) -> None:
    texts = [(name, text) for name, view in views(surveyed, code).items() for text in view.charts]
    assert len({text for _, text in texts}) >= sum(charts for _, charts in SIGNS.values()) - 1
    assert not [name for name, text in texts if not text.strip()]
    assert not [(name, text) for name, text in texts if bool(_HANGUL.search(text)) != (code == "ko")]


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_scrolled_sideways(surveyed: Any, code: str) -> None:
    """Neither at 1280 x 720 nor on a phone."""
    assert not [(name, view.too_wide) for name, view in views(surveyed, code).items() if view.too_wide]

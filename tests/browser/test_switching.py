"""A switch of the language in the middle of the work: what was chosen stays chosen, on every page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import drawn

pytestmark = pytest.mark.browser

_CHOSEN = """() => {
    const all = selector => [...document.querySelectorAll(`[data-testid=stMain] ${selector}`)];
    return {
        choices: all('[data-testid=stSelectbox]').map(
            part => (part.querySelector('[data-testid=stSelectboxValue], [data-baseweb=select]') || part).innerText.trim()
                + '|' + (part.querySelector('input')?.value || '')),
        radios: all('input[type=radio]').map(part => part.checked),
        numbers: all('input[type=number]').map(part => part.value),
        buttons: all('[data-testid=stButtonGroup] [role=radio]').map(part => part.getAttribute('aria-checked')),
        tabs: all('[role=tab]').map(part => part.getAttribute('aria-selected')),
    };
}"""


def switch(tab: Any, name: str, code: str) -> None:
    tab.get_by_test_id("stSidebar").get_by_text(name, exact=True).click()
    tab.wait_for_function("code => document.documentElement.lang === code", arg=code)
    drawn(tab)


def choose(tab: Any, place: int, step: int = 2) -> None:
    """Another value of the choice at a place on the page."""
    field = tab.get_by_test_id("stMain").get_by_test_id("stSelectbox").nth(place).locator("input")
    field.wait_for(timeout=120_000)
    options = tab.get_by_role("option")
    for _ in range(10):  # a list that is open is closed when the page is drawn again
        if not options.count():
            field.click()
            tab.wait_for_timeout(400)
    assert options.count()
    for _ in range(step):
        tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    drawn(tab)


def stays(tab: Any, choices: tuple[int, ...]) -> None:
    """Choose something else everywhere, there and back again: it stands as it stood."""
    before = tab.evaluate(_CHOSEN)
    for place in choices:
        choose(tab, place)
    number = tab.get_by_test_id("stMain").locator("input[type=number]").first
    if number.count():
        number.press("ArrowUp")
        number.press("Enter")
        drawn(tab)
    chosen = tab.evaluate(_CHOSEN)
    assert len(chosen["choices"]) >= len(choices)
    assert not before["numbers"] or before["numbers"] != chosen["numbers"]
    assert sum(one != other for one, other in zip(before["choices"], chosen["choices"], strict=False)) >= bool(choices)
    switch(tab, "한국어", "ko")
    korean = tab.evaluate(_CHOSEN)
    for kind in ("radios", "numbers", "buttons", "tabs"):
        assert korean[kind] == chosen[kind], kind
    switch(tab, "English", "en")
    assert tab.evaluate(_CHOSEN) == chosen


@pytest.mark.parametrize(
    ("page", "part", "choices"),
    [
        ("", 3, ()),
        ("plan", 0, (0,)),
        ("plan", 3, ()),
        ("money", 2, (1,)),  # the first opens what explains a figure
        ("money", 3, ()),
        ("recovery", 0, (0, 1)),
        ("recovery", 2, (0, 1)),
        ("recovery", 1, ()),
        ("unseen", 0, (0,)),
        ("migration", 2, ()),
        ("sources", 0, (0,)),
    ],
)
def test_what_was_chosen_stays_chosen(visit: Any, page: str, part: int, choices: tuple[int, ...]) -> None:
    tab = visit(page)
    drawn(tab)
    if part:
        main = tab.get_by_test_id("stMain")
        parts = (
            main.get_by_test_id("stButtonGroup").first.get_by_role("radio")
            if page == "money"
            else main.get_by_role("tab")
        )
        parts.nth(part).click()
        drawn(tab)
    stays(tab, choices)

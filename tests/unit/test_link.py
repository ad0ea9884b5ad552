"""A scenario travels in a link unharmed, and a harmed one is refused."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calc
from calc import link


def packed(value: object) -> str:
    return "1" + base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode().rstrip("=")


def test_only_what_differs_travels() -> None:
    assert link.to_text(calc.Scenario()) == "1"
    short = link.to_text(calc.Scenario(failover_hosts=2))
    assert len(short) < 60 and short.replace("-", "").replace("_", "").isalnum()


@settings(max_examples=30, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "failover_hosts": st.integers(0, 2),
            "pue": st.floats(1, 3),
            "currency": st.sampled_from(["EUR", "USD"]),
            "host_prices": st.dictionaries(st.just("dl320-g11-32c-256"), st.floats(0, 1e6), max_size=1),
            "own_lines": st.lists(
                st.fixed_dictionaries(
                    {"name": st.text("가나=<>é", min_size=1, max_size=9), "amount": st.floats(-1e6, 1e6)}
                ),
                max_size=2,
            ),
        },
    )
)
def test_a_scenario_comes_back_as_it_was(chosen: dict) -> None:
    scenario = calc.Scenario(**chosen)
    assert link.from_text(link.to_text(scenario)) == scenario


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "no scenario"),
        ("x", "no scenario"),
        ("1" * 9000, "no scenario"),
        ("2abc", "newer version"),
        ("1!!!", "cut off or altered"),
        ("1abcd", "cut off or altered"),
        (packed([1]), "cut off or altered"),
        (packed({"no_such": 1}), "no_such is not a setting"),
        (packed({"pue": -1}), "pue"),
        (packed({"hypervisor": "x" * 300_000}), "cut off or altered"),
    ],
)
def test_a_harmed_link_is_refused(text: str, part: str) -> None:
    with pytest.raises(calc.ScenarioError, match=part):
        link.from_text(text)


def test_a_link_that_was_cut_is_refused() -> None:
    whole = link.to_text(calc.Scenario(pue=1.31, currency="EUR", horizon_years=7))
    for end in range(2, len(whole)):
        with pytest.raises(calc.ScenarioError):
            link.from_text(whole[:end])


def test_a_scenario_too_long_for_a_link_says_so() -> None:
    lines = tuple(
        {"name": base64.b64encode(bytes((i * j) % 251 for j in range(60))).decode(), "amount": i} for i in range(300)
    )
    with pytest.raises(calc.ScenarioError, match="save it as a file"):
        link.to_text(calc.Scenario(own_lines=lines))

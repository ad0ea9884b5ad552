"""Assumptions as a reader meets them: in words of the language in use, shares as per cent, what the user set first."""

from __future__ import annotations

import re

import pytest

import calc
from calc.language import LANGUAGES, using
from calc.report.assumption_rows import assumption_rows
from calc.report.figures import quantity, read_as
from calc.scenario import Scenario
from tests.make import inventory


@pytest.fixture(scope="module")
def answer() -> calc.Assessment:
    scenario = Scenario(horizon_years=4, cpu_ceiling=0.75)
    return calc.assess(inventory("hostname,cores,memory_gib", "a,8,32", "b,8,64"), scenario)


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_key_and_no_fraction_is_left(code: str, answer: calc.Assessment) -> None:
    with using(code):
        rows = assumption_rows(answer)
    titles = set(rows["title"])
    assert not titles & set(Scenario.model_fields) and not any("fraction" in unit for unit in rows["unit"])
    assert not {"one_model", "right_sized", "leave_out", "proxmox", "not_stated"} & set(rows["value"])
    if code == "ko":
        # Names of products and of files stay; a setting's own title, value and origin are Korean.
        own = rows["title"].iloc[: len(Scenario.model_fields)]
        assert [title for title in own if not re.search("[가-힣]", title) and title not in ("PUE", "vCPU")] == []
        assert all(re.search("[가-힣]", origin) for origin in rows["origin"])


def test_a_share_is_per_cent_with_its_range_and_what_was_set_comes_first(answer: calc.Assessment) -> None:
    rows = assumption_rows(answer).set_index("title")
    assert rows.index[:2].tolist() == ["CPU ceiling, normal", "Horizon"]
    assert rows.loc["CPU ceiling, normal", ["value", "unit", "range", "origin"]].tolist() == [
        "75",
        "%",
        "70 – 90",
        "yours",
    ]
    assert rows.loc["Discount rate", ["value", "unit"]].tolist() == ["7", "%/year"]
    assert rows.loc["Host models", "value"] == "One model per pool"


def test_units_are_read_as_people_read_them() -> None:
    assert read_as("fraction of price/year") == (100.0, "% of price/year") and read_as("W") == (1.0, "W")
    assert quantity(0.05, "fraction/year") == "5 %/year"
    assert quantity(2.0, "ratio") == "2" and quantity(1325.0, "USD per socket") == "1,325 USD per socket"

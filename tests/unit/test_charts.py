"""Charts can be read: no two courses look alike, no bar covers another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import calc
from calc.alternatives import Alternatives, compare_alternatives
from calc.report.estate_charts import idle_power_chart
from calc.report.money_charts import alternatives_chart, outstanding


@pytest.fixture(scope="module")
def answer(tiny_csv: Path) -> calc.Assessment:
    return calc.assess(calc.read_inventory(tiny_csv))


@pytest.fixture(scope="module")
def found(answer: calc.Assessment) -> Alternatives:
    return compare_alternatives(answer)


def test_the_courses_that_matter_have_colours_of_their_own(found: Alternatives) -> None:
    shown = outstanding(found)
    assert found.recommended in shown and {entry.kind for entry in shown} == {entry.kind for entry in found.entries}
    own = [entry for entry in shown if entry.kind == "consolidate"]
    assert any(entry.scenario.hypervisor == found.scenario.hypervisor for entry in own)
    line: dict[str, Any] = alternatives_chart(found).to_dict()["layer"][0]["encoding"]
    colours, names = line["color"]["scale"]["range"], line["color"]["scale"]["domain"]
    assert len(shown) < len(found.entries), "the sample needs more courses than colours"
    assert len(names) == len(set(names)) == len(colours) == len(set(colours)) == len(shown) + 1
    assert line["detail"]["field"] == "alternative"  # courses without a colour are lines of their own all the same


def test_bars_of_idle_power_do_not_cover_each_other(answer: calc.Assessment) -> None:
    chart: dict[str, Any] = idle_power_chart(answer.estate, answer.demand).to_dict()
    assert chart["height"]["step"] > chart["layer"][0]["mark"]["height"]

"""The tiny sample's report, kept: a change of any figure must be meant.

Re-make after a meant change: ``python -m tests.regression.test_golden``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import calc
from calc.report.tables import summary
from tests.conftest import SAMPLES

GOLDEN = Path(__file__).with_name("tiny_12.json")


def report() -> dict:
    answer = calc.assess(calc.read_inventory(SAMPLES / "tiny_12.csv"))
    cash = calc.cashflow_table(answer)
    cash["amount"] = cash["amount"].round(2)
    found = {
        "summary": summary(answer),
        "hosts": answer.hosts.to_dict("records"),
        "cashflow": [[*row] for row in cash[cash["amount"] != 0].itertuples(index=False)],
        "assumed": [[item.field, item.count] for item in answer.assumed],
    }
    return json.loads(json.dumps(found, default=str))


def test_the_report_is_the_golden_one() -> None:
    found, kept = report(), json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert found["summary"].keys() == kept["summary"].keys()
    for key, value in kept["summary"].items():
        assert found["summary"][key] == (pytest.approx(value) if isinstance(value, float) else value), key
    for key in ("hosts", "assumed"):
        assert found[key] == kept[key], key
    assert [row[:3] for row in found["cashflow"]] == [row[:3] for row in kept["cashflow"]]
    assert [row[3] for row in found["cashflow"]] == pytest.approx([row[3] for row in kept["cashflow"]], abs=0.01)


def test_the_tiny_sample_by_hand() -> None:
    """Four servers need 120 GiB, four 60, four 30 (p95 x 1.25), plus 2 % for the hypervisor.

    A DL320 offers (256 - 24) x 0.95 = 220.4 GiB. 840 x 1.02 = 856.8 GiB are 3.9 hosts, so four,
    each with one of each size (210 x 1.02 = 214.2 GiB); after a failure four must still hold
    them, so five. No plan has fewer: 4 x 220.4 GiB after a failure need four hosts left.
    """
    answer = calc.assess(calc.read_inventory(SAMPLES / "tiny_12.csv"))
    assert set(answer.hosts["host_type"]) == {"dl320-g11-32c-256"}
    assert answer.hosts["memory_capacity"].unique().tolist() == [int(220.4 * 1024)]
    assert answer.hosts["memory_used"].sum() == pytest.approx(856.8 * 1024, abs=12)
    assert (answer.hosts_after, answer.lower_bound, answer.is_optimal) == (5, 5, True)


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(report(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

"""CPU names to scores."""

from __future__ import annotations

import pytest

from calc.cpu import architecture, find_score, processor_key
from calc.power import find_power


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Intel(R) Xeon(R) CPU E5-2680 0 @ 2.70GHz", "xeon e5-2680"),
        ("Intel(R) Xeon(R) CPU           X5690  @ 3.47GHz", "xeon x5690"),
        ("Intel Xeon E5-2667 V3", "xeon e5-2667 v3"),
        ("Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz", "xeon e5-2690 v4"),
        ("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", "xeon gold 6130"),
        ("AMD EPYC 9654 96-Core Processor", "epyc 9654"),
        ("Intel® Xeon® Platinum 8280", "xeon platinum 8280"),
    ],
)
def test_key(name: str, key: str) -> None:
    assert processor_key(name) == key
    assert find_score(name) is not None


def test_scores_of_known_parts() -> None:
    gold, old = find_score("Intel Xeon Gold 6130"), find_score("Intel Xeon X5690")
    assert gold is not None and gold.basis == "measured" and gold.per_core == pytest.approx(4.992)
    assert old is not None and old.basis == "converted" and old.low < old.per_core < old.high
    assert find_score("Pentium of the future") is None
    assert find_score("E5-2690 v4") == find_score("Intel Xeon E5-2690 v4")


@pytest.mark.parametrize(
    ("name", "arch"),
    [
        ("IBM POWER8", "ppc64"),
        ("SPARC M7", "sparc"),
        ("Intel Itanium 9350", "ia64"),
        ("Ampere Altra Q80-30", "arm64"),
        ("Intel Xeon E5-2680", "x86_64"),
        ("", "x86_64"),
    ],
)
def test_architecture(name: str, arch: str) -> None:
    assert architecture(name) == arch


def test_power_prefers_the_processor_and_falls_back_to_the_year() -> None:
    exact, year = find_power("Intel Xeon E5-2660", 2, 2012), find_power("unknown", 2, 2012)
    assert exact.basis == "cpu" and year.basis == "year"
    assert 0 < exact.idle_w < exact.full_w
    assert find_power("unknown", 4, 2012).full_w == pytest.approx(2 * year.full_w)

"""CPU names to scores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import calc
from calc.cpu import architecture, find_match, find_score, processor_key
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


@pytest.mark.parametrize(
    ("name", "processor", "quality"),
    [
        ("AMD Opteron 4164EE", "AMD Opteron 4164 EE", "exact"),
        ("Intel Xeon E3-1265LV2", "Intel Xeon E3-1265L v2", "exact"),
        ("AMD EPYC 7601 Dell SKU [338-BNCG]", "AMD EPYC 7601", "exact"),
        ("Intel Xeon-D 2776NT", "Intel Xeon D-2776NT", "exact"),
        ("Intel(R) Xeon(R) 8480+,", "Intel Xeon Platinum 8480+", "same model"),
        ("Intel Xeon Platinum 6252", "Intel Xeon Gold 6252", "same model"),
        ("Intel Xeon 5675", "Intel Xeon X5675", "same model"),
        ("Intel Xeon Gold 6199", "Intel Xeon Gold 6154", "nearest"),
    ],
)
def test_match_quality(name: str, processor: str, quality: str) -> None:
    found = find_match(name)
    assert found is not None and found.quality == quality
    assert found.score.processor.startswith(processor) or (
        quality == "nearest" and processor[:12] in found.score.processor
    )


def test_the_nearest_relative_is_of_the_same_generation() -> None:
    third = find_match("AMD EPYC 7993")
    assert third is not None and third.quality == "nearest"
    assert third.score.processor.split()[2][3] == "3"  # the last digit of an EPYC's number is its generation
    assert find_match("AMD EPYC 7999") is None  # there is no ninth generation to be near to
    assert find_match("Intel Xeon") is None and find_match("") is None
    assert find_score("Intel Xeon Gold 6199") is None  # a relative is no basis for a core count


def test_published_names_resolve(real_data: Path) -> None:
    names = pd.read_csv(real_data / "power" / "specpower_2026-03-09.csv")["CPU Description"].dropna().unique()
    quality = [match.quality if (match := find_match(name)) else "none" for name in names]
    assert len(names) == 258
    assert sum(item in ("exact", "same model") for item in quality) / len(names) >= 0.97
    book = calc.read_inventory(real_data / "inventories" / "rvtools_sizing_workshop.xlsx")
    matches = [find_match(model) for model in book.servers["cpu_model"].unique()]
    assert all(match is not None and match.quality in ("exact", "same model") for match in matches)

"""The derived reference tables are what the published data give, where that data is at hand."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import pytest

from calc import assumptions
from tests.conftest import ROOT

TABLES = (
    "cpu_scores",
    "power_by_cpu",
    "power_by_year",
    "host_types",
    "electricity",
    "server_models",
    "cloud_instances",
    "carbon",
)


def test_tables_and_measured_defaults_come_from_the_published_data(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location("derive_reference", ROOT / "tools" / "derive_reference.py")
    assert spec and spec.loader
    derive = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(derive)
    shutil.copy(ROOT / "data" / "reference" / "assumptions.csv", tmp_path)
    monkeypatch.setattr(derive, "OUT", tmp_path)
    derive.main(real_data)
    for name in TABLES:
        kept = (ROOT / "data" / "reference" / f"{name}.csv").read_text(encoding="utf-8")
        assert (tmp_path / f"{name}.csv").read_text(encoding="utf-8") == kept, name
    said = capsys.readouterr().out

    def number(pattern: str) -> float:
        found = re.search(pattern + r" ([0-9.]+[0-9])", said)
        assert found, pattern
        return float(found[1])

    peak = assumptions.default("cpu_peak_factor")
    assert peak.value == number("sum of VM means")
    assert peak.low == number("its mean") and peak.high == number("sum of means")
    score = assumptions.default("score_per_core_default")
    assert score.value == number("2014-2019: median") and score.low == number("quartiles")
    assert assumptions.default("rack_units_default").value == number("server models: median")

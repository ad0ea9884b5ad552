"""The business case on the command line: files, columns, and a summary that reads."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from calc.cli import main
from calc.report.business_case import FILES
from tests.conftest import ROOT


def test_the_command_line_writes_the_business_case(
    tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assess", str(tiny_csv), "--out", str(tmp_path), "--business-case"]) == 0
    said = capsys.readouterr().out
    assert "Recommended:" in said and "Decision:" in said and "P10" in said
    assert {path.name for path in tmp_path.iterdir()} >= set(FILES)
    page = (ROOT / "docs" / "bundle.md").read_text(encoding="utf-8")
    for name in FILES:
        assert f"`{name}`" in page
    for name in ("alternatives.csv", "tornado.csv"):
        for column in pd.read_csv(tmp_path / name).columns:
            assert f"`{column}`" in page, column
    found = json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))
    assert found["decision"] in ("buy", "wait", "measure first")
    assert found["draws"] == len(pd.read_csv(tmp_path / "simulation.csv")) == 2000
    npv = found["quantiles"]["npv"]
    assert npv["P10"] <= npv["P50"] <= npv["P90"]
    assert len(found["measure_next"]) <= 10


def test_an_estate_that_stays_has_alternatives_but_no_range(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "power.csv"
    source.write_text("hostname,cores,memory_gib,cpu_model\np1,8,32,IBM POWER8\n", encoding="utf-8")
    out = tmp_path / "out"
    assert main(["assess", str(source), "--out", str(out), "--business-case"]) == 0
    assert "Recommended:" in capsys.readouterr().out
    assert (out / "alternatives.csv").exists() and not (out / "simulation.csv").exists()

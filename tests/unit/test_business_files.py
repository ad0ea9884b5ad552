"""The business case on the command line: files, columns, and a summary that reads."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import calc
from calc.alternatives import Alternatives, compare_alternatives
from calc.cli import main
from calc.report.business_case import FILES, write_business_case
from calc.report.content import gather
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


def test_with_a_report_beside_it_the_alternatives_are_worked_out_once(
    tiny_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def counted(a: calc.Assessment, **options: object) -> Alternatives:
        calls.append(a)
        return compare_alternatives(a, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("calc.report.content.compare_alternatives", counted)
    monkeypatch.setattr("calc.report.writing.pdf", lambda page: b"")
    assert main(["assess", str(tiny_csv), "--out", str(tmp_path), "--business-case", "--report"]) == 0
    assert len(calls) == 1
    shown = pd.read_csv(tmp_path / "alternatives.csv")
    told = pd.read_csv(tmp_path / "report" / "tables" / "alternatives.csv")
    assert list(shown["alternative"]) == list(told["alternative"])


def test_without_a_business_case_there_is_nothing_to_write(tiny_csv: Path, tmp_path: Path) -> None:
    content = gather(calc.assess(calc.read_inventory(tiny_csv)), business_case=False)
    with pytest.raises(calc.InputError, match="holds no business case"):
        write_business_case(content, tmp_path)

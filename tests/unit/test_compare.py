"""Scenarios side by side: the same figures as each alone, what differs and only that, and clear refusals."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import calc
from calc.cli import main
from calc.report.choices import setting_text
from calc.report.comparing import FILES, differing_settings, results, write_comparison
from tests.make import inventory, uniform

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def answers() -> dict[str, calc.Assessment]:
    estate = uniform(30)
    plain = calc.assess(estate)
    return {"N+1": plain, "=N+2": calc.assess(estate, calc.Scenario(failover_hosts=2, discount_rate=0.05))}


def test_every_figure_is_that_of_its_assessment(answers: dict[str, calc.Assessment], tmp_path: Path) -> None:
    write_comparison(answers, tmp_path / "new", dated=DAY)
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(FILES)
    found = json.loads((tmp_path / "new" / "comparison.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in found["scenarios"]] == list(answers)
    for one, a in zip(found["scenarios"], answers.values(), strict=True):
        assert one["results"]["hosts"] == a.hosts_after and one["results"]["gap"] == a.gap
        assert one["results"]["npv"] == pytest.approx(a.comparison.npv, abs=0.005)
        assert one["results"]["payback_months"] == a.comparison.payback_months
        assert calc.Scenario(**one["scenario"]) == a.scenario
    assert found["inputs"] == {source.name: source.sha256 for source in answers["N+1"].inventory.sources}
    table = pd.read_csv(tmp_path / "new" / "comparison.csv").set_index("figure")
    assert list(table.columns) == ["unit", "differs", "N+1", "'=N+2"]  # no spreadsheet runs a name
    hosts = table.loc["hosts"]
    assert [int(hosts["N+1"]), int(hosts["'=N+2"])] == [a.hosts_after for a in answers.values()]
    assert bool(hosts["differs"]) == (hosts["N+1"] != hosts["'=N+2"]) and table.loc["npv", "unit"] == "USD"
    assert not table.loc["survives", "differs"]


def test_only_the_assumptions_that_differ_are_listed(answers: dict[str, calc.Assessment], tmp_path: Path) -> None:
    assert differing_settings(a.scenario for a in answers.values()) == ["failover_hosts", "discount_rate"]
    write_comparison(answers, tmp_path, dated=DAY)
    listed = pd.read_csv(tmp_path / "assumptions.csv")
    assert list(listed["name"]) == ["failover_hosts", "discount_rate"] and list(listed["N+1"]) == [1, 0.07]
    write_comparison({"a": answers["N+1"], "b": answers["N+1"]}, tmp_path, dated=DAY)
    assert pd.read_csv(tmp_path / "assumptions.csv").empty
    assert "these scenarios have the same assumptions" in (tmp_path / "comparison.html").read_text(encoding="utf-8")


def test_the_page_is_the_readers_and_runs_nothing(answers: dict[str, calc.Assessment], tmp_path: Path) -> None:
    named = {"<script>alert(1)</script>": answers["N+1"], "b": answers["=N+2"]}
    write_comparison(named, tmp_path, language="ko", dated=DAY)
    page = (tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in page and "순현재가치" in page and "결과" in page and "<script" not in page
    assert "default-src 'none'" in page and "src=" not in page and "2026년 11월 23일" in page
    table = pd.read_csv(tmp_path / "comparison.csv")
    assert "npv" in set(table["figure"])  # keys do not change with the language


def test_two_to_four_stand_side_by_side(answers: dict[str, calc.Assessment], tmp_path: Path) -> None:
    a = answers["N+1"]
    for count in (1, 5):
        with pytest.raises(calc.InputError, match=f"{count} scenarios cannot be compared: name 2 to 4"):
            write_comparison({str(n): a for n in range(count)}, tmp_path)


def test_nothing_is_shown_where_there_is_no_number() -> None:
    partial = calc.assess(inventory("hostname,cores,memory_gib", "a,8,32", "b,8,9000"))
    shown = {row.key: (row.value, row.shown) for row in results(partial)}
    assert shown["gap"] == (None, "no bound") and shown["hosts_lower_bound"] == (None, "–")
    assert setting_text(None) == "reference" and setting_text(("site",)) == "Site" and setting_text(0.05) == "0.05"


def test_the_command_line_compares(tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plain.toml").write_text("", encoding="utf-8")
    (tmp_path / "two.toml").write_text("failover_hosts = 2\n", encoding="utf-8")
    order = ["compare", str(tiny_csv), "--scenario", str(tmp_path / "plain.toml")]
    more = ["--scenario", f"N+2={tmp_path / 'two.toml'}", "--out", str(tmp_path / "out")]
    assert main([*order, *more]) == 0
    said = capsys.readouterr()
    head, hosts, *_ = said.out.splitlines()
    assert head.split() == ["Result", "plain", "N+2"] and hosts.split() == ["≠", "Hosts", "5", "6"]
    assert "plain: 5 hosts" in said.err
    assert main([*order, *more, "--language", "ko"]) == 0
    assert "호스트" in capsys.readouterr().out
    single = [*order, "--out", str(tmp_path / "out")]
    assert main(single) == 2
    assert "--scenario stands 1 times: name 2 to 4 scenarios" in capsys.readouterr().err
    assert main([*order, "--scenario", f"plain={tmp_path / 'two.toml'}", "--out", str(tmp_path)]) == 2
    assert "the name 'plain' is empty or stands twice" in capsys.readouterr().err
    assert main([*order, "--scenario", str(tmp_path / "none.toml"), "--out", str(tmp_path)]) == 2
    assert "none.toml" in capsys.readouterr().err


def test_operation_runs_where_it_is_told(tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``recover`` and ``migrate`` in this process say so; an executor that there is not is refused before any plan."""
    assert main(["recover", str(tiny_csv), "--out", str(tmp_path), "--executor", "in-process"]) == 0
    assert "this process" in capsys.readouterr().err
    for order in (["recover"], ["migrate", "--start", "2026-01-05"], ["compare", "--scenario", "a", "--scenario", "b"]):
        assert main([*order, str(tiny_csv), "--out", str(tmp_path), "--executor", "nowhere"]) == 2

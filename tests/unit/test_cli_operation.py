"""The commands recover, migrate and backtest."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from calc.cli import main
from tests.conftest import SAMPLES


def test_recover_writes_every_case(tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", str(tiny_csv), "--out", str(tmp_path), "--racks", "3"]) == 0
    said = capsys.readouterr().out
    assert "5 of 5 failures of 1 host find a place" in said and "Any one of 3 racks: survived" in said
    assert {path.name for path in tmp_path.iterdir()} == {
        *("failures.csv", "failover_moves.csv", "headroom.csv", "restart_tiers.csv", "racks.csv")
    }
    moves = pd.read_csv(tmp_path / "failover_moves.csv")
    assert len(moves) == 12 and moves["to"].notna().all()  # every workload loses its host exactly once


def test_recover_tells_pairs_apart_from_what_is_promised(tiny_csv: Path, tmp_path: Path) -> None:
    assert main(["recover", str(tiny_csv), "--out", str(tmp_path), "--failures", "2"]) == 0
    assert len(pd.read_csv(tmp_path / "failures.csv")) == 10


def test_migrate_writes_waves_and_ramp(tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["migrate", str(tiny_csv), "--start", "2026-01-05", "--people", "2", "--out", str(tmp_path)]
    assert main(order) == 0
    assert "survives a failure after every wave" in capsys.readouterr().out
    ramp = pd.read_csv(tmp_path / "migration_ramp.csv")
    assert len(ramp) == 12 and ramp["year_1"].between(0, 1).all() and (ramp["year_3"] == 0).all()
    waves = pd.read_csv(tmp_path / "migration_waves.csv")
    assert waves["workloads"].sum() == 12 and (waves["people_hours"] <= 16).all()


def test_backtest_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    order = ["backtest", str(SAMPLES / "history_60.csv.gz"), "--host-cpu", "80000", "--host-memory", "256"]
    assert main([*order, "--train-days", "21", "--risk", "0.001"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["workloads"] == 60 and found["hours"] == 672 and len(found["replays"]) == 4
    assert found["risk"]["met"] and sum(row["chosen"] for row in found["risk"]["frontier"]) == 1
    assert main([*order, "--train-days", "21", "--risk", "0"]) == 0  # none at all, as the page takes it too
    chosen = [row for row in json.loads(capsys.readouterr().out)["risk"]["frontier"] if row["chosen"]]
    assert [row["over"] for row in chosen] == [0.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workload,hour,cpu_mean\n", "column 'cpu_max' is missing"),
        ("workload,hour,cpu_mean,cpu_max,memory_gib\na,soon,1,2,4\n", "row 2, column 'hour' = 'soon': a timestamp"),
        ("workload,hour,cpu_mean,cpu_max,memory_gib\na,2026-01-01 00:30,1,2,4\n", "not on the full hour"),
        ("workload,hour,cpu_mean,cpu_max,memory_gib\na,2026-01-01,-1,2,4\n", "'cpu_mean' = '-1'"),
        (
            "workload,hour,cpu_mean,cpu_max,memory_gib\n" + "a,2026-01-01,1,2,4\n" * 2,
            "row 3: workload 'a' has this hour twice",
        ),
        ("workload,hour,cpu_mean,cpu_max,memory_gib\na,2026-01-01,3,2,4\n", "exchanged"),
        ("workload,hour,cpu_mean,cpu_max,memory_gib\n", "no row below the header"),
        ("workload,hour,cpu_mean,cpu_max,memory_gib\n ,2026-01-01,1,2,4\n", "column 'workload' = ' ': a name"),
        (
            "workload,hour,cpu_mean,cpu_max,memory_gib\na,2026-01-01T00:00+01:00,1,2,4\na,2026-07-01T00:00+02:00,1,2,4\n",
            "another offset from UTC",
        ),
        (
            "workload,hour,cpu_mean,cpu_max,memory_gib\na,2026-01-01T00:00,1,2,4\na,2062-01-01T01:00,1,2,4\n",
            "only 2 have a row, and none lies between 2026-01-01 00:00:00 and 2062-01-01 01:00:00",
        ),
    ],
)
def test_a_broken_history_exits_with_what_is_wrong(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "h.csv"
    path.write_text(text)
    order = ["backtest", str(path), "--host-cpu", "10", "--host-memory", "10", "--train-days", "1"]
    assert main(order) == 2
    assert message in capsys.readouterr().err
    assert main(["backtest", str(tmp_path / "absent.csv"), *order[2:]]) == 2


def test_a_history_cut_off_while_it_was_copied_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "h.csv.gz"
    path.write_bytes((SAMPLES / "history_60.csv.gz").read_bytes()[:5000])
    assert main(["backtest", str(path), "--host-cpu", "10", "--host-memory", "10", "--train-days", "1"]) == 2
    assert "not a CSV file" in capsys.readouterr().err


def test_recover_fails_the_racks_of_the_scenario(
    tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "racks.toml"
    scenario.write_text("racks = 3\n")
    assert main(["recover", str(tiny_csv), "--scenario", str(scenario), "--out", str(tmp_path / "out")]) == 0
    assert "Any one of 3 racks: survived." in capsys.readouterr().out and (tmp_path / "out" / "racks.csv").exists()


def test_a_bad_date_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["migrate", "x.csv", "--start", "soon", "--out", "x"])
    assert stop.value.code == 2 and "soon is not a date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (["recover", "x.csv", "--out", "o", "--racks", "1"], "1 is less than 2"),
        (["assess", "x.csv", "--out", "o", "--restarts", "two"], "'two' is not a whole number"),
        (["assess", "x.csv", "--out", "o", "--iteration-limit", "-3"], "-3 is less than 1"),
        (["assess", "x.csv", "--out", "o", "--time-limit", "x"], "'x' is not a number"),
        (["migrate", "x.csv", "--out", "o", "--start", "2026-01-05", "--people", "0"], "0 is not more than zero"),
        (
            ["backtest", "h.csv", "--host-cpu", "9", "--host-memory", "9", "--train-days", "1", "--ceiling", "3"],
            "0 to 1",
        ),
    ],
)
def test_an_argument_of_the_wrong_kind_is_named(
    order: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(order)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--limit", "rows"], "--limit 'rows': write it as NAME=N"),
        (["--assume", "memory"], "--assume 'memory': write it as COLUMN=UNIT"),
        (["--time-zone", "Mars"], "time zone 'Mars' is not known"),
        (["--mapping", "none.toml"], "cannot read the mapping none.toml: No such file or directory"),
        (["--language", "ko"], "say --report too"),
    ],
)
def test_an_argument_that_nobody_could_use_is_said_before_anything_is_written(
    more: list[str], words: str, tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assess", str(tiny_csv), "--out", str(tmp_path / "out"), *more]) == 2
    assert words in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_history_that_is_planned_on_whole_leaves_nothing_to_replay(capsys: pytest.CaptureFixture[str]) -> None:
    order = ["backtest", str(SAMPLES / "history_60.csv.gz"), "--host-cpu", "161200", "--host-memory", "1000"]
    assert main([*order, "--train-days", "28"]) == 2
    assert "the history holds 28 days" in capsys.readouterr().err


def test_recover_without_anything_placed_claims_no_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.csv"
    file.write_text("hostname,cores,memory_gib,exclude\na,8,64,yes\n", encoding="utf-8")
    assert main(["recover", str(file), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "nothing to fail" in said and "0 of 0" not in said

"""Bare packing instances through the command line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from calc import packing_file
from calc.cli import main
from calc.errors import InputError
from calc.packing import Effort, violations
from calc.packing_file import read_lines, to_instance

LINES = [
    {"name": "plain", "capacity": [10, 10], "items": [[6, 1], [4, 1], [5, 5]]},
    {"name": "copies", "capacity": [10], "items": [[5], [3]], "copies": [3, 2]},
    {"name": "types", "items": [[5], [5], [9]], "host_types": [{"capacity": [10], "cost": 7, "count": 1}, {"capacity": [20], "cost": 12}]},
    {"name": "rules", "capacity": [10], "items": [[1], [1], [1], [1]], "conflicts": [[0, 1]], "groups": [{"items": [1, 2, 3], "max_per_host": 2}], "affinity": [[0, 2]], "max_items": 3},
    {"name": "misfit", "capacity": [10], "items": [[11], [2]]},
]  # fmt: skip


@pytest.mark.parametrize("zipped", [False, True])
def test_pack(zipped: bool, tmp_path: Path) -> None:
    source, target = tmp_path / ("in.jsonl.gz" if zipped else "in.jsonl"), tmp_path / "out.jsonl"
    text = "\n".join(json.dumps(line) for line in LINES) + "\n"
    source.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    assert main(["pack", str(source), "--effort", "quick", "--out", str(target)]) == 0
    found = {row["name"]: row for row in read_lines(target)}
    assert {name: row["cost"] for name, row in found.items()} == {
        "plain": 2,
        "copies": 3,
        "types": 12,
        "rules": 2,
        "misfit": 1,
    }
    assert (
        found["misfit"]["unplaced"] == [0] and found["misfit"]["lower_bound"] is None and found["misfit"]["gap"] is None
    )
    assert found["types"]["optimal"] and found["types"]["host_type"] == [1]
    for line in LINES:
        instance, row = to_instance(line), found[line["name"]]
        problems = violations(
            instance.demands.tolist(), instance.capacities.tolist(), instance.counts.tolist(), row["assignment"], row["host_type"],
            row["unplaced"], instance.groups, None if instance.affinity is None else instance.affinity.tolist(),
        )  # fmt: skip
        assert problems == []
        assert row["hosts"] == len(row["host_type"])


def test_two_jobs_give_the_same_plans(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join(json.dumps(line) for line in LINES))
    plans = []
    for jobs in ("1", "2"):
        target = tmp_path / f"out{jobs}.jsonl"
        assert main(["pack", str(source), "--effort", "quick", "--jobs", jobs, "--out", str(target)]) == 0
        plans.append({row["name"]: (row["assignment"], row["host_type"]) for row in read_lines(target)})
    assert plans[0] == plans[1]


@pytest.mark.parametrize(("line", "message"), [
    ("{", "line 1: not JSON"), ("[1]", "one JSON object"), ('{"name": "x", "items": [[1]]}', "capacity"),
    ('{"name": "x", "capacity": [1], "items": [[-1]]}', "negative"), ('{"name": "x", "capacity": [1], "items": [[1]], "typo": 1}', "unknown key 'typo'"),
    ('{"name": "x", "capacity": [1, 2], "items": [[1]]}', "x: "), ('{"name": "x", "capacity": [1], "items": [[1]], "objective": "fun"}', "neither"),
])  # fmt: skip
def test_a_bad_line_is_named_and_exits_with_2(
    line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(line + "\n")
    assert main(["pack", str(source), "--out", str(tmp_path / "out.jsonl")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()


def test_an_absent_file_says_so() -> None:
    with pytest.raises(InputError, match="cannot read"):
        list(read_lines("/nowhere/in.jsonl"))


def test_published_instances_keep_their_bounds(real_data: Path) -> None:
    """On published instances with a proven optimum: bound <= optimum <= plan, and never above the best published."""
    checked = 0
    for row in read_lines(real_data / "packing" / "vector_packing.jsonl.gz"):
        if row["optimum"] is None or len(row["items"]) > 60 or checked == 40:
            continue
        from calc.packing import Effort, solve

        result = solve(to_instance(row), Effort.QUICK)
        assert result.bound is not None
        assert result.bound.value <= row["optimum"] <= result.hosts <= row["best_published"] + 1
        checked += 1
    assert checked == 40


def test_hosts_that_are_open_already() -> None:
    row = {
        "name": "fixed", "capacity": [10], "items": [[6], [3], [4], [6]], "fixed": [{"host_type": 0, "items": [0]}]
    }  # fmt: skip
    found = packing_file.run(row, Effort.QUICK, None, 1)
    assert found["assignment"][0] == 0 and found["hosts"] == 2 and found["cost"] == found["lower_bound"] == 1
    with pytest.raises(InputError, match="fixed: fixed host 0 has type 3"):
        packing_file.to_instance({**row, "fixed": [{"host_type": 3, "items": [0]}]})

"""Tables, JSON and the whole report without a browser."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest

import calc
from calc.cli import main
from calc.language import LANGUAGES, using
from calc.report import words, writing
from calc.report.content import Content, gather
from calc.report.document import DocumentError, html
from calc.report.exports import csv_bytes, parquet_bytes, tables, to_json
from calc.report.writing import FORMATS, report_file, schema, write_report
from tests.make import inventory

HOST = {
    "id": "owned",
    "cores": 32,
    "memory_gib": 512,
    "idle_w": 100,
    "full_w": 300,
    "price": 0.0,
    "score_per_core": 9.0,
}


@pytest.fixture(scope="module")
def content(tiny_csv: Path) -> Content:
    return gather(calc.assess(calc.read_inventory(tiny_csv)), draws=100)


def answers() -> list[calc.Assessment]:
    odd = inventory(
        "hostname,cores,memory_gib,CPU p95 %,cpu_model,Anti-affinity group,Exclude",
        "a,8,32,20,,db,",
        "b,8,32,20,,db,",
        "c,8,32,20,,,=licence dongle",
        "p,8,32,20,IBM POWER8,,",
        "q,-8,32,20,,,",
    )
    alone = inventory("hostname,cores,memory_gib,cpu_model", "p,8,32,IBM POWER8")
    return [
        calc.assess(odd),
        calc.assess(odd, calc.Scenario(host_policy="mixed", failover_hosts=0)),
        calc.assess(alone),
    ]


def test_the_json_keeps_to_its_schema(content: Content) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    check = jsonschema.Draft202012Validator(schema())
    for found in (content, *(gather(answer, business_case=False) for answer in answers())):
        whole = json.loads(to_json(found))
        check.validate(whole)
        assert whole["summary"]["hosts_after"] == len(whole["tables"]["hosts"]) == found.assessment.hosts_after
        total = sum(row["amount"] for row in whole["tables"]["cashflow"] if row["side"] == "target")
        assert total == pytest.approx(whole["summary"]["tco_target"], abs=0.5)
        for damage in ({"schema_version": 2}, {"summary": {}}, {"extra": 1}):
            with pytest.raises(jsonschema.ValidationError):
                check.validate({**whole, **damage})


def valid(answer: calc.Assessment, *, business_case: bool = False) -> dict[str, Any]:
    """The answer's JSON, which keeps to the published schema and says of its search what the plan says."""
    whole: dict[str, Any] = json.loads(to_json(gather(answer, business_case=business_case, draws=100)))
    jsonschema.Draft202012Validator(schema()).validate(whole)
    assert {pool["search_path"] for pool in whole["pools"]} == set(whole["summary"]["search_path"])
    assert whole["summary"]["reproducible"] == ("CLOCK" not in whole["summary"]["search_path"])
    return whole


def test_the_json_of_the_sample_keeps_to_its_schema(estate_csv: Path) -> None:
    whole = valid(calc.assess(calc.read_inventory(estate_csv)), business_case=True)
    assert whole["summary"]["is_optimal"] and {"alternatives", "tornado"} <= set(whole["tables"])
    pools = {row["pool"] for row in whole["tables"]["ledger"] if row["line"] == "hypervisor"}
    assert pools == {pool["name"] for pool in whole["pools"]}


def test_the_json_of_the_real_workbook_keeps_to_its_schema(rvtools_workbook: Path) -> None:
    whole = valid(calc.assess(calc.read_inventory(rvtools_workbook)))
    assert whole["summary"]["servers_before"] == 34 and whole["summary"]["join_rate"] > 0.9


def test_the_json_of_an_answer_that_fails_in_part_keeps_to_its_schema() -> None:
    """Workloads that fit no host, or more than the hosts there are: no bound, null where there is no number."""
    sizes = inventory("hostname,cores,memory_gib,CPU p95 %", *(f"s{i},8,200,20" for i in range(9)), "big,8,90000,20")
    partial = valid(calc.assess(sizes))
    assert [row["workload"] for row in partial["tables"]["unplaced"]] == ["big"]
    owned = {**HOST, "available": 3}
    short = valid(
        calc.assess(sizes, calc.Scenario(custom_host_types=(owned,), host_types=("owned",), host_policy="mixed"))
    )
    assert short["summary"]["lower_bound"] is None is short["summary"]["gap"]
    assert short["summary"]["unplaced"] > 1 and not short["summary"]["is_optimal"]
    assert short["pools"][0]["bound"] is None and short["summary"]["hosts_after"] <= 3
    stopped = calc.assess(sizes, limits=calc.planning.Limits(should_stop=lambda: True))
    assert valid(stopped)["summary"]["search_path"] in (["WORK"], ["CLOCK"])
    nothing = valid(calc.assess(inventory("hostname,cores,memory_gib,cpu_model", "p,8,32,IBM POWER8")))
    assert nothing["pools"] == [] and nothing["summary"]["search_path"] == []
    assert nothing["summary"]["payback_months"] is None or nothing["summary"]["payback_months"] == 0


def test_a_plan_that_does_not_survive_has_no_gap() -> None:
    """Two owned hosts hold everything, a failure would need a third that there is not: below the bound, and not optimal."""
    sizes = inventory("hostname,cores,memory_gib,CPU p95 %", *(f"s{i},8,100,20" for i in range(6)))
    owned = {**HOST, "available": 2, "price": 1000.0}
    answer = calc.assess(sizes, calc.Scenario(custom_host_types=(owned,), host_types=("owned",), host_policy="mixed"))
    assert (answer.hosts_after, answer.hosts_lower_bound, answer.survives) == (2, 3, False)
    (pool,) = answer.pools
    assert pool.plan.bound is not None and pool.plan.cost < pool.plan.bound.value and pool.plan.gap is None
    assert answer.gap is None and not answer.is_optimal and answer.lower_bound is not None
    found = valid(answer)["summary"]
    assert found["gap"] is None and found["lower_bound"] == answer.lower_bound and not found["survives_failures"]
    assert words.verdict(answer) == "does not survive"
    assert "with at least 3 hosts; this one does not survive them" in words.proof_line(answer)
    assert "so there is no gap to state" in html(gather(answer, business_case=False))
    enough = calc.assess(sizes, answer.scenario.varied(custom_host_types=({**owned, "available": 3},)))
    assert enough.gap == 0 and enough.is_optimal and words.verdict(enough) == "proven optimal"


def test_a_plan_that_meets_its_bound_but_fails_a_case_is_not_optimal(content: Content) -> None:
    answer = content.assessment
    (pool,) = answer.pools
    assert answer.is_optimal and pool.plan.proof is not None
    broken = replace(pool.plan, proof=replace(pool.plan.proof, passed=pool.plan.proof.passed - 1))
    failing = replace(answer, pools=(replace(pool, plan=broken),))
    assert failing.gap is None and not failing.is_optimal and failing.lower_bound == answer.lower_bound
    assert "needs at least 5 hosts; this one does not survive them" in words.proof_line(failing)
    assert valid(failing)["summary"]["gap"] is None


def test_tables_come_back_from_csv_and_parquet(content: Content) -> None:
    found = tables(content)
    assert {"servers", "hosts", "ledger", "findings", "failover", "alternatives", "tornado", "simulation"} <= set(found)
    for name, table in found.items():
        again = pd.read_parquet(io.BytesIO(parquet_bytes(table)))
        assert list(again.columns) == list(table.columns) and len(again) == len(table), name
        numeric = [column for column in table if pd.api.types.is_float_dtype(table[column])]
        pd.testing.assert_frame_equal(again[numeric], table[numeric].reset_index(drop=True))
        text = csv_bytes(table)
        assert text.startswith(b"\xef\xbb\xbf")
        read = pd.read_csv(io.BytesIO(text))
        assert list(read.columns) == list(table.columns) and len(read) == len(table), name


def test_a_csv_runs_nothing() -> None:
    (answer, *_) = answers()
    found = pd.read_csv(io.BytesIO(csv_bytes(tables(gather(answer, business_case=False))["unplaced"])))
    assert "'=licence dongle" in set(found["reason"])


def test_the_whole_report_without_a_browser(content: Content, tmp_path: Path) -> None:
    written = write_report(content, tmp_path / "r", language="ko", dated=date(2026, 11, 23))
    assert not written.failed
    on_disk = {path.relative_to(tmp_path / "r").as_posix() for path in (tmp_path / "r").rglob("*") if path.is_file()}
    assert (
        on_disk
        == set(written.files)
        >= {*FORMATS, "assessment.schema.json", "tables/ledger.csv", "tables/hosts.parquet"}
    )
    assert '<html lang="ko">' in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert calc.open_assessment(tmp_path / "r" / "assessment.calc").hosts_after == content.assessment.hosts_after
    for code in LANGUAGES:
        with using(code):
            assert all(len(str(name)) > 3 for name in FORMATS.values())
    with pytest.raises(calc.InputError, match="no report file"):
        report_file(content, "report.doc")


def test_what_cannot_be_made_is_told_and_the_rest_is_written(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(page: str) -> bytes:
        raise DocumentError("no Pango here")

    monkeypatch.setattr(writing, "pdf", fails)
    written = write_report(content, tmp_path, formats=["report.pdf", "report.html"])
    assert written.failed == {"report.pdf": "no Pango here"} and written.files == ("report.html",)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_the_command_line_writes_it(tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["assess", str(tiny_csv), "--out", str(out), "--report", "--language", "ko"]) == 0
    said = capsys.readouterr().err
    assert f"Report: {out / 'report'}" in said and "warning" not in said
    assert (out / "report" / "report.pdf").read_bytes().startswith(b"%PDF")
    assert (out / "summary.json").exists()

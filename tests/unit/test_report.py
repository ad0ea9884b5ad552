"""What leaves the package: words, tables, bundle, command line."""

from __future__ import annotations

import csv as csv_module
import json
import tomllib
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest

import calc
from calc.cli import main
from calc.report import charts, tables, words
from calc.report.bundle import FILES, safe_text, write_bundle
from tests.make import inventory, uniform


@pytest.fixture(scope="module")
def answer(tiny_csv: Path) -> calc.Assessment:
    return calc.assess(calc.read_inventory(tiny_csv))


def check_bundle(folder: Path) -> dict:
    """Check a bundle as a stranger would: with the csv module and sums only."""

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(encoding="utf-8", newline="") as handle:
            return list(csv_module.DictReader(handle))

    workloads = {row["workload"]: row for row in rows("workloads.csv")}
    hosts = {row["host"]: row for row in rows("hosts.csv")}
    home = {row["workload"]: row["host"] for row in rows("placement.csv")}
    stay = {row["workload"] for row in rows("unplaced.csv")}
    assert len(home) == len(rows("placement.csv"))
    assert set(home) | stay == set(workloads) and not set(home) & stay
    dimensions = [name.removesuffix("_demand") for name in next(iter(workloads.values())) if name.endswith("_demand")]
    used: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, host in home.items():
        assert workloads[name]["pool"] == hosts[host]["pool"]
        for dimension in dimensions:
            used[host][dimension] += int(workloads[name][f"{dimension}_demand"])
    for host, row in hosts.items():
        for dimension in dimensions:
            assert used[host][dimension] == int(row[f"{dimension}_used"]) <= int(row[f"{dimension}_capacity"]), (
                host,
                dimension,
            )
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert found["hosts_after"] == len(hosts) and found["unplaced"] == len(stay)
    totals: dict[str, float] = defaultdict(float)
    nets: dict[int, float] = defaultdict(float)
    for row in rows("cashflow.csv"):
        totals[row["side"]] += float(row["amount"])
        nets[int(row["year"])] += float(row["amount"]) * (1 if row["side"] == "baseline" else -1)
    assert totals["baseline"] == pytest.approx(found["tco_baseline"], abs=0.5)
    assert totals["target"] == pytest.approx(found["tco_target"], abs=0.5)
    rate = next(float(row["value"]) for row in rows("assumptions.csv") if row["name"] == "discount_rate")
    assert sum(net / (1 + rate) ** year for year, net in nets.items()) == pytest.approx(found["npv"], abs=0.5)
    if found["lower_bound"] is not None and found["objective"] == "hosts":
        assert found["lower_bound"] <= found["hosts_after"]
        assert found["gap"] == pytest.approx((found["hosts_after"] - found["lower_bound"]) / found["hosts_after"])
    return found


def test_the_bundle_can_be_checked_by_a_stranger(answer: calc.Assessment, tmp_path: Path) -> None:
    write_bundle(answer, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    found = check_bundle(tmp_path)
    assert calc.Scenario(**tomllib.loads((tmp_path / "scenario.toml").read_text())) == answer.scenario
    assert next(iter(found["inputs"].values())) == answer.inventory.sources[0].sha256


def test_the_bundle_with_groups_exclusions_and_misfits(tmp_path: Path) -> None:
    found = inventory(
        "hostname,cores,memory_gib,CPU p95 %,cpu_model,Anti-affinity group,Exclude",
        "a,8,32,20,,db,",
        "b,8,32,20,,db,",
        "c,8,32,20,,,licence dongle",
        "d,8,9000,20,,,",
        "p,8,32,20,IBM POWER8,,",
    )
    assessment = calc.assess(found)
    write_bundle(assessment, tmp_path)
    check_bundle(tmp_path)
    reasons = dict(zip(assessment.unplaced["workload"], assessment.unplaced["reason"], strict=True))
    assert reasons == {"c": "licence dongle", "d": "fits no allowed host: memory", "p": "no allowed host runs ppc64"}
    home = assessment.placement.set_index("workload")["host"]
    assert home["a"] != home["b"]
    assert assessment.lower_bound is None and assessment.gap is None and not assessment.is_optimal
    assert "No bound" in words.proof_line(assessment)


def test_the_headline_holds_proof_and_doubt(answer: calc.Assessment) -> None:
    text = " ".join(words.headline(answer))
    for part in (
        "12 servers → 5 hosts with N+1",
        "at least 5 are needed",
        "proven optimal",
        "over 5 years",
        "only",
        "inputs are assumed",
        "Not included",
        "5 of 5 cases",
    ):
        assert part in text, part
    assert "assumed" in answer._repr_html_()


@pytest.mark.parametrize(
    ("value", "text"), [(1_150_000, "1.15 M USD"), (312_400, "312 k USD"), (870, "870 USD"), (-12_345, "−12 k USD")]
)
def test_amounts(value: float, text: str) -> None:
    assert words.amount(value, "USD") == text


def test_assumptions_name_their_origin() -> None:
    assessment = calc.assess(uniform(5), calc.Scenario(pue=1.2, migration_hour_price=10.0))
    table = tables.assumptions_table(assessment).set_index("name")
    assert table.loc["pue", "origin"] == "user" and table.loc["discount_rate", "origin"] == "reference"
    assert table.loc["migration_hour_price", ["value", "origin"]].tolist() == [10.0, "user"]
    assert (table.loc[[name for name in table.index if name.startswith("assumed: ")], "origin"] == "assumed").all()
    assert (table["source"].astype(str) != "").all()


def test_the_waterfall_multiplies_up_to_the_planned_demand() -> None:
    assessment = calc.assess(uniform(20))
    steps = tables.waterfall_table(assessment).set_index("step")["compute_units"]
    assert steps["hypervisor overhead"] == pytest.approx(assessment.demand.table["cpu_units"].sum())
    assert steps["hypervisor overhead"] <= steps["hosts: capacity under the ceiling"] <= steps["hosts: raw capacity"]


def test_charts_are_drawn_for_every_kind_of_answer(answer: calc.Assessment) -> None:
    everything_stays = calc.assess(inventory("hostname,cores,memory_gib,cpu_model", "p,8,32,IBM POWER8"))
    for assessment in (answer, everything_stays):
        for chart in (charts.before_after_chart, charts.cashflow_chart, charts.saving_steps_chart):
            assert chart(assessment).to_dict()
    assert "description" in charts.fill_chart(answer).to_dict()


def test_foreign_text_does_not_become_a_formula() -> None:
    frame = safe_text(pd.DataFrame({"name": ["=cmd|x", "+1", "@a", "ok", "-dash"], "n": [1, 2, 3, 4, 5]}))
    assert frame["name"].tolist() == ["'=cmd|x", "'+1", "'@a", "ok", "-dash"]


def test_command_line(tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "s.toml"
    scenario.write_text('failover_hosts = 0\nhost_types = ["dl320-g11-32c-256"]\n')
    assert (
        main(
            [
                "assess",
                str(tiny_csv),
                "--scenario",
                str(scenario),
                "--seed",
                "3",
                "--time-limit",
                "60",
                "--iteration-limit",
                "1000000",
                "--out",
                str(tmp_path / "out"),
            ]
        )
        == 0
    )
    found = check_bundle(tmp_path / "out")
    assert (found["hosts_after"], found["seed"], found["failover_hosts"]) == (4, 3, 0)
    assert "12 servers → 4 hosts" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "hostname,cores,memory_gib\na,0,1\n", "hostname,cores,memory\na,8,1024\nb,8,1024\n"]
)
def test_unusable_input_exits_with_2_and_says_why(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    assert main(["assess", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "error:" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_command_line_answers_a_unit_and_refuses_bad_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "estate.csv"
    path.write_text("hostname,cores,memory\na,8,1024\nb,8,1024\n")
    assert main(["assess", str(path), "--assume", "memory_gib=MiB", "--out", str(tmp_path / "out")]) == 0
    assert main(["assess", str(path), "--assume", "memory_gib", "--out", str(tmp_path / "out")]) == 2
    assert (
        main(
            [
                "assess",
                str(path),
                "--assume",
                "memory_gib=GiB",
                "--scenario",
                str(tmp_path / "none.toml"),
                "--out",
                str(tmp_path / "out"),
            ]
        )
        == 2
    )
    assert "cannot read the scenario" in capsys.readouterr().err


def test_best_and_bound_close_in(estate_csv: Path) -> None:
    answer = calc.assess(calc.read_inventory(estate_csv))
    for pool in answer.pools:
        assert pool.closing[-1][2] >= pool.closing[-1][3] > 0
        assert [entry[0] for entry in pool.closing] == sorted(entry[0] for entry in pool.closing)
    assert charts.closing_table(answer).empty  # every first plan is as good as the failover state asks for
    mixed = calc.assess(calc.read_inventory(estate_csv), calc.Scenario(host_policy="mixed"))
    table = charts.closing_table(mixed)
    assert set(table["what"]) == {"best plan", "proven bound"}
    for _, part in table[table["what"] == "best plan"].groupby("pool"):
        assert part["value"].is_monotonic_decreasing and part["value"].nunique() > 1
    assert charts.closing_chart(mixed).to_dict()["encoding"]["facet"]["field"] == "pool"


def test_a_certificate_is_told_in_words() -> None:
    """Servers of which a host holds few, in sizes that do not add up: counting stops below the optimum."""
    sizes = [150 + (i * 37) % 190 for i in range(48)]
    rows = [f"s{i:02d},{8 + i % 5},{size},30,100" for i, size in enumerate(sizes)]
    found = inventory("hostname,cores,memory_gib,CPU p95 %,Mem p95 %", *rows)
    answer = calc.assess(
        found, calc.Scenario(failover_hosts=0, host_types=("dl345-g11-96c-768",), memory_headroom_factor=1.0)
    )
    assert answer.is_optimal
    (line,) = words.certificate_lines(answer)
    assert f"at least {answer.hosts_after} hosts are needed" in line


@pytest.mark.parametrize("code", ["en", "ko"])
def test_notebooks_show_inventory_answer_and_placement(code: str, answer: calc.Assessment) -> None:
    from html.parser import HTMLParser

    from calc.language import using

    foreign = inventory("hostname,cores,memory_gib,site", "<b onclick=x>,8,32,S&P")
    with using(code):
        shown = [
            thing._repr_html_()
            for thing in (
                answer,
                answer.inventory,
                *answer.pools,
                foreign,
                calc.assess(foreign),
                *calc.assess(foreign).pools,
            )
        ]
    for text in shown:
        HTMLParser().feed(text)
        assert "<b onclick" not in text and text.count("<div") == text.count("</div>")
    assert ">5<" in shown[0] and ">12<" in shown[1] and "&lt;b onclick=x&gt;" in shown[-3]
    assert ("Net present value" in shown[0]) == (code == "en")

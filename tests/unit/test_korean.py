"""The answer in Korean: words, charts and errors leave nothing in English but names, units and terms of products."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path

import pytest
from pptx import Presentation

import calc
from calc import assumptions, reference
from calc.language import cited, local, stored, told, using
from calc.report import charts, money_charts, tables, words
from calc.report.bundle import write_bundle
from calc.report.content import Content, gather
from calc.report.document import html
from calc.report.slides import slides
from tests.conftest import ROOT
from tests.make import csv

#: What stays in Latin letters: units, currencies, abbreviations, products, their makers and file names.
ALLOWED = {
    *("CPU", "vCPU", "SPEC", "SPECpower", "SMT", "PUE", "NPV", "IT", "SAN", "NUMA", "VM", "UUID", "ID", "SA", "VE"),
    *(
        "GiB",
        "TiB",
        "MiB",
        "kW",
        "kWh",
        "kg",
        "CO",
        "COe",
        "USD",
        "EUR",
        "KRW",
        "W",
        "h",
        "N",
        "U",
        "k",
        "M",
        "t",
        "x",
        "e",
    ),
    *("Windows", "Server", "SQL", "Red", "Hat", "Oracle", "Proxmox", "KVM", "QEMU", "VMware", "Standard", "SPECrate"),
    *(
        "data",
        "reference",
        "csv",
        "cpu",
        "scores",
        "server",
        "models",
        "ssj",
        "int",
        "base",
        "p",
        "P",
        "scope",
        "os",
        "support",
    ),
}


def english(text: str) -> list[str]:
    """Latin words that are neither allowed nor a name in capitals, digits or a file."""
    return [word for word in re.findall(r"[A-Za-z]+", text) if word not in ALLOWED]


@pytest.fixture(scope="module")
def answer() -> calc.Assessment:
    return calc.assess(calc.read_inventory(ROOT / "data" / "samples" / "tiny_12.csv"))


LINES = (
    words.hosts_line,
    words.proof_line,
    words.survival_line,
    words.saving_line,
    words.payback_line,
    words.doubt_line,
    words.baseline_line,
    words.excluded_line,
    words.decision_line,
)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.__name__)
def test_a_line_is_wholly_korean(line, answer: calc.Assessment) -> None:  # type: ignore[no-untyped-def]
    in_english = line(answer)
    with using("ko"):
        in_korean = line(answer)
    assert not re.search("[가-힣]", in_english)
    assert re.search("[가-힣]", in_korean)
    assert not english(in_korean), in_korean
    assert line(answer) == in_english


@pytest.mark.parametrize("failures", (0, 2))
@pytest.mark.parametrize("policy", ("one_model", "mixed"))
def test_other_outcomes_are_korean_too(failures: int, policy: str) -> None:
    found = calc.assess(
        calc.read_inventory(ROOT / "data" / "samples" / "tiny_12.csv"),
        calc.Scenario(failover_hosts=failures, host_policy=policy),  # type: ignore[arg-type]
    )
    with using("ko"):
        for text in words.headline(found):
            assert re.search("[가-힣]", text) and not english(text), text


def test_nothing_placed_is_said_in_korean() -> None:
    inventory = calc.read_inventory(csv("hostname,cores,memory_gib", "huge,4000,900000"))
    found = calc.assess(inventory)
    with using("ko"):
        assert words.proof_line(found) == "허용된 호스트 모델에 배치할 수 있는 워크로드가 없습니다."
        assert "은(는) 게스트당 710까지 허용합니다" in local(found.unplaced["reason"].iloc[0])


@pytest.mark.parametrize(
    "value, english_text, korean_text",
    [
        (870, "870 USD", "870 USD"),
        (9_994, "9,994 USD", "9,994 USD"),
        (9_996, "10 k USD", "1만 USD"),
        (31_250, "31 k USD", "3.12만 USD"),
        (312_400, "312 k USD", "31.2만 USD"),
        (1_153_000, "1.15 M USD", "115만 USD"),
        (99_960_000, "99.96 M USD", "9996만 USD"),
        (99_996_000, "100.00 M USD", "1억 USD"),
        (115_300_000, "115.30 M USD", "1.15억 USD"),
        (1_512_000_000_000, "1,512,000.00 M USD", "1.51조 USD"),
        (-1_153_000, "−1.15 M USD", "−115만 USD"),
        (-0.3, "0 USD", "0 USD"),
    ],
)
def test_amounts_by_language(value: float, english_text: str, korean_text: str) -> None:
    assert words.amount(value, "USD") == english_text
    with using("ko"):
        assert words.amount(value, "USD") == korean_text


def test_dates_and_months_by_language() -> None:
    day = dt.date(2026, 1, 5)
    assert (words.day(day), words.months(None), words.months(0), words.months(7.4)) == (
        "05 Jan 26",
        "never",
        "at once",
        "7 months",
    )
    with using("ko"):
        assert (words.day(day), words.months(None), words.months(0), words.months(7.4)) == (
            "2026. 1. 5.",
            "회수 불가",
            "즉시",
            "7개월",
        )


CHARTS = (
    charts.fill_chart,
    charts.before_after_chart,
    charts.cashflow_chart,
    charts.saving_steps_chart,
    money_charts.waterfall_chart,
    money_charts.carbon_chart,
)


def titles(chart: object) -> set[str]:
    """Titles, descriptions and scale domains of a chart, wherever they stand."""
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("title", "description", "text") and isinstance(value, str):
                    found.add(value)
                elif key == "domain" and isinstance(value, list):
                    found.update(item for item in value if isinstance(item, str))
                walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(chart.to_dict())  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("make", CHARTS, ids=lambda make: make.__name__)
def test_a_chart_is_described_and_wholly_korean(make, answer: calc.Assessment) -> None:  # type: ignore[no-untyped-def]
    assert make(answer).to_dict().get("description"), "every chart has a description for those who do not see it"
    assert not any(re.search("[가-힣]", text) for text in titles(make(answer)))
    with using("ko"):
        shown = titles(make(answer))
    assert shown
    assert not [text for text in shown if english(text)], shown


def test_settings_have_korean_labels_and_help() -> None:
    with using("ko"):
        for name, field in calc.Scenario.model_fields.items():
            for text in (field.title, field.description):
                if text and text != "PUE":
                    assert re.search("[가-힣]", local(text)), f"{name}: {text}"


def test_tables_give_korean_after_they_lost_their_templates(answer: calc.Assessment) -> None:
    """pandas keeps the sentence only; it is recognised by its template."""
    steps = tables.waterfall_table(answer)["step"].tolist()
    inputs = tables.assumed_table(answer)["input"].tolist()
    with using("ko"):
        for text in (*steps, *inputs):
            assert re.search("[가-힣]", local(text)), text


def test_a_sentence_is_recognised_by_the_template_that_says_most() -> None:
    plain = str(stored("bought {purchase_date:.0f}, {start_year:.0f} years old", purchase_date=2016, start_year=10))
    with using("ko"):
        assert local(plain) == "2016년 구매, 10년 경과"
        assert local("special hardware: HSM; excluded in the inventory") == "특수 하드웨어: HSM; 인벤토리에서 제외됨"
        assert local("USD per server") == "USD 서버당"
        assert local(float("inf")) == float("inf"), "a cell without a text stays as it is"
        assert local("db-storage") == "db-storage", "a name stays a name"
        assert local("special hardware: storage") == "특수 하드웨어: storage", "a single word may be a name"
    assert local(plain) == plain


@pytest.mark.parametrize(
    "data, korean",
    [
        (b"", "broken이(가) 비어 있습니다. 읽을 것이 없습니다."),
        (b"%PDF-1.7 x", "broken은(는) 표가 없는 PDF 문서입니다. 인벤토리를 CSV나 .xlsx로 내보내십시오."),
        (
            b"hostname,cores,memory_gib\na,abc,64\n",
            "broken: 하나뿐인 행을 사용할 수 없습니다. 서버에는 이름, 코어 수 또는 CPU 모델, 메모리가 필요합니다. "
            "문제: 2행, 열 'cores', 값 'abc': 숫자가 아닙니다. 숫자만 쓰고, 모르면 셀을 비워 두십시오.",
        ),
        (
            b"hostname,cores\na,8\n",
            "broken: 메모리(memory_gib)에 해당하는 열이 없습니다. 발견한 머리글: 'hostname', 'cores'. "
            "열 이름을 바꾸거나, 매핑하거나, 추가하십시오.",
        ),
    ],
)
def test_a_broken_file_is_explained_in_korean(data: bytes, korean: str) -> None:
    with pytest.raises(calc.InventoryError) as caught:
        calc.read_inventory(data, name="broken")
    assert not re.search("[가-힣]", str(caught.value)), "logs and the command line do not depend on who looks"
    with using("ko"):
        assert told(caught.value) == korean


def test_a_wrong_scenario_is_explained_in_korean() -> None:
    with pytest.raises(calc.ScenarioError) as caught:
        calc.Scenario(cpu_ceiling=0.9, cpu_ceiling_failover=0.5)
    with using("ko"):
        assert told(caught.value).startswith(
            "scenario: cpu_ceiling_failover = 0.5이(가) cpu_ceiling = 0.9보다 낮습니다."
        )


def test_issues_of_rows_are_korean(tmp_path: Path) -> None:
    found = calc.read_inventory(
        csv("hostname,cores,memory_gib,cpu_avg", "a,8,64,20", "b,8,64,140", "c,0,64,10", "a,8,64,20"), name="x.csv"
    )
    assert len(found.issues) == 3
    with using("ko"):
        said = {(local(issue.problem), local(issue.way_out)) for issue in found.issues}
        kept = found.issue_table()
        assert {
            (local(problem), local(way)) for problem, way in zip(kept["problem"], kept["way_out"], strict=True)
        } == said
    assert ("2행과 이름이 같습니다", "두 행 중 하나만 남기거나 이름을 바꾸십시오") in said
    for pair in said:
        assert all(re.search("[가-힣]", text) for text in pair)


def test_a_sentence_starts_large_unless_it_starts_with_a_name() -> None:
    assert told(calc.InputError("no such thing")) == "No such thing."
    assert told(calc.InputError("pue = 7: too much")) == "pue = 7: too much."
    assert told(calc.InputError("h.csv, row 3: wrong.")) == "h.csv, row 3: wrong."


def test_charts_of_decisions_failures_and_waves_are_korean(answer: calc.Assessment) -> None:
    from calc.alternatives import compare_alternatives
    from calc.migration import MigrationRules, plan_migration
    from calc.recovery import loaded_pools, prove
    from calc.report import operation_charts
    from calc.uncertainty import build_model, simulate, tornado

    model = build_model(answer)
    simulation, found = simulate(model, 60), compare_alternatives(answer)
    loaded = loaded_pools(answer)[0]
    proof, plan = prove(loaded), plan_migration(answer, MigrationRules(dt.date(2026, 1, 5)))
    makers = {
        "tornado": lambda: money_charts.tornado_chart(tornado(model), answer.comparison.npv, "USD"),
        "fan": lambda: money_charts.fan_chart(simulation, simulation.cumulative.mean(axis=0), "USD"),
        "alternatives": lambda: money_charts.alternatives_chart(found),
        "failures": lambda: operation_charts.failure_chart(loaded, proof),
        "gantt": lambda: operation_charts.gantt_chart(plan),
        "closing": lambda: charts.closing_chart(answer),
    }
    names = {"base", "PDU", *(re.findall("[A-Za-z]+", " ".join(local(entry.name) for entry in found.entries)))}
    for name, make in makers.items():
        assert make().to_dict().get("description"), name
        with using("ko"):
            shown = titles(make())
        assert any(re.search("[가-힣]", text) for text in shown), name
        assert not [text for text in shown if set(english(text)) - names and not re.match("%|host-", text)], (
            name,
            shown,
        )


@pytest.mark.parametrize("value, korean", [(7, "pue = 7"), (0.5, "pue = 0.5")])
def test_a_value_out_of_range_is_explained_in_korean(value: float, korean: str) -> None:
    with pytest.raises(calc.ScenarioError, match="Input should be") as caught:
        calc.Scenario(pue=value)
    with using("ko"):
        said = told(caught.value)
    assert said.startswith(korean) and "이어야 합니다" in said and not english(said.replace("pue", "")), said


def test_a_limit_is_explained_in_korean() -> None:
    with pytest.raises(calc.InventoryError, match="holds 3 rows") as caught:
        calc.inventory.ReadLimits(rows=2).check("rows", 3, "a.csv", "rows")
    with using("ko"):
        assert told(caught.value).startswith("a.csv: 행 수가 3이며 한도 rows = 2보다 많습니다.")


def test_findings_are_korean() -> None:
    from calc.catalogue import allowed_hosts
    from calc.findings import find

    scenario = calc.Scenario()
    found = calc.assess(calc.read_inventory(ROOT / "data" / "samples" / "estate_400.csv"), scenario)
    findings = find(found.inventory, found.estate, found.demand, scenario, allowed_hosts(scenario))
    assert len(findings) >= 3
    with using("ko"):
        for finding in findings:
            for text in (finding.title, finding.rule, finding.worth):
                assert not text or re.search("[가-힣]", local(text)), text
            own = set(found.demand.table["stay_reason"])  # words of the inventory among them
            for reason in finding.machines["reason"].unique():
                assert reason in own or re.search("[가-힣]", local(reason)), reason


@pytest.fixture(scope="module")
def content(answer: calc.Assessment) -> Content:
    return gather(answer, draws=60)


#: English that stays in a Korean document, and why.
STAYS = (
    "python -m calc assess tiny_12.csv --scenario scenario.toml --out result/ --report",  # a command to type
    "Proxmox VE (Standard subscription)",  # names of products, as their makers sell them
    "KVM/QEMU (no paid support)",
    "Xen (no paid support)",
    "site, zone",  # the value of pool_by, as a scenario file writes it
    "data/reference/fx.csv (ECB, average of 2024)",  # a citation that stands in the code
)


def citations() -> list[str]:
    """Sources of figures stay in the language they were made in; the longest first."""
    found = {str(kept) for field in assumptions.defaults().values() for kept in (field.source,)}
    for path in (ROOT / "data" / "reference").glob("*.csv"):
        table = reference.table(path.stem)
        found |= {str(text) for name in table.columns if "source" in name for text in table[name].dropna().unique()}
    return sorted(found - {""}, key=len, reverse=True)


def sentences(texts: Iterable[str]) -> list[str]:
    """Texts with two English words in a row, names, citations and what must stay taken out."""
    left = []
    for text in texts:
        for known in (*STAYS, *citations()):
            text = text.replace(known, "")
        if re.search(r"\b[A-Za-z]?[a-z]{2,}[,:;]? [a-z]{2,}\b", text):
            left.append(text)
    return left


def test_the_document_holds_no_english_sentence(content: Content) -> None:
    page = re.sub("(?s)<style>.*?</style>", "", html(content, language="ko", dated=dt.date(2026, 11, 23)))
    texts = [unescape(text).strip() for text in (*re.split("<[^>]*>", page), *re.findall('aria-label="(.*?)"', page))]
    assert sum(bool(re.search("[가-힣]", text)) for text in texts) > 200
    assert not sentences(texts)


def test_the_slides_hold_no_english_sentence(content: Content) -> None:
    deck = Presentation(io.BytesIO(slides(content, language="ko", dated=dt.date(2026, 11, 23))))
    texts: list[str] = []
    for slide in deck.slides:
        for element in slide._element.iter():
            texts += [text for text in (element.text, element.get("descr")) if isinstance(text, str)]
        for shape in (shape for shape in slide.shapes if shape.has_chart):
            plot = shape.chart.plots[0]
            texts += [*map(str, plot.categories), *(series.name for series in plot.series)]
    assert sum(bool(re.search("[가-힣]", text)) for text in texts) > 40
    assert not sentences(texts)


def test_what_is_told_beside_the_answer_holds_no_english_sentence(content: Content) -> None:
    """How guesses are replaced by facts, what alternatives note, what the ledger's amounts are for and counted in."""
    assert content.tornado is not None and content.alternatives is not None and content.decision is not None
    ledger, compared = content.assessment.ledger(), content.alternatives.table()
    own = [
        *(content.tornado[name] for name in ("title", "unit", "how_to_measure")),
        *(compared[name] for name in ("alternative", "missing_prices")),
        *(ledger[name] for name in ("label", "unit")),
    ]
    texts = [text for column in own for text in column.unique() if text]
    texts += [content.alternatives.reason, content.decision.reason, *(e.note for e in content.alternatives.entries)]
    assert sentences(texts), "in English there are some"
    with using("ko"):
        assert not sentences(local(text) for text in texts)


def test_a_citation_stays_and_what_was_done_to_its_price_is_told(answer: calc.Assessment) -> None:
    source = "a survey of hosts; per core, from 4 hosts; price of 2025 raised to 2026 at 0.02 a year"
    assert cited(source) == source
    with using("ko"):
        assert cited(source) == "a survey of hosts; per core, from 4 hosts; 2025년 가격을 연 0.02로 2026년까지 인상"
        assert cited("a survey of hosts") == "a survey of hosts"
        assert cited("counted from the inventory") != "counted from the inventory"
        assert cited("") == ""


def test_files_for_programs_are_english_whoever_asks(content: Content, tmp_path: Path) -> None:
    in_english = tables.summary(content.assessment)
    write_bundle(content.assessment, tmp_path / "en")
    with using("ko"):
        assert tables.summary(content.assessment) == in_english
        write_bundle(content.assessment, tmp_path / "ko")
    names = sorted(path.name for path in (tmp_path / "en").iterdir())
    assert "summary.json" in names and names == sorted(path.name for path in (tmp_path / "ko").iterdir())
    for name in names:
        kept = (tmp_path / "ko" / name).read_bytes()
        assert kept == (tmp_path / "en" / name).read_bytes(), name
    assert not re.search("[가-힣]", (tmp_path / "ko" / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("chance", "told_so"),
    [(0.0, "양수인 추출 결과는 없습니다"), (1.0, "추출 결과는 모두 양수입니다"), (0.25, "추출의 25%가 양수입니다")],
)
def test_none_all_and_some_of_the_draws_are_whole_sentences(chance: float, told_so: str) -> None:
    from calc.uncertainty.decision import _agreeing, _whole

    value = stored("the net present value is {npv} {currency}", npv=_whole(-1_813_689.4), currency="USD")
    assert value == "the net present value is −1,813,689 USD"
    sentence = _agreeing(value, chance)
    with using("ko"):
        for text in (sentence, str(sentence)):  # as it is, and out of a table
            assert local(text) == f"순현재가치(NPV)는 −1,813,689 USD입니다. {told_so}"

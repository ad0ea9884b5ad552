"""The workbook computes what the package computes, and runs nothing that an inventory says."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import calc
from calc.costs.fleet import LINES
from calc.costs.pricing import target_side
from calc.language import LANGUAGES
from calc.report.money_sheets import FIRST, spreadsheet_formula
from calc.report.prices import changed_scenario, ledger_terms, ledger_totals, price_list, repriced_totals
from calc.report.workbook import workbook
from tests.make import inventory, uniform
from tests.office import converted, forgetting_values, sheets, with_value

CENT = 0.005
SCENARIO = calc.Scenario(
    windows_licences="perpetual", sql_licences="none_owned", rhel_subscription="standard", currency="EUR"
)


@pytest.fixture(scope="module")
def answer(estate_csv: Path) -> calc.Assessment:
    return calc.assess(calc.read_inventory(estate_csv), SCENARIO)


@pytest.fixture(scope="module")
def book(answer: calc.Assessment) -> bytes:
    return workbook(answer)


def figures(found: dict[str, pd.DataFrame]) -> dict[str, object]:
    table = found["Summary"]
    return dict(zip(table[0], table[1], strict=True))


def check_totals(found: dict[str, pd.DataFrame], c: calc.assessment.Comparison, currency: str) -> None:  # type: ignore[name-defined]
    shown = figures(found)
    for label, value in (
        (f"Cost of keeping, {currency}", c.tco_baseline),
        (f"Cost of consolidating, {currency}", c.tco_target),
        (f"Saving, {currency}", c.savings),
        (f"Net present value, {currency}", c.npv),
    ):
        assert float(shown[label]) == pytest.approx(value, abs=CENT), label  # type: ignore[arg-type]
    months = shown["Months to payback"]
    assert months == "never" if c.payback_months is None else float(months) == pytest.approx(c.payback_months)  # type: ignore[arg-type]


def test_the_values_beside_the_formulas_are_the_packages(answer: calc.Assessment, book: bytes) -> None:
    check_totals(sheets(book), answer.comparison, "EUR")


def test_no_source_runs_into_the_row_below(answer: calc.Assessment, book: bytes) -> None:
    """Programs that set no heights themselves show as many lines of a wrapped text as its row is high."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        rows = archive.read("xl/worksheets/sheet3.xml").decode()
    heights = {int(row) - 1: float(height) for row, height in re.findall(r'<row r="(\d+)"[^>]*? ht="([\d.]+)"', rows)}
    shown = sheets(book)["Prices"]
    lines = {
        row: len(str(source)) / 60 for row, source in enumerate(shown[7]) if row >= FIRST and isinstance(source, str)
    }
    assert max(lines.values()) > 2
    for row, least in lines.items():
        assert heights.get(row, 15) >= 13 * least, shown[7][row]


RICH = calc.Scenario(
    facility_mode="colocation_metered",
    windows_licences="perpetual",
    dr_fraction=0.5,
    management_hosts=2,
    count_labour=True,
    resale_fraction=0.1,
    disposal_per_server=80.0,
    migration_workloads_per_month=12,
    cpu_growth_per_year=0.1,
    maintenance_rise_per_year=0.05,
    server_life_years=7,
    host_prices={"dl320-g11-32c-256": 9000.0},
    own_lines=(
        {"name": "audit", "amount": 1000},
        {"name": "rack moves", "amount": 50, "when": "once", "per": "server"},
    ),
)


@pytest.mark.parametrize("kind", ["dear", "paying", "rich"])
def test_another_program_computes_the_same_to_the_cent(kind: str, answer: calc.Assessment, tmp_path: Path) -> None:
    if kind == "paying":  # with an investment that comes back within the horizon
        answer = calc.assess(
            inventory(
                "hostname,cores,memory_gib,CPU p95 %,annual_maintenance", *(f"s{i},16,64,9,4000" for i in range(40))
            ),
            calc.Scenario(horizon_years=6),
        )
        assert answer.comparison.payback_months and answer.comparison.roi
    if kind == "rich":  # every line that there is, and a move that takes years
        answer = calc.assess(answer.inventory, RICH)
        assert sum(answer.flows["target"][line].any() for line in LINES) >= 14
    found = sheets(converted(forgetting_values(workbook(answer)), "xlsx", "xlsx", tmp_path))
    check_totals(found, answer.comparison, answer.scenario.currency)
    differences = licence_rows(found).set_index(0).filter(like="Difference", axis=0).drop(columns="side")
    assert (differences.dropna(axis=1, how="all").astype(float) == 0).all(axis=None)
    if answer.comparison.roi is not None:
        assert float(figures(found)["Return on investment"]) == pytest.approx(answer.comparison.roi)  # type: ignore[arg-type]
    ledger = found["Ledger"].iloc[FIRST:]
    amounts = {(side, line, int(year)): 0.0 for side, line, year in zip(ledger[1], ledger[2], ledger[3], strict=True)}
    for side, line, year, amount in zip(ledger[1], ledger[2], ledger[3], ledger[5], strict=True):
        amounts[side, line, int(year)] += float(amount)
    assert {line for _, line, _ in amounts} <= set(LINES)
    for side in ("baseline", "target"):
        for line in LINES:
            for year, value in enumerate(answer.flows[side][line]):
                assert amounts.get((side, line, year), 0.0) == pytest.approx(float(value), abs=CENT), (side, line, year)


@pytest.mark.parametrize("name", ["electricity_per_kwh", "host_memory_price_index", "migration_hour_price"])
def test_a_changed_price_gives_what_pricing_again_gives(
    name: str, answer: calc.Assessment, book: bytes, tmp_path: Path
) -> None:
    prices = price_list(answer, ledger_terms(answer))
    (row, price) = next((row, price) for row, price in enumerate(prices.values()) if price.name == name)
    assert price.live
    value = round(price.figure.value * 1.25, 6)
    changed = with_value(forgetting_values(book), 3, f"B{FIRST + row + 1}", value)
    found = sheets(converted(changed, "xlsx", "xlsx", tmp_path))
    scenario = changed_scenario(answer, name, price.figure, value)
    assert scenario is not None
    totals, shown = repriced_totals(answer, scenario), figures(found)
    assert float(shown["Cost of keeping, EUR"]) == pytest.approx(totals["baseline"], abs=CENT)  # type: ignore[arg-type]
    assert float(shown["Cost of consolidating, EUR"]) == pytest.approx(totals["target"], abs=CENT)  # type: ignore[arg-type]
    assert totals["target"] != pytest.approx(answer.comparison.tco_target, abs=1)
    saving = float(shown["Saving, EUR"])  # type: ignore[arg-type]
    assert saving == pytest.approx(totals["baseline"] - totals["target"], abs=2 * CENT)


def licence_rows(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The licence sheet's rows with their side; years and totals as numbers."""
    table = found["Licences"].iloc[FIRST - 1 :].reset_index(drop=True)
    heads = table.index[table[1] == "What for"]
    assert list(table.loc[heads, 0]) == ["Keep today's servers", "Consolidate"]
    table.insert(0, "side", ["baseline" if row < heads[1] else "target" for row in table.index])
    return table.drop(index=heads).dropna(subset=[0])


def test_licences_stand_pool_by_pool_and_sum_to_the_cash_flow(
    answer: calc.Assessment, book: bytes, tmp_path: Path
) -> None:
    rows = licence_rows(sheets(converted(forgetting_values(book), "xlsx", "xlsx", tmp_path)))
    flows, last = answer.flows, rows.columns[-1]
    for side, part in rows.groupby("side"):
        whole = part[part[0] == "Total"].iloc[0]
        for year in range(answer.scenario.horizon_years + 1):
            wanted = float(flows[side]["hypervisor"][year] + flows[side]["guest licences"][year])
            assert float(whole[6 + year]) == pytest.approx(wanted, abs=CENT), (side, year)
        assert float(part[part[0] == "Difference from the cash flow"].iloc[0][last]) == 0
    target = rows[rows["side"] == "target"]
    for pool in answer.case.pools:  # Windows by hand: the cores of each host as often as its variant stacks them
        mine = target[(target[0] == pool.name) & target[1].astype(str).str.startswith("Windows Server")]
        hosts = [answer.case.hosts[host] for host in pool.hosts]
        wanted = sum(max(16, host.cores) * int(host.licence.split(" x ")[1]) for host in hosts if host.licence)
        assert float(mine[3].astype(float).sum()) == pytest.approx(wanted), pool.name
        for row in mine.itertuples():
            assert float(row[-1]) == pytest.approx(float(row[5]) * float(row[6]))  # count × price, paid once
        total = target[target[0] == f"{pool.name}: total"]
        own = target[target[0] == pool.name]
        assert len(total) == 1 and float(total.iloc[0][last]) == pytest.approx(float(own[last].astype(float).sum()))
    assert len(answer.case.pools) == 4


def test_a_changed_licence_price_moves_every_pool(answer: calc.Assessment, book: bytes, tmp_path: Path) -> None:
    prices = price_list(answer, ledger_terms(answer))
    (row, price) = next(
        (row, price)
        for row, price in enumerate(prices.values())
        if price.figure.origin == "table:licences:windows-standard"
    )
    assert price.live and price.title == "price: Windows Server 2025 Standard"
    value = round(price.figure.value * 1.5, 6)
    changed = with_value(forgetting_values(book), 3, f"B{FIRST + row + 1}", value)
    found = licence_rows(sheets(converted(changed, "xlsx", "xlsx", tmp_path)))
    scenario = changed_scenario(answer, price.name, price.figure, value)
    assert scenario is not None and scenario.licence_prices["windows-standard"] == value
    whole = found[(found["side"] == "target") & (found[0] == "Total")].iloc[0]
    again = target_side(answer.case, scenario).flows(scenario)
    wanted = again["hypervisor"].sum() + again["guest licences"].sum()
    assert float(whole[found.columns[-1]]) == pytest.approx(float(wanted), abs=CENT)


def test_prices_say_whether_they_are_the_whole_change(answer: calc.Assessment) -> None:
    terms = ledger_terms(answer)
    prices = price_list(answer, terms)
    by_name = {price.name: price for price in prices.values()}
    assert by_name["pue"].live and by_name["discount_rate"].live
    assert by_name["host_price_per_thread"].live  # of hosts, and of today's servers that it estimates
    assert by_name["memory_w_per_gib"].live is False  # today's power, summed over servers, holds it too
    for key, price in prices.items():
        value = price.figure.value * 1.1
        scenario = changed_scenario(answer, price.name, price.figure, value)
        if price.live and scenario is not None and price.name != "discount_rate":
            here, there = ledger_totals(terms, key, value), repriced_totals(answer, scenario)
            assert here == pytest.approx(there, abs=CENT), price.name


def test_foreign_text_is_never_a_formula() -> None:
    """Names and owners that a spreadsheet would run, and one as long as reading allows."""
    nasty = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "http://example.org/x", "{=A1}", "a" * 900]
    made = inventory("hostname,cores,memory_gib,owner", *(f'"{name}",8,32,"{name}"' for name in nasty))
    data = workbook(calc.assess(made))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}
        assert not any("externalLink" in name or "hyperlink" in name for name in archive.namelist())
    formulas = [part for body in text.values() for part in re.findall(r"<f>(.*?)</f>", body)]
    assert formulas and not any("cmd" in part or "1+1" in part or "example" in part for part in formulas)
    assert not any("<hyperlink" in body for body in text.values())
    found = sheets(data)["Inventory"]
    assert set(nasty) <= set(found[0])


def test_whole_numbers_are_written_whole_and_years_without_thousands(book: bytes) -> None:
    """Excel writes 32 as "32." where decimals are left open, and 2026 as "2,026" where thousands are parted."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        styles = archive.read("xl/styles.xml").decode()
        bodies = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    patterns = dict(re.findall(r'<numFmt numFmtId="(\d+)" formatCode="([^"]*)"', styles))
    kinds = re.findall(r'<xf numFmtId="(\d+)"', styles.split("<cellXfs")[1])
    cells = [found for body in bodies for found in re.findall(r'<c r="[A-Z]+\d+" s="(\d+)"><v>([-\d.]+)</v>', body)]
    whole = [patterns.get(kinds[int(style)], "") for style, value in cells if float(value) == round(float(value))]
    assert len(whole) > 500 and not [pattern for pattern in whole if pattern.endswith("#")]
    years = {patterns.get(kinds[int(style)], "") for style, value in cells if value == "2026"}
    assert years <= {"", "0"} and not {"#,##0", "3"} & {kinds[int(style)] for style, value in cells if value == "2026"}


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_in_every_language_every_sheet_is_there(code: str) -> None:
    found = sheets(workbook(calc.assess(uniform(6)), language=code))
    assert len(found) == 12
    assert ("요약" in found) == (code == "ko")
    assert all(len(table) > 3 for name, table in found.items() if name not in ("Stays", "유지"))


def test_an_answer_without_a_host_has_a_workbook() -> None:
    answer = calc.assess(inventory("hostname,cores,memory_gib,cpu_model", "p,8,32,IBM POWER8"))
    check_totals(sheets(workbook(answer)), answer.comparison, "USD")


def test_a_formula_keeps_its_order_of_operations() -> None:
    cells = {"a": "A1", "b": "B1", "c": "C1"}
    assert spreadsheet_formula("a - (b - c)", cells) == "(A1-(B1-C1))"
    assert spreadsheet_formula("(-a) ** 2 / b", cells) == "(((-A1)^2)/B1)"
    with pytest.raises(calc.InputError, match="may not"):
        spreadsheet_formula("a % b", cells)

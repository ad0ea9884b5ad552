"""The ledger alone gives the totals back, and every figure has an origin."""

from __future__ import annotations

from pathlib import Path

import pytest

import calc
from calc.costs.carbon import emissions
from calc.costs.cashflow import per_year, present_value
from calc.costs.ledger import ORIGINS, evaluate, recompute, resting_on
from tests.make import inventory

HEADER = "hostname,cores,memory_gib,CPU avg %,sockets,Power (W),Disk used (GiB),Purchase date,Annual maintenance,os,application"
ROWS = (
    "a,8,32,10,2,300,400,2023,500,Microsoft Windows Server 2019,SQL Server",
    "b,16,64,20,2,,20000,2024,,Red Hat Enterprise Linux 8,Web",
    "c,8,32,,1,,200,2015,,Ubuntu,Oracle Database",
    "d,8,32,5,2,,,2018,,Microsoft Windows Server 2016,Web",
)
SCENARIOS: dict[str, dict[str, object]] = {
    "default": {},
    "colocation, metered": {"facility_mode": "colocation_metered"},
    "colocation, all in": {"facility_mode": "colocation_all_in", "currency": "EUR"},
    "everything counted": {
        "windows_licences": "perpetual",
        "sql_licences": "perpetual",
        "sql_edition": "enterprise",
        "rhel_subscription": "standard",
        "oracle_licences": "perpetual",
        "count_sa": True,
        "count_labour": True,
        "dr_fraction": 0.5,
        "management_hosts": 2,
        "resale_fraction": 0.2,
        "disposal_per_server": 60.0,
        "maintenance_rise_per_year": 0.05,
        "own_lines": (
            {"name": "cage", "amount": 1000.0, "when": "once"},
            {"name": "support", "amount": 50.0, "per": "core", "side": "target"},
            {"name": "insurance", "amount": 10.0, "per": "kw"},
            {"name": "audit", "amount": 70.0, "per": "server", "side": "baseline"},
        ),
    },
    "core subscription, order minimum": {"hypervisor": "vcf", "vmware_order_minimum": True},
    "Windows as the hypervisor": {"hypervisor": "hyperv", "windows_licences": "none_owned"},
    "access licences, security updates, Oracle support": {
        "windows_licences": "none_owned",
        "windows_cals": 50,
        "count_esu": True,
        "oracle_licences": "perpetual",
        "count_oracle_support": True,
        "licence_prices": {"oracle-ee": 20_000.0},
        "currency": "EUR",
    },
    "ports counted, bought and by the year": {
        "network_port_price": 300.0,
        "san_port_price": 600.0,
        "san_ports_per_server": 1.0,
        "network_port_per_year": 40.0,
        "san_port_per_year": 90.0,
        "dr_fraction": 0.5,
        "management_hosts": 1,
        "horizon_years": 7,
        "migration_workloads_per_month": 0.2,
    },
    "hyperconverged, long": {
        "storage_design": "hyperconverged",
        "storage_price_per_raw_gib": 0.5,
        "horizon_years": 8,
        "host_prices": {"dl320-g11-32c-256": 12_000.0},
    },
}


def _holds(answer: calc.Assessment) -> None:
    again = recompute(answer.ledger()).set_index(["side", "line", "year"])["amount"]
    for side in ("baseline", "target"):
        for line, amounts in answer.flows[side].items():
            for year, amount in enumerate(amounts):
                found = again.get((side, line, year), 0.0)
                assert found == pytest.approx(amount, rel=1e-9, abs=1e-6), (side, line, year)
    total = again.groupby("side").sum()
    assert total["baseline"] == pytest.approx(answer.comparison.tco_baseline)
    assert total["target"] == pytest.approx(answer.comparison.tco_target)


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_the_ledger_recomputes_every_amount_of_the_cash_flow(name: str) -> None:
    _holds(calc.assess(inventory(HEADER, *ROWS), calc.Scenario(**SCENARIOS[name])))


def test_the_ledger_of_the_sample_estate_recomputes_its_totals(estate_csv: Path) -> None:
    _holds(calc.assess(calc.read_inventory(estate_csv)))


def test_the_ledger_of_the_real_workbook_recomputes_its_totals(rvtools_workbook: Path) -> None:
    _holds(calc.assess(calc.read_inventory(rvtools_workbook)))


def test_every_figure_has_an_origin_and_every_reference_a_date(estate_csv: Path) -> None:
    answer = calc.assess(calc.read_inventory(estate_csv))
    ledger = answer.ledger()
    assert set(ledger["origin"]) <= set(ORIGINS)
    named = ledger[ledger["origin"] == "reference"]
    assert (named["source"] != "").all() and (named["as_of"] != "").all()
    shares = resting_on(ledger)
    assert shares["share"].sum() == pytest.approx(1.0)
    assert shares["saving"].sum() == pytest.approx(answer.comparison.savings)


def test_measured_power_and_stated_maintenance_are_the_files() -> None:
    answer = calc.assess(inventory(HEADER, ROWS[0]))
    rows = answer.explain("energy.baseline.year1").rows.set_index("figure")
    assert rows.at["power_kw", "origin"] == "file"
    assert answer.explain("maintenance.baseline.year1").rows.set_index("figure").at["maintenance", "value"] == 500


def test_a_licence_price_of_the_user_is_the_users() -> None:
    chosen = SCENARIOS["access licences, security updates, Oracle support"]
    rows = calc.assess(inventory(HEADER, *ROWS), calc.Scenario(**chosen)).ledger()
    oracle = rows[rows["label"].str.contains("Oracle Database") & (rows["figure"] == "price")]
    assert len(oracle) and set(oracle["origin"]) == {"user"} and set(oracle["value"]) == {20_000.0}


def test_a_setting_of_the_user_is_the_users() -> None:
    answer = calc.assess(inventory(HEADER, *ROWS), calc.Scenario(pue=1.3, electricity_per_kwh=0.2))
    rows = answer.explain("energy.target.year2").rows
    origin = dict(zip(rows["figure"], rows["origin"], strict=True))
    assert origin["pue"] == "user" and origin["electricity_per_kwh"] == "user"
    assert origin["hours_per_year"] == "reference"


def test_an_explanation_sums_to_the_cash_flow_and_reads_as_text() -> None:
    answer = calc.assess(inventory(HEADER, *ROWS))
    found = answer.explain("energy.target.year2")
    assert found.amount == pytest.approx(answer.flows["target"]["energy"][2])
    assert "mean_utilisation) / 1000 * pue * hours_per_year" in str(found) and "Uptime Institute" in str(found)
    assert answer.explain("energy.target").amount == pytest.approx(answer.flows["target"]["energy"].sum())
    assert answer.explain("parallel_running.target.year1").amount > 0


def test_totals_are_explained_year_by_year() -> None:
    answer = calc.assess(inventory(HEADER, *ROWS))
    assert answer.explain("npv").amount == pytest.approx(answer.comparison.npv)
    assert answer.explain("savings").amount == pytest.approx(answer.comparison.savings)
    assert answer.explain("tco.target").amount == pytest.approx(answer.comparison.tco_target)
    assert len(answer.explain("npv").terms) == answer.scenario.horizon_years + 1
    assert "discount_rate" in str(answer.explain("npv"))


def test_a_total_leads_on_to_its_years_and_those_to_their_lines() -> None:
    answer = calc.assess(inventory(HEADER, *ROWS))
    year = answer.explain("npv").rows.set_index(["label", "figure"]).loc[("year 2", "target")]
    assert "tco.target.year2" in year["source"]
    found = answer.explain("tco.target.year2")
    assert found.amount == pytest.approx(year["value"]) == pytest.approx(per_year(answer.flows["target"])[2])
    against = answer.explain("npv.refresh")
    net = per_year(answer.flows["refresh"]) - per_year(answer.flows["target"])
    assert against.amount == pytest.approx(present_value(net, answer.scenario.discount_rate))


def test_a_line_without_an_amount_says_so() -> None:
    found = calc.assess(inventory(HEADER, *ROWS)).explain("guest_licences.target")
    assert found.amount == 0 and found.rows.empty
    assert "nothing of this answer is on this line" in str(found)


def test_carbon_is_explained_as_money_is() -> None:
    answer = calc.assess(inventory(HEADER, *ROWS))
    operational, embodied = emissions(answer.sides["target"], answer.scenario)
    found = answer.explain("operational_carbon.target.year2")
    assert found.amount == pytest.approx(operational[2]) and found.currency == "kgCO2e"
    again = recompute(found.rows)["amount"].sum()
    assert again == pytest.approx(operational[2])
    assert answer.explain("embodied_carbon.target").amount == pytest.approx(embodied.sum())


def test_power_price_and_storage_lead_back_to_the_catalogue_and_the_inventory() -> None:
    answer = calc.assess(inventory(HEADER, *ROWS), calc.Scenario(host_types=("dl380-g11-64c-1024",)))
    rows = answer.explain("energy.target.year2").rows
    figure = rows[rows["label"].str.startswith("hosts")].set_index("figure")
    assert figure.at["idle_w", "value"] == 225 and figure.at["full_w", "value"] == 584
    assert "SPECpower" in figure.at["idle_w", "source"] and "price" not in figure.at["idle_w", "source"]
    assert figure.at["machines_in_use", "value"] == answer.hosts_after
    held = answer.explain("storage.target.year0").rows.set_index("figure")
    moved = answer.case.disk_gib[answer.case.hosted & answer.case.physical].sum()
    assert (
        held.at["stored_gib", "value"] == pytest.approx(moved) and "Azure" in held.at["storage_price_per_gib", "source"]
    )
    kept = answer.explain("maintenance.baseline.year5").rows.set_index("figure")
    assert {"threads_out_of_warranty", "host_price_per_thread", "memory_gib_out_of_warranty"} <= set(kept.index)


@pytest.mark.parametrize("side", ["refresh", "without_idle"])
def test_the_other_baselines_recompute_too(estate_csv: Path, side: str) -> None:
    answer = calc.assess(calc.read_inventory(estate_csv))
    again = recompute(answer.explain(f"tco.{side}").rows)
    by_year = again.groupby("year")["amount"].sum().reindex(range(answer.scenario.horizon_years + 1), fill_value=0.0)
    assert by_year.to_numpy() == pytest.approx(per_year(answer.flows[side]))
    labels = answer.explain(f"energy.{side}.year1").rows["label"]
    assert labels.str.contains("power modelled").any()  # of today's servers, told apart on every side


@pytest.mark.parametrize("key", ["energie.target.year2", "energy.goal", "energy.target.year99", "energy.target.yearx"])
def test_a_wrong_key_says_what_there_is(key: str) -> None:
    answer = calc.assess(inventory(HEADER, *ROWS))
    with pytest.raises(calc.InputError, match=r"lines:|year0"):
        answer.explain(key)


def test_a_formula_holds_arithmetic_only() -> None:
    with pytest.raises(calc.InputError, match="Call"):
        evaluate("__import__('os')", {})

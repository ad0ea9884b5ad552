"""Tornado, simulation, break-even and decision against full runs and by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import calc
from calc import assumptions
from calc.catalogue import allowed_hosts
from calc.costs.cashflow import per_year, present_value
from calc.costs.flip import host_price_flip
from calc.costs.pricing import target_side
from calc.demand import form_demand
from calc.estate import complete
from calc.uncertainty import break_even, build_model, decide, simulate, tornado
from calc.uncertainty.inputs import LICENCE, NOT_SWUNG, UncertainInput, uncertain_inputs
from calc.uncertainty.model import CALIBRATION_PLANS, Model
from calc.uncertainty.montecarlo import drawn
from tests.make import inventory

HEADER = "hostname,cores,memory_gib,CPU avg %,CPU p95 %,Mem p95 %,Power (W),Disk used (GiB),Network (Mbit/s)"


def _rows(count: int) -> list[str]:
    rng = np.random.default_rng(5)
    rows = []
    for i in range(count):
        mean = rng.integers(2, 25)
        p95 = "" if i % 3 == 0 else int(mean * 2)
        cpu = "" if i % 7 == 0 else int(mean)
        memory = "" if i % 5 == 0 else int(rng.integers(20, 80))
        disk = "" if i % 4 == 0 else int(rng.integers(50, 500))
        net = "" if i % 2 else int(rng.integers(5, 80))
        power = 300 if i % 6 == 0 else ""
        rows.append(
            f"s{i:03d},{8 * (1 + i % 3)},{32 * (1 + i % 2)},{cpu},{p95 if cpu else ''},{memory},{power},{disk},{net}"
        )
    return rows


@pytest.fixture(scope="module")
def answer() -> calc.Assessment:
    return calc.assess(inventory(HEADER, *_rows(60)), calc.Scenario(host_types=("dl380-g11-64c-1024",)))


@pytest.fixture(scope="module")
def model(answer: calc.Assessment) -> Model:
    return build_model(answer)


@pytest.fixture(scope="module")
def against_refresh(model: Model) -> Model:
    return replace(model, against="refresh")


def test_the_model_gives_the_answer_back(answer: calc.Assessment, model: Model) -> None:
    found = model.evaluate({})
    assert np.array_equal(model.base_amounts, answer.demand.amounts)
    assert found.npv == pytest.approx(answer.comparison.npv)
    assert found.savings == pytest.approx(answer.comparison.savings)
    assert found.payback_months == answer.comparison.payback_months
    assert found.hosts == answer.hosts_after


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cpu_mean_default", 0.3),
        ("cpu_peak_factor", 3.5),
        ("cpu_growth_per_year", 0.1),
        ("memory_growth_per_year", 0.04),
        ("memory_headroom_factor", 1.0),
        ("vcpu_utilisation_target", 0.5),
        ("horizon_years", 7),
    ],
)
def test_demand_is_formed_as_the_pipeline_forms_it(
    answer: calc.Assessment, model: Model, name: str, value: float
) -> None:
    scenario = answer.scenario.varied(**{name: value})
    full = form_demand(complete(answer.inventory, scenario), scenario, allowed_hosts(scenario))
    assert np.array_equal(model.amounts({name: value}), full.amounts)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pue", 1.8),
        ("electricity_per_kwh", 0.3),
        ("discount_rate", 0.04),
        ("inflation", 0.05),
        ("energy_escalation", 0.06),
        ("maintenance_fraction", 0.05),
        ("maintenance_rise_per_year", 0.1),
        ("warranty_years", 1),
        ("host_price_per_thread", 140.0),
        ("host_price_per_gib", 20.0),
        ("host_price_index", 1.3),
        ("host_memory_price_index", 2.58),
        ("network_fraction", 0.0),
        ("memory_w_per_gib", 0.392),
        ("storage_w_per_tb", 10.0),
        ("storage_price_per_gib", 1.67),
        ("migration_hours_simple", 0.9),
        ("migration_hour_price", 43.5),
        ("migration_workloads_per_month", 20.0),
        ("transfer_mbps", 100.0),
        ("parallel_overlap_months", 3.0),
        ("disposal_per_server", 200.0),
        ("resale_fraction", 0.3),
        ("disk_used_gib_default", 290.0),
        ("hypervisor_price", 100.0),
    ],
)
def test_every_price_is_priced_exactly(answer: calc.Assessment, model: Model, name: str, value: float) -> None:
    full = calc.assess(answer.inventory, answer.scenario.varied(**{name: value}))
    assert full.hosts_after == answer.hosts_after  # one host model: prices do not move the plan
    assert model.evaluate({name: value}).npv == pytest.approx(full.comparison.npv, rel=1e-9)


def _against_refresh(found: calc.Assessment) -> float:
    net = per_year(found.flows["refresh"]) - per_year(found.flows["target"])
    return present_value(net, found.scenario.discount_rate)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pue", 1.8),
        ("electricity_per_kwh", 0.3),
        ("inflation", 0.05),
        ("warranty_years", 1),
        ("host_price_per_thread", 140.0),
        ("host_price_index", 1.3),
        ("host_memory_price_index", 2.58),
        ("network_fraction", 0.0),
        ("network_port_per_year", 30.0),
        ("memory_w_per_gib", 0.392),
        ("migration_workloads_per_month", 20.0),
    ],
)
def test_the_refresh_baseline_is_priced_exactly(
    answer: calc.Assessment, against_refresh: Model, name: str, value: float
) -> None:
    full = calc.assess(answer.inventory, answer.scenario.varied(**{name: value}))
    assert against_refresh.evaluate({name: value}).npv == pytest.approx(_against_refresh(full), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "value"),
    [("cpu_mean_default", 0.3), ("cpu_growth_per_year", 0.1), ("memory_growth_per_year", 0.04), ("horizon_years", 7)],
)
def test_like_for_like_servers_follow_demand(
    answer: calc.Assessment, against_refresh: Model, name: str, value: float
) -> None:
    full = calc.assess(answer.inventory, answer.scenario.varied(**{name: value}))
    scenario = against_refresh.scenario({name: value})
    before = against_refresh._before(answer.case, scenario, {name: value})
    assert before.tolist() == pytest.approx(per_year(full.flows["refresh"]).tolist(), rel=1e-9)


def test_tornado_simulation_and_decision_hold_against_a_refresh(
    answer: calc.Assessment, against_refresh: Model, model: Model
) -> None:
    base = against_refresh.evaluate({}).npv
    assert base == pytest.approx(_against_refresh(answer)) and base != pytest.approx(model.evaluate({}).npv)
    table, found = tornado(against_refresh), simulate(against_refresh, 32)
    decision = decide(against_refresh, table, found)
    assert "against refreshing like for like" in decision.reason
    _, flip = against_refresh.host_price_flip()
    assert flip == decision.host_price_flip
    if flip is not None:
        scenario = answer.scenario.varied(host_prices={"dl380-g11-64c-1024": flip})
        assert _against_refresh(calc.assess(answer.inventory, scenario)) == pytest.approx(0, abs=1.0)
    stated = answer.scenario.varied(uncertainty_against="refresh")
    assert build_model(calc.assess(answer.inventory, stated), plans=2).against == "refresh"


def test_hosts_follow_demand_within_the_calibrated_error(answer: calc.Assessment, model: Model) -> None:
    assert model.calibration.plans >= 20 and CALIBRATION_PLANS >= 20
    for values in ({"memory_growth_per_year": 0.05}, {"cpu_growth_per_year": 0.1, "memory_growth_per_year": 0.02}):
        full = calc.assess(answer.inventory, answer.scenario.varied(**values))
        allowed = max(1.0, model.calibration.worst * full.hosts_after)
        assert abs(model.evaluate(values).hosts - full.hosts_after) <= allowed


def test_the_tornado_is_sorted_and_names_the_memory_price(model: Model) -> None:
    table = tornado(model)
    assert table["effect"].is_monotonic_decreasing
    assert "host_memory_price_index" in set(table["input"].head(5))
    row = table.set_index("input").loc["pue"]
    assert row["npv_low"] == pytest.approx(model.evaluate({"pue": 1.15}).npv)
    assert row["npv_high"] == pytest.approx(model.evaluate({"pue": 1.8}).npv)
    assert row["npv_low"] < row["npv_high"]  # dearer power makes saving it worth more
    assert (table.loc[table["guess"], "how_to_measure"] != "").all()


def test_what_the_user_stated_is_not_drawn() -> None:
    found = calc.assess(inventory(HEADER, *_rows(6)), calc.Scenario(pue=1.3, electricity_per_kwh=0.2))
    names = {item.name: item for item in build_model(found, plans=2).inputs}
    assert not names["pue"].drawn and not names["electricity_per_kwh"].drawn and names["host_price_index"].drawn
    assert not names["discount_rate"].drawn  # a choice
    assert not names["resale_fraction"].drawn and names["resale_fraction"].guess  # asked, never assumed


def test_every_default_has_a_range_and_is_swung_or_says_why_not() -> None:
    for name, row in assumptions.defaults().items():
        assert row.low <= row.value <= row.high, name
        assert row.low < row.high or name == "hours_per_year", name
    everything = calc.Scenario(windows_licences="none_owned", sql_licences="none_owned", oracle_licences="none_owned")
    found = calc.assess(inventory(HEADER, *_rows(4)), everything)
    names = {item.name for item in uncertain_inputs(found)}
    money = {name for name in assumptions.defaults() if name in calc.Scenario.model_fields}
    assert money - names - set(NOT_SWUNG) == set()
    assert {f"{LICENCE}{name}" for name in ("windows-standard", "sql-standard", "oracle-ee")} <= names


def test_the_price_of_a_counted_licence_is_swung_and_priced_exactly() -> None:
    header = HEADER + ",os,application"
    rows = [
        f"{row},Windows Server 2019,{'Oracle Database' if i % 4 == 0 else 'Web'}" for i, row in enumerate(_rows(20))
    ]
    scenario = calc.Scenario(
        host_types=("dl380-g11-64c-1024",), windows_licences="none_owned", oracle_licences="none_owned"
    )
    found = calc.assess(inventory(header, *rows), scenario)
    made = build_model(found, plans=2)
    swung = tornado(made).set_index("input")
    assert swung.at["licence:oracle-ee", "effect"] > 0 and "Oracle" in swung.at["licence:oracle-ee", "title"]
    full = calc.assess(found.inventory, scenario.varied(licence_prices={"oracle-ee": 14_250.0}))
    assert full.hosts["host_type"].tolist() == found.hosts["host_type"].tolist()
    assert made.evaluate({"licence:oracle-ee": 14_250.0}).npv == pytest.approx(full.comparison.npv, rel=1e-9)


def test_a_simulation_repeats_and_its_quantiles_are_in_order(model: Model) -> None:
    first, again, other = (simulate(model, 64, seed=seed) for seed in (3, 3, 4))
    assert first.draws.equals(again.draws) and not first.draws.equals(other.draws)
    table = first.quantiles()
    assert (table["P10"] <= table["P50"]).all() and (table["P50"] <= table["P90"]).all()
    for item in model.inputs:
        if item.drawn:
            assert first.values[item.name].between(item.low, item.high).all()
    assert first.convergence()["draws"].tolist() == [4, 8, 16, 32, 64]
    assert 0 <= first.probability_positive <= 1


def test_each_draw_is_what_the_model_gives_for_it(model: Model) -> None:
    found = simulate(model, 16)
    for number in (0, 7, 15):
        values = found.values.iloc[number].to_dict()
        assert found.draws["npv"].iloc[number] == pytest.approx(model.evaluate(values).npv)


def test_pert_and_triangular_have_their_means() -> None:
    item = UncertainInput("x", 0.0, 2.0, 10.0, "", True, True, "", "")
    shares = (np.arange(20_000) + 0.5) / 20_000
    assert drawn(item, shares, "pert").mean() == pytest.approx((0 + 4 * 2 + 10) / 6, rel=1e-3)
    assert drawn(item, shares, "triangular").mean() == pytest.approx((0 + 2 + 10) / 3, rel=1e-3)
    edge = replace(item, base=0.0)
    assert drawn(edge, shares, "pert").min() >= 0 and drawn(edge, shares, "pert").max() <= 10


def test_the_decision_flips_at_the_price_it_names(answer: calc.Assessment) -> None:
    now, flip = host_price_flip(answer.case, answer.scenario)
    assert now == pytest.approx(answer.case.hosts[0].price)
    if flip is not None:
        scenario = answer.scenario.varied(host_prices={"dl380-g11-64c-1024": flip})
        found = calc.assess(answer.inventory, scenario).comparison.npv
        assert found == pytest.approx(0, abs=1e-6 * answer.comparison.tco_target)


def test_a_root_is_found_where_the_baseline_buys_the_same_machines(answer: calc.Assessment) -> None:
    # A baseline that costs the plan plus 1,000 less a tenth of its hosts' price over today's: zero at 1.17 times.
    now = answer.case.hosts[0].price

    def baseline(scenario: calc.Scenario) -> np.ndarray:
        price = scenario.host_prices["dl380-g11-64c-1024"]
        out = per_year(target_side(answer.case, scenario).flows(scenario))
        out[0] += 1_000 * (1.17 - price / now)
        return out

    _, flip = host_price_flip(answer.case, answer.scenario, baseline)
    assert flip == pytest.approx(1.17 * now)


def _cheap(price: float) -> calc.Assessment:
    host = {
        "id": "h",
        "cores": 64,
        "memory_gib": 1024,
        "idle_w": 100,
        "full_w": 300,
        "price": price,
        "score_per_core": 9.0,
    }
    rows = [f"s{i},8,32,10,20,50,400,100," for i in range(30)]
    return calc.assess(
        inventory(HEADER, *rows),
        calc.Scenario(host_types=("h",), custom_host_types=(host,), hypervisor="kvm", electricity_per_kwh=0.2),
    )


@pytest.mark.parametrize(("price", "verdict"), [(100.0, "buy"), (10_000_000.0, "wait")])
def test_cheap_hosts_are_bought_and_dear_ones_waited_for(price: float, verdict: str) -> None:
    found = build_model(_cheap(price), plans=2)
    decision = decide(found, tornado(found), simulate(found, 64))
    assert decision.verdict == verdict
    assert decision.host_price_flip is not None and 100 < decision.host_price_flip < 10_000_000
    assert 0 < len(decision.measure_next) <= 10


def test_at_the_flip_price_it_says_measure_first() -> None:
    dear = _cheap(10_000.0)
    _, flip = host_price_flip(dear.case, dear.scenario)
    assert flip is not None
    found = build_model(_cheap(flip), plans=2)
    decision = decide(found, tornado(found), simulate(found, 200))
    assert decision.verdict == "measure first"


def test_break_even_is_a_root(model: Model) -> None:
    found = {item.name: break_even(model, item.name) for item in model.inputs[:6]}
    found["electricity_per_kwh"] = break_even(model, "electricity_per_kwh")
    roots = {name: value for name, value in found.items() if value is not None}
    assert roots
    for name, value in roots.items():
        assert model.evaluate({name: value}).npv == pytest.approx(0, abs=1.0), name
    with pytest.raises(calc.InputError, match="known"):
        break_even(model, "luck")


def test_break_even_of_years_is_a_whole_year(answer: calc.Assessment) -> None:
    """Where the old servers cost more each year, short horizons are not worth it, nor one in which hosts are bought again."""
    for amount in (40_000.0, 60_000.0):
        line = {"name": "risk of old machines", "amount": amount, "side": "baseline"}
        found = build_model(calc.assess(answer.inventory, answer.scenario.varied(own_lines=(line,))), plans=1)
        npv = {years: found.evaluate({"horizon_years": years}).npv for years in range(1, 16)}
        turned = [years for years in npv if npv[years] * npv[5] <= 0]
        assert npv[5] > 0 and turned
        assert break_even(found, "horizon_years") == min(turned, key=lambda years: (abs(years - 5), years))


def test_break_even_of_any_input_stays_within_what_the_setting_allows(model: Model, against_refresh: Model) -> None:
    """Beyond its range a rate may come near zero, at which a move would never end."""
    for made in (model, against_refresh):
        for item in made.inputs:
            value = break_even(made, item.name)
            if value is not None and item.name in calc.Scenario.model_fields:
                assert made.assessment.scenario.varied(**{item.name: value}), item.name


def test_the_real_workbook_runs_through(rvtools_workbook: Path) -> None:
    found = calc.assess(calc.read_inventory(rvtools_workbook))
    made = build_model(found)
    assert np.array_equal(made.base_amounts, found.demand.amounts)
    assert made.evaluate({}).npv == pytest.approx(found.comparison.npv)
    assert len(simulate(made, 32).draws) == 32

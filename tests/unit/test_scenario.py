"""Settings: defaults sourced, ranges checked, TOML round trip, clear errors."""

from __future__ import annotations

import dataclasses

import pytest

import calc
from calc import assumptions, catalogue
from calc.backtest import PowerRules
from calc.migration import MigrationRules
from calc.recovery import RestartTimes


def test_toml_round_trip() -> None:
    custom = {
        "id": "mine",
        "cores": 64,
        "memory_gib": 512,
        "idle_w": 100,
        "full_w": 500,
        "price": 20000,
        "score_per_core": 8.0,
    }
    scenario = calc.Scenario(
        pue=1.3,
        pool_by=("site",),
        custom_host_types=(custom,),
        host_prices={"r770-172c-2048": 90_000.0},
        electricity_per_kwh=0.11,
    )
    assert calc.Scenario.from_toml(scenario.to_toml()) == scenario
    assert calc.Scenario.from_toml(calc.Scenario().to_toml()) == calc.Scenario()
    assert calc.Scenario.from_toml("") == calc.Scenario()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pue": 0.5}, "pue = 0.5"),
        ({"pyu": 1.5}, "pyu is not a setting"),
        ({"hypervisor": "vmx"}, "choose one of"),
        ({"currency": "XXX"}, "exchange rate"),
        ({"currency": "dollar"}, "three letters"),
        ({"failover_hosts": 9}, "failover_hosts = 9"),
        ({"cpu_ceiling": 0.9, "cpu_ceiling_failover": 0.8}, "below cpu_ceiling"),
        ({"horizon_years": "five"}, "horizon_years"),
        ({"electricity_region": "Atlantis"}, "electricity"),
        ({"host_prices": {"x": 1.0}}, "not in the catalogue"),
        (
            {
                "custom_host_types": (
                    {"id": "a", "cores": 4, "memory_gib": 4, "idle_w": 9, "full_w": 5, "price": 1, "score_per_core": 1},
                )
            },
            "below idle_w",
        ),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, message: str) -> None:
    with pytest.raises(calc.ScenarioError, match=message):
        calc.Scenario(**settings)


def test_bad_toml_and_missing_files_say_so(tmp_path: object) -> None:
    with pytest.raises(calc.ScenarioError, match="not valid TOML"):
        calc.Scenario.from_toml("pue = ")
    with pytest.raises(calc.ScenarioError, match="cannot read"):
        calc.Scenario.from_toml_file(f"{tmp_path}/absent.toml")


def test_every_default_has_a_row_with_source_and_date() -> None:
    for name, field in calc.Scenario.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if extra.get("unit"):
            row = assumptions.default(name)
            assert row.source and row.as_of, name
            assert row.low <= row.value <= row.high, name
            if not row.currency:
                assert field.get_default() == row.value, name


def test_every_row_is_used() -> None:
    own = {"host_price_index", "host_memory_price_index"}  # read where host_types.csv is derived
    for rules in (MigrationRules, PowerRules):
        own |= {item.metadata["assumption"] for item in dataclasses.fields(rules) if item.metadata}
    own |= {f"failover_{item.name}" for item in dataclasses.fields(RestartTimes)} - {"failover_at_once"}
    own |= {"failover_starts_at_once", "emulation_utilisation_max", "backtest_risk_allowed"}
    own |= {"zombie_network_mbps", "oversized_memory_share"}  # thresholds of what is reported, calc/findings
    assert set(assumptions.defaults()) - own <= set(calc.Scenario.model_fields)


def test_money_is_converted_at_the_dated_rate_and_the_users_is_not() -> None:
    plain = {"price_indexing": "none"}
    assert calc.Scenario(**plain).money("migration_hour_price") == 58.17
    assert calc.Scenario(**plain, currency="EUR").money("migration_hour_price") == pytest.approx(58.17 / 1.0824)
    assert calc.Scenario(currency="EUR", migration_hour_price=90.0).money("migration_hour_price") == 90


def test_the_catalogue_holds_current_and_older_hosts() -> None:
    entries = catalogue.catalogue(calc.Scenario())
    assert sum(host.role == "host" for host in entries) >= 6
    assert sum(host.role == "existing" for host in entries) >= 3
    for host in entries:
        assert host.as_of and host.source
        assert 0 < host.idle_w < host.full_w and host.score_per_core > 0


def test_allowed_hosts() -> None:
    own = {
        "id": "mine",
        "cores": 64,
        "memory_gib": 512,
        "idle_w": 100,
        "full_w": 500,
        "price": 20000,
        "cpu_model": "AMD EPYC 9654",
    }
    allowed = catalogue.allowed_hosts(calc.Scenario(custom_host_types=(own,)))
    assert allowed[-1].id == "mine" and allowed[-1].score_per_core == pytest.approx(8.698)
    assert [
        host.id for host in catalogue.allowed_hosts(calc.Scenario(host_types=("mine",), custom_host_types=(own,)))
    ] == ["mine"]
    with pytest.raises(calc.ScenarioError, match="not in the catalogue"):
        catalogue.allowed_hosts(calc.Scenario(host_types=("nobody",)))
    with pytest.raises(calc.ScenarioError, match="limited number"):
        catalogue.allowed_hosts(calc.Scenario(custom_host_types=({**own, "available": 2},)))
    with pytest.raises(calc.ScenarioError, match="give score_per_core"):
        catalogue.allowed_hosts(calc.Scenario(custom_host_types=({**own, "cpu_model": "abacus"},)))


def test_own_prices_beat_the_reference() -> None:
    (host,) = catalogue.allowed_hosts(
        calc.Scenario(host_types=("r770-172c-2048",), host_prices={"r770-172c-2048": 12_345.0})
    )
    assert host.price == 12_345


def test_any_currency_with_a_stated_rate() -> None:
    with pytest.raises(calc.ScenarioError, match="state usd_per_unit"):
        calc.Scenario(currency="KRW")
    with pytest.raises(calc.ScenarioError, match="three letters"):
        calc.Scenario(currency="won")
    with pytest.raises(calc.ScenarioError, match="a dollar is a dollar"):
        calc.Scenario(currency="USD", usd_per_unit=1.2)
    won = calc.Scenario(currency="KRW", usd_per_unit=1 / 1400)
    assert won.rate("USD") == pytest.approx(1400) and won.rate("KRW") == 1.0
    assert won.rate("EUR") == pytest.approx(1400 * 1.0824)
    assert won.money("migration_hour_price") == pytest.approx(58.17 * 1.02**2 * 1400)
    stated = calc.Scenario(currency="EUR", usd_per_unit=1.10)
    assert stated.rate("USD") == pytest.approx(1 / 1.10) and stated.rate("EUR") == 1.0
    assert calc.Scenario.from_toml(won.to_toml()) == won


def test_money_in_another_currency_is_the_same_money() -> None:
    from tests.make import uniform

    dollars, won = (
        calc.assess(uniform(20), scenario)
        for scenario in (
            calc.Scenario(electricity_per_kwh=0.2),
            calc.Scenario(electricity_per_kwh=0.2 * 1400, currency="KRW", usd_per_unit=1 / 1400),
        )
    )
    assert won.comparison.npv == pytest.approx(1400 * dollars.comparison.npv)

"""Money holds for any scenario: the ledger recomputes it, it scales, and dearer is never cheaper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calc
from calc.costs.cashflow import per_year
from calc.costs.ledger import recompute
from tests.make import inventory

HEADER = "hostname,cores,memory_gib,CPU avg %,sockets,Power (W),Disk used (GiB),Purchase date,os,application"
INVENTORY = inventory(
    HEADER,
    "a,8,32,10,2,300,400,2023,Microsoft Windows Server 2019,Web",
    "b,16,64,20,2,,2000,2024,Red Hat Enterprise Linux 8,Web",
    "c,8,32,,1,,200,2015,Ubuntu,Oracle Database",
    "d,8,32,5,2,,,2018,Microsoft Windows Server 2016,SQL Server",
    "e,8,32,5,2,,,2018,IBM AIX,ERP",
)
HOST = {
    "id": "h",
    "cores": 32,
    "sockets": 2,
    "memory_gib": 256,
    "idle_w": 100,
    "full_w": 300,
    "price": 10_000,
    "score_per_core": 9.0,
}

owned = st.sampled_from(["not_stated", "none_owned", "perpetual"])
scenarios = st.fixed_dictionaries(
    {
        "hypervisor": st.sampled_from(["proxmox", "kvm", "vsphere", "vcf", "hyperv"]),
        "facility_mode": st.sampled_from(["own", "colocation_metered", "colocation_all_in"]),
        "currency": st.sampled_from(["USD", "EUR"]),
        "horizon_years": st.integers(1, 8),
        "server_life_years": st.integers(2, 8),
        "inflation": st.floats(-0.02, 0.1),
        "energy_escalation": st.floats(0, 0.1),
        "discount_rate": st.floats(0, 0.2),
        "warranty_years": st.integers(0, 5),
        "maintenance_rise_per_year": st.sampled_from([0.0, 0.05]),
        "network_fraction": st.floats(0, 0.3),
        "dr_fraction": st.sampled_from([0.0, 0.5]),
        "management_hosts": st.integers(0, 2),
        "resale_fraction": st.floats(0, 0.5),
        "windows_licences": owned,
        "sql_licences": owned,
        "oracle_licences": owned,
        "rhel_subscription": st.sampled_from(["not_stated", "standard", "premium"]),
        "count_sa": st.booleans(),
        "count_labour": st.booleans(),
        "vmware_order_minimum": st.booleans(),
    }
)


@settings(max_examples=40, deadline=None)
@given(scenarios)
def test_the_ledger_recomputes_any_scenario(chosen: dict[str, object]) -> None:
    lines = ({"name": "own", "amount": 12.0, "per": "core"}, {"name": "once", "amount": 99.0, "when": "once"})
    answer = calc.assess(INVENTORY, calc.Scenario(**chosen, own_lines=lines))
    found = recompute(answer.ledger())
    for side in ("baseline", "target"):
        part = found[found["side"] == side]
        by_year = part.groupby("year")["amount"].sum().reindex(range(answer.scenario.horizon_years + 1), fill_value=0.0)
        assert by_year.to_numpy() == pytest.approx(per_year(answer.flows[side]), rel=1e-9, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 10), st.integers(1, 7))
def test_all_money_times_k_is_npv_times_k(factor: float, horizon: int) -> None:
    def npv(k: float) -> float:
        host = {**HOST, "price": HOST["price"] * k}
        scenario = calc.Scenario(
            custom_host_types=(host,),
            host_types=("h",),
            hypervisor="kvm",
            hypervisor_price=500.0 * k,
            electricity_per_kwh=0.2 * k,
            host_price_per_thread=100.0 * k,
            host_price_per_gib=16.0 * k,
            storage_price_per_gib=2.0 * k,
            migration_hour_price=200.0 * k,
            disposal_per_server=50.0 * k,
            admin_salary_per_year=90_000.0 * k,
            count_labour=True,
            resale_fraction=0.1,
            dr_fraction=0.5,
            horizon_years=horizon,
            own_lines=({"name": "x", "amount": 10.0 * k, "per": "kw"},),
        )
        return calc.assess(INVENTORY, scenario).comparison.npv

    assert npv(factor) == pytest.approx(factor * npv(1.0), rel=1e-9, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(
        [
            "electricity_per_kwh",
            "migration_hour_price",
            "storage_price_per_gib",
            "disposal_per_server",
            "hypervisor_price",
        ]
    ),
    st.lists(st.floats(0, 1000), min_size=3, max_size=3),
)
def test_dearer_is_never_cheaper_on_either_side(name: str, prices: list[float]) -> None:
    common = {"custom_host_types": (HOST,), "host_types": ("h",)}
    found = [calc.assess(INVENTORY, calc.Scenario(**common, **{name: price})) for price in sorted(prices)]
    for side in ("baseline", "target"):
        totals = [float(per_year(answer.flows[side]).sum()) for answer in found]
        assert np.all(np.diff(totals) >= -1e-6)

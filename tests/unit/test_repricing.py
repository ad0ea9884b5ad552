"""The same plan at other prices: what `assess` gives, without packing, or nothing at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calc
from calc.repricing import reprice
from tests.make import inventory, uniform

ONE_HOST = "dl320-g11-32c-256"
BASE = calc.Scenario(host_types=(ONE_HOST,))


@pytest.fixture(scope="module")
def answer() -> calc.Assessment:
    return calc.assess(uniform(24), BASE)


def test_hosts_at_another_price_by_hand(answer: calc.Assessment) -> None:
    """A host 1,000 dearer, network, maintenance and what it is worth at the end left out: year 0 holds a thousand a host more."""
    plain = {"network_fraction": 0.0, "maintenance_fraction": 0.0}
    one = reprice(answer, BASE.varied(**plain, host_prices={ONE_HOST: 20_000.0}))
    two = reprice(answer, BASE.varied(**plain, host_prices={ONE_HOST: 21_000.0}))
    assert one is not None and two is not None
    for before, after in ((one, two),):
        hardware = after.flows["target"]["hardware"] - before.flows["target"]["hardware"]
        assert hardware[0] == pytest.approx(1_000 * answer.hosts_after) and not hardware[1:].any()
        assert (after.flows["baseline"]["hardware"] == before.flows["baseline"]["hardware"]).all()
    assert one.pools[0].plan is answer.pools[0].plan and one.lower_bound == answer.lower_bound
    assert one.placement.equals(answer.placement)


@settings(max_examples=15, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "pue": st.floats(1, 2.5),
            "discount_rate": st.floats(0, 0.15),
            "electricity_per_kwh": st.floats(0.05, 0.6),
            "inflation": st.floats(0, 0.08),
            "currency": st.sampled_from(["EUR", "USD"]),
            "server_life_years": st.integers(3, 9),
        },
    )
)
def test_it_is_what_assessing_again_gives(answer: calc.Assessment, chosen: dict[str, object]) -> None:
    scenario = BASE.varied(**chosen)
    quick = reprice(answer, scenario)
    slow = calc.assess(answer.inventory, scenario)
    assert quick is not None and quick.comparison == slow.comparison and quick.placement.equals(slow.placement)
    assert {name: flow["energy"].tolist() for name, flow in quick.flows.items()} == {
        name: flow["energy"].tolist() for name, flow in slow.flows.items()
    }
    back = reprice(quick, BASE)
    assert back is not None and back.comparison == answer.comparison


@pytest.mark.parametrize(
    "change",
    [
        {"failover_hosts": 2},
        {"racks": 2},
        {"seed": 2},
        {"effort": "quick"},
        {"host_policy": "mixed"},
        {"cpu_ceiling": 0.6},
        {"memory_ceiling": 0.7},
        {"cpu_ceiling_failover": 0.9},
        {"cpu_growth_per_year": 0.2},
        {"memory_growth_per_year": 0.2},
        {"horizon_years": 6},  # demand grows until then
        {"host_types": ("dl380-g11-64c-1024",)},
        {"hypervisor": "hyperv"},
    ],
)
def test_what_asks_for_packing_is_not_repriced(answer: calc.Assessment, change: dict[str, object]) -> None:
    assert reprice(answer, BASE.varied(**change)) is None


def test_where_nothing_takes_part_any_more_there_is_no_plan() -> None:
    made = inventory("hostname,cores,memory_gib,CPU p95 %", "a,8,32,20", "b,8,32,20")
    answer = calc.assess(made)
    assert reprice(answer, answer.scenario) is not None
    assert reprice(answer, answer.scenario.varied(pool_by=("environment",))) is None  # pools of other names

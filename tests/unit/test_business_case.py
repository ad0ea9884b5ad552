"""One-offs, own lines, labour, rates of return, profit and loss, carbon: by hand."""

from __future__ import annotations

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given
from hypothesis import strategies as st

import calc
from calc.catalogue import catalogue, split_price
from calc.costs.carbon import carbon_break_even_months, emissions, grid_carbon
from calc.costs.cashflow import per_year, present_value, rates_of_return
from calc.costs.complexity import CLASSES, migration_class
from calc.costs.fleet_terms import purchases
from calc.costs.ledger import evaluate, recompute
from calc.costs.pnl import profit_and_loss
from calc.costs.ramp import form_ramp
from calc.costs.scope import excluded
from calc.model import HostType
from tests.make import inventory, uniform

#: One host type with round figures; no inflation.
HOST = {
    "id": "h",
    "cores": 32,
    "sockets": 2,
    "memory_gib": 256,
    "idle_w": 100,
    "full_w": 300,
    "price": 10_000,
    "score_per_core": 9.0,
    "tested_memory_gib": 256,
}
FLAT: dict[str, object] = {
    "host_types": ("h",),
    "custom_host_types": (HOST,),
    "hypervisor": "kvm",
    "inflation": 0.0,
    "energy_escalation": 0.0,
    "cpu_growth_per_year": 0.0,
    "network_fraction": 0.0,
    "horizon_years": 5,
    "server_life_years": 5,
    "electricity_per_kwh": 0.20,
    "pue": 1.5,
}


def _scenario(**settings: object) -> calc.Scenario:
    return calc.Scenario(**{**FLAT, **settings})


def test_what_is_owned_keeps_its_value_at_the_horizon_by_the_rule_of_what_is_bought() -> None:
    """Bought in 2025 for 10,000 with a life of five years: 0.2 of it is left at the start of 2029, three years on."""
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date,Purchase price"
    found = inventory(header, "a,8,32,20,2025-01-01,10000", "b,8,32,20,2015-01-01,10000")
    answer = calc.assess(found, _scenario(start_year=2026, horizon_years=3))
    bought = answer.case.purchase_year(answer.scenario)[0]
    left = 10_000 * (1 - (2029 - bought) / 5)
    assert 1_900 < left < 4_100
    assert answer.flows["baseline"]["residual value"].tolist() == pytest.approx([0, 0, 0, -left])
    hosts = len(answer.hosts)
    of_storage = answer.flows["target"]["storage"][0]
    assert answer.flows["target"]["residual value"][3] == pytest.approx(-0.4 * (hosts * 10_000 + of_storage))
    assert answer.explain("residual_value.baseline.year3").amount == pytest.approx(-left)
    again = recompute(answer.ledger())
    assert again.loc[again["side"] == "baseline", "amount"].sum() == pytest.approx(answer.comparison.tco_baseline)


def test_hosts_are_renewed_when_the_horizon_outlasts_their_life() -> None:
    """Seven years with a life of five: bought again after five, with three fifths of the price left at the end."""
    answer = calc.assess(uniform(10), _scenario(horizon_years=7, inflation=0.02, carbon_kg_per_kwh=0.4))
    hosts, target = len(answer.hosts), answer.flows["target"]
    again = 1.02**5
    assert target["hardware"].tolist() == pytest.approx([hosts * 10_000, 0, 0, 0, 0, hosts * 10_000 * again, 0, 0])
    bought = hosts * 10_000 + target["storage"][0]
    assert target["residual value"][7] == pytest.approx(-0.6 * bought * again)
    warranty = target["maintenance"]
    assert warranty[4] > 0 and warranty[5] > 0 and warranty[6] == warranty[7] == 0  # three years of the new ones
    assert answer.after.servers == hosts and answer.after.rack_units == hosts  # renewed, not more
    _, made = emissions(answer.sides["target"], answer.scenario)
    assert made[5] == made[0] > 0
    table = recompute(answer.ledger())
    assert table.loc[table["side"] == "target", "amount"].sum() == pytest.approx(answer.comparison.tco_target)
    assert answer.flows["baseline"]["hardware"].sum() == 0  # keeping renews nothing: that is what it means
    perpetual = calc.assess(uniform(10), _scenario(horizon_years=7, hypervisor="hyperv"))
    assert np.flatnonzero(perpetual.flows["target"]["hypervisor"]).tolist() == [0]  # a perpetual licence goes on


def test_network_ports_are_a_share_of_what_is_bought_and_kept_up_with_it() -> None:
    answer = calc.assess(uniform(10), _scenario(network_fraction=0.1, warranty_years=3))
    hosts = len(answer.hosts)
    target = answer.flows["target"]
    bought = hosts * 10_000 + target["storage"][0]
    assert target["network"][0] == pytest.approx(0.1 * bought)
    assert target["maintenance"].tolist() == pytest.approx([0, 0, 0, 0, 0.11 * bought, 0.11 * bought])


def test_purchases_sum_to_what_is_paid_for_machines_and_storage() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date,Disk used (GiB)"
    rows = [f"s{i:02d},16,64,20,{2018 + i % 5},300" for i in range(40)]
    answer = calc.assess(inventory(header, *rows), calc.Scenario(management_hosts=2, horizon_years=7))
    for side in ("target", "refresh"):
        table = purchases(answer.sides[side], answer.case, answer.scenario)
        own = table[~table["what"].str.contains("management")]
        paid = answer.flows[side]["hardware"].sum() + answer.flows[side]["storage"].sum()
        assert own["amount"].sum() == pytest.approx(paid), side
    dated = answer.scenario.varied(move=[{"month": 5.5, "hosts": (1,), "workloads": 1}, {"month": 14.2, "hosts": (2,)}])
    later = calc.assess(answer.inventory, dated)
    table = purchases(later.sides["target"], later.case, dated)
    own = table[~table["what"].str.contains("management")]
    assert own["amount"].sum() == pytest.approx(
        later.flows["target"]["hardware"].sum() + later.flows["target"]["storage"].sum()
    )
    assert own.loc[own["what"] == "hosts", "year"].nunique() > 1  # a part of a year belongs to the year it began in
    table = purchases(answer.sides["target"], answer.case, answer.scenario)
    hosts = table[(table["what"] == "hosts") & (table["part"] == "memory")]
    assert hosts["units"].sum() == pytest.approx(answer.hosts_after)
    assert set(table.loc[table["what"].str.contains("management"), "units"]) == {2.0}


def test_ports_are_counted_one_by_one_once_their_price_is_stated() -> None:
    ports = {"network_port_price": 300.0, "san_port_price": 500.0, "san_ports_per_server": 1.0}
    answer = calc.assess(uniform(10), _scenario(**ports, network_fraction=0.1, maintenance_fraction=0.1))
    hosts = len(answer.hosts)
    assert answer.flows["target"]["network"].tolist() == pytest.approx([hosts * (4 * 300 + 2 * 500), 0, 0, 0, 0, 0])
    assert answer.flows["baseline"]["network"].sum() == 0  # what is there is not bought again
    assert (answer.before.network_ports, answer.before.san_ports) == (20, 10)
    assert (answer.after.network_ports, answer.after.san_ports) == (4 * hosts, 2 * hosts)
    new = answer.flows["refresh"]["network"].sum()  # each of ten servers once, at the end of its life
    assert new == pytest.approx(10 * (2 * 300 + 1 * 500))


def test_a_freed_port_saves_its_yearly_cost() -> None:
    answer = calc.assess(uniform(10), _scenario(network_port_per_year=50.0, san_port_per_year=80.0))
    hosts = len(answer.hosts)
    assert answer.flows["baseline"]["network"].tolist() == pytest.approx([0, *[10 * 2 * 50.0] * 5])
    assert answer.flows["target"]["network"][1:].tolist() == pytest.approx([hosts * (4 * 50.0 + 2 * 80.0)] * 5)
    assert not any("ports" in text for text in excluded(answer.scenario, virtualised=False))
    assert any("ports" in text for text in excluded(_scenario(), virtualised=False))


def test_maintenance_rises_with_age_after_the_warranty() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Annual maintenance"
    answer = calc.assess(inventory(header, "a,8,32,20,100"), _scenario(maintenance_rise_per_year=0.1))
    assert answer.flows["baseline"]["maintenance"].tolist() == pytest.approx([0, 100, 110, 121, 133.1, 146.41])


def _host(name: str, scenario: calc.Scenario) -> HostType:
    return next(entry for entry in catalogue(scenario) if entry.id == name)


def test_the_price_of_a_host_is_split_into_base_cpu_memory_and_disks() -> None:
    scenario = calc.Scenario()
    host = _host("sr650v4-172c-2048", scenario)
    parts = {part.name: part.amount for part in split_price(host, scenario)}
    assert parts["memory"] == pytest.approx(2048 * 16.232 * 2.0)
    assert parts["CPU"] == pytest.approx(2 * 10_400)
    assert parts["boot disks"] == pytest.approx(0.96 * 356.4)
    assert parts["base"] == pytest.approx(344 * 113.87 * 1.15 - 2 * 10_400 - 0.96 * 356.4)
    dearer = calc.Scenario(host_memory_price_index=3.0)
    assert _host(host.id, dearer).price - host.price == pytest.approx(2048 * 16.232)


def test_a_processor_without_a_price_stays_in_the_base_and_a_low_quotation_is_not_split() -> None:
    scenario = calc.Scenario()
    names = [part.name for part in split_price(_host("dl320-g11-32c-256", scenario), scenario)]
    assert names == ["base and CPU", "memory", "boot disks"]
    quoted = calc.Scenario(host_prices={"dl320-g11-32c-256": 2_000.0})  # below the list price of its memory
    only = split_price(_host("dl320-g11-32c-256", quoted), quoted)
    assert [(part.name, part.amount) for part in only] == [("machine", 2_000.0)]


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_the_parts_of_every_host_sum_to_its_price(currency: str) -> None:
    scenario = calc.Scenario(currency=currency, host_prices={"dl345-g11-96c-768": 60_000.0})
    for host in catalogue(scenario):
        if host.price:
            parts = split_price(host, scenario)
            assert sum(part.amount for part in parts) == pytest.approx(host.price), host.id
            assert all(part.amount >= 0 for part in parts), host.id


@pytest.mark.parametrize("side", ["target", "refresh"])
def test_what_is_bought_stands_part_by_part_wherever_it_is_bought(side: str) -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date"
    rows = [f"s{i:02d},16,64,20,{2018 + i % 3}" for i in range(40)]
    answer = calc.assess(inventory(header, *rows), calc.Scenario(dr_fraction=0.5))
    found = answer.explain(f"hardware.{side}")
    assert found.amount == pytest.approx(answer.flows[side]["hardware"].sum())
    names = {term.label.rsplit(": ", 1)[1] for term in found.terms}
    assert names >= {"memory", "boot disks"} and names <= {"base", "base and CPU", "CPU", "memory", "boot disks"}
    for term in found.terms:
        values = {name: figure.value for name, figure in term.figures.items()}
        assert evaluate(term.formula, values) == pytest.approx(term.amount), term.label
    memory = [term for term in found.terms if term.label.endswith("memory")]
    assert all("host_memory_price_index" in term.figures for term in memory)


def test_reference_prices_of_the_table_are_those_of_the_parts() -> None:
    from calc import reference

    table = reference.table("host_types").set_index("id")["price"]
    for host in catalogue(calc.Scenario()):
        assert host.price == pytest.approx(table[host.id], abs=5), host.id  # the table is rounded to 10


def test_parallel_running_is_half_the_move_and_the_overlap() -> None:
    answer = calc.assess(uniform(50), _scenario(migration_workloads_per_month=25.0, parallel_overlap_months=1.0))
    assert form_ramp(answer.case, answer.scenario).servers.mean() == pytest.approx(2 / 2 + 1)
    running = sum(answer.flows["baseline"][line][1] for line in ("energy", "maintenance"))
    assert answer.flows["target"]["parallel running"][1] == pytest.approx(
        running * 2 / 12
    )  # at the end of the year, as all running costs


def test_copying_the_data_bounds_how_fast_the_move_can_be() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Disk used (GiB)"
    answer = calc.assess(inventory(header, "a,8,32,20,100000"), _scenario(transfer_mbps=100.0))
    hours = 100_000 * 8.589934592 * 1000 / 100 / 3600  # GiB to Gbit, over 100 Mbit/s
    assert answer.case.transfer_hours(answer.scenario) == pytest.approx(hours)
    assert form_ramp(answer.case, answer.scenario).servers.mean() == pytest.approx(hours / 730 / 2 + 1)


def test_migration_takes_hours_by_how_hard_each_workload_is() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Disk used (GiB),os,application,anti_affinity_group"
    rows = [
        "web1,8,32,20,100,Ubuntu 24.04,Web,",  # simple
        "old1,8,32,20,100,Windows Server 2012 R2,Web,",  # medium: support has ended
        "erp-db1,8,32,20,100,Ubuntu 24.04,,",  # medium: a database by its name
        "n1,8,32,20,100,Ubuntu 24.04,Web,farm",  # medium: a cluster
        "n2,8,32,20,100,Ubuntu 24.04,SQL Server,farm",  # complex: a cluster and a database
        "big,8,32,20,10240,Ubuntu 24.04,Web,",  # complex: 10 TiB
    ]
    answer = calc.assess(inventory(header, *rows), _scenario(migration_hour_price=100.0))
    classes = migration_class(answer.case.difficulty, answer.case.disk_gib, answer.scenario)
    assert [CLASSES[k] for k in classes] == ["simple", "medium", "medium", "medium", "complex", "complex"]
    assert answer.flows["target"]["migration"][0] == pytest.approx(100 * (3.4 + 3 * 6.8 + 2 * 13))
    text = str(answer.explain("migration.target.year0"))
    assert (
        "simple * migration_hours_simple + medium * migration_hours_medium + complex * migration_hours_complex" in text
        and "VirtaMove" in text
    )


def test_disposal_and_resale_count_what_leaves() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date,Purchase price"
    found = inventory(header, "a,8,32,20,2024,10000", "b,8,32,20,2010,10000")
    answer = calc.assess(found, _scenario(disposal_per_server=60.0, resale_fraction=0.5, start_year=2026))
    assert answer.flows["target"]["disposal"][0] == pytest.approx(120)
    left = answer.case.book_value(answer.scenario)
    assert left[1] == 0 and 5_000 <= left[0] <= 7_000  # two of five years are gone
    assert answer.flows["target"]["resale"][0] == pytest.approx(-0.5 * left[0])


def test_a_server_is_disposed_of_and_sold_in_the_year_in_which_it_goes() -> None:
    """Ten servers bought in 2025, five a year: the second five are worth a fifth of their price less."""
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date,Purchase price"
    rows = [f"s{i},8,32,20,2025-01-01,10000" for i in range(10)]
    answer = calc.assess(
        inventory(header, *rows),
        _scenario(
            disposal_per_server=60.0,
            resale_fraction=0.5,
            inflation=0.02,
            start_year=2026,
            migration_workloads_per_month=10 / 24,
            parallel_overlap_months=0.0,
        ),
    )
    target = answer.flows["target"]
    first = 10_000 * (1 - (2026 - answer.case.purchase_year(answer.scenario)[0]) / 5)
    assert target["disposal"].tolist() == pytest.approx([5 * 60, 5 * 60 * 1.02, 0, 0, 0, 0])
    by_hand = [-0.5 * 5 * first, -0.5 * 5 * (first - 2_000), 0, 0, 0, 0]
    assert target["resale"].tolist() == pytest.approx(by_hand)
    books = profit_and_loss(answer.sides["target"], answer.case, answer.scenario, removed=~answer.retained)
    years = np.ceil(5 - (2026 - answer.case.purchase_year(answer.scenario)[0]))
    assert books["write_off"].tolist()[:2] == pytest.approx(
        [5 * first + by_hand[0], 5 * first * (1 - 1 / years) + by_hand[1]]
    )
    assert books["depreciation_of_todays_servers"].tolist() == pytest.approx([0, 5 * first / years, 0, 0, 0, 0])


def test_a_server_that_never_leaves_is_neither_sold_nor_disposed_of() -> None:
    answer = calc.assess(
        uniform(10), _scenario(migration_workloads_per_month=10 / 120, disposal_per_server=60.0, horizon_years=5)
    )
    assert answer.flows["target"]["disposal"].sum() == pytest.approx(5 * 60)  # half of them in ten years' move


def test_standby_hosts_count_as_machines() -> None:
    plain = calc.assess(uniform(10), _scenario())
    line = ({"name": "agent", "amount": 10.0, "per": "host"},)
    more = calc.assess(uniform(10), _scenario(dr_fraction=1.0, management_hosts=2, own_lines=line))
    hosts = len(plain.hosts)
    assert more.after.servers == plain.after.servers + hosts + 2
    assert more.after.rack_units == plain.after.rack_units + hosts + 2
    assert more.after.power_kw == pytest.approx(plain.after.power_kw + (hosts + 2) * 0.1)
    assert more.flows["target"]["own lines"].tolist() == pytest.approx([0, *[10 * (2 * hosts + 2)] * 5])


def test_standby_of_an_owned_host_is_bought() -> None:
    owned = {**HOST, "price": 0.0, "available": 20, "maintenance_per_year": 100.0}
    scenario = _scenario(custom_host_types=(owned,), host_policy="mixed", dr_fraction=1.0, management_hosts=1)
    answer = calc.assess(uniform(10), scenario)
    assert answer.flows["target"]["hardware"].sum() == 0
    # The cheapest catalogue host with at least 32 x 9.0 points and 256 GiB.
    types = [h for h in catalogue(scenario) if h.role == "host" and h.cores * h.score_per_core >= 288]
    cheapest = min(h.price for h in types if h.memory_gib >= 256)
    assert answer.flows["target"]["disaster recovery"][0] == pytest.approx(len(answer.hosts) * cheapest)
    assert answer.flows["target"]["management hosts"][0] == pytest.approx(cheapest)


def test_the_order_minimum_counts_standby_cores_too() -> None:
    """One host of 32 cores: 40 more to order; with one for recovery 8, with a third none."""
    for recovery, management, missing in ((0.0, 0, 40), (1.0, 0, 8), (1.0, 1, 0)):
        scenario = _scenario(
            hypervisor="vsphere",
            hypervisor_price=100.0,
            vmware_order_minimum=True,
            failover_hosts=0,
            dr_fraction=recovery,
            management_hosts=management,
        )
        answer = calc.assess(uniform(1), scenario)
        assert len(answer.hosts) == 1
        own = 32 * 100.0
        assert answer.flows["target"]["hypervisor"][0] == pytest.approx(own + missing * 100.0), missing


def test_disaster_recovery_and_management_hosts_have_lines_of_their_own() -> None:
    plain = calc.assess(uniform(10), _scenario())
    more = calc.assess(uniform(10), _scenario(dr_fraction=0.5, management_hosts=1))
    hosts = len(plain.hosts)
    idle = 0.1 * 1.5 * 8760 * 0.20
    for line, count in (("disaster recovery", 0.5 * hosts), ("management hosts", 1.0)):
        upkeep = 1000 * np.array([0, 0, 0, 0, 1, 1])
        by_hand = count * (np.array([10_000, *[idle] * 5]) + upkeep)
        assert more.flows["target"][line].tolist() == pytest.approx(by_hand.tolist()), line
    for line in ("hardware", "energy", "maintenance"):
        assert more.flows["target"][line].tolist() == plain.flows["target"][line].tolist()


def test_own_lines_count_what_they_say() -> None:
    lines = (
        {"name": "a", "amount": 100.0, "when": "once"},
        {"name": "b", "amount": 10.0, "per": "server"},
        {"name": "c", "amount": 1.0, "per": "host"},
        {"name": "d", "amount": 2.0, "per": "core"},
        {"name": "e", "amount": 1000.0, "per": "kw"},
    )
    answer = calc.assess(uniform(10), _scenario(own_lines=lines))
    hosts = len(answer.hosts)
    before = 10 * 10 + 80 * 2 + answer.before.power_kw * 1000
    after = hosts * 10 + hosts + hosts * 32 * 2 + answer.after.power_kw * 1000
    assert answer.flows["baseline"]["own lines"].tolist() == pytest.approx([100, *[before] * 5])
    assert answer.flows["target"]["own lines"].tolist() == pytest.approx([100, *[after] * 5])
    one = calc.assess(uniform(10), _scenario(own_lines=({"name": "x", "amount": 5.0, "side": "target"},)))
    assert one.flows["baseline"]["own lines"].sum() == 0 and one.flows["target"]["own lines"].sum() == 25


def test_labour_is_shown_apart_and_counted_only_when_asked() -> None:
    off, on = (calc.assess(uniform(90), _scenario(count_labour=flag)) for flag in (False, True))
    assert off.flows["baseline"]["labour"].sum() == 0
    yearly = 90 / 45 * 96_800 * 1.25
    assert sum(term.amount for term in off.sides["baseline"].labour) == pytest.approx(5 * yearly)
    assert on.flows["baseline"]["labour"].tolist() == pytest.approx([0, *[yearly] * 5])
    after = (len(on.hosts) / 45 + 90 / 76) * 96_800 * 1.25
    assert on.flows["target"]["labour"][1] == pytest.approx(after)


@given(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=8).filter(lambda amounts: any(amounts)),
)
def test_npv_is_zero_at_every_rate_of_return(amounts: list[int]) -> None:
    net = np.array(amounts, dtype=float)
    rates = rates_of_return(net)
    for rate in rates:
        if rate < 20:  # beyond, a tiny error of the rate is a large one of the flow's tail
            # Near -100 % late amounts weigh a great deal: the error is measured against what is summed.
            summed = float((np.abs(net) / (1 + rate) ** np.arange(len(net))).sum())
            assert present_value(net, rate) == pytest.approx(0, abs=1e-6 * summed)
    if amounts[0] < 0 and all(a >= 0 for a in amounts[1:]) and sum(amounts[1:]) > 0:
        assert len(rates) == 1 and rates[0] == pytest.approx(float(npf.irr(net)), rel=1e-6)


def test_several_rates_or_none_are_said() -> None:
    assert rates_of_return(np.array([-1.0, 5.0, -6.0])) == pytest.approx((1.0, 2.0))
    assert rates_of_return(np.array([-1.0, 1.0, -1.0])) == ()
    assert rates_of_return(np.array([5.0, 1.0])) == ()


def test_discounted_payback_is_later_than_simple() -> None:
    from calc.costs.cashflow import compare
    from calc.costs.fleet import LINES

    zero = {line: np.zeros(4) for line in LINES}
    result = compare(
        {**zero, "energy": np.array([0.0, 60, 60, 60])},
        {**zero, "hardware": np.array([100.0, 0, 0, 0])},
        _scenario(discount_rate=0.10, horizon_years=3),
        workloads=10,
    )
    assert result.payback_months == pytest.approx(20.0)
    first, second = 60 / 1.1, 60 / 1.21
    assert result.discounted_payback_months == pytest.approx(12 * (1 + (100 - first) / second))
    assert result.cost_per_workload_month == pytest.approx(100 / 10 / 36)
    assert result.irr == pytest.approx((float(npf.irr([-100, 60, 60, 60])),))


def test_profit_and_loss_holds_the_same_money_as_cash_but_later() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date,Purchase price"
    rows = [f"s{i},8,32,20,2010,8000" for i in range(10)]
    answer = calc.assess(inventory(header, *rows), _scenario(horizon_years=5, server_life_years=5))
    table = profit_and_loss(answer.sides["target"], answer.case, answer.scenario, removed=~answer.retained)
    cash = per_year(answer.flows["target"])
    assert table["total"].sum() == pytest.approx(cash.sum())  # all is written down within the horizon
    assert table["depreciation_of_purchases"].iloc[0] == 0
    capital = sum(answer.flows["target"][line][0] for line in ("hardware", "storage"))
    assert table["depreciation_of_purchases"].iloc[1] == pytest.approx(capital / 5)
    assert table["write_off"].sum() == 0  # the old servers are past their life


def test_what_is_removed_before_its_life_is_written_off_outside_cash() -> None:
    header = "hostname,cores,memory_gib,CPU p95 %,Purchase date,Purchase price"
    answer = calc.assess(inventory(header, "a,8,32,20,2025,8000"), _scenario())
    book = answer.case.book_value(answer.scenario).sum()
    assert book > 0
    table = profit_and_loss(answer.sides["target"], answer.case, answer.scenario, removed=~answer.retained)
    assert table["write_off"].iloc[0] == pytest.approx(book)
    kept = profit_and_loss(answer.sides["baseline"], answer.case, answer.scenario)
    assert kept["depreciation_of_todays_servers"].sum() == pytest.approx(book)
    assert kept["write_off"].sum() == 0


def test_carbon_by_hand() -> None:
    answer = calc.assess(uniform(10), _scenario(carbon_kg_per_kwh=0.4, embodied_kg_per_host=1000.0, pue=1.5))
    operational, embodied = emissions(answer.sides["baseline"], answer.scenario)
    by_hand = answer.before.power_kw * 1.5 * 8760 * 0.4
    assert operational.tolist() == pytest.approx([0, *[by_hand] * 5]) and embodied.sum() == 0
    after, made = emissions(answer.sides["target"], answer.scenario)
    assert made.tolist() == [1000.0 * len(answer.hosts), 0, 0, 0, 0, 0]
    saved = by_hand - after[1]
    found = carbon_break_even_months(answer.sides["baseline"], answer.sides["target"], answer.scenario)
    assert found == pytest.approx(12 * made[0] / saved if made[0] <= 5 * saved else None)


def test_grid_carbon_has_a_year_or_is_the_users() -> None:
    assert grid_carbon(calc.Scenario(carbon_country="France")).kg_per_kwh == pytest.approx(0.05604)
    assert grid_carbon(calc.Scenario(carbon_country="France")).year == "2023"
    assert grid_carbon(calc.Scenario(carbon_kg_per_kwh=0.1)).country == "stated by the user"
    with pytest.raises(calc.ScenarioError, match="carbon_kg_per_kwh"):
        calc.Scenario(carbon_country="Atlantis")


def test_a_hyperconverged_design_needs_a_price_and_counts_protection() -> None:
    with pytest.raises(calc.ScenarioError, match="storage_price_per_raw_gib"):
        calc.Scenario(storage_design="hyperconverged")
    header = "hostname,cores,memory_gib,CPU p95 %,Disk used (GiB)"
    answer = calc.assess(
        inventory(header, "a,8,32,20,750"),
        _scenario(
            storage_design="hyperconverged",
            storage_price_per_raw_gib=0.5,
            storage_protection=2.0,
            storage_slack=0.25,
        ),
    )
    assert answer.flows["target"]["storage"][0] == pytest.approx(750 * 2 / 0.75 * 0.5)
    storage = next(fleet for fleet in answer.sides["target"].fleets if fleet.label == "storage")
    watts = 2.0 * 750 * 2 / 0.75 / 1024  # raw disks turn, not usable space
    assert storage.power_w(answer.scenario, 1).sum() == pytest.approx(watts)


@pytest.mark.parametrize(
    "setting",
    [
        "electricity_per_kwh",
        "storage_price_per_gib",
        "migration_hour_price",
        "host_price_per_gib",
        "hypervisor_price",
        "disposal_per_server",
    ],
)
def test_a_dearer_price_never_makes_the_target_cheaper(setting: str) -> None:
    totals = []
    for factor in (0.5, 1.0, 2.0):
        answer = calc.assess(uniform(40), calc.Scenario(host_types=("dl380-g11-64c-1024",), **{setting: 10.0 * factor}))
        totals.append(answer.comparison.tco_target)
    assert totals == sorted(totals)


def test_a_move_of_years_is_phased() -> None:
    """100 equal servers, 50 a year: hosts, migration and old servers go in two halves."""
    answer = calc.assess(
        uniform(100),
        _scenario(
            migration_workloads_per_month=100 / 24,
            parallel_overlap_months=0.0,
            migration_hour_price=100.0,
            migration_hours_simple=2.0,
        ),
    )
    hosts = len(answer.hosts)
    target, baseline = answer.flows["target"], answer.flows["baseline"]
    assert target["migration"].tolist() == pytest.approx([10_000, 10_000, 0, 0, 0, 0])
    first = -(-hosts // 2)  # those needed before month 12
    assert target["hardware"].tolist() == pytest.approx([first * 10_000, (hosts - first) * 10_000, 0, 0, 0, 0])
    # 50 servers run half of the first year on average; the other 50 all of it, and half of the second.
    yearly = sum(baseline[line] for line in ("energy", "maintenance"))
    assert target["parallel running"][0] == 0
    assert target["parallel running"][1] == pytest.approx(0.5 * yearly[1] / 2 + 0.5 * yearly[1])
    assert target["parallel running"][2] == pytest.approx(0.5 * yearly[2] / 2)
    assert target["parallel running"][3:].sum() == 0
    again = recompute(answer.ledger())
    assert again.loc[again["side"] == "target", "amount"].sum() == pytest.approx(answer.comparison.tco_target)


def test_a_move_beyond_the_horizon_keeps_the_old_servers_to_its_end() -> None:
    answer = calc.assess(uniform(100), _scenario(migration_workloads_per_month=0.5))
    assert answer.flows["target"]["parallel running"].sum() <= answer.flows["baseline"]["energy"].sum() + (
        answer.flows["baseline"]["maintenance"].sum()
    )
    assert answer.comparison.npv < 0

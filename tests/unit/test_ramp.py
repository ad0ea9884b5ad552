"""The ramp of the move: by hand, month by month, and what does not fit it."""

from __future__ import annotations

import numpy as np
import pytest

import calc
from calc.costs.ledger import recompute
from calc.costs.months import monthly_table
from calc.costs.ramp import form_ramp
from calc.report.tables import assumptions_table
from tests.make import inventory

HEADER = "hostname,cores,memory_gib,CPU avg %,sockets,Power (W),Disk used (GiB),Purchase date,Annual maintenance,os"
ROWS = (
    "a,8,32,10,2,300,400,2023,500,Microsoft Windows Server 2019",
    "b,16,64,20,2,200,2000,2024,700,Red Hat Enterprise Linux 8",
    "c,8,32,10,1,100,200,2015,300,Ubuntu",
)
FLAT = {"inflation": 0.0, "energy_escalation": 0.0, "cpu_growth_per_year": 0.0, "discount_rate": 0.0}
STEPS = (
    {"month": 3.0, "hosts": [1], "workloads": 1},
    {"month": 6.0, "hosts": [2], "workloads": 2, "servers": ["a"]},
    {"month": 15.0, "servers": ["c", "b"]},
)


def _answer(**settings: object) -> calc.Assessment:
    return calc.assess(
        inventory(HEADER, *ROWS), calc.Scenario(**{**FLAT, "electricity_per_kwh": 0.2, "move": STEPS, **settings})
    )


def test_by_hand() -> None:
    """Two hosts from months 3 and 6; a goes after 6 months, b and c after 15: all of year 1, a quarter of year 2."""
    answer = _answer()
    assert answer.hosts_after == 2
    target, baseline = answer.flows["target"], answer.flows["baseline"]
    per_kw = 1.54 * 8760 * 0.2
    assert baseline["energy"][1] == pytest.approx(0.6 * per_kw)
    kw, upkeep = 0.3 * 0.5 + 0.3, 500 * 0.5 + 1000
    assert target["parallel running"][:3].tolist() == pytest.approx(
        [0, kw * per_kw + upkeep, (0.3 * per_kw + 1000) / 4]
    )
    assert target["parallel running"][3:].sum() == 0
    (plan,) = [fleet for fleet in answer.sides["target"].fleets if fleet.label == "hosts"]
    assert plan.in_use(1).tolist() == [0.75, 0.5] and plan.in_use(2).tolist() == [1.0, 1.0]
    full = float(plan.power_w(answer.scenario, 2).sum()) / 1000
    host, other = (plan.power_w(answer.scenario, 2) / 1000).tolist()
    storage = next(fleet for fleet in answer.sides["target"].fleets if fleet.line == "storage")
    assert storage.in_use(1).tolist() == [0.75]
    watts = float(storage.idle_w[0]) / 1000
    assert target["energy"][1] == pytest.approx((host * 0.75 + other * 0.5 + watts * 0.75) * per_kw)
    assert target["energy"][2] == pytest.approx((full + watts) * per_kw)
    # Hosts are paid for in year 0 whatever their month; the subscription for three and six months less.
    assert target["hypervisor"][0] == pytest.approx(target["hypervisor"][1] * (0.75 + 0.5) / 2)
    assert target["migration"].tolist() == pytest.approx([3 * 3.4 * 58.17, 0, 0, 0, 0, 0])


def test_warranty_runs_from_service_and_the_residual_value_from_there() -> None:
    answer = _answer(
        host_prices={"dl320-g11-32c-256": 10_000.0}, host_types=("dl320-g11-32c-256",), network_fraction=0.0
    )
    target = answer.flows["target"]
    (plan,) = [fleet for fleet in answer.sides["target"].fleets if fleet.label == "hosts"]
    assert plan.price.tolist() == [10_000.0, 10_000.0]
    # Three years of warranty end after 3.25 and 3.5 years: 0.75 and 0.5 of year 4 at 1,000 a year.
    assert float(plan.maintenance(answer.scenario, 4).sum()) == pytest.approx(1250)
    assert plan.residual(answer.scenario).tolist() == pytest.approx([500.0, 1000.0])
    assert target["hardware"][0] == 20_000


def test_twelve_months_sum_to_their_year() -> None:
    answer = _answer(
        inflation=0.02, energy_escalation=0.04, cpu_growth_per_year=0.05, facility_mode="colocation_metered"
    )
    side, scenario = answer.sides["target"], answer.scenario
    table = monthly_table(side, scenario, 1000)
    assert len(table) == 60 and table["hosts_bought"].tolist()[:8] == [0, 0, 0, 1, 0, 0, 1, 0]
    assert table["old_servers"].tolist()[:16] == pytest.approx([3.0] * 6 + [2.0] * 9 + [0.0])
    assert table["hosts"].tolist()[:8] == pytest.approx([0, 0, 0, 1, 1, 1, 2, 2])
    by_year = table.groupby((table["month"] - 1) // 12).sum()
    for line in ("energy", "space", "maintenance"):
        yearly = sum(
            fleet.lines(scenario)[line] if fleet.books_to is None else _inside(fleet, scenario)[line]
            for fleet in side.fleets
        )
        assert by_year[line].tolist() == pytest.approx(yearly[1:].tolist()), line
    subscribed = sum(fleet.lines(scenario)["hypervisor"] for fleet in side.fleets if fleet.books_to is None)
    assert by_year["licences"].tolist() == pytest.approx(subscribed[:-1].tolist())


def _inside(fleet: object, scenario: calc.Scenario) -> dict[str, np.ndarray]:
    from dataclasses import replace

    return replace(fleet, books_to=None).lines(scenario)  # type: ignore[type-var]


@pytest.mark.parametrize("mode", ["own", "colocation_metered", "colocation_all_in"])
def test_the_ledger_follows_the_dates(mode: str) -> None:
    answer = _answer(
        facility_mode=mode,
        windows_licences="perpetual",
        count_sa=True,
        inflation=0.03,
        dr_fraction=0.5,
        hypervisor="vcf",
    )
    again = recompute(answer.ledger()).set_index(["side", "line", "year"])["amount"]
    for side in ("baseline", "target"):
        for line, amounts in answer.flows[side].items():
            for year, amount in enumerate(amounts):
                assert again.get((side, line, year), 0.0) == pytest.approx(amount, abs=1e-6), (side, line, year)


def test_another_plan_keeps_the_pace() -> None:
    """Dates of two hosts, a plan of three or more: the first half by month 3, the rest by month 6."""
    answer = _answer(failover_hosts=2)
    assert answer.hosts_after == 3
    assert form_ramp(answer.case, answer.scenario).hosts.tolist() == [3.0, 6.0, 6.0]


def test_a_server_without_a_date_goes_with_the_last() -> None:
    steps = ({"month": 2.0, "hosts": [1, 2], "workloads": 3, "servers": ["a"]}, {"month": 9.0, "servers": ["b"]})
    answer = _answer(move=steps)
    assert form_ramp(answer.case, answer.scenario).servers.tolist() == [2.0, 9.0, 9.0]


def test_dates_beyond_the_horizon_keep_everything_running() -> None:
    answer = _answer(move=({"month": 120.0, "hosts": [1, 2], "workloads": 3, "servers": ["a", "b", "c"]},))
    target, baseline = answer.flows["target"], answer.flows["baseline"]
    assert target["parallel running"][1:].sum() == pytest.approx(
        sum(baseline[line][1:].sum() for line in ("energy", "maintenance", "space"))
    )
    assert target["energy"].sum() == target["migration"].sum() == 0


def test_dates_survive_a_file_and_a_second_date_is_refused() -> None:
    scenario = calc.Scenario(move=STEPS)
    assert calc.Scenario.from_toml(scenario.to_toml()) == scenario
    with pytest.raises(calc.ScenarioError, match="'a' of servers on two dates"):
        calc.Scenario(move=({"month": 1, "servers": ["a"]}, {"month": 2, "servers": ["a"]}))
    with pytest.raises(calc.ScenarioError, match="month"):
        calc.Scenario(move=({"month": -1},))


def test_a_date_reads_as_a_sentence() -> None:
    answer = _answer()
    table = assumptions_table(answer).set_index("name")
    assert table.at["move", "origin"] == "user"
    assert table.at["move", "value"].startswith("month 3.0: 1 hosts in service, 1 workloads moved, month 6.0: 1 hosts")

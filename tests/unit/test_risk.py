"""A stated risk chooses the reading that the main plan is made on."""

from __future__ import annotations

import io

import numpy as np
import pytest

import calc
from calc.assessment import Assessment
from calc.report.words import headline

WEEKS = 4


def _files(seed: int = 3, workloads: int = 12) -> list[io.BytesIO]:
    """Twelve servers over four weeks from a Monday: quiet, with short peaks in working hours now and then."""
    rng = np.random.default_rng(seed)
    servers = "hostname,cores,memory_gib\n" + "".join(f"s{i:02d},16,16\n" for i in range(workloads))
    rows = ["server,timestamp,cpu_pct"]
    for i in range(workloads):
        for hour in range(WEEKS * 168):
            day, clock = divmod(hour, 24)
            busy = day % 7 < 5 and 9 <= clock < 17
            load = 10 + 20 * busy + (40 if busy and rng.random() < 0.06 else 0) + float(rng.integers(0, 5))
            rows.append(f"s{i:02d},2026-06-{day + 1:02d} {clock:02d}:00:00,{load:g}")
    found = []
    for text, name in ((servers, "servers.csv"), ("\n".join(rows), "history.csv")):
        buffer = io.BytesIO(text.encode())
        buffer.name = name
        found.append(buffer)
    return found


def _answer(**settings: object) -> Assessment:
    base = {"time_slots": "week", "host_types": ("dl320-g11-32c-256",), "effort": "quick", "cpu_growth_per_year": 0.0}
    return calc.assess(calc.read_inventories(_files()), calc.Scenario(**{**base, **settings}))


def test_the_main_plan_is_made_on_the_chosen_reading() -> None:
    answer = _answer(risk_allowed=0.01)
    risk = answer.risk
    assert risk is not None and risk.met and risk.allowed == 0.01
    chosen = risk.frontier[risk.frontier["chosen"]].iloc[0]
    assert chosen["over"] <= 0.01
    cheaper = risk.frontier[risk.frontier["hosts"] < chosen["hosts"]]
    assert (cheaper["over"] > 0.01).all()  # every step with fewer hosts breaks the risk
    telemetry = answer.inventory.telemetry
    assert telemetry is not None
    hours = np.arange(WEEKS * 168)
    tuesdays = telemetry.maximum["cpu"][4][(hours % 24 == 10) & (hours // 24 % 7 < 5)]
    assert len(tuesdays) == 5 * WEEKS
    share = float(np.quantile(tuesdays.astype(float), risk.percentile)) * risk.margin
    row = answer.demand.table.iloc[4]
    planned = answer.demand.amounts[4][list(answer.demand.dimensions).index("cpu@weekday 10")]
    assert planned == np.ceil(share * row["cores"] * row["score_per_core"] * row["overhead"] * 1000 * (1 - 1e-12))
    assert any("At most 1.00% of host-hours above capacity" in line for line in headline(answer))


def test_less_risk_is_never_planned_lower() -> None:
    tight, loose = _answer(risk_allowed=0.0001), _answer(risk_allowed=0.2)
    assert tight.risk is not None and loose.risk is not None
    assert (tight.risk.percentile, tight.risk.margin) >= (loose.risk.percentile, loose.risk.margin)
    cpu = [name.startswith("cpu@") for name in tight.demand.dimensions]
    assert (tight.demand.amounts[:, cpu] >= loose.demand.amounts[:, cpu]).all()
    assert tight.hosts_after >= loose.hosts_after


def test_without_a_risk_nothing_changes() -> None:
    assert _answer().risk is None


def test_what_it_needs_is_said() -> None:
    with pytest.raises(calc.ScenarioError, match="set time_slots to 'week'"):
        calc.Scenario(risk_allowed=0.001)
    buffer = io.BytesIO(b"hostname,cores,memory_gib\na,8,32\n")
    buffer.name = "one.csv"
    with pytest.raises(calc.InputError, match="needs hourly CPU readings, and these files hold none"):
        calc.assess(calc.read_inventory(buffer), calc.Scenario(risk_allowed=0.001, time_slots="week"))
    few = _files()
    text = few[1].getvalue().decode().splitlines()
    short = io.BytesIO("\n".join([text[0], *[line for line in text if "2026-06-0" in line]]).encode())
    short.name = "short.csv"
    with pytest.raises(calc.InputError, match="at least two blocks"):
        calc.assess(calc.read_inventories([few[0], short]), calc.Scenario(risk_allowed=0.001, time_slots="week"))
    with pytest.raises(calc.InputError, match="no allowed host model holds the largest workload"):
        _answer(risk_allowed=0.01, host_reserve_cores=31)

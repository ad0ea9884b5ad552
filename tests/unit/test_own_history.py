"""The estate's telemetry as a history to test the plan on."""

from __future__ import annotations

import io

import numpy as np
import pytest

import calc
from calc.own_history import own_history, own_host


def named(text: str, name: str) -> io.BytesIO:
    buffer = io.BytesIO(text.encode())
    buffer.name = name
    return buffer


def test_readings_become_compute_units_of_the_plan() -> None:
    servers = named("hostname,cores,memory_gib\na,10,64\nb,4,32\nc,4,32\n", "servers.csv")
    rows = ["server,timestamp,cpu_pct"]
    for hour in range(48):
        for quarter in range(4):
            moment = f"2026-03-{2 + hour // 24:02d} {hour % 24:02d}:{15 * quarter:02d}:00"
            rows += [f"a,{moment},{40 if quarter == 1 else 20}", f"b,{moment},{10 + hour % 24}"]
    answer = calc.assess(
        calc.read_inventories([servers, named("\n".join(rows), "history.csv")]),
        calc.Scenario(score_per_core_default=5.0),
    )
    found = own_history(answer)
    assert found is not None
    history, filled = found
    assert history.names == ("a", "b") and history.hours == 48 and filled == 0
    overhead = float(answer.demand.table["overhead"].iloc[0])
    assert history.maximum[0] == pytest.approx(np.full(48, 0.40 * 10 * 5 * overhead), rel=1e-5)
    assert history.mean[0] == pytest.approx(np.full(48, 0.25 * 10 * 5 * overhead), rel=1e-5)
    host = own_host(answer)
    row = answer.hosts.iloc[0]
    assert host.cpu == pytest.approx(row["cpu_capacity"] / 1000 / answer.scenario.cpu_ceiling)
    assert host.memory == pytest.approx(row["memory_capacity"] / 1024)
    assert history.maximum[1, 5] == pytest.approx(0.15 * 4 * 5 * overhead, rel=1e-5)


def test_without_telemetry_there_is_no_history(tiny_csv: object) -> None:
    assert own_history(calc.assess(calc.read_inventory(tiny_csv))) is None

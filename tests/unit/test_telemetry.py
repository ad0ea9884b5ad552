"""Readings over time: forms, times, daylight saving, gaps, percentiles, and their place in the inventory."""

from __future__ import annotations

import gzip
import io
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import calc
from tests import exports as make
from tests.make import csv

LONG = "server,timestamp,cpu_pct,mem_pct"


def test_hourly_mean_and_maximum_and_percentile_by_hand() -> None:
    # 10:00-10:55 every five minutes: 0, 5, …, 55 %.
    rows = [f"a,2026-03-02 10:{5 * i:02d}:00,{5 * i},50" for i in range(12)]
    found = calc.read_telemetry(csv(LONG, *rows))
    assert found.servers == ("a",) and found.hours.tolist() == [1772445600]
    assert found.mean["cpu"][0, 0] == pytest.approx(0.275) and found.maximum["cpu"][0, 0] == pytest.approx(0.55)
    assert (int(found.interval_s[0]), float(found.coverage[0])) == (300, 1.0)
    day = found.profile("day")
    assert day.p95[0, 10] == pytest.approx(0.5225)  # 0.95 of the way through 12 values, linear
    assert np.isnan(day.mean[0, 9])
    week = found.profile("week")
    assert week.slots[10] == "weekday 10" and week.mean[0, 10] == pytest.approx(0.275)  # 2 March 2026 was a Monday
    assert found.overall["memory", "maximum"][0] == pytest.approx(0.5)
    assert any("not visible" in note for note in found.notes)


def frame(hours: int = 48) -> pd.DataFrame:
    at = pd.date_range("2026-03-06", periods=hours, freq="h")
    return pd.DataFrame({"server": "a", "timestamp": at, "cpu_pct": np.arange(hours) % 24 + 1.0})


@pytest.mark.parametrize(
    "form",
    ["csv", "semicolon", "gz", "parquet", "parquet text", "wide", "utf-16", "epoch", "epoch ms", "dotted", "zip"],
)
def test_every_form_gives_the_same_hours(form: str, tmp_path: Path) -> None:
    table = frame()
    plain = table.to_csv(index=False).encode()
    if form == "semicolon":
        data: object = table.to_csv(index=False, sep=";", decimal=",").encode()
    elif form == "gz":
        data = gzip.compress(plain)
    elif form.startswith("parquet"):
        shown = table.assign(timestamp=table["timestamp"].astype(str)) if "text" in form else table
        shown.to_parquet(tmp_path / "t.parquet")
        data = tmp_path / "t.parquet"
    elif form == "wide":
        data = table.rename(columns={"timestamp": "Time", "cpu_pct": "a"})[["Time", "a"]].to_csv(index=False).encode()
    elif form == "utf-16":
        data = plain.decode().encode("utf-16")
    elif form.startswith("epoch"):
        factor = 1000 if "ms" in form else 1
        data = (
            table.assign(timestamp=table["timestamp"].astype("datetime64[s]").astype("int64") * factor)
            .to_csv(index=False)
            .encode()
        )
    elif form == "dotted":
        data = table.assign(timestamp=table["timestamp"].dt.strftime("%d.%m.%Y %H:%M")).to_csv(index=False).encode()
    else:
        data = make.archive({"readings.csv": plain}) if form == "zip" else plain
    found = calc.read_telemetry(data)  # type: ignore[arg-type]
    assert found.servers == ("a",) and len(found.hours) == 48
    assert found.hours[0] == 1772755200  # 6 March 2026, 00:00 UTC
    assert np.allclose(found.mean["cpu"][0], (np.arange(48) % 24 + 1) / 100, atol=1e-6)
    assert found.coverage[0] == 1 and found.interval_s[0] == 3600
    assert np.allclose(found.profile("week").mean[0, 24:], (np.arange(24) + 1) / 100)  # 7 March was a Saturday


def test_google_perf_info_sums_network_bytes() -> None:
    data = make.table(make.GOOGLE_PERF, {"MachineId": "m-1", "TimeStamp": "2026-03-02T10:00:00Z", "CpuUtilizationPercentage": 40,
        "MemoryUtilizationPercentage(optional)": 30, "NetworkBytesPerSecSent": 125000, "NetworkBytesPerSecReceived": 250000})  # fmt: skip
    found = calc.read_telemetry(data)
    assert found.mean["network"][0, 0] == pytest.approx(3.0)
    assert found.mean["memory"][0, 0] == pytest.approx(0.3)


def test_offsets_are_instants_and_slots_are_local() -> None:
    found = calc.read_telemetry(
        csv(LONG, "a,2026-07-01T10:00:00+02:00,20,1", "a,2026-07-01T09:00:00Z,40,1"), time_zone="Europe/Berlin"
    )
    assert found.hours.tolist() == [1782892800, 1782896400]  # 08:00 and 09:00 UTC
    day = found.profile("day")
    assert day.mean[0, 10] == pytest.approx(0.2) and day.mean[0, 11] == pytest.approx(0.4)


@pytest.mark.parametrize(("day", "readings_at_two"), [("2026-03-29", 0), ("2026-10-25", 12)])
def test_daylight_saving_keeps_hours_where_they_are(day: str, readings_at_two: int) -> None:
    """Instants every five minutes through a change of the clock: a load that follows the wall clock stays in its slot."""
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))
    rows = []
    for i in range(36 * 12):
        at = start + timedelta(minutes=5 * i)
        rows.append(f"a,{at.strftime('%Y-%m-%dT%H:%M:%SZ')},{at.astimezone(zone).hour + 1},1")
    found = calc.read_telemetry(csv(LONG, *rows), time_zone="Europe/Berlin")
    profile = found.profile("day")
    assert np.allclose(profile.mean[0], (np.arange(24) + 1) / 100, atol=1e-6, equal_nan=True) or readings_at_two == 0
    given = ~np.isnan(profile.mean[0])
    assert np.allclose(profile.mean[0][given], (np.arange(24)[given] + 1) / 100, atol=1e-6)
    assert found.coverage[0] == 1


def test_naive_times_are_local_and_the_missing_hour_of_spring_is_no_gap() -> None:
    zone = ZoneInfo("Europe/Berlin")
    at = [datetime(2026, 3, 28, tzinfo=ZoneInfo("UTC")) + timedelta(hours=i) for i in range(48)]
    rows = [f"a,{moment.astimezone(zone).strftime('%Y-%m-%d %H:%M:%S')},{i % 50},1" for i, moment in enumerate(at)]
    found = calc.read_telemetry(csv(LONG, *rows), time_zone="Europe/Berlin")
    assert len(found.hours) == 48 and found.coverage[0] == 1
    assert found.hours[0] == int(at[0].timestamp())


def test_half_hour_zones() -> None:
    found = calc.read_telemetry(
        csv(LONG, "a,2026-03-02T10:00:00Z,20,1", "a,2026-03-02T10:40:00Z,60,1"), time_zone="Asia/Kolkata"
    )
    day = found.profile("day")
    assert day.mean[0, 15] == pytest.approx(0.2) and day.mean[0, 16] == pytest.approx(0.6)  # 15:30 and 16:10


def test_gaps_lower_the_confidence() -> None:
    full = [f"a,2026-03-{d:02d} {h:02d}:00:00,10,1" for d in range(1, 11) for h in range(24)]
    half = [row.replace("a,", "b,", 1) for row in full[:120]]
    found = calc.read_telemetry(csv(LONG, *full, *half))
    assert found.coverage.tolist() == [1.0, 0.5]
    assert found.profile("day").confidence.tolist() == [1.0, 0.5]
    assert any("1 servers have less than 80 %" in note for note in found.notes)


def test_what_no_machine_can_have_is_set_aside_and_said() -> None:
    found = calc.read_telemetry(csv(LONG, "a,2026-03-02 10:00:00,20,1", "a,2026-03-02 10:05:00,-4,1", "a,2026-03-02 10:10:00,180,1",
                                    "a,2026-03-02 10:15:00,NaN,1", "a,yesterday,20,1", ",2026-03-02 10:00:00,20,1"))  # fmt: skip
    assert found.maximum["cpu"][0, 0] == pytest.approx(0.2)
    assert found.rows == 6 and found.rows_set_aside == 5
    assert any("180" in note for note in found.notes) and any("2 of 6 rows" in note for note in found.notes)


def test_percent_or_fraction() -> None:
    header = "server,timestamp,cpu"
    assert calc.read_telemetry(csv(header, "a,2026-03-02 10:00,0.4")).mean["cpu"][0, 0] == pytest.approx(0.4)
    assert calc.read_telemetry(csv(header, "a,2026-03-02 10:00,40")).mean["cpu"][0, 0] == pytest.approx(0.4)
    with pytest.raises(calc.AmbiguousUnitError, match="could be a fraction or %"):
        calc.read_telemetry(csv(header, "a,2026-03-02 10:00,1.4"))
    assert calc.read_telemetry(csv(header, "a,2026-03-02 10:00,1.4"), assume={"cpu": "%"}).mean["cpu"][
        0, 0
    ] == pytest.approx(0.014)


def test_day_or_month_first_is_decided_by_the_whole_file_or_asked() -> None:
    header = "server,timestamp,cpu_pct"
    found = calc.read_telemetry(csv(header, "a,03/04/2026 10:00,40", "a,25/04/2026 10:00,40"))
    assert len(found.hours) == 22 * 24 + 1
    with pytest.raises(calc.AmbiguousUnitError, match="day or the month first"):
        calc.read_telemetry(csv(header, "a,03/04/2026 10:00,40"))
    found = calc.read_telemetry(csv(header, "a,03/04/2026 10:00,40"), assume={"timestamp": "month first"})
    assert found.hours[0] == 1772618400  # 4 March


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hostname,cores\na,8\n", "is no telemetry"),
        (b"server,timestamp,cpu_pct\na,never,4\n", "none of the 1 rows"),
        (b"PAR1broken", "not a readable Parquet"),
    ],
)
def test_unusable_files_say_why(data: bytes, message: str) -> None:
    with pytest.raises(calc.InventoryError, match=message):
        calc.read_telemetry(data)
    with pytest.raises(calc.InventoryError, match="time zone"):
        calc.read_telemetry(csv(LONG, "a,2026-03-02 10:00,1,1"), time_zone="Mars/Olympus")


def named(data: bytes, name: str) -> io.BytesIO:
    buffer = io.BytesIO(data)
    buffer.name = name
    return buffer


def test_telemetry_beside_an_inventory_replaces_its_figures_and_lists_both() -> None:
    servers = csv("hostname,cores,memory_gib,CPU p95 %", "a.corp,8,32,90", "b,8,32,30", "c,8,32,10")
    rows = [
        f"{name},2026-03-02 {h:02d}:00:00,{level},50"
        for name, level in (("A", 20), ("b", 30), ("x", 5))
        for h in range(24)
    ]
    found = calc.read_inventories([named(csv(LONG, *rows), "perf.csv"), named(servers, "servers.csv")])
    at = found.servers.set_index("server")
    assert at.loc["a.corp", ["cpu_mean", "cpu_p95", "cpu_peak", "mem_p95"]].tolist() == pytest.approx(
        [0.2, 0.2, 0.2, 0.5]
    )
    assert at.loc["c", "cpu_p95"] == pytest.approx(0.1)
    assert found.telemetry is not None and found.telemetry.servers == ("a.corp", "b")
    assert [(c.name, c.column, c.kept, c.dropped, c.dropped_from) for c in found.conflicts] == [
        ("a.corp", "cpu_p95", "0.2", "0.9", "servers.csv")
    ]
    text = " ".join(found.notes)
    assert (
        "1 of 3 servers of the telemetry are not in the inventory: x" in text
        and "1 workloads have no telemetry" in text
    )
    rule = found.provenance.query("table == 'servers' and name == 'a.corp' and column == 'cpu_p95'")["rule"].iloc[0]
    assert rule.startswith("telemetry, p95 of cpu")
    assert calc.assess(found).hosts_after >= 2


def test_a_google_zip_brings_its_own_telemetry() -> None:
    perf = make.table(
        make.GOOGLE_PERF,
        *(
            {"MachineId": "m-1", "TimeStamp": f"2026-03-02T{h:02d}:00:00Z", "CpuUtilizationPercentage": h}
            for h in range(24)
        ),
    )
    vm_info = make.table(
        make.GOOGLE_VM,
        {
            "MachineId": "m-1",
            "MachineName": "pay1",
            "AllocatedProcessorCoreCount": 16,
            "MemoryGiB": 64,
            "OsName": "Debian",
            "IsPhysical": 1,
        },
    )
    found = calc.read_inventory(make.archive({"a.csv": vm_info, "b.csv": perf}), name="mc.zip")
    assert found.servers.loc[0, "cpu_peak"] == pytest.approx(0.23)
    assert found.telemetry is not None and found.telemetry.servers == ("pay1",)


def test_telemetry_alone_and_telemetry_of_strangers_say_what_to_do() -> None:
    readings = csv(LONG, "x,2026-03-02 10:00:00,20,1")
    with pytest.raises(calc.InventoryError, match="give it beside a list of the servers"):
        calc.read_inventory(readings)
    with pytest.raises(calc.InventoryError, match="names must agree"):
        calc.read_inventories([readings, csv("hostname,cores,memory_gib", "a,8,32")])

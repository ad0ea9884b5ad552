"""Telemetry by time slot, for demand that holds in every slot: the peak of sums, not the sum of peaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc.profiles import Telemetry
from calc.scenario import Scenario


@dataclass(frozen=True, slots=True, eq=False)
class SlotReadings:
    """Readings of every workload in every slot.

    Attributes
    ----------
    labels : tuple of str
    cpu : ndarray of float, shape (n_workloads, n_slots)
        Utilisation, share of the workload's cores; NaN where neither slot nor history has a reading.
    network : ndarray of float, shape (n_workloads, n_slots), or None
        Mbit/s; None without a network reading in the telemetry.
    with_profile : ndarray of bool, shape (n_workloads,)
        Whether the telemetry holds the workload; the others are taken as constant.
    filled_slots : int
        Slots of profiled workloads that held no reading and took the overall one.
    """

    labels: tuple[str, ...]
    cpu: np.ndarray
    network: np.ndarray | None
    with_profile: np.ndarray
    filled_slots: int


def slot_readings(
    frame: pd.DataFrame, telemetry: Telemetry | None, scenario: Scenario, reading: tuple[float, float] | None = None
) -> SlotReadings | None:
    """Readings by slot for the workloads of an estate; None when slots are not asked for, or nothing has a profile.

    Parameters
    ----------
    frame : DataFrame
        The estate's workloads.
    telemetry : Telemetry or None
    scenario : Scenario
        ``time_slots`` chooses the slots; ``cpu_statistic`` the p95 or the maximum within each.
    reading : (float, float), optional
        Percentile (0-1) of each slot's hourly maxima, and a margin on it, for CPU instead of the statistic: as
        `calc.backtest.choose_percentile` chose them. With a margin a workload may be planned above all of its cores.

    Notes
    -----
    A slot's p95 is over all readings that fell into it, at the sampling of the file. Peaks shorter
    than the sample are not visible in either statistic.
    """
    if telemetry is None or scenario.time_slots == "none" or "cpu" not in telemetry.mean:
        return None
    rows = {name: position for position, name in enumerate(telemetry.servers)}
    position = np.array([rows.get(name, -1) for name in frame["workload"]], dtype=np.int64)
    have = position >= 0
    if not have.any():
        return None
    cpu = _of(telemetry, "cpu", scenario, position, have)
    if reading is not None:
        cpu = np.where(have[:, None], _percentile(telemetry, *reading)[np.maximum(position, 0)], np.nan)
    overall = telemetry.overall["cpu", "p95" if scenario.cpu_statistic == "p95" else "maximum"]
    gaps = np.isnan(cpu) & have[:, None]
    cpu = np.where(gaps, overall[np.maximum(position, 0)][:, None], cpu)
    network = _of(telemetry, "network", scenario, position, have) if "network" in telemetry.mean else None
    if network is not None:
        typical = np.where(have, telemetry.overall["network", "p95"][np.maximum(position, 0)], np.nan)
        network = np.where(np.isnan(network), typical[:, None], network)
    labels = telemetry.profile(scenario.time_slots).slots
    return SlotReadings(labels, cpu, network, have & ~np.isnan(cpu).any(axis=1), int(gaps.sum()))


def _percentile(telemetry: Telemetry, percentile: float, margin: float) -> np.ndarray:
    """A percentile of the hourly maxima in each slot of the week, times a margin, shape (n_servers, 48)."""
    local = pd.DatetimeIndex(pd.to_datetime(telemetry.hours, unit="s", utc=True)).tz_convert(telemetry.zone)
    slot = np.asarray(local.hour) + np.where(np.asarray(local.day_of_week) >= 5, 24, 0)
    top = telemetry.maximum["cpu"].astype(np.float64)
    out = np.full((len(top), 48), np.nan)
    for number in np.unique(slot):
        part = top[:, slot == number]
        read = ~np.isnan(part).all(axis=1)
        out[read, number] = np.nanquantile(part[read], percentile, axis=1) * margin
    return out


def _of(telemetry: Telemetry, metric: str, scenario: Scenario, position: np.ndarray, have: np.ndarray) -> np.ndarray:
    profile = telemetry.profile(scenario.time_slots, metric)
    values = profile.p95 if scenario.cpu_statistic == "p95" else profile.maximum
    return np.where(have[:, None], values[np.maximum(position, 0)], np.nan)

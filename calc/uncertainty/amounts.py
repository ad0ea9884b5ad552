"""Demand formed again from the readings of an answer, on arrays: what thousands of draws have time for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from calc.assessment import Assessment
from calc.demand import rounded_up
from calc.scenario import Scenario
from calc.units import MIB_PER_GIB, MILLI


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What the demand of each movable workload is formed from, shape (W,) each."""

    utilisation: np.ndarray
    guessed: np.ndarray
    average: np.ndarray
    cores: np.ndarray
    score: np.ndarray
    score_low: np.ndarray
    score_high: np.ndarray
    physical: np.ndarray
    installed_gib: np.ndarray
    memory_reading: np.ndarray
    vcpus: np.ndarray
    disk_guessed: np.ndarray


def readings_of(a: Assessment) -> Readings:
    """The readings behind an answer's demand."""
    work, table = a.estate.workloads, a.demand.table
    guessed_disks = next((item.count for item in a.estate.assumed if item.field == "disk in use"), 0)
    disk = (table["disk_used_gib"] == a.scenario.disk_used_gib_default) & (table["kind"] == "physical")
    return Readings(
        utilisation=table["utilisation"].to_numpy(float),
        guessed=(work["cpu_basis"] == "default").to_numpy(),
        average=table["statistic"].isin(["mean", "default"]).to_numpy(),
        cores=table["cores"].to_numpy(float),
        score=table["score_per_core"].to_numpy(float),
        score_low=work["score_low"].to_numpy(float),
        score_high=work["score_high"].to_numpy(float),
        physical=(table["kind"] == "physical").to_numpy(),
        installed_gib=work["memory_gib"].to_numpy(float),
        memory_reading=work["mem_p95"].fillna(work["mem_peak"]).fillna(work["mem_mean"]).to_numpy(float),
        vcpus=np.ceil(work["vcpus"].to_numpy(float)),
        # A disk of exactly the default's size would be taken for a guess: only where the counts agree.
        disk_guessed=disk.to_numpy() if int(disk.sum()) == guessed_disks else np.zeros(len(table), dtype=bool),
    )


def score(r: Readings, level: float) -> np.ndarray:
    """Score per core at a level of its range: -1 low, 0 as published, 1 high."""
    return level_of(r.score, r.score_low, r.score_high, level)


def level_of(base: np.ndarray, low: np.ndarray, high: np.ndarray, level: float) -> np.ndarray:
    """Values at a level of their ranges: -1 low, 0 as published, 1 high."""
    return base + level * (high - base if level > 0 else base - low)


def overhead(a: Assessment, r: Readings, values: Mapping[str, float]) -> np.ndarray:
    """Factor of the hypervisor on the CPU demand of each workload, shape (W,)."""
    if "cpu_overhead" not in values:
        return a.demand.table["overhead"].to_numpy(float)
    return np.where(r.physical, 1 + values["cpu_overhead"], 1.0)


def memory_overhead(a: Assessment, values: Mapping[str, float]) -> np.ndarray:
    """Factor of the hypervisor on the memory of each workload, shape (W,)."""
    table = a.demand.table["memory_overhead"].to_numpy(float)
    return np.full(len(table), 1 + values["memory_overhead"]) if "memory_overhead" in values else table


def use_and_peak(r: Readings, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """(utilisation of each workload, factor from its reading to its peak)."""
    use = np.where(r.guessed, scenario.cpu_mean_default, r.utilisation)
    with np.errstate(divide="ignore"):
        return use, np.where(r.average, np.minimum(scenario.cpu_peak_factor, 1 / use), 1.0)


def cpu_units(r: Readings, scenario: Scenario, values: Mapping[str, float]) -> np.ndarray:
    """CPU demand of each workload at the horizon, without the hypervisor's overhead."""
    use, factor = use_and_peak(r, scenario)
    growth = (1 + scenario.cpu_growth_per_year) ** scenario.horizon_years
    return use * r.cores * score(r, values.get("cpu_score", 0.0)) * factor * growth


def memory_gib(r: Readings, scenario: Scenario) -> np.ndarray:
    """Memory of each workload at the horizon, without the hypervisor's overhead."""
    needed = np.minimum(
        r.installed_gib, rounded_up(r.installed_gib * r.memory_reading * scenario.memory_headroom_factor)
    )
    memory = np.where(r.physical & ~np.isnan(r.memory_reading), needed, r.installed_gib)
    return memory * (1 + scenario.memory_growth_per_year) ** scenario.horizon_years


def form_amounts(a: Assessment, r: Readings, scenario: Scenario, values: Mapping[str, float]) -> np.ndarray:
    """Demand of every workload by the rules of `calc.demand`, on arrays; a test holds the two together."""
    use, factor = use_and_peak(r, scenario)
    growth = (1 + scenario.cpu_growth_per_year) ** scenario.horizon_years
    cpu = cpu_units(r, scenario, values) * overhead(a, r, values)
    memory = memory_gib(r, scenario) * memory_overhead(a, values)
    vcpus = r.vcpus
    if scenario.vcpu_sizing == "right_sized":
        asked = np.maximum(1.0, rounded_up(r.vcpus * (use * factor * growth) / scenario.vcpu_utilisation_target))
        vcpus = np.where(r.physical & ~r.guessed, np.minimum(r.vcpus, asked), r.vcpus)
    base_growth = (1 + a.scenario.cpu_growth_per_year) ** a.scenario.horizon_years
    out = np.array(a.demand.amounts, dtype=np.float64)
    for k, name in enumerate(a.demand.dimensions):
        if name == "cpu":
            out[:, k] = rounded_up(cpu * MILLI)
        elif name == "memory":
            out[:, k] = rounded_up(memory * MIB_PER_GIB)
        elif name == "vcpu":
            out[:, k] = vcpus
        elif name.startswith("cpu@"):  # a time slot keeps its share of the day's planned demand
            planned = a.demand.table["cpu_units"].to_numpy(float)
            out[:, k] = rounded_up(out[:, k] * cpu / np.maximum(planned, 1e-12))
        elif name.startswith("network@"):
            out[:, k] = rounded_up(out[:, k] * growth / base_growth)
        elif name == "network":
            out[:, k] = rounded_up(a.demand.table["network_mbps"].to_numpy(float) * growth / base_growth)
        elif name == "iops":
            out[:, k] = rounded_up(a.demand.table["disk_iops"].to_numpy(float) * growth / base_growth)
    return out.astype(np.int64)

"""Demand: what each workload asks of a host, with every factor of the chain beside it.

CPU demand of a workload, in compute units (SPECrate2017_int_base points)::

    utilisation x cores x score per core x statistic factor x growth x overhead

Every factor appears once. The statistic factor is 1 where a p95 or peak was measured and the
peak factor where only an average is known. The hypervisor's overhead is added to workloads
that were physical; a VM's reading holds it already. Demand is quantised here, once, upwards:
from then on the integer instance is the problem.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from calc import hypervisors
from calc.estate import Estate
from calc.gaps import AssumedInput
from calc.guests import PRODUCTS, is_windows, licence_class
from calc.language import stored
from calc.model import HostType
from calc.scenario import Scenario
from calc.timeslots import SlotReadings, slot_readings
from calc.units import MBIT_PER_GBIT, MIB_PER_GIB, MILLI

_NO_VALUE = "-"


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of every workload that takes part.

    Attributes
    ----------
    table : DataFrame
        One row a workload: names, ``pool``, ``stay_reason`` ("" when it may move), the CPU
        chain (``utilisation``, ``cores``, ``score_per_core``, ``statistic_factor``, ``growth``,
        ``overhead``, ``cpu_units``), ``cpu_units_low`` and ``cpu_units_high``,
        ``cpu_mean_units`` (mean demand today, for energy), ``memory_gib``, ``vcpus``,
        ``network_mbps``.
    dimensions : tuple of str
        Packed dimensions, in the order of the columns of ``amounts``; a resource that is planned by
        time of day stands once a slot (``cpu@00`` … ``cpu@23``).
    amounts : ndarray of int64, shape (n_workloads, n_dimensions)
        Quantised upwards: milli-compute-units, MiB, vCPU, Mbit/s.
    groups : dict of str to ndarray
        Anti-affinity groups: positions of their members (at most one a host).
    affinity : ndarray of int64, shape (n_workloads,)
        Label of the affinity group, -1 without one.
    statistics : DataFrame
        For each pool, how many workloads were planned on which CPU reading.
    assumed : tuple of AssumedInput
    group_limits : dict of str to int
        Most members of a group on one host, for groups where it is not 1.
    """

    table: pd.DataFrame
    dimensions: tuple[str, ...]
    amounts: np.ndarray
    groups: dict[str, np.ndarray]
    affinity: np.ndarray
    statistics: pd.DataFrame
    assumed: tuple[AssumedInput, ...]
    group_limits: dict[str, int] = field(default_factory=dict)

    def peaks(self) -> tuple[int, int]:
        """(sum of peaks, peak of sums) of CPU over its slots: what time-awareness is worth."""
        columns = [k for k, name in enumerate(self.dimensions) if name.split("@")[0] == "cpu"]
        amounts = self.amounts[:, columns]
        return int(amounts.max(axis=1).sum()), int(amounts.sum(axis=0).max())


def form_demand(
    estate: Estate, scenario: Scenario, hosts: tuple[HostType, ...], reading: tuple[float, float] | None = None
) -> Demand:
    """Form the demand of an estate.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
    hosts : tuple of HostType
        Decide which architectures can move at all.
    reading : (float, float), optional
        Percentile and margin of CPU by time slot, where a stated risk chose them (`calc.risk`).

    Returns
    -------
    Demand

    Notes
    -----
    vCPUs of a physical server: its cores x planned utilisation / vCPU target, rounded up, never
    more than its cores; without a reading, all its cores. A VM keeps its own.

    Memory of a physical server: the p95 or peak in use (an average only where nothing else is
    known) x the headroom factor, rounded up to 1 GiB, never above what is installed; without a
    reading, all that is installed. A VM keeps its configured memory. The hypervisor's memory
    overhead comes on top of both.
    """
    frame = estate.workloads
    native = {arch: hypervisors.runs_on(arch) for arch in frame["arch"].unique()}
    frame = frame.assign(arch=frame["arch"].map(native))  # 32-bit x86 runs on 64-bit hosts
    hypervisor = hypervisors.get(scenario.hypervisor)
    physical = (frame["kind"] == "physical").to_numpy()
    table = frame[
        [
            "workload",
            "server",
            "kind",
            "os",
            "environment",
            "application",
            "owner",
            "site",
            "zone",
            "arch",
            "affinity",
            "anti_affinity",
        ]
    ].copy()
    utilisation, basis = _pick_reading(frame, scenario)
    average = np.isin(basis, ("mean", "default"))
    with np.errstate(divide="ignore"):  # a machine cannot use more than all of its cores
        factor = np.where(average, np.minimum(scenario.cpu_peak_factor, 1 / utilisation), 1.0)
    limited = int((average & (factor < scenario.cpu_peak_factor)).sum())
    growth = (1 + scenario.cpu_growth_per_year) ** scenario.horizon_years
    overhead = np.where(physical, 1 + hypervisor.cpu_overhead, 1.0)
    cores, score = frame["cores"].to_numpy(float), frame["score_per_core"].to_numpy(float)
    table["utilisation"], table["statistic"] = utilisation, basis
    table["cores"], table["score_per_core"] = cores, score
    table["statistic_factor"], table["growth"], table["overhead"] = factor, growth, overhead
    table["cpu_units"] = utilisation * cores * score * factor * growth * overhead
    _range(table, frame, physical, scenario)
    mean, mean_estimated = _mean_utilisation(frame, scenario)
    table["cpu_mean_units"] = mean * cores * score * overhead
    table["memory_overhead"] = 1 + hypervisor.memory_overhead
    table["memory_gib"] = _memory(frame, physical, scenario) * table["memory_overhead"]
    table["vcpus"] = _vcpus(frame, physical, utilisation * factor * growth, basis, scenario)
    table["disk_used_gib"] = frame["disk_used_gib"].to_numpy(float)
    table["pool"] = _pools(frame, scenario)
    known = {host.arch for host in hosts}
    table["stay_reason"] = [
        reason
        or ("" if arch in known else stored("no allowed host runs {arch}", arch=arch))
        or hypervisor.too_large(vcpus, memory / (1 + hypervisor.memory_overhead))
        for reason, arch, vcpus, memory in zip(
            frame["exclude_reason"], frame["arch"], table["vcpus"], table["memory_gib"], strict=True
        )
    ]
    packed = _Dimensions()
    if limited:
        packed.assumed.append(
            AssumedInput(
                stored("CPU average x peak factor limited to 100 % of the cores"),
                limited,
                "100 %",
                stored("a machine cannot use more than it has"),
            )
        )
    if mean_estimated:
        packed.assumed.append(
            AssumedInput(
                stored("mean CPU (for energy)"),
                mean_estimated,
                stored("p95 or peak / peak factor"),
                stored("the peak factor, see assumptions"),
            )
        )
    slots = slot_readings(frame, estate.telemetry, scenario, reading)
    _add_cpu(packed, table, slots)
    packed.add("memory", rounded_up(table["memory_gib"] * MIB_PER_GIB))
    packed.add("vcpu", table["vcpus"])
    _add_network(packed, table, frame, slots, growth)
    if scenario.host_iops is not None:
        _add_throughput(packed, table, frame, growth)
    if scenario.windows_licences != "not_stated":
        windows = table["os"].map(is_windows).to_numpy()
        if windows.any():  # licences then limit how many Windows VMs a host may run
            packed.add("windows_vm", windows)
    most = scenario.application_per_host_max
    applications = {} if most is None else _applications(frame["application"], most)
    limits = {label: int(most or 1) for label in applications}
    if hypervisor.max_machines is not None and len(frame) > hypervisor.max_machines:
        applications["machines on one host"] = np.arange(len(frame))
        limits["machines on one host"] = int(hypervisor.max_machines)
    statistics = table.groupby(["pool", "statistic"]).size().unstack(fill_value=0).reset_index()
    return Demand(
        table,
        tuple(packed.names),
        packed.amounts(),
        {**_groups(frame["anti_affinity"]), **applications},
        _labels(frame["affinity"]),
        statistics,
        tuple(packed.assumed),
        limits,
    )


class _Dimensions:
    """What is packed, one column a dimension, and the stand-ins that it rests on."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.columns: list[np.ndarray] = []
        self.assumed: list[AssumedInput] = []

    def add(self, name: str, column: np.ndarray | pd.Series) -> None:
        """One dimension more, in whole units."""
        self.names.append(name)
        self.columns.append(np.asarray(column, dtype=np.float64))

    def amounts(self) -> np.ndarray:
        """Whole units of every workload, shape (W, K)."""
        return np.column_stack(self.columns).astype(np.int64)


def _add_cpu(packed: _Dimensions, table: pd.DataFrame, slots: SlotReadings | None) -> None:
    """CPU as one figure, or one for each time slot; a workload without a profile counts in full in every slot."""
    whole = table["cpu_units"].to_numpy(float)
    if slots is None:
        packed.add("cpu", rounded_up(whole * MILLI))
        return
    chain = table["cores"] * table["score_per_core"] * table["growth"] * table["overhead"]
    units = np.where(slots.with_profile[:, None], slots.cpu * chain.to_numpy(float)[:, None], whole[:, None])
    for label, column in zip(slots.labels, rounded_up(units * MILLI).T, strict=True):
        packed.add(f"cpu@{label}", column)
    constant = int((~slots.with_profile).sum())
    if constant:
        packed.assumed.append(
            AssumedInput(
                stored("CPU by time of day"),
                constant,
                stored("constant at the planned reading"),
                stored("no telemetry: counted in full in every slot"),
            )
        )


def _add_network(
    packed: _Dimensions, table: pd.DataFrame, frame: pd.DataFrame, slots: SlotReadings | None, growth: float
) -> None:
    """Network, by time slot where it is read; without a single reading it is not packed, and the result says so."""
    network = frame["net_p95"].to_numpy(float)
    gaps = np.isnan(network)
    if gaps.all():
        return
    typical = float(np.nanmean(network))
    if gaps.any():
        packed.assumed.append(
            AssumedInput(
                "network",
                int(gaps.sum()),
                stored("{typical:.0f} Mbit/s, this estate's mean", typical=typical),
                stored("the estate's own readings"),
            )
        )
    table["network_mbps"] = np.where(gaps, typical, network) * growth
    if slots is None or slots.network is None:
        packed.add("network", rounded_up(table["network_mbps"]))
        return
    flat = table["network_mbps"].to_numpy(float)[:, None]
    by_slot = rounded_up(np.where(np.isnan(slots.network), flat, slots.network * growth))
    for label, column in zip(slots.labels, by_slot.T, strict=True):
        packed.add(f"network@{label}", column)


def _add_throughput(packed: _Dimensions, table: pd.DataFrame, frame: pd.DataFrame, growth: float) -> None:
    """Disk operations a second, where any are read."""
    iops = frame["disk_iops"].to_numpy(float)
    gaps = np.isnan(iops)
    if gaps.all():
        return
    typical = float(np.nanmean(iops))
    if gaps.any():
        packed.assumed.append(
            AssumedInput(
                stored("disk throughput"),
                int(gaps.sum()),
                stored("{typical:.0f} IOPS, this estate's mean", typical=typical),
                stored("the estate's own readings"),
            )
        )
    table["disk_iops"] = np.where(gaps, typical, iops) * growth
    packed.add("iops", rounded_up(table["disk_iops"]))


#: Decimal factors leave products a hair off a whole number (0.57 x 100 is 56.99999999999999);
#: one part in 10^12 is far below any unit, and keeps that hair from becoming a whole unit.
_HAIR = 1e-12


def rounded_up(amounts: pd.Series | np.ndarray) -> np.ndarray:
    """Amounts as whole units, never below what is asked for."""
    return np.ceil(np.asarray(amounts, dtype=np.float64) * (1 - _HAIR))


def _pick_reading(frame: pd.DataFrame, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """(utilisation, which reading it is): one statistic for all, others only as stand-ins."""
    order = (
        ("cpu_p95", "cpu_peak", "cpu_mean") if scenario.cpu_statistic == "p95" else ("cpu_peak", "cpu_p95", "cpu_mean")
    )
    value, basis = np.full(len(frame), np.nan), np.full(len(frame), "", dtype=object)
    for name in order:
        reading = frame[name].to_numpy(float)
        take = np.isnan(value) & ~np.isnan(reading)
        value[take], basis[take] = reading[take], name.removeprefix("cpu_")
    basis[(frame["cpu_basis"] == "default").to_numpy()] = "default"
    return value, basis


def _range(table: pd.DataFrame, frame: pd.DataFrame, physical: np.ndarray, scenario: Scenario) -> None:
    """Low and high of CPU demand: the score's range, and SMT on readings of an operating system.

    An operating system counts a core with one busy thread of two as half used, although more
    than half of the core's throughput is gone: at most 2 / gain times the reading.
    """
    smt = physical & (frame["threads"].to_numpy(float) > frame["server_cores"].to_numpy(float))
    utilisation = table["utilisation"].to_numpy(float)
    high = np.where(smt, np.minimum(1.0, utilisation * 2 / scenario.smt_throughput_gain), utilisation)
    rest = table["cores"] * table["statistic_factor"] * table["growth"] * table["overhead"]
    table["cpu_units_low"] = utilisation * frame["score_low"].to_numpy(float) * rest
    table["cpu_units_high"] = high * frame["score_high"].to_numpy(float) * rest


def _mean_utilisation(frame: pd.DataFrame, scenario: Scenario) -> tuple[np.ndarray, int]:
    """Mean utilisation for energy; a p95 is never a mean, so it is divided by the peak factor."""
    mean = frame["cpu_mean"].to_numpy(float).copy()
    gaps = np.isnan(mean)
    stand_in = frame["cpu_p95"].fillna(frame["cpu_peak"]).to_numpy(float) / scenario.cpu_peak_factor
    mean[gaps] = stand_in[gaps]
    return mean, int(gaps.sum())


def _memory(frame: pd.DataFrame, physical: np.ndarray, scenario: Scenario) -> np.ndarray:
    installed = frame["memory_gib"].to_numpy(float)
    reading = frame["mem_p95"].fillna(frame["mem_peak"]).fillna(frame["mem_mean"]).to_numpy(float)
    needed = np.minimum(installed, rounded_up(installed * reading * scenario.memory_headroom_factor))
    grown = (1 + scenario.memory_growth_per_year) ** scenario.horizon_years
    return np.where(physical & ~np.isnan(reading), needed, installed) * grown


def _vcpus(
    frame: pd.DataFrame, physical: np.ndarray, busy: np.ndarray, basis: np.ndarray, scenario: Scenario
) -> np.ndarray:
    """vCPUs of each workload: a VM keeps its own; a physical server gets what its reading needs."""
    installed = np.ceil(frame["vcpus"].to_numpy(float))
    if scenario.vcpu_sizing == "as_installed":
        return installed
    needed = np.maximum(1.0, rounded_up(installed * busy / scenario.vcpu_utilisation_target))
    return np.where(physical & (basis != "default"), np.minimum(installed, needed), installed)


def _pools(frame: pd.DataFrame, scenario: Scenario) -> list[str]:
    if set(scenario.pool_by) & {"licence", *PRODUCTS}:
        licence = list(map(licence_class, frame["os"], frame["application"]))
        alone = {name: [name * (found == name) for found in licence] for name in PRODUCTS}
        alone["windows"] = [
            "windows" * is_windows(os) for os in frame["os"]
        ]  # a database on Windows is a Windows VM too
        frame = frame.assign(licence=licence, **alone)
    parts = [frame[name].astype(str).replace("", _NO_VALUE) for name in scenario.pool_by] + [frame["arch"].astype(str)]
    return [" / ".join(values) for values in zip(*parts, strict=True)]


def _groups(column: pd.Series) -> dict[str, np.ndarray]:
    positions = {name: np.flatnonzero((column == name).to_numpy()) for name in sorted(set(column)) if name}
    return {name: members for name, members in positions.items() if len(members) > 1}


def _applications(column: pd.Series, most: int) -> dict[str, np.ndarray]:
    """Members of every application that has more of them than one host may hold."""
    names = sorted(set(column) - {""})
    members = {f"application {name}": np.flatnonzero((column == name).to_numpy()) for name in names}
    return {label: rows for label, rows in members.items() if len(rows) > most}


def _labels(column: pd.Series) -> np.ndarray:
    names = {name: label for label, name in enumerate(sorted(set(column) - {""}))}
    return np.array([names.get(name, -1) for name in column], dtype=np.int64)


def capacity(host: HostType, dimensions: tuple[str, ...], scenario: Scenario, *, failover: bool = False) -> list[int]:
    """Effective capacity of one host in each dimension: (raw - reserve) x ceiling, rounded down.

    A host operating system (type 2) takes its part beyond the reserve, memory overcommit, where it
    is asked for, multiplies memory, and the hypervisor's loss of throughput lowers the network.

    Parameters
    ----------
    failover : bool
        With the ceiling that holds after a failure. Memory, vCPUs and network keep theirs.

    Returns
    -------
    list of int
        In the units of `calc.model.DIMENSION_UNITS`.
    """
    ceiling = scenario.cpu_ceiling_failover if failover else scenario.cpu_ceiling
    hypervisor = hypervisors.get(scenario.hypervisor)
    reserve = max(scenario.host_reserve_memory_gib, scenario.host_reserve_memory_fraction * host.memory_gib)
    cores = max(0.0, host.cores - scenario.host_reserve_cores - hypervisor.host_os_cores)
    memory_gib = max(0.0, host.memory_gib - reserve - hypervisor.host_os_memory_gib)
    amounts = {
        "cpu": cores * host.score_per_core * ceiling * MILLI,
        "memory": memory_gib * scenario.memory_ceiling * scenario.memory_overcommit * MIB_PER_GIB,
        "vcpu": max(0.0, host.cores - hypervisor.host_os_cores) * scenario.vcpu_per_core,
        "network": host.nic_gbps * MBIT_PER_GBIT * scenario.network_ceiling * (1 - hypervisor.network_overhead),
        "iops": (scenario.host_iops or 0.0) * (1 - hypervisor.disk_overhead),
        "windows_vm": host.windows_vms or 0,
    }
    return [int(np.floor(amounts[name.split("@")[0]] * (1 + _HAIR))) for name in dimensions]

"""The facts that the money of one plan rests on, as arrays without prices.

A case is formed once from an estate, its demand and a plan. It can then be priced under any
scenario that changes prices, rates or readings' stand-ins, in about a millisecond, which is
what sensitivity and simulation need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc.costs.complexity import difficulty
from calc.demand import Demand
from calc.estate import Estate
from calc.guests import is_windows, licence_class
from calc.model import HostType
from calc.os_support import system_support
from calc.scenario import Scenario
from calc.units import GBIT_PER_GIB, SECONDS_PER_HOUR

#: What `Case` holds for each server: arrays of length S.
_SERVER = (
    "cores",
    "sockets",
    "threads",
    "memory_gib",
    "rack_units",
    "purchase_year",
    "purchase_price",
    "maintenance_per_year",
    "warranty_end",
    "idle_w",
    "full_w",
    "extra_gib",
    "power_w",
    "cpu_mean",
)


@dataclass(frozen=True, slots=True, eq=False)
class PoolFacts:
    """What one pool's licences and host count rest on.

    Attributes
    ----------
    hosts : tuple of int
        Positions of its hosts in the case.
    demand : ndarray
        Summed demand by packed dimension, in the units of the packing.
    windows_vms, rhel_guests, oracle_workloads : int
    sql_vcpus : tuple of float
    oracle_vcpus : tuple of float
        Of Oracle workloads in the cloud, which counts them instead of cores; empty for a pool of hosts.
    """

    name: str
    hosts: tuple[int, ...]
    rows: np.ndarray
    demand: np.ndarray
    windows_vms: int
    rhel_guests: int
    oracle_workloads: int
    sql_vcpus: tuple[float, ...]
    oracle_vcpus: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Facts of one plan.

    Attributes
    ----------
    server_names : tuple of str
        Of every server, as in the inventory.
    server : dict of str to ndarray, shape (S,)
        Numbers of every server as the estate holds them.
    year_known, price_stated, maintenance_stated, virtualised, assumed_server : ndarray of bool, shape (S,)
    windows_server, sql_server, rhel_server, oracle_server : ndarray of bool, shape (S,)
        Physical servers whose own operating system or application carries the licence.
    retained : ndarray of bool, shape (S,)
        Servers that stay because one of their workloads does.
    hosts : tuple of HostType
        One entry a host of the plan.
    home : ndarray of int, shape (W,)
        Host of each workload, -1 where it stays or goes elsewhere.
    work_server, work_cores, work_score, physical, mean, stand_in, guessed, disk_gib
        Of every workload: position of its server, cores of the reading, score per core, whether
        it was physical, measured mean (NaN without), p95 or peak (NaN without), whether the
        reading is a default, disk in use.
    pools : tuple of PoolFacts
    dimensions : tuple of str
    kind : ndarray of str, shape (W,)
        Licence that each workload carries (`calc.guests.licence_class`).
    windows : ndarray of bool, shape (W,)
        Whether its operating system is a Windows Server.
    memory_w_per_gib : float
        Power of memory that ``idle_w`` and ``full_w`` hold.
    cloud : ndarray of bool, shape (W,)
        Workloads that move to the cloud.
    difficulty : ndarray of int, shape (W,)
        Points of how hard each is to move, its disk left out (`calc.costs.complexity`).
    work_vcpus : ndarray, shape (W,)
        Of each workload as a VM.
    support_end : ndarray of date or None, shape (W,)
        End of support of each Windows Server system.
    reused : ndarray of bool, shape (S,)
        Servers that become hosts of the plan.
    """

    server_names: tuple[str, ...]
    server: dict[str, np.ndarray]
    year_known: np.ndarray
    price_stated: np.ndarray
    maintenance_stated: np.ndarray
    virtualised: np.ndarray
    assumed_server: np.ndarray
    windows_server: np.ndarray
    sql_server: np.ndarray
    rhel_server: np.ndarray
    oracle_server: np.ndarray
    retained: np.ndarray
    hosts: tuple[HostType, ...]
    home: np.ndarray
    work_server: np.ndarray
    work_cores: np.ndarray
    work_score: np.ndarray
    overhead: np.ndarray
    physical: np.ndarray
    mean: np.ndarray
    stand_in: np.ndarray
    guessed: np.ndarray
    disk_gib: np.ndarray
    pools: tuple[PoolFacts, ...]
    dimensions: tuple[str, ...]
    kind: np.ndarray
    windows: np.ndarray
    memory_w_per_gib: float
    cloud: np.ndarray
    difficulty: np.ndarray
    work_vcpus: np.ndarray
    support_end: np.ndarray
    reused: np.ndarray

    @property
    def hosted(self) -> np.ndarray:
        """Workloads that run on a host of the plan, shape (W,)."""
        return self.home >= 0

    @property
    def moved(self) -> np.ndarray:
        """Workloads that leave their server, for a host or for the cloud, shape (W,)."""
        return self.hosted | self.cloud

    def workload_mean(self, scenario: Scenario) -> np.ndarray:
        """Mean utilisation of each workload, 0-1, by the scenario's stand-ins for missing readings."""
        mean = np.where(np.isnan(self.mean), self.stand_in / scenario.cpu_peak_factor, self.mean)
        return np.where(self.guessed, scenario.cpu_mean_default, mean)

    def utilisation(self, scenario: Scenario) -> np.ndarray:
        """Mean CPU utilisation of each server today, 0-1: its own reading, else its workloads'."""
        count = len(self.retained)
        used = np.bincount(self.work_server, self.workload_mean(scenario) * self.work_cores, count)
        from_work = used / self.server["cores"]
        own = np.where(self.virtualised, self.server["cpu_mean"], np.nan)
        return np.minimum(1.0, np.where(np.isnan(own), from_work, own))

    def host_load(self, scenario: Scenario) -> np.ndarray:
        """Mean CPU use of what is on each host, in compute units, hypervisor overhead included."""
        units = self.workload_mean(scenario) * self.work_cores * self.work_score * self.overhead
        hosted = self.hosted
        return np.bincount(self.home[hosted], units[hosted], len(self.hosts))

    def purchase_price(self, scenario: Scenario) -> np.ndarray:
        """What each server cost: as stated, else its threads and memory at reference prices."""
        estimate = self.server["threads"] * scenario.money("host_price_per_thread") + self.server[
            "memory_gib"
        ] * scenario.money("host_price_per_gib")
        return np.where(self.price_stated, self.server["purchase_price"], estimate)

    def purchase_year(self, scenario: Scenario) -> np.ndarray:
        """Year each server was bought; at the end of its life where neither date nor CPU says it."""
        return np.where(self.year_known, self.server["purchase_year"], scenario.start_year - scenario.server_life_years)

    def book_value(self, scenario: Scenario, year: int = 0) -> np.ndarray:
        """Straight-line book value of each server so many years after the start of the first, shape (S,)."""
        age = scenario.start_year + year - self.purchase_year(scenario)
        return self.purchase_price(scenario) * np.clip(1 - age / scenario.server_life_years, 0.0, 1.0)

    def transfer_hours(self, scenario: Scenario) -> float:
        """Hours to copy the moved workloads' data once at the transfer rate."""
        gbit = float(self.disk_gib[self.moved].sum()) * GBIT_PER_GIB
        return gbit * 1000 / scenario.transfer_mbps / SECONDS_PER_HOUR


def pool_facts(
    name: str, rows: np.ndarray, hosts: tuple[int, ...], demand: Demand, placed: np.ndarray | None = None
) -> PoolFacts:
    """Facts of one pool.

    Parameters
    ----------
    rows : ndarray of int
        Its workloads, positions in the demand table.
    placed : ndarray of bool, optional
        Which of them run on its hosts; all by default.
    """
    there = rows if placed is None else rows[placed]
    part = demand.table.iloc[there]
    kind = np.array(list(map(licence_class, part["os"], part["application"])), dtype=object)
    return PoolFacts(
        name,
        hosts,
        rows,
        demand.amounts[there].sum(axis=0),
        int(part["os"].map(is_windows).sum()),
        int((kind == "rhel").sum()),
        int((kind == "oracle").sum()),
        tuple(part["vcpus"].to_numpy(float)[kind == "sql"]),
    )


def _support_ends(systems: pd.Series) -> np.ndarray:
    ends = {name: (found := system_support(name)) and found[1] for name in systems.unique() if is_windows(name)}
    return np.array([ends.get(name) for name in systems], dtype=object)


def build_case(
    estate: Estate,
    demand: Demand,
    pools: Sequence[tuple[str, np.ndarray, Sequence[int]]],
    hosts: Sequence[HostType],
    home: np.ndarray,
    retained: np.ndarray,
    scenario: Scenario,
    cloud: np.ndarray | None = None,
) -> Case:
    """Form the case of a plan.

    Parameters
    ----------
    pools : sequence of (name, rows, hosts)
        Positions of each pool's workloads in the demand table, and of its hosts, spares included.
    hosts : sequence of HostType
        One entry a host.
    home : ndarray of int
        Host of each workload, -1 without.
    retained : ndarray of bool
        Servers that stay.
    scenario : Scenario
        The one that the estate was completed under.
    """
    servers, work, table = estate.servers, estate.workloads, demand.table
    position = {name: index for index, name in enumerate(servers["server"])}
    kind = np.array(list(map(licence_class, work["os"], work["application"])), dtype=object)
    windows = work["os"].map(is_windows).to_numpy(bool)
    physical = (table["kind"] == "physical").to_numpy()
    work_server = work["server"].map(position).to_numpy(np.int64)
    facts = [pool_facts(name, rows, tuple(map(int, own)), demand, home[rows] >= 0) for name, rows, own in pools]

    def servers_with(mask: np.ndarray) -> np.ndarray:
        return np.bincount(work_server[mask & physical], minlength=len(servers)) > 0

    return Case(
        server_names=tuple(servers["server"].astype(str)),
        server={name: servers[name].to_numpy(float) for name in _SERVER},
        year_known=servers["purchase_year_known"].to_numpy(bool),
        price_stated=servers["purchase_price_stated"].to_numpy(bool),
        maintenance_stated=servers["maintenance_per_year_stated"].to_numpy(bool),
        virtualised=servers["virtualised"].to_numpy(bool),
        assumed_server=servers["assumed_server"].to_numpy(bool),
        windows_server=servers_with(windows),
        sql_server=servers_with(kind == "sql"),
        rhel_server=servers_with(kind == "rhel"),
        oracle_server=servers_with(kind == "oracle"),
        retained=retained,
        hosts=tuple(hosts),
        home=home,
        work_server=work_server,
        work_cores=table["cores"].to_numpy(float),
        work_score=table["score_per_core"].to_numpy(float),
        overhead=table["overhead"].to_numpy(float),
        physical=physical,
        mean=work["cpu_mean"].to_numpy(float),
        stand_in=work["cpu_p95"].fillna(work["cpu_peak"]).to_numpy(float),
        guessed=(work["cpu_basis"] == "default").to_numpy(),
        disk_gib=table["disk_used_gib"].to_numpy(float),
        pools=tuple(facts),
        dimensions=demand.dimensions,
        kind=kind,
        windows=windows,
        memory_w_per_gib=scenario.memory_w_per_gib,
        cloud=np.zeros(len(work), dtype=bool) if cloud is None else cloud,
        difficulty=difficulty(demand, scenario),
        work_vcpus=table["vcpus"].to_numpy(float),
        support_end=_support_ends(work["os"]),
        reused=np.zeros(len(servers), dtype=bool),
    )

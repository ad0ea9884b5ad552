"""The two sides of the comparison as fleets: today's servers, and the planned hosts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calc.costs.cashflow import present_value
from calc.costs.fleet import Fleet, owned
from calc.costs.rates import facility_rates, host_power_w, licence_cost
from calc.demand import Demand
from calc.estate import Estate
from calc.model import HostType
from calc.scenario import Scenario
from calc.units import W_PER_KW


def server_utilisation(estate: Estate, demand: Demand) -> np.ndarray:
    """Mean CPU utilisation of each server today, 0-1: its own reading, else its workloads'."""
    servers = estate.servers
    used = (
        (demand.table["cpu_mean_units"] / demand.table["overhead"] / demand.table["score_per_core"])
        .groupby(estate.workloads["server"])
        .sum()
    )
    from_workloads = servers["server"].map(used).fillna(0.0) / servers["cores"]
    own = servers["cpu_mean"].where(servers["virtualised"])
    return np.minimum(1.0, own.fillna(from_workloads).to_numpy(float))


def todays_servers(
    estate: Estate, utilisation: np.ndarray, scenario: Scenario, *, end: np.ndarray | None = None
) -> Fleet:
    """The estate as it stands, each server until the end of a year (the horizon by default).

    A measured power reading replaces the model at today's utilisation and keeps its slope.
    """
    servers = estate.servers
    idle, full = servers["idle_w"].to_numpy(float), servers["full_w"].to_numpy(float)
    measured = servers["power_w"].to_numpy(float)
    shift = np.where(np.isnan(measured), 0.0, measured - (idle + (full - idle) * utilisation))
    subscription = scenario.money("baseline_hypervisor_per_core_per_year") * servers["virtualised"].to_numpy(float)
    horizon = np.full(len(servers), scenario.horizon_years, dtype=np.int64)
    return owned(
        idle + shift,
        full + shift,
        utilisation,
        servers["rack_units"].to_numpy(float),
        servers["maintenance_per_year"].to_numpy(float),
        servers["warranty_end"].to_numpy(float),
        servers["cores"].to_numpy(float) * subscription,
        horizon if end is None else end,
    )


def subset(fleet: Fleet, keep: np.ndarray) -> Fleet:
    """Some units of a fleet."""
    names = [name for name in Fleet.__dataclass_fields__ if name != "line"]
    return Fleet(fleet.line, **{name: getattr(fleet, name)[keep] for name in names})


def planned_hosts(hosts: Sequence[HostType], mean_units: np.ndarray, scenario: Scenario) -> Fleet:
    """Hosts to buy (or to reuse) now, with the mean load each carries.

    Parameters
    ----------
    mean_units : ndarray
        Mean CPU use of what is on each host today, in compute units, without safety factors.
    """
    powers = np.array([host_power_w(host, scenario) for host in hosts]).reshape(-1, 2)
    capacity = np.array([host.cores * host.score_per_core for host in hosts])
    licences = [licence_cost(host, scenario) for host in hosts]
    price = np.array([host.price for host in hosts])
    count = len(hosts)
    return Fleet(
        "hardware",
        price,
        price * scenario.maintenance_fraction,
        np.full(count, scenario.warranty_years),
        powers[:, 0],
        powers[:, 1],
        np.minimum(1.0, mean_units / np.maximum(capacity, 1e-12)),
        np.array([host.rack_units for host in hosts]),
        np.array([item.once for item in licences]),
        np.array([item.per_year for item in licences]),
        np.zeros(count, dtype=np.int64),
        np.full(count, scenario.horizon_years, dtype=np.int64),
    )


def shared_storage(usable_gib: float, scenario: Scenario) -> Fleet:
    """Storage bought for data that lies on local disks today."""
    watts = np.array([usable_gib / 1024 * scenario.storage_w_per_tb])
    price = np.array([usable_gib * scenario.money("storage_price_per_gib")])
    zero = np.zeros(1)
    return Fleet(
        "storage",
        price,
        price * scenario.maintenance_fraction,
        np.full(1, scenario.warranty_years),
        watts,
        watts,
        zero,
        zero,
        zero,
        zero,
        np.zeros(1, dtype=np.int64),
        np.full(1, scenario.horizon_years, dtype=np.int64),
    )


def host_coefficient(host: HostType, scenario: Scenario) -> float:
    """Present value of owning one host over the horizon at idle load: its cost in the packing.

    Purchase, maintenance, licence, space and idle energy; the energy of the load itself depends
    little on where a workload runs and is priced with the finished plan.
    """
    flows = planned_hosts([host], np.zeros(1), scenario).lines(scenario)
    return sum(present_value(amounts, scenario.discount_rate) for amounts in flows.values())


def load_coefficient(host: HostType, scenario: Scenario) -> float:
    """Present value of the energy that one compute unit of mean load takes on this host."""
    idle, full = host_power_w(host, scenario)
    rates = facility_rates(scenario)
    per_unit_kw = (full - idle) / W_PER_KW / (host.cores * host.score_per_core)
    years = np.arange(scenario.horizon_years + 1)
    grown = np.where(years > 0, (1 + scenario.cpu_growth_per_year) ** years, 0.0)
    amounts = (
        per_unit_kw
        * grown
        * (
            rates.energy_per_kw_year * (1 + scenario.energy_escalation) ** years
            + rates.space_per_kw_year * (1 + scenario.inflation) ** years
        )
    )
    return present_value(amounts, scenario.discount_rate)

"""The two sides of the comparison as fleets: today's servers, and the planned hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from calc.catalogue import estimated_ids, estimated_price
from calc.costs.case import Case
from calc.costs.cashflow import present_value
from calc.costs.fleet import Fleet, owned, renewed
from calc.costs.licences import windows_cost
from calc.costs.rates import (
    facility_rates,
    host_power_w,
    licence_cost,
    storage_price_per_gib,
    storage_w_per_gib,
    subscription_today,
)
from calc.model import HostType
from calc.scenario import Scenario
from calc.units import W_PER_KW


def todays_servers(case: Case, scenario: Scenario, *, end: np.ndarray | None = None) -> Fleet:
    """The estate as it stands, each server until the end of a year (the horizon by default).

    A measured power reading replaces the model at today's utilisation and keeps its slope. A
    stated maintenance cost is paid now; an estimated one, a share of the price, after the warranty.
    """
    server, utilisation = case.server, case.utilisation(scenario)
    extra = server["extra_gib"] * scenario.memory_w_per_gib
    bare = server["extra_gib"] * case.memory_w_per_gib
    idle, full = server["idle_w"] - bare + extra, server["full_w"] - bare + extra
    measured = server["power_w"]
    shift = np.where(np.isnan(measured), 0.0, measured - (idle + (full - idle) * utilisation))
    subscription = subscription_today(server["cores"], server["sockets"], scenario) * case.virtualised
    estimate = case.purchase_price(scenario) * scenario.maintenance_fraction
    warranty = np.floor(case.purchase_year(scenario) + scenario.warranty_years - scenario.start_year)
    horizon = np.full(len(idle), scenario.horizon_years, dtype=np.int64)
    fleet = owned(
        idle + shift,
        full + shift,
        utilisation,
        server["rack_units"],
        np.where(case.maintenance_stated, server["maintenance_per_year"], estimate),
        np.where(case.maintenance_stated, -1.0, warranty),
        subscription,
        horizon if end is None else end,
    )
    network, san = server_ports(np.ones(len(idle)), scenario)
    left = case.book_value(scenario, scenario.horizon_years)
    return replace(fleet, network_ports=network, san_ports=san, book_value=left, servers=np.arange(len(left)))


def server_ports(units: np.ndarray, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """(network, SAN) ports of servers, today's or like for like."""
    return units * scenario.network_ports_per_server, units * scenario.san_ports_per_server


def planned_hosts(hosts: Sequence[HostType], mean_units: np.ndarray, scenario: Scenario) -> Fleet:
    """Hosts to buy (or to reuse) now, with the mean load each carries.

    Parameters
    ----------
    mean_units : ndarray
        Mean CPU use of what is on each host today, in compute units, without safety factors.
    """
    kinds = {id(host): host for host in hosts}
    row = {key: index for index, key in enumerate(kinds)}
    at = np.array([row[id(host)] for host in hosts], dtype=np.int64)
    figures = np.array([_host_figures(host, scenario) for host in kinds.values()]).reshape(-1, 10)[at]
    price, idle, full, units, capacity, once, per_year, windows, maintenance, warranty = figures.T
    count = len(at)
    there = np.array([float(host.owned) for host in hosts])
    counted = scenario.windows_licences != "not_stated"
    return Fleet(
        "hardware",
        price,
        maintenance,
        warranty,
        idle,
        full,
        np.minimum(1.0, mean_units / np.maximum(capacity, 1e-12)),
        units,
        once,
        per_year,
        np.zeros(count, dtype=np.int64),
        np.full(count, scenario.horizon_years, dtype=np.int64),
        guest_once=windows if counted else None,
        guest_per_year=windows * scenario.sa_fraction if counted and scenario.count_sa else None,
        machines=1.0 - there,
        label="hosts",
        kinds=np.array(list(hosts), dtype=object),
        network_ports=np.full(count, float(scenario.network_ports_per_host)),
        san_ports=np.full(count, float(scenario.san_ports_per_host)),
        ports_of="host",
    )


def _host_figures(host: HostType, scenario: Scenario) -> tuple[float, ...]:
    idle, full = host_power_w(host, scenario)
    licence, own = licence_cost(host, scenario), host.maintenance_per_year
    return (
        host.price,
        idle,
        full,
        host.rack_units,
        host.cores * host.score_per_core,
        licence.once,
        licence.per_year,
        windows_cost(host, scenario),
        host.price * scenario.maintenance_fraction if own is None else own,
        scenario.warranty_years if own is None else 0,
    )


def repriced(hosts: Sequence[HostType], scenario: Scenario) -> tuple[HostType, ...]:
    """Hosts at the scenario's prices: a quotation, an estimate at its price levels, or as they are."""
    known: dict[int, HostType] = {}
    for host in hosts:
        if id(host) not in known:
            base = host.id.split("+")[0]
            price = scenario.host_prices.get(base)
            if price is None and host.role != "user" and base in estimated_ids():
                price = estimated_price(host, scenario)
            known[id(host)] = host if price is None else replace(host, price=price)
    return tuple(known[id(host)] for host in hosts)


def shared_storage(usable_gib: float, scenario: Scenario) -> Fleet:
    """Storage bought for data that lies on local disks today; raw disks draw the power."""
    design = scenario.storage_design
    watts = np.array([usable_gib * storage_w_per_gib(design, scenario)])
    price = np.array([usable_gib * storage_price_per_gib(design, scenario)])
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
        label="storage",
        stored_on=design,
    )


def host_coefficient(host: HostType, scenario: Scenario) -> float:
    """Present value of owning one host over the horizon at idle load: its cost in the packing.

    Purchase, maintenance, licence, space and idle energy; the energy of the load itself depends
    little on where a workload runs and is priced with the finished plan.
    """
    fleets = renewed(planned_hosts([host], np.zeros(1), scenario), scenario)
    return sum(present_value(amounts, scenario.discount_rate) for f in fleets for amounts in f.lines(scenario).values())


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

"""Prices of running things in the scenario's facility: energy, space, licences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from calc import hypervisors, reference
from calc.language import stored
from calc.model import HostType
from calc.scenario import Scenario
from calc.units import GIB_PER_TB, GIB_PER_TIB, MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True)
class ElectricityPrice:
    """Price of one kWh in the scenario's currency, and where it comes from."""

    per_kwh: float
    region: str
    as_of: str
    source: str


def electricity_price(scenario: Scenario) -> ElectricityPrice:
    """The user's price, else that of the scenario's region, converted once."""
    if scenario.electricity_per_kwh is not None:
        return ElectricityPrice(scenario.electricity_per_kwh, stored("stated by the user"), "", stored("the scenario"))
    price, currency, as_of, source = _tariff(scenario.electricity_region)
    return ElectricityPrice(price * scenario.rate(currency), scenario.electricity_region, as_of, source)


@cache
def _tariff(region: str) -> tuple[float, str, str, str]:
    """(price, currency, date, source) of a region's row."""
    row = reference.table("electricity").set_index("region").loc[region]
    return float(row["price_per_kwh"]), str(row["currency"]), str(row["as_of"]), str(row["source"])


@dataclass(frozen=True, slots=True)
class FacilityRates:
    """What one kW of IT power and one rack unit cost a year, at today's prices.

    Attributes
    ----------
    energy_per_kw_year : float
        Tariff x PUE x hours; zero when energy is inside an all-in price.
    space_per_kw_year, space_per_unit_year : float
    """

    energy_per_kw_year: float
    space_per_kw_year: float
    space_per_unit_year: float


def facility_rates(scenario: Scenario) -> FacilityRates:
    """Rates of the scenario's facility mode.

    Notes
    -----
    own: energy = price x PUE x hours, space worth nothing unless released.
    colocation_metered: the same energy, and a price per rack unit.
    colocation_all_in: one price per kW and month that holds energy and cooling.
    """
    energy = electricity_price(scenario).per_kwh * scenario.pue * scenario.hours_per_year
    if scenario.facility_mode == "own":
        return FacilityRates(energy, 0.0, 0.0)
    if scenario.facility_mode == "colocation_metered":
        return FacilityRates(energy, 0.0, scenario.money("rack_unit_per_month") * MONTHS_PER_YEAR)
    return FacilityRates(0.0, scenario.money("colocation_per_kw_month") * MONTHS_PER_YEAR, 0.0)


def host_power_w(host: HostType, scenario: Scenario) -> tuple[float, float]:
    """(idle, full) power of a host in W, with the memory beyond its SPECpower test."""
    extra = max(0.0, host.memory_gib - host.tested_memory_gib) * scenario.memory_w_per_gib
    return host.idle_w + extra, host.full_w + extra


def storage_price_per_gib(stored_on: str, scenario: Scenario) -> float:
    """Price of one usable GiB.

    Parameters
    ----------
    stored_on : {'shared', 'hyperconverged', 'disks'}
        Shared storage; raw disks in the hosts, with protection and free space; mirrored disks of a server of its own.
    """
    if stored_on == "shared":
        return scenario.money("storage_price_per_gib")
    if stored_on == "hyperconverged":
        return (scenario.storage_price_per_raw_gib or 0.0) * _raw(stored_on, scenario)
    return scenario.money("host_disk_price_per_tb") / GIB_PER_TB * _raw(stored_on, scenario)


def storage_w_per_gib(stored_on: str, scenario: Scenario) -> float:
    """Power of one usable GiB in W: raw disks draw it."""
    return _raw(stored_on, scenario) / GIB_PER_TIB * scenario.storage_w_per_tb


def _raw(stored_on: str, scenario: Scenario) -> float:
    """Raw GiB of one usable GiB; of shared storage what is bought is usable."""
    if stored_on == "shared":
        return 1.0
    free = 1 - scenario.storage_slack if stored_on == "hyperconverged" else 1.0
    return scenario.storage_protection / free


def hypervisor_price(scenario: Scenario) -> float:
    """Price of one core or socket: the user's, else the table's in the scenario's currency."""
    if scenario.hypervisor_price is not None:
        return scenario.hypervisor_price
    rule = hypervisors.get(scenario.hypervisor)
    return rule.licence_price * hypervisor_price_level(scenario)


def subscription_today(cores: np.ndarray, sockets: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Yearly hypervisor subscription of machines that carry VMs today, or of those that take their place one for one.

    Notes
    -----
    Whoever pays by core pays VMware: all cores, at least 16 a CPU, as for the hosts of a plan.
    """
    least = hypervisors.get("vsphere").minimum_cores_per_cpu
    counted = sockets * np.maximum(np.ceil(cores / sockets), least)
    return np.asarray(counted * scenario.money("baseline_hypervisor_per_core_per_year"))


def hypervisor_price_level(scenario: Scenario) -> float:
    """The scenario's currency of the first year for one unit of the hypervisor table's."""
    row = _hypervisor_rows().loc[scenario.hypervisor]
    return scenario.rate(str(row["currency"])) * scenario.price_level(int(row["price_year"]))


@cache
def _hypervisor_rows() -> pd.DataFrame:
    return reference.table("hypervisors").set_index("id")


def hypervisor_units(host: HostType, scenario: Scenario) -> int:
    """Cores or sockets of one host that the hypervisor's price is for; paid support of a free one is per socket."""
    hypervisor = hypervisors.get(scenario.hypervisor)
    if hypervisor.licence_basis == "none" and scenario.hypervisor_price is not None:
        return host.sockets
    return hypervisor.licence_units(host)


@dataclass(frozen=True, slots=True)
class LicenceCost:
    """Hypervisor licence of one host: once, or every year in advance."""

    once: float
    per_year: float


def licence_cost(host: HostType, scenario: Scenario) -> LicenceCost:
    """Licence of one host by the hypervisor's counting rule; spares are licensed too."""
    hypervisor = hypervisors.get(scenario.hypervisor)
    if hypervisor.id == "hyperv" and host.windows_vms is not None:
        return LicenceCost(0.0, 0.0)  # its Windows Server licence is counted with the guests'
    amount = hypervisor_units(host, scenario) * hypervisor_price(scenario)
    return LicenceCost(amount, 0.0) if hypervisor.licence_term == "once" else LicenceCost(0.0, amount)

"""What could be done without consolidating: refresh, switch off, replace one for one.

These are the other baselines, and the steps that part the saving into switching off, newer
hardware, right-sizing and consolidation.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from calc.catalogue import refresh_servers
from calc.costs.case import Case
from calc.costs.fleet import Fleet, subset
from calc.costs.licences import licence, windows_choice, windows_cores
from calc.costs.pricing import Side, same_machines
from calc.costs.rates import host_power_w, storage_price_per_gib, storage_w_per_gib, subscription_today
from calc.costs.sides import server_ports, todays_servers
from calc.costs.support_terms import access_licences
from calc.demand import Demand, capacity
from calc.estate import Estate
from calc.language import stored
from calc.model import HostType
from calc.scenario import Scenario
from calc.units import MIB_PER_GIB, MILLI

#: What an x86-64 server on sale can take the place of.
_REPLACED = ("x86_64", "x86_32")


@dataclass(frozen=True, slots=True, eq=False)
class ServerNeeds:
    """What a one-for-one replacement of each server must offer.

    Attributes
    ----------
    cpu_units, memory_gib : ndarray
        Demand at the horizon; of a physical server without hypervisor overhead.
    vcpus : ndarray
        Of the workloads together: what a hypervisor host's cores must carry.
    mean_units : ndarray
        Mean CPU use today, for energy.
    cores, installed_gib : ndarray
        What the old server has.
    virtualised : ndarray of bool
        Hypervisor hosts: reserve, ceilings and vCPUs hold for the new one as for a host of a plan.
    replaceable : ndarray of bool
        Of an architecture that is on sale here; the others are kept to the horizon.
    """

    cpu_units: np.ndarray
    memory_gib: np.ndarray
    vcpus: np.ndarray
    mean_units: np.ndarray
    cores: np.ndarray
    installed_gib: np.ndarray
    virtualised: np.ndarray
    replaceable: np.ndarray


def server_needs(estate: Estate, demand: Demand, utilisation: np.ndarray) -> ServerNeeds:
    """Demand of each server's workloads together."""
    servers, table = estate.servers, demand.table
    names = estate.workloads["server"]
    virtualised = servers["virtualised"].to_numpy(bool)

    def of_servers(amounts: pd.Series) -> np.ndarray:
        return servers["server"].map(amounts.groupby(names).sum()).fillna(0.0).to_numpy(float)

    memory, own = table["memory_gib"], table["memory_overhead"]
    return ServerNeeds(
        of_servers(table["cpu_units"] / table["overhead"]),
        np.where(virtualised, of_servers(memory), of_servers(memory / own)),
        of_servers(table["vcpus"]),
        utilisation * servers["cores"].to_numpy(float) * servers["score_per_core"].to_numpy(float),
        servers["cores"].to_numpy(float),
        servers["memory_gib"].to_numpy(float),
        virtualised,
        replaceable(servers),
    )


def replaceable(servers: pd.DataFrame) -> np.ndarray:
    """Servers of an architecture that is on sale here, shape (S,)."""
    return servers["arch"].isin(_REPLACED).to_numpy()


def idle_servers(estate: Estate, scenario: Scenario) -> np.ndarray:
    """Servers whose highest CPU reading is below the idle threshold; a server without one is not idle."""
    readings = (
        estate.workloads[["cpu_mean", "cpu_p95", "cpu_peak"]]
        .max(axis=1)
        .where(estate.workloads["cpu_basis"] == "given")
    )
    busiest = readings.fillna(1.0).groupby(estate.workloads["server"]).max()
    known = estate.servers["server"].map(busiest)
    own = estate.servers["cpu_mean"].where(
        estate.servers["virtualised"]
    )  # a hypervisor host is idle by its own reading
    known = own.fillna(known)
    return (known < scenario.idle_cpu_threshold).to_numpy()


def replacement(
    needs: ServerNeeds, types: tuple[HostType, ...], scenario: Scenario, *, equal_cores: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Cheapest type, and how many of it, to replace each server.

    ``equal_cores`` asks for the old server's cores and memory; otherwise for what its demand needs: of a physical server
    under the normal CPU ceiling and in its whole memory, of a hypervisor host by the rules of a plan's hosts.

    Returns
    -------
    (ndarray of int, ndarray of int)
        Index into ``types``, and units: one, because a workload cannot be divided, but where no single type is large
        enough.
    """
    if equal_cores:
        ratios = [np.maximum(needs.cores / host.cores, needs.installed_gib / host.memory_gib) for host in types]
    else:
        ratios = [_filled(needs, host, scenario) for host in types]
    units = np.maximum(1, np.ceil(np.array(ratios) - 1e-9)).astype(np.int64)
    price = units * np.array([host.price for host in types])[:, None]
    alone = units == 1
    chosen = np.where(alone | ~alone.any(axis=0), price, np.inf).argmin(axis=0)
    return chosen, units[chosen, np.arange(len(chosen))]


def _filled(needs: ServerNeeds, host: HostType, scenario: Scenario) -> np.ndarray:
    """How many machines of a type the demand of each server fills, shape (S,)."""
    bare = np.maximum(
        needs.cpu_units / (host.cores * host.score_per_core * scenario.cpu_ceiling),
        needs.memory_gib / host.memory_gib,
    )
    cpu, memory, vcpus = capacity(host, ("cpu", "memory", "vcpu"), scenario)
    asked = ((needs.cpu_units * MILLI, cpu), (needs.memory_gib * MIB_PER_GIB, memory), (needs.vcpus, vcpus))
    # A type that its reserve leaves nothing of holds nothing: more of it than anybody has servers.
    as_host = np.max([amount / room if room else (amount > 0) * 1e6 for amount, room in asked], axis=0)
    return np.where(needs.virtualised, as_host, bare)


def _bought(
    needs: ServerNeeds,
    types: tuple[HostType, ...],
    chosen: np.ndarray,
    units: np.ndarray,
    scenario: Scenario,
    start: np.ndarray,
    end: np.ndarray,
    case: Case,
) -> Fleet:
    powers = np.array([host_power_w(host, scenario) for host in types])[chosen] * units[:, None]
    network, san = server_ports(units.astype(float), scenario)
    price = np.array([host.price for host in types])[chosen] * units
    capacity = np.array([host.cores * host.score_per_core for host in types])[chosen] * units
    cores, sockets = (np.array([getattr(host, name) for host in types])[chosen] for name in ("cores", "sockets"))
    subscription = subscription_today(cores, sockets, scenario) * units * case.virtualised
    return Fleet(
        "hardware",
        price,
        price * scenario.maintenance_fraction,
        start + scenario.warranty_years,
        powers[:, 0],
        powers[:, 1],
        np.minimum(1.0, needs.mean_units / capacity),
        np.array([host.rack_units for host in types])[chosen] * units,
        np.zeros(len(price)),
        subscription,
        start,
        end,
        guest_once=_windows(case, types, chosen, units, scenario),
        machines=units.astype(float),
        label=stored("new servers, one for one"),
        kinds=np.array(types, dtype=object)[chosen],
        network_ports=network,
        san_ports=san,
    )


def _windows(
    case: Case, types: tuple[HostType, ...], chosen: np.ndarray, units: np.ndarray, scenario: Scenario
) -> np.ndarray | None:
    """Where none is owned, a Windows server that is replaced needs a licence again: Standard, or what a host's VMs need."""
    if scenario.windows_licences != "none_owned":
        return None
    machines = [types[index] for index in chosen]
    there = case.windows & ~case.physical
    vms = np.bincount(case.work_server[there], minlength=len(chosen))
    standard = licence("windows-standard").price_in(scenario)
    found = np.zeros(len(chosen))
    for at, (host, count) in enumerate(zip(machines, units.tolist(), strict=True)):
        if vms[at]:
            found[at] = count * windows_choice(host.cores, host.sockets, int(-(-vms[at] // count)), scenario)[2]
        elif case.windows_server[at]:
            found[at] = count * windows_cores(host.cores, host.sockets) * standard
    return found


def _disks(case: Case, scenario: Scenario, start: np.ndarray, end: np.ndarray) -> Fleet:
    """Disks of new servers for the data that lies on the old ones': mirrored, at the price of a disk in a server.

    A hypervisor host's machines lie on storage that is there already, as they do in the plan.
    """
    count = len(case.retained)
    local = case.physical
    held = np.bincount(case.work_server[local], case.disk_gib[local], count)
    price = held * storage_price_per_gib("disks", scenario)
    watts, zero = held * storage_w_per_gib("disks", scenario), np.zeros(count)
    return Fleet(
        "storage",
        price,
        price * scenario.maintenance_fraction,
        start + scenario.warranty_years,
        watts,
        watts,
        zero,
        zero,
        zero,
        zero,
        start,
        end,
        label=stored("disks of new servers"),
        stored_on="disks",
    )


def one_for_one(
    case: Case, needs: ServerNeeds, scenario: Scenario, keep: np.ndarray, *, equal_cores: bool
) -> list[Fleet]:
    """Every kept server replaced by a new one now; one that nothing on sale can replace goes on."""
    types = refresh_servers(scenario)
    chosen, units = replacement(needs, types, scenario, equal_cores=equal_cores)
    count = len(chosen)
    start, end = np.zeros(count, dtype=np.int64), np.full(count, scenario.horizon_years, dtype=np.int64)
    bought = _bought(needs, types, chosen, units, scenario, start, end, case)
    disks, new = _disks(case, scenario, start, end), keep & needs.replaceable
    return [
        subset(todays_servers(case, scenario), keep & ~needs.replaceable),
        subset(bought, new),
        subset(disks, new & (disks.price > 0)),
    ]


def refresh(case: Case, needs: ServerNeeds, scenario: Scenario) -> list[Fleet]:
    """Each server replaced, when it reaches its life, by the cheapest that meets its demand.

    One of an architecture that is not on sale here is kept to the horizon, as the plan keeps it.
    """
    types, horizon, life = refresh_servers(scenario), scenario.horizon_years, scenario.server_life_years
    chosen, units = replacement(needs, types, scenario, equal_cores=False)
    due = np.ceil(case.purchase_year(scenario) + life - scenario.start_year - 1e-9)
    due = np.clip(due, 0, horizon).astype(np.int64)  # never needed within the horizon: kept to its end
    due = np.where(needs.replaceable, due, horizon)
    fleets = [todays_servers(case, scenario, end=due)]
    start, first = due, True
    while (start < horizon).any():
        now = start < horizon
        end = np.minimum(start + life, horizon)
        bought = _bought(needs, types, chosen, units, scenario, start, end, case)
        if not first:  # a licence bought with the first goes on, as with a plan's hosts
            bought = replace(bought, guest_once=None)
        disks = _disks(case, scenario, start, end)
        fleets += [subset(bought, now), subset(disks, now & (disks.price > 0))]
        start, first = end, False
    return fleets


def refresh_side(case: Case, needs: ServerNeeds, scenario: Scenario) -> Side:
    """The refresh baseline with all that goes with it."""
    fleets = refresh(case, needs, scenario)
    new = [fleet.start[fleet.guest_once > 0] for fleet in fleets if fleet.guest_once is not None]
    first = min((int(start.min()) for start in new if len(start)), default=None)
    extra = [] if first is None else access_licences(first, scenario)
    return same_machines(case, scenario, fleets, np.ones(len(case.retained), dtype=bool), extra)


def steps(keep: float, without_idle: float, newer: float, right_sized: float, target: float) -> pd.DataFrame:
    """Where the saving comes from: the differences of five totals, which sum to the whole."""
    names = ("switching off idle servers", "newer hardware, one for one", "right-sizing, one for one", "consolidation")
    totals = (keep, without_idle, newer, right_sized, target)
    return pd.DataFrame(
        {
            "step": names,
            "tco_before": totals[:-1],
            "tco_after": totals[1:],
            "saving": [before - after for before, after in itertools.pairwise(totals)],
        }
    )

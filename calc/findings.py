"""What an estate shows before any plan: machines to switch off, keep, fix or look at, and what each is worth.

Each finding has its list, the rule that made it, and its worth in a unit of its own: no money is
counted twice with the plan's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc import assumptions
from calc.costs.rates import electricity_price
from calc.demand import Demand, capacity
from calc.estate import Estate
from calc.inventory import Inventory
from calc.inventory.merging import name_key, uuid_key
from calc.language import stored
from calc.model import HostType
from calc.os_support import system_support
from calc.scenario import Scenario
from calc.units import MIB_PER_GIB, W_PER_KW


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One kind of thing found.

    Attributes
    ----------
    kind : str
        Short key, e.g. ``zombie``.
    title, rule : str
        What it is, and how it was decided.
    machines : DataFrame
        ``machine``, ``reason`` and what bears on it.
    worth : str
        What acting on it would bring, in words with a figure; "" where that cannot be said.
    """

    kind: str
    title: str
    rule: str
    machines: pd.DataFrame
    worth: str

    @property
    def count(self) -> int:
        """How many machines."""
        return len(self.machines)


def find(
    inventory: Inventory, estate: Estate, demand: Demand, scenario: Scenario, hosts: tuple[HostType, ...]
) -> tuple[Finding, ...]:
    """All findings that hold at least one machine, in a fixed order.

    Parameters
    ----------
    inventory : Inventory
    estate : Estate
    demand : Demand
    scenario : Scenario
    hosts : tuple of HostType
        Hosts that a plan may use: what fits none of them has to stay.
    """
    found = (
        _idle(inventory, estate, scenario),
        _already_virtual(inventory),
        _oversized_memory(estate, scenario),
        _disk_throughput(estate, scenario),
        _old_hardware(estate, scenario),
        _old_systems(inventory, scenario),
        _stay_physical(inventory, demand, scenario, hosts),
        _duplicates(inventory),
    )
    return tuple(finding for finding in found if finding.count)


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["machine", "reason"])


def _idle(inventory: Inventory, estate: Estate, scenario: Scenario) -> Finding:
    """Physical servers that are off, or busy with nothing and silent on the network."""
    quiet = assumptions.default("zombie_network_mbps").value
    servers = estate.servers.set_index("server")
    rows: list[dict[str, object]] = []
    for item in inventory.workloads[inventory.workloads["kind"] == "physical"].itertuples():
        readings = [value for value in (item.cpu_peak, item.cpu_p95, item.cpu_mean) if value == value]
        if not item.powered_on:
            reason = stored("switched off")
        elif (
            readings
            and max(readings) < scenario.idle_cpu_threshold
            and item.net_p95 == item.net_p95
            and item.net_p95 < quiet
        ):
            reason = stored(
                "CPU at most {readings:.1%}, network {net_p95:.2g} Mbit/s", readings=max(readings), net_p95=item.net_p95
            )
        elif readings and max(readings) < scenario.idle_cpu_threshold and item.net_p95 != item.net_p95:
            reason = stored(
                "CPU at most {readings:.1%}; no network reading: look before switching off", readings=max(readings)
            )
        else:
            continue
        watts = 0.0 if not item.powered_on else float(servers.at[item.server, "idle_w"])
        rows.append({"machine": item.workload, "reason": reason, "idle_w": round(watts)})
    energy = sum(float(str(row["idle_w"])) for row in rows) / W_PER_KW * scenario.pue * scenario.hours_per_year
    price = electricity_price(scenario).per_kwh
    worth = (
        stored(
            "{energy:,.0f} kWh a year at idle power and PUE, {energy2:,.0f} {currency} a year",
            energy=energy,
            energy2=energy * price,
            currency=scenario.currency,
        )
        if energy
        else ""
    )
    return Finding(
        "zombie",
        stored("Switch off, do not migrate"),
        stored(
            "switched off, or no CPU reading of {idle_cpu_threshold:.0%} or more and network below {quiet:g} Mbit/s",
            idle_cpu_threshold=scenario.idle_cpu_threshold,
            quiet=quiet,
        ),
        _frame(rows),
        worth,
    )


def _already_virtual(inventory: Inventory) -> Finding:
    vms = inventory.workloads[(inventory.workloads["kind"] == "vm") & (inventory.workloads["server"] == "")]
    rows = [{"machine": name, "reason": stored("is a VM whose host is not listed")} for name in vms["workload"]]
    return Finding(
        "already_virtual",
        stored("Virtual already, host not known"),
        stored("marked virtual, and no listed server holds it"),
        _frame(rows),
        "",
    )


#: How many of the busiest disks a finding names.
_BUSIEST = 20


def _disk_throughput(estate: Estate, scenario: Scenario) -> Finding:
    """Measured disk operations that no stated capacity of a host is held against."""
    iops = estate.workloads["disk_iops"].to_numpy(float)
    read = np.flatnonzero(~np.isnan(iops)) if scenario.host_iops is None else np.zeros(0, dtype=np.int64)
    total = float(iops[read].sum())
    busiest = read[np.argsort(-iops[read], kind="stable")][:_BUSIEST]
    rows = [
        {
            "machine": estate.workloads["workload"].iat[index],
            "reason": stored(
                "{iops:,.0f} IOPS, {share:.1%} of what is measured",
                iops=iops[index],
                share=iops[index] / max(total, 1e-12),
            ),
        }
        for index in busiest.tolist()
    ]
    return Finding(
        "disk_throughput",
        stored("Disk throughput is measured and not planned"),
        stored(
            "{count:,} workloads have a reading, {total:,.0f} IOPS together; the busiest are listed. No table says what a host "
            "may serve: state host_iops, and it is planned",
            count=len(read),
            total=total,
        ),
        _frame(rows),
        "",
    )


def _oversized_memory(estate: Estate, scenario: Scenario) -> Finding:
    share = assumptions.default("oversized_memory_share").value
    frame = estate.workloads
    installed = frame["memory_gib"].to_numpy(float)
    reading = frame["mem_p95"].fillna(frame["mem_peak"]).fillna(frame["mem_mean"]).to_numpy(float)
    need = np.ceil(installed * reading * scenario.memory_headroom_factor)
    large = np.flatnonzero(need < share * installed).tolist()
    spare = {index: round(installed[index] - need[index]) for index in large}
    rows = [
        {
            "machine": frame["workload"].iat[index],
            "reason": stored("needs {need:.0f} of {installed:.0f} GiB", need=need[index], installed=installed[index]),
            "spare_gib": spare[index],
        }
        for index in large
    ]
    return Finding(
        "oversized_memory",
        stored("More memory than it needs"),
        stored(
            "p95, peak or mean in use x {memory_headroom_factor:g} is below {share:.0%} of what is installed or "
            "configured",
            memory_headroom_factor=scenario.memory_headroom_factor,
            share=share,
        ),
        _frame(rows),
        stored(
            "{spare:,.0f} GiB that no plan has to buy (VMs are packed at their configured size until it is changed)",
            spare=sum(spare[index] for index in large),
        )
        if rows
        else "",
    )


def _old_hardware(estate: Estate, scenario: Scenario) -> Finding:
    servers = estate.servers[estate.servers["purchase_date"].notna()]
    age = scenario.start_year - servers["purchase_date"]
    old = servers[age >= scenario.server_life_years]
    rows = [
        {
            "machine": item.server,
            "reason": stored(
                "bought {purchase_date:.0f}, {start_year:.0f} years old",
                purchase_date=item.purchase_date,
                start_year=scenario.start_year - item.purchase_date,
            ),
        }
        for item in old.itertuples()
    ]
    cost = float(old["maintenance_per_year"].sum())
    return Finding(
        "old_hardware",
        stored("Hardware at the end of its life"),
        stored(
            "purchase date given, {server_life_years:g} years or more before {start_year}",
            server_life_years=scenario.server_life_years,
            start_year=scenario.start_year,
        ),
        _frame(rows),
        stored(
            "{cost:,.0f} {currency} of maintenance a year, given or estimated", cost=cost, currency=scenario.currency
        )
        if rows
        else "",
    )


def _old_systems(inventory: Inventory, scenario: Scenario) -> Finding:
    known = {name: system_support(name) for name in inventory.workloads["os"].unique() if name}
    rows: list[dict[str, object]] = []
    for item in inventory.workloads.itertuples():
        support = known.get(item.os)
        if support and support[1].year < scenario.start_year + 1:
            rows.append(
                {
                    "machine": item.workload,
                    "reason": stored(
                        "{os}: support ends or ended {support}", os=item.os, support=support[1].isoformat()
                    ),
                }
            )
    return Finding(
        "old_system",
        stored("Operating system without support"),
        stored(
            "support ends before the end of {start_year} (data/reference/os_support.csv)",
            start_year=scenario.start_year,
        ),
        _frame(rows),
        "",
    )


def _stay_physical(inventory: Inventory, demand: Demand, scenario: Scenario, hosts: tuple[HostType, ...]) -> Finding:
    """Servers that a plan cannot or should not take, each with its reason."""
    room = {host.arch: np.zeros(len(demand.dimensions)) for host in hosts}
    for host in hosts:
        room[host.arch] = np.maximum(room[host.arch], capacity(host, demand.dimensions, scenario))
    table = demand.table
    source = inventory.workloads.drop_duplicates("workload").set_index("workload")
    rows: list[dict[str, object]] = []
    for position, item in enumerate(table.itertuples()):
        reasons = [item.stay_reason] if item.stay_reason else []
        if item.kind == "physical" and item.workload in source.index:
            own = source.loc[item.workload]
            if own["devices"]:
                reasons.append(stored("special hardware: {devices}", devices=own["devices"]))
            if "oracle" in f"{own['database']} {item.application}".casefold():
                reasons.append(stored("Oracle: licensing may count every core of the hosts it could run on"))
        if item.arch in room:
            over = demand.amounts[position] > room[item.arch]
            for k in np.flatnonzero(over).tolist():
                factor = MIB_PER_GIB if demand.dimensions[k] == "memory" else 1
                reasons.append(
                    stored(
                        "bigger than any host: {dimensions} {amounts:,.0f} of {room:,.0f}",
                        dimensions=demand.dimensions[k],
                        amounts=demand.amounts[position][k] / factor,
                        room=room[item.arch][k] / factor,
                    )
                )
        if reasons:
            rows.append({"machine": item.workload, "reason": "; ".join(dict.fromkeys(reasons))})
    return Finding(
        "stay_physical",
        stored("Should stay, or needs a decision first"),
        stored("excluded, foreign architecture, bigger than any allowed host, special hardware, or Oracle"),
        _frame(rows),
        "",
    )


def _duplicates(inventory: Inventory) -> Finding:
    """Machines that share an identifier, or whose names differ in the domain only."""
    servers, workloads = inventory.servers, inventory.workloads
    vms = workloads[workloads["kind"] == "vm"]
    everything = pd.DataFrame(
        {
            "machine": [*servers["server"], *vms["workload"]],
            "serial": [*servers["serial"], *([""] * len(vms))],
            "uuid": [*servers["uuid"], *vms["uuid"]],
        },
        dtype=object,
    )
    keys: dict[str, Callable[[object], str]] = {
        stored("serial number"): lambda item: str(item.serial).casefold(),  # type: ignore[attr-defined]
        "UUID": lambda item: min(uuid_key(item.uuid), default=""),  # type: ignore[attr-defined]
        stored("name without the domain"): lambda item: name_key(item.machine)[0],  # type: ignore[attr-defined]
    }
    rows: list[dict[str, object]] = []
    seen: set[tuple[str, ...]] = set()
    for label, key in keys.items():
        groups: dict[str, list[str]] = {}
        for item in everything.itertuples():
            value = key(item)
            if value:
                groups.setdefault(value, []).append(item.machine)
        for value, members in groups.items():
            names = tuple(sorted(members))
            if len(names) > 1 and names not in seen:
                seen.add(names)
                rows.append(
                    {
                        "machine": ", ".join(names),
                        "reason": stored("share the {label} {value}", label=label, value=value),
                    }
                )
    return Finding(
        "duplicate",
        stored("Perhaps one machine twice"),
        stored(
            "same serial number, UUID, or name without the domain; counted twice in servers and savings if they are one"
        ),
        _frame(rows),
        "",
    )

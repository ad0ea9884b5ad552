"""The inventory with every gap filled by a sourced default, each one counted.

The inventory says only what the files say. Here the gaps are filled, once, and every fill is
counted by field, so that the result can state how many of its inputs are assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc.errors import InventoryError
from calc.gaps import AssumedInput, Gaps, source_of
from calc.inventory import Inventory
from calc.language import stored
from calc.profiles import Telemetry
from calc.scenario import Scenario
from calc.server_gaps import fill_servers


@dataclass(frozen=True, slots=True)
class Estate:
    """Servers and workloads without gaps.

    Attributes
    ----------
    servers : DataFrame
        Those of the inventory plus ``score_per_core``, ``score_low``, ``score_high``,
        ``score_basis``, ``purchase_year``, ``idle_w``, ``full_w`` and ``power_basis``; no NaN in
        any column that demand and costs read. ``assumed_server`` marks added ones.
    workloads : DataFrame
        Workloads that take part, powered on, each with a server.
    left_out : DataFrame
        Workloads that take no part, with a ``reason``.
    assumed : tuple of AssumedInput
    telemetry : Telemetry or None
        The inventory's.
    filled : tuple of DataFrame
        What was looked up or assumed, in the columns of ``Inventory.provenance``.
    """

    servers: pd.DataFrame
    workloads: pd.DataFrame
    left_out: pd.DataFrame
    assumed: tuple[AssumedInput, ...]
    telemetry: Telemetry | None = None
    filled: tuple[pd.DataFrame, ...] = ()

    @property
    def provenance(self) -> pd.DataFrame:
        """Every value that the files do not hold: table, name, column, value, origin, rule, file."""
        columns = ["table", "name", "column", "value", "origin", "rule", "file"]
        return pd.concat(self.filled, ignore_index=True)[columns] if self.filled else pd.DataFrame(columns=columns)

    @property
    def assumed_count(self) -> int:
        """How many single inputs are assumed."""
        return sum(item.count for item in self.assumed)


def complete(inventory: Inventory, scenario: Scenario) -> Estate:
    """Fill every gap of an inventory with the scenario's defaults.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario

    Returns
    -------
    Estate
    """
    gaps = Gaps()
    servers, workloads = inventory.servers.copy(), inventory.workloads.copy()
    servers["assumed_server"] = False
    workloads, left_out, servers = _unmatched(servers, workloads, scenario, gaps)
    _fill_memory_of_hosts(servers, workloads, gaps)
    fill_servers(servers, scenario, gaps)
    off = ~workloads["powered_on"].astype(bool)
    left_out = pd.concat(
        [left_out, workloads[off].assign(reason=stored("powered off or a template: needs storage only"))]
    )
    workloads = workloads[~off].reset_index(drop=True)
    _fill_workloads(workloads, servers, scenario, gaps)
    return Estate(
        servers.reset_index(drop=True),
        workloads,
        left_out.reset_index(drop=True),
        tuple(gaps.assumed),
        inventory.telemetry,
        tuple(gaps.filled),
    )


def _unmatched(
    servers: pd.DataFrame, workloads: pd.DataFrame, scenario: Scenario, gaps: Gaps
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Workloads whose host is not listed leave both sides, or get a counted, assumed server."""
    lost = workloads["server"] == ""
    if not lost.any():
        return workloads, workloads[lost].assign(reason=""), servers
    if scenario.unmatched_workloads == "leave_out":
        return (
            workloads[~lost],
            workloads[lost].assign(reason=stored("its host is not in the export: left out of both sides")),
            servers,
        )
    if servers.empty:
        raise InventoryError(
            stored(
                "every machine is virtual and no server is listed: give a list of the hosts beside it (a "
                "hypervisor's export, or a table with name, cores and memory), so that something can be compared"
            )
        )
    # How many servers are missing is not known: the estate's own ratio is used and stated.
    ratio = max(1, round((~lost).sum() / max(1, len(servers))))
    common = servers.groupby(["cpu_model", "cores", "memory_gib"]).size().idxmax()
    like = servers[
        (servers["cpu_model"] == common[0]) & (servers["cores"] == common[1]) & (servers["memory_gib"] == common[2])
    ].iloc[0]
    workloads = workloads.copy()
    added: list[dict[object, object]] = []
    for (site, zone), group in workloads[lost].groupby(["site", "zone"]):
        for start in range(0, len(group), ratio):
            name = f"assumed-{len(added) + 1:02d}"
            added.append(
                {**like.to_dict(), "server": name, "serial": "", "site": site, "zone": zone, "assumed_server": True}
            )
            members = group.index[start : start + ratio]
            workloads.loc[members, "server"] = name
            workloads.loc[members, ["cpu_model", "arch"]] = [like["cpu_model"], like["arch"]]
    gaps.assumed.append(
        AssumedInput(
            stored("server of workloads whose host is not in the export"),
            len(added),
            stored("like {server}, one for every {ratio} workloads", server=like["server"], ratio=ratio),
            stored("this estate's own most common server and ratio"),
        )
    )
    return workloads, workloads.iloc[:0].assign(reason=""), pd.concat([servers, pd.DataFrame(added)], ignore_index=True)


def _fill_memory_of_hosts(servers: pd.DataFrame, workloads: pd.DataFrame, gaps: Gaps) -> None:
    """A host whose memory the export leaves out holds at least what its VMs are configured with."""
    configured = workloads.groupby("server")["memory_gib"].sum()
    gaps.fill(
        servers,
        "memory_gib",
        np.ceil(servers["server"].map(configured).fillna(0.0)),
        stored("memory of a host"),
        stored("configured memory of its VMs"),
        stored("rule: a host holds at least what its VMs are configured with"),
    )


def _fill_workloads(workloads: pd.DataFrame, servers: pd.DataFrame, scenario: Scenario, gaps: Gaps) -> None:
    at = servers.set_index("server")
    for name in ("score_per_core", "score_low", "score_high", "threads"):
        workloads[name] = workloads["server"].map(at[name]).astype(float)
    workloads["server_cores"] = workloads["server"].map(at["cores"]).astype(float)
    workloads["cores"] = workloads["cores"].fillna(workloads["server_cores"])
    workloads["vcpus"] = workloads["vcpus"].fillna(workloads["cores"])  # a physical core becomes a vCPU
    no_cpu = workloads[["cpu_mean", "cpu_p95", "cpu_peak"]].isna().all(axis=1)
    workloads["cpu_basis"] = np.where(no_cpu, "default", "given")
    gaps.fill(
        workloads,
        "cpu_mean",
        scenario.cpu_mean_default,
        stored("CPU utilisation"),
        stored("{cpu_mean_default:.0%} on average", cpu_mean_default=scenario.cpu_mean_default),
        source_of("cpu_mean_default"),
        where=no_cpu,
    )
    physical = workloads["kind"] == "physical"
    no_memory = workloads[["mem_mean", "mem_p95", "mem_peak"]].isna().all(axis=1) & physical
    gaps.count(
        no_memory,
        stored("memory utilisation"),
        stored("all that is installed"),
        stored("rule: no reading, no reduction"),
    )
    workloads["disk_used_gib"] = workloads["disk_used_gib"].fillna(workloads["disk_gib"])
    gaps.fill(
        workloads,
        "disk_used_gib",
        scenario.disk_used_gib_default,
        stored("disk in use"),
        stored("{disk_used_gib_default:g} GiB", disk_used_gib_default=scenario.disk_used_gib_default),
        source_of("disk_used_gib_default"),
        where=physical,
    )

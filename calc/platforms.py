"""What the choice of platform means: hypervisors side by side, NUMA, cautions."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

import pandas as pd

from calc import hypervisors
from calc.assessment import Assessment
from calc.catalogue import allowed_hosts
from calc.demand import capacity
from calc.errors import ScenarioError
from calc.hypervisors import Hypervisor
from calc.inventory import Inventory
from calc.language import stored
from calc.planning import Limits
from calc.scenario import Scenario
from calc.several import assess_several
from calc.units import MIB_PER_GIB, MILLI


def cautions(scenario: Scenario) -> list[str]:
    """What a user must know about the chosen hypervisor, in sentences.

    Examples
    --------
    >>> cautions(Scenario())
    []
    >>> cautions(Scenario(memory_overcommit=1.5))[0]
    'Memory is overcommitted 1.5 times: when guests use what they were given at the same time, they are ballooned or swapped, and slow down together.'
    """
    hypervisor = hypervisors.get(scenario.hypervisor)
    found: list[str] = []
    if hypervisor.type == 2:
        found.append(
            stored(
                "{name} runs on a host operating system ({host_os}): {host_os_cores:g} cores and "
                "{host_os_memory_gib:g} GiB of every host go to it, and it must be patched and restarted, with every "
                "guest on it.",
                name=hypervisor.name,
                host_os=hypervisor.host_os,
                host_os_cores=hypervisor.host_os_cores,
                host_os_memory_gib=hypervisor.host_os_memory_gib,
            )
        )
    if not hypervisor.high_availability:
        found.append(
            stored(
                "{name} does not restart guests on another host by itself: the room for N+{failover_hosts} is there, "
                "but somebody or something else must start them.",
                name=hypervisor.name,
                failover_hosts=scenario.failover_hosts,
            )
        )
    if not hypervisor.live_migration:
        found.append(
            stored(
                "{name} cannot move a running guest to another host: maintenance means downtime.", name=hypervisor.name
            )
        )
    if scenario.memory_overcommit > 1:
        found.append(
            stored(
                "Memory is overcommitted {memory_overcommit:g} times: when guests use what they were given at the "
                "same time, they are ballooned or swapped, and slow down together.",
                memory_overcommit=scenario.memory_overcommit,
            )
        )
    return found


def compare_hypervisors(
    inventory: Inventory,
    scenario: Scenario,
    names: Sequence[str] = (),
    *,
    same_workloads: bool = False,
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> tuple[pd.DataFrame, dict[str, Assessment]]:
    """The same estate on several hypervisors.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    names : sequence of str, optional
        Identifiers; all of them by default.
    same_workloads : bool
        Compare only workloads that every one of them can run; the others stay where they are for
        all. Without it a hypervisor that leaves more behind looks cheaper than it is.
    limits : Limits, optional
    executor : concurrent.futures.Executor, optional
        Plans them side by side; the table is the same without.

    Returns
    -------
    (DataFrame, dict of str to Assessment)
        One row a hypervisor: id, name, type, hosts, at_least, staying (workloads that cannot
        move), licences (over the horizon), tco_target, extra_tco (against the first row),
        live_migration, high_availability, cautions. Those that move most come first, the cheapest
        of them at the top. Host models are chosen anew for each: allow one only to compare hosts.
    """
    names = tuple(names or hypervisors.ids())
    if same_workloads:
        inventory = _everywhere(inventory, scenario, names, limits, executor)
    scenarios = [_with(scenario, hypervisors.get(name)) for name in names]
    answers = dict(zip(names, assess_several(inventory, scenarios, limits=limits, executor=executor), strict=True))
    rows = []
    for name, mine in zip(names, scenarios, strict=True):
        kind, answer = hypervisors.get(name), answers[name]
        notes = cautions(mine)
        if mine.memory_overcommit != scenario.memory_overcommit:
            notes.append(
                stored(
                    "Without the memory overcommit of {memory_overcommit:g} that was asked for.",
                    memory_overcommit=scenario.memory_overcommit,
                )
            )
        rows.append(
            {
                "id": name,
                "name": kind.name,
                "type": kind.type,
                "hosts": answer.hosts_after,
                "at_least": answer.hosts_lower_bound,
                "staying": len(answer.unplaced),
                "licences": float(answer.flows["target"]["hypervisor"].sum()),
                "tco_target": answer.comparison.tco_target,
                "live_migration": kind.live_migration,
                "high_availability": kind.high_availability,
                "cautions": " ".join(notes),
            }
        )
    table = pd.DataFrame(rows).sort_values(["staying", "tco_target", "id"], kind="stable").reset_index(drop=True)
    table.insert(8, "extra_tco", table["tco_target"] - table["tco_target"].iloc[0])
    return table, answers


def _with(scenario: Scenario, kind: Hypervisor) -> Scenario:
    """The scenario on another hypervisor, without the memory overcommit that it does not offer."""
    overcommit = scenario.memory_overcommit if kind.memory_overcommit else 1.0
    return scenario.varied(hypervisor=kind.id, memory_overcommit=overcommit)


def _everywhere(
    inventory: Inventory,
    scenario: Scenario,
    names: Sequence[str],
    limits: Limits | None,
    executor: Executor | None,
) -> Inventory:
    """The inventory with what some hypervisor cannot run excluded."""
    quick = [scenario.varied(hypervisor=name, memory_overcommit=1.0, effort="quick") for name in names]
    answers = assess_several(inventory, quick, limits=limits, executor=executor)
    left = {workload for answer in answers for workload in answer.unplaced["workload"]}
    workloads = inventory.workloads.copy()
    free = workloads["workload"].isin(left) & (workloads["exclude_reason"] == "")
    workloads.loc[free, "exclude_reason"] = stored("not every hypervisor that is compared can run it")
    return replace(inventory, workloads=workloads)


def numa_flags(assessment: Assessment) -> pd.DataFrame:
    """Placed workloads that are wider than a NUMA node of their host: they reach over to far memory.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    DataFrame
        workload, host, host_type, vcpus, node_cores, memory_gib, node_memory_gib.

    Notes
    -----
    A node is taken as a socket: cores and memory divided by the number of sockets. Processors that
    can be set to more nodes a socket are flagged late, never early.
    """
    types = {host.id: host for pool in assessment.pools for host in pool.types}
    kind_of = dict(zip(assessment.hosts["host"], assessment.hosts["host_type"], strict=True))
    home = dict(zip(assessment.placement["workload"], assessment.placement["host"], strict=True))
    names = list(assessment.demand.dimensions)
    rows = []
    for position, workload in enumerate(assessment.demand.table["workload"]):
        if workload not in home:
            continue
        host = types[kind_of[home[workload]]]
        vcpus = int(assessment.demand.amounts[position, names.index("vcpu")])
        memory = float(assessment.demand.amounts[position, names.index("memory")]) / MIB_PER_GIB
        node_cores, node_memory = host.cores / host.sockets, host.memory_gib / host.sockets
        if vcpus > node_cores or memory > node_memory:
            rows.append((workload, home[workload], host.name, vcpus, node_cores, memory, node_memory))
    columns = ["workload", "host", "host_type", "vcpus", "node_cores", "memory_gib", "node_memory_gib"]
    return pd.DataFrame(rows, columns=columns)


def effective_capacity(scenario: Scenario, host_id: str) -> pd.DataFrame:
    """What is left of one host model under each hypervisor and under emulation, in the units a person reads.

    Parameters
    ----------
    scenario : Scenario
    host_id : str
        Of an allowed host model.

    Returns
    -------
    DataFrame
        id, name, type, cpu_units (SPECrate2017_int_base points), memory_gib, vcpus, network_mbps.

    Raises
    ------
    ScenarioError
        When the host model is not allowed.
    """
    found = {host.id: host for host in allowed_hosts(scenario)}
    if host_id not in found:
        raise ScenarioError(
            stored(
                "host model {host_id!r} is not allowed here; choose one of {found}",
                host_id=host_id,
                found=", ".join(found),
            )
        )
    rows = []
    for name in hypervisors.ids(emulators=True):
        kind = hypervisors.get(name)
        mine = scenario.model_copy(update={"hypervisor": name, "memory_overcommit": 1.0})
        cpu, memory, vcpus, network = capacity(found[host_id], ("cpu", "memory", "vcpu", "network"), mine)
        # The CPU overhead is charged to physical workloads; here it is taken off the host, to compare.
        rows.append(
            (name, kind.name, kind.type, cpu / MILLI / (1 + kind.cpu_overhead), memory / MIB_PER_GIB, vcpus, network)
        )
    return pd.DataFrame(rows, columns=["id", "name", "type", "cpu_units", "memory_gib", "vcpus", "network_mbps"])

"""Foreign architectures: what becomes of each, and stay, emulate or re-platform in money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from calc import assumptions, hypervisors
from calc.assessment import Assessment
from calc.catalogue import allowed_hosts
from calc.costs.cashflow import present_value
from calc.costs.complexity import migration_price
from calc.costs.fleet import subset
from calc.costs.sides import host_coefficient, load_coefficient, todays_servers
from calc.demand import capacity
from calc.language import joined, stored
from calc.model import HostType

#: Architecture of the hosts that emulate.
_EMULATING = "x86_64"


def architectures(assessment: Assessment) -> pd.DataFrame:
    """Every architecture of the estate, and what becomes of it.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    DataFrame
        One row an architecture: architecture, workloads, placed, way ('virtualised', 'runs natively
        on' the hosts of another name, or 'stays: emulate, stay or re-platform').

    Notes
    -----
    32-bit x86 needs no emulation: x86-64 processors run it as it is, so it shares their hosts.
    """
    arch = assessment.estate.workloads["arch"].to_numpy()
    placed = np.isin(assessment.demand.table["workload"], assessment.placement["workload"])
    native = {host.arch for host in allowed_hosts(assessment.scenario)}
    rows = []
    for name in dict.fromkeys(arch):
        entry = hypervisors.architecture(str(name))
        on = hypervisors.runs_on(str(name))
        mine = arch == name
        if on not in native:
            way = stored("stays: emulate, keep or re-platform")
        elif entry is not None and entry.arch != on:
            way = stored("runs natively on {arch} hosts, without emulation", arch=on)
        else:
            way = stored("virtualised")
        rows.append((entry.name if entry else str(name), int(mine.sum()), int((mine & placed).sum()), way))
    return pd.DataFrame(rows, columns=["architecture", "workloads", "placed", "way"])


def foreign_options(assessment: Assessment) -> pd.DataFrame:
    """Every server of a foreign architecture: stay, emulate or re-platform, and what is cheapest.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    DataFrame
        One row a server: server, architecture, workloads, utilisation (planned, of its cores),
        integer_factor, floating_factor (NaN where it cannot be emulated), stay, emulate_integer,
        emulate_floating, replatform (present values over the horizon, in the scenario's currency;
        infinite where impossible), recommended, caution.

    Notes
    -----
    Nothing of this is in the plan: foreign workloads stay until somebody decides otherwise.
    *Stay* is what the server costs to run. *Emulate* and *re-platform* take a share of a host (its
    tightest resource, times what the host costs over the horizon) and the energy of the load;
    migration, or re-platforming, is paid once. Emulation runs on x86-64 hosts of its own, by the row
    of `calc.hypervisors.emulator`: CPU times the factor of the architecture instead of the
    hypervisor's overhead, a host operating system, its memory overhead, no licence.
    """
    scenario = assessment.scenario
    table = assessment.demand.table
    hosts = allowed_hosts(scenario)
    native = {host.arch for host in hosts}
    foreign = ~table["arch"].isin(native).to_numpy() & (assessment.estate.workloads["exclude_reason"] == "").to_numpy()
    servers = assessment.estate.servers
    today = todays_servers(assessment.case, scenario)
    limit = assumptions.default("emulation_utilisation_max").value
    rows = []
    for server, members in table[foreign].groupby("server", sort=False):
        index = members.index.to_numpy()
        arch = str(members["arch"].iloc[0])
        entry = hypervisors.architecture(arch)
        keep = subset(today, (servers["server"] == server).to_numpy())
        stay = sum(present_value(flow, scenario.discount_rate) for flow in keep.lines(scenario).values())
        known = [host for host in hosts if entry is None or host.arch == _EMULATING]
        can = entry is not None and entry.emulated
        factors = (entry.integer_factor, entry.floating_factor) if can and entry else (None, None)
        integer, floating = (
            float("inf") if factor is None else _moved(assessment, index, known, factor) for factor in factors
        )
        options = {
            "stay": stay,
            "emulate_integer": integer,
            "emulate_floating": floating,
            "replatform": _moved(assessment, index, known, None),
        }
        busy = float((members["utilisation"] * members["cores"]).sum() / members["cores"].sum())
        cheapest = min(("stay", "emulate_integer", "replatform"), key=lambda name: options[name])
        rows.append(
            {
                "server": server,
                "architecture": entry.name if entry else arch,
                "workloads": len(index),
                "utilisation": busy,
                "integer_factor": entry.integer_factor if can and entry else float("nan"),
                "floating_factor": entry.floating_factor if can and entry else float("nan"),
                **options,
                "recommended": {"stay": "stay", "emulate_integer": "emulate", "replatform": "re-platform"}[cheapest],
                "caution": _caution(cheapest, busy, limit, options, entry is None),
            }
        )
    columns = ["server", "architecture", "workloads", "utilisation", "integer_factor", "floating_factor", "stay"]
    columns += ["emulate_integer", "emulate_floating", "replatform", "recommended", "caution"]
    return pd.DataFrame(rows, columns=columns)


def _moved(assessment: Assessment, index: np.ndarray, hosts: Sequence[HostType], factor: float | None) -> float:
    """Present value of some workloads on their share of the cheapest fitting host.

    Parameters
    ----------
    factor : float or None
        Of their emulation; None where they are re-platformed for the scenario's hypervisor.
    """
    scenario, demand = assessment.scenario, assessment.demand
    need = demand.amounts[index].astype(float)
    mean = demand.table["cpu_mean_units"].to_numpy(float)[index]
    one_off = scenario.money("replatform_per_workload")
    if factor is not None:
        rule = hypervisors.emulator()
        overhead = demand.table["overhead"].to_numpy(float)[index]
        cpu = np.array([name.split("@")[0] == "cpu" for name in demand.dimensions])
        need[:, cpu] *= (factor / overhead)[:, None]
        mean = mean * factor / overhead
        memory = 1 + hypervisors.get(scenario.hypervisor).memory_overhead
        need[:, list(demand.dimensions).index("memory")] *= (1 + rule.memory_overhead) / memory
        # No scenario may name the emulator as its hypervisor; here its row stands in for one host.
        scenario = scenario.model_copy(update={"hypervisor": rule.id, "memory_overcommit": 1.0})
        one_off = migration_price("simple", scenario)
    best = float("inf")
    for host in hosts:
        room = np.maximum(capacity(host, demand.dimensions, scenario), 1)
        shares = (need / room).max(axis=1)
        if (shares <= 1).all():
            cost = float(shares.sum()) * host_coefficient(host, scenario)
            best = min(best, cost + float(mean.sum()) * load_coefficient(host, scenario))
    return best + one_off * len(index)


def _caution(cheapest: str, busy: float, limit: float, options: dict[str, float], unknown: bool) -> str:
    if unknown:
        return stored(
            "This architecture is not in the table: it was compared as if it could only stay or be re-platformed."
        )
    if cheapest != "emulate_integer":
        return ""
    parts = []
    if busy > limit:
        parts.append(
            stored(
                "It is {busy:.0%} busy: above {limit:.0%} emulation is slow for those who wait for it.",
                busy=busy,
                limit=limit,
            )
        )
    if options["emulate_floating"] > min(options["stay"], options["replatform"]):
        parts.append(stored("For floating-point work another way is cheaper."))
    parts.append(stored("One thread is slower by the whole factor, however many cores a host has."))
    return joined(parts, " ")

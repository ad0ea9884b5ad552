"""Consolidation on servers that are owned already and still within their life."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from calc.alternatives.entries import Alternative, form_entry
from calc.assessment import Assessment
from calc.catalogue import allowed_hosts
from calc.costs.cloud import ARCHITECTURE
from calc.costs.pricing import target_side
from calc.language import stored
from calc.scenario import HostTypeEntry, Scenario

#: Kinds of owned servers offered as hosts: more slow the packing, and small ones are rarely worth a host.
_MOST_OWNED = 8


def _groups(a: Assessment) -> dict[str, pd.DataFrame]:
    """Servers that may become hosts, kind by kind: within their life, and not kept because a workload of theirs is."""
    servers, scenario = a.estate.servers, a.scenario
    young = servers[
        (servers["purchase_year"] + scenario.server_life_years > scenario.start_year)
        & (servers["arch"] == ARCHITECTURE)
        & ~servers["assumed_server"].astype(bool)
        & ~a.retained
    ]
    groups = [group for _, group in young.groupby(["cpu_model", "cores", "memory_gib"], sort=True)]
    compute = [float((group["cores"] * group["score_per_core"]).sum()) for group in groups]
    order = sorted(range(len(groups)), key=lambda index: -compute[index])[:_MOST_OWNED]
    return {f"owned-{number + 1}": groups[index] for number, index in enumerate(sorted(order))}


def reusable_hosts(a: Assessment) -> tuple[HostTypeEntry, ...]:
    """Today's servers that are still within their life, as host types of a limited number at no price.

    Their maintenance goes on as today, and they are kept to the horizon, as on the baseline. Of
    many kinds of servers the eight with the most compute are offered.
    """
    found = []
    for name, group in _groups(a).items():
        first = group.iloc[0]
        found.append(
            HostTypeEntry(
                id=name,
                name=stored(
                    "owned: {model}, {cores} cores, {memory:g} GiB",
                    model=first["cpu_model"] or stored("server"),
                    cores=int(first["cores"]),
                    memory=float(first["memory_gib"]),
                ),
                cpu_model=str(first["cpu_model"]),
                sockets=max(1, int(first["sockets"])),
                cores=int(first["cores"]),
                memory_gib=float(first["memory_gib"]),
                score_per_core=float(first["score_per_core"]),
                idle_w=float(group["idle_w"].mean()),
                full_w=float(max(group["full_w"].mean(), group["idle_w"].mean())),
                tested_memory_gib=float(first["memory_gib"]),
                rack_units=float(group["rack_units"].mean()),
                price=0.0,
                available=len(group),
                maintenance_per_year=float(group["maintenance_per_year"].mean()),
            )
        )
    return tuple(found)


def _become_hosts(a: Assessment, used: pd.Series) -> np.ndarray:
    """Which servers are the owned hosts of a plan, shape (S,): of each kind the youngest, as many as the plan uses."""
    mask = np.zeros(len(a.estate.servers), dtype=bool)
    for name, group in _groups(a).items():
        order = group.sort_values(["purchase_year", "server"], ascending=[False, True])
        mask[order.index[: int((used == name).sum())]] = True
    return mask


def with_owned(a: Assessment) -> Scenario | None:
    """The scenario with owned servers as hosts beside the plan's own; None where no server is within its life."""
    entries = reusable_hosts(a)
    if not entries:
        return None
    scenario = a.scenario
    used = {host_type.split("+")[0] for host_type in a.hosts["host_type"]}
    current = [host.id for host in allowed_hosts(scenario) if host.available is None and host.id in used]
    own = tuple(entry for entry in scenario.custom_host_types if entry.id not in {e.id for e in entries})
    return scenario.varied(
        host_policy="mixed",
        custom_host_types=[entry.model_dump() for entry in (*own, *entries)],
        host_types=(*current, *(entry.id for entry in entries)),
    )


def reused(a: Assessment, other: Assessment) -> Alternative:
    """The plan on owned servers first, the rest bought.

    Parameters
    ----------
    other : Assessment
        Of the scenario that `with_owned` gives.
    """
    base = other.hosts["host_type"].str.partition("+")[0]
    mask = _become_hosts(a, base)
    # What becomes a host is neither sold nor disposed of, runs once, and keeps its value.
    case = replace(other.case, reused=mask)
    return form_entry(
        a,
        stored("Consolidate on reused hosts, the rest bought"),
        "reuse",
        target_side(case, other.scenario),
        hosts=other.hosts_after,
        kept=other.servers_retained,
        note=stored("{owned} owned servers become hosts, kept to the horizon", owned=int(mask.sum())),
        scenario=other.scenario,
        case=case,
    )

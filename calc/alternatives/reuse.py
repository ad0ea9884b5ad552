"""Consolidation on servers that are owned already and still within their life."""

from __future__ import annotations

from calc.alternatives.entries import Alternative, form_entry
from calc.assessment import Assessment
from calc.catalogue import allowed_hosts
from calc.costs.cloud import ARCHITECTURE
from calc.language import stored
from calc.scenario import HostTypeEntry, Scenario

#: Kinds of owned servers offered as hosts: more slow the packing, and small ones are rarely worth a host.
_MOST_OWNED = 8


def reusable_hosts(a: Assessment) -> tuple[HostTypeEntry, ...]:
    """Today's servers that are still within their life, as host types of a limited number at no price.

    Their maintenance goes on as today, and they are kept to the horizon, as on the baseline. Of
    many kinds of servers the eight with the most compute are offered.
    """
    servers, scenario = a.estate.servers, a.scenario
    young = servers[
        (servers["purchase_year"] + scenario.server_life_years > scenario.start_year)
        & (servers["arch"] == ARCHITECTURE)
        & ~servers["assumed_server"].astype(bool)
    ]
    found = []
    keys = ["cpu_model", "cores", "memory_gib"]
    groups = list(young.groupby(keys, sort=True))
    compute = [float((group["cores"] * group["score_per_core"]).sum()) for _, group in groups]
    order = sorted(range(len(groups)), key=lambda index: -compute[index])[:_MOST_OWNED]
    for number, index in enumerate(sorted(order)):
        (model, cores, memory), group = groups[index]
        first = group.iloc[0]
        found.append(
            HostTypeEntry(
                id=f"owned-{number + 1}",
                name=stored(
                    "owned: {model}, {cores} cores, {memory:g} GiB",
                    model=model or stored("server"),
                    cores=int(cores),
                    memory=memory,
                ),
                cpu_model=str(model),
                sockets=max(1, int(first["sockets"])),
                cores=int(cores),
                memory_gib=float(memory),
                score_per_core=float(first["score_per_core"]),
                idle_w=float(group["idle_w"].mean()),
                full_w=float(max(group["full_w"].mean(), group["idle_w"].mean())),
                tested_memory_gib=float(memory),
                rack_units=float(group["rack_units"].mean()),
                price=0.0,
                available=len(group),
                maintenance_per_year=float(group["maintenance_per_year"].mean()),
            )
        )
    return tuple(found)


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
    owned = int(other.hosts["host_type"].str.startswith("owned-").sum())
    return form_entry(
        a,
        stored("Consolidate on reused hosts, the rest bought"),
        "reuse",
        other.sides["target"],
        hosts=other.hosts_after,
        kept=other.servers_retained,
        note=stored("{owned} owned servers become hosts, kept to the horizon", owned=owned),
        scenario=other.scenario,
        case=other.case,
    )

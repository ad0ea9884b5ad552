"""Host types that may be used: the sourced catalogue plus the user's own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from calc import reference
from calc.cpu import find_score
from calc.errors import ScenarioError
from calc.language import stored
from calc.model import HostType
from calc.scenario import HostTypeEntry, Scenario


@cache
def _rows() -> tuple[tuple[HostType, str, bool], ...]:
    """Catalogue entries with the currency of their price, and whether it is our own estimate."""
    found = []
    for row in reference.table("host_types").to_dict("records"):
        currency = row.pop("currency")
        host = HostType(**{name: row[name] for name in HostType.__dataclass_fields__ if name in row})
        found.append((host, currency, str(row["price_source"]).startswith("estimate")))
    return tuple(found)


def catalogue(scenario: Scenario) -> tuple[HostType, ...]:
    """Every catalogue entry, at the user's price or the reference price in the scenario's currency.

    An estimated price follows the scenario's price levels, so that a dearer GiB is a dearer host.
    """
    return tuple(
        replace(
            host,
            price=scenario.host_prices.get(
                host.id,
                estimated_price(host, scenario) if estimate else host.price * scenario.rate(own),
            ),
        )
        for host, own, estimate in _rows()
    )


def price_parts(host: HostType, scenario: Scenario) -> dict[str, float]:
    """Estimated price of a host type by part, in the scenario's currency.

    The source (Azure Migrate business case) has one price per thread, which holds base, CPU and
    boot disks, and one per GiB of memory; it gives none for the base or a disk by itself.
    """
    thread = scenario.money("host_price_per_thread") * scenario.host_price_index
    gib = scenario.money("host_price_per_gib") * scenario.host_memory_price_index
    return {"base, CPU and boot disk": host.threads * thread, "memory": host.memory_gib * gib}


def estimated_price(host: HostType, scenario: Scenario) -> float:
    """Sum of `price_parts`."""
    return sum(price_parts(host, scenario).values())


@cache
def estimated_ids() -> frozenset[str]:
    """Catalogue entries whose reference price is our own estimate."""
    return frozenset(host.id for host, _, estimate in _rows() if estimate)


def _from_entry(entry: HostTypeEntry) -> HostType:
    score = entry.score_per_core
    source = "the scenario"
    if score is None:
        found = find_score(entry.cpu_model)
        if found is None:
            raise ScenarioError(
                stored(
                    "custom_host_types {id!r}: cpu_model {cpu_model!r} is not in the CPU table; give score_per_core",
                    id=entry.id,
                    cpu_model=entry.cpu_model,
                )
            )
        score, source = found.per_core, f"the scenario; CPU score {found.basis} ({found.processor})"
    tested = entry.memory_gib if entry.tested_memory_gib is None else entry.tested_memory_gib
    return HostType(
        id=entry.id,
        name=entry.name or entry.id,
        vendor="",
        cpu_model=entry.cpu_model,
        sockets=entry.sockets,
        cores=entry.cores,
        threads=entry.cores * 2,
        memory_gib=entry.memory_gib,
        score_per_core=score,
        idle_w=entry.idle_w,
        full_w=entry.full_w,
        tested_memory_gib=tested,
        rack_units=entry.rack_units,
        nic_gbps=entry.nic_gbps,
        arch=entry.arch,
        role="user",
        price=entry.price,
        as_of="",
        source=source,
        available=entry.available,
        maintenance_per_year=entry.maintenance_per_year,
    )


def allowed_hosts(scenario: Scenario) -> tuple[HostType, ...]:
    """Host types that the scenario allows as virtualisation hosts.

    With no ``host_types`` named: every current catalogue host and every custom one.

    Raises
    ------
    ScenarioError
        When a named type does not exist, or a type with a limited number meets the
        one-model policy.
    """
    known = {host.id: host for host in catalogue(scenario)}
    known.update({entry.id: _from_entry(entry) for entry in scenario.custom_host_types})
    if scenario.host_types:
        missing = [name for name in scenario.host_types if name not in known]
        if missing:
            raise ScenarioError(
                stored(
                    "host_types names {missing!r}, which is not in the catalogue; known: {known}",
                    missing=missing[0],
                    known=", ".join(known),
                )
            )
        chosen = tuple(known[name] for name in scenario.host_types)
    else:
        chosen = tuple(host for host in known.values() if host.role in ("host", "user"))
    limited = [host.id for host in chosen if host.available is not None]
    if limited and scenario.host_policy == "one_model":
        raise ScenarioError(
            stored(
                "host type {limited!r} exists in a limited number, which host_policy = 'one_model' cannot honour; "
                "set host_policy = 'mixed'",
                limited=limited[0],
            )
        )
    return chosen


def refresh_servers(scenario: Scenario) -> tuple[HostType, ...]:
    """Servers that can replace an old one one for one: everything on sale, cheapest first."""
    return tuple(
        sorted(
            (host for host in catalogue(scenario) if host.role in ("host", "small")),
            key=lambda host: (host.price, host.id),
        )
    )

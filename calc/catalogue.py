"""Host types that may be used: the sourced catalogue plus the user's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the price of a machine, in the scenario's currency."""

    name: str
    amount: float


def split_price(host: HostType, scenario: Scenario) -> tuple[Part, ...]:
    """The price of a machine by part: the base first, then CPU, memory and boot disks.

    Returns
    -------
    tuple of Part
        They sum to ``host.price``. Memory, boot disks and, where a price of the model was found,
        CPUs are priced each; the base (chassis, board, power supplies, network cards, margin) is
        what is left. Without a CPU price the CPUs are in the base, and its name says so. One
        part alone where the others would take more than the whole, as in a quotation below them.

    References
    ----------
    data/reference/cpu_prices.csv; ``host_price_per_gib``, ``host_memory_price_index``,
    ``host_boot_disk_tb`` and ``host_disk_price_per_tb`` in assumptions.csv.
    """
    memory = host.memory_gib * scenario.money("host_price_per_gib") * scenario.host_memory_price_index
    disks = scenario.host_boot_disk_tb * scenario.money("host_disk_price_per_tb")
    parts = [Part("memory", memory), Part("boot disks", disks)]
    each = cpu_price(host.cpu_model, scenario)
    if each is not None:
        parts.insert(0, Part("CPU", each * host.sockets))
    left = host.price - sum(part.amount for part in parts)
    if left < 0:
        return (Part("machine", host.price),)
    return (Part("base" if each is not None else "base and CPU", left), *parts)


def cpu_price(model: str, scenario: Scenario) -> float | None:
    """Price of one processor in the scenario's currency; None where none was found."""
    prices = _cpu_prices()
    if model not in prices:
        return None
    price, currency = prices[model]
    return price * scenario.rate(currency)


@cache
def _cpu_prices() -> dict[str, tuple[float, str]]:
    table = reference.table("cpu_prices")
    return {row.id: (float(row.price), str(row.currency)) for row in table.itertuples()}


def estimated_price(host: HostType, scenario: Scenario) -> float:
    """Price of a host type that nobody quoted: its threads and its memory at the reference prices.

    The source (Azure Migrate business case) has one price per thread, which holds everything but
    the memory, and one per GiB.
    """
    threads = host.threads * scenario.money("host_price_per_thread") * scenario.host_price_index
    return threads + host.memory_gib * scenario.money("host_price_per_gib") * scenario.host_memory_price_index


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

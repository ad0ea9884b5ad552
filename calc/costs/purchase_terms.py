"""What is bought, part by part: base, CPU, memory and disk of every machine, and its network ports.

The parts of a price always sum to the price. A part is a list price; the base is what is left.
"""

from __future__ import annotations

import numpy as np

from calc.catalogue import Part, estimated_ids, split_price
from calc.costs.fleet import Fleet
from calc.costs.rates import storage_price_per_gib
from calc.costs.terms import Figure, Term, setting
from calc.language import foreign, joined, stored
from calc.model import HostType
from calc.scenario import Scenario
from calc.units import GIB_PER_TB

#: Whole price of a machine that nobody quoted.
_ESTIMATE = (
    "(threads * host_price_per_thread * host_price_index + memory_gib * host_price_per_gib * host_memory_price_index)"
)


def purchase_terms(label: str, fleet: Fleet, host: HostType | None, scenario: Scenario) -> list[Term]:
    """Purchases, their network share and their residual value.

    Parameters
    ----------
    host : HostType or None
        What the units are, where that is known: its price is then shown part by part.
    """
    found = []
    level = {"inflation": setting("inflation", scenario)}
    for start in sorted({int(value) for value in fleet.bought[fleet.price != 0]}):
        price = float(fleet.price[fleet.bought == start].sum())
        rise, risen = (1 + scenario.inflation) ** start, f"* (1 + inflation) ** {start}"
        for part, formula, figures in _parts(price, host, fleet.stored_on, scenario):
            amount = price * rise if part is None or host is None else price / host.price * part.amount * rise
            name = label if part is None else joined((foreign(label), foreign(part.name)), ": ")
            found.append(Term(fleet.line, start, name, amount, f"{formula} {risen}", figures | level))
        found += _connected(label, fleet, host, start, price, level, scenario)
    return found + _residual(label, fleet, host, scenario)


def port_figures(fleet: Fleet, which: np.ndarray, prices: tuple[Figure, Figure]) -> tuple[dict[str, Figure], str]:
    """Ports of some units, each for a share of the time, at a price each: figures and formula."""
    figures: dict[str, Figure] = {}
    parts = []
    for name, ports, price in (("network", fleet.network_ports, prices[0]), ("san", fleet.san_ports, prices[1])):
        count = 0.0 if ports is None else float((ports * which).sum())
        if count and price.value:
            figures |= {f"{name}_ports": Figure(count, "ports", f"setting:{name}_ports_per_{fleet.ports_of}")}
            figures |= {f"price_per_{name}_port": price}
            parts.append(f"{name}_ports * price_per_{name}_port")
    return figures, " + ".join(parts)


def _connected(
    label: str,
    fleet: Fleet,
    host: HostType | None,
    start: int,
    price: float,
    level: dict[str, Figure],
    scenario: Scenario,
) -> list[Term]:
    """Ports bought with the units of one year."""
    at = fleet.bought == start
    value, rise = float(fleet.network_value(scenario)[at].sum()), (1 + scenario.inflation) ** start
    if not value:
        return []
    if scenario.ports_priced:
        figures, formula = port_figures(fleet, at & _new(fleet), _port_prices(scenario))
    else:
        figures, formula = whole_price(price, host, fleet.stored_on, scenario)
        figures = figures | {"network_fraction": setting("network_fraction", scenario)}
        formula = f"{formula} * network_fraction"
    text = f"({formula}) * (1 + inflation) ** {start}"
    return [Term("network", start, label, value * rise, text, figures | level)]


def _new(fleet: Fleet) -> np.ndarray:
    return np.zeros(len(fleet.start), dtype=bool) if fleet.machines is None else fleet.machines > 0


def _port_prices(scenario: Scenario) -> tuple[Figure, Figure]:
    return tuple(  # type: ignore[return-value]
        Figure(getattr(scenario, name) or 0.0, f"{scenario.currency} per port", f"setting:{name}")
        for name in ("network_port_price", "san_port_price")
    )


def _residual(label: str, fleet: Fleet, host: HostType | None, scenario: Scenario) -> list[Term]:
    """What is left of the purchases of each year at the horizon, by the same prices."""
    left = np.clip(1 - (scenario.horizon_years - fleet.start) / scenario.server_life_years, 0.0, 1.0)
    left = left * (fleet.end >= scenario.horizon_years)
    amounts, owned = fleet.residual_of_purchases(scenario), float(fleet.residual_of_owned(scenario).sum())
    found = []
    if owned:
        figures = {"book_value": Figure(owned, scenario.currency, "estimate")}
        found.append(Term("residual value", scenario.horizon_years, label, -owned, "-book_value", figures))
    for start in sorted({int(value) for value in fleet.bought[amounts != 0]}):
        at = fleet.bought == start
        price = float(fleet.price[at].sum())
        figures, formula = whole_price(price, host, fleet.stored_on, scenario)
        share = float((fleet.price * left)[at].sum()) / price if price else 0.0
        figures |= {"inflation": setting("inflation", scenario), "life_left": Figure(share, "share", "plan")}
        if scenario.ports_priced:
            ports, of_ports = port_figures(fleet, at * _new(fleet) * left, _port_prices(scenario))
            figures |= ports
            formula = f"({formula} * life_left{f' + {of_ports}' if of_ports else ''})"
        else:
            figures["network_fraction"] = setting("network_fraction", scenario)
            formula = f"{formula} * (1 + network_fraction) * life_left"
        text = f"-{formula} * (1 + inflation) ** {start}"
        found.append(Term("residual value", scenario.horizon_years, label, -float(amounts[at].sum()), text, figures))
    return found


def _count(price: float, host: HostType) -> Figure:
    return Figure(price / host.price if host.price else 0.0, "machines", "plan")


def _stated(host: HostType, scenario: Scenario) -> Figure | None:
    """The price as stated by the user or the catalogue; None where it is our estimate."""
    base = host.id.split("+")[0]
    if host.role == "user":
        origin = "setting:custom_host_types"
    elif base in scenario.host_prices:
        origin = "setting:host_prices"
    elif base not in estimated_ids():
        origin = f"table:host_types:{base}"
    else:
        return None
    return Figure(host.price, scenario.currency, origin)


def _estimate(host: HostType, scenario: Scenario) -> dict[str, Figure]:
    base = host.id.split("+")[0]
    names = ("host_price_per_thread", "host_price_index", "host_price_per_gib", "host_memory_price_index")
    return {
        "threads": Figure(host.threads, "threads", f"table:host_types:{base}"),
        "memory_gib": Figure(host.memory_gib, "GiB", f"table:host_types:{base}"),
        **{name: setting(name, scenario) for name in names},
    }


def whole_price(
    price: float, host: HostType | None, stored_on: str, scenario: Scenario
) -> tuple[dict[str, Figure], str]:
    """The price in one piece: figures and formula, of a machine or of storage."""
    if stored_on:
        return _stored(price, stored_on, scenario)
    if host is None:
        return {"price": Figure(price, scenario.currency, "estimate")}, "price"
    stated = _stated(host, scenario)
    if stated is not None:
        return {"count": _count(price, host), "price": stated}, "count * price"
    return {"count": _count(price, host), **_estimate(host, scenario)}, f"count * {_ESTIMATE}"


def _stored(price: float, stored_on: str, scenario: Scenario) -> tuple[dict[str, Figure], str]:
    """Storage as GiB at a price each; its sum holds defaults where the disk in use is not given."""
    each = storage_price_per_gib(stored_on, scenario)
    figures = {"stored_gib": Figure(price / each if each else 0.0, "GiB", "estimate")}
    if stored_on == "shared":
        return figures | {"storage_price_per_gib": setting("storage_price_per_gib", scenario)}, (
            "stored_gib * storage_price_per_gib"
        )
    figures["storage_protection"] = setting("storage_protection", scenario)
    if stored_on == "hyperconverged":
        own = Figure(
            scenario.storage_price_per_raw_gib or 0.0,
            stored("{currency} per GiB raw", currency=scenario.currency),
            "setting:storage_price_per_raw_gib",
        )
        figures |= {"storage_slack": setting("storage_slack", scenario), "storage_price_per_raw_gib": own}
        return figures, "stored_gib * storage_protection / (1 - storage_slack) * storage_price_per_raw_gib"
    figures["host_disk_price_per_tb"] = setting("host_disk_price_per_tb", scenario)
    return figures, f"stored_gib * storage_protection / {GIB_PER_TB} * host_disk_price_per_tb"


def _parts(
    price: float, host: HostType | None, stored_on: str, scenario: Scenario
) -> list[tuple[Part | None, str, dict[str, Figure]]]:
    """(part, formula, figures) of a price; one entry without a part where it cannot be split."""
    parts = () if host is None else split_price(host, scenario)
    if host is None or len(parts) < 2:
        figures, formula = whole_price(price, host, stored_on, scenario)
        return [(None, formula, figures)]
    count = _count(price, host)
    unit = {
        "memory": "memory_gib * host_price_per_gib * host_memory_price_index",
        "CPU": "sockets * cpu_price",
        "boot disks": "host_boot_disk_tb * host_disk_price_per_tb",
    }
    base = host.id.split("+")[0]
    table = "setting:custom_host_types" if host.role == "user" else f"table:host_types:{base}"
    of: dict[str, dict[str, Figure]] = {
        "memory": {
            "memory_gib": Figure(host.memory_gib, "GiB", table),
            "host_price_per_gib": setting("host_price_per_gib", scenario),
            "host_memory_price_index": setting("host_memory_price_index", scenario),
        },
        "CPU": {"sockets": Figure(host.sockets, "sockets", table)},
        "boot disks": {name: setting(name, scenario) for name in ("host_boot_disk_tb", "host_disk_price_per_tb")},
    }
    found: list[tuple[Part | None, str, dict[str, Figure]]] = []
    others = [part for part in parts if part.name in unit]
    for part in others:
        if part.name == "CPU":
            each = Figure(part.amount / host.sockets, scenario.currency, f"table:cpu_prices:{host.cpu_model}")
            of["CPU"]["cpu_price"] = each
        found.append((part, f"count * {unit[part.name]}", {"count": count, **of[part.name]}))
    whole, formula = whole_price(price, host, "", scenario)
    for part in others:
        whole = {**of[part.name], **whole}
    less = " - ".join(unit[part.name] for part in others)
    rest = formula.removeprefix("count * ")
    return [(parts[0], f"count * ({rest} - {less})", whole), *found]

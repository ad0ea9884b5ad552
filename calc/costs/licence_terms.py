"""Licences that belong to machines, as counts at a price: the hypervisor's, and Windows Server of a host's variant."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from calc.costs.case import Case
from calc.costs.fleet import Fleet, subset
from calc.costs.licences import licence, windows_units
from calc.costs.rates import hypervisor_price
from calc.costs.terms import Figure, Term, setting
from calc.hypervisors import get
from calc.language import foreign, joined, stored
from calc.model import HostType
from calc.scenario import Scenario

#: Digits to which a count is kept: it is summed from amounts, and a count of cores is to read as one.
_DIGITS = 9


def licence_terms(fleet: Fleet, case: Case, scenario: Scenario) -> list[Term]:
    """Licences of a fleet: pool by pool and model by model where its units are the plan's hosts.

    Notes
    -----
    A licence that is bought once is paid with the machine; a subscription, or Software Assurance, at the start of each year.
    """
    found: list[Term] = []
    for pool, part, host in _parts(fleet, case):
        model = part.label if host is None else joined((foreign(part.label), host.id), ": ")
        label = joined((foreign(model), pool)) if pool else foreign(model)
        name, price = _hypervisor(fleet, scenario)
        figures = {name: price}
        found += _counted("hypervisor", label, pool, part, part.licence_once, part.licence_per_year, figures, scenario)
        product, figures = _windows(host, scenario)
        text = stored("{product} for {hosts}", product=product, hosts=label)
        found += _counted("guest licences", text, pool, part, part.guest_once, None, figures, scenario)
        figures["sa_fraction"] = setting("sa_fraction", scenario)
        text = stored("Software Assurance of {product} for {hosts}", product=product, hosts=label)
        found += _counted("guest licences", text, pool, part, None, part.guest_per_year, figures, scenario)
    return found


def _parts(fleet: Fleet, case: Case) -> Iterator[tuple[str, Fleet, HostType | None]]:
    """Units of one pool and model."""
    if fleet.kinds is None:
        yield "", fleet, None
        return
    pools = np.full(len(fleet.kinds), "", dtype=object)
    if fleet.label == "hosts":
        for pool in case.pools:
            pools[list(pool.hosts)] = pool.name
    keys = [(pool, host.id) for pool, host in zip(pools, fleet.kinds, strict=True)]
    for key in dict.fromkeys(keys):
        mask = np.array([other == key for other in keys])
        yield key[0], subset(fleet, mask), fleet.kinds[int(np.argmax(mask))]


def _planned(fleet: Fleet) -> bool:
    """Whether its units are hosts of the plan, or beside it, rather than servers, today's or like for like."""
    return "hosts" in fleet.label


def _hypervisor(fleet: Fleet, scenario: Scenario) -> tuple[str, Figure]:
    """Name and price of one unit of the hypervisor: that of the plan, or what is paid for today's."""
    if not _planned(fleet):
        name = "baseline_hypervisor_per_core_per_year"
        return name, setting(name, scenario)
    rule = get(scenario.hypervisor)
    unit = "core" if rule.licence_basis == "core" else "socket"
    text = stored("{currency} per {unit}", currency=scenario.currency, unit=foreign(unit))
    return "price", Figure(hypervisor_price(scenario), text, f"table:hypervisors:{scenario.hypervisor}")


def _windows(host: HostType | None, scenario: Scenario) -> tuple[str, dict[str, Figure]]:
    """Product and price of the Windows Server licence that a host carries."""
    name = ("" if host is None else windows_units(host)[0]) or "windows-standard"
    rule = licence(name)
    text = stored("{currency} per {unit}", currency=scenario.currency, unit=foreign(rule.unit))
    return rule.product, {"price": Figure(rule.price_in(scenario), text, f"table:licences:{name}")}


def _counted(
    line: str,
    label: str,
    pool: str,
    fleet: Fleet,
    once: np.ndarray | None,
    per_year: np.ndarray | None,
    prices: dict[str, Figure],
    scenario: Scenario,
) -> list[Term]:
    """Amounts by year, each as a count of licences at the product of the prices."""
    amounts: dict[int, float] = {}
    if once is not None:
        for start in np.unique(fleet.bought[once != 0]):
            amounts[int(start)] = float(once[fleet.bought == start].sum())
    if per_year is not None and per_year.any():
        for year in range(1, scenario.horizon_years + 1):
            amounts[year - 1] = float((per_year * fleet.in_use(year)).sum())
    each = math.prod(figure.value for figure in prices.values())
    origin = "plan" if _planned(fleet) else "inventory"
    figures = {**prices, "inflation": setting("inflation", scenario)}
    return [
        Term(
            line,
            year,
            label,
            amount * (1 + scenario.inflation) ** year,
            f"licences * {' * '.join(prices)} * (1 + inflation) ** {year}",
            {"licences": Figure(round(amount / each, _DIGITS), "licences", origin), **figures},
            pool,
        )
        for year, amount in amounts.items()
        if amount
    ]

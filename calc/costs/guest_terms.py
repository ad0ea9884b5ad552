"""Guest licences of both sides as terms: what is owned is asked, never assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from calc.costs.case import Case, PoolFacts
from calc.costs.licences import (
    licence,
    oracle_cores,
    rhel_choice,
    sql_choice,
    windows_cores,
    windows_units,
)
from calc.costs.support_terms import access_licences, security_updates
from calc.costs.terms import Figure, Term, setting, yearly
from calc.language import foreign, stored
from calc.model import HostType
from calc.scenario import Scenario


def _price(licence_id: str, scenario: Scenario) -> Figure:
    rule = licence(licence_id)
    return Figure(
        rule.price_in(scenario),
        stored("{currency} per {unit}", currency=scenario.currency, unit=foreign(rule.unit)),
        f"table:licences:{licence_id}",
    )


def _once(label: str, units: float, price: Figure, origin: str = "plan", sign: int = 1) -> list[Term]:
    if units <= 0:
        return []
    figures = {"units": Figure(units, "licences", origin), "price": price}
    formula = "units * price" if sign > 0 else "-units * price"
    return [Term("guest licences", 0, label, sign * units * price.value, formula, figures, bought=True)]


def _assurance(label: str, units: float, price: Figure, scenario: Scenario, origin: str) -> list[Term]:
    if not scenario.count_sa or units <= 0:
        return []
    figures = {
        "units": Figure(units, "licences", origin),
        "price": price,
        "sa_fraction": setting("sa_fraction", scenario),
    }
    amount = units * price.value * scenario.sa_fraction
    return yearly("guest licences", label, amount, "units * price * sa_fraction", figures, scenario, in_advance=True)


def owned_windows(case: Case, keep: np.ndarray) -> int:
    """Standard core licences of the Windows servers in ``keep``: each licensed once, physically."""
    mask = case.windows_server & keep
    return sum(
        windows_cores(int(cores), int(sockets))
        for cores, sockets in zip(case.server["cores"][mask], case.server["sockets"][mask], strict=True)
    )


def _cores(case: Case, mask: np.ndarray) -> float:
    return float(case.server["cores"][mask].sum())


def today_terms(case: Case, scenario: Scenario, keep: np.ndarray) -> list[Term]:
    """What the guest licences of today's servers in ``keep`` cost: support and subscriptions, nothing bought."""
    found: list[Term] = []
    if scenario.windows_licences == "perpetual":
        found += _assurance(
            "Windows Software Assurance, today's servers",
            owned_windows(case, keep),
            _price("windows-standard", scenario),
            scenario,
            "inventory",
        )
    if scenario.sql_licences == "perpetual":
        found += _assurance(
            "SQL Server Software Assurance, today's servers",
            _cores(case, case.sql_server & keep),
            _price(f"sql-{scenario.sql_edition}", scenario),
            scenario,
            "inventory",
        )
    if scenario.oracle_licences == "perpetual":
        label, price = stored("Support of Oracle Database, today's servers"), _price("oracle-ee", scenario)
        found += _oracle_support(label, _cores(case, case.oracle_server & keep), price, scenario, "inventory")
    if scenario.rhel_subscription != "not_stated":
        mask = case.rhel_server & keep
        pairs = float(np.ceil(case.server["sockets"][mask] / 2).sum())
        if keep.all():
            pairs += -(-case.rhel_vms // 2)
        price = _price(f"rhel-{scenario.rhel_subscription}", scenario)
        found += yearly(
            "guest licences",
            "Red Hat subscriptions, today's servers",
            pairs * price.value,
            "pairs * price",
            {"pairs": Figure(pairs, "pairs", "inventory"), "price": price},
            scenario,
            in_advance=True,
        )
    here = keep[case.work_server]
    return found + security_updates(case, scenario, case.physical & here, ~case.physical & here)


def plan_terms(case: Case, hosts: tuple[HostType, ...], factor: np.ndarray, scenario: Scenario) -> list[Term]:
    """What the plan's guests need beyond the Windows licences that its hosts carry.

    Parameters
    ----------
    factor : ndarray, shape (H,)
        How many of each host there are: 1 in the plan itself.
    """
    found: list[Term] = []
    gone = ~case.retained
    if scenario.windows_licences == "perpetual":
        units = [windows_units(host) for host in hosts]
        needed = sum(
            count * times for (name, count), times in zip(units, factor, strict=True) if name == "windows-standard"
        )
        # Standard licences that are owned move to the hosts; Datacenter cannot be made of them.
        found += _once(
            "Windows Standard licences that move to the hosts",
            min(needed, owned_windows(case, gone)),
            _price("windows-standard", scenario),
            "inventory",
            sign=-1,
        )
    for pool in case.pools:
        times = float(factor[list(pool.hosts)].mean()) if pool.hosts else 1.0
        found += pool_terms(pool, [hosts[host] for host in pool.hosts], times, scenario)
    if scenario.sql_licences == "perpetual":
        found += _credit(
            "SQL Server", _cores(case, case.sql_server & gone), f"sql-{scenario.sql_edition}", found, scenario
        )
    if scenario.oracle_licences == "perpetual":
        found += _credit("Oracle", _cores(case, case.oracle_server & gone), "oracle-ee", found, scenario)
    if any(pool.windows_vms for pool in case.pools):
        found += access_licences(0, scenario)
    nothing = np.zeros(len(case.physical), dtype=bool)
    found += security_updates(case, scenario, nothing, case.hosted)
    return found + today_terms(case, scenario, case.retained)


def _oracle_support(label: str, units: float, price: Figure, scenario: Scenario, origin: str) -> list[Term]:
    if not scenario.count_oracle_support:
        return []
    figures = {
        "units": Figure(units, "licences", origin),
        "price": price,
        "oracle_support_fraction": setting("oracle_support_fraction", scenario),
    }
    amount = units * price.value * scenario.oracle_support_fraction
    formula = "units * price * oracle_support_fraction"
    return yearly("guest licences", label, amount, formula, figures, scenario, in_advance=True)


def pool_terms(pool: PoolFacts, hosts: Sequence[HostType], times: float, scenario: Scenario) -> list[Term]:
    """SQL Server, Red Hat and Oracle licences of one pool on its hosts, spares included.

    Parameters
    ----------
    times : float
        How many of each of its hosts there are: 1 in a plan itself.
    """
    found: list[Term] = []
    own = [(host.cores, host.sockets) for host in hosts]
    if scenario.sql_licences != "not_stated" and pool.sql_vcpus:
        how, count = sql_choice(pool.sql_vcpus, own, scenario.sql_edition)
        price = _price(f"sql-{scenario.sql_edition}", scenario)
        needed = count * times if how == "by host" else count
        found += _once(
            stored(
                "SQL Server {edition} {how}, {pool}", edition=scenario.sql_edition, how=foreign(how), pool=pool.name
            ),
            needed,
            price,
        )
        # Licensing by VM, and any number of VMs by host, both need Software Assurance: no option here.
        assured = scenario.model_copy(update={"count_sa": True})
        found += _assurance(
            stored("Software Assurance of SQL Server, {pool}", pool=pool.name), needed, price, assured, "plan"
        )
    if scenario.rhel_subscription != "not_stated" and pool.rhel_guests:
        name, count, _ = rhel_choice(pool.rhel_guests, [s for _, s in own], scenario.rhel_subscription, scenario)
        price = _price(name, scenario)
        needed = count * times if "vdc" in name else count
        found += yearly(
            "guest licences",
            f"{licence(name).product}, {pool.name}",
            needed * price.value,
            "units * price",
            {"units": Figure(needed, "licences", "plan"), "price": price},
            scenario,
            in_advance=True,
        )
    if scenario.oracle_licences != "not_stated" and pool.oracle_workloads:
        needed, price = oracle_cores(own) * times, _price("oracle-ee", scenario)
        what = stored(
            "every core that {oracle_workloads} workloads could reach, {name}",
            oracle_workloads=pool.oracle_workloads,
            name=pool.name,
        )
        found += _once(stored("Oracle Database, {what}", what=what), needed, price)
        found += _oracle_support(
            stored("Support of Oracle Database, {what}", what=what), needed, price, scenario, "plan"
        )
    return [replace(term, pool=pool.name) for term in found]


def licence_coefficient(pool: PoolFacts, host: HostType, count: int, scenario: Scenario) -> float:
    """Present value of a pool's SQL Server, Red Hat and Oracle licences on ``count`` hosts of one type.

    What the choice of a host model weighs beside the hosts themselves; owned licences are not
    taken off, as with Windows. It never falls as hosts are added.
    """
    terms = pool_terms(pool, [host] * count, 1.0, scenario)
    return sum(term.amount / (1 + scenario.discount_rate) ** term.year for term in terms)


def _credit(product: str, owned: float, licence_id: str, found: list[Term], scenario: Scenario) -> list[Term]:
    """Owned perpetual licences of removed servers, up to what is needed."""
    price = _price(licence_id, scenario)
    bought = sum(term.amount for term in found if term.bought and term.amount > 0 and term.label.startswith(product))
    needed = bought / price.value if price.value else 0.0
    return _once(
        stored("{product} licences that move to the hosts", product=product),
        min(owned, needed),
        price,
        "inventory",
        sign=-1,
    )

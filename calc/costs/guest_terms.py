"""Guest licences of both sides as terms: what is owned is asked, never assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from calc.costs.case import Case, PoolFacts
from calc.costs.licences import (
    licence,
    oracle_cloud_units,
    oracle_cores,
    rhel_choice,
    sql_choice,
    sql_cores,
    windows_choice,
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


def _physical(case: Case, mask: np.ndarray) -> list[tuple[int, int]]:
    """(cores, sockets) of servers."""
    return [
        (int(cores), int(sockets))
        for cores, sockets in zip(case.server["cores"][mask], case.server["sockets"][mask], strict=True)
    ]


def _virtual(case: Case, carried: np.ndarray, keep: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Workloads that are VMs of the servers in ``keep`` and carry a product, and the hosts that they run on today.

    Only the hosts on which one runs: what may move to others in a cluster is not in an inventory, so that what is owned
    today is the least that it can be.
    """
    there = carried & ~case.physical & keep[case.work_server]
    return there, _physical(case, np.bincount(case.work_server[there], minlength=len(keep)) > 0)


def owned_windows(case: Case, scenario: Scenario, keep: np.ndarray) -> dict[str, int]:
    """Core licences by edition of the servers in ``keep``: Standard once for one with its own Windows; what its VMs need for a host.

    Today's hosts are counted for the VMs that run on them, each with its cheapest edition.
    """
    owned = {"windows-standard": 0, "windows-datacenter": 0}
    for cores, sockets in _physical(case, case.windows_server & keep):
        owned["windows-standard"] += windows_cores(cores, sockets)
    there, _ = _virtual(case, case.windows, keep)
    vms = np.bincount(case.work_server[there], minlength=len(keep))
    for (cores, sockets), count in zip(_physical(case, vms > 0), vms[vms > 0].tolist(), strict=True):
        edition, times, _ = windows_choice(cores, sockets, count, scenario)
        owned[edition] += times * windows_cores(cores, sockets)
    return owned


def owned_sql(case: Case, scenario: Scenario, keep: np.ndarray) -> float:
    """SQL Server core licences of the servers in ``keep``: all cores of one with its own, the cheapest rule for today's VMs."""
    owned = sum(sql_cores(cores, sockets) for cores, sockets in _physical(case, case.sql_server & keep))
    there, hosts = _virtual(case, case.kind == "sql", keep)
    return owned + sql_choice(case.work_vcpus[there].tolist(), hosts, scenario.sql_edition)[1]


def owned_oracle(case: Case, keep: np.ndarray) -> float:
    """Cores licensed for Oracle on the servers in ``keep``: of those that run it, themselves or in a VM."""
    _, hosts = _virtual(case, case.kind == "oracle", keep)
    return oracle_cores(_physical(case, case.oracle_server & keep)) + oracle_cores(hosts)


def today_terms(case: Case, scenario: Scenario, keep: np.ndarray, left: np.ndarray | None = None) -> list[Term]:
    """What the guest licences of today's servers in ``keep`` cost: support and subscriptions, nothing bought.

    Parameters
    ----------
    left : ndarray of bool, shape (W,), optional
        Workloads that no longer run there.
    """
    found: list[Term] = []
    if left is not None and left.any():
        # Their licences went with them: one that no longer runs carries nothing and stands on no server.
        ends, kind = case.support_end.copy(), case.kind.copy()
        ends[left], kind[left] = None, ""
        case = replace(case, kind=kind, windows=case.windows & ~left, support_end=ends)
    if scenario.windows_licences == "perpetual":
        for edition, units in owned_windows(case, scenario, keep).items():
            label = stored("Software Assurance of {product}, today's servers", product=licence(edition).product)
            found += _assurance(label, units, _price(edition, scenario), scenario, "inventory")
    if scenario.sql_licences == "perpetual":
        found += _assurance(
            "SQL Server Software Assurance, today's servers",
            owned_sql(case, scenario, keep),
            _price(f"sql-{scenario.sql_edition}", scenario),
            scenario,
            "inventory",
        )
    if scenario.oracle_licences == "perpetual":
        label, price = stored("Support of Oracle Database, today's servers"), _price("oracle-ee", scenario)
        found += _oracle_support(label, owned_oracle(case, keep), price, scenario, "inventory")
    if scenario.rhel_subscription != "not_stated":
        pairs = float(np.ceil(case.server["sockets"][case.rhel_server & keep] / 2).sum())
        there, hosts = _virtual(case, case.kind == "rhel", keep)
        name, virtual, _ = rhel_choice(
            int(there.sum()), [sockets for _, sockets in hosts], scenario.rhel_subscription, scenario
        )
        counts = {f"rhel-{scenario.rhel_subscription}": pairs}
        counts[name] = (
            counts.get(name, 0.0) + virtual
        )  # of VMs: pairs, or Virtual Datacenter of their hosts, as in a plan
        for product, licensed in counts.items():
            price = _price(product, scenario)
            label = stored("{product}, today's servers", product=licence(product).product)
            figures = {"units": Figure(licensed, "licences", "inventory"), "price": price}
            found += yearly(
                "guest licences", label, licensed * price.value, "units * price", figures, scenario, in_advance=True
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
        # Licences that are owned move to the hosts, each edition as what it is: Datacenter cannot be made of Standard.
        for edition, owned in owned_windows(case, scenario, gone).items():
            needed = sum(count * times for (name, count), times in zip(units, factor, strict=True) if name == edition)
            label = stored("{product} licences that move to the hosts", product=licence(edition).product)
            found += _once(label, min(needed, owned), _price(edition, scenario), "inventory", sign=-1)
    for pool in case.pools:
        times = float(factor[list(pool.hosts)].mean()) if pool.hosts else 1.0
        found += pool_terms(pool, [hosts[host] for host in pool.hosts], times, scenario)
    if scenario.sql_licences == "perpetual":
        found += _credit("SQL Server", owned_sql(case, scenario, gone), f"sql-{scenario.sql_edition}", found, scenario)
    if scenario.oracle_licences == "perpetual":
        found += _credit("Oracle", owned_oracle(case, gone), "oracle-ee", found, scenario)
    if any(pool.windows_vms for pool in case.pools):
        found += access_licences(0, scenario)
    nothing = np.zeros(len(case.physical), dtype=bool)
    found += security_updates(case, scenario, nothing, case.hosted)
    return found + today_terms(case, scenario, case.retained, case.moved)


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
        price = _price("oracle-ee", scenario)
        if pool.oracle_vcpus:
            needed = float(oracle_cloud_units(pool.oracle_vcpus))
            what = stored(
                "every vCPU of {workloads} workloads, {name}", workloads=pool.oracle_workloads, name=pool.name
            )
        else:
            needed = oracle_cores(own) * times
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

"""Both sides of a case under a scenario: fleets, one-offs, licences, labour and the user's own lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calc.catalogue import catalogue
from calc.costs.case import Case
from calc.costs.cashflow import Flows, combine
from calc.costs.fleet import Fleet, renewed, subset
from calc.costs.guest_terms import plan_terms, today_terms
from calc.costs.one_offs import leaving, migration, phased, waiting
from calc.costs.ramp import form_ramp
from calc.costs.rates import hypervisor_price
from calc.costs.sides import planned_hosts, repriced, shared_storage, todays_servers
from calc.costs.terms import Figure, Term, add_terms, setting, yearly
from calc.hypervisors import get
from calc.language import stored
from calc.model import HostType
from calc.scenario import OwnLine, Scenario
from calc.units import W_PER_KW


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of the comparison.

    Attributes
    ----------
    fleets : tuple of Fleet
        Machines and storage.
    terms : tuple of Term
        Everything else.
    labour : tuple of Term
        Administration labour: shown apart, in ``terms`` too only where the scenario counts it.
    machines, hosts, cores : float
        What the user's own lines are multiplied by; standby hosts are hosts too.
    """

    fleets: tuple[Fleet, ...]
    terms: tuple[Term, ...]
    labour: tuple[Term, ...]
    machines: float
    hosts: float
    cores: float

    def flows(self, scenario: Scenario) -> Flows:
        """Cash flow by line."""
        return add_terms(combine(scenario, self.fleets), self.terms)

    @property
    def standing(self) -> tuple[Fleet, ...]:
        """Machines and storage of the first year's state: standby too, without what leaves and what renews others."""
        return tuple(f for f in self.fleets if f.books_to != "parallel running" and not f.renewal)

    def power_kw(self, scenario: Scenario) -> float:
        """Mean IT power in the first year's state."""
        return sum(float(f.power_w(scenario, 0).sum()) for f in self.standing) / W_PER_KW


def baseline_side(case: Case, scenario: Scenario, keep: np.ndarray | None = None) -> Side:
    """Today's servers, all or some, kept as they are."""
    today = todays_servers(case, scenario)
    everything = np.ones(len(case.retained), dtype=bool)
    mask = everything if keep is None else keep
    fleet = today if keep is None else subset(today, keep)
    return same_machines(case, scenario, [fleet], mask)


def same_machines(
    case: Case, scenario: Scenario, fleets: list[Fleet], mask: np.ndarray, extra: Sequence[Term] = ()
) -> Side:
    """A side on which as many servers as today, or some of them, go on one for one."""
    virtual = float((~case.physical & mask[case.work_server]).sum())
    terms = [*today_terms(case, scenario, mask), *extra]
    return form_side(
        "baseline",
        fleets,
        terms,
        scenario,
        float(mask.sum()),
        0.0,
        float(case.server["cores"][mask].sum()),
        float(mask.sum()),
        virtual,
    )


def target_side(case: Case, scenario: Scenario, factor: np.ndarray | None = None, extra: Sequence[Term] = ()) -> Side:
    """The plan: hosts, storage, retained servers, one-offs.

    Parameters
    ----------
    factor : ndarray, shape (H,), optional
        How many of each host there are; 1 by default. Simulated demand needs a few more or less.
    extra : sequence of Term
        What runs elsewhere costs there.
    """
    hosts = repriced(case.hosts, scenario)
    times = np.ones(len(hosts)) if factor is None else factor
    today = todays_servers(case, scenario)
    plan = planned_hosts(hosts, case.host_load(scenario), scenario)
    if factor is not None:
        plan = plan.scaled(factor)
    if case.reused.any():
        own = np.array([float(host.owned) for host in hosts])
        left = float(case.book_value(scenario, scenario.horizon_years)[case.reused].sum())
        plan = replace(plan, book_value=own * left / max(1.0, own.sum()))
    ramp = form_ramp(case, scenario)
    plan = phased(plan, ramp, scenario)
    fleets = [plan, replace(subset(today, case.retained), label="servers that stay")]
    moving = float(case.disk_gib[case.hosted & case.physical].sum())
    if moving > 0:
        fleets.append(replace(shared_storage(moving, scenario), start=plan.start.min(keepdims=True)))
    standby = standby_hosts(hosts, times, scenario)
    fleets += _standby(standby, plan, scenario)
    fleets = [part for fleet in fleets for part in renewed(fleet, scenario)]
    fleets.append(waiting(today, case, ramp, scenario))
    terms = [
        *migration(case, ramp, scenario),
        *leaving(case, ramp, scenario),
        *plan_terms(case, hosts, times, scenario),
        *_order_minimum([*zip(hosts, times, strict=True), *standby.counted], scenario),
        *extra,
    ]
    every = [*zip(hosts, times, strict=True), *standby.counted]
    count, cores = float(sum(t for _, t in every)), float(sum(h.cores * t for h, t in every))
    kept = float(case.retained.sum())
    return form_side(
        "target",
        fleets,
        terms,
        scenario,
        count + kept,
        count,
        cores + float(case.server["cores"][case.retained].sum()),
        count + kept,
        float(case.moved.sum()),
    )


def form_side(
    name: str,
    fleets: list[Fleet],
    terms: list[Term],
    scenario: Scenario,
    machines: float,
    hosts: float,
    cores: float,
    physical: float,
    virtual: float,
) -> Side:
    """A side from its machines and terms, with the user's own lines, and labour where it is counted.

    Parameters
    ----------
    name : {'baseline', 'target'}
        Whose own lines apply.
    machines, hosts, cores : float
        For own lines.
    physical, virtual : float
        Physical machines and virtual machines that are administered.
    """
    labour = _labour(physical, virtual, scenario)
    side = Side(tuple(fleets), (), tuple(labour), machines, hosts, cores)
    own = [term for line in scenario.own_lines for term in _own(line, name, side, scenario)]
    counted = labour if scenario.count_labour else []
    return replace(side, terms=(*terms, *own, *counted))


@dataclass(frozen=True, slots=True)
class Standby:
    """Hosts beside the plan, each with how many of it: for disaster recovery, and for backup and management."""

    recovery: tuple[tuple[HostType, float], ...]
    management: tuple[tuple[HostType, float], ...]

    @property
    def counted(self) -> tuple[tuple[HostType, float], ...]:
        """All of them."""
        return self.recovery + self.management


def standby_hosts(hosts: Sequence[HostType], times: np.ndarray, scenario: Scenario) -> Standby:
    """Hosts beside the plan. They are bought: where the plan uses what is owned already, there is no second one of it."""
    if not len(hosts):
        return Standby((), ())
    known: dict[int, HostType] = {}
    bought = [known.setdefault(id(host), _on_sale(host, scenario)) for host in hosts]
    recovery: tuple[tuple[HostType, float], ...] = ()
    management: tuple[tuple[HostType, float], ...] = ()
    if scenario.dr_fraction > 0:
        recovery = tuple((host, scenario.dr_fraction * float(t)) for host, t in zip(bought, times, strict=True))
    if scenario.management_hosts:
        cheapest = min(bought, key=lambda host: (host.price, host.id))
        management = ((cheapest, float(scenario.management_hosts)),)
    return Standby(recovery, management)


def _on_sale(host: HostType, scenario: Scenario) -> HostType:
    """The host itself where it is bought, else the cheapest of the catalogue that holds as much, or the largest."""
    if not host.owned and (host.price > 0 or host.available is None):
        return host
    offered = sorted((h for h in catalogue(scenario) if h.role == "host"), key=lambda h: (h.price, h.id))
    compute = host.cores * host.score_per_core
    enough = [h for h in offered if h.cores * h.score_per_core >= compute and h.memory_gib >= host.memory_gib]
    found = enough[0] if enough else max(offered, key=lambda h: (h.cores * h.score_per_core, h.memory_gib))
    return replace(found, licence=host.licence, windows_vms=host.windows_vms)


def _standby(standby: Standby, plan: Fleet, scenario: Scenario) -> list[Fleet]:
    """Disaster-recovery and management hosts: bought, licensed and idle. Recovery comes with the plan's hosts."""
    found = []
    for kinds, line, label in (
        (standby.recovery, "disaster recovery", stored("disaster-recovery hosts")),
        (standby.management, "management hosts", stored("backup and management hosts")),
    ):
        if kinds:
            fleet = planned_hosts([host for host, _ in kinds], np.zeros(len(kinds)), scenario)
            fleet = fleet.scaled(np.array([count for _, count in kinds]), books_to=line, label=label)
            if line == "disaster recovery":
                fleet = replace(fleet, start=plan.start, warranty_end=fleet.warranty_end + plan.start)
            found.append(fleet)
    return found


def _order_minimum(counted: Sequence[tuple[HostType, float]], scenario: Scenario) -> list[Term]:
    rule = get(scenario.hypervisor)
    if not scenario.vmware_order_minimum or rule.licence_basis != "core" or rule.licence_term != "year":
        return []
    needed = sum(rule.licence_units(host) * count for host, count in counted)
    minimum = setting("vmware_order_minimum_cores", scenario)
    price = Figure(hypervisor_price(scenario), f"{scenario.currency} per core", f"table:hypervisors:{rule.id}")
    return yearly(
        "hypervisor",
        stored("order minimum beyond what the hosts need"),
        max(0.0, minimum.value - needed) * price.value if needed else 0.0,
        "(vmware_order_minimum_cores - needed_cores) * price",
        {
            "vmware_order_minimum_cores": minimum,
            "needed_cores": Figure(needed, "cores", "plan"),
            "price": price,
        },
        scenario,
        in_advance=True,
    )


def _labour(physical: float, virtual: float, scenario: Scenario) -> list[Term]:
    figures = {
        "machines": Figure(physical, "machines", "plan"),
        "virtual_machines": Figure(virtual, "VMs", "plan"),
        **{
            name: setting(name, scenario)
            for name in (
                "servers_per_admin_physical",
                "servers_per_admin_virtual",
                "admin_salary_per_year",
                "admin_loading",
            )
        },
    }
    people = physical / scenario.servers_per_admin_physical + virtual / scenario.servers_per_admin_virtual
    amount = people * scenario.money("admin_salary_per_year") * scenario.admin_loading
    formula = (
        "(machines / servers_per_admin_physical + virtual_machines / servers_per_admin_virtual)"
        " * admin_salary_per_year * admin_loading"
    )
    return yearly("labour", "administration", amount, formula, figures, scenario)


def _own(line: OwnLine, name: str, side: Side, scenario: Scenario) -> list[Term]:
    if line.side not in ("both", name):
        return []
    counts = {
        "case": (1.0, "case"),
        "server": (side.machines, "machines"),
        "host": (side.hosts, "hosts"),
        "core": (side.cores, "cores"),
        "kw": (side.power_kw(scenario) if line.per == "kw" else 0.0, "kW"),
    }
    count, unit = counts[line.per]
    figures = {
        "count": Figure(count, unit, "plan"),
        "amount": Figure(line.amount, f"{scenario.currency} per {unit}", "setting:own_lines"),
    }
    if line.when == "yearly":
        return yearly("own lines", line.name, count * line.amount, "count * amount", figures, scenario)
    return [Term("own lines", 0, line.name, count * line.amount, "count * amount", figures)]

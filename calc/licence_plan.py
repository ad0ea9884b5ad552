"""What it is worth that the plan knows the licences: plans with and without, side by side, product by product.

A plan knows a product when its price decides hosts: Windows through the variants of every host type, SQL Server, Red
Hat and Oracle through the choice of the host model, each through hosts of its own (``pool_by``).
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.costs.case import Case
from calc.costs.cashflow import per_year, present_value
from calc.costs.licences import ANY_NUMBER, windows_choice
from calc.costs.pricing import target_side
from calc.guests import PRODUCTS, is_windows
from calc.language import stored
from calc.planning import Limits
from calc.scenario import Scenario
from calc.several import assess_several

#: Setting that says what is owned of each product, and its name.
_SETTING = {
    "windows": ("windows_licences", "Windows Server"),
    "sql": ("sql_licences", "SQL Server"),
    "rhel": ("rhel_subscription", "Red Hat"),
    "oracle": ("oracle_licences", "Oracle"),
}


@dataclass(frozen=True, slots=True, eq=False)
class LicenceComparison:
    """Plans of one estate that know its licences, or do not.

    Attributes
    ----------
    table : DataFrame
        plan, hosts, guest_licences, tco, present_cost: all counted products together; ``apart``
        keeps workloads of different licences on different hosts.
    saving : float
        Present cost of the blind plan less that of the best plan that knows them.
    products : DataFrame
        One row a counted product: product, name, hosts_without, hosts_with, hosts_apart, then the
        present costs ``without`` (the plan does not know this product; the others as they are),
        ``with_`` and ``apart``, and ``saving``: without less the better of the two.
    pool_by : tuple of str
        The setting of the best plan of the table.
    """

    table: pd.DataFrame
    saving: float
    products: pd.DataFrame
    pool_by: tuple[str, ...]


def counted_products(a: Assessment) -> tuple[str, ...]:
    """Products that are counted and that a workload on a host carries."""
    carried = {
        "windows": any(pool.windows_vms for pool in a.case.pools),
        "sql": any(pool.sql_vcpus for pool in a.case.pools),
        "rhel": any(pool.rhel_guests for pool in a.case.pools),
        "oracle": any(pool.oracle_workloads for pool in a.case.pools),
    }
    return tuple(name for name in PRODUCTS if carried[name] and getattr(a.scenario, _SETTING[name][0]) != "not_stated")


def fullest_windows(a: Assessment) -> np.ndarray:
    """Windows VMs that each host may run after a failure, shape (H,).

    Without licences in the packing nothing limits where they restart: a host may take all that
    the fullest other hosts of its pool held, one for each failure that is planned for.
    """
    windows = a.estate.workloads["os"].map(is_windows).to_numpy(bool)
    own = np.zeros(len(a.case.hosts), dtype=np.int64)
    placed = (a.case.home >= 0) & windows
    np.add.at(own, a.case.home[placed], 1)
    full = own.copy()
    failures = a.scenario.failover_hosts
    for pool in a.case.pools:
        for host in pool.hosts:
            others = sorted((own[other] for other in pool.hosts if other != host), reverse=True)
            full[host] = own[host] + sum(others[:failures])
    return full


def _licensed(blind: Assessment) -> Case:
    """The blind plan with every host licensed for its fullest Windows state, by the cheapest edition."""
    hosts = []
    for host, vms in zip(blind.case.hosts, fullest_windows(blind), strict=True):
        needed = max(int(vms), 1) if blind.scenario.hypervisor == "hyperv" else int(vms)
        edition, times, _ = windows_choice(host.cores, host.sockets, needed, blind.scenario)
        room = ANY_NUMBER if edition == "windows-datacenter" else 2 * times
        hosts.append(replace(host, licence=f"{edition} x {times}" if times else "", windows_vms=room))
    return replace(blind.case, hosts=tuple(hosts))


def _with_licences(a: Assessment, blind: Assessment, products: tuple[str, ...]) -> tuple[np.ndarray, float]:
    """(costs by year with them, guest licences) of a plan that does not know some products."""
    case = _licensed(blind) if "windows" in products else blind.case
    flows = target_side(case, a.scenario).flows(a.scenario)
    return per_year(flows), float(flows["guest licences"].sum())


def compare_licence_plans(
    a: Assessment, *, limits: Limits | None = None, executor: Executor | None = None
) -> LicenceComparison | None:
    """Plans that know the counted licences, that do not, and that keep them apart.

    Parameters
    ----------
    a : Assessment
    limits : Limits, optional
        A time limit holds for all plans together.
    executor : concurrent.futures.Executor, optional
        Plans them side by side; the comparison is the same without.

    Returns
    -------
    LicenceComparison or None
        None where no licence that a workload carries is counted.

    Notes
    -----
    A blind plan is packed, and its host models chosen, as if the licences were free. It is then
    licensed by the same rules as any plan, each host for its fullest Windows state after a failure.
    What is owned is taken off alike.
    """
    products = counted_products(a)
    if not products:
        return None
    rate = a.scenario.discount_rate

    def kept_apart(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*a.scenario.pool_by, *names)))

    def cost(plan: Assessment) -> float:
        return present_value(per_year(plan.flows["target"]), rate)

    def known(sets: list[tuple[str, ...]]) -> list[Scenario]:
        return [a.scenario.varied(pool_by=kept_apart(names)) for names in sets]

    # Each product alone and all together: with one product these are the same.
    sets = list(dict.fromkeys([*((name,) for name in products), products]))
    unknown = [a.scenario.varied(**{_SETTING[name][0]: "not_stated" for name in names}) for names in sets]
    answers = assess_several(a.inventory, [*unknown, *known(sets)], limits=limits, executor=executor)
    blind_to = {names: next(answers) for names in sets}
    alone = {names: next(answers) for names in sets}
    rows, pays = [], []
    for name in products:
        flow, _ = _with_licences(a, blind_to[name,], (name,))
        without, aware, apart = present_value(flow, rate), cost(a), cost(alone[name,])
        if apart < aware:
            pays.append(name)
        hosts = blind_to[name,].hosts_after, a.hosts_after, alone[name,].hosts_after
        rows.append((name, _SETTING[name][1], *hosts, without, aware, apart, without - min(aware, apart)))
    columns = ["product", "name", "hosts_without", "hosts_with", "hosts_apart", "without", "with_", "apart", "saving"]

    flow, guests = _with_licences(a, blind_to[products], products)
    plans: list[tuple[str, tuple[str, ...], Assessment]] = [(stored("licences in the packing"), a.scenario.pool_by, a)]
    tried = [tuple(pays)] if 0 < len(pays) < len(products) else []
    new = [names for names in tried if names not in alone]
    alone |= zip(new, assess_several(a.inventory, known(new), limits=limits, executor=executor), strict=True)
    for names in (products, *tried):
        plans.append((_text(names, products), kept_apart(names), alone[names]))
    table = pd.DataFrame(
        [
            (
                stored("packed as if licences were free"),
                blind_to[products].hosts_after,
                guests,
                float(flow.sum()),
                present_value(flow, rate),
            )
        ]
        + [
            (
                text,
                plan.hosts_after,
                float(plan.flows["target"]["guest licences"].sum()),
                float(per_year(plan.flows["target"]).sum()),
                cost(plan),
            )
            for text, _, plan in plans
        ],
        columns=["plan", "hosts", "guest_licences", "tco", "present_cost"],
    )
    best = min(plans, key=lambda entry: cost(entry[2]))
    saving = float(table["present_cost"].iloc[0] - table["present_cost"].iloc[1:].min())
    return LicenceComparison(table, saving, pd.DataFrame(rows, columns=columns), best[1])


def _text(names: tuple[str, ...], products: tuple[str, ...]) -> str:
    if names == products:
        return stored("licences in the packing, and kept apart")
    listed = ", ".join(_SETTING[name][1] for name in names)
    return stored("licences in the packing, and kept apart where it pays: {products}", products=listed)

"""What it is worth that the packing knows the licences: plans with and without, side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc.assessment import Assessment, assess
from calc.costs.cashflow import per_year, present_value
from calc.costs.guest_terms import owned_windows
from calc.costs.licences import licence, windows_choice
from calc.guests import is_windows
from calc.language import stored
from calc.planning import Limits


@dataclass(frozen=True, slots=True, eq=False)
class LicenceComparison:
    """Plans of one estate that know its licences, or do not.

    Attributes
    ----------
    table : DataFrame
        plan, hosts, windows_licences, tco, present_cost; ``apart`` keeps workloads of different
        licences on different hosts.
    saving : float
        Present cost of the blind plan less that of the best plan that knows them.
    """

    table: pd.DataFrame
    saving: float


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


def compare_licence_plans(a: Assessment, *, limits: Limits | None = None) -> LicenceComparison | None:
    """Plan with Windows licences in the packing, without, and with licences kept apart.

    Returns
    -------
    LicenceComparison or None
        None where Windows licences are not counted or no workload runs Windows.

    Notes
    -----
    The blind plan is packed as if licences were free; each of its hosts is then licensed for its
    fullest state after a failure, by the cheapest edition. What is owned is taken off alike.
    """
    if a.scenario.windows_licences == "not_stated" or "windows_vm" not in a.demand.dimensions:
        return None
    blind = assess(a.inventory, a.scenario.varied(windows_licences="not_stated"), limits=limits)
    bought = stacked = 0.0
    for host, vms in zip(blind.case.hosts, fullest_windows(blind), strict=True):
        vms = max(int(vms), 1) if a.scenario.hypervisor == "hyperv" else int(vms)
        edition, times, price = windows_choice(host.cores, host.sockets, vms)
        bought += price
        stacked += price if edition == "windows-standard" and times else 0.0
    if a.scenario.windows_licences == "perpetual":
        bought -= min(stacked, _owned_standard(a))
    bought *= a.scenario.rate("USD")
    flow = per_year(blind.flows["target"]).copy()
    if a.scenario.hypervisor == "hyperv":
        flow -= blind.flows["target"]["hypervisor"]  # the Windows licence of the host is counted here
    flow[0] += bought
    rate = a.scenario.discount_rate
    pool_by = tuple(dict.fromkeys((*a.scenario.pool_by, "licence")))
    apart = assess(a.inventory, a.scenario.varied(pool_by=pool_by), limits=limits)
    rows = [
        (
            stored("packed as if licences were free"),
            blind.hosts_after,
            bought,
            float(flow.sum()),
            present_value(flow, rate),
        )
    ]
    for name, plan in (
        (stored("licences in the packing"), a),
        (stored("licences in the packing, and kept apart"), apart),
    ):
        found = per_year(plan.flows["target"])
        rows.append(
            (
                name,
                plan.hosts_after,
                float(plan.flows["target"]["guest licences"].sum()),
                float(found.sum()),
                present_value(found, rate),
            )
        )
    table = pd.DataFrame(rows, columns=["plan", "hosts", "guest_licences", "tco", "present_cost"])
    return LicenceComparison(table, float(table["present_cost"].iloc[0] - table["present_cost"].iloc[1:].min()))


def _owned_standard(a: Assessment) -> float:
    """Worth of the Standard licences that removed Windows servers hold, in US dollars."""
    return owned_windows(a.case, ~a.retained) * licence("windows-standard").price

"""Which workload is cheaper where, by the price of what it takes on a host; and what no split can go below.

A linear programme: hosts may be bought in parts and workloads split between host and cloud, so its
optimum is at most the cost of any real split. At its optimum every resource of a host has a price, and
each workload is on the side that is cheaper for it at these prices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from calc.assessment import Assessment
from calc.costs.cashflow import present_value
from calc.costs.cloud import CloudChoice, cloud_terms
from calc.costs.pricing import Side
from calc.costs.sides import host_coefficient, load_coefficient, shared_storage
from calc.demand import capacity
from calc.model import HostType

#: Lines that are the same however the moving workloads are split.
_SAME = ("migration", "parallel running", "disposal", "resale")
#: A hair that keeps rounding of the solver from lifting the bound.
_HAIR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The linear programme's answer.

    Attributes
    ----------
    in_cloud : ndarray of bool, shape (W,)
        Workloads that are cheaper in the cloud at the prices of the optimum.
    cost : float
        Present value of hosts, load, storage and cloud that no split of these workloads goes below.
    """

    in_cloud: np.ndarray
    cost: float


def relaxed_split(a: Assessment, choice: CloudChoice, hosts: list[HostType]) -> Split | None:
    """The best split if hosts and workloads could be divided.

    Parameters
    ----------
    hosts : list of HostType
        Models that a plan may use.

    Returns
    -------
    Split or None
        None where the solver gives no optimum.
    """
    scenario, table = a.scenario, a.demand.table
    movable = (table["stay_reason"] == "").to_numpy()
    away = _cloud_cost(a, choice)
    here = table["cpu_mean_units"].to_numpy(float) * min(load_coefficient(host, scenario) for host in hosts)
    here = here + _storage_cost(a)
    in_cloud, total = np.zeros(len(table), dtype=bool), 0.0
    names = table["pool"].to_numpy()
    for name in sorted(set(names[movable])):
        rows = np.flatnonzero(movable & (names == name))
        own = [host for host in hosts if host.arch == table["arch"].iloc[rows[0]]]
        price = np.array([0.0 if host.role == "existing" else host_coefficient(host, scenario) for host in own])
        normal, after = (
            _optimum(a, rows, own, price, here, away, choice.fits, failover=state) for state in (False, True)
        )
        if normal is None or after is None:
            return None
        in_cloud[rows] = normal[1]
        # Whatever stays on hosts needs its spares: either that, or the whole pool is in the cloud.
        least = max(normal[0], after[0] + scenario.failover_hosts * float(price.min()))
        total += min(least, float(away[rows].sum())) if choice.fits[rows].all() else least
    return Split(in_cloud & choice.fits, total)


def _optimum(
    a: Assessment,
    rows: np.ndarray,
    own: list[HostType],
    price: np.ndarray,
    here: np.ndarray,
    away: np.ndarray,
    fits: np.ndarray,
    *,
    failover: bool,
) -> tuple[float, np.ndarray] | None:
    """(least cost, which workloads are in the cloud) of one pool; None without an optimum.

    Variables are the hosts of each model, then the part of each workload that is on a host.
    """
    room = np.array([capacity(host, a.demand.dimensions, a.scenario, failover=failover) for host in own], dtype=float)
    need = a.demand.amounts[rows].astype(float)
    scale = np.maximum(1.0, need.sum(axis=0))
    found = linprog(
        np.concatenate([price, here[rows] - away[rows]]),
        A_ub=np.hstack([-(room / scale).T, (need / scale).T]),
        b_ub=np.zeros(need.shape[1]),
        # What fits no instance stays on a host.
        bounds=[(0, host.available) for host in own] + [(0.0 if fits[row] else 1.0, 1.0) for row in rows],
        method="highs",
    )
    if found.status != 0:
        return None
    return float(found.fun + away[rows].sum()), found.x[len(own) :] < 0.5


def split_bound(a: Assessment, split: Split, side: Side) -> float | None:
    """Present cost that no hybrid of these host models goes below; None where none can be said.

    Notes
    -----
    Adds what is the same for every split (the move and the exit, the servers that stay). What is
    left out, further licences and rules among it, can only add. Not said where owned licences are
    credited, hosts are bought in steps, an own line takes off, or a workload that may move fits no
    host, because its server then stays in one split and not in another.
    """
    scenario = a.scenario
    homeless = ((a.demand.table["stay_reason"] == "").to_numpy() & (a.case.home < 0)).any()
    owned = "perpetual" in (scenario.windows_licences, scenario.sql_licences, scenario.oracle_licences)
    takes_off = any(line.amount < 0 for line in scenario.own_lines)
    phased = any(fleet.label == "hosts" and fleet.start.any() for fleet in side.fleets)
    if owned or takes_off or phased or homeless:
        return None
    flows = side.flows(scenario)
    total = split.cost
    for line in _SAME:
        total += present_value(flows[line], scenario.discount_rate)
    for fleet in side.fleets:
        if fleet.label == "servers that stay":
            total += sum(present_value(amounts, scenario.discount_rate) for amounts in fleet.lines(scenario).values())
    return total - _HAIR * abs(total)


def _cloud_cost(a: Assessment, choice: CloudChoice) -> np.ndarray:
    """Present value of each workload in the cloud, shape (W,); what the terms of all share is split by what it is for."""
    used, fits = choice.table, choice.fits
    quantity = {
        "cloud storage": used["disk_gib"].to_numpy(float),
        "egress": np.ones(len(used)),
        "Windows in the cloud": used["vcpus"].to_numpy(float) * used["windows"].to_numpy(float),
    }
    instances = used["per_month"].to_numpy(float)
    total: dict[str, float] = {}
    for term in cloud_terms(choice, fits, a.scenario):
        total[term.label] = total.get(term.label, 0.0) + term.amount / (1 + a.scenario.discount_rate) ** term.year
    out = np.zeros(len(used))
    for label, value in total.items():
        by = np.where(fits, quantity.get(label, instances), 0.0)
        out += value * by / max(by.sum(), 1e-12)
    return out


def _storage_cost(a: Assessment) -> np.ndarray:
    """Present value of the storage that each physical server's data takes beside a host, shape (W,)."""
    flows = shared_storage(1.0, a.scenario).lines(a.scenario)
    each = sum(present_value(amounts, a.scenario.discount_rate) for amounts in flows.values())
    return a.case.disk_gib * a.case.physical * each

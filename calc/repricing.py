"""The same plan at other prices: what a change of assumptions means for the money, without packing anew."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from calc.assessment import Assessment, conclude, prepare
from calc.demand import Demand, capacity
from calc.errors import InventoryError
from calc.model import HostType
from calc.planning import Pool
from calc.scenario import Scenario

#: Settings that decide how hosts are packed, beside demand and capacities.
_PLANNING = ("failover_hosts", "racks", "effort", "seed")


def reprice(answer: Assessment, scenario: Scenario) -> Assessment | None:
    """The plan of an answer under another scenario, where it is a plan of that scenario too.

    Nothing is taken on trust: the estate and its demand are formed anew and compared with those that were planned, and so are
    the capacities of the hosts. Hosts, placement, proof of failures and the bound on hosts of these models then hold as they
    are. What `assess` may find beyond that is another *choice* of host model, now that prices differ.

    Parameters
    ----------
    answer : Assessment
    scenario : Scenario

    Returns
    -------
    Assessment or None
        None where the change asks for packing: other demand, hosts, rules or failures; and with mixed host models, whose bound
        is one of cost.

    Raises
    ------
    ScenarioError
        When the scenario allows no host.

    Examples
    --------
    >>> import calc
    >>> csv = b"hostname,cores,memory_gib,cpu_mean\\n" + b"".join(b"s%d,8,32,10%%\\n" % i for i in range(20))
    >>> answer = calc.assess(calc.read_inventory(csv, name="twenty.csv"))
    >>> reprice(answer, calc.Scenario(pue=2.0)).comparison.tco_baseline > answer.comparison.tco_baseline
    True
    >>> reprice(answer, calc.Scenario(failover_hosts=2)) is None
    True
    """
    started = time.monotonic()
    before = answer.scenario
    if "mixed" in (before.host_policy, scenario.host_policy) or any(
        getattr(before, name) != getattr(scenario, name) for name in _PLANNING
    ):
        return None
    try:
        prepared = prepare(answer.inventory, scenario)
    except InventoryError:  # nothing takes part any more: `assess` says so
        return None
    demand = prepared.demand
    if not _same(answer.demand, demand):
        return None
    known = {host.id: host for host in prepared.hosts}
    pools = []
    for pool in answer.pools:
        moved = _moved(pool, demand, known, scenario)
        if moved is None:
            return None
        pools.append(moved)
    return conclude(answer.inventory, scenario, prepared, tuple(pools), lambda: time.monotonic() - started)


def _same(old: Demand, new: Demand) -> bool:
    return (
        old.dimensions == new.dimensions
        and np.array_equal(old.amounts, new.amounts)
        and np.array_equal(old.affinity, new.affinity)
        and old.group_limits == new.group_limits
        and old.groups.keys() == new.groups.keys()
        and all(np.array_equal(members, new.groups[name]) for name, members in old.groups.items())
        and all(
            old.table[column].equals(new.table[column])
            for column in ("workload", "server", "pool", "arch", "stay_reason")
        )
    )


def _moved(pool: Pool, demand: Demand, known: dict[str, HostType], scenario: Scenario) -> Pool | None:
    """The pool with host types of the new prices; None where one is gone or has another capacity."""
    types = tuple(known[host.id] for host in pool.types if host.id in known)
    if len(types) != len(pool.types):
        return None
    for failover, kept in ((False, pool.capacities), (True, pool.failover_capacities)):
        now = [capacity(host, demand.dimensions, scenario, failover=failover) for host in types]
        if not np.array_equal(np.array(now, dtype=np.int64), kept):
            return None
    return replace(pool, types=types)

"""What surviving costs: N against N+1 and N+2, spread headroom against spare hosts."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.costs.case import Case
from calc.costs.cashflow import compare
from calc.costs.pricing import target_side
from calc.costs.sides import host_coefficient
from calc.demand import Demand
from calc.inventory import Inventory
from calc.model import HostType
from calc.planning import Limits, Pool
from calc.scenario import Scenario
from calc.several import assess_several


def failover_options(
    inventory: Inventory,
    scenario: Scenario,
    failures: tuple[int, ...] = (0, 1, 2),
    *,
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> tuple[pd.DataFrame, dict[int, Assessment]]:
    """Hosts and money of surviving k failures in each pool, both ways.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
    failures : tuple of int
        Values of k to compare; 0 is always worked out, as spare hosts stand beside it.
    limits : Limits, optional
    executor : concurrent.futures.Executor, optional
        Plans them side by side; the table is the same without.

    Returns
    -------
    (DataFrame, dict of int to Assessment)
        One row a k and way: failures, way ('none', 'spread', 'spare hosts'), hosts, at_least,
        tco_target, extra_tco (against k = 0), savings, npv, survives, chosen (least total cost of
        its k; spread where both cost the same). And the assessment of each k.

    Notes
    -----
    *Spread*: every host carries less, so that the others take over what one loses. *Spare hosts*:
    the plan without failures, and k empty hosts a pool, each large enough for the fullest host:
    what a failed host carried moves to a spare one for one, so any k failures are survived. Spare
    hosts run empty and are licensed.
    """
    counts = sorted({0, *failures})
    scenarios = [scenario.varied(failover_hosts=count) for count in counts]
    answers = dict(zip(counts, assess_several(inventory, scenarios, limits=limits, executor=executor), strict=True))
    bare = answers[0]
    rows = []
    for k, answer in answers.items():
        comparison = answer.comparison
        rows.append(
            {
                "failures": k,
                "way": "spread" if k else "none",
                "hosts": answer.hosts_after,
                "at_least": answer.hosts_lower_bound,
                "tco_target": comparison.tco_target,
                "savings": comparison.savings,
                "npv": comparison.npv,
                "survives": answer.survives,
            }
        )
        # An empty host that takes one host's load takes no rack's: with racks only room on every host is offered.
        if k and not scenario.racks:
            other = _with_spares(bare, k)
            if other is not None:
                case, count = other
                flows = target_side(case, scenario).flows(scenario)
                apart = compare(bare.flows["baseline"], flows, scenario)
                rows.append(
                    {
                        "failures": k,
                        "way": "spare hosts",
                        "hosts": count,
                        "at_least": None,
                        "tco_target": apart.tco_target,
                        "savings": apart.savings,
                        "npv": apart.npv,
                        "survives": True,
                    }
                )
    table = pd.DataFrame(rows)
    table["extra_tco"] = table["tco_target"] - bare.comparison.tco_target
    holds = table[table["survives"]]
    holds = holds.assign(tco_target=holds["tco_target"].round(2))  # sums in another order differ far below a cent
    best = holds.sort_values(["tco_target", "way"], ascending=[True, False], kind="stable").groupby("failures").head(1)
    table["chosen"] = table.index.isin(best.index)
    return table, answers


def _with_spares(bare: Assessment, failures: int) -> tuple[Case, int] | None:
    """The facts of the plan without failures with spare hosts beside it, and its number of hosts.

    A spare belongs to its pool: licences that follow a pool's hosts are counted on it too.
    """
    case, hosts = bare.case, list(bare.case.hosts)
    facts = {pool.name: pool for pool in case.pools}
    for pool in bare.pools:
        if not len(pool.plan.host_types):
            continue
        spare = _spare(pool, bare.demand, bare.scenario)
        if spare is None:
            return None
        places = range(len(hosts), len(hosts) + failures)
        hosts += [spare] * failures
        facts[pool.name] = replace(facts[pool.name], hosts=(*facts[pool.name].hosts, *places))
    return replace(case, hosts=tuple(hosts), pools=tuple(facts.values())), len(hosts)


def _spare(pool: Pool, demand: Demand, scenario: Scenario) -> HostType | None:
    """The type of the pool that holds the fullest load of any host and costs least over the horizon; None without one."""
    loads = np.zeros((len(pool.plan.host_types), len(pool.dimensions)), dtype=np.int64)
    placed = pool.plan.assignment >= 0
    np.add.at(loads, pool.plan.assignment[placed], demand.amounts[pool.rows[placed]])
    fullest = loads.max(axis=0)
    fitting = [
        host
        for host, capacity in zip(pool.types, pool.failover_capacities, strict=True)
        if host.available is None and (capacity >= fullest).all()
    ]
    return min(fitting, key=lambda host: (host_coefficient(host, scenario), host.id), default=None)

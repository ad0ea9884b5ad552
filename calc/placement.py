"""The tables of a plan: its hosts, the host of each workload, and what stays where it is and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.demand import Demand
from calc.language import stored
from calc.model import HostType
from calc.planning import Pool


def plan_tables(
    demand: Demand, pools: tuple[Pool, ...]
) -> tuple[pd.DataFrame, list[HostType], pd.DataFrame, np.ndarray]:
    """(hosts, their types, placement, host position of each workload)."""
    home = np.full(len(demand.table), -1, dtype=np.int64)
    records: list[dict[str, object]] = []
    chosen: list[HostType] = []
    width = max(2, len(str(sum(len(pool.plan.host_types) for pool in pools))))
    for pool in pools:
        rows, on = pool.rows[pool.plan.assignment >= 0], pool.plan.assignment[pool.plan.assignment >= 0]
        home[rows] = on + len(records)
        used = np.zeros((len(pool.plan.host_types), len(pool.dimensions)), dtype=np.int64)
        np.add.at(used, on, demand.amounts[rows])
        count = np.bincount(on, minlength=len(used))
        for number, kind in enumerate(pool.plan.host_types):
            record: dict[str, object] = {
                "host": f"host-{len(records) + 1:0{width}d}",
                "host_type": pool.types[kind].id,
                "pool": pool.name,
                "workloads": int(count[number]),
            }
            if pool.plan.rack_of:
                record["rack"] = pool.plan.rack_of[number]
            for k, name in enumerate(pool.dimensions):
                record[f"{name}_capacity"] = int(pool.capacities[kind, k])
                record[f"{name}_capacity_failover"] = int(pool.failover_capacities[kind, k])
                record[f"{name}_used"] = int(used[number, k])
            records.append(record)
            chosen.append(pool.types[kind])
    columns = ["host", "host_type", "pool", "workloads"] + (["rack"] if any("rack" in row for row in records) else [])
    columns += [f"{name}_{part}" for name in demand.dimensions for part in ("capacity", "capacity_failover", "used")]
    hosts = pd.DataFrame(records, columns=columns)
    placed = home >= 0
    placement = pd.DataFrame(
        {
            "workload": demand.table["workload"][placed].to_numpy(),
            "host": hosts["host"].to_numpy()[home[placed]] if len(hosts) else [],
        }
    )
    return hosts, chosen, placement, home


def left_in_place(demand: Demand, pools: tuple[Pool, ...], home: np.ndarray) -> pd.DataFrame:
    """workload, server, pool and reason of every workload without a host."""
    reasons = demand.table["stay_reason"].copy()
    for pool in pools:
        for position, dimension in pool.plan.unplaced.items():
            full = dimension == "hosts available"
            reasons.iloc[pool.rows[position]] = (
                stored("the hosts available are full")
                if full
                else stored("fits no allowed host: {dimension}", dimension=dimension)
            )
    stays = home < 0
    return pd.DataFrame(
        {
            "workload": demand.table["workload"],
            "server": demand.table["server"],
            "pool": demand.table["pool"],
            "reason": reasons,
        }
    )[stays]


def hosts_of_pools(pools: tuple[Pool, ...]) -> list[tuple[str, np.ndarray, range]]:
    """(name, rows of its workloads, positions of its hosts in the table of hosts) of each pool."""
    found, first = [], 0
    for pool in pools:
        count = len(pool.plan.host_types)
        found.append((pool.name, pool.rows, range(first, first + count)))
        first += count
    return found

"""How hard each workload is to move, by what its inventory says, and how many hours that takes.

One point each for a database, for a member of a cluster (an anti-affinity group) and for an operating system whose support
has ended; two for a disk beyond the size limit. No point is simple, one is medium, more is complex.
"""

from __future__ import annotations

import numpy as np

from calc.demand import Demand
from calc.guests import licence_class
from calc.os_support import system_support
from calc.roles import is_database
from calc.scenario import Scenario

CLASSES = ("simple", "medium", "complex")
#: Points of a disk beyond the limit: alone enough to be complex.
_LARGE = 2


def difficulty(demand: Demand, scenario: Scenario) -> np.ndarray:
    """Points of every workload without its disk, shape (W,)."""
    table = demand.table
    ended = {
        os: (support := system_support(os)) is not None and support[1].year <= scenario.start_year
        for os in table["os"].unique()
        if os
    }
    database = [
        is_database(name, application) or licence_class(os, application) in ("sql", "oracle")
        for name, application, os in zip(table["workload"], table["application"], table["os"], strict=True)
    ]
    clustered = (table["anti_affinity"] != "").to_numpy()
    old = np.array([ended.get(os, False) for os in table["os"]], dtype=bool)
    return np.array(database, dtype=np.int64) + clustered + old


def migration_class(points: np.ndarray, disk_gib: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Position in `CLASSES` of every workload, shape (W,)."""
    return np.minimum(points + _LARGE * (disk_gib >= scenario.migration_large_disk_gib), len(CLASSES) - 1)


def migration_price(name: str, scenario: Scenario) -> float:
    """Price of moving one workload of a class, in the scenario's currency."""
    return float(getattr(scenario, f"migration_hours_{name}")) * scenario.money("migration_hour_price")

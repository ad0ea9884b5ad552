"""How much the largest workload of each host could grow before it must move."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.assessment import Assessment

#: Growth that a rating stands for; below the first there is none.
STEPS = (0.25, 0.5, 0.75, 1.0)


def headroom(assessment: Assessment) -> pd.DataFrame:
    """Headroom rating of every host.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    DataFrame
        host, largest (its workload with the largest share of any one resource), growth (share by
        which all demand of that workload could grow within the normal ceilings), limited_by,
        rating ('none', '25 %', '50 %', '75 %', '100 %', or 'empty' for a spare).
    """
    demand, hosts = assessment.demand, assessment.hosts
    home = dict(zip(assessment.placement["workload"], assessment.placement["host"], strict=True))
    where = demand.table["workload"].map(home).to_numpy()
    rows = []
    for host in hosts.to_dict("records"):
        members = np.flatnonzero(where == host["host"])
        capacity = np.array([host[f"{name}_capacity"] for name in demand.dimensions], dtype=float)
        free = capacity - np.array([host[f"{name}_used"] for name in demand.dimensions], dtype=float)
        if not len(members):
            rows.append((host["host"], "", float("inf"), "", "empty"))
            continue
        share = (demand.amounts[members] / np.maximum(capacity, 1)).max(axis=1)
        largest = members[int(share.argmax())]
        need = demand.amounts[largest].astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(need > 0, free / need, np.inf)
        growth = float(room.min())
        reached = [step for step in STEPS if growth >= step]
        rating = f"{reached[-1]:.0%}".replace("%", " %") if reached else "none"
        name = str(demand.table["workload"].iloc[largest])
        rows.append((host["host"], name, growth, demand.dimensions[int(room.argmin())], rating))
    return pd.DataFrame(rows, columns=["host", "largest", "growth", "limited_by", "rating"])

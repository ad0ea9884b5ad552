"""Every pool of an assessment as plain arrays."""

from __future__ import annotations

from calc.assessment import Assessment
from calc.failover.loaded import Loaded, load_pool


def loaded_pools(assessment: Assessment) -> list[Loaded]:
    """Every pool of a plan, hosts named as in `Assessment.hosts`.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    list of Loaded
        In the order of `Assessment.pools`; a pool without a host is left out.
    """
    found = []
    first = 0
    names = assessment.hosts["host"].tolist()
    for pool in assessment.pools:
        count = len(pool.plan.host_types)
        if count:
            found.append(load_pool(pool, assessment.demand, tuple(names[first : first + count])))
        first += count
    return found

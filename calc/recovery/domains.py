"""Racks and sites as failure domains: everything in one fails together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calc.assessment import Assessment
from calc.costs.sides import host_coefficient
from calc.demand import Demand
from calc.errors import InputError
from calc.failover.failures import Proof, prove
from calc.failover.loaded import Loaded
from calc.failover.racks import repair, spread_over_racks
from calc.language import stored
from calc.planning import Pool
from calc.recovery.arrays import loaded_pools
from calc.recovery.restart import item_priority, restart_tiers


@dataclass(frozen=True, slots=True, eq=False)
class RackPlan:
    """A pool spread over racks so that any one of them may fail.

    Attributes
    ----------
    loaded : Loaded
        The pool, with hosts added and workloads spread anew where that was needed.
    racks : dict of str to tuple of str
        Hosts of each rack.
    proof : Proof
    added : tuple of str
        Hosts that had to be added.
    added_type : str
        Host types of those.
    added_price : float
        Their purchase price together, in the scenario's currency.
    moved : int
        Workloads on another host than the plan has them on.
    groups_in_one_rack : int
        Anti-affinity groups whose members all sit in the same rack.
    """

    loaded: Loaded
    racks: dict[str, tuple[str, ...]]
    proof: Proof
    added: tuple[str, ...]
    added_type: str
    added_price: float
    moved: int
    groups_in_one_rack: int


def survive_racks(assessment: Assessment, racks: int | Mapping[str, Sequence[str]], *, seed: int = 1) -> list[RackPlan]:
    """Make every pool survive the loss of any one rack, adding the least costly hosts it takes.

    Parameters
    ----------
    assessment : Assessment
    racks : int or mapping of str to sequence of str
        How many racks each pool is spread over, or the hosts of each rack. A plan that was made for so
        many racks (``Scenario.racks``) keeps its hosts in its own.

    Returns
    -------
    list of RackPlan
        One a pool; ``proof.holds`` tells whether it was reached. With one rack it cannot be.

    Raises
    ------
    InputError
        When a rack names a host that does not exist, or a host stands in no rack.
    """
    found = []
    with_hosts = [pool for pool in assessment.pools if len(pool.plan.host_types)]
    for pool, loaded in zip(with_hosts, loaded_pools(assessment), strict=True):
        if isinstance(racks, int) and racks == assessment.scenario.racks:
            rack_of = dict(zip(loaded.hosts, pool.plan.rack_of, strict=True))
            sets = {
                rack: tuple(h for h in loaded.hosts if rack_of[h] == rack) for rack in sorted(set(rack_of.values()))
            }
        elif isinstance(racks, int):
            sets = spread_over_racks(loaded.hosts, racks)
        else:
            sets = {name: tuple(host for host in hosts if host in set(loaded.hosts)) for name, hosts in racks.items()}
            everywhere = {host for hosts in racks.values() for host in hosts}
            known = set(assessment.hosts["host"])
            if everywhere - known:
                raise InputError(
                    stored(
                        "rack plan: host {everywhere!r} is not in this plan", everywhere=sorted(everywhere - known)[0]
                    )
                )
            homeless = [host for host in loaded.hosts if host not in everywhere]
            if homeless:
                raise InputError(
                    stored("rack plan: host {value!r} stands in no rack; name its rack", value=homeless[0])
                )
        worth = [host_coefficient(host, assessment.scenario) for host in pool.types]
        found.append(_plan(pool, loaded, sets, worth, seed))
    return found


def _plan(
    pool: Pool, original: Loaded, racks: dict[str, tuple[str, ...]], worth: Sequence[float], seed: int
) -> RackPlan:
    found = repair(pool, original, racks, worth, seed=seed)
    loaded = found.loaded
    rack_of = {host: rack for rack, hosts in found.racks.items() for host in hosts}
    together = 0
    for group in range(loaded.resources, loaded.demands.shape[1]):
        homes = {rack_of[loaded.hosts[loaded.home[item]]] for item in np.flatnonzero(loaded.demands[:, group])}
        together += len(homes) == 1 and int((loaded.demands[:, group] > 0).sum()) > 1
    moved = [
        len(names) for names, old, new in zip(loaded.workloads, original.home, loaded.home, strict=True) if old != new
    ]
    added = [pool.types[kind] for kind in found.kinds]
    return RackPlan(
        loaded,
        found.racks,
        found.proof,
        found.added,
        ", ".join(dict.fromkeys(host.id for host in added)),
        sum(host.price for host in added),
        sum(moved),
        together,
    )


def lose_a_site(assessment: Assessment) -> tuple[Loaded, Proof]:
    """Fail each site and re-place its workloads on the other sites' hosts of the same zone and architecture.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    (Loaded, Proof)
        All pools side by side, and one case a site. Production and what it stands on is re-placed
        first, so that what is left over is what matters least. Groups that must be apart are so across
        sites, though each site was planned by itself. Storage, network and data at the
        other site are not looked at: this is about hosts only.

    Raises
    ------
    InputError
        When the plan mixes sites in one pool, or has one site only.
    """
    table = assessment.demand.table
    with_hosts = [pool for pool in assessment.pools if len(pool.plan.host_types)]
    parts = loaded_pools(assessment)
    sites, classes = [], []
    for pool in with_hosts:
        rows = table.iloc[pool.rows]
        if rows["site"].nunique() > 1:
            raise InputError(
                stored(
                    "this plan mixes sites in one pool, so no host belongs to one; keep apart by site to see the loss of "
                    "one"
                )
            )
        sites.append(str(rows["site"].iloc[0]))
        zone = str(rows["zone"].iloc[0]) if "zone" in assessment.scenario.pool_by else ""
        classes.append((zone, str(rows["arch"].iloc[0])))
    if len(set(sites)) < 2:
        raise InputError(stored("this plan has one site only: there is no other that could take its workloads"))
    everything = _side_by_side(parts, assessment.demand)
    item_pool = np.repeat(np.arange(len(parts)), [len(part.home) for part in parts])
    host_pool = np.repeat(np.arange(len(parts)), [len(part.hosts) for part in parts])
    alike = np.array([[classes[a] == classes[b] for b in range(len(parts))] for a in range(len(parts))])
    allowed = alike[item_pool][:, host_pool]
    domains = {
        site: [host for host, pool in zip(everything.hosts, host_pool, strict=True) if sites[pool] == site]
        for site in dict.fromkeys(sites)
    }
    priority = item_priority(everything, restart_tiers(assessment))
    return everything, prove(everything, domains=domains, kind="site", priority=priority, allowed=allowed)


def _side_by_side(parts: list[Loaded], demand: Demand) -> Loaded:
    """Several pools as one; a group's members count together wherever they are, as no pool alone sees them."""
    resources = parts[0].resources
    row_of = {str(name): row for row, name in enumerate(demand.table["workload"])}
    number = {
        row_of[name]: item for item, names in enumerate(n for part in parts for n in part.workloads) for name in names
    }
    demands = np.vstack([part.demands[:, :resources] for part in parts])
    columns, limits = [], []
    for label, members in demand.groups.items():
        held = [number[row] for row in members.tolist() if row in number]
        limit = demand.group_limits.get(label, 1)
        if len(held) > limit:
            columns.append(np.bincount(held, minlength=len(demands)).astype(np.int64))
            limits.append(limit)
    first = np.cumsum([0, *(len(part.hosts) for part in parts)])[:-1]
    groups = np.tile(np.array(limits, dtype=np.int64), (sum(len(part.hosts) for part in parts), 1))
    return Loaded(
        tuple(host for part in parts for host in part.hosts),
        tuple(pool for part in parts for pool in part.pool),
        resources,
        parts[0].dimensions,
        np.column_stack([demands, *columns]),
        np.hstack([np.vstack([part.capacities[:, :resources] for part in parts]), groups]),
        np.hstack([np.vstack([part.normal[:, :resources] for part in parts]), groups]),
        np.concatenate([part.home + start for part, start in zip(parts, first.tolist(), strict=True)]),
        tuple(names for part in parts for names in part.workloads),
    )

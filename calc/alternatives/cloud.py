"""The cloud, whole or in part: what stays is packed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calc.alternatives.entries import Alternative, form_entry
from calc.alternatives.split import Split, relaxed_split, split_bound
from calc.assessment import Assessment
from calc.costs.case import Case, PoolFacts, build_case
from calc.costs.cloud import CloudChoice, cloud_terms
from calc.costs.pricing import target_side
from calc.failover import Problem
from calc.language import foreign, stored
from calc.model import HostType
from calc.planning import Pool
from calc.scenario import Scenario

#: Shares of the workloads that a hybrid tries to move to the cloud, those with the cheapest fit first.
_CUTS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def _case(a: Assessment, pools: list[Pool], choice: CloudChoice, cloud: np.ndarray) -> Case:
    """Case of a plan for some workloads, the others in the cloud or staying."""
    home = np.full(len(a.demand.table), -1, dtype=np.int64)
    hosts: list[HostType] = []
    listed = []
    for pool in pools:
        first = len(hosts)
        on = pool.plan.assignment
        home[pool.rows[on >= 0]] = on[on >= 0] + first
        hosts += [pool.types[kind] for kind in pool.plan.host_types]
        listed.append((pool.name, pool.rows, range(first, len(hosts))))
    staying = set(a.demand.table["server"][(home < 0) & ~cloud])
    retained = a.estate.servers["server"].isin(staying).to_numpy()
    case = build_case(a.estate, a.demand, listed, hosts, home, retained, a.scenario, cloud)
    return replace(case, pools=(*case.pools, _licensed(case, choice, cloud)))


def _licensed(case: Case, choice: CloudChoice, cloud: np.ndarray) -> PoolFacts:
    """What the workloads in the cloud need beside their instances: SQL Server, Red Hat and Oracle are brought along.

    SQL Server is licensed by VM on the instance's vCPUs, Red Hat in pairs of VMs, Oracle by vCPU. Windows is in the price
    that the scenario states for it.
    """
    vcpus = choice.table["vcpus"].to_numpy(float)
    oracle = cloud & (case.kind == "oracle")
    return PoolFacts(
        stored("the cloud"),
        (),
        np.flatnonzero(cloud),
        np.zeros(len(case.dimensions), dtype=np.int64),
        0,
        int((cloud & (case.kind == "rhel")).sum()),
        int(oracle.sum()),
        tuple(vcpus[cloud & (case.kind == "sql")]),
        tuple(vcpus[oracle]),
    )


def what_stays(a: Assessment, mask: np.ndarray) -> Problem:
    """What is packed when some workloads are in the cloud: the rest, on the plan's host types."""
    table = a.demand.table.copy()
    table.loc[mask, "stay_reason"] = stored("moves to the cloud")
    return Problem(replace(a.demand, table=table), tuple(_hosts(a)), a.scenario)


def in_cloud(a: Assessment, choice: CloudChoice, mask: np.ndarray, pools: list[Pool], kind: str) -> Alternative:
    """Some workloads in the cloud, the rest packed again: hosts are lumpy, so averages say nothing.

    Parameters
    ----------
    mask : ndarray of bool, shape (W,)
        Workloads in the cloud.
    pools : list of Pool
        The plan of `what_stays`.
    kind : str
        ``cloud`` or ``hybrid``.
    """
    scenario = a.scenario
    case = _case(a, pools, choice, mask)
    side = target_side(case, scenario, extra=cloud_terms(choice, mask, scenario))
    title = stored("Cloud") if kind == "cloud" else stored("Hybrid")
    return form_entry(
        a,
        stored(
            "{title}, {region}, {replace}",
            title=title,
            region=choice.region,
            replace=foreign(choice.commitment.replace("_", " ")),
        ),
        kind,
        side,
        hosts=len(case.hosts),
        kept=int(case.retained.sum()),
        in_cloud=int(mask.sum()),
        missing=choice.missing(scenario, mask) if mask.any() else (),
        note=_note(choice, scenario),
        case=case,
    )


def _note(choice: CloudChoice, scenario: Scenario) -> str:
    if not choice.estimated:
        return stored("list prices of {as_of}", as_of=choice.as_of)
    return stored(
        "list prices of {as_of}; no one-year price is listed: {share:.0%} of the price on demand",
        as_of=choice.as_of,
        share=scenario.cloud_one_year_fraction,
    )


def _hosts(a: Assessment) -> list[HostType]:
    found: dict[str, HostType] = {}
    for pool in a.pools:
        for host in pool.types:
            found[host.id] = host
    return list(found.values())


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """The splits that a hybrid tries, before any is packed.

    Attributes
    ----------
    masks : tuple of ndarray of bool, shape (W,)
        Workloads in the cloud, no two the same.
    relaxed : Split or None
        Where every workload is cheaper, and what no split can go below.
    """

    masks: tuple[np.ndarray, ...]
    relaxed: Split | None


def splits_to_try(a: Assessment, choice: CloudChoice) -> Splits:
    """Several splits of the workloads between hosts and cloud.

    One puts every workload where it is cheaper at the prices of a linear programme over hosts and cloud; the others move
    the workloads with the lowest price in the cloud for their largest share of the estate's demand.
    """
    share = (a.demand.amounts / np.maximum(1, a.demand.amounts.sum(axis=0))).max(axis=1)
    rank = np.where(choice.fits, choice.table["per_month"].to_numpy(float) / np.maximum(share, 1e-12), np.inf)
    order = np.argsort(rank, kind="stable")
    able = int(choice.fits.sum())
    relaxed = relaxed_split(a, choice, _hosts(a))
    masks = [] if relaxed is None else [relaxed.in_cloud]
    for cut in _CUTS:
        mask = np.zeros(len(rank), dtype=bool)
        mask[order[: round(cut * able)]] = True
        masks.append(mask)
    return Splits(tuple({mask.tobytes(): mask for mask in masks}.values()), relaxed)


def hybrid(
    a: Assessment, choice: CloudChoice, splits: Splits, planned: Sequence[list[Pool]]
) -> tuple[Alternative, np.ndarray]:
    """The cheapest of several splits, each re-packed and priced whole.

    Parameters
    ----------
    splits : Splits
        From `splits_to_try`.
    planned : sequence of list of Pool
        The plan of what stays in each of them.

    Returns
    -------
    (Alternative, ndarray of bool)
        And the workloads that it moves to the cloud.
    """
    found = [
        (in_cloud(a, choice, mask, pools, "hybrid"), mask) for mask, pools in zip(splits.masks, planned, strict=True)
    ]
    entry, mask = min(found, key=lambda pair: pair[0].present_cost)
    bound = None if splits.relaxed is None else split_bound(a, splits.relaxed, entry.side)
    note = stored("best of {count} splits of the workloads", count=len(found))
    if bound is not None:
        note = stored(
            "{note}; no split onto these host models costs less than {bound:,.0f} {currency}",
            note=note,
            bound=bound,
            currency=a.scenario.currency,
        )
    missing = choice.missing(a.scenario, choice.fits)
    return replace(entry, missing=missing, note=note, bound=bound), mask

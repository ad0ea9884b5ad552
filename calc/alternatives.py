"""What else could be done, side by side: stay, refresh, every hypervisor, reused hosts, cloud, hybrid.

Every alternative runs the same workloads over the same horizon by the same rules; each is
priced against staying. The recommended one has the least present value of its cost among those
that are complete.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from calc import hypervisors
from calc.assessment import Assessment, assess
from calc.catalogue import allowed_hosts
from calc.costs.case import Case, build_case
from calc.costs.cashflow import Comparison, Flows, compare, per_year, present_value
from calc.costs.cloud import ARCHITECTURE, TERMS, CloudChoice, choose_instances, cloud_terms
from calc.costs.ledger import ledger_table, side_terms
from calc.costs.pricing import Side, target_side
from calc.errors import ScenarioError
from calc.model import HostType
from calc.planning import Limits, Pool, plan_pools
from calc.scenario import HostTypeEntry, Scenario
from calc.units import MONTHS_PER_YEAR

#: Kinds of owned servers offered as hosts: more slow the packing, and small ones are rarely worth a host.
_MOST_OWNED = 8
#: Shares of the workloads that a hybrid tries to move to the cloud, those with the cheapest fit first.
_CUTS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """One thing that could be done.

    Attributes
    ----------
    name, kind : str
        ``kind`` is ``stay``, ``refresh``, ``consolidate``, ``reuse``, ``cloud`` or ``hybrid``.
    side : Side
    flows : Flows
    comparison : Comparison
        Against staying.
    present_cost : float
        Present value of its cost.
    hosts, kept, in_cloud : int
        Hosts of a plan, old or like-for-like machines, workloads in the cloud.
    missing : tuple of str
        Prices nobody stated: not complete, so never recommended.
    note : str
    case : Case
    scenario : Scenario
        What it was priced with.
    """

    name: str
    kind: str
    side: Side
    flows: Flows
    comparison: Comparison
    present_cost: float
    hosts: int
    kept: int
    in_cloud: int
    missing: tuple[str, ...]
    note: str
    case: Case
    scenario: Scenario

    def ledger(self) -> pd.DataFrame:
        """Every amount with its formula, figures, origins and sources; the side is called ``target``."""
        return ledger_table({"target": side_terms(self.side, self.case, self.scenario)}, self.scenario)


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """All alternatives of one answer, the recommended one marked.

    Attributes
    ----------
    entries : tuple of Alternative
    skipped : dict of str to str
        What could not be formed, and why.
    choice : CloudChoice or None
        Instance of every workload under the scenario's commitment.
    in_cloud : ndarray of bool
        Workloads that the hybrid moves to the cloud.
    """

    entries: tuple[Alternative, ...]
    skipped: dict[str, str]
    choice: CloudChoice | None
    in_cloud: np.ndarray
    scenario: Scenario

    @property
    def recommended(self) -> Alternative:
        """The complete alternative with the least present value of cost; of equals the first."""
        return min((entry for entry in self.entries if not entry.missing), key=lambda entry: entry.present_cost)

    @property
    def reason(self) -> str:
        """Why it is recommended, with the runner-up of another kind or hypervisor."""
        best = self.recommended
        others = [entry for entry in self.entries if entry is not best and not entry.missing]
        if not others:
            return "it is the only complete alternative"
        second = min(others, key=lambda entry: entry.present_cost)
        lead = second.present_cost - best.present_cost
        open_ = sorted({name for entry in self.entries for name in entry.missing})
        unpriced = f"; the cloud is not judged, because no price is stated for {', '.join(open_)}" if open_ else ""
        reason = (
            f"least present value of cost, {lead:,.0f} {self.scenario.currency} below the next, {second.name}{unpriced}"
        )
        if best.kind == "stay":
            reason += (
                f"; staying bears the risk of old machines, which has no price here: where they must go, {second.name}"
            )
        return reason

    def table(self) -> pd.DataFrame:
        """One row an alternative: machines, money against staying, whether it is complete."""
        best = self.recommended
        rows = []
        for entry in self.entries:
            c = entry.comparison
            rows.append(
                {
                    "alternative": entry.name,
                    "hosts": entry.hosts,
                    "servers_kept_or_refreshed": entry.kept,
                    "workloads_in_cloud": entry.in_cloud,
                    "tco": c.tco_target,
                    "present_cost": entry.present_cost,
                    "year_0": float(per_year(entry.flows)[0]),
                    "saving_against_stay": c.savings,
                    "npv_against_stay": c.npv,
                    "payback_months": c.payback_months,
                    "missing_prices": ", ".join(entry.missing),
                    "recommended": entry is best,
                    "note": entry.note,
                }
            )
        return pd.DataFrame(rows)

    def crossings(self) -> pd.DataFrame:
        """Where the cumulative costs of two complete alternatives cross: first, second, month, cost.

        ``first`` is cheaper before the month, ``second`` after it.
        """
        rows = []
        for one, two in itertools.combinations([entry for entry in self.entries if not entry.missing], 2):
            gap = np.cumsum(per_year(one.flows)) - np.cumsum(per_year(two.flows))
            level = np.cumsum(per_year(one.flows))
            for year in range(1, len(gap)):
                if gap[year - 1] * gap[year] < 0:
                    share = gap[year - 1] / (gap[year - 1] - gap[year])
                    before, after = (one, two) if gap[year - 1] < 0 else (two, one)
                    rows.append(
                        {
                            "first": before.name,
                            "second": after.name,
                            "month": MONTHS_PER_YEAR * (year - 1 + share),
                            "cost": level[year - 1] + share * (level[year] - level[year - 1]),
                        }
                    )
        return pd.DataFrame(rows, columns=["first", "second", "month", "cost"])


def compare_alternatives(
    a: Assessment, *, limits: Limits | None = None, on_progress: Callable[[float, str], None] | None = None
) -> Alternatives:
    """Form every alternative of an answer.

    Parameters
    ----------
    a : Assessment
    limits : Limits, optional
        For each plan.
    on_progress : callable, optional
        Called with (share done, what is formed).

    Returns
    -------
    Alternatives
    """
    limits = limits or Limits()
    scenario, demand = a.scenario, a.demand
    tell = on_progress or (lambda share, text: None)
    nowhere = np.zeros(len(demand.table), dtype=bool)
    servers = len(a.estate.servers)
    found = [
        _entry(a, "Stay: keep today's servers", "stay", a.sides["baseline"], kept=servers, note="nothing is bought"),
        _entry(
            a,
            "Refresh like for like",
            "refresh",
            a.sides["refresh"],
            kept=servers,
            note="each server at the end of its life, by the cheapest that meets its demand; no spare for a failure, no move",
        ),
    ]
    skipped: dict[str, str] = {}
    # Type 2 leaves large guests behind and restarts nothing: it is no equal alternative (see docs/platforms.md).
    names = [name for name in hypervisors.ids() if hypervisors.get(name).type == 1 or name == scenario.hypervisor]
    steps = len(names) + 3
    for number, name in enumerate(names):
        tell(number / steps, hypervisors.get(name).name)
        try:
            other = (
                a
                if name == scenario.hypervisor
                else assess(a.inventory, _with_hypervisor(scenario, name), limits=limits)
            )
        except ScenarioError as error:
            skipped[hypervisors.get(name).name] = str(error)
            continue
        found.append(
            _entry(
                a,
                f"Consolidate on {hypervisors.get(name).name}",
                "consolidate",
                other.sides["target"],
                hosts=other.hosts_after,
                kept=other.servers_retained,
                note=", ".join(sorted(set(other.hosts["host_type"]))),
                scenario=other.scenario,
                case=other.case,
            )
        )
    tell(len(names) / steps, "reused hosts")
    reused = _reused(a, limits)
    if isinstance(reused, str):
        skipped["Consolidate on reused hosts"] = reused
    else:
        found.append(reused)
    choice: CloudChoice | None = None
    in_cloud = nowhere
    for term in TERMS:
        tell((len(names) + 1) / steps, f"cloud, {term.replace('_', ' ')}")
        try:
            priced = choose_instances(demand, scenario, term)
        except ScenarioError as error:
            skipped[f"Cloud, {term.replace('_', ' ')}"] = str(error)
            continue
        if not priced.fits.any():
            skipped[f"Cloud, {term.replace('_', ' ')}"] = "no workload fits an instance of the region"
            continue
        found.append(_cloud(a, priced, priced.fits, limits, "cloud"))
        if term == scenario.cloud_commitment:
            choice = priced
    if choice is not None:
        tell((len(names) + 2) / steps, "hybrid")
        hybrid, in_cloud = _hybrid(a, choice, limits)
        found.append(hybrid)
    tell(1.0, "done")
    return Alternatives(tuple(found), skipped, choice, in_cloud, scenario)


def _with_hypervisor(scenario: Scenario, name: str) -> Scenario:
    # A price of the user's own is for the hypervisor it was given for.
    return scenario.varied(hypervisor=name, hypervisor_price=None)


def _entry(
    a: Assessment,
    name: str,
    kind: str,
    side: Side,
    *,
    hosts: int = 0,
    kept: int = 0,
    in_cloud: int = 0,
    missing: tuple[str, ...] = (),
    note: str = "",
    scenario: Scenario | None = None,
    case: Case | None = None,
) -> Alternative:
    flows = side.flows(scenario or a.scenario)
    return Alternative(
        name,
        kind,
        side,
        flows,
        compare(a.flows["baseline"], flows, a.scenario, len(a.demand.table)),
        present_value(per_year(flows), a.scenario.discount_rate),
        hosts,
        kept,
        in_cloud,
        missing,
        note,
        case or a.case,
        scenario or a.scenario,
    )


def reusable_hosts(a: Assessment) -> tuple[HostTypeEntry, ...]:
    """Today's servers that are still within their life, as host types of a limited number at no price.

    Their maintenance goes on as today, and they are kept to the horizon, as on the baseline. Of
    many kinds of servers the eight with the most compute are offered.
    """
    servers, scenario = a.estate.servers, a.scenario
    young = servers[
        (servers["purchase_year"] + scenario.server_life_years > scenario.start_year)
        & (servers["arch"] == ARCHITECTURE)
        & ~servers["assumed_server"].astype(bool)
    ]
    found = []
    keys = ["cpu_model", "cores", "memory_gib"]
    groups = list(young.groupby(keys, sort=True))
    compute = [float((group["cores"] * group["score_per_core"]).sum()) for _, group in groups]
    order = sorted(range(len(groups)), key=lambda index: -compute[index])[:_MOST_OWNED]
    for number, index in enumerate(sorted(order)):
        (model, cores, memory), group = groups[index]
        first = group.iloc[0]
        found.append(
            HostTypeEntry(
                id=f"owned-{number + 1}",
                name=f"owned: {model or 'server'}, {int(cores)} cores, {memory:g} GiB",
                cpu_model=str(model),
                sockets=max(1, int(first["sockets"])),
                cores=int(cores),
                memory_gib=float(memory),
                score_per_core=float(first["score_per_core"]),
                idle_w=float(group["idle_w"].mean()),
                full_w=float(max(group["full_w"].mean(), group["idle_w"].mean())),
                tested_memory_gib=float(memory),
                rack_units=float(group["rack_units"].mean()),
                price=0.0,
                available=len(group),
                maintenance_per_year=float(group["maintenance_per_year"].mean()),
            )
        )
    return tuple(found)


def _reused(a: Assessment, limits: Limits) -> Alternative | str:
    entries = reusable_hosts(a)
    if not entries:
        return "no server of the estate is still within its life"
    scenario = a.scenario
    used = {host_type.split("+")[0] for host_type in a.hosts["host_type"]}
    current = [host.id for host in allowed_hosts(scenario) if host.available is None and host.id in used]
    own = tuple(entry for entry in scenario.custom_host_types if entry.id not in {e.id for e in entries})
    mixed = scenario.varied(
        host_policy="mixed",
        custom_host_types=[entry.model_dump() for entry in (*own, *entries)],
        host_types=(*current, *(entry.id for entry in entries)),
    )
    other = assess(a.inventory, mixed, limits=limits)
    owned = int(other.hosts["host_type"].str.startswith("owned-").sum())
    return _entry(
        a,
        "Consolidate on reused hosts, the rest bought",
        "reuse",
        other.sides["target"],
        hosts=other.hosts_after,
        kept=other.servers_retained,
        note=f"{owned} owned servers become hosts, kept to the horizon",
        scenario=mixed,
        case=other.case,
    )


def _case(a: Assessment, pools: list[Pool], cloud: np.ndarray) -> Case:
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
    return build_case(a.estate, a.demand, listed, hosts, home, retained, a.scenario, cloud)


def _cloud(a: Assessment, choice: CloudChoice, mask: np.ndarray, limits: Limits, kind: str) -> Alternative:
    """Some workloads in the cloud, the rest packed again: hosts are lumpy, so averages say nothing."""
    scenario = a.scenario
    rest = (a.demand.table["stay_reason"] == "").to_numpy() & ~mask
    pools: list[Pool] = []
    if rest.any():
        table = a.demand.table.copy()
        table.loc[mask, "stay_reason"] = "moves to the cloud"
        left = replace(a.demand, table=table)
        pools = plan_pools(left, tuple(_hosts(a)), scenario, limits)
    case = _case(a, pools, mask)
    side = target_side(case, scenario, extra=cloud_terms(choice, mask, scenario))
    title = "Cloud" if kind == "cloud" else "Hybrid"
    return _entry(
        a,
        f"{title}, {choice.region}, {choice.commitment.replace('_', ' ')}",
        kind,
        side,
        hosts=len(case.hosts),
        kept=int(case.retained.sum()),
        in_cloud=int(mask.sum()),
        missing=choice.missing(scenario, mask) if mask.any() else (),
        note=f"list prices of {choice.as_of}",
        case=case,
    )


def _hosts(a: Assessment) -> list[HostType]:
    found: dict[str, HostType] = {}
    for pool in a.pools:
        for host in pool.types:
            found[host.id] = host
    return list(found.values())


def _hybrid(a: Assessment, choice: CloudChoice, limits: Limits) -> tuple[Alternative, np.ndarray]:
    """The cheapest of several cuts, each re-packed and priced whole.

    Workloads are ranked by the cloud's price over their largest share of the estate's demand:
    what is cheap there for what it takes here goes first.
    """
    share = (a.demand.amounts / np.maximum(1, a.demand.amounts.sum(axis=0))).max(axis=1)
    rank = np.where(choice.fits, choice.table["per_month"].to_numpy(float) / np.maximum(share, 1e-12), np.inf)
    order = np.argsort(rank, kind="stable")
    able = int(choice.fits.sum())
    best: tuple[Alternative, np.ndarray] | None = None
    for cut in _CUTS:
        mask = np.zeros(len(rank), dtype=bool)
        mask[order[: round(cut * able)]] = True
        entry = _cloud(a, choice, mask, limits, "hybrid")
        if best is None or entry.present_cost < best[0].present_cost:
            best = (entry, mask)
    assert best is not None
    entry, mask = best
    missing = choice.missing(a.scenario, choice.fits)
    tried = ", ".join(f"{cut:.0%}" for cut in _CUTS)
    return replace(entry, missing=missing, note=f"best of {tried} of the workloads in the cloud"), mask

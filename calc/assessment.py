"""The pipeline: one call from inventory to business case."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from calc.backtest import RiskChoice
from calc.catalogue import allowed_hosts
from calc.costs.alternatives import ServerNeeds, idle_servers, one_for_one, refresh_side, server_needs, steps
from calc.costs.carbon_terms import EMBODIED, OPERATIONAL, carbon_terms
from calc.costs.case import Case, build_case
from calc.costs.cashflow import Comparison, Flows, compare, tco, to_frame
from calc.costs.ledger import Explanation, explain, ledger_table, side_terms
from calc.costs.licences import variants
from calc.costs.pricing import Side, baseline_side, same_machines, target_side
from calc.costs.scope import included
from calc.costs.terms import Term
from calc.costs.totals import HardwareTotals, hardware_totals, held_at_full_load
from calc.demand import Demand, form_demand
from calc.errors import InventoryError
from calc.estate import Estate, complete
from calc.failover import plan_surviving
from calc.gaps import AssumedInput
from calc.html import card, paragraph, table
from calc.inventory import Inventory
from calc.language import say, say_many, stored
from calc.model import HostType
from calc.packing import Solver
from calc.placement import hosts_of_pools, left_in_place, plan_tables
from calc.planning import Limits, Pool
from calc.risk import choose_reading
from calc.scenario import Scenario
from calc.units import MINOR_UNITS


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """The answer: plan, proof, money and doubt.

    Attributes
    ----------
    inventory, scenario, estate, demand
        What the answer rests on.
    pools : tuple of Pool
    hosts : DataFrame
        One row a host: host, host_type, pool, then ``<dimension>_capacity``,
        ``<dimension>_capacity_failover`` and ``<dimension>_used``; and the rack, where the scenario asks for racks.
    placement : DataFrame
        workload, host.
    unplaced : DataFrame
        workload, server, pool, reason: what stays where it is.
    retained : ndarray of bool
        Servers that stay, because one of their workloads does.
    flows : dict of str to Flows
        ``baseline`` (keep), ``target``, ``refresh`` and ``without_idle``.
    comparison : Comparison
        Keep against target.
    saving_steps : DataFrame
    before, after : HardwareTotals
    limited : tuple of AssumedInput
        Machines whose growing utilisation was held at 100 % for their energy.
    case : Case
        The facts behind the money; can be priced again under another scenario.
    sides : dict of str to Side
        Machines and terms that the flows are made of, by the same names.
    risk : RiskChoice or None
        How the CPU reading was chosen, where the scenario states a risk.
    """

    inventory: Inventory
    scenario: Scenario
    estate: Estate
    demand: Demand
    pools: tuple[Pool, ...]
    hosts: pd.DataFrame
    placement: pd.DataFrame
    unplaced: pd.DataFrame
    retained: np.ndarray
    flows: dict[str, Flows]
    comparison: Comparison
    saving_steps: pd.DataFrame
    before: HardwareTotals
    after: HardwareTotals
    limited: tuple[AssumedInput, ...]
    runtime_s: float
    case: Case
    sides: dict[str, Side]
    risk: RiskChoice | None = None

    @property
    def hosts_after(self) -> int:
        """Virtualisation hosts of the plan, spares included, retained servers not."""
        return len(self.hosts)

    @property
    def servers_retained(self) -> int:
        """Old servers that stay."""
        return int(self.retained.sum())

    @property
    def objective(self) -> str:
        """What the bound is on: ``hosts`` (one model) or ``cost`` (mixed models)."""
        return "hosts" if self.scenario.host_policy == "one_model" else "cost"

    @property
    def has_bound(self) -> bool:
        """Whether every pool has one: a partial plan has none."""
        return all(pool.plan.bound is not None for pool in self.pools)

    @property
    def lower_bound(self) -> float | None:
        """No plan for these demands, host types and rules has less; in the objective's unit."""
        if not self.has_bound:
            return None
        total = sum(pool.plan.bound.value for pool in self.pools if pool.plan.bound)
        return total if self.objective == "hosts" else total / MINOR_UNITS

    @property
    def hosts_lower_bound(self) -> int | None:
        """Least number of hosts of any plan with the chosen types."""
        if any(pool.hosts_bound is None for pool in self.pools):
            return None
        return sum(pool.hosts_bound.value for pool in self.pools if pool.hosts_bound)

    @property
    def bound_name(self) -> str | None:
        """The arguments behind the bound."""
        if not self.has_bound or not self.pools:
            return None
        return "; ".join(sorted({pool.plan.bound.name for pool in self.pools if pool.plan.bound}))

    @property
    def gap(self) -> float | None:
        """(best - bound) / best over all pools, in the objective's unit, from 0 up to 1.

        None without a bound, and for a plan that does not survive what was asked: the bound is on plans that do, so
        such a plan may lie below it and is at no distance from it.
        """
        if not self.has_bound or not self.survives:
            return None
        best = sum(pool.plan.cost for pool in self.pools)
        bound = sum(pool.plan.bound.value for pool in self.pools if pool.plan.bound)
        return float(Fraction(best - bound, best)) if best else 0.0

    @property
    def is_optimal(self) -> bool:
        """Whether the plan survives what was asked and meets its bound."""
        return self.gap == 0

    @property
    def reproducible(self) -> bool:
        """False when wall time or a stop request cut a search short."""
        return all(pool.plan.reproducible for pool in self.pools)

    @property
    def survives(self) -> bool:
        """Whether every failure that was asked for could be re-placed in every pool."""
        return all(pool.plan.survives for pool in self.pools)

    @property
    def assumed(self) -> tuple[AssumedInput, ...]:
        """Every default that stood in for a reading."""
        return (*self.estate.assumed, *self.demand.assumed, *self.limited)

    @property
    def assumed_count(self) -> int:
        """How many single inputs are assumed."""
        return sum(item.count for item in self.assumed)

    def ledger(self) -> pd.DataFrame:
        """Every amount of both sides with its formula, figures, origins and sources."""
        return ledger_table(self._terms(("baseline", "target")), self.scenario)

    def explain(self, key: str) -> Explanation:
        """How one amount comes about, e.g. ``explain("energy.target.year2")``; see `calc.costs.ledger.explain`.

        Carbon too, in kgCO2e: ``operational_carbon.target.year2``, ``embodied_carbon.target``.

        Raises
        ------
        InputError
            When there is no such amount.
        """
        if key.partition(".")[0].replace("_", " ") in (OPERATIONAL, EMBODIED):
            carbon = {name: carbon_terms(side, self.case, self.scenario) for name, side in self.sides.items()}
            return explain(key, carbon, self.scenario, "kgCO2e")
        return explain(key, self._terms(tuple(self.sides)), self.scenario)

    def _terms(self, names: tuple[str, ...]) -> dict[str, list[Term]]:
        return {name: side_terms(self.sides[name], self.case, self.scenario) for name in names}

    def _repr_html_(self) -> str:
        """What a notebook shows: the answer with its proof and its doubt, pool by pool."""
        c, currency = self.comparison, self.scenario.currency
        bound = (
            say("no bound")
            if self.hosts_lower_bound is None
            else say("at least {n:,} proven", n=self.hosts_lower_bound)
        )
        months = say_many("{count:,} month", "{count:,} months", round(c.payback_months or 0))
        years = self.scenario.horizon_years
        tiles = [
            (
                say_many("Hosts for {count:,} server", "Hosts for {count:,} servers", self.before.servers),
                f"{self.hosts_after:,}",
                bound,
            ),
            (
                say_many("Saving over {count} year", "Saving over {count} years", years),
                f"{c.savings:,.0f} {currency}",
                say_many(
                    "against keeping; {count:,} input assumed",
                    "against keeping; {count:,} inputs assumed",
                    self.assumed_count,
                ),
            ),
            (
                say("Net present value"),
                f"{c.npv:,.0f} {currency}",
                say("at {rate} a year", rate=f"{self.scenario.discount_rate:.1%}"),
            ),
            (
                say("Payback"),
                say("never") if c.payback_months is None else months,
                say("until the investment is earned back"),
            ),
        ]
        heads = [say("Pool"), say("Workloads"), say("Hosts"), say("Bound"), say("Failures that hold")]
        rows = [
            (
                pool.name,
                f"{len(pool.rows):,}",
                f"{len(pool.plan.host_types):,}",
                "–" if pool.hosts_bound is None else f"{pool.hosts_bound.value:,}",
                "–"
                if pool.plan.proof is None
                else say("{passed:,} of {cases:,}", passed=pool.plan.proof.passed, cases=pool.plan.proof.cases),
            )
            for pool in self.pools
        ]
        kept = say("Servers that stay: {n:,}.", n=self.servers_retained) if self.servers_retained else ""
        holds = say("The money holds {lines} only.", lines=included(self.scenario))
        return card(
            say("Assessment: N+{k}", k=self.scenario.failover_hosts),
            tiles,
            table(heads, rows, numbers=(1, 2, 3)),
            paragraph(holds, " ", kept),
        )


def assess(
    inventory: Inventory,
    scenario: Scenario | None = None,
    *,
    limits: Limits | None = None,
    executor: Executor | None = None,
    solver: Solver | None = None,
) -> Assessment:
    """Plan the consolidation of an estate and compare its cost with keeping it.

    Parameters
    ----------
    inventory : Inventory
        From `calc.read_inventory`.
    scenario : Scenario, optional
        Defaults for everything.
    limits : Limits, optional
        Safety time limit, work budget, progress and stop callbacks.
    executor : concurrent.futures.Executor, optional
        Plans pools in other processes or on other machines (docs/scaling-out.md); the plan is the same without.
    solver : callable, optional
        Packs instead of this package's search: from a `calc.packing.Instance` to (assignment, host_types). Its plans
        are checked; the bounds stay this package's.

    Returns
    -------
    Assessment

    Raises
    ------
    InventoryError
        When no workload takes part.
    ScenarioError
        When the scenario allows no host.

    Examples
    --------
    >>> import calc
    >>> csv = b"hostname,cores,memory_gib,cpu_mean\\n" + b"".join(b"s%d,8,32,10%%\\n" % i for i in range(20))
    >>> answer = calc.assess(calc.read_inventory(csv, name="twenty.csv"))
    >>> answer.hosts_after, answer.lower_bound, answer.is_optimal
    (5, 5, True)
    """
    started = time.monotonic()
    scenario = scenario or Scenario()
    limits = limits or Limits()
    prepared = prepare(inventory, scenario)
    pools = tuple(plan_surviving(prepared.demand, prepared.hosts, scenario, limits, executor, solver))
    return conclude(inventory, scenario, prepared, pools, lambda: time.monotonic() - started)


class Prepared(NamedTuple):
    """What is planned: the completed estate, its demand, the host types that may be used, and how the reading was chosen."""

    estate: Estate
    demand: Demand
    hosts: tuple[HostType, ...]
    risk: RiskChoice | None


def prepare(inventory: Inventory, scenario: Scenario) -> Prepared:
    """What is planned, before any plan.

    Raises
    ------
    InventoryError
        When no workload takes part.
    ScenarioError
        When the scenario allows no host.
    """
    hosts = allowed_hosts(scenario)
    estate = complete(inventory, scenario)
    if estate.workloads.empty:
        raise InventoryError(
            stored("no workload takes part: every one is powered off or its host is not in the export"),
            inventory.issues,
        )
    demand, risk = form_demand(estate, scenario, hosts), None
    if scenario.risk_allowed is not None:
        risk = choose_reading(estate, demand, hosts, scenario)
        demand = form_demand(estate, scenario, hosts, (risk.percentile, risk.margin))
    if "windows_vm" in demand.dimensions:
        hosts = variants(hosts, scenario)
    return Prepared(estate, demand, hosts, risk)


def conclude(
    inventory: Inventory,
    scenario: Scenario,
    prepared: Prepared,
    pools: tuple[Pool, ...],
    runtime_s: Callable[[], float],
) -> Assessment:
    """Tables and money of a plan: everything of the answer that follows from its pools.

    Parameters
    ----------
    prepared : Prepared
        From `prepare`.
    pools : tuple of Pool
        Solved just now, or kept from an earlier solve of the same demand.
    runtime_s : callable
        Seconds that the answer took, asked for at the end.
    """
    estate, demand = prepared.estate, prepared.demand
    host_table, chosen, placement, home = plan_tables(demand, pools)
    unplaced = left_in_place(demand, pools, home)
    staying = set(unplaced["server"])
    retained = estate.servers["server"].isin(staying).to_numpy()

    case = build_case(
        estate,
        demand,
        hosts_of_pools(pools),
        chosen,
        home,
        retained,
        scenario,
    )
    sides = {"baseline": baseline_side(case, scenario), "target": target_side(case, scenario)}
    flows, parts = _flows(case, server_needs(estate, demand, case.utilisation(scenario)), sides, estate, scenario)
    return Assessment(
        inventory=inventory,
        scenario=scenario,
        estate=estate,
        demand=demand,
        pools=pools,
        hosts=host_table,
        placement=placement,
        unplaced=unplaced.reset_index(drop=True),
        retained=retained,
        flows=flows,
        comparison=compare(flows["baseline"], flows["target"], scenario, len(demand.table)),
        saving_steps=parts,
        before=hardware_totals(sides["baseline"], scenario),
        after=hardware_totals(sides["target"], scenario),
        limited=held_at_full_load(sides, scenario),
        case=case,
        sides=sides,
        runtime_s=runtime_s(),
        risk=prepared.risk,
    )


def _flows(
    case: Case, needs: ServerNeeds, sides: dict[str, Side], estate: Estate, scenario: Scenario
) -> tuple[dict[str, Flows], pd.DataFrame]:
    busy = ~idle_servers(estate, scenario)
    sides["refresh"] = refresh_side(case, needs, scenario)
    sides["without_idle"] = baseline_side(case, scenario, busy)
    flows = {name: side.flows(scenario) for name, side in sides.items()}
    newer, sized = (
        same_machines(case, scenario, one_for_one(case, needs, scenario, busy, equal_cores=equal), busy).flows(scenario)
        for equal in (True, False)
    )
    return flows, steps(
        tco(flows["baseline"]), tco(flows["without_idle"]), tco(newer), tco(sized), tco(flows["target"])
    )


def cashflow_table(assessment: Assessment) -> pd.DataFrame:
    """year, side, line, amount: costs positive, the residual value negative."""
    return to_frame(assessment.flows["baseline"], assessment.flows["target"])

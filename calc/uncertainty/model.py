"""The answer as a function of its uncertain inputs, fast enough for thousands of draws.

Money is priced exactly for every set of inputs. Demand is formed again for every workload; the
number of hosts follows from the aggregate bound of each pool times a gap that was calibrated on
full plans of drawn demand, because a full plan for each draw would take hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.stats import qmc

from calc.assessment import Assessment
from calc.costs.alternatives import ServerNeeds, refresh_side, replaceable
from calc.costs.case import Case
from calc.costs.cashflow import payback_months, per_year, present_value
from calc.costs.flip import host_price_flip
from calc.costs.pricing import baseline_side, target_side
from calc.demand import capacity, rounded_up
from calc.executor import in_order
from calc.failover import survive
from calc.planning import Pool, Task, pool_task
from calc.scenario import Scenario
from calc.uncertainty.amounts import (
    Readings,
    cpu_units,
    form_amounts,
    level_of,
    memory_gib,
    memory_overhead,
    overhead,
    readings_of,
    score,
)
from calc.uncertainty.inputs import LICENCE, UncertainInput, uncertain_inputs

#: Inputs that are no setting of a scenario.
SPECIAL = ("cpu_score", "cpu_overhead", "memory_overhead")
#: Inputs that change what workloads ask for.
DEMAND = (
    "cpu_mean_default",
    "cpu_peak_factor",
    "cpu_growth_per_year",
    "memory_growth_per_year",
    "memory_headroom_factor",
    "vcpu_utilisation_target",
    *SPECIAL,
)
#: Full plans that the gap is calibrated on (rule: at least 20).
CALIBRATION_PLANS = 20
#: Draws tried for them: some ask for more than any host of the plan has, and give no full plan.
_TRIES = 4
#: Inputs that are whole numbers.
WHOLE = ("horizon_years", "server_life_years", "warranty_years", "host_reserve_cores", "vmware_order_minimum_cores")

#: What an answer is held against: keeping today's servers, or replacing each at the end of its life.
Against = Literal["keep", "refresh"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One evaluation.

    Attributes
    ----------
    npv, savings : float
    payback_months : float or None
    hosts : float
        From the bound and the calibrated gap where demand or capacity changed.
    net : ndarray, shape (horizon + 1,)
        Baseline less target, by year.
    """

    npv: float
    savings: float
    payback_months: float | None
    hosts: float
    net: np.ndarray


@dataclass(frozen=True, slots=True)
class Calibration:
    """How hosts of full plans compare with the aggregate bound.

    Attributes
    ----------
    plans : int
        Full plans of the pool with the fewest.
    ratio : tuple of float
        Mean of hosts / bound of each pool.
    worst : float
        Largest relative error of the calibrated count over all plans.
    """

    plans: int
    ratio: tuple[float, ...]
    worst: float


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """An answer that can be evaluated at other inputs.

    Attributes
    ----------
    assessment : Assessment
    inputs : tuple of UncertainInput
    readings : Readings
    base_amounts : ndarray, shape (W, K)
        Demand as this model forms it at the base; equal to the assessment's.
    calibration : Calibration
    against : {'keep', 'refresh'}
        The baseline of every net present value, saving and payback that the model gives.
    """

    assessment: Assessment
    inputs: tuple[UncertainInput, ...]
    readings: Readings
    base_amounts: np.ndarray
    calibration: Calibration
    against: Against = "keep"

    def scenario(self, values: Mapping[str, float]) -> Scenario:
        """The scenario with some inputs changed; specials left out. Values are within declared ranges."""
        own = {name.removeprefix(LICENCE): value for name, value in values.items() if name.startswith(LICENCE)}
        changes: dict[str, Any] = {
            name: round(value) if name in WHOLE else value
            for name, value in values.items()
            if name not in SPECIAL and not name.startswith(LICENCE)
        }
        if own:
            changes["licence_prices"] = {**self.assessment.scenario.licence_prices, **own}
        ceiling = changes.get("cpu_ceiling", self.assessment.scenario.cpu_ceiling)
        failover = changes.get("cpu_ceiling_failover", self.assessment.scenario.cpu_ceiling_failover)
        if failover < ceiling:
            changes["cpu_ceiling_failover"] = ceiling
        return self.assessment.scenario.model_copy(update=changes)

    def amounts(self, values: Mapping[str, float]) -> np.ndarray:
        """Demand of every workload at some inputs, quantised as the packing does, shape (W, K)."""
        a, r = self.assessment, self.readings
        scenario = self.scenario(values)
        return form_amounts(a, r, scenario, values)

    def host_factor(self, values: Mapping[str, float]) -> np.ndarray:
        """How many of each planned host are needed, relative to the plan, shape (H,)."""
        a = self.assessment
        factor = np.ones(len(a.case.hosts))
        capacity_changed = any(name in values for name in _CAPACITY)
        if not capacity_changed and not any(name in values for name in (*DEMAND, "horizon_years")):
            return factor
        scenario, amounts = self.scenario(values), self.amounts(values)
        same = not capacity_changed and np.array_equal(amounts, self.base_amounts)
        if same:
            return factor
        for index, pool in enumerate(a.case.pools):
            if pool.hosts:
                bound = pool_bound(a, index, amounts, scenario)
                count = max(bound, round(bound * self.calibration.ratio[index]))
                factor[list(pool.hosts)] = count / len(pool.hosts)
        return factor

    def evaluate(self, values: Mapping[str, float]) -> Outcome:
        """NPV, savings, payback and hosts at some inputs; the others stay at their base."""
        a = self.assessment
        scenario = self.scenario(values)
        case = a.case
        if any(name in values for name in ("cpu_score", "cpu_overhead")):
            case = replace(
                case,
                work_score=score(self.readings, values.get("cpu_score", 0.0)),
                overhead=overhead(a, self.readings, values),
            )
        if "disk_used_gib_default" in values:
            disk = np.where(self.readings.disk_guessed, values["disk_used_gib_default"], case.disk_gib)
            case = replace(case, disk_gib=disk)
        factor = self.host_factor(values)
        before = self._before(case, scenario, values)
        after = per_year(target_side(case, scenario, factor).flows(scenario))
        net = before - after
        return Outcome(
            present_value(net, scenario.discount_rate),
            float(net.sum()),
            payback_months(net),
            float(factor.sum()),
            net,
        )

    def host_price_flip(self) -> tuple[float, float | None]:
        """(mean host price now, the one at which the net present value is zero) against this model's baseline."""
        a = self.assessment
        if self.against == "keep":
            return host_price_flip(a.case, a.scenario)
        return host_price_flip(a.case, a.scenario, lambda scenario: self._before(a.case, scenario, {}))

    def _before(self, case: Case, scenario: Scenario, values: Mapping[str, float]) -> np.ndarray:
        """Yearly cost of the baseline, shape (horizon + 1,)."""
        if self.against == "keep":
            return per_year(baseline_side(case, scenario).flows(scenario))
        return per_year(refresh_side(case, self._needs(case, scenario, values), scenario).flows(scenario))

    def _needs(self, case: Case, scenario: Scenario, values: Mapping[str, float]) -> ServerNeeds:
        """What a like-for-like server must offer, as `calc.costs.alternatives.server_needs` forms it."""
        r, servers = self.readings, self.assessment.estate.servers
        count = len(case.retained)

        def of_servers(amounts: np.ndarray) -> np.ndarray:
            return np.bincount(case.work_server, amounts, count)

        base, low, high = (servers[name].to_numpy(float) for name in _SCORES)
        level = level_of(base, low, high, values.get("cpu_score", 0.0))
        cores, virtualised = servers["cores"].to_numpy(float), servers["virtualised"].to_numpy(bool)
        memory = memory_gib(r, scenario)
        return ServerNeeds(
            of_servers(cpu_units(r, scenario, values)),
            np.where(virtualised, of_servers(memory * memory_overhead(self.assessment, values)), of_servers(memory)),
            of_servers(r.vcpus),
            case.utilisation(scenario) * cores * level,
            cores,
            servers["memory_gib"].to_numpy(float),
            virtualised,
            replaceable(servers),
        )


_SCORES = ("score_per_core", "score_low", "score_high")
_CAPACITY = (
    "vcpu_per_core",
    "cpu_ceiling",
    "cpu_ceiling_failover",
    "memory_ceiling",
    "host_reserve_cores",
    "host_reserve_memory_gib",
    "host_reserve_memory_fraction",
)


def build_model(
    a: Assessment,
    *,
    plans: int = CALIBRATION_PLANS,
    against: Against | None = None,
    executor: Executor | None = None,
) -> Model:
    """Prepare an answer for evaluation; calibrates the gap on full plans of drawn demand.

    Parameters
    ----------
    plans : int
        Full plans for the calibration.
    against : {'keep', 'refresh'}, optional
        The baseline; the scenario's ``uncertainty_against`` by default.
    executor : concurrent.futures.Executor, optional
        Makes them side by side; the model is the same without.
    """
    readings, inputs = readings_of(a), uncertain_inputs(a)
    draft = Model(
        a,
        inputs,
        readings,
        form_amounts(a, readings, a.scenario, {}),
        Calibration(0, (), 0.0),
        against or a.scenario.uncertainty_against,
    )
    return replace(draft, calibration=_calibrate(draft, plans, executor))


def pool_bound(a: Assessment, index: int, amounts: np.ndarray, scenario: Scenario) -> int:
    """Aggregate bound on the hosts of one pool: summed demand over the plan's mean host, failures added.

    Returns
    -------
    int
        max over dimensions of ceil(demand / capacity), in the normal and in the failover state.
    """
    pool = a.case.pools[index]
    hosts = [a.case.hosts[host] for host in pool.hosts]
    kinds = {id(host): host for host in hosts}
    rows = pool.rows[a.case.home[pool.rows] >= 0]
    total = amounts[rows].sum(axis=0)

    def least(*, failover: bool) -> int:
        room = {
            key: np.array(capacity(host, a.demand.dimensions, scenario, failover=failover), dtype=float)
            for key, host in kinds.items()
        }
        mean = np.mean([room[id(host)] for host in hosts], axis=0)
        used = total > 0
        return int(rounded_up(total[used] / np.maximum(mean[used], 1e-12)).max(initial=1.0))

    return max(least(failover=False), least(failover=True) + scenario.failover_hosts)


def _calibrate(model: Model, plans: int, executor: Executor | None) -> Calibration:
    """Ratio of hosts to bound of each pool over full plans, the base plan among them."""
    a = model.assessment
    drawn = [item for item in model.inputs if item.name in DEMAND and item.drawn]
    counts = [[float(len(pool.hosts))] for pool in a.case.pools]
    bounds = [[pool_bound(a, index, model.base_amounts, a.scenario)] for index in range(len(a.case.pools))]
    if drawn and plans > 1:
        quick = a.scenario.varied(effort="quick")
        sampler = qmc.LatinHypercube(len(drawn), rng=np.random.default_rng(a.scenario.seed))
        rows = sampler.random((plans - 1) * _TRIES)
        tried = [0] * len(counts)
        while True:  # as many draws as plans are missing, until there are enough or no draws are left
            batch = [
                (index, row)
                for index, count in enumerate(counts)
                for row in range(tried[index], min(len(rows), tried[index] + plans - len(count)))
            ]
            if not batch:
                break
            demands = {row: model.amounts(_values(drawn, rows[row])) for row in sorted({row for _, row in batch})}
            tasks = (_task(a, index, demands[row], quick) for index, row in batch)
            for (index, row), planned in zip(batch, in_order(executor, survive, tasks), strict=True):
                tried[index] += 1
                hosts = _hosts(a, index, planned)
                if hosts is not None:
                    counts[index].append(hosts)
                    bounds[index].append(pool_bound(a, index, demands[row], a.scenario))
    ratio = tuple(
        float(np.mean(np.array(count) / np.maximum(1, bound))) for count, bound in zip(counts, bounds, strict=True)
    )
    errors = [
        abs(max(bound, round(bound * ratio[index])) - count) / max(1, count)
        for index in range(len(counts))
        for count, bound in zip(counts[index], bounds[index], strict=True)
    ]
    return Calibration(min((len(count) for count in counts), default=0), ratio, max(errors, default=0.0))


def _values(drawn: list[UncertainInput], shares: np.ndarray) -> dict[str, float]:
    return {
        item.name: item.low + float(share) * (item.high - item.low) for item, share in zip(drawn, shares, strict=True)
    }


def _task(a: Assessment, index: int, amounts: np.ndarray, scenario: Scenario) -> Task:
    """A full plan of one pool with the plan's own host models, at another demand."""
    pool = a.pools[index]
    types = tuple(pool.types[kind] for kind in sorted(set(pool.plan.host_types)))
    return pool_task(replace(a.demand, amounts=amounts), pool.name, pool.rows, types, scenario)


def _hosts(a: Assessment, index: int, planned: Pool) -> float | None:
    """Hosts of a full plan; None if something fits no host.

    Where models are mixed, hosts are counted by what they cost: two of half the price are one.
    """
    pool, plan = a.pools[index], planned.plan
    if plan.unplaced:
        return None
    own = [pool.types[kind].price for kind in pool.plan.host_types]
    if len(set(pool.plan.host_types)) == 1 or not sum(own):
        return float(len(plan.host_types))
    mean = sum(own) / len(own)
    return sum(planned.types[kind].price for kind in plan.host_types) / mean

"""The answer as a function of its uncertain inputs, fast enough for thousands of draws.

Money is priced exactly for every set of inputs. Demand is formed again for every workload; the
number of hosts follows from the aggregate bound of each pool times a gap that was calibrated on
full plans of drawn demand, because a full plan for each draw would take hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import qmc

from calc.assessment import Assessment
from calc.costs.cashflow import payback_months, per_year, present_value
from calc.costs.pricing import baseline_side, target_side
from calc.demand import capacity
from calc.language import stored
from calc.planning import Limits, plan_pools
from calc.scenario import Scenario
from calc.uncertainty.inputs import UncertainInput, uncertain_inputs
from calc.units import MIB_PER_GIB, MILLI

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
_WHOLE = ("horizon_years", "server_life_years", "warranty_years", "host_reserve_cores")
_HAIR = 1e-12


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


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What the demand of each movable workload is formed from, shape (W,) each."""

    utilisation: np.ndarray
    guessed: np.ndarray
    average: np.ndarray
    cores: np.ndarray
    score: np.ndarray
    score_low: np.ndarray
    score_high: np.ndarray
    physical: np.ndarray
    installed_gib: np.ndarray
    memory_reading: np.ndarray
    vcpus: np.ndarray
    disk_guessed: np.ndarray


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
    """

    assessment: Assessment
    inputs: tuple[UncertainInput, ...]
    readings: Readings
    base_amounts: np.ndarray
    calibration: Calibration

    def scenario(self, values: Mapping[str, float]) -> Scenario:
        """The scenario with some inputs changed; specials left out. Values are within declared ranges."""
        changes = {
            name: round(value) if name in _WHOLE else value for name, value in values.items() if name not in SPECIAL
        }
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
                work_score=_score(self.readings, values.get("cpu_score", 0.0)),
                overhead=_overhead(a, self.readings, values),
            )
        if "disk_used_gib_default" in values:
            disk = np.where(self.readings.disk_guessed, values["disk_used_gib_default"], case.disk_gib)
            case = replace(case, disk_gib=disk)
        factor = self.host_factor(values)
        before = per_year(baseline_side(case, scenario).flows(scenario))
        after = per_year(target_side(case, scenario, factor).flows(scenario))
        net = before - after
        return Outcome(
            present_value(net, scenario.discount_rate),
            float(net.sum()),
            payback_months(net),
            float(factor.sum()),
            net,
        )


_CAPACITY = (
    "vcpu_per_core",
    "cpu_ceiling",
    "cpu_ceiling_failover",
    "memory_ceiling",
    "host_reserve_cores",
    "host_reserve_memory_gib",
    "host_reserve_memory_fraction",
)


def build_model(a: Assessment, *, plans: int = CALIBRATION_PLANS) -> Model:
    """Prepare an answer for evaluation; calibrates the gap on full plans of drawn demand.

    Parameters
    ----------
    plans : int
        Full plans for the calibration.
    """
    work, table = a.estate.workloads, a.demand.table
    guessed_disks = next((item.count for item in a.estate.assumed if item.field == "disk in use"), 0)
    disk = (table["disk_used_gib"] == a.scenario.disk_used_gib_default) & (table["kind"] == "physical")
    readings = Readings(
        utilisation=table["utilisation"].to_numpy(float),
        guessed=(work["cpu_basis"] == "default").to_numpy(),
        average=table["statistic"].isin(["mean", "default"]).to_numpy(),
        cores=table["cores"].to_numpy(float),
        score=table["score_per_core"].to_numpy(float),
        score_low=work["score_low"].to_numpy(float),
        score_high=work["score_high"].to_numpy(float),
        physical=(table["kind"] == "physical").to_numpy(),
        installed_gib=work["memory_gib"].to_numpy(float),
        memory_reading=work["mem_p95"].fillna(work["mem_peak"]).fillna(work["mem_mean"]).to_numpy(float),
        vcpus=np.ceil(work["vcpus"].to_numpy(float)),
        # A disk of exactly the default's size would be taken for a guess: only where the counts agree.
        disk_guessed=disk.to_numpy() if int(disk.sum()) == guessed_disks else np.zeros(len(table), dtype=bool),
    )
    inputs = uncertain_inputs(a)
    draft = Model(a, inputs, readings, form_amounts(a, readings, a.scenario, {}), Calibration(0, (), 0.0))
    return replace(draft, calibration=_calibrate(draft, plans))


def _score(r: Readings, level: float) -> np.ndarray:
    """Score per core at a level of its range: -1 low, 0 as published, 1 high."""
    span = r.score_high - r.score if level > 0 else r.score - r.score_low
    return r.score + level * span


def _overhead(a: Assessment, r: Readings, values: Mapping[str, float]) -> np.ndarray:
    if "cpu_overhead" not in values:
        return a.demand.table["overhead"].to_numpy(float)
    return np.where(r.physical, 1 + values["cpu_overhead"], 1.0)


def form_amounts(a: Assessment, r: Readings, scenario: Scenario, values: Mapping[str, float]) -> np.ndarray:
    """Demand of every workload by the rules of `calc.demand`, on arrays; a test holds the two together."""
    use = np.where(r.guessed, scenario.cpu_mean_default, r.utilisation)
    with np.errstate(divide="ignore"):
        factor = np.where(r.average, np.minimum(scenario.cpu_peak_factor, 1 / use), 1.0)
    growth = (1 + scenario.cpu_growth_per_year) ** scenario.horizon_years
    cpu = use * r.cores * _score(r, values.get("cpu_score", 0.0)) * factor * growth * _overhead(a, r, values)
    needed = np.minimum(r.installed_gib, _up(r.installed_gib * r.memory_reading * scenario.memory_headroom_factor))
    memory = np.where(r.physical & ~np.isnan(r.memory_reading), needed, r.installed_gib)
    memory = memory * (1 + scenario.memory_growth_per_year) ** scenario.horizon_years
    if "memory_overhead" in values:
        memory = memory * (1 + values["memory_overhead"])
    else:
        memory = memory * a.demand.table["memory_overhead"].to_numpy(float)
    vcpus = r.vcpus
    if scenario.vcpu_sizing == "right_sized":
        asked = np.maximum(1.0, _up(r.vcpus * (use * factor * growth) / scenario.vcpu_utilisation_target))
        vcpus = np.where(r.physical & ~r.guessed, np.minimum(r.vcpus, asked), r.vcpus)
    base_growth = (1 + a.scenario.cpu_growth_per_year) ** a.scenario.horizon_years
    out = np.array(a.demand.amounts, dtype=np.float64)
    for k, name in enumerate(a.demand.dimensions):
        if name == "cpu":
            out[:, k] = _up(cpu * MILLI)
        elif name == "memory":
            out[:, k] = _up(memory * MIB_PER_GIB)
        elif name == "vcpu":
            out[:, k] = vcpus
        elif name.startswith("cpu@"):  # a time slot keeps its share of the day's planned demand
            planned = a.demand.table["cpu_units"].to_numpy(float)
            out[:, k] = _up(out[:, k] * cpu / np.maximum(planned, 1e-12))
        elif name.startswith("network@"):
            out[:, k] = _up(out[:, k] * growth / base_growth)
        elif name == "network":
            out[:, k] = _up(a.demand.table["network_mbps"].to_numpy(float) * growth / base_growth)
    return out.astype(np.int64)


def _up(amounts: np.ndarray) -> np.ndarray:
    return np.ceil(amounts * (1 - _HAIR))


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
        return int(np.ceil(total[used] / np.maximum(mean[used], 1e-12) * (1 - _HAIR)).max(initial=1.0))

    return max(least(failover=False), least(failover=True) + scenario.failover_hosts)


def _calibrate(model: Model, plans: int) -> Calibration:
    """Ratio of hosts to bound of each pool over full plans, the base plan among them."""
    a = model.assessment
    drawn = [item for item in model.inputs if item.name in DEMAND and item.drawn]
    counts = [[float(len(pool.hosts))] for pool in a.case.pools]
    bounds = [[pool_bound(a, index, model.base_amounts, a.scenario)] for index in range(len(a.case.pools))]
    if drawn and plans > 1:
        quick = a.scenario.varied(effort="quick")
        sampler = qmc.LatinHypercube(len(drawn), rng=np.random.default_rng(a.scenario.seed))
        for row in sampler.random((plans - 1) * _TRIES):
            wanted = [index for index, count in enumerate(counts) if len(count) < plans]
            if not wanted:
                break
            values = {
                item.name: item.low + float(share) * (item.high - item.low)
                for item, share in zip(drawn, row, strict=True)
            }
            amounts = model.amounts(values)
            for index in wanted:
                planned = _full_plan(a, index, amounts, quick)
                if planned is not None:
                    counts[index].append(planned)
                    bounds[index].append(pool_bound(a, index, amounts, a.scenario))
    ratio = tuple(
        float(np.mean(np.array(count) / np.maximum(1, bound))) for count, bound in zip(counts, bounds, strict=True)
    )
    errors = [
        abs(max(bound, round(bound * ratio[index])) - count) / max(1, count)
        for index in range(len(counts))
        for count, bound in zip(counts[index], bounds[index], strict=True)
    ]
    return Calibration(min((len(count) for count in counts), default=0), ratio, max(errors, default=0.0))


def _full_plan(a: Assessment, index: int, amounts: np.ndarray, scenario: Scenario) -> float | None:
    """Hosts of a full plan of one pool with the plan's own host models; None if something fits no host.

    Where models are mixed, hosts are counted by what they cost: two of half the price are one.
    """
    pool = a.pools[index]
    table = a.demand.table.copy()
    others = np.ones(len(table), dtype=bool)
    others[pool.rows] = False
    table.loc[others, "stay_reason"] = stored("another pool")
    types = tuple(pool.types[kind] for kind in sorted(set(pool.plan.host_types)))
    planned = plan_pools(replace(a.demand, table=table, amounts=amounts), types, scenario, Limits())
    plan = planned[0].plan
    if plan.unplaced:
        return None
    own = [pool.types[kind].price for kind in pool.plan.host_types]
    if len(types) == 1 or not sum(own):
        return float(len(plan.host_types))
    mean = sum(own) / len(own)
    return sum(planned[0].types[kind].price for kind in plan.host_types) / mean

"""The proofs of a kept plan, made again: bounds by today's arguments, certificates by exact pricing, failures by failing hosts."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from calc.demand import Demand
from calc.errors import InputError
from calc.failover import load_pool
from calc.failover import prove as prove_loaded
from calc.failover.racks import rack_hosts, summary
from calc.language import say, stored
from calc.packing import UNLIMITED, Instance, Result
from calc.packing.bounds import best_bound
from calc.packing.presolve import Core, presolve
from calc.packing.restarts import seed_of
from calc.planning import Pool
from calc.resilience import FailoverProof, prove
from calc.scenario import Scenario

#: Evaluations that exact pricing of a certificate may take: ten times what the search allows itself for one.
_EXACT = 3_000_000_000


@dataclass(frozen=True, slots=True)
class Reproof:
    """What became of one proof of a saved plan.

    Attributes
    ----------
    pool : str
    part : str
        What is proved: ``bound``, ``failures``, ``racks``.
    anew : bool
        Whether it was proved again; else it is taken over as it was saved.
    how : str
        By what argument, or why not.
    """

    pool: str
    part: str
    anew: bool
    how: str


def reproofs(pools: tuple[Pool, ...], demand: Demand, scenario: Scenario) -> tuple[Reproof, ...]:
    """Prove again what a kept plan claims.

    Parameters
    ----------
    pools : tuple of Pool
        With placements that the verifier has passed.
    demand, scenario
        What they were planned on.

    Raises
    ------
    InputError
        When a claim does not come out: a bound that no argument gives, a certificate that proves less, a failure that is not
        survived as it was saved.
    """
    return tuple(
        proof for pool in pools for proof in (*_bounds(pool, demand, scenario), *_failures(pool, demand, scenario))
    )


def _bounds(pool: Pool, demand: Demand, scenario: Scenario) -> Iterator[Reproof]:
    plan = pool.plan
    claimed = pool.hosts_bound
    if scenario.host_policy != "one_model" and plan.bound is not None:
        why = stored("the bound on the cost of mixed models rests on prices in the packing, which are not kept")
        yield Reproof(pool.name, "cost bound", False, why)
    if claimed is None:
        return
    proved, how = _least_hosts(pool, demand, scenario)
    if claimed.value <= proved:
        yield Reproof(pool.name, "bound", True, how)
        return
    for result, failures in ((plan.normal, 0), (plan.failover, scenario.failover_hosts)):
        if result is None or result.certificate is None or len(pool.types) != 1:
            continue
        found = _certified(pool, demand, result, failed=failures > 0)
        if found is None:
            yield Reproof(
                pool.name, "bound", False, stored("exact pricing of its certificate takes too long to do here")
            )
            return
        if claimed.value <= found + failures:
            yield Reproof(pool.name, "bound", True, stored("its certificate, by exact pricing"))
            return
        proved = max(proved, found + failures)
    raise _refused(pool, say("its bound of {claimed:,} hosts is not proved: {proved:,} are", claimed=claimed.value, proved=proved))  # fmt: skip


def _least_hosts(pool: Pool, demand: Demand, scenario: Scenario) -> tuple[int, str]:
    """The greatest bound on the number of hosts that needs no search, and its argument."""
    failures = scenario.failover_hosts
    found = [(best_bound(presolve(_problem(pool, demand, failed=False))), 0)]
    if failures:
        found.append((best_bound(presolve(_problem(pool, demand, failed=True))), failures))
    options = [(bound.value + more, bound.name) for bound, more in found]
    if scenario.racks:
        alone = replace(
            _problem(pool, demand, failed=True), groups=(), affinity=None, counts=np.full(len(pool.types), UNLIMITED)
        )
        bound = best_bound(presolve(alone))
        options.append((rack_hosts(bound.value, scenario.racks), bound.name))
    return max(options, key=lambda option: option[0])


def _problem(pool: Pool, demand: Demand, *, failed: bool, kinds: np.ndarray | None = None) -> Instance:
    """What is packed, hosts counted: all workloads of the pool, or those that are placed where hosts have failed."""
    items = np.flatnonzero(pool.plan.assignment >= 0) if failed else np.arange(len(pool.rows))
    kinds = np.arange(len(pool.types)) if kinds is None else kinds
    position = {int(item): index for index, item in enumerate(items)}
    groups = [
        (
            tuple(position[int(member)] for member in members if int(member) in position),
            demand.group_limits.get(label, 1),
        )
        for label, members in pool.groups.items()
    ]
    counts = [UNLIMITED if host.available is None else host.available for host in pool.types]
    labels = demand.affinity[pool.rows]
    return Instance(
        demands=demand.amounts[pool.rows[items]],
        capacities=(pool.failover_capacities if failed else pool.capacities)[kinds],
        costs=np.ones(len(kinds), dtype=np.int64),
        counts=np.array(counts, dtype=np.int64)[kinds],
        dimensions=pool.dimensions,
        groups=tuple(group for group in groups if group[0]),
        affinity=labels[items] if (labels >= 0).any() else None,
    )


def _certified(pool: Pool, demand: Demand, result: Result, *, failed: bool) -> int | None:
    """The bound of a certificate whose maxima exact pricing finds again; None where that takes too long."""
    from calc.packing.pricing import Pricer, cheapest  # compiled code is loaded only where it is needed

    assert result.certificate is not None
    core = presolve(_problem(pool, demand, failed=failed))
    prices = result.certificate.prices
    if len(prices) != sum(map(len, core.members)) or (prices < 0).any():
        raise _refused(pool, say("its certificate is not one of its workloads"))
    merged = np.array([prices[members].sum() for members in core.members], dtype=np.int64)
    enough = min(max(result.certificate.most[0], 0), int(merged.sum()))  # of any size in a file
    most, _, _ = Pricer(core, 0).most(merged, 0, _EXACT, enough)
    if most is None:
        return None
    if most > result.certificate.most[0]:
        raise _refused(pool, say("its certificate says that a host holds at most {most:,}, but {found:,} fit", most=result.certificate.most[0], found=most))  # fmt: skip
    return cheapest(int(merged.sum()), result.certificate.most, core.costs, core.counts)


def _failures(pool: Pool, demand: Demand, scenario: Scenario) -> Iterator[Reproof]:
    plan = pool.plan
    if plan.proof is None:
        if scenario.failover_hosts and (plan.assignment >= 0).any():
            raise _refused(pool, say("the proof that it survives failures is missing"))
        return
    if plan.proof.failures != scenario.failover_hosts:
        raise _refused(pool, say("its proof is for {n} failures", n=plan.proof.failures))
    how = stored("hosts failed one combination after the other, their workloads re-placed")
    if not plan.rack_of:
        _same(pool, plan.proof, _failed_again(pool, demand, scenario))
        yield Reproof(pool.name, "failures", True, how)
        return
    if plan.rack_proof is None or len(plan.rack_of) != len(plan.host_types):
        raise _refused(pool, say("the proof that it survives the loss of a rack is missing"))
    names = tuple(f"host {number}" for number in range(len(plan.host_types)))
    loaded = load_pool(pool, demand, names)
    _same(
        pool, plan.proof, [summary(prove_loaded(loaded, plan.proof.failures, seed=scenario.seed), plan.proof.failures)]
    )
    yield Reproof(pool.name, "failures", True, how)
    racks: dict[str, list[str]] = {}
    for name, rack in zip(names, plan.rack_of, strict=True):
        racks.setdefault(rack, []).append(name)
    _same(pool, plan.rack_proof, [summary(prove_loaded(loaded, domains=racks, kind="rack"), 1)])
    yield Reproof(pool.name, "racks", True, stored("racks failed one after the other, their workloads re-placed"))


def _failed_again(pool: Pool, demand: Demand, scenario: Scenario) -> Iterator[FailoverProof]:
    """Proofs of the plan, failed as it was planned: with the models up to each that may have been the dearest."""
    plan, seed = pool.plan, seed_of(scenario.seed, zlib.crc32(pool.name.encode()))
    every = np.arange(len(pool.types))
    price = np.array([host.price for host in pool.types])
    placed = np.flatnonzero(plan.assignment >= 0)
    tried = [every, *(np.flatnonzero(price <= limit) for limit in sorted(set(price.tolist()), reverse=True))]
    for kinds in tried if len(every) > 1 else [every]:
        if not np.isin(plan.host_types, kinds).all():
            continue
        core = presolve(_problem(pool, demand, failed=True, kinds=kinds))
        packed = _home(core, plan.assignment[placed])
        types = np.searchsorted(kinds, plan.host_types).tolist()
        yield prove(core, packed, types, scenario.failover_hosts, seed, pool.dimensions)


def _home(core: Core, assignment: np.ndarray) -> np.ndarray:
    return np.array([assignment[members[0]] for members in core.members], dtype=np.int64)


def _same(pool: Pool, saved: FailoverProof, tried: Iterator[FailoverProof] | list[FailoverProof]) -> None:
    """Refuse a proof that no way of proving it gives."""
    today = None
    for today in tried:
        if today == saved:
            return
    assert today is not None
    raise _refused(
        pool,
        say(
            "{passed:,} of {cases:,} failures hold with at most {use:.2%} in use when tried again, not {saved_passed:,} of {saved_cases:,} with {saved_use:.2%}",
            passed=today.passed,
            cases=today.cases,
            use=today.highest_use,
            saved_passed=saved.passed,
            saved_cases=saved.cases,
            saved_use=saved.highest_use,
        ),
    )


def _refused(pool: Pool, problem: str) -> InputError:
    again = say("Assess the inventory again.")
    return InputError(
        say(
            "The saved plan of pool {pool} is not proved: {problem}. {again}",
            pool=pool.name,
            problem=problem,
            again=again,
        )
    )

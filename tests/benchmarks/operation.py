"""Speed of the failover proof, the back-test and the migration plan."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from calc.backtest import History, HostSize, back_test
from calc.recovery import Loaded, prove

ROOT = Path(__file__).resolve().parent.parent.parent
REAL = ROOT.parent / "shared" / "data"


def loaded_hosts(workloads: int = 1_000, hosts: int = 60, seed: int = 1) -> Loaded:
    """Random workloads spread over hosts that are about three quarters full."""
    rng = np.random.default_rng(seed)
    demands = np.column_stack(
        [rng.gamma(2, 3000, workloads), rng.gamma(2, 8000, workloads), rng.integers(1, 9, workloads)]
    ).astype(np.int64)
    capacity = (demands.sum(axis=0) / hosts * 1.35).astype(np.int64)
    load = np.zeros((hosts, 3), dtype=np.int64)
    home = np.zeros(workloads, dtype=np.int64)
    for item in np.argsort(-(demands / capacity).max(axis=1), kind="stable"):
        host = int(((load + demands[item]) / capacity).max(axis=1).argmin())
        home[item] = host
        load[host] += demands[item]
    limits = np.tile(capacity, (hosts, 1))
    return Loaded(
        tuple(f"host-{number:03d}" for number in range(hosts)),
        ("pool",) * hosts,
        3,
        ("cpu", "memory", "vcpu"),
        demands,
        limits,
        limits,
        home,
        tuple((f"w{number}",) for number in range(workloads)),
    )


def history(workloads: int = 500, hours: int = 720) -> tuple[History, str]:
    """The real trace where it is at hand, else random demand of the same size."""
    if REAL.is_dir():
        from tests.trace import bitbrains

        return bitbrains(REAL)[0], "Bitbrains Rnd, August 2013"
    rng = np.random.default_rng(1)
    mean = rng.gamma(1.0, 800.0, size=(workloads, hours))
    names = tuple(f"w{number}" for number in range(workloads))
    return History(names, mean, mean * 1.3, rng.integers(2, 16, workloads).astype(float)), "random demand"


def operation_rows(runs: int) -> Iterator[tuple[str, float, str, float]]:
    """(case, limit in seconds, note, median seconds) of every case."""
    loaded = loaded_hosts()
    past, source = history()
    host = HostSize(62 * 2600.0, 1000.0)

    def median(work: Callable[[], object]) -> float:
        times = []
        for _ in range(runs):
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    for failures, limit in ((1, 2.0), (2, 2.0)):
        proof = prove(loaded, failures)
        note = f"1,000 workloads, 60 hosts: {proof.passed:,} of {len(proof.cases):,} cases hold"
        name = f"failover proof, every {'host' if failures == 1 else 'pair'}"
        yield name, limit, note, median(lambda failures=failures: prove(loaded, failures))  # type: ignore[misc]
    train = past.hours * 7 // 10
    back_test(past, host, train, ceiling=0.8)  # compiled code is loaded once
    found = back_test(past, host, train, ceiling=0.8)
    note = f"{len(past.names)} VMs x {past.hours} h ({source}): {found.plans[0].hosts} against {found.plans[1].hosts} hosts"
    yield "back-test, two plans and four replays", 2.0, note, median(lambda: back_test(past, host, train, ceiling=0.8))

    import calc
    from calc.migration import MigrationRules, plan_migration

    answer = calc.assess(calc.read_inventory(ROOT / "data" / "samples" / "estate_400.csv"))
    rules = MigrationRules(dt.date(2026, 1, 5))
    waves = len(plan_migration(answer, rules).waves)
    yield "migration plan of the sample", 2.0, f"{waves} waves", median(lambda: plan_migration(answer, rules))

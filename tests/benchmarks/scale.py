"""A million servers in 500 pools on two workers: ``make bench-scale``.

    python -m tests.benchmarks.scale [--pools 500] [--each 2000] [--executor processes:2] [--effort standard]

Every pool is made from its number where it is planned, survives the failure of any host, and leaves a few numbers behind: so
memory does not grow with the estate. The last line's digest is of every host of every workload: it is the same whatever
executor ran it.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from calc.executor import in_order, open_executor
from calc.packing import Effort, Instance, Path
from calc.packing.restarts import seed_of
from calc.surviving import plan_pool

#: Milli-compute-units, MiB and vCPUs of one host: two sockets of 32 cores, 1 TiB, four vCPUs a core.
HOST = np.array([[344_000, 943_718, 256]], dtype=np.int64)
FAILOVER = np.array([[408_500, 996_147, 256]], dtype=np.int64)


@dataclass(frozen=True)
class Planned:
    """What is kept of a pool."""

    hosts: int
    bound: int
    optimal: bool
    survives: bool
    seconds: float
    path: Path
    digest: str
    peak_mib: float


def pool(number: int, each: int) -> Instance:
    """Servers as estates have them: most are small and idle, some are large."""
    rng = np.random.default_rng(seed_of(1, number))
    cores = rng.choice([2, 4, 8, 16, 24, 32], size=each, p=[0.25, 0.3, 0.22, 0.13, 0.06, 0.04])
    use = np.clip(rng.lognormal(np.log(0.18), 0.7, size=each), 0.02, 0.95)
    memory = cores * rng.choice([2, 4, 8, 16], size=each, p=[0.2, 0.4, 0.3, 0.1]) * 1024
    demands = np.column_stack([np.ceil(cores * use * 5653), memory, cores]).astype(np.int64)
    one = np.ones(1, dtype=np.int64)
    return Instance(demands, HOST, one, -one, ("cpu", "memory", "vcpu"))


def plan(number: int, each: int, effort: Effort) -> Planned:
    """Make and plan one pool."""
    started = time.perf_counter()
    found = plan_pool(pool(number, each), FAILOVER, 1, effort, seed=seed_of(1, number))
    if found.bound is None or found.proof is None or found.failover is None:
        raise SystemExit(f"pool {number}: {len(found.unplaced)} workloads fit no host")
    paths = (found.normal.path, found.failover.path)
    return Planned(
        found.cost,
        found.bound.value,
        found.cost == found.bound.value,
        found.proof.passed == found.proof.cases,
        time.perf_counter() - started,
        Path.CLOCK if Path.CLOCK in paths else Path.LINEAR if Path.LINEAR in paths else Path.WORK,
        hashlib.sha256(found.assignment.tobytes()).hexdigest(),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def main() -> None:
    """Plan all pools and print one row of docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pools", type=int, default=500)
    parser.add_argument("--each", type=int, default=2000)
    parser.add_argument("--executor", default="processes:2")
    parser.add_argument("--effort", choices=[effort.name.lower() for effort in Effort], default="standard")
    options = parser.parse_args()
    work = partial(plan, each=options.each, effort=Effort[options.effort.upper()])
    started, done = time.perf_counter(), []
    with open_executor(options.executor) as executor:
        for planned in in_order(executor, work, range(options.pools)):
            done.append(planned)
            if len(done) % 25 == 0:
                print(f"{len(done)} pools, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - started
    hosts, bound = sum(one.hosts for one in done), sum(one.bound for one in done)
    digest = hashlib.sha256("".join(one.digest for one in done).encode()).hexdigest()[:16]
    coordinator = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        "| servers | pools | executor | effort | seconds | hosts | at least | gap | optimal pools | survive | a pool, median s | peak MiB of a worker | of the caller | digest |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {options.pools * options.each:,} | {options.pools:,} | {options.executor.split('//')[0]} | {options.effort} "
        f"| {seconds:.0f} | {hosts:,} | {bound:,} | {(hosts - bound) / hosts:.2%} | {sum(one.optimal for one in done)} "
        f"| {sum(one.survives for one in done)} | {statistics.median(one.seconds for one in done):.2f} "
        f"| {max(one.peak_mib for one in done):.0f} | {coordinator:.0f} | {digest} |"
    )  # fmt: skip


if __name__ == "__main__":
    main()

"""Estates as they are bought: ``make bench-estates``.

    python -m tests.benchmarks.estates [--effort standard] [--trace FILE.parquet] [--update] [--write FILE.jsonl]

Seeded instances whose two tightest dimensions are within 5 % of each other, with 4, 12 and 40
workloads a host; one host type, several (with free existing hosts), and anti-affinity; the
Bitbrains trace with one peak, 24 and 168 time slots, each started from the coarser one's plan;
and three large ones, timed. Ratios are to the best value known, kept in ``estates_best.json``;
``--update`` keeps better ones.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from calc import packing_file
from calc.packing import Effort, Instance, Result, solve

BEST = Path(__file__).with_name("estates_best.json")
_CAPACITY = 100_000


def demands(rng: np.random.Generator, workloads: int, per_host: float, dims: int = 4) -> np.ndarray:
    """Log-normal, correlated demand; the first two dimensions load hosts within 5 % of each other."""
    size = rng.normal(size=(workloads, 1)) * 0.5 + rng.normal(size=(workloads, dims)) * 0.5
    amounts = np.exp(size)
    load = np.concatenate([[1.0, 0.97], rng.uniform(0.5, 0.75, size=dims - 2)])
    amounts *= load * _CAPACITY / per_host / amounts.mean(axis=0)
    return np.ceil(np.minimum(amounts, 0.9 * _CAPACITY)).astype(np.int64)


def estate(kind: str, per_host: int, workloads: int, seed: int) -> dict[str, Any]:
    """One instance in the format of docs/optimiser.md."""
    rng = np.random.default_rng([seed, per_host, workloads])
    items = demands(rng, workloads, per_host)
    row: dict[str, Any] = {"name": f"{kind} {per_host} a host, {workloads}", "items": items.tolist()}
    if kind == "mixed":
        whole = np.full(4, _CAPACITY)
        row["host_types"] = [
            {"capacity": (whole * share).astype(int).tolist(), "cost": cost, "count": count}
            for share, cost, count in (
                (np.array([0.95, 0.95, 0.95, 0.95]), 6_200, None),
                (np.array([1.5, 1.2, 2.0, 1.5]), 8_900, None),
                (np.array([2.0, 3.0, 2.0, 2.0]), 14_300, None),
                (np.array([0.92, 0.6, 1.0, 1.0]), 0, 4),
            )
        ]
    else:
        row["capacity"] = [_CAPACITY] * 4
    if kind == "apart":
        order = rng.permutation(workloads).tolist()
        groups, at = [], 0
        while at < 0.6 * workloads:
            number = int(rng.integers(2, 7))
            groups.append({"items": order[at : at + number], "max_per_host": 1})
            at += number
        groups.append({"items": order[-workloads // 5 :], "max_per_host": max(1, per_host // 4)})
        row["groups"] = groups
    return row


def estates() -> list[dict[str, Any]]:
    """Every made instance but the large ones."""
    sizes = ((4, 240), (12, 480), (40, 1200))
    return [estate(kind, *size, seed=1) for kind in ("one type", "mixed", "apart") for size in sizes]


def slots(peaks: np.ndarray, memory: np.ndarray, cpu_capacity: int, memory_capacity: int, name: str) -> dict[str, Any]:
    """One instance with CPU in every slot and memory once; ``peaks`` has shape (n, slots)."""
    items = np.hstack([np.ceil(peaks).astype(np.int64), memory[:, None].astype(np.int64)])
    return {"name": name, "capacity": [cpu_capacity] * peaks.shape[1] + [memory_capacity], "items": items.tolist()}


def trace(path: Path) -> list[dict[str, Any]]:
    """The published trace: MHz by hour (largest hourly mean of the month in the slot), memory as provisioned."""
    import pandas as pd

    frame = pd.read_parquet(path)
    hour = frame["hour"].dt.day_of_week * 24 + frame["hour"].dt.hour
    week = frame.pivot_table(index="vm", columns=hour, values="cpu_mhz_mean", aggfunc="max").to_numpy()
    memory = np.ceil(frame.groupby("vm")["mem_cap_kb"].max().to_numpy() / 1024)
    host = (32 * 2_600, 1024 * 1024)
    day = week.reshape(len(week), 7, 24).max(axis=1)
    return [
        slots(profile, memory, *host, f"Bitbrains trace, {profile.shape[1]} slots")
        for profile in (week.max(axis=1, keepdims=True), day, week)
    ]


def daily(workloads: int, seed: int) -> list[dict[str, Any]]:
    """A large made estate with daily and weekly shapes: peak, 24 and 168 slots."""
    rng = np.random.default_rng(seed)
    hour = np.arange(168)
    phase = rng.normal(13, 3, size=(workloads, 1)) + 12 * (rng.random((workloads, 1)) < 0.25)
    shape = 1 + 0.7 * np.cos((hour - phase) * 2 * np.pi / 24) + 0.25 * rng.random((workloads, 168))
    shape *= np.where((hour // 24 >= 5) & (rng.random((workloads, 1)) < 0.6), 0.4, 1.0)
    cpu = shape * rng.lognormal(0, 0.7, size=(workloads, 1)) * 3_000
    memory = np.ceil(rng.lognormal(0, 0.7, size=workloads) * 3_300)
    day = cpu.reshape(workloads, 7, 24).max(axis=1)
    return [
        slots(profile, memory, _CAPACITY, _CAPACITY, f"{workloads:,} workloads, {profile.shape[1]} slots")
        for profile in (cpu.max(axis=1, keepdims=True), day, cpu)
    ]


def large(workloads: int) -> dict[str, Any]:
    """One pool with four dimensions."""
    items = demands(np.random.default_rng([7, workloads]), workloads, 25)
    return {"name": f"one pool of {workloads:,}", "capacity": [_CAPACITY] * 4, "items": items.tolist()}


def best_single(instance: Instance, effort: Effort) -> int | None:
    """Least cost of the plans that buy one type only, beside hosts there are; same effort for each."""
    costs = []
    for kind in np.flatnonzero(instance.counts < 0):
        pick = np.flatnonzero((instance.counts >= 0) | (np.arange(len(instance.costs)) == kind))
        part = replace(
            instance, capacities=instance.capacities[pick], costs=instance.costs[pick], counts=instance.counts[pick]
        )
        found = solve(part, effort)
        if found.has_solution:
            costs.append(found.cost)
    return min(costs) if costs else None


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--effort", choices=[effort.name.lower() for effort in Effort], default="standard")
    parser.add_argument("--trace", type=Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--no-large", action="store_true")
    options = parser.parse_args()
    effort = Effort[options.effort.upper()]
    chains = [[row] for row in estates()]
    if options.trace and options.trace.exists():
        chains.append(trace(options.trace))
    if not options.no_large:
        chains += [daily(2_000, 3), [large(10_000)], [large(100_000)]]
    if options.write:
        rows = [json.dumps(row) for row in estates()]
        options.write.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return
    from calc.packing import kernels

    kernels.warm_up()
    best = json.loads(BEST.read_text()) if BEST.exists() else {}
    print(f"{effort.name.lower()} effort\n")
    print("| estate | hosts | cost | ÷ best known | at least | gap | seconds | peak MiB | best single type |")
    print("|---|---|---|---|---|---|---|---|---|")
    for chain in chains:
        start: Result | None = None
        for row in chain:
            instance = packing_file.to_instance(row)
            began = time.perf_counter()
            result = solve(instance, effort, start=start and (start.assignment, start.host_types))
            seconds = time.perf_counter() - began
            start = result
            if result.bound is None:
                raise SystemExit(f"{row['name']}: {len(result.unplaced)} workloads have no host")
            known = best.get(row["name"], result.cost)
            if options.update and result.cost <= known:
                best[row["name"]] = result.cost
            single = best_single(instance, effort) if len(instance.costs) > 1 else None
            beside = "" if single is None else f"{single:,} (saves {1 - result.cost / single:.1%})"
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"| {row['name']} | {result.hosts} | {result.cost:,} | {result.cost / known:.4f} | {result.bound.value:,} "
                f"| {float(result.gap or 0):.1%} | {seconds:.1f} | {peak:.0f} | {beside} |",
                flush=True,
            )
    if options.update:
        BEST.write_text(json.dumps(dict(sorted(best.items())), indent=2) + "\n")


if __name__ == "__main__":
    main()

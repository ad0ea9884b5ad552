"""The published vector bin-packing benchmark: ``make bench-packing``.

    python -m tests.benchmarks.packing INSTANCES.jsonl.gz [--limit 1] [--jobs 1] [--full] [--every N]

Runs one instance of each class x size x dimensions (all with ``--full``, each N-th of those with
``--every``) with a time limit, and prints hosts over the best published result by stratum.
Results are kept under artifacts/packing, so that a run that was stopped goes on: empty it after a change.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import json
import multiprocessing
import re
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from calc import packing_file
from calc.packing import solve

ROOT = Path(__file__).resolve().parent.parent.parent


def chosen(rows: Iterable[dict[str, Any]], full: bool, every: int) -> list[dict[str, Any]]:
    """The instances to run: the first of each stratum, or all."""
    rows = list(rows)
    if not full:
        first: dict[str, dict[str, Any]] = {}
        for row in sorted(rows, key=lambda row: row["name"]):
            first.setdefault(re.sub(r"_\d+$", "", row["name"]), row)
        rows = list(first.values())
    return rows[::every]


def size_class(per_host: float) -> str:
    """How many workloads a host holds."""
    return "under 3 a host" if per_host < 3 else "3 to 10 a host" if per_host <= 10 else "over 10 a host"


def run(data: dict[str, Any], limit_s: float) -> dict[str, Any]:
    """Solve one instance within seconds of this process's processor time; the answer as `packing_file.answer`."""
    started = time.process_time()
    result = solve(
        packing_file.to_instance(data), 10**18, seed=1, should_stop=lambda: time.process_time() - started > limit_s
    )
    return packing_file.answer(data["name"], result) | {"seconds": round(time.process_time() - started, 3)}


def proved_sooner(folder: Path, limit_s: float) -> dict[str, dict[str, Any]]:
    """Results by name that a run with a lower limit proved least: the search ended there, a higher limit changes nothing."""
    return {
        found["name"]: found
        for path in sorted(folder.glob("*s.jsonl"))
        if float(path.stem.removesuffix("s")) < limit_s
        for found in packing_file.read_lines(path)
        if found["optimal"]
    }


def table(rows: list[dict[str, Any]], results: dict[str, dict[str, Any]]) -> str:
    """Markdown: instances, hosts over best published, losses, optimum met and proven, by stratum."""
    strata: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    for row in rows:
        found = results.get(row["name"])
        if found is None:
            continue
        triplet = row["name"].startswith("Triplet")
        strata["Triplets" if triplet else "**all but Triplets**"].append((row, found))
        if not triplet:
            number = sum(row.get("copies", [1] * len(row["items"])))
            family = row["name"].split("/")[0]
            strata[f"{family}, {number // 10 * 10} workloads"].append((row, found))
            strata[size_class(number / row["best_published"])].append((row, found))
    lines = [
        "| stratum | instances | hosts ÷ best published | losses | optimum met, where known | proven optimal |",
        "|---|---|---|---|---|---|",
    ]
    for name in sorted(strata, key=lambda name: (not name.startswith("**"), "a host" not in name, name)):
        pairs = strata[name]
        ratio = sum(found["hosts"] for _, found in pairs) / sum(row["best_published"] for row, _ in pairs)
        losses = sum(found["hosts"] > row["best_published"] for row, found in pairs)
        known = [(row, found) for row, found in pairs if row["optimum"] is not None]
        met = sum(found["hosts"] == row["optimum"] for row, found in known)
        proven = sum(found["optimal"] for _, found in pairs)
        shown = f"{met} of {len(known)} ({met / len(known):.0%})" if known else "none known"
        lines.append(f"| {name} | {len(pairs)} | {ratio:.4f} | {losses} | {shown} | {proven} |")
    return "\n".join(lines)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("instances")
    parser.add_argument("--limit", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    from calc.packing import kernels

    kernels.warm_up()
    rows = chosen(packing_file.read_lines(options.instances), options.full, options.every)
    kept = ROOT / "artifacts" / "packing" / f"{options.limit:g}s.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    results = proved_sooner(kept.parent, options.limit)
    results |= {found["name"]: found for found in packing_file.read_lines(kept)} if kept.exists() else {}
    waiting = [row for row in rows if row["name"] not in results]
    work = functools.partial(run, limit_s=options.limit)
    with (
        kept.open("a", encoding="utf-8") as out,
        concurrent.futures.ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        for found in pool.map(work, waiting):
            row = next(row for row in waiting if row["name"] == found["name"])
            if row["optimum"] is not None and not found["lower_bound"] <= row["optimum"] <= found["hosts"]:
                raise SystemExit(
                    f"{found['name']}: bound {found['lower_bound']}, hosts {found['hosts']}, published optimum {row['optimum']}"
                )
            results[found["name"]] = {
                key: found[key] for key in ("name", "hosts", "lower_bound", "optimal", "seconds", "method")
            }
            out.write(json.dumps(results[found["name"]]) + "\n")
            out.flush()
    print(f"{len(rows)} instances, {options.limit:g} s of processor time each, one core\n")
    print(table(rows, results))


if __name__ == "__main__":
    main()

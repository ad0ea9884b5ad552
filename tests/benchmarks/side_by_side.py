"""Ours beside general solvers, at equal time on one core: ``make bench-rivals``.

    python -m tests.benchmarks.side_by_side INSTANCES.jsonl.gz RIVALS_PYTHON [--limit 10] [--sample N]

Published instances (one of each class, of 60 to 500 workloads, five dimensions) and made estates
of one host type, for all solvers; draws docs/images/rivals.svg. With ``--sample``, so many of the
instances of `tests.benchmarks.packing`, evenly spread, for ours and CP-SAT only. Time is each
solver's processor time. Every plan is checked by the verifier. Plans are kept under
artifacts/rivals, so that a run that was stopped goes on: empty it after a change.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from calc import packing_file
from calc.packing import kernels, violations
from tests.benchmarks import packing
from tests.benchmarks.estates import estates

_SIZES = (60, 120, 250, 500)
_ASKED = {"name", "capacity", "items", "copies", "groups"}
ROOT = Path(__file__).resolve().parent.parent.parent
SOLVERS = {
    "ours": "this package",
    "cp-sat": "OR-Tools CP-SAT",
    "milp": "scipy.optimize.milp",
    "ffd": "first-fit decreasing",
}


def instances(path: str) -> list[dict[str, Any]]:
    """What all solvers are given."""
    classes: dict[str, dict[int, dict[str, Any]]] = {}
    for row in sorted(packing_file.read_lines(path), key=lambda row: row["name"]):
        family = re.match(r"(\w+/class\w+?)_", row["name"])
        number = sum(row.get("copies", [1] * len(row["items"])))
        if family and row["dimensions"] == 5 and number in _SIZES and "Triplet" not in row["name"]:
            classes.setdefault(family[1], {}).setdefault(number, row)
    chosen = [of[_SIZES[index % 4]] for index, of in enumerate(classes.values()) if _SIZES[index % 4] in of]
    return [*chosen, *(row for row in estates() if "host_types" not in row)]


def sampled(path: str, number: int) -> list[dict[str, Any]]:
    """So many of the instances of the packing benchmark, Triplets apart, evenly spread over classes and sizes."""
    rows = [row for row in packing.chosen(packing_file.read_lines(path), False, 1) if "Triplet" not in row["name"]]
    return [rows[index * len(rows) // number] for index in range(min(number, len(rows)))]


def run(solver: str, rows: list[dict[str, Any]], folder: Path, python: str, limit: float) -> dict[str, dict[str, Any]]:
    """Results of one solver by instance; those kept by an earlier run are not worked out again."""
    out = folder / f"{solver}-{limit:g}s.jsonl"
    kept = {row["name"]: row for row in packing_file.read_lines(out)} if out.exists() else {}
    for row in rows:
        if row["name"] in kept:
            continue
        if solver == "ours":
            found = packing.run(row, limit)
            with out.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(found) + "\n")
        else:
            one = folder / "instance.jsonl"
            one.write_text(json.dumps({key: row[key] for key in _ASKED & row.keys()}) + "\n", encoding="utf-8")
            rivals = str(Path(__file__).with_name("rivals.py"))
            subprocess.run([python, rivals, solver, str(one), str(out), str(limit)], check=True, cwd=ROOT)
    return {row["name"]: row for row in packing_file.read_lines(out)}


def hosts(row: dict[str, Any], assignment: list[int] | None) -> int | None:
    """Hosts of a plan that holds; None where the solver found none."""
    if assignment is None:
        return None
    instance = packing_file.to_instance(row)
    opened = max(assignment) + 1
    wrong = violations(
        instance.demands.tolist(), instance.capacities.tolist(), [-1], assignment, [0] * opened, (), instance.groups
    )
    if wrong:
        raise SystemExit(f"{row['name']}: {wrong[0]}")
    return len(set(assignment))


def picture(ratios: dict[str, list[float | None]], names: list[str]) -> str:
    """A dot for each instance and solver: hosts over the proven bound."""
    colours = {"ours": "#0072B2", "cp-sat": "#E69F00", "milp": "#CC79A7", "ffd": "#999999"}
    top, step, left, width = 60, 20, 250, 560
    most = max(value for values in ratios.values() for value in values if value is not None)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 30} {top + step * len(names) + 40}" font-family="sans-serif" font-size="12" role="img">',
        "<title>Hosts over the proven lower bound, by instance and solver</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="12" y="22" font-size="15" font-weight="bold">Hosts over the proven lower bound</text>',
    ]
    for index, (solver, label) in enumerate(SOLVERS.items()):
        x = 12 + index * 190
        parts.append(
            f'<circle cx="{x + 5}" cy="40" r="5" fill="{colours[solver]}"/><text x="{x + 15}" y="44">{label}</text>'
        )
    for mark in range(100, int(most * 100) + 11, 10):
        x = left + (mark / 100 - 1) / (most - 1 + 0.02) * width
        parts.append(
            f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{top}" y2="{top + step * len(names)}" stroke="#ddd"/>'
            f'<text x="{x:.0f}" y="{top + step * len(names) + 18}" text-anchor="middle">{mark / 100:.1f}</text>'
        )
    for index, name in enumerate(names):
        y = top + step * index + step / 2
        parts.append(f'<text x="{left - 8}" y="{y + 4:.0f}" text-anchor="end">{name}</text>')
        for solver in reversed(SOLVERS):
            value = ratios[solver][index]
            if value is not None:
                x = left + (value - 1) / (most - 1 + 0.02) * width
                parts.append(f'<circle cx="{x:.1f}" cy="{y:.0f}" r="5" fill="{colours[solver]}" fill-opacity="0.85"/>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Run every solver on every instance and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("instances")
    parser.add_argument("python")
    parser.add_argument("--limit", type=float, default=10.0)
    parser.add_argument("--sample", type=int)
    options = parser.parse_args()
    rows = instances(options.instances) if options.sample is None else sampled(options.instances, options.sample)
    solvers = list(SOLVERS) if options.sample is None else ["ours", "cp-sat"]
    folder = ROOT / "artifacts" / "rivals"
    folder.mkdir(parents=True, exist_ok=True)
    kernels.warm_up()
    found = {solver: run(solver, rows, folder, options.python, options.limit) for solver in solvers}
    bounds = [found["ours"][row["name"]]["lower_bound"] for row in rows]
    counts = {solver: [hosts(row, found[solver][row["name"]]["assignment"]) for row in rows] for solver in solvers}
    print(
        f"{options.limit:g} s of processor time each\n\n| instance | at least | {' | '.join(SOLVERS[s] for s in solvers)} |"
    )
    print("|---|---|" + "---|" * len(solvers))
    for index, row in enumerate(rows):
        shown = " | ".join("no plan" if counts[s][index] is None else str(counts[s][index]) for s in solvers)
        print(f"| {row['name']} | {bounds[index]} | {shown} |")
    all_found = [i for i in range(len(rows)) if all(counts[s][i] is not None for s in solvers)]
    sums = " | ".join(str(sum(counts[s][i] or 0 for i in all_found)) for s in solvers)
    print(
        f"| **sum, where every solver found a plan ({len(all_found)})** | {sum(bounds[i] for i in all_found)} | {sums} |"
    )
    if options.sample is None:
        ratios = {s: [None if c is None else c / b for c, b in zip(counts[s], bounds, strict=True)] for s in solvers}
        drawn = picture(ratios, [row["name"] for row in rows])
        (ROOT / "docs" / "images" / "rivals.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()

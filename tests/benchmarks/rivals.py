"""General solvers on the same instances, in a process and an environment of their own.

    python rivals.py SOLVER INSTANCES.jsonl RESULTS.jsonl SECONDS

SOLVER is ``ffd`` (first-fit decreasing), ``milp`` (assignment model, scipy.optimize.milp) or
``cp-sat`` (OR-Tools). Stands alone: only numpy, scipy and ortools are imported, no package of
ours. Every solver has one thread and the same seconds of processor time, model building included
(scipy's milp, which cannot be stopped from outside, of the clock); the two exact ones may use the
hosts of first fit as an upper bound, CP-SAT its plan as a hint. Results are added to the file.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np


def first_fit(demands: np.ndarray, capacity: np.ndarray, groups: list[dict[str, Any]]) -> list[int]:
    """Largest first by summed share; host of each item."""
    order = np.argsort(-(demands / capacity).sum(axis=1), kind="stable")
    free: list[np.ndarray] = []
    held: list[dict[int, int]] = []
    of_item: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        for item in group["items"]:
            of_item.setdefault(item, []).append(number)
    home = [-1] * len(demands)
    for item in order.tolist():
        mine = of_item.get(item, [])
        for host, room in enumerate(free):
            if (room >= demands[item]).all() and all(
                held[host].get(group, 0) < groups[group]["max_per_host"] for group in mine
            ):
                break
        else:
            host = len(free)
            free.append(capacity.copy())
            held.append({})
        free[host] -= demands[item]
        for group in mine:
            held[host][group] = held[host].get(group, 0) + 1
        home[item] = host
    return home


def milp(demands: np.ndarray, capacity: np.ndarray, groups: list[dict[str, Any]], most: int, seconds: float) -> Any:
    """The assignment model: x[i, h] and y[h], hosts used in order."""
    from scipy.optimize import Bounds, LinearConstraint
    from scipy.optimize import milp as solve
    from scipy.sparse import coo_array

    n, dims = demands.shape
    rows, columns, values, lower, upper = [], [], [], [], []
    row = 0

    def add(at: np.ndarray, coefficients: np.ndarray, least: float, greatest: float) -> None:
        nonlocal row
        rows.append(np.full(len(at), row))
        columns.append(at)
        values.append(coefficients)
        lower.append(least)
        upper.append(greatest)
        row += 1

    hosts = np.arange(most)
    for item in range(n):
        add(item * most + hosts, np.ones(most), 1, 1)
    items = np.arange(n)
    for host in range(most):
        for k in range(dims):
            at = np.append(items * most + host, n * most + host)
            add(at, np.append(demands[:, k], -capacity[k]).astype(float), -np.inf, 0)
        for group in groups:
            at = np.append(np.array(group["items"]) * most + host, n * most + host)
            add(at, np.append(np.ones(len(group["items"])), -group["max_per_host"]), -np.inf, 0)
        if host:
            add(np.array([n * most + host - 1, n * most + host]), np.array([1.0, -1.0]), 0, np.inf)
    matrix = coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))).tocsr()
    size = n * most + most
    cost = np.zeros(size)
    cost[n * most :] = 1
    found = solve(
        cost, integrality=np.ones(size), bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, lower, upper), options={"time_limit": max(seconds, 0.1)},
    )  # fmt: skip
    if found.x is None:
        return None
    return np.argmax(found.x[: n * most].reshape(n, most), axis=1).tolist()


def cp_sat(
    demands: np.ndarray,
    capacity: np.ndarray,
    groups: list[dict[str, Any]],
    most: int,
    until: float,
    hint: list[int],
) -> Any:
    """The same model for OR-Tools' CP-SAT, until this process has used so many seconds."""
    from ortools.sat.python import cp_model

    n, dims = demands.shape
    model = cp_model.CpModel()
    x = [[model.new_bool_var("") for _ in range(most)] for _ in range(n)]
    y = [model.new_bool_var("") for _ in range(most)]
    for item in range(n):
        model.add_exactly_one(x[item])
        for host in range(most):
            model.add_hint(x[item][host], int(hint[item] == host))
    for host in range(most):
        for k in range(dims):
            model.add(sum(int(demands[item, k]) * x[item][host] for item in range(n)) <= int(capacity[k]) * y[host])
        for group in groups:
            model.add(sum(x[item][host] for item in group["items"]) <= group["max_per_host"])
        if host:
            model.add_implication(y[host], y[host - 1])
    model.minimize(sum(y))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            if time.process_time() > until:
                solver.stop_search()

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = solver.solve(model)
    over.set()
    watcher.join()
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [next(host for host in range(most) if solver.value(x[item][host])) for item in range(n)]


def main() -> None:
    """Solve every instance of a file."""
    solver, source, target, limit = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
    with target.open("a", encoding="utf-8") as out:
        for line in source.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            demands = np.repeat(np.array(row["items"]), row.get("copies", [1] * len(row["items"])), axis=0)
            capacity, groups = np.array(row["capacity"]), row.get("groups", [])
            began = time.process_time()
            home: list[int] | None = first_fit(demands, capacity, groups)
            assert home is not None
            if solver != "ffd":
                most = max(home) + 1
                if solver == "milp":
                    home = milp(demands, capacity, groups, most, limit - (time.process_time() - began))
                else:
                    home = cp_sat(demands, capacity, groups, most, began + limit, home)
            seconds = time.process_time() - began
            out.write(json.dumps({"name": row["name"], "assignment": home, "seconds": seconds}) + "\n")
            out.flush()


if __name__ == "__main__":
    main()

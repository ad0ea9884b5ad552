"""Packing instances as JSON lines: the file interface for researchers.

One object a line: ``name``, ``capacity`` (or ``host_types``: list of ``capacity``, ``cost``,
``count``), ``items`` (list of demand vectors), and optionally ``objective`` (``hosts`` or
``cost``), ``copies`` (how often each item occurs), ``conflicts`` (pairs of items), ``groups``
(list of ``items``, ``max_per_host``), ``affinity`` (lists of items that stay together), ``fixed``
(list of ``host_type``, ``items``: hosts that are open already, with the items that stay there;
they cost nothing, are beside the counts, and come first in the answer) and ``max_items`` (most
items on a host). Indices count the items after expanding ``copies``.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from calc.errors import InputError
from calc.language import foreign, joined, stored
from calc.packing import UNLIMITED, Effort, Instance, Limits, Result, Termination, solve

_KEYS = {
    "name",
    "capacity",
    "items",
    "objective",
    "copies",
    "host_types",
    "conflicts",
    "groups",
    "affinity",
    "fixed",
    "max_items",
}
_FACTS = {"dimensions", "lower_bound", "optimum", "best_published"}  # what published files say about an instance


def read_lines(path: str | Path) -> Iterator[dict[str, Any]]:
    """Objects of a JSON-lines file, plain or gzipped.

    Raises
    ------
    InputError
        Naming the line that is not a JSON object.
    """
    try:
        opener = gzip.open if str(path).endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8") as handle:
            for number, line in enumerate(handle, start=1):
                if not line.strip():
                    continue
                try:
                    found = json.loads(line)
                except json.JSONDecodeError as error:
                    raise InputError(
                        stored("{path}, line {number}: not JSON ({error})", path=path, number=number, error=error)
                    ) from None
                if not isinstance(found, dict):
                    raise InputError(
                        stored("{path}, line {number}: expected one JSON object a line", path=path, number=number)
                    )
                yield {**found, "name": found.get("name", f"line {number}")}
    except OSError as error:
        raise InputError(stored("cannot read {path}: {value}", path=path, value=error.strerror or error)) from None


def to_instance(data: dict[str, Any]) -> Instance:
    """One instance from its JSON object.

    Raises
    ------
    InputError
        Naming the instance and the key that is wrong.
    """
    name = data["name"]
    unknown = set(data) - _KEYS - _FACTS
    if unknown:
        raise InputError(
            stored(
                "{name}: unknown key {unknown!r}; known: {keys}",
                name=name,
                unknown=sorted(unknown)[0],
                keys=", ".join(sorted(_KEYS)),
            )
        )
    try:
        kinds = data.get("host_types") or [{"capacity": data["capacity"]}]
        capacities = np.array([kind["capacity"] for kind in kinds], dtype=np.int64)
        demands = np.array(data["items"], dtype=np.int64).reshape(-1, capacities.shape[1])
        demands = np.repeat(demands, np.array(data.get("copies", np.ones(len(demands))), dtype=np.int64), axis=0)
        objective = data.get("objective", "cost" if "host_types" in data else "hosts")
        if objective not in ("hosts", "cost"):
            raise InputError(
                stored("{name}: objective {objective!r} is neither 'hosts' nor 'cost'", name=name, objective=objective)
            )
        costs = [1 if objective == "hosts" else int(kind.get("cost", 1)) for kind in kinds]
        counts = [UNLIMITED if kind.get("count") is None else int(kind["count"]) for kind in kinds]
        dimensions = [str(k) for k in range(capacities.shape[1])]
        if data.get("max_items") is not None:
            demands = np.hstack([demands, np.ones((len(demands), 1), dtype=np.int64)])
            capacities = np.hstack([capacities, np.full((len(kinds), 1), int(data["max_items"]), dtype=np.int64)])
            dimensions.append("items")
        groups = [
            (tuple(int(i) for i in group["items"]), int(group["max_per_host"])) for group in data.get("groups", [])
        ]
        groups += [((int(one), int(two)), 1) for one, two in data.get("conflicts", [])]
        fixed = [
            (int(host.get("host_type", 0)), tuple(int(item) for item in host["items"]))
            for host in data.get("fixed", [])
        ]
        labels = np.full(len(demands), -1, dtype=np.int64)
        for label, members in enumerate(data.get("affinity", [])):
            labels[members] = label
        return Instance(
            demands, capacities, np.array(costs, dtype=np.int64), np.array(counts, dtype=np.int64), tuple(dimensions),
            tuple(groups), labels if (labels >= 0).any() else None, tuple(fixed),
        )  # fmt: skip
    except InputError:
        raise
    except KeyError as error:
        raise InputError(stored("{name}: the key {error} is missing", name=name, error=error)) from None
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise InputError(joined((foreign(name), *map(foreign, error.args[:1])), ": ")) from None


def run(data: dict[str, Any], effort: Effort | int, time_limit_s: float | None, seed: int) -> dict[str, Any]:
    """Solve one instance; the answer as a JSON object (docs/optimiser.md)."""
    result = solve(to_instance(data), effort, Limits(time_s=time_limit_s), seed=seed)
    return answer(data["name"], result)


def answer(name: str, result: Result) -> dict[str, Any]:
    """A result as a JSON object."""
    return {
        "name": name,
        "hosts": result.hosts,
        "cost": result.cost,
        "assignment": result.assignment.tolist(),
        "host_type": result.host_types.tolist(),
        "unplaced": [item.item for item in result.unplaced],
        "lower_bound": None if result.bound is None else result.bound.value,
        "bound_name": None if result.bound is None else result.bound.name,
        "optimal": result.is_optimal,
        "gap": None if result.gap is None else float(result.gap),
        "termination": result.termination.name,
        "reproducible": result.reproducible and result.termination is not Termination.TIME_LIMIT,
        "method": result.method,
        "seconds": round(result.runtime_s, 4),
    }

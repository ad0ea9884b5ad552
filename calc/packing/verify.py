"""The independent check of a placement: plain Python integers, nothing shared with the solver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def violations(
    demands: Sequence[Sequence[int]],
    capacities: Sequence[Sequence[int]],
    counts: Sequence[int],
    assignment: Sequence[int],
    host_types: Sequence[int],
    unplaced: Iterable[int] = (),
    groups: Iterable[tuple[Sequence[int], int]] = (),
    affinity: Sequence[int] | None = None,
    fixed: Sequence[tuple[int, Sequence[int]]] = (),
) -> list[str]:
    """Everything that is wrong with a placement; an empty list is a clean bill.

    Parameters
    ----------
    demands, capacities : nested sequences of int, (n, K) and (T, K)
    counts : sequence of int
        Available hosts of each type, -1 for any number.
    assignment : sequence of int
        Host of each workload, -1 when unplaced.
    host_types : sequence of int
        Type of each host.
    unplaced : iterable of int
        Workloads reported as unplaced.
    groups : iterable of (members, limit)
    affinity : sequence of int, optional
    fixed : sequence of (type, workloads)
        Hosts open from the start: the first of ``host_types``, beside ``counts``.

    Returns
    -------
    list of str
    """
    found: list[str] = []
    reported = {int(item) for item in unplaced}
    used: dict[int, list[int]] = {}
    if len(assignment) != len(demands):
        return [f"{len(assignment)} assignments for {len(demands)} workloads"]
    for item, host in enumerate(assignment):
        host = int(host)
        if host == -1:
            if item not in reported:
                found.append(f"workload {item} is neither placed nor reported as unplaced")
            continue
        if item in reported:
            found.append(f"workload {item} is placed and reported as unplaced")
        if not 0 <= host < len(host_types):
            found.append(f"workload {item} is on host {host}, which does not exist")
            continue
        load = used.setdefault(host, [0] * len(demands[item]))
        for dimension, amount in enumerate(demands[item]):
            load[dimension] += int(amount)
    for host, load in used.items():
        for dimension, (amount, limit) in enumerate(zip(load, capacities[int(host_types[host])], strict=True)):
            if amount > int(limit):
                found.append(f"host {host}, dimension {dimension}: {amount} used of {int(limit)}")
    for host, (kind, items) in enumerate(fixed):
        if host >= len(host_types) or int(host_types[host]) != int(kind):
            found.append(f"fixed host {host} of type {kind} is missing or of another type")
        found += [
            f"workload {item} has left fixed host {host} for {int(assignment[item])}"
            for item in items
            if int(assignment[item]) != host
        ]
    opened: dict[int, int] = {}
    for kind in host_types[len(fixed) :]:
        opened[int(kind)] = opened.get(int(kind), 0) + 1
    for kind, number in opened.items():
        if int(counts[kind]) >= 0 and number > int(counts[kind]):
            found.append(f"{number} hosts of type {kind}, of which {int(counts[kind])} exist")
    for members, limit in groups:
        on_host: dict[int, int] = {}
        for member in members:
            host = int(assignment[member])
            if host >= 0:
                on_host[host] = on_host.get(host, 0) + 1
        found += [
            f"host {host} holds {number} of a group, limit {limit}"
            for host, number in on_host.items()
            if number > limit
        ]
    if affinity is not None:
        homes: dict[int, set[int]] = {}
        for item, label in enumerate(affinity):
            if int(label) >= 0:
                homes.setdefault(int(label), set()).add(int(assignment[item]))
        found += [
            f"affinity group {label} is spread over hosts {sorted(hosts)}"
            for label, hosts in homes.items()
            if len(hosts) > 1
        ]
    return found

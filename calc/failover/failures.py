"""Failing hosts, pairs, racks or sites, and re-placing what was on them; nothing else moves.

Every case is worked out for itself, many at a time: items that lost their host are taken in
order of restart priority, then size, and each goes to the host with most room left in its
tightest dimension. Where that leaves an item over, the case is tried again largest first, with
the fullest host that fits, and with whole hosts moved to one that has room for all.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc.errors import InputError
from calc.failover.loaded import Loaded
from calc.language import stored

#: Combinations beyond this are sampled.
MOST_CASES = 10_000
#: Array elements of one batch of cases: about 64 MB.
_BATCH = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One failure.

    Attributes
    ----------
    name : str
    failed : tuple of int
        Hosts that fail together.
    items : ndarray of int64
        Items that lost their host, in the order they were re-placed.
    goals : ndarray of int64
        Host of each item afterwards, -1 where none has room.
    tightest : str
        Resource with least room left on any host that is left.
    tightest_host : str
    highest_use : float
        Its use as a share of failover capacity.
    """

    name: str
    failed: tuple[int, ...]
    items: np.ndarray
    goals: np.ndarray
    tightest: str
    tightest_host: str
    highest_use: float

    @property
    def lost(self) -> int:
        """Items without a host afterwards."""
        return int((self.goals < 0).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """Every case of one kind of failure.

    Attributes
    ----------
    kind : str
        host, pair, rack or site.
    exhaustive : bool
        False when a seeded sample was tried.
    """

    kind: str
    cases: tuple[Case, ...]
    exhaustive: bool

    @property
    def passed(self) -> int:
        """Cases in which everything found a place."""
        return sum(case.lost == 0 for case in self.cases)

    @property
    def holds(self) -> bool:
        """Whether every case passed."""
        return self.passed == len(self.cases)

    def table(self, loaded: Loaded) -> pd.DataFrame:
        """One row a case: what failed, how many moved, what is tight."""
        return pd.DataFrame(
            {
                "failure": case.name,
                "pool": loaded.pool[case.failed[0]],
                "workloads": sum(len(loaded.workloads[item]) for item in case.items),
                "not_placed": sum(len(loaded.workloads[item]) for item in case.items[case.goals < 0]),
                "tightest": case.tightest,
                "tightest_host": case.tightest_host,
                "highest_use": case.highest_use,
            }
            for case in self.cases
        )

    def fill(self, loaded: Loaded) -> pd.DataFrame:
        """How full every host is in every case: failure, host, share, resource, gained.

        ``share`` is of failover capacity in the host's tightest resource, NaN on hosts that failed;
        ``gained`` is how many workloads the host took over.
        """
        capacity = np.maximum(loaded.capacities[:, : loaded.resources], 1)
        before = loaded.loads[:, : loaded.resources]
        parts = []
        for case in self.cases:
            after, gained = before.copy(), np.zeros(len(loaded.hosts), dtype=np.int64)
            placed = case.goals >= 0
            np.add.at(after, case.goals[placed], loaded.demands[case.items[placed], : loaded.resources])
            np.add.at(gained, case.goals[placed], [len(loaded.workloads[item]) for item in case.items[placed]])
            use = after / capacity
            share = use.max(axis=1)
            share[list(case.failed)] = np.nan
            tight = use.argmax(axis=1)
            parts.append(
                pd.DataFrame(
                    {
                        "failure": case.name,
                        "host": loaded.hosts,
                        "share": share,
                        "resource": [loaded.dimensions[column] for column in tight],
                        "gained": gained,
                    }
                )
            )
        columns = ["failure", "host", "share", "resource", "gained"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)

    def moves(self, loaded: Loaded, cases: Sequence[Case] | None = None) -> pd.DataFrame:
        """One row a workload and case: where it was and where it goes ("" when nowhere)."""
        return pd.DataFrame(
            [
                (case.name, workload, loaded.hosts[loaded.home[item]], loaded.hosts[goal] if goal >= 0 else "")
                for case in (self.cases if cases is None else cases)
                for item, goal in zip(case.items, case.goals, strict=True)
                for workload in loaded.workloads[item]
            ],
            columns=["failure", "workload", "from", "to"],
        )


def prove(
    loaded: Loaded,
    failures: int = 1,
    *,
    domains: Mapping[str, Sequence[str]] | None = None,
    kind: str = "",
    priority: np.ndarray | None = None,
    allowed: np.ndarray | None = None,
    seed: int = 1,
) -> Proof:
    """Fail every combination of hosts, or every domain, and re-place.

    Parameters
    ----------
    loaded : Loaded
    failures : int
        Hosts that fail together (1 or 2), all of a pool that has fewer; more than 10,000 combinations are sampled.
    domains : mapping of str to sequence of str, optional
        Instead of combinations: named sets of hosts that fail together (racks, sites).
    kind : str
        Name of the domains' kind.
    priority : ndarray of int, shape (n,), optional
        Restart priority of each item; lower first.
    allowed : ndarray of bool, shape (n, m), optional
        Hosts that each item may use (zones); all of them by default.
    seed : int

    Returns
    -------
    Proof

    Raises
    ------
    InputError
        When a domain names a host that does not exist.
    """
    exhaustive = True
    if domains is None:
        names, sets, exhaustive = _combinations(loaded, failures, seed)
        kind = kind or {1: "host", 2: "pair"}.get(failures, f"{failures} hosts")
    else:
        number = {host: index for index, host in enumerate(loaded.hosts)}
        names, sets = list(domains), []
        for name, members in domains.items():
            missing = [host for host in members if host not in number]
            if missing:
                raise InputError(
                    stored(
                        "{value} {name!r} names the host {missing!r}, which the plan has not",
                        value=kind or "domain",
                        name=name,
                        missing=missing[0],
                    )
                )
            sets.append(tuple(number[host] for host in members))
        kept = [index for index, hosts in enumerate(sets) if hosts]
        names, sets = [names[index] for index in kept], [sets[index] for index in kept]
        kind = kind or "domain"
    ranks = np.zeros(len(loaded.home), dtype=np.int64) if priority is None else priority
    cases: list[Case] = []
    for part in _batches(loaded, sets):
        cases += _work(loaded, [names[i] for i in part], [sets[i] for i in part], ranks, allowed)
    return Proof(kind, tuple(cases), exhaustive)


def _combinations(loaded: Loaded, failures: int, seed: int) -> tuple[list[str], list[tuple[int, ...]], bool]:
    hosts = len(loaded.hosts)
    if failures < 1:
        raise InputError(stored("failures = {failures}: at least one host must fail", failures=failures))
    failures = min(
        failures, hosts
    )  # a pool with fewer hosts than may fail loses all of them: no case would prove nothing
    total = 1
    for step in range(failures):
        total = total * (hosts - step) // (step + 1)
    if total <= MOST_CASES:
        sets = list(itertools.combinations(range(hosts), failures))
    else:
        rng = np.random.default_rng(seed)
        drawn: set[tuple[int, ...]] = set()
        while len(drawn) < MOST_CASES:
            drawn.add(tuple(sorted(rng.choice(hosts, failures, replace=False).tolist())))
        sets = sorted(drawn)
    return [" + ".join(loaded.hosts[host] for host in one) for one in sets], sets, total <= MOST_CASES


def _batches(loaded: Loaded, sets: list[tuple[int, ...]]) -> Iterator[range]:
    size = max(1, _BATCH // max(1, loaded.capacities.size))
    for start in range(0, len(sets), size):
        yield range(start, min(len(sets), start + size))


def _work(
    loaded: Loaded, names: list[str], sets: list[tuple[int, ...]], ranks: np.ndarray, allowed: np.ndarray | None
) -> list[Case]:
    scale = 1.0 / np.maximum(loaded.capacities[:, : loaded.resources].max(axis=0), 1)
    share = (loaded.demands[:, : loaded.resources] * scale).max(axis=1, initial=0.0)
    size = np.arange(len(share))
    free = loaded.capacities - loaded.loads
    members = [np.flatnonzero(loaded.home == host) for host in range(len(loaded.hosts))]
    items = [np.concatenate([members[host] for host in failed]) for failed in sets]
    by_rank = [group[np.lexsort((size[group], -share[group], ranks[group]))] for group in items]
    by_size = [group[np.lexsort((size[group], -share[group]))] for group in items]
    goals, after = _replace(loaded, sets, by_rank, free, scale, allowed, roomiest=True)
    order = list(by_rank)
    for again, roomiest in ((by_size, True), (by_size, False)):
        bad = [index for index, goal in enumerate(goals) if (goal < 0).any()]
        if not bad:
            break
        tried, left = _replace(
            loaded, [sets[i] for i in bad], [again[i] for i in bad], free, scale, allowed, roomiest=roomiest
        )
        for position, index in enumerate(bad):
            if (tried[position] < 0).sum() < (goals[index] < 0).sum():
                goals[index], after[index], order[index] = tried[position], left[position], again[index]
    for index, goal in enumerate(goals):
        if (goal < 0).any():
            _whole_hosts(loaded, sets[index], order[index], free, allowed, goal, after[index])
    found = []
    for index, failed in enumerate(sets):
        alive = np.setdiff1d(np.arange(len(loaded.hosts)), failed)
        tightest, host, use = "", "", 0.0
        if len(alive):
            room = after[index][alive, : loaded.resources]
            used = 1 - room / np.maximum(loaded.capacities[alive, : loaded.resources], 1)
            row, column = np.unravel_index(int(used.argmax()), used.shape)
            tightest, host = loaded.dimensions[column], loaded.hosts[alive[row]]
            use = float(used[row, column])
        found.append(Case(names[index], failed, order[index], goals[index], tightest, host, use))
    return found


def _whole_hosts(
    loaded: Loaded,
    failed: tuple[int, ...],
    items: np.ndarray,
    free: np.ndarray,
    allowed: np.ndarray | None,
    goals: np.ndarray,
    after: np.ndarray,
) -> None:
    """Move everything of each failed host to one that has room for all of it, as to an empty spare.

    Changes ``goals`` and ``after`` only where that places everything.
    """
    room = free.copy()
    room[list(failed)] = -1
    whole = np.full(len(goals), -1, dtype=np.int64)
    for host in sorted(failed, key=lambda number: tuple(-loaded.loads[number])):
        mine = loaded.home[items] == host
        left = room - loaded.demands[items[mine]].sum(axis=0)
        fits = (left >= 0).all(axis=1)
        if allowed is not None:
            fits &= allowed[items[mine]].all(axis=0)
        if not fits.any():
            return
        goal = int(np.where(fits, left[:, : loaded.resources].sum(axis=1), np.inf).argmin())
        room[goal] = left[goal]
        whole[mine] = goal
    goals[:] = whole
    after[:] = room


def _replace(
    loaded: Loaded,
    sets: list[tuple[int, ...]],
    items: list[np.ndarray],
    free: np.ndarray,
    scale: np.ndarray,
    allowed: np.ndarray | None,
    *,
    roomiest: bool,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Re-place the items of many cases side by side; returns goals and what is free afterwards.

    One step takes the next item of every case. Cases with most items stand first, so that those
    still at work are always the first ones: a view, where picking them would copy.
    """
    cases, (hosts, dims) = len(sets), free.shape
    length = np.array([len(group) for group in items], dtype=np.int64)
    order = np.argsort(-length, kind="stable")
    room = np.repeat(free.T[:, None, :], cases, axis=1)  # (K, cases, m): one comparison a dimension
    queue = np.zeros((cases, int(length.max(initial=0))), dtype=np.int64)
    goals = np.full(queue.shape, -1, dtype=np.int64)
    for place, index in enumerate(order):
        room[:, place, list(sets[index])] = -1  # no demand fits what is below zero
        queue[place, : length[index]] = items[index]
    for step in range(queue.shape[1]):
        live = int((length > step).sum())
        current = queue[:live, step]
        fits = np.ones((live, hosts), dtype=bool) if allowed is None else allowed[current].copy()
        least = np.full((live, hosts), np.inf)
        for k in range(dims):
            left = room[k, :live] - loaded.demands[current, k][:, None]
            fits &= left >= 0
            if k < loaded.resources:
                np.minimum(least, left * scale[k], out=least)
        best = np.where(fits, least if roomiest else -least, -np.inf).argmax(axis=1)
        placed = np.flatnonzero(fits[np.arange(live), best])
        room[:, placed, best[placed]] -= loaded.demands[current[placed]].T
        goals[placed, step] = best[placed]
    back = np.argsort(order)
    return [goals[back[index], : length[index]] for index in range(cases)], room[:, back].transpose(1, 2, 0)

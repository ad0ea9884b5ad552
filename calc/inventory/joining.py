"""Links each VM to the host that it names."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

from calc.inventory.tables import JoinReport

_LONGEST_PREFIX = 3


def join_hosts(named: pd.Series, hosts: pd.Series) -> tuple[pd.Series, JoinReport]:
    """Link the host named by each workload to a listed host.

    First by the name as it is, then without the domain, then by a short prefix that one of the
    two names has more than the other, where the partner is unique.

    Returns
    -------
    (Series of str, JoinReport)
        The listed host's name for each workload, "" where none was found.
    """
    listed = {host.casefold(): host for host in hosts}
    short: dict[str, str | None] = {}
    for host in hosts:
        stem = host.casefold().split(".")[0]
        short[stem] = None if stem in short else host  # two hosts with one short name: no guess
    how: dict[str, tuple[str, str, str]] = {}
    for name in named.unique():
        folded = name.casefold()
        stem = folded.split(".")[0]
        if folded in listed:
            how[name] = (listed[folded], "exact", "")
        elif stem and short.get(stem):
            how[name] = (str(short[stem]), "domain", "")
        else:
            partners = [
                (host, stem.removesuffix(other) or other.removesuffix(stem))
                for other, host in short.items()
                if host and stem and _prefix_of(stem, other)
            ]
            how[name] = (partners[0][0], "prefix", partners[0][1]) if len(partners) == 1 else ("", "none", "")
    kinds = Counter(how[name][1] for name in named)
    unmatched = tuple(sorted({name for name in named if name and how[name][1] == "none"}))
    report = JoinReport(
        total=len(named),
        exact=kinds["exact"],
        domain_dropped=kinds["domain"],
        prefix_dropped=kinds["prefix"],
        prefixes=dict(Counter(how[name][2] for name in named if how[name][1] == "prefix")),
        unmatched=unmatched,
        unmatched_workloads=kinds["none"],
    )
    return named.map(lambda name: how[name][0]), report


def _prefix_of(one: str, other: str) -> bool:
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    extra = len(longer) - len(shorter)
    return 0 < extra <= _LONGEST_PREFIX and longer.endswith(shorter) and bool(re.search(r"\d", shorter))

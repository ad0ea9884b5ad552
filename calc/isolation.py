"""Rules that an inventory does not state but its names suggest: cluster members to keep apart.

A suggestion changes nothing until it is confirmed; `with_groups` then writes it into the
inventory, where it counts as if a column had said so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from calc.errors import InputError
from calc.inventory import Inventory
from calc.language import joined, stored
from calc.roles import is_database, is_production

#: A row of equal names with more members than this is a farm, not a cluster.
MOST_MEMBERS = 8
_NUMBERED = re.compile(r"^(.*?)[-_.]?0*(\d+)([a-z]?)$", re.IGNORECASE)
_LETTERED = re.compile(r"^(.*[-_.])([a-d])$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Workloads that look like members of one cluster.

    Attributes
    ----------
    group : str
        Name of the rule.
    members : tuple of str
    reason : str
    confidence : {'high', 'low'}
        High: two or three members in production, or a database there. Low: everything else.
    """

    group: str
    members: tuple[str, ...]
    reason: str
    confidence: str


def suggest_groups(inventory: Inventory) -> list[Suggestion]:
    """Anti-affinity groups that names suggest, likeliest first.

    Parameters
    ----------
    inventory : Inventory

    Returns
    -------
    list of Suggestion
        Workloads that have a group already, or share a server with another member, are left out.

    Notes
    -----
    Names that differ only in a number at the end (db01, db02) or a letter after a dash (sql-a,
    sql-b), of the same site, zone, environment and application, with 2 to 8 members whose numbers
    follow each other.
    """
    frame = inventory.workloads
    families: dict[tuple[str, ...], list[tuple[int, str, str]]] = defaultdict(list)
    columns = ["site", "zone", "environment", "application", "workload", "server", "anti_affinity", "affinity"]
    for site, zone, environment, application, name, server, apart, together in frame[columns].itertuples(index=False):
        if apart or together:
            continue
        split = _split(str(name))
        if split is not None:
            stem, number = split
            families[stem.lower(), site, zone, environment, application].append((number, str(name), str(server)))
    found = []
    for (stem, site, _, environment, application), members in families.items():
        members.sort()
        numbers = [number for number, _, _ in members]
        if not 2 <= len(members) <= MOST_MEMBERS or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            continue
        if len({server for _, _, server in members if server}) < len(members):
            continue  # they share a server today: what keeps them apart must be asked
        names = tuple(name for _, name, _ in members)
        database = is_database(names[0], str(application))
        sure = is_production(str(environment)) and (database or len(names) <= 3)
        reason = stored("names in a row: {names} … {names2}", names=names[0], names2=names[-1])
        if database:
            reason = joined((reason, stored("the name says database")), "; ")
        label = f"{stem}* {site}".strip()
        found.append(Suggestion(label, names, reason, "high" if sure else "low"))
    found.sort(key=lambda item: (item.confidence != "high", len(item.members), item.group))
    return found


def _split(name: str) -> tuple[str, int] | None:
    match = _NUMBERED.match(name)
    if match and re.search(r"[^\W\d_]", match[1]):
        return match[1] + match[3], int(match[2])
    match = _LETTERED.match(name)
    if match:
        return match[1], ord(match[2].lower()) - ord("a") + 1
    return None


def suggestions_table(suggestions: Iterable[Suggestion]) -> pd.DataFrame:
    """One row a suggestion, with a column to confirm it in."""
    rows = [
        {
            "confirm": False,
            "group": item.group,
            "members": ", ".join(item.members),
            "reason": item.reason,
            "confidence": item.confidence,
        }
        for item in suggestions
    ]
    return pd.DataFrame(rows, columns=["confirm", "group", "members", "reason", "confidence"])


def with_groups(inventory: Inventory, confirmed: Iterable[Suggestion]) -> Inventory:
    """The inventory with confirmed groups as anti-affinity.

    Parameters
    ----------
    inventory : Inventory
    confirmed : iterable of Suggestion

    Returns
    -------
    Inventory
        A note tells how many groups were confirmed.

    Raises
    ------
    InputError
        When a member does not exist, or has a group already.
    """
    chosen = list(confirmed)
    if not chosen:
        return inventory
    workloads = inventory.workloads.copy()
    place = {name: index for index, name in zip(workloads.index, workloads["workload"], strict=True)}
    taken = set(workloads["anti_affinity"])
    for item in chosen:
        label = item.group
        while label in taken:
            label += " (confirmed)"
        taken.add(label)
        for member in item.members:
            if member not in place:
                raise InputError(
                    stored(
                        "group {group!r}: workload {member!r} is not in the inventory", group=item.group, member=member
                    )
                )
            own = workloads.loc[place[member], "anti_affinity"]
            if own:
                raise InputError(
                    stored(
                        "group {group!r}: workload {member!r} is in the group {own!r} already",
                        group=item.group,
                        member=member,
                        own=own,
                    )
                )
            workloads.loc[place[member], "anti_affinity"] = label
    count = sum(len(item.members) for item in chosen)
    note = stored(
        "{count} workloads are kept apart in {chosen} groups that were confirmed from names.",
        count=count,
        chosen=len(chosen),
    )
    return replace(inventory, workloads=workloads, notes=(*inventory.notes, note))

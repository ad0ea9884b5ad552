"""Several files to one estate: who is who, and which file is believed.

Machines are the same when their UUIDs agree (in either byte order), else their serial numbers,
else their host names without the domain. Blank cells are filled from any file. Where two files
say different things the value of the more trusted file stays, and both are listed.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from calc.cpu import processor_key
from calc.inventory.records import MACHINE_NUMBERS, MACHINE_TEXT, Part
from calc.inventory.tables import Conflict, Origin
from calc.language import stored
from calc.model import RowIssue

#: What firmware writes where nobody set a serial number.
_NO_SERIAL = {
    "",
    "none",
    "0",
    "na",
    "n/a",
    "default string",
    "not specified",
    "system serial number",
    "to be filled by o.e.m.",
}
_ADDRESS = re.compile(r"\d+(?:\.\d+){3}$")
#: Numbers this close are one reading in two roundings; an operating system sees a little less memory.
_CLOSE = {"memory_gib": 0.05}
_CLOSE_DEFAULT = 0.01
_FREE_TEXT = ("os", "manufacturer", "model", "database", "devices", "application")
_TRUST = {"given": 2, "looked up": 1, "inferred": 1, "assumed": 0}


def uuid_key(text: str) -> tuple[str, ...]:
    """Both byte orders in which tools write an SMBIOS UUID; empty for text that is none.

    Examples
    --------
    >>> uuid_key("00112233-4455-6677-8899-AABBCCDDEEFF")
    ('00112233445566778899aabbccddeeff', '33221100554477668899aabbccddeeff')
    """
    plain = re.sub(r"[^0-9a-f]", "", text.casefold())
    if len(plain) != 32 or len(set(plain)) < 3:
        return ()
    turned = "".join(plain[i : i + 2] for i in (6, 4, 2, 0, 10, 8, 14, 12)) + plain[16:]
    return (plain, turned)


def name_key(text: str) -> tuple[str, str]:
    """(short name, domain) in lower case; an address has no domain.

    Examples
    --------
    >>> name_key("WEB1.corp.example"), name_key("10.0.0.7")
    (('web1', 'corp.example'), ('10.0.0.7', ''))
    """
    folded = text.casefold().strip()
    if _ADDRESS.match(folded):
        return folded, ""
    short, _, domain = folded.partition(".")
    return short, domain


class _Index:
    """Where a machine stands, by its identifiers; an identifier that two machines share finds none."""

    def __init__(self, machines: pd.DataFrame) -> None:
        self.uuid: dict[str, int | None] = {}
        self.serial: dict[str, int | None] = {}
        self.name: dict[str, list[tuple[str, int]]] = {}
        self.is_vm = [flag is True for flag in machines["virtual"]]
        self.is_host = machines["virtualised"].tolist()
        columns = zip(machines["uuid"], machines["serial"], machines["name"], strict=True)
        for position, (uuid, serial, name) in enumerate(columns):
            for key in uuid_key(uuid):
                self.uuid[key] = None if self.uuid.get(key, position) != position else position
            folded = serial.casefold()
            if folded not in _NO_SERIAL:
                self.serial[folded] = None if folded in self.serial else position
            short, domain = name_key(name)
            self.name.setdefault(short, []).append((domain, position))

    def fits(self, position: int, virtual: object, virtualised: bool) -> bool:
        """Whether the kinds agree: a VM that bears its host's name is not its host."""
        if self.is_vm[position]:
            return virtual is not False and not virtualised
        return not (self.is_host[position] and virtual is True)

    def find(self, uuid: str, serial: str, name: str, virtual: object, virtualised: bool) -> tuple[int, str]:
        """(position or -1, what matched)."""
        for key in uuid_key(uuid):
            position = self.uuid.get(key)
            if position is not None:
                return position, "UUID"
        position = self.serial.get(serial.casefold())
        if position is not None:
            return position, "serial"
        short, domain = name_key(name)
        alike = [item for item in self.name.get(short, []) if self.fits(item[1], virtual, virtualised)]
        same = [at for other, at in alike if other == domain]
        near = [at for other, at in alike if not other or not domain]
        for candidates in (same, near):
            if len(candidates) == 1:
                return candidates[0], "name"
        return -1, ""


def merge(
    parts: list[Part], issues: list[RowIssue]
) -> tuple[pd.DataFrame, pd.DataFrame, list[Conflict], dict[str, int]]:
    """One frame of machines from several parts.

    Returns
    -------
    (DataFrame, DataFrame, list of Conflict, dict of str to int)
        Machines, their origins, what the files disagree on, and how many machines were matched
        by what.
    """
    machines, origins = parts[0].machines.copy(), parts[0].origins.copy()
    ranks = np.full(len(machines), parts[0].rank)
    expert = np.array([frozenset(parts[0].expert)] * len(machines), dtype=object)
    conflicts: list[Conflict] = []
    matched: dict[str, int] = {}
    for part in parts[1:]:
        index = _Index(machines)
        here, there, by = _match(index, machines, part, issues)
        for label in by:
            matched[label] = matched.get(label, 0) + 1
        if len(here):
            _fill(machines, origins, part, here, there, by, ranks, expert, conflicts)
        new = np.setdiff1d(np.arange(len(part.machines)), there)
        if part.joins_only:
            if len(new):
                part.notes.append(
                    stored(
                        "{new} entries of {file} are in no other file and are left out (no cores, no memory).",
                        new=len(new),
                        file=part.file,
                    )
                )
            new = new[:0]
        added = part.machines.iloc[new].copy()
        added["name"] = _free_names(machines, added, part, issues)
        machines = pd.concat([machines, added], ignore_index=True)
        origins = pd.concat([origins, part.origins.iloc[new]], ignore_index=True)
        ranks = np.concatenate([ranks, np.full(len(new), part.rank)])
        expert = np.concatenate([expert, np.array([frozenset(part.expert)] * len(new), dtype=object)])
    return machines, origins, conflicts, matched


def _match(
    index: _Index, machines: pd.DataFrame, part: Part, issues: list[RowIssue]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    here, there, by = [], [], []
    taken: set[int] = set()
    frame = part.machines
    for number, row in enumerate(
        frame[["uuid", "serial", "name", "virtual", "virtualised", "sheet", "row"]].itertuples(index=False)
    ):
        position, how = index.find(row.uuid, row.serial, row.name, row.virtual, bool(row.virtualised))
        if position < 0 or not index.fits(position, row.virtual, bool(row.virtualised)):
            continue
        other = machines["uuid"].iat[position]
        first, second = uuid_key(row.uuid), uuid_key(other)
        if how == "name" and first and second and not set(first) & set(second):
            continue
        if position in taken:
            issues.append(
                RowIssue(
                    part.file,
                    row.sheet,
                    int(row.row),
                    "name",
                    row.name,
                    "error",
                    stored("is a second row for {iat!r}", iat=machines["name"].iat[position]),
                    stored("keep one of the rows"),
                )
            )
            there.append(number)
            here.append(-1)
            by.append("")
            continue
        taken.add(position)
        here.append(position)
        there.append(number)
        by.append(how)
    used = np.array(here, dtype=np.int64) if here else np.empty(0, dtype=np.int64)
    theirs = np.array(there, dtype=np.int64) if there else np.empty(0, dtype=np.int64)
    return used, theirs, by


def _free_names(machines: pd.DataFrame, added: pd.DataFrame, part: Part, issues: list[RowIssue]) -> list[str]:
    """Names that nobody else bears; a name of an earlier file gets the file's own mark."""
    bearers = {(name.casefold(), vm is True) for name, vm in zip(machines["name"], machines["virtual"], strict=True)}
    names = []
    for name, uuid, vm, sheet, row in zip(
        added["name"], added["uuid"], added["virtual"], added["sheet"], added["row"], strict=True
    ):
        if (name.casefold(), vm is True) in bearers:
            new = f"{name} [{uuid[:8] or part.file}]"
            issues.append(
                RowIssue(
                    part.file,
                    sheet,
                    int(row),
                    "name",
                    name,
                    "warning",
                    stored("is the name of another machine in an earlier file, with another UUID"),
                    stored("it is used as {new!r}", new=new),
                )
            )
            name = new
        names.append(name)
    return names


def _fill(
    machines: pd.DataFrame,
    origins: pd.DataFrame,
    part: Part,
    here: np.ndarray,
    there: np.ndarray,
    by: list[str],
    ranks: np.ndarray,
    expert: np.ndarray,
    conflicts: list[Conflict],
) -> None:
    real = here >= 0
    here, there = here[real], there[real]
    how = [label for label in by if label]
    incoming = part.machines.iloc[there]
    for column in (*MACHINE_TEXT[1:], *MACHINE_NUMBERS):
        text = column in MACHINE_TEXT
        theirs = incoming[column].to_numpy()
        given = theirs != "" if text else ~np.isnan(theirs.astype(float))
        if not given.any():
            continue
        ours = machines[column].to_numpy().copy()
        our_origins = origins[column].to_numpy(object).copy()
        new_origins = part.origins[column].to_numpy(object)[there]
        for position in np.flatnonzero(given).tolist():
            at, value = here[position], theirs[position]
            current = ours[at]
            blank = current == "" if text else np.isnan(current)
            if blank:
                ours[at], our_origins[at] = value, new_origins[position]
                continue
            if _same(column, current, value):
                continue
            trust, new_trust = _trust(our_origins[at]), _trust(new_origins[position])
            if min(trust, new_trust) == 0 or trust != new_trust:  # what is only inferred gives way, unreported
                if new_trust > trust:
                    ours[at], our_origins[at] = value, new_origins[position]
                continue
            better, rule = _better(column, part, int(ranks[at]), expert[at])
            ours_from, theirs_from = our_origins[at].file, part.file
            kept, dropped = (value, current) if better else (current, value)
            kept_from, dropped_from = (theirs_from, ours_from) if better else (ours_from, theirs_from)
            conflicts.append(
                Conflict(
                    machines["name"].iat[at],
                    column,
                    _shown(kept),
                    kept_from,
                    _shown(dropped),
                    dropped_from,
                    how[position],
                    rule,
                )
            )
            if better:
                ours[at], our_origins[at] = value, new_origins[position]
        machines[column] = ours
        origins[column] = our_origins
    for flag in ("virtual", "virtualised", "powered_on"):
        ours = machines[flag].to_numpy().copy()
        theirs = incoming[flag].to_numpy()
        for position, at in enumerate(here.tolist()):
            if flag == "virtual":
                ours[at] = theirs[position] if ours[at] is None else ours[at]
            elif flag == "virtualised":
                ours[at] = bool(ours[at]) or bool(theirs[position])
            else:
                ours[at] = bool(ours[at]) and bool(theirs[position])
        machines[flag] = ours


def _trust(origin: Origin | None) -> int:
    return 0 if origin is None else _TRUST[origin.kind]


def _better(column: str, part: Part, rank: int, experts: frozenset[str]) -> tuple[bool, str]:
    """(whether the later file wins, the rule)."""
    if column in part.expert and column not in experts:
        return True, stored("{format} is the register of {column}", format=part.format, column=column)
    if column in experts and column not in part.expert:
        return False, stored("the first file is the register of {column}", column=column)
    if part.rank != rank:
        return part.rank > rank, stored("a collector's reading before a list, a list before a register")
    return False, stored("equally trusted: the file given first")


def _same(column: str, one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        a, b = one.casefold(), other.casefold()
        if column == "cpu_model":
            return processor_key(one) == processor_key(other)
        if column == "uuid":
            return bool(set(uuid_key(one)) & set(uuid_key(other)))
        if column == "vm_host":
            return name_key(a)[0] == name_key(b)[0]
        return a == b or (column in _FREE_TEXT and (a in b or b in a))
    a_number, b_number = float(one), float(other)  # type: ignore[arg-type]
    tolerance = _CLOSE.get(column, _CLOSE_DEFAULT)
    return abs(a_number - b_number) <= tolerance * max(abs(a_number), abs(b_number))


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

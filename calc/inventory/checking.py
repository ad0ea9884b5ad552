"""Checks of machine records that look at more than one cell: within a file, and after merging."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.cpu import find_score
from calc.errors import InventoryError
from calc.inventory.records import Part
from calc.language import joined, stored
from calc.model import RowIssue
from calc.roles import TIERS, stated_tier

_NEEDED = stored("A server needs a name, a core count or a CPU model, and memory")
_NO_NAME = {"", "nan", "null", "none", "n/a", "-"}
_ORDERED = (
    ("cpu_mean", "cpu_p95"),
    ("cpu_p95", "cpu_peak"),
    ("cpu_mean", "cpu_peak"),
    ("mem_mean", "mem_p95"),
    ("mem_mean", "mem_peak"),
)


def check_part(part: Part) -> None:
    """Set aside rows without a name, repeated names, zeros that cannot be, and readings out of order.

    The same name may stand for two VMs when their UUIDs differ (several vCenters): the second
    gets a part of its UUID behind its name, and that is reported.
    """
    frame = part.machines
    if frame.empty:
        return
    keep = np.ones(len(frame), dtype=bool)
    names = frame["name"].to_numpy(object).copy()
    uuids, virtual = frame["uuid"].to_numpy(object), frame["virtual"].to_numpy(object)
    seen: dict[tuple[str, bool], int] = {}
    for index, name in enumerate(names):
        folded = name.casefold()
        key = (folded, virtual[index] is True)
        if folded in _NO_NAME:
            _reject(
                part,
                keep,
                index,
                "name",
                name,
                stored("has no name"),
                stored("give every server a name; it is how the plan refers to it"),
            )
        elif key in seen:
            first = seen[key]
            if uuids[index] and uuids[first] and uuids[index].casefold() != uuids[first].casefold():
                names[index] = f"{name} [{uuids[index][:8]}]"
                _issue(
                    part,
                    index,
                    "name",
                    name,
                    "warning",
                    stored("has the name of row {iat} and another UUID", iat=frame["row"].iat[first]),
                    stored("it is used as {names!r}", names=names[index]),
                )
            else:
                _reject(
                    part,
                    keep,
                    index,
                    "name",
                    name,
                    stored("has the same name as row {iat}", iat=frame["row"].iat[first]),
                    stored("keep one of the two rows, or rename one"),
                )
        else:
            seen[key] = index
    frame["name"] = names
    for column, problem, way_out in (
        (
            "cores",
            stored("is zero cores"),
            stored("write the number of physical cores, or leave it empty and give the CPU model"),
        ),
        ("memory_gib", stored("is zero memory"), stored("write the installed memory")),
        ("sockets", stored("is zero sockets"), stored("write the number of CPU sockets, or leave it empty")),
        ("vcpus", stored("is zero vCPUs"), stored("write the number of vCPUs")),
    ):
        for index in np.flatnonzero((frame[column] == 0).to_numpy() & keep).tolist():
            _reject(part, keep, index, column, "0", problem, way_out)
    for low, high in _ORDERED:
        wrong = (frame[low] > frame[high] + 1e-9).to_numpy() & keep
        for index in np.flatnonzero(wrong).tolist():
            below = part.headers.get(low, low)
            _reject(
                part,
                keep,
                index,
                high,
                f"{frame[high].iat[index]:.1%}",
                stored("is below {below!r} = {iat:.1%}", below=below, iat=frame[low].iat[index]),
                stored("a p95 or peak cannot be below the average: check which column is which"),
            )
    if "restart_priority" in frame:
        unread = frame["restart_priority"].map(lambda text: text != "" and stated_tier(text) is None).to_numpy(bool)
        for index in np.flatnonzero(unread & keep).tolist():
            _issue(
                part,
                index,
                "restart_priority",
                frame["restart_priority"].iat[index],
                "warning",
                stored("is no restart priority, and is guessed from the role instead"),
                stored("write 1 to 5, highest to lowest, or one of {tiers}", tiers=", ".join(TIERS)),
            )
        frame.loc[unread, "restart_priority"] = ""
    part.machines = frame[keep].reset_index(drop=True)
    part.origins = part.origins[keep].reset_index(drop=True)


def _reject(part: Part, keep: np.ndarray, index: int, column: str, value: str, problem: str, way_out: str) -> None:
    if keep[index]:
        keep[index] = False
        _issue(part, index, column, value, "error", problem, way_out)


def _issue(part: Part, index: int, column: str, value: str, severity: str, problem: str, way_out: str) -> None:
    row = part.machines.iloc[index]
    header = part.headers.get(column, column)
    part.issues.append(RowIssue(row["file"], row["sheet"], int(row["row"]), header, value, severity, problem, way_out))


def need_columns(parts: list[Part]) -> None:
    """All files together must have what a plan needs.

    Raises
    ------
    InventoryError
    """
    have = {name for part in parts for name in part.headers}
    missing = []
    if "name" not in have:
        missing.append(stored("a name (hostname)"))
    if not have & {"cores", "cpu_model", "vcpus", "threads"} and not {"sockets", "cores_per_socket"} <= have:
        missing.append(stored("a core count (cores) or a CPU model (cpu_model)"))
    if "memory_gib" not in have:
        missing.append(stored("memory (memory_gib)"))
    if missing:
        files = ", ".join(dict.fromkeys(part.file for part in parts))
        headers = ", ".join(repr(item.header) for part in parts for item in part.mappings)
        raise InventoryError(
            stored(
                "{files}: no column for {missing}. Headers found: {headers}. Rename the column, map it, or add it",
                files=files,
                missing=joined(missing, "; "),
                headers=headers,
            ),
            [issue for part in parts for issue in part.issues],
        )


def complete_rows(machines: pd.DataFrame, headers: dict[str, str], issues: list[RowIssue]) -> np.ndarray:
    """Which machines have cores and memory, after all files are merged; the others are reported."""
    virtual = np.array([flag is True for flag in machines["virtual"]], dtype=bool)
    keep = np.ones(len(machines), dtype=bool)
    known = {model: bool(model) and find_score(model) is not None for model in machines["cpu_model"].unique()}
    no_cores = (
        machines["cores"].isna().to_numpy()
        & ~np.array([known[model] for model in machines["cpu_model"]], dtype=bool)
        & ~virtual
    )
    no_vcpus = virtual & machines[["vcpus", "cores", "threads"]].isna().all(axis=1).to_numpy()
    # A host of listed VMs holds at least their memory: that is filled in later, and counted as assumed.
    no_memory = machines["memory_gib"].isna().to_numpy() & ~machines["virtualised"].to_numpy(dtype=bool)

    def add(index: int, column: str, value: str, problem: str, way_out: str) -> None:
        keep[index] = False
        row = machines.iloc[index]
        name = headers.get(column, column)
        issues.append(RowIssue(row["file"], row["sheet"], int(row["row"]), name, value, "error", problem, way_out))

    for index in np.flatnonzero(no_cores).tolist():
        model = machines["cpu_model"].iat[index]
        what = stored("the CPU model is not in the CPU table") if model else stored("no CPU model either")
        add(
            index,
            "cpu_model" if model else "cores",
            model,
            stored("gives no core count, and {what}", what=what),
            stored("write the number of physical cores"),
        )
    for index in np.flatnonzero(no_vcpus).tolist():
        add(index, "vcpus", "", stored("gives no vCPUs"), stored("write the number of vCPUs"))
    for index in np.flatnonzero(no_memory & ~no_cores).tolist():
        add(index, "memory_gib", "", stored("has no memory"), stored("write the installed memory"))
    return keep


def nothing_left(files: str, total: int, issues: list[RowIssue]) -> InventoryError:
    """The error for files of which no row can be used."""
    if not issues:
        return InventoryError(
            stored("{files}: headers and no row below them. {needed}.", files=files, needed=_NEEDED), []
        )
    issue = issues[0]
    first = stored(
        "row {row}, column {column!r}, value {value!r}: {problem}; {way_out}",
        row=issue.row,
        column=issue.column,
        value=issue.value,
        problem=issue.problem,
        way_out=issue.way_out,
    )
    if total == 1:
        text = stored(
            "{files}: the only row cannot be used. {needed}. Problem: {first}", files=files, needed=_NEEDED, first=first
        )
        return InventoryError(text, issues)
    return InventoryError(
        stored(
            "{files}: none of the {total} rows can be used. {needed}. First problem: {first}",
            files=files,
            total=total,
            needed=_NEEDED,
            first=first,
        ),
        issues,
    )

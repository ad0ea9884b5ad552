"""Telemetry beside the inventory it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from calc.errors import InventoryError
from calc.inventory import Conflict, Inventory, Origin, Source
from calc.inventory.merging import name_key
from calc.language import joined, stored
from calc.profiles import Telemetry

_SHOWN = 5
#: Readings that differ by less than this share say the same.
_DIFFERENCE = 0.01


def attach(inventory: Inventory, telemetry: Telemetry) -> Inventory:
    """Put readings over time beside the inventory they belong to.

    Parameters
    ----------
    inventory : Inventory
    telemetry : Telemetry

    Returns
    -------
    Inventory
        With ``telemetry``, and with CPU mean, p95 and peak (and those of memory, and the network's
        p95) of the whole history where the telemetry has them: measured over time beats a figure
        of an inventory.

    Notes
    -----
    Machines are matched as files are: by name, without the domain where one side has none. What the
    inventory said otherwise is listed with the conflicts. In the inventory's ``telemetry`` the
    servers bear the inventory's names; machines that it does not hold are left out and counted.
    """
    pairs, notes = _matched(inventory, telemetry)
    chosen = telemetry.take([index for _, index in pairs], tuple(home for home, _ in pairs))
    files = ", ".join(name for name, _ in telemetry.sources)
    servers, server_origins, of_servers = _measured(
        inventory.servers, inventory.server_origins, "server", chosen, files
    )
    workloads, workload_origins, of_workloads = _measured(
        inventory.workloads, inventory.workload_origins, "workload", chosen, files
    )
    # A physical server is its own workload: what both said otherwise is listed once.
    conflicts = [*inventory.conflicts, *(of_servers if inventory.virtualised else ()), *of_workloads]
    read = tuple(
        Source(
            name,
            digest,
            "telemetry",
            telemetry.rows if not n else 0,
            telemetry.rows - telemetry.rows_set_aside if not n else 0,
        )
        for n, (name, digest) in enumerate(telemetry.sources)
    )
    return replace(
        inventory,
        servers=servers,
        workloads=workloads,
        server_origins=server_origins,
        workload_origins=workload_origins,
        telemetry=chosen,
        conflicts=tuple(dict.fromkeys(conflicts)),
        notes=(*inventory.notes, *(joined((stored("Telemetry"), note), ": ") for note in notes)),
        sources=(*inventory.sources, *read),
    )


def _matched(inventory: Inventory, telemetry: Telemetry) -> tuple[list[tuple[str, int]], list[str]]:
    """(name in the inventory, row of the telemetry) of every machine that both hold, and what to say of the others."""
    find = _finder(inventory)
    homes = [find(name) for name in telemetry.servers]
    seen: dict[str, int] = {}
    for index, home in enumerate(homes):
        if home:
            seen.setdefault(home, index)
    notes = list(telemetry.notes)
    lost = [name for name, home in zip(telemetry.servers, homes, strict=True) if not home]
    if lost:
        notes.append(
            stored(
                "{lost:,} of {homes:,} servers of the telemetry are not in the inventory: {lost2}{value}.",
                lost=len(lost),
                homes=len(homes),
                lost2=", ".join(lost[:_SHOWN]),
                value=" …" if len(lost) > _SHOWN else "",
            )
        )
    doubles = len(homes) - len(lost) - len(seen)
    if doubles:
        notes.append(
            stored(
                "{doubles:,} names of the telemetry mean a machine that another name means already; the first is used.",
                doubles=doubles,
            )
        )
    silent = set(inventory.workloads.loc[inventory.workloads["powered_on"].astype(bool), "workload"]) - set(seen)
    if silent:
        notes.append(
            stored("{silent:,} workloads have no telemetry; they keep what the inventory says.", silent=len(silent))
        )
    if not seen:
        raise InventoryError(
            stored(
                "none of the {homes:,} servers of the telemetry is in the inventory (telemetry: {servers}; "
                "inventory: {head}): the names must agree, with or without the domain",
                homes=len(homes),
                servers=", ".join(telemetry.servers[:_SHOWN]),
                head=", ".join(inventory.workloads["workload"].head(_SHOWN)),
            )
        )
    return list(seen.items()), notes


def _measured(
    table: pd.DataFrame, origin_table: pd.DataFrame, key: str, chosen: Telemetry, files: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[Conflict]]:
    """(table, origins, conflicts) with the figures of the whole history where the telemetry has them."""
    frame, origins = table.copy(), origin_table.copy()
    conflicts = []
    at = frame[key].map({name: row for row, name in enumerate(chosen.servers)})
    for (metric, statistic), readings in chosen.overall.items():
        column = _COLUMNS.get((metric, statistic))
        if column is None:
            continue
        new, old = at.map(dict(enumerate(readings))).astype(float), frame[column]
        taken = new.notna()
        differs = taken & old.notna() & ((old - new).abs() > _DIFFERENCE * np.maximum(old.abs(), new.abs()))
        for row in np.flatnonzero(differs.to_numpy()).tolist():
            was = origins[column].iat[row] if column in origins else None
            conflicts.append(
                Conflict(
                    frame[key].iat[row],
                    column,
                    f"{new.iat[row]:.4g}",
                    files,
                    f"{old.iat[row]:.4g}",
                    was.file if was else "",
                    "name",
                    stored("readings over time before a single figure"),
                )
            )
        frame[column] = old.where(~taken, new)
        origin = Origin(
            "given",
            stored(
                "telemetry, {statistic} of {metric} over {days:.1f} days",
                statistic=statistic,
                metric=metric,
                days=len(chosen.hours) / 24,
            ),
            files,
        )
        cells = (
            origins[column].to_numpy(object).copy() if column in origins else np.full(len(frame), None, dtype=object)
        )
        cells[taken.to_numpy()] = origin
        origins[column] = cells
    return frame, origins, conflicts


#: Columns that telemetry fills; the peak is the largest reading.
_COLUMNS = {
    ("cpu", "mean"): "cpu_mean", ("cpu", "p95"): "cpu_p95", ("cpu", "maximum"): "cpu_peak",
    ("memory", "mean"): "mem_mean", ("memory", "p95"): "mem_p95", ("memory", "maximum"): "mem_peak",
    ("network", "p95"): "net_p95",
}  # fmt: skip


def _finder(inventory: Inventory) -> Callable[[str], str]:
    """Finds the inventory's name of a machine, "" for none."""
    names = list(dict.fromkeys([*inventory.workloads["workload"], *inventory.servers["server"]]))
    exact = {name.casefold(): name for name in names}
    short: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        stem, domain = name_key(name)
        short.setdefault(stem, []).append((domain, name))

    def find(name: str) -> str:
        name = inventory.aliases.get(name, name)
        if name.casefold() in exact:
            return exact[name.casefold()]
        stem, domain = name_key(name)
        near = [other for theirs, other in short.get(stem, []) if not theirs or not domain]
        return near[0] if len(near) == 1 else ""

    return find

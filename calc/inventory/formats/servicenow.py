"""A ServiceNow export of computers or servers (CMDB), with labels or with names of the columns.

References
----------
ServiceNow class cmdb_ci_computer, documentation of September 2026: CPU count is sockets, CPU core
count is cores of one CPU, RAM is MB, disk space is GB.
"""

from __future__ import annotations

import numpy as np

from calc.inventory.formats import Match
from calc.inventory.formats._flat import layout, match_layout, read_flat
from calc.inventory.options import Options
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent
from calc.language import stored

NAME = "ServiceNow"
_LAYOUT = layout("""
    Name -> name
    name -> name
    Serial number -> serial
    serial_number -> serial
    Manufacturer -> manufacturer
    manufacturer -> manufacturer
    Model ID -> model
    model_id -> model
    CPU name -> cpu_model
    cpu_name -> cpu_model
    CPU count -> sockets
    cpu_count -> sockets
    CPU core count -> cores_per_socket
    cpu_core_count -> cores_per_socket
    CPU core thread -> threads_per_core
    cpu_core_thread -> threads_per_core
    RAM (MB) -> memory_gib MB
    ram -> memory_gib MB
    Disk space (GB) -> disk_gib GB
    disk_space -> disk_gib GB
    Operating System -> os
    os -> os
    OS Version -> os_version
    os_version -> os_version
    IsVirtual -> virtual
    Is Virtual -> virtual
    virtual -> virtual
    Location -> site
    location -> site
    Department -> owner
    Environment -> environment
    used_for -> environment
    Used for -> environment
""")
_LABELS = frozenset({"name", "cpu count", "cpu core count", "ram (mb)"})
_NAMES = frozenset({"name", "cpu_count", "cpu_core_count", "ram"})


def matches(content: FileContent) -> Match:
    """By the labels or names of the CPU and RAM columns."""
    return max(
        (match_layout(content, _LAYOUT, needed, "computer export") for needed in (_LABELS, _NAMES)),
        key=lambda match: match.score,
    )


def read(content: FileContent, options: Options) -> Part:
    """One machine a row; cores are those of one CPU x the CPU count. A register: collectors are believed first."""
    _, table = read_flat(content, options, _LAYOUT, _LABELS if matches_labels(content) else _NAMES)
    for index in np.flatnonzero(table.number("disk_gib") == 0):  # the register writes 0 for "never discovered"
        table.columns["disk_gib"][index] = np.nan
    part = machines(table, content.name, NAME, rank=1)
    part.notes.append(
        stored("A register: cores are CPU count x CPU core count. A disk space of 0 is read as not known.")
    )
    return part


def matches_labels(content: FileContent) -> bool:
    """Whether the export carries labels and not the names of columns."""
    return match_layout(content, _LAYOUT, _LABELS, "").score > 0

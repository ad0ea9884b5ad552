"""The canonical CSV, which reads back identical, and an anonymised copy of an estate."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from calc.errors import InputError
from calc.inventory.tables import SERVER_NUMBERS, SERVER_TEXT, WORKLOAD_NUMBERS, WORKLOAD_TEXT, Inventory
from calc.language import stored

#: First header of the canonical CSV; it names the format.
RECORD = "estate_record"
COLUMNS = (
    RECORD,
    *dict.fromkeys((*SERVER_TEXT, *SERVER_NUMBERS, *WORKLOAD_TEXT, *WORKLOAD_NUMBERS)),
    "virtualised",
    "powered_on",
)
#: What a spreadsheet would run as a formula; the mark itself is doubled, so that nothing is lost.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
_NAMES = ("server", "workload")
_IDENTIFIERS = ("serial", "uuid")
_LABELS = (
    "environment",
    "application",
    "owner",
    "site",
    "zone",
    "rack",
    "affinity",
    "anti_affinity",
    "exclude_reason",
    "devices",
)
_SHORTEST_KEY = 8


def write_inventory(inventory: Inventory, path: str | Path | None = None) -> str:
    """Write servers and workloads as one canonical CSV.

    Text that a spreadsheet would run as a formula gets a leading apostrophe, which reading takes
    away again. Issues, mappings and telemetry are not part of it.

    Parameters
    ----------
    inventory : Inventory
    path : path, optional
        Where to write it, as UTF-8; without it nothing is written.

    Returns
    -------
    str
        The text of the file.

    Examples
    --------
    >>> import calc
    >>> first = calc.read_inventory(b"hostname,cores,memory_gib\\nweb1,8,32\\n")
    >>> again = calc.read_inventory(write_inventory(first).encode())
    >>> again.servers.equals(first.servers) and again.workloads.equals(first.workloads)
    True
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record, frame in (("server", inventory.servers), ("workload", inventory.workloads)):
        blank = np.full(len(frame), "", dtype=object)
        columns: list[list[str]] = [[record] * len(frame)]
        for name in COLUMNS[1:]:
            columns.append([_cell(value) for value in (frame[name].tolist() if name in frame else blank)])
        writer.writerows(zip(*columns, strict=True))
    text = out.getvalue()
    if path is not None:
        Path(path).write_text(text, encoding="utf-8", newline="")
    return text


def _cell(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, int)):
        return "" if value != value else repr(float(value)).removesuffix(".0")
    text = str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def read_cell(text: str) -> str:
    """Text of the canonical CSV as it was before it was written."""
    return text[1:] if text.startswith("'") else text


def anonymise(inventory: Inventory, key: str) -> Inventory:
    """A copy whose names mean nothing to others and always the same to the holder of the key.

    Names of servers and workloads, serial numbers, UUIDs, sites, zones, owners, applications and the
    like become the beginning of an HMAC-SHA-256 under the key; free text of exclusions too. Models,
    operating systems, sizes, readings and dates stay. Issues, notes and telemetry, which quote the
    files, are left out.

    Parameters
    ----------
    inventory : Inventory
    key : str
        At least 8 characters; keep it, and the same estate gets the same names again.

    Raises
    ------
    InputError
        When the key is too short.
    """
    if len(key) < _SHORTEST_KEY:
        raise InputError(
            stored(
                "the key has {key} characters: use at least {shortest_key}, so that names cannot be guessed back",
                key=len(key),
                shortest_key=_SHORTEST_KEY,
            )
        )

    def hashed(kind: str, value: str) -> str:
        if not value:
            return ""
        digest = hmac.new(key.encode(), f"{kind}\0{value.casefold()}".encode(), hashlib.sha256).hexdigest()
        return f"{kind}-{digest[:12]}"

    servers, workloads = inventory.servers.copy(), inventory.workloads.copy()
    for frame in (servers, workloads):
        for column in (*_NAMES, *_IDENTIFIERS, *_LABELS):
            if column in frame:
                kind = "machine" if column in _NAMES else column
                frame[column] = pd.Series(
                    [hashed(kind, value) for value in frame[column]], index=frame.index, dtype=object
                )
    sources = tuple(replace(source, name=f"file {n}", sha256="") for n, source in enumerate(inventory.sources, start=1))
    return Inventory(servers, workloads, (), (), sources, f"{inventory.format}, anonymised")

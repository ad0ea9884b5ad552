"""Any files in, one estate out: lists of servers and exports, with their telemetry beside them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import replace
from pathlib import Path

from calc.errors import InventoryError
from calc.inventory import ColumnMapping, Inventory, Options, ReadLimits, read_contents
from calc.inventory.editing import Correction, corrected
from calc.inventory.files import Readable, read_bytes, read_file
from calc.language import stored
from calc.telemetry import attach, is_telemetry, read_telemetry

__all__ = ["read_inventories", "read_inventory"]


def read_inventories(
    sources: Iterable[Readable],
    *,
    assume: Map[str, str] | None = None,
    mapping: ColumnMapping | None = None,
    format: str = "",
    time_zone: str = "UTC",
    limits: ReadLimits | None = None,
    corrections: Iterable[Correction] = (),
) -> Inventory:
    """Read one or several files as one estate.

    Lists of servers and exports are told apart from telemetry by content (docs/intake.md lists the
    formats). Parts of one export are put together; a machine that several files hold becomes one,
    matched by UUID, serial number, then name; telemetry is put beside the machines it belongs to.
    Bad rows are set aside and reported all at once; good rows go on.

    Parameters
    ----------
    sources : iterable of path, binary file object or bytes
    assume : mapping, optional
        Answers to questions: canonical column to unit, ``{"memory_gib": "MiB"}``.
    mapping : ColumnMapping, optional
        Headers that the user reads otherwise than they would be recognised.
    format : str, optional
        Name of the format to read the files as, instead of the one detected.
    time_zone : str
        IANA name: of telemetry times without an offset, and of the slots of its profiles.
    limits : ReadLimits, optional
    corrections : iterable of Correction
        Cells to read otherwise than they stand in the files; a note of the inventory lists them.

    Returns
    -------
    Inventory

    Raises
    ------
    InventoryError
        When a file cannot be used, or all together lack what a plan needs. ``issues`` on the error
        lists every bad row found.
    AmbiguousUnitError
        When values fit two units and nobody has answered.
    """
    options = Options(assume or {}, mapping or ColumnMapping(), format, limits or ReadLimits())
    put_right = tuple(corrections)
    contents, series = [], []
    for source in sources:
        holds_series = is_telemetry(source)
        if holds_series:
            series.append(source)
        if not holds_series or _holds_servers_too(source, options.limits):
            contents.append(corrected(read_file(source, None, options.limits), put_right))
    if series and not contents:
        raise InventoryError(
            stored(
                "{named} holds readings over time (telemetry) and no servers: give it beside a list of the servers",
                named=_named(series[0]),
            )
        )
    inventory = read_contents(contents, options)
    if put_right:
        cells = "; ".join(f"{item.file}, row {item.row}, {item.header} = {item.value}" for item in put_right)
        note = stored("{count:,} cells were corrected by hand: {cells}.", count=len(put_right), cells=cells)
        inventory = replace(inventory, notes=(*inventory.notes, note))
    if not series:
        return inventory
    answers = options.answers
    return attach(inventory, read_telemetry(series, time_zone=time_zone, assume=answers, limits=options.limits))


def read_inventory(
    path_or_buffer: Readable,
    *,
    name: str | None = None,
    assume: Map[str, str] | None = None,
    mapping: ColumnMapping | None = None,
    format: str = "",
    time_zone: str = "UTC",
    limits: ReadLimits | None = None,
) -> Inventory:
    """Read an estate from one file; parameters as for `read_inventories`.

    Parameters
    ----------
    path_or_buffer : path, binary file object or bytes
    name : str, optional
        Name shown in messages.

    Examples
    --------
    >>> inventory = read_inventory(b"hostname,cores,memory_gib\\nweb1,8,32\\nweb2,8,-1\\n", name="two.csv")
    >>> len(inventory.servers), inventory.issues[0].problem
    (1, 'is negative')
    """
    source = _with_name(path_or_buffer, name) if name else path_or_buffer
    return read_inventories([source], assume=assume, mapping=mapping, format=format, time_zone=time_zone, limits=limits)


def _with_name(source: Readable, name: str) -> Readable:
    """The source as a buffer that bears a name."""
    buffer = io.BytesIO(read_bytes(source, name)[0])
    buffer.name = name
    return buffer


def _holds_servers_too(source: Readable, limits: ReadLimits) -> bool:
    """Whether an archive holds more than readings."""
    head = b""
    if isinstance(source, (str, Path)):
        with open(source, "rb") as handle:
            head = handle.read(4)
    elif isinstance(source, bytes):
        head = source[:4]
    else:
        source.seek(0)
        head = source.read(4)
        source.seek(0)
    return head == b"PK\x03\x04" and not read_file(source, None, limits).empty


def _named(source: Readable) -> str:
    if isinstance(source, (str, Path)):
        return Path(source).name
    return Path(str(getattr(source, "name", "") or "upload")).name

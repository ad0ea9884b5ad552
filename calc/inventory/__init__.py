"""Inventory files in, validated tables out, with every row issue and the origin of every value."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Map

from calc.errors import InventoryError
from calc.inventory.assembling import assemble
from calc.inventory.files import Readable, read_file
from calc.inventory.formats import combine_sets, detect
from calc.inventory.limits import ReadLimits
from calc.inventory.options import ColumnChoice, ColumnMapping, Options
from calc.inventory.sheets import FileContent
from calc.inventory.tables import Conflict, Detection, Inventory, JoinReport, Mapping, Origin, Source
from calc.language import stored

__all__ = [
    "ColumnChoice",
    "ColumnMapping",
    "Conflict",
    "Detection",
    "Inventory",
    "JoinReport",
    "Mapping",
    "Options",
    "Origin",
    "ReadLimits",
    "Source",
    "read_contents",
    "read_inventories",
    "read_inventory",
]


def read_inventory(
    path_or_buffer: Readable,
    *,
    name: str | None = None,
    assume: Map[str, str] | None = None,
    mapping: ColumnMapping | None = None,
    format: str = "",
    limits: ReadLimits | None = None,
) -> Inventory:
    """Read an inventory of servers from one file.

    A plain list of servers and the exports of a dozen tools are told apart by content
    (docs/intake.md lists them). Bad rows are set aside and reported all at once; good rows go on.

    Parameters
    ----------
    path_or_buffer : path, binary file object or bytes
    name : str, optional
        Name shown in messages.
    assume : mapping, optional
        Canonical column to unit, where the file does not say it: ``{"memory_gib": "MiB"}``.
    mapping : ColumnMapping, optional
        Headers that the user reads otherwise than they would be recognised.
    format : str, optional
        Name of the format to read the file as, instead of the one detected.
    limits : ReadLimits, optional

    Returns
    -------
    Inventory

    Raises
    ------
    InventoryError
        When nothing in the file can be used, or a unit is ambiguous. ``issues`` on the error
        lists every bad row found.

    Examples
    --------
    >>> inventory = read_inventory(b"hostname,cores,memory_gib\\nweb1,8,32\\nweb2,8,-1\\n", name="two.csv")
    >>> len(inventory.servers), inventory.issues[0].problem
    (1, 'is negative')
    """
    options = Options(assume or {}, mapping or ColumnMapping(), format, limits or ReadLimits())
    return read_contents([read_file(path_or_buffer, name, options.limits)], options)


def read_inventories(
    sources: Iterable[Readable],
    *,
    assume: Map[str, str] | None = None,
    mapping: ColumnMapping | None = None,
    format: str = "",
    limits: ReadLimits | None = None,
) -> Inventory:
    """Read several files as one estate.

    Files that are parts of one export are put together. A machine that several files hold becomes
    one: matched by UUID, serial number, then host name; blanks are filled from each other, and
    what the files disagree on is in ``conflicts``.

    Parameters
    ----------
    sources : iterable of path, binary file object or bytes
    assume, mapping, format, limits
        As in `read_inventory`, for all files.

    Returns
    -------
    Inventory

    Raises
    ------
    InventoryError
        When one of the files cannot be used, or all together lack what a plan needs.
    """
    options = Options(assume or {}, mapping or ColumnMapping(), format, limits or ReadLimits())
    return read_contents([read_file(source, None, options.limits) for source in sources], options)


def read_contents(contents: list[FileContent], options: Options) -> Inventory:
    """Read files that are opened already.

    Raises
    ------
    InventoryError
    """
    if not contents:
        raise InventoryError(stored("no inventory file was given"))
    for content in contents:
        if content.empty:
            raise InventoryError(stored("{name} holds no rows: nothing to read", name=content.name))
    sets = combine_sets(contents)
    parts, detections = [], []
    for content in sets:
        format_, detection = detect(content, options)
        parts.append(format_.read(content, options))
        detections.append(detection)
    return assemble(parts, sets, detections)

"""Changes by hand: cells of a file put right before it is read, and tags of machines after it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace

from calc.errors import InputError
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.tables import Inventory, Origin
from calc.language import stored

#: What may be changed on a workload that was read. ``exclude_reason`` keeps it where it is.
TAGS = ("site", "zone", "environment", "application", "owner", "exclude_reason")
_HEADER_ROWS = 25
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Correction:
    """A cell of a file as it should read.

    Attributes
    ----------
    file, sheet : str
    row : int
        Row in the file as a spreadsheet shows it, from 1.
    header : str
        Header of the column as it stands in the file.
    value : str
    """

    file: str
    sheet: str
    row: int
    header: str
    value: str


def corrected(content: FileContent, corrections: Iterable[Correction]) -> FileContent:
    """The content of a file with cells put right; the SHA-256 stays that of the file as it was given.

    Raises
    ------
    InputError
        When a row or column does not exist in the file.

    Examples
    --------
    >>> from calc.inventory.files import read_file
    >>> found = read_file(b"hostname,cores,memory_gib\\nweb1,8,32\\nweb2,8,-1\\n", "two.csv")
    >>> corrected(found, [Correction("two.csv", "", 3, "memory_gib", "64")]).sheets[""].rows[2]
    (3, ['web2', '8', '64'])
    """
    mine = [item for item in corrections if item.file == content.name]
    if not mine:
        return content
    sheets = {
        name: Sheet(sheet.name, [(number, list(cells)) for number, cells in sheet.rows])
        for name, sheet in content.sheets.items()
    }
    for item in mine:
        sheet = sheets.get(item.sheet)
        row = None if sheet is None else next((cells for number, cells in sheet.rows if number == item.row), None)
        column = None if sheet is None else _column(sheet, item.header)
        if row is None or column is None:
            what = f"column {item.header!r}" if row is not None else f"row {item.row}"
            raise InputError(
                stored(
                    "correction of {file}, row {row}, column {header!r}: the file has no {what}; take the correction back",
                    file=item.file,
                    row=item.row,
                    header=item.header,
                    what=what,
                )
            )
        row.extend([""] * (column + 1 - len(row)))
        row[column] = item.value.strip()
    return replace(content, sheets=sheets)


def _column(sheet: Sheet, header: str) -> int | None:
    wanted = " ".join(header.casefold().split())
    for _, cells in sheet.rows[:_HEADER_ROWS]:
        folded = [" ".join(cell.casefold().split()) for cell in cells]
        if wanted in folded:
            return folded.index(wanted)
    return None


def with_edits(inventory: Inventory, edits: Map[str, Map[str, str]]) -> Inventory:
    """The inventory with tags of workloads changed by hand.

    Parameters
    ----------
    inventory : Inventory
    edits : mapping
        Workload to column (one of `TAGS`) to new text; "" clears it. The server of a physical workload changes with it.

    Returns
    -------
    Inventory
        A note tells how many values were changed; their origin is the user.

    Raises
    ------
    InputError
        When a workload or column does not exist, or a text is too long.
    """
    if not any(edits.values()):
        return inventory
    workloads, servers = inventory.workloads.copy(), inventory.servers.copy()
    work_origins, server_origins = inventory.workload_origins.copy(), inventory.server_origins.copy()
    place = {name: index for index, name in enumerate(workloads["workload"])}
    home = {name: index for index, name in enumerate(servers["server"])}
    origin = Origin("given", "changed by hand", "")
    count = 0
    for name, changes in edits.items():
        if name not in place:
            raise InputError(
                stored(
                    "change of {name!r}: there is no such workload in the inventory; take the change back", name=name
                )
            )
        row = place[name]
        owner = home.get(workloads["server"].iat[row]) if workloads["kind"].iat[row] == "physical" else None
        for column, text in changes.items():
            if column not in TAGS:
                raise InputError(
                    stored(
                        "change of {name!r}: {column!r} cannot be changed by hand; use one of {known}",
                        name=name,
                        column=column,
                        known=", ".join(TAGS),
                    )
                )
            if len(text) > _LONGEST:
                raise InputError(
                    stored(
                        "change of {name!r}, {column}: {count} characters are too many; write at most {longest}",
                        name=name,
                        column=column,
                        count=len(text),
                        longest=_LONGEST,
                    )
                )
            count += 1
            targets = [
                (workloads, work_origins, row),
                *([(servers, server_origins, owner)] if owner is not None else []),
            ]
            for frame, origins, index in targets:
                frame.iloc[index, frame.columns.get_loc(column)] = text.strip()
                if column in origins.columns:
                    origins.iloc[index, origins.columns.get_loc(column)] = origin if text.strip() else None
    note = stored("{count:,} tags of {machines:,} workloads were changed by hand.", count=count, machines=len(edits))
    return replace(
        inventory,
        workloads=workloads,
        servers=servers,
        workload_origins=work_origins,
        server_origins=server_origins,
        notes=(*inventory.notes, note),
    )

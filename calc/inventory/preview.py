"""Every header of a file with samples and what it would be read as, whether or not the file can be used."""

from __future__ import annotations

from calc.inventory.columns import find_column, parse_header
from calc.inventory.reading import find_header
from calc.inventory.sheets import FileContent
from calc.inventory.tables import Mapping

_SAMPLES = 3


def headers(content: FileContent) -> list[Mapping]:
    """Headers of each sheet of a file.

    The header row is the one that names the most columns, else the first row with two cells.

    Examples
    --------
    >>> from calc.inventory.files import read_file
    >>> [(item.header, item.column, item.samples) for item in headers(read_file(b"host,thing\\na,7\\n"))]
    [('host', 'name', ('a',)), ('thing', '', ('7',))]
    """
    out = []
    for sheet in content.sheets.values():
        found = find_header(sheet)
        position = (
            found[0]
            if found
            else next((n for n, (_, row) in enumerate(sheet.rows) if len(list(filter(None, row))) > 1), None)
        )
        if position is None:
            continue
        body = [row for _, row in sheet.rows[position + 1 :]]
        for index, text in enumerate(sheet.rows[position][1]):
            if not text:
                continue
            values = list(dict.fromkeys(row[index][:60] for row in body[:200] if index < len(row) and row[index]))
            parsed = parse_header(text) if len(text) <= 100 else None
            column = find_column(parsed) if parsed else None
            out.append(
                Mapping(
                    content.name,
                    sheet.name,
                    text,
                    column.name if column else "",
                    parsed.unit if parsed else "",
                    "recognised" if column else "unused",
                    tuple(values[:_SAMPLES]),
                )
            )
    return out

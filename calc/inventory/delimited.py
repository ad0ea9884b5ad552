"""Bytes of a text file to rows of cells: encoding and delimiter are found, and said."""

from __future__ import annotations

import csv
import io
import re

from calc.errors import InventoryError
from calc.inventory.limits import ReadLimits
from calc.inventory.sheets import Sheet
from calc.language import stored

_DELIMITERS = (",", ";", "\t", "|")
_LONE_SURROGATE = re.compile(r"[\udc80-\udcff]")
_MOSTLY = 0.8
#: Most bytes of one cell that the csv module takes; beyond it a quote was left open.
_OPEN_QUOTE_BYTES = 1 << 20


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Text and the name of the encoding.

    UTF-8 and UTF-16 are proven by their own structure. Korean CP949 is taken when nearly all that
    is not ASCII are Hangul, else Western Windows-1252. Text that is UTF-8 but for a few bytes stays
    UTF-8: the cells with those bytes are reported by the reader of the rows.

    Raises
    ------
    InventoryError
        For binary data.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            raise InventoryError(
                stored("{name} begins as UTF-16 and is broken further on: save it as UTF-8 CSV", name=name)
            ) from None
    head = data[:4096]
    if b"\x00" in head:
        for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
            if zeros.count(0) > _MOSTLY * len(zeros):
                try:
                    return data.decode(encoding), encoding
                except UnicodeDecodeError:
                    break
        raise InventoryError(
            stored(
                "{name} is neither a table of text nor a workbook (it holds binary data): export the inventory as "
                "CSV or .xlsx",
                name=name,
            )
        )
    try:
        return data.decode("utf-8-sig"), "utf-8-sig"
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8-sig", "surrogateescape")
    bad = len(_LONE_SURROGATE.findall(text))
    good = sum(1 for letter in _LONE_SURROGATE.sub("", text) if letter > "\x7f")
    if good > bad:
        return text, f"utf-8, {bad} bytes are not"
    try:
        korean = data.decode("cp949")
    except UnicodeDecodeError:
        pass
    else:
        foreign = [letter for letter in korean if letter > "\x7f"]
        if sum("가" <= letter <= "힣" for letter in foreign) >= _MOSTLY * len(foreign):
            return korean, "cp949"
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def delimiter_of(text: str) -> str:
    """The delimiter that the first lines agree on."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:20]
    head = "\n".join(lines)
    return max(_DELIMITERS, key=lambda mark: (sum(mark in line for line in lines), head.count(mark)))


def read_delimited(data: bytes, name: str, limits: ReadLimits, sheet_name: str = "") -> tuple[Sheet, str]:
    """Read delimited text.

    Returns
    -------
    (Sheet, str)
        The rows, and how the bytes were decoded.

    Raises
    ------
    InventoryError
        For binary data, an open quote, or more than a limit allows.
    """
    text, encoding = decode(data, name)
    stated = text[:4] == "sep=" and text[4:5] in _DELIMITERS  # a line that spreadsheets write and read
    delimiter = text[4] if stated else delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    start = last = 1
    csv.field_size_limit(_OPEN_QUOTE_BYTES)
    try:
        for cells in reader:
            last = start
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                rows.append((start, stripped))
                if len(stripped) > limits.columns:
                    limits.check("columns", len(stripped), f"{name}, line {start},", "columns")
            start = reader.line_num + 1  # a quoted cell may hold line breaks
    except csv.Error as error:
        raise InventoryError(
            stored(
                "{name}, line {start}: not valid CSV ({error}); check the quotes on that line",
                name=name,
                start=start,
                error=error,
            )
        ) from None
    if _left_open(text, last, delimiter):
        raise InventoryError(
            stored(
                "{name}, line {start}: a quote is opened and never closed, so everything after it would be one cell; close it, "
                "or take it away",
                name=name,
                start=last,
            )
        )
    limits.check("rows", len(rows), name, "rows")
    if rows and rows[0][1][0].startswith("sep=") and len(rows[0][1]) <= 2:
        rows.pop(0)
    return Sheet(sheet_name, rows), f"{encoding}, delimiter {delimiter!r}"


def _left_open(text: str, line: int, delimiter: str) -> bool:
    """Whether what begins on a line ends with the file inside a quote: rows that follow it would be swallowed in silence."""
    rest = io.StringIO("".join(io.StringIO(text, newline="").readlines()[line - 1 :]), newline="")
    try:
        list(csv.reader(rest, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False

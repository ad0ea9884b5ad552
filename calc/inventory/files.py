"""Bytes to sheets of text: CSV and XLSX, with the row numbers a spreadsheet shows.

Cells stay text, so that an identifier such as 001 or 1e5 is never turned into a number.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import python_calamine

from calc.errors import InventoryError

_ENCODINGS = ("utf-8-sig", "cp949", "latin-1")
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file as text.

    Attributes
    ----------
    rows : list of (int, list of str)
        Row number in the file (from 1) and its cells, stripped; empty rows are left out.
    """

    name: str
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file read: its sheets, its SHA-256 and how it was decoded."""

    name: str
    sha256: str
    sheets: dict[str, Sheet]
    decoding: str


def read_file(source: str | Path | BinaryIO | bytes, name: str | None = None) -> FileContent:
    """Read a CSV or XLSX file, told apart by content.

    Parameters
    ----------
    source : path, binary buffer or bytes
    name : str, optional
        Shown in messages; the path's or buffer's own name by default.

    Raises
    ------
    InventoryError
        When the file cannot be opened, is empty, or is neither CSV nor XLSX.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InventoryError(f"cannot read {path}: {error.strerror}") from None
        name = name or path.name
    elif isinstance(source, bytes):
        data = source
    else:
        if hasattr(source, "seek"):
            source.seek(0)
        data = source.read()
        if isinstance(data, str):
            data = data.encode("utf-8")
        name = name or Path(str(getattr(source, "name", "") or "upload")).name
    name = name or "upload"
    if not data.strip():
        raise InventoryError(f"{name} is empty: nothing to read")
    digest = hashlib.sha256(data).hexdigest()
    if data[:4] == b"PK\x03\x04":
        return FileContent(name, digest, _read_xlsx(data, name), "XLSX")
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InventoryError(
            f"{name} is an old .xls workbook or is password-protected: save it as .xlsx or CSV and try again"
        )
    sheet, decoding = _read_csv(data, name)
    return FileContent(name, digest, {sheet.name: sheet}, decoding)


def _read_xlsx(data: bytes, name: str) -> dict[str, Sheet]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {}
        for sheet_name in book.sheet_names:
            rows = book.get_sheet_by_name(sheet_name).to_python(skip_empty_area=False)
            sheets[sheet_name] = Sheet(
                sheet_name,
                [
                    (number, cells)
                    for number, cells in (
                        (number, [_text(value) for value in row]) for number, row in enumerate(rows, start=1)
                    )
                    if any(cells)
                ],
            )
    except python_calamine.CalamineError as error:
        raise InventoryError(
            f"{name} is not a readable XLSX workbook ({error}): open it, save it again as .xlsx, or export CSV"
        ) from None
    return sheets


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def _read_csv(data: bytes, name: str) -> tuple[Sheet, str]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\x00" in data[:4096]:
        raise InventoryError(
            f"{name} is neither CSV nor XLSX (it holds binary data): export the inventory as CSV or .xlsx"
        )
    else:
        encodings = _ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InventoryError(f"{name} cannot be decoded as text: save it as UTF-8 CSV")
    head = text[:20_000]
    # The delimiter is the one that the first lines agree on; a lone column has none.
    lines = [line for line in head.splitlines() if line.strip()][:20]
    delimiter = max(_DELIMITERS, key=lambda mark: (sum(line.count(mark) > 0 for line in lines), head.count(mark)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                rows.append((start, stripped))
            start = reader.line_num + 1  # a quoted cell may hold line breaks
    except csv.Error as error:
        raise InventoryError(
            f"{name}, line {reader.line_num}: not valid CSV ({error}); check the quotes on that line"
        ) from None
    return Sheet("", rows), f"{encoding}, delimiter {delimiter!r}"

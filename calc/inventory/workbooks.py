"""Spreadsheet workbooks to sheets of text; their size is known before they are opened."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import date, datetime, time

import python_calamine

from calc.errors import InventoryError
from calc.inventory.limits import MIB, ReadLimits
from calc.inventory.sheets import Sheet
from calc.language import stored

_COLUMN = re.compile(rb'<c[^>]*? r="([A-Z]{1,3})[0-9]')
_ROW = re.compile(rb'<row[^>]*? r="([0-9]{1,9})"')
_CHUNK = 1 << 20


def unpacked_size(archive: zipfile.ZipFile, data: bytes, name: str, limits: ReadLimits) -> None:
    """Refuse an archive that unpacks to more than the limit, whatever its directory claims.

    Raises
    ------
    InventoryError
    """
    claimed = sum(member.file_size for member in archive.infolist())
    limits.check("unpacked_mib", -(-claimed // MIB), name, "MiB unpacked")
    if len(data) * 1032 <= limits.unpacked_mib * MIB:  # deflate packs no tighter than 1 : 1032
        return
    total = 0
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_DEFLATED or member.flag_bits & 1:
            continue
        at = member.header_offset
        start = (
            at
            + 30
            + int.from_bytes(data[at + 26 : at + 28], "little")
            + int.from_bytes(data[at + 28 : at + 30], "little")
        )
        packed = memoryview(data)[start : start + member.compress_size]
        stream = zlib.decompressobj(-15)
        pending: bytes = bytes(packed)
        try:
            while pending and not stream.eof:
                total += len(stream.decompress(pending, _CHUNK))
                pending = stream.unconsumed_tail
                limits.check("unpacked_mib", -(-total // MIB), name, "MiB unpacked")
        except zlib.error:
            raise InventoryError(
                stored(
                    "{name} is damaged (its part {filename!r} does not unpack): export it again",
                    name=name,
                    filename=member.filename,
                )
            ) from None


def read_workbook(data: bytes, name: str, limits: ReadLimits) -> dict[str, Sheet]:
    """Read every sheet of an XLSX workbook.

    Raises
    ------
    InventoryError
        When it is damaged, or holds more than a limit allows.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked_size(archive, data, name, limits)
            for member in archive.namelist():
                if member.startswith("xl/worksheets/") and member.endswith(".xml"):
                    _check_borders(archive.read(member), f"{name}, {member.removeprefix('xl/')},", limits)
        return {sheet.name: sheet for sheet in _sheets(data)}
    except InventoryError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        python_calamine.CalamineError,
        EOFError,
        OSError,
        NotImplementedError,
    ) as error:
        raise InventoryError(
            stored(
                "{name} is not a readable XLSX workbook ({error}): open it, save it again as .xlsx, or export CSV",
                name=name,
                error=error,
            )
        ) from None
    except RuntimeError:  # how the archive module says that a part is encrypted
        raise InventoryError(
            stored("{name} is password-protected: save it without a password and try again", name=name)
        ) from None
    except BaseException as error:  # the reader's native code reports its own defects past Exception
        if type(error).__name__ != "PanicException":
            raise
        raise InventoryError(
            stored("{name} is not a readable XLSX workbook: open it, save it again as .xlsx, or export CSV", name=name)
        ) from None


def _check_borders(xml: bytes, where: str, limits: ReadLimits) -> None:
    """A lone cell at the far corner would make a table of 17 billion blanks."""
    columns = max((_column_number(letters) for letters in set(_COLUMN.findall(xml))), default=0)
    rows = max(map(int, _ROW.findall(xml)), default=0)
    limits.check("rows", rows, where, "rows")
    limits.check("columns", columns, where, "columns")
    limits.check("cells", rows * columns, where, "cells")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheets(data: bytes) -> list[Sheet]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = []
    for meta in book.sheets_metadata:
        if "WorkSheet" not in str(meta.typ):
            continue  # a chart sheet has no cells
        sheet = book.get_sheet_by_name(meta.name)
        first = sheet.start[0] + 1 if sheet.start else 1
        rows = []
        for number, row in enumerate(sheet.to_python(skip_empty_area=True), start=first):
            cells = [value.strip() if type(value) is str else _text(value) for value in row]
            if any(cells):
                rows.append((number, cells))
        sheets.append(Sheet(meta.name, rows))
    return sheets


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()

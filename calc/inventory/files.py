"""Any file to its content, told apart by its bytes and never by its name.

Cells stay text, so that an identifier such as 001 or 1e5 is never turned into a number.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from calc.errors import InventoryError
from calc.inventory.delimited import decode, read_delimited
from calc.inventory.limits import MIB, ReadLimits
from calc.inventory.series import head_layout, head_text
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.workbooks import read_workbook, unpacked_size
from calc.language import stored

Readable = str | Path | BinaryIO | bytes
_HEAD_BYTES = 1 << 16
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_bytes(source: Readable, name: str | None = None, limits: ReadLimits | None = None) -> tuple[bytes, str]:
    """The bytes of a source and the name to show.

    Raises
    ------
    InventoryError
        When it cannot be opened, or is larger than the limit.
    """
    limits = limits or ReadLimits()
    if isinstance(source, (str, Path)):
        path = Path(source)
        name = name or path.name
        try:
            limits.check("file_mib", -(-path.stat().st_size // MIB), name, "MiB")
            data = path.read_bytes()
        except OSError as error:
            raise InventoryError(stored("cannot read {path}: {strerror}", path=path, strerror=error.strerror)) from None
        except ValueError as error:  # a NUL in the path
            raise InventoryError(stored("cannot read {path!r}: {error}", path=str(path), error=error)) from None
    elif isinstance(source, (bytes, bytearray)):
        data = bytes(source)
    else:
        if hasattr(source, "seek"):
            source.seek(0)
        data = source.read()
        if isinstance(data, str):
            data = data.encode("utf-8")
        name = name or Path(str(getattr(source, "name", "") or "upload")).name
    name = name or "upload"
    limits.check("file_mib", -(-len(data) // MIB), name, "MiB")
    return data, name


def read_file(source: Readable, name: str | None = None, limits: ReadLimits | None = None) -> FileContent:
    """Read a CSV, XLSX or JSON file, or a zip or gz of them, told apart by content.

    Parameters
    ----------
    source : path, binary buffer or bytes
    name : str, optional
        Shown in messages; the path's or buffer's own name by default.
    limits : ReadLimits, optional

    Raises
    ------
    InventoryError
        When the file cannot be opened, is empty, holds more than a limit allows, or is none of these.
    """
    limits = limits or ReadLimits()
    data, name = read_bytes(source, name, limits)
    digest = hashlib.sha256(data).hexdigest()
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(data, name, limits)
    if not data.strip():
        raise InventoryError(stored("{name} is empty: nothing to read", name=name))
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        names = _members(data, name)
        if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
            return FileContent(name, digest, read_workbook(data, name, limits), "XLSX")
        sheets, documents, members = _read_archive(data, name, limits)
        return FileContent(name, digest, sheets, f"zip of {len(members)} files", documents, members)
    sheets, documents, decoding = _read_plain(data, name, limits)
    return FileContent(name, digest, sheets, decoding, documents)


def _read_plain(
    data: bytes, name: str, limits: ReadLimits, sheet_name: str = ""
) -> tuple[dict[str, Sheet], list[tuple[str, Any]], str]:
    if data[:8] == _OLE:
        raise InventoryError(
            stored(
                "{name} is an old .xls workbook or is password-protected: save it as .xlsx or CSV and try again",
                name=name,
            )
        )
    if data[:4] == b"PAR1":
        raise InventoryError(
            stored(
                "{name} is a Parquet file: these are read as telemetry (readings over time); give the servers as CSV "
                "or .xlsx",
                name=name,
            )
        )
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        raise InventoryError(
            stored(
                "{name} is a web page (HTML), perhaps under the name of a workbook: open it in a spreadsheet, save "
                "it as .xlsx",
                name=name,
            )
        )
    if start.startswith(b"<?xml"):
        raise InventoryError(
            stored("{name} is XML, which is not read: export the inventory as CSV or .xlsx", name=name)
        )
    if start.startswith(b"%pdf"):
        raise InventoryError(
            stored("{name} is a PDF document, which holds no table: export the inventory as CSV or .xlsx", name=name)
        )
    if start[:1] in (b"{", b"["):
        text, encoding = decode(data, name)
        return {}, [(name, item) for item in _documents(text, name)], f"JSON, {encoding}"
    if _is_series(data[:_HEAD_BYTES]):
        raise InventoryError(
            stored(
                "{name} holds readings over time (telemetry) and no servers: give it beside a list of the servers",
                name=name,
            )
        )
    sheet, decoding = read_delimited(data, name, limits, sheet_name)
    return {sheet.name: sheet}, [], decoding


def _is_series(head: bytes) -> bool:
    return head_layout(head_text(head)) is not None


def _documents(text: str, name: str) -> list[Any]:
    """A JSON document, or one a line."""
    try:
        return [json.loads(text.removeprefix("\ufeff"))]
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and lines[0].strip().endswith("}"):
            try:
                return [json.loads(line) for line in lines]
            except (json.JSONDecodeError, RecursionError):
                pass
        raise InventoryError(
            stored(
                "{name}, line {lineno}: not valid JSON ({msg}); export it again",
                name=name,
                lineno=error.lineno,
                msg=error.msg,
            )
        ) from None
    except RecursionError:
        raise InventoryError(stored("{name}: JSON nested too deeply to be an inventory", name=name)) from None


def _gunzip(data: bytes, name: str, limits: ReadLimits) -> bytes:
    out, limit = io.BytesIO(), limits.unpacked_mib * MIB
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while piece := stream.read(1 << 20):
                out.write(piece)
                if out.tell() > limit:
                    limits.check("unpacked_mib", -(-out.tell() // MIB), name, "MiB unpacked (or more)")
    except (OSError, EOFError, zlib.error) as error:
        raise InventoryError(
            stored("{name} is a damaged gz file ({error}): make it again", name=name, error=error)
        ) from None
    return out.getvalue()


def _members(data: bytes, name: str) -> set[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "" in names:
                raise ValueError("a part without a name")
            return names
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InventoryError(
            stored(
                "{name} is not a readable XLSX workbook or zip archive ({error}): it is damaged or cut short; make "
                "it again",
                name=name,
                error=error,
            )
        ) from None


def _read_archive(
    data: bytes, name: str, limits: ReadLimits
) -> tuple[dict[str, Sheet], list[tuple[str, Any]], tuple[tuple[str, str], ...]]:
    sheets: dict[str, Sheet] = {}
    documents: list[tuple[str, Any]] = []
    members: list[tuple[str, str]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir() and not _clutter(info.filename)]
            limits.check("files", len(infos), name, "files")
            unpacked_size(archive, data, name, limits)
            for info in infos:
                inner = f"{name}/{info.filename}"
                if info.flag_bits & 1:
                    raise InventoryError(
                        stored("{inner} is password-protected: make the archive without a password", inner=inner)
                    )
                with archive.open(info) as stream:
                    if _is_series(stream.read(_HEAD_BYTES)):
                        continue  # readings over time are streamed by the telemetry reader
                part = archive.read(info)
                if not part.strip():
                    continue
                members.append((info.filename, hashlib.sha256(part).hexdigest()))
                if part[:2] == b"\x1f\x8b":
                    part = _gunzip(part, inner, limits)
                if part[:4] == b"PK\x03\x04":
                    if "xl/workbook.xml" not in _members(part, inner):
                        raise InventoryError(
                            stored("{inner} is an archive in an archive: unpack it and give its files", inner=inner)
                        )
                    found = read_workbook(part, inner, limits)
                    docs: list[tuple[str, Any]] = []
                    found = {
                        f"{info.filename}: {key}": Sheet(f"{info.filename}: {key}", s.rows) for key, s in found.items()
                    }
                else:
                    found, docs, _ = _read_plain(part, inner, limits, info.filename)
                sheets.update(found)
                documents += docs
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise InventoryError(
            stored("{name} is a damaged archive ({error}): make it again", name=name, error=error)
        ) from None
    return sheets, documents, tuple(members)


def _clutter(path: str) -> bool:
    """Files that operating systems add to archives."""
    return path.startswith("__MACOSX/") or path.rsplit("/", 1)[-1] in (".DS_Store", "Thumbs.db")


__all__ = ["FileContent", "ReadLimits", "Readable", "Sheet", "read_bytes", "read_file"]

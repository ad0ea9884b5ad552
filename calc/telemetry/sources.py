"""Telemetry files as the engine can read them: recognised by content, on disk, in UTF-8."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from calc.errors import InventoryError
from calc.inventory.delimited import decode
from calc.inventory.files import Readable
from calc.inventory.limits import MIB, ReadLimits
from calc.inventory.series import SeriesLayout, head_layout, head_text, series_layout
from calc.language import stored

_HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Input:
    """One file as the engine reads it."""

    name: str
    path: Path
    kind: str
    layout: SeriesLayout
    delimiter: str
    sample: tuple[str, ...]
    sha256: str


def is_telemetry(source: Readable) -> bool:
    """Whether a file holds readings over time; only its beginning is read.

    Parameters
    ----------
    source : path, binary buffer or bytes
    """
    try:
        head = _head(source)
    except OSError:
        return False  # reading it in earnest says why
    if head[:4] == b"PAR1":
        return True
    if head[:4] == b"PK\x03\x04":
        return bool(_archived_series(source))
    return _head_text_layout(head) is not None


def _head(source: Readable) -> bytes:
    if isinstance(source, (str, Path)):
        with open(source, "rb") as handle:
            head = handle.read(_HEAD_BYTES)
    elif isinstance(source, bytes):
        head = source[:_HEAD_BYTES]
    else:
        source.seek(0)
        head = source.read(_HEAD_BYTES)
        source.seek(0)
        if isinstance(head, str):
            head = head.encode()
    if head[:2] == b"\x1f\x8b":
        try:
            return gzip.GzipFile(fileobj=io.BytesIO(head)).read1(_HEAD_BYTES)
        except (OSError, EOFError, zlib.error):
            return b""
    return head


def _head_text_layout(head: bytes) -> tuple[SeriesLayout, str] | None:
    return head_layout(head_text(head))


def _opened(source: Readable) -> BinaryIO:
    if isinstance(source, (str, Path)):
        return open(source, "rb")
    return io.BytesIO(source if isinstance(source, bytes) else _whole(source))


def _whole(source: BinaryIO) -> bytes:
    source.seek(0)
    return source.read()


def _archived_series(source: Readable) -> list[str]:
    """Members of a zip that hold readings over time."""
    found = []
    try:
        with _opened(source) as handle, zipfile.ZipFile(handle) as archive:
            for info in archive.infolist():
                if not info.filename or info.is_dir() or info.flag_bits & 1 or info.filename.startswith("xl/"):
                    continue
                with archive.open(info) as member:
                    if _head_text_layout(member.read(_HEAD_BYTES)):
                        found.append(info.filename)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        return []
    return found


def open_inputs(source: Readable, folder: Path, number: int, limits: ReadLimits) -> list[Input]:
    """Readable inputs of one source: on disk, as plain text, gz or Parquet."""
    if isinstance(source, (str, Path)):
        path = Path(source)
        name = path.name
        if not path.is_file():
            raise InventoryError(stored("cannot read {path}: no such file", path=path))
    else:
        name = Path(str(getattr(source, "name", "") or "upload")).name
        path = folder / f"in{number}"
        path.write_bytes(source if isinstance(source, bytes) else _whole(source))
    head = _head(path)
    if head[:4] == b"PK\x03\x04":
        out: list[Input] = []
        for position, member in enumerate(_archived_series(path)):
            target = folder / f"in{number}-{position}"
            with zipfile.ZipFile(path) as archive, archive.open(member) as packed, target.open("wb") as plain:
                _copy(packed, plain, f"{name}/{member}", limits)
            out += [
                replace(item, name=f"{name}/{member}")
                for item in open_inputs(target, folder, number * 1000 + position, limits)
            ]
        return out
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(1 << 20):
            digest.update(piece)
    if head[:4] == b"PAR1":
        layout, sample = _parquet_layout(path, name)
        return [Input(name, path, "parquet", layout, "", sample, digest.hexdigest())]
    found = _head_text_layout(head)
    if found is None:
        raise InventoryError(
            stored(
                "{name} is no telemetry: it needs a server, a time and cpu or memory, e.g. server,timestamp,cpu_pct, "
                "or a time and one column a server",
                name=name,
            )
        )
    layout, delimiter = found
    text = head_text(head)
    encoding = (
        "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else decode(head[: head.rfind(b"\n") + 1] or head, name)[1]
    )
    if encoding.startswith(("utf-16", "cp949", "cp1252", "latin")):
        path = _as_utf8(path, folder / f"utf8-{number}", encoding)
    with path.open("rb") as raw:
        kind = "gz" if raw.read(2) == b"\x1f\x8b" else "csv"
    return [Input(name, path, kind, layout, delimiter, tuple(text.splitlines()[1:200]), digest.hexdigest())]


def _copy(packed: Any, plain: BinaryIO, name: str, limits: ReadLimits) -> None:
    total = 0
    while piece := packed.read(1 << 20):
        total += len(piece)
        limits.check("unpacked_mib", -(-total // MIB), name, "MiB unpacked (or more)")
        plain.write(piece)


def _as_utf8(path: Path, target: Path, encoding: str) -> Path:
    with path.open("rb") as handle:
        packed = handle.read(2) == b"\x1f\x8b"
    opener: Any = gzip.open if packed else open
    with (
        opener(path, "rt", encoding=encoding, errors="strict", newline="") as old,
        target.open("w", encoding="utf-8", newline="") as new,
    ):
        shutil.copyfileobj(old, new, 1 << 20)
    return target


def _parquet_layout(path: Path, name: str) -> tuple[SeriesLayout, tuple[str, ...]]:
    import duckdb

    try:
        with duckdb.connect() as connection:
            table = connection.execute("SELECT * FROM read_parquet(?) LIMIT 1", [str(path)])
            headers = [item[0] for item in table.description or []]
            row = table.fetchone()
    except duckdb.Error as error:
        raise InventoryError(
            stored("{name} is not a readable Parquet file ({first_line})", name=name, first_line=first_line(error))
        ) from None
    first = ["" if cell is None else str(cell) for cell in row or ()]
    layout = series_layout(headers, first)
    if layout is None:
        raise InventoryError(
            stored(
                "{name} is no telemetry: its columns are {headers}; it needs a server, a time and cpu or memory",
                name=name,
                headers=", ".join(headers[:20]),
            )
        )
    return layout, ()


def first_line(error: Exception) -> str:
    """What an error says, without its details."""
    return str(error).splitlines()[0][:200]


def sql_text(text: str) -> str:
    """Text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def sql_name(text: str) -> str:
    """A header as a name of SQL."""
    return '"' + text.replace('"', '""') + '"'

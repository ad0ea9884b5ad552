"""A file as its reader sees it: tables of text with their row numbers, and JSON documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


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

    def headers(self) -> dict[str, int]:
        """Headers of the first row in lower case, with single spaces; the first of equals counts."""
        if not self.rows:
            return {}
        return {
            " ".join(text.casefold().split()): index
            for index, text in reversed(list(enumerate(self.rows[0][1])))
            if text
        }

    def column(self, header: str) -> list[str]:
        """Cells below a header (lower case); blanks where the sheet has no such column."""
        index = self.headers().get(header)
        return [row[index] if index is not None and index < len(row) else "" for _, row in self.rows[1:]]


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file read: its sheets or documents, its SHA-256 and how it was decoded.

    Attributes
    ----------
    documents : list of (str, object)
        JSON documents with the name of the file each stands in.
    members : tuple of (str, str)
        Name and SHA-256 of each file, where several make up one set.
    """

    name: str
    sha256: str
    sheets: dict[str, Sheet]
    decoding: str
    documents: list[tuple[str, Any]] = field(default_factory=list)
    members: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read in it."""
        return not self.documents and not any(sheet.rows for sheet in self.sheets.values())

    def find(self, needed: Iterable[str]) -> Sheet | None:
        """The largest sheet whose first row holds all of these headers (lower case)."""
        wanted = set(needed)
        found = [sheet for sheet in self.sheets.values() if wanted <= set(sheet.headers())]
        return max(found, key=lambda sheet: len(sheet.rows), default=None)

"""One module a format. Adding a format is adding a file here: the registry finds it.

A format module has ``NAME``, ``matches(content)`` and ``read(content, options)``; one whose
export is a set of files also has ``PARTS``, so that files given one by one are put together.
Formats are told apart by the headers they hold, never by the name of a file or sheet.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from calc.errors import InputError, InventoryError
from calc.inventory.options import Options
from calc.inventory.records import Part
from calc.inventory.sheets import FileContent, Sheet
from calc.inventory.tables import Detection
from calc.language import stored

#: Sets of headers (lower case), one of which identifies a part of an export.
Signatures = dict[str, tuple[frozenset[str], ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """How well a format fits a file.

    Attributes
    ----------
    score : float
        0 (not at all) to 1.
    reasons : tuple of str
    """

    score: float
    reasons: tuple[str, ...] = ()


class Format(Protocol):
    """What a module of this package offers."""

    NAME: str

    def matches(self, content: FileContent) -> Match:
        """How well the content fits."""

    def read(self, content: FileContent, options: Options) -> Part:
        """The machines in it."""


@cache
def registry() -> tuple[Format, ...]:
    """Every format, in the order of their modules' names."""
    names = sorted(item.name for item in pkgutil.iter_modules(__path__) if not item.name.startswith("_"))
    return tuple(cast(Format, importlib.import_module(f"{__name__}.{name}")) for name in names)


def part_of(sheet: Sheet, signatures: Signatures) -> str:
    """Which part of an export a sheet is, by its headers; "" for none."""
    headers = set(sheet.headers())
    return next((part for part, sets in signatures.items() if any(needed <= headers for needed in sets)), "")


def detect(content: FileContent, options: Options) -> tuple[Format, Detection]:
    """The format of a file, with the reasons and the runner-up.

    Raises
    ------
    InputError
        When the user asks for a format that does not exist.
    InventoryError
        When no format fits.
    """
    asked = options.format or options.mapping.format
    scored = sorted(((format_.matches(content), format_) for format_ in registry()), key=lambda item: -item[0].score)
    if asked:
        chosen = next((item for item in scored if item[1].NAME.casefold() == asked.casefold()), None)
        if chosen is None:
            names = ", ".join(sorted(format_.NAME for format_ in registry()))
            raise InputError(stored("there is no format {asked!r}; the formats are: {names}", asked=asked, names=names))
        others = [item for item in scored if item is not chosen and item[0].score > 0]
    else:
        chosen, *rest = scored
        others = [item for item in rest if item[0].score > 0]
    match, format_ = chosen
    if match.score <= 0 and not asked:
        if not options.mapping.columns or content.documents:
            raise no_format(content, options)
        format_, match = _generic(), Match(0.0, (stored("no format fits; read by the mapping of columns"),))
    runner_up = others[0] if others else None
    return format_, Detection(
        content.name,
        format_.NAME,
        round(match.score, 3),
        match.reasons,
        runner_up[1].NAME if runner_up else "",
        round(runner_up[0].score, 3) if runner_up else 0.0,
        "user" if asked else "content",
    )


def _generic() -> Format:
    return next(format_ for format_ in registry() if format_.NAME == "physical inventory")


def no_format(content: FileContent, options: Options) -> InventoryError:
    """The error for a file that fits no format: the plain one says what it needs."""
    if content.documents and not content.sheets:
        return InventoryError(
            stored(
                "{name} is JSON, and none of its documents holds Ansible facts (ansible_hostname, "
                "ansible_memtotal_mb, …)",
                name=content.name,
            )
        )
    try:
        _generic().read(content, options)
    except InventoryError as error:
        return error
    return InventoryError(stored("{name} fits no known format", name=content.name))


def combine_sets(contents: list[FileContent]) -> list[FileContent]:
    """Put files together that are parts of one export (RVTools_tab*.csv, vmInfo and diskInfo, …)."""
    groups: dict[str, list[FileContent]] = {}
    for content in contents:
        sheets = [sheet for sheet in content.sheets.values() if sheet.rows]
        for format_ in registry():
            signatures: Signatures = getattr(format_, "PARTS", {})
            if len(sheets) == 1 and not content.documents and signatures and part_of(sheets[0], signatures):
                groups.setdefault(format_.NAME, []).append(content)
                break
        else:
            groups[f"\0{id(content)}"] = [content]
    out = []
    for members in groups.values():
        if len(members) == 1:
            out.append(members[0])
            continue
        sheets_by_name = {
            f"{content.name}": Sheet(content.name, sheet.rows)
            for content in members
            for sheet in content.sheets.values()
        }
        name = f"{members[0].name} and {len(members) - 1} more"
        out.append(
            FileContent(
                name,
                members[0].sha256,
                sheets_by_name,
                f"set of {len(members)} files",
                members=tuple((content.name, content.sha256) for content in members),
            )
        )
    return out

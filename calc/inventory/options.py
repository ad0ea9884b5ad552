"""What the user says about files: units, a mapping of columns, a format, limits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from calc import units
from calc.errors import InputError
from calc.inventory.columns import BY_NAME
from calc.inventory.limits import ReadLimits
from calc.language import stored

#: What telemetry may ask: the unit of a metric, or whether dates have the day or the month first.
_TELEMETRY_QUESTIONS = ("cpu", "memory", "network", "timestamp")


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One header as the user wants it read.

    Attributes
    ----------
    header : str
        As it stands in the file; case and repeated spaces do not count.
    field : str
        Canonical column, or "" to leave the header out.
    unit : str
        Unit of its values, "" to find it out.
    sheet : str
        Only in this sheet; "" for all.
    """

    header: str
    field: str
    unit: str = ""
    sheet: str = ""

    def __post_init__(self) -> None:
        column = BY_NAME.get(self.field)
        if self.field and column is None:
            raise InputError(
                stored(
                    'mapping of {header!r}: there is no field {field!r}; use one of {by_name}, or "" to leave the column '
                    "out",
                    header=self.header,
                    field=self.field,
                    by_name=", ".join(BY_NAME),
                )
            )
        known = units.KINDS.get(column.kind, {}) if column else {}
        if self.unit and self.unit.casefold() not in known:
            allowed = ", ".join(known) or "no unit"
            raise InputError(
                stored(
                    "mapping of {header!r}: {unit!r} is not a unit of {field}; use {allowed}",
                    header=self.header,
                    unit=self.unit,
                    field=self.field,
                    allowed=allowed,
                )
            )


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A saved way of reading files.

    Examples
    --------
    >>> mapping = ColumnMapping((ColumnChoice("Mem", "memory_gib", "MB"),))
    >>> ColumnMapping.from_toml(mapping.to_toml()) == mapping
    True
    """

    columns: tuple[ColumnChoice, ...] = ()
    format: str = ""
    assume: Map[str, str] = field(default_factory=dict)

    def find(self, header: str, sheet: str) -> ColumnChoice | None:
        """The choice for a header of a sheet, or None."""
        key = " ".join(header.casefold().split())
        for choice in self.columns:
            if " ".join(choice.header.casefold().split()) == key and choice.sheet in ("", sheet):
                return choice
        return None

    def to_toml(self) -> str:
        """As text that `from_toml` reads back equal."""
        data: dict[str, Any] = {}
        if self.format:
            data["format"] = self.format
        if self.assume:
            data["assume"] = dict(self.assume)
        data["columns"] = [
            {
                "header": item.header,
                "field": item.field,
                **({"unit": item.unit} if item.unit else {}),
                **({"sheet": item.sheet} if item.sheet else {}),
            }
            for item in self.columns
        ]
        return tomli_w.dumps(data)

    @classmethod
    def from_toml(cls, text: str) -> ColumnMapping:
        """Read a saved mapping.

        Raises
        ------
        InputError
            When the text is not TOML, or names an unknown key, field or unit.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(stored("the mapping is not valid TOML: {error}", error=error)) from None
        unknown = set(data) - {"format", "assume", "columns"}
        if unknown:
            raise InputError(
                stored(
                    "the mapping has unknown keys: {unknown}; it holds format, assume, columns",
                    unknown=", ".join(sorted(unknown)),
                )
            )
        choices = []
        if not isinstance(data.get("columns", []), list):
            raise InputError(stored("the mapping's columns are not a list: write each as [[columns]]"))
        for number, item in enumerate(data.get("columns", []), start=1):
            if (
                not isinstance(item, dict)
                or not isinstance(item.get("header"), str)
                or not isinstance(item.get("field"), str)
            ):
                raise InputError(
                    stored("the mapping's column {number}: it needs header and field, both text", number=number)
                )
            wrong = set(item) - {"header", "field", "unit", "sheet"}
            if wrong:
                raise InputError(
                    stored(
                        "the mapping's column {number} has unknown keys: {wrong}",
                        number=number,
                        wrong=", ".join(sorted(wrong)),
                    )
                )
            choices.append(ColumnChoice(**{key: str(value) for key, value in item.items()}))
        assume = data.get("assume", {})
        if not isinstance(assume, dict):
            raise InputError(stored("the mapping's assume is not a table of field = unit"))
        return cls(tuple(choices), str(data.get("format", "")), {key: str(value) for key, value in assume.items()})

    @classmethod
    def from_toml_file(cls, path: str | Path) -> ColumnMapping:
        """Read a saved mapping from a file.

        Raises
        ------
        InputError
        """
        try:
            return cls.from_toml(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise InputError(stored("cannot read the mapping {path}: {error}", path=path, error=why)) from None


@dataclass(frozen=True, slots=True)
class Options:
    """Everything the user says beside the files.

    Attributes
    ----------
    assume : mapping of str to str
        Answers to questions: canonical column to unit or meaning.
    """

    assume: Map[str, str] = field(default_factory=dict)
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    format: str = ""
    limits: ReadLimits = field(default_factory=ReadLimits)

    def __post_init__(self) -> None:
        unknown = [key for key in self.answers if key not in BY_NAME and key not in _TELEMETRY_QUESTIONS]
        if unknown:
            raise InputError(
                stored(
                    "assume {unknown!r}: there is no such column; use one of {value}",
                    unknown=unknown[0],
                    value=", ".join((*BY_NAME, *_TELEMETRY_QUESTIONS)),
                )
            )

    @property
    def answers(self) -> dict[str, str]:
        """``assume`` over what the mapping states."""
        return {**self.mapping.assume, **self.assume}

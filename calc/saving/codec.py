"""Domain objects to JSON and plain arrays and back, without pickle: opening a foreign file runs no code of its own.

Only dataclasses and enumerations that an `Inventory` or a `Pool` can hold are made again. Arrays are kept as .npy members of
the archive; columns of objects as their distinct values and positions into them.
"""

from __future__ import annotations

import io
import math
import sys
import typing
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from calc.errors import InputError
from calc.inventory import Inventory, Origin
from calc.language import LANGUAGES, Text, catalogue, restored, stored
from calc.planning import Pool

_MARK = "$"
#: Kinds that are no dataclass of ours; `Decoder` has a method for each.
_SIMPLE = ("text", "float", "fraction", "list", "set", "frozenset", "dict", "array", "objects", "table")


@cache
def known_types() -> dict[str, type]:
    """Every dataclass and enumeration that an inventory or a pool can hold, by its full name."""
    found: dict[str, type] = {}

    def visit(kind: Any) -> None:
        for part in typing.get_args(kind):
            visit(part)
        if not isinstance(kind, type) or not kind.__module__.startswith("calc."):
            return
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in found or not (is_dataclass(kind) or issubclass(kind, Enum)):
            return
        found[name] = kind
        if is_dataclass(kind):
            for hint in typing.get_type_hints(kind, vars(sys.modules[kind.__module__])).values():
                visit(hint)

    for root in (Inventory, Pool, Origin):
        visit(root)
    return found


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


class Encoder:
    """Encodes values as JSON; arrays go into the archive.

    Parameters
    ----------
    archive : ZipFile
        Open for writing.
    prefix : str
        Of the names of array members.
    """

    def __init__(self, archive: zipfile.ZipFile, prefix: str) -> None:
        self._archive, self._prefix, self._count = archive, prefix, 0

    def encode(self, value: Any) -> Any:
        """A value as JSON.

        Raises
        ------
        TypeError
            For a kind of value that is not provided for: a defect of ours.
        """
        if isinstance(value, Text):
            values = {key: self.encode(item) for key, item in value.values.items()}
            return {_MARK: "text", "text": str(value), "template": value.template, "values": values}
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, Enum):
            return {_MARK: _name(type(value)), "name": value.name}
        if isinstance(value, np.bool_):
            return bool(value)
        if isinstance(value, int | np.integer):
            return int(value)
        if isinstance(value, float | np.floating):
            number = float(value)
            return number if math.isfinite(number) else {_MARK: "float", "value": repr(number)}
        if isinstance(value, Fraction):
            return {_MARK: "fraction", "value": [value.numerator, value.denominator]}
        if isinstance(value, tuple):
            return [self.encode(item) for item in value]
        if isinstance(value, list | frozenset | set):
            items = value if isinstance(value, list) else sorted(value)
            return {_MARK: type(value).__name__, "items": [self.encode(item) for item in items]}
        if isinstance(value, dict):
            return {_MARK: "dict", "items": [[self.encode(key), self.encode(item)] for key, item in value.items()]}
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, pd.DataFrame):
            return self._table(value)
        if is_dataclass(value) and _name(type(value)) in known_types():
            return {_MARK: _name(type(value)), **{f.name: self.encode(getattr(value, f.name)) for f in fields(value)}}
        raise TypeError(f"a {_name(type(value))} cannot be saved: let known_types or Encoder provide for it")

    def _array(self, values: np.ndarray) -> dict[str, Any]:
        if values.dtype == object:
            codes: dict[tuple[type, Any], int] = {}
            flat = [codes.setdefault((type(item), item), len(codes)) for item in values.ravel().tolist()]
            positions = np.array(flat, dtype=np.int32).reshape(values.shape)
            return {
                _MARK: "objects",
                "values": [self.encode(item) for _, item in codes],
                "codes": self._member(positions),
            }
        return {_MARK: "array", "member": self._member(values)}

    def _member(self, values: np.ndarray) -> str:
        name = f"{self._prefix}/{self._count}.npy"
        self._count += 1
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        self._archive.writestr(name, buffer.getvalue())
        return name

    def _table(self, frame: pd.DataFrame) -> dict[str, Any]:
        plain = isinstance(frame.index, pd.RangeIndex) and frame.index.start == 0 and frame.index.step == 1
        columns = []
        for position, name in enumerate(frame.columns):
            column = frame.iloc[:, position]
            dtype = str(column.dtype)
            values = column.to_numpy(object) if dtype in ("object", "str", "string") else column.to_numpy()
            columns.append([self.encode(name), dtype, self._array(values)])
        index = None if plain else self._array(frame.index.to_numpy())
        return {_MARK: "table", "rows": len(frame), "columns": columns, "index": index}


class Decoder:
    """Makes values again of what `Encoder` wrote.

    Parameters
    ----------
    members : mapping of str to bytes
        Of the archive.
    """

    def __init__(self, members: Mapping[str, bytes]) -> None:
        self._members = members

    def decode(self, value: Any) -> Any:
        """The value again.

        Raises
        ------
        InputError
            When the JSON names what this version does not know.
        """
        if isinstance(value, list):
            return tuple(self.decode(item) for item in value)
        if not isinstance(value, dict):
            return value
        kind = value[_MARK]
        if kind in _SIMPLE:
            return getattr(self, f"_{kind}")(value)
        found = known_types().get(kind)
        if found is None:
            raise InputError(
                stored("the saved assessment holds a {kind!r}, which this version does not know", kind=kind)
            )
        if issubclass(found, Enum):
            return found[value["name"]]
        names = {item.name for item in fields(found)}  # type: ignore[arg-type]
        return found(**{key: self.decode(item) for key, item in value.items() if key in names})

    def _text(self, value: dict[str, Any]) -> str:
        """A stored text, where its template is one of ours: a foreign one is never formatted."""
        template = value["template"]
        ours = any(catalogue(code).gettext(template) != template for code in LANGUAGES if template)
        if not ours:
            return str(value["text"])
        return restored(template, {key: self.decode(item) for key, item in value["values"].items()})

    def _float(self, value: dict[str, Any]) -> float:
        return float(value["value"])

    def _fraction(self, value: dict[str, Any]) -> Fraction:
        return Fraction(*value["value"])

    def _list(self, value: dict[str, Any]) -> list[Any]:
        return list(self._items(value))

    def _set(self, value: dict[str, Any]) -> set[Any]:
        return set(self._items(value))

    def _frozenset(self, value: dict[str, Any]) -> frozenset[Any]:
        return frozenset(self._items(value))

    def _items(self, value: dict[str, Any]) -> Iterable[Any]:
        return (self.decode(item) for item in value["items"])

    def _dict(self, value: dict[str, Any]) -> dict[Any, Any]:
        return {self.decode(key): self.decode(item) for key, item in value["items"]}

    def _array(self, value: dict[str, Any]) -> np.ndarray:
        return self._member(value["member"])

    def _objects(self, value: dict[str, Any]) -> np.ndarray:
        values = np.empty(len(value["values"]), dtype=object)
        for position, item in enumerate(value["values"]):
            values[position] = self.decode(item)
        return values[self._member(value["codes"])]

    def _member(self, name: str) -> np.ndarray:
        return np.load(io.BytesIO(self._members[name]), allow_pickle=False)

    def _table(self, value: dict[str, Any]) -> pd.DataFrame:
        columns = {
            self.decode(name): pd.Series(self.decode(values), dtype=dtype) for name, dtype, values in value["columns"]
        }
        frame = pd.DataFrame(columns, index=pd.RangeIndex(value["rows"]))
        if value["index"] is not None:
            frame.index = self.decode(value["index"])
        return frame

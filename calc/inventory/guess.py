"""Units that no header names, from the distribution of the values; where two fit, a question."""

from __future__ import annotations

import numpy as np

from calc import units
from calc.errors import AmbiguousUnitError, InventoryError
from calc.inventory import cells
from calc.inventory.columns import Column
from calc.language import foreign, joined, stored

#: Typical (median) value of a column -> unit; between two bands it is a question. Servers hold
#: 1 GiB to 4 TiB of memory and 16 GiB to 20 TiB of disk, which decides all but the edges.
_SIZE_BANDS = {
    "memory": ((0, 512, "GiB"), (4096, 4e6, "MiB"), (4e6, 4e9, "KiB"), (4e9, np.inf, "bytes")),
    "disk": ((16, 20_000, "GiB"), (40_000, 2e7, "MiB"), (2e7, 1.6e10, "KiB"), (1.6e10, np.inf, "bytes")),
}
_CANONICAL = {"size": "GiB", "rate": "Mbit/s", "power": "W"}
#: Shares between these could be fractions with readings over 100 %, or an idle fleet in percent.
_SHARE_DOUBT = (1.0, 2.0)


def unit_of(
    column: Column, header_unit: str, values: list[str], mark: str, answer: str | None, where: str, header: str
) -> tuple[float, str, str]:
    """Find the unit of a column.

    Returns
    -------
    (float, str, str)
        Factor to the canonical unit, the unit read, and how it is known: ``header``,
        ``inferred``, ``stated`` or ``plain``.

    Raises
    ------
    AmbiguousUnitError
        When the values fit two units and nobody has answered.
    InventoryError
        When the answer is no unit of this column.
    """
    known = units.KINDS.get(column.kind)
    if not known:
        return 1.0, "", "plain"
    if answer:
        if answer.casefold() not in known:
            raise InventoryError(
                stored(
                    "assume {name} = {answer!r}: not a unit of this column; use one of {known}",
                    name=column.name,
                    answer=answer,
                    known=", ".join(known),
                )
            )
        return known[answer.casefold()], answer, "stated"
    if header_unit in known:
        return known[header_unit], header_unit, "header"
    if column.kind == "size":
        return _size(column, values, mark, where, header)
    if column.kind == "share":
        return _share(column, values, mark, where, header)
    return 1.0, _CANONICAL[column.kind], "inferred"


def _size(column: Column, values: list[str], mark: str, where: str, header: str) -> tuple[float, str, str]:
    shown = numbers(values, mark)
    shown = shown[shown > 0]
    if not shown.size:
        return 1.0, "GiB", "inferred"
    typical = float(np.median(shown))
    bands = _SIZE_BANDS["memory" if column.name.startswith("memory") else "disk"]
    for low, high, unit in bands:
        if low <= typical < high:
            return units.SIZE_GIB[unit.casefold()], unit, "inferred"
    fits = ("TiB", "GiB") if typical < bands[0][0] else ("GiB", "MiB")
    raise question(column.name, header, typical, fits, where)


def _share(column: Column, values: list[str], mark: str, where: str, header: str) -> tuple[float, str, str]:
    if any("%" in value for value in values):
        return 0.01, "%", "inferred"
    shown = numbers(values, mark)
    largest = float(shown.max()) if shown.size else 0.0
    if largest == 0 or largest > _SHARE_DOUBT[1]:
        return 0.01, "%", "inferred"
    if largest > _SHARE_DOUBT[0] or (largest == 1 and bool(np.all(shown == shown.astype(int)))):
        raise question(column.name, header, largest, ("fraction", "%"), where)
    return 1.0, "fraction", "inferred"


def question(column: str, header: str, typical: float, choices: tuple[str, ...], where: str) -> AmbiguousUnitError:
    """The error that asks for the unit of a column."""
    one, other = (foreign(unit) for unit in choices)
    value = (
        stored("largest value {typical:g}", typical=typical)
        if choices[0] == "fraction"
        else stored("typical value {typical:g}", typical=typical)
    )
    asked = stored(
        "{where}: the column {header!r} names no unit, and its {value} could be {one} or {other}",
        where=where,
        header=header,
        value=value,
        one=one,
        other=other,
    )
    way_out = stored(
        "Write the unit in the header, e.g. '{header} ({unit})', or state it: assume={{{column!r}: {unit!r}}} in Python, "
        "--assume {column}={unit} on the command line",
        header=header,
        unit=choices[0],
        column=column,
    )
    return AmbiguousUnitError(joined((asked, way_out), ". "), column, header, choices, asked)


def numbers(values: list[str], mark: str) -> np.ndarray:
    """The values that are numbers of zero or more."""
    found = []
    for value in set(values):
        try:
            amount = cells.number(value, mark)[0]
        except cells.CellError:
            continue
        if amount >= 0:
            found.append((amount, value))
    if not found:
        return np.empty(0)
    count = {value: 0 for _, value in found}
    for value in values:
        if value in count:
            count[value] += 1
    return np.repeat([amount for amount, _ in found], [count[value] for _, value in found])


def mostly_numbers(values: list[str]) -> bool:
    """Whether four of five cells that are not blank hold numbers."""
    given = [value for value in values if value]
    return bool(given) and numbers(given, "").size >= 0.8 * len(given)

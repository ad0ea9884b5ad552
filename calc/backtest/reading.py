"""A history from a plain file: one row a workload and hour.

Columns: ``workload``, ``hour`` (a timestamp on the full hour), ``cpu_mean``, ``cpu_max`` (one unit for
all, e.g. MHz) and ``memory_gib``.
"""

from __future__ import annotations

import io
import zlib

import pandas as pd

from calc.backtest.history import History
from calc.errors import InputError
from calc.language import stored

COLUMNS = ("workload", "hour", "cpu_mean", "cpu_max", "memory_gib")


def read_history(data: bytes, name: str) -> tuple[History, int]:
    """Read a history from the bytes of a CSV file (also compressed with gzip).

    Parameters
    ----------
    data : bytes
    name : str
        Of the file, for messages.

    Returns
    -------
    (History, int)
        And how many missing readings were filled with the hour before.

    Raises
    ------
    InputError
        Naming file, row, column and value of the first thing that cannot be used.
    """
    packed = "gzip" if data[:2] == b"\x1f\x8b" else None
    try:
        frame = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, compression=packed)
    except (ValueError, UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
        raise InputError(stored("{name}: this is not a CSV file: {error}", name=name, error=error)) from None
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise InputError(
            stored(
                "{name}: column {missing!r} is missing; a history has the columns {columns}, one row a workload and "
                "hour",
                name=name,
                missing=missing[0],
                columns=", ".join(COLUMNS),
            )
        )
    if frame.empty:
        raise InputError(stored("{name}: there is no row below the header", name=name))
    numbers = {
        column: pd.to_numeric(frame[column], errors="coerce") for column in ("cpu_mean", "cpu_max", "memory_gib")
    }
    try:
        hours = pd.to_datetime(frame["hour"], errors="coerce", format="mixed")
    except ValueError:
        raise InputError(
            stored(
                "{name}, column 'hour': some times have another offset from UTC than others, or none; write all of them "
                "in local time without an offset",
                name=name,
            )
        ) from None
    unnamed = frame["workload"].str.strip() == ""
    for column, values in (("workload", frame["workload"].mask(unnamed)), ("hour", hours), *numbers.items()):
        bad = values.isna() | (values < 0 if column in numbers else False)
        if bad.any():
            row = int(bad.to_numpy().argmax())
            needs = {"workload": stored("a name"), "hour": stored("a timestamp")}
            need = needs.get(column, stored("a number of zero or more"))
            raise InputError(
                stored(
                    "{name}, row {row}, column {column!r} = {iloc!r}: {need} is needed",
                    name=name,
                    row=row + 2,
                    column=column,
                    iloc=frame[column].iloc[row],
                    need=need,
                )
            )
    odd = hours != hours.dt.floor("h")
    if odd.any():
        row = int(odd.to_numpy().argmax())
        raise InputError(
            stored(
                "{name}, row {row}, column 'hour' = {iloc!r}: not on the full hour; sum up to hours first",
                name=name,
                row=row + 2,
                iloc=frame["hour"].iloc[row],
            )
        )
    twice = frame.assign(hour=hours).duplicated(["workload", "hour"])
    if twice.any():
        row = int(twice.to_numpy().argmax())
        raise InputError(
            stored(
                "{name}, row {row}: workload {iloc!r} has this hour twice; keep one row for each",
                name=name,
                row=row + 2,
                iloc=frame["workload"].iloc[row],
            )
        )
    _no_wrong_date(hours, name)
    table = pd.DataFrame({"workload": frame["workload"], "hour": hours, **numbers})
    mean = table.pivot(index="workload", columns="hour", values="cpu_mean")
    highest = table.pivot(index="workload", columns="hour", values="cpu_max")
    return History.from_frames(mean, highest, table.groupby("workload")["memory_gib"].max())


def _no_wrong_date(hours: pd.Series, name: str) -> None:
    """Refuse where most hours from the first to the last have no row: one wrong date makes centuries of filled hours."""
    read = hours.drop_duplicates().sort_values(ignore_index=True)
    between = int((read.iloc[-1] - read.iloc[0]) / pd.Timedelta(hours=1)) + 1
    if between > 2 * len(read):
        after = int(read.diff().argmax())
        raise InputError(
            stored(
                "{name}: of {between:,} hours from the first to the last only {read:,} have a row, and none lies between "
                "{before} and {after}; is a date wrong? If not, leave out what lies before or after",
                name=name,
                between=between,
                read=len(read),
                before=str(read[after - 1]),
                after=str(read[after]),
            )
        )

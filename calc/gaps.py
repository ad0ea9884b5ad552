"""Gaps and what fills them: each fill is counted, and its origin kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc import assumptions
from calc.language import stored


@dataclass(frozen=True, slots=True)
class AssumedInput:
    """A default that stands in for missing readings.

    Attributes
    ----------
    field : str
    count : int
        For how many servers or workloads.
    value, source : str
        What was used, and where it comes from.
    """

    field: str
    count: int
    value: str
    source: str


class Gaps:
    """Fills gaps of a frame's columns and counts them.

    Attributes
    ----------
    assumed : list of AssumedInput
    filled : list of DataFrame
        name, column, value, table, origin, rule, file of every value that the files do not hold.
    """

    def __init__(self) -> None:
        self.assumed: list[AssumedInput] = []
        self.filled: list[pd.DataFrame] = []

    def count(self, where: pd.Series, field: str, shown: str, source: str) -> None:
        """Count rows whose value is a stand-in, and say which."""
        count = int(where.sum())
        if count:
            self.assumed.append(AssumedInput(field, count, shown, source))

    def note(self, frame: pd.DataFrame, column: str, where: pd.Series, origin: str, rule: str) -> None:
        """Record the origin of values that are in the frame now."""
        if not where.any():
            return
        key = "workload" if "workload" in frame else "server"
        part = pd.DataFrame(
            {
                "name": frame.loc[where, key].to_numpy(),
                "column": column,
                "value": frame.loc[where, column].to_numpy(object),
            }
        )
        self.filled.append(part.assign(table=f"{key}s", origin=origin, rule=rule, file=""))

    def fill(
        self,
        frame: pd.DataFrame,
        column: str,
        values: float | pd.Series,
        field: str,
        shown: str,
        source: str,
        where: pd.Series | None = None,
    ) -> None:
        """Put values, or one value, where there is none.

        Parameters
        ----------
        field, shown, source : str
            Of the `AssumedInput` that counts them.
        where : Series of bool, optional
            Fill these rows only.
        """
        gaps = frame[column].isna() if where is None else frame[column].isna() & where
        if gaps.any():
            frame.loc[gaps, column] = values if np.isscalar(values) else values[gaps]  # type: ignore[index]
            self.count(gaps, field, shown, source)
            origin = "looked up" if source.startswith("data/reference") else "assumed"
            self.note(frame, column, gaps, origin, stored("{shown}: {source}", shown=shown, source=source))


def source_of(name: str) -> str:
    """Source and date of a row of data/reference/assumptions.csv."""
    row = assumptions.default(name)
    return f"{row.source} ({row.as_of})"

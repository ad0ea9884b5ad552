"""Reads the sourced tables in data/reference. The only module that knows where they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from calc.errors import ReferenceDataError

FOLDER = Path(__file__).resolve().parent.parent / "data" / "reference"


@cache
def _read(name: str) -> pd.DataFrame:
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        raise ReferenceDataError(
            f"reference table {path.name} is missing from {FOLDER}: the installation is incomplete; "
            "restore data/reference from the repository"
        )
    return pd.read_csv(path)


def table(name: str) -> pd.DataFrame:
    """A copy of one reference table.

    Raises
    ------
    ReferenceDataError
        When the table is not in data/reference.
    """
    return _read(name).copy()

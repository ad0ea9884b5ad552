"""How a table shows its numbers: whole ones with separators, others with their digits, a choice of its own before both."""

from __future__ import annotations

import pandas as pd

from app_pages.tables import numbers_config


def test_whole_numbers_are_localised_and_others_keep_their_digits() -> None:
    frame = pd.DataFrame(
        {
            "count": [1, 20_000],
            "rounded": [1e6, float("nan")],
            "share": [0.00004, 0.5],
            "flag": [True, False],
            "name": ["a", "b"],
            "nothing": [float("nan")] * 2,
        }
    )
    found = numbers_config(frame)
    assert set(found) == {"count", "rounded"}
    assert all(column["type_config"]["format"] == "localized" for column in found.values())

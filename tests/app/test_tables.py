"""How a table shows numbers and dates: as the reader's place writes them, where no digit is lost by it."""

from __future__ import annotations

from datetime import date

import pandas as pd

from app_pages.speaking import as_text
from app_pages.tables import local_config


def test_numbers_and_dates_are_localised_and_small_shares_keep_their_digits() -> None:
    frame = pd.DataFrame(
        {
            "count": [1, 20_000],
            "rounded": [1e6, float("nan")],
            "share": [0.00004, 0.5],
            "flag": [True, False],
            "name": ["a", "b"],
            "hours": [1234.5, 0.125],
            "day": [date(2026, 1, 5), None],
            "nothing": [float("nan")] * 2,
        }
    )
    found = local_config(frame)
    assert set(found) == {"count", "rounded", "hours", "day"}
    assert all(column["type_config"]["format"] == "localized" for column in found.values())


def test_numbers_that_were_written_out_stand_below_each_other() -> None:
    frame = pd.DataFrame(
        {
            "money": ["−2,273,717", "1,329.5", "never"],
            "share": ["0.0%", "100%", "–"],
            "name": ["host-01", "12", "web 3"],
            "when": ["2026-01-05", "2026-02-05", ""],
        }
    )
    found = local_config(frame)
    assert {name for name, column in found.items() if column.get("alignment") == "right"} == {"money", "share"}


def test_names_from_a_file_are_no_markdown() -> None:
    assert as_text("- / - / x86_64: packing") == r"\- / - / x86\_64\: packing"
    assert as_text("Seoul - lan") == "Seoul - lan" and as_text("*a* [b](c)") == r"\*a\* \[b\](c)"

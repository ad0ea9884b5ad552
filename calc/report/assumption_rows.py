"""Every assumption of an answer as a reader meets it: in words, shares as per cent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.language import cited, local, say
from calc.report.choices import named
from calc.report.figures import ORIGIN_NAMES, number, read_as
from calc.report.tables import assumptions_table
from calc.scenario import Scenario

_COLUMNS = ("title", "value", "unit", "range", "origin", "source", "as_of")


def assumption_rows(a: Assessment) -> pd.DataFrame:
    """Every setting and default, in the language in use; what the user set comes first.

    Returns
    -------
    DataFrame
        title, value, unit, range, origin, source, as_of: all of them texts. Keys and fractions as a scenario file writes them are
        in `calc.report.tables.assumptions_table`.
    """
    found = assumptions_table(a)
    found = found[found["origin"] != "assumed"]
    found = found.iloc[np.argsort(found["origin"] != "user", kind="stable")]
    rows = []
    for row in found.to_dict("records"):
        field = Scenario.model_fields.get(row["name"])
        factor, unit = read_as(str(row["unit"]))
        spread = f"{_shown(row['low'], factor)} – {_shown(row['high'], factor)}" if row["low"] != row["high"] else ""
        title = local(field.title) if field is not None and field.title else local(row["name"])
        origin = local(ORIGIN_NAMES[row["origin"]])
        rows.append(
            (title, _shown(row["value"], factor), unit, spread, origin, cited(row["source"]), str(row["as_of"]))
        )
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _shown(value: object, factor: float) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if not isinstance(value, int | float):  # a choice, or several
        return ", ".join(named(part) for part in str(value).split(", ")) if value else "–"
    value = round(value * factor, 10)
    small = abs(value) < 10_000 and value == round(value, 4)
    return f"{value:g}" if small else number(value, 0 if value == round(value) else 2)

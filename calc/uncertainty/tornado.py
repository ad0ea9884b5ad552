"""Each input swung alone from its low to its high: which ones move the answer."""

from __future__ import annotations

import pandas as pd

from calc.uncertainty.model import Model

_COLUMNS = (
    "input",
    "title",
    "unit",
    "low",
    "base",
    "high",
    "npv_low",
    "npv_high",
    "effect",
    "flips",
    "guess",
    "how_to_measure",
    "source",
    "as_of",
)


def tornado(model: Model) -> pd.DataFrame:
    """Net present value with each input at its low and at its high, the others at their base.

    Returns
    -------
    DataFrame
        input, title, unit, low, base, high, npv_low, npv_high, effect (the span of the three values),
        flips (whether the sign of the net present value changes within the range), guess
        (neither stated by the user nor a choice), how_to_measure, source, as_of. Sorted by
        effect, the largest first; inputs without effect are left out.
    """
    base = model.evaluate({}).npv
    rows = []
    for item in model.inputs:
        low, high = (
            model.evaluate({item.name: value}).npv if value != item.base else base for value in (item.low, item.high)
        )
        span = (min(low, high, base), max(low, high, base))
        rows.append(
            (
                item.name,
                item.title,
                item.unit,
                item.low,
                item.base,
                item.high,
                low,
                high,
                span[1] - span[0],
                span[0] < 0 < span[1],
                item.guess,
                item.how_to_measure,
                item.source,
                item.as_of,
            )
        )
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table = table[table["effect"] > 0.005]  # less than half a cent is no effect
    return table.sort_values(["effect", "input"], ascending=[False, True]).reset_index(drop=True)

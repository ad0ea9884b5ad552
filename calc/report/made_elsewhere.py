"""How the cost of an alternative and a bar of the tornado come about."""

from __future__ import annotations

import pandas as pd

from calc.alternatives import Alternatives
from calc.costs.fleet import LINES
from calc.errors import InputError
from calc.language import local, say, stored
from calc.report import words
from calc.report.figures import quantity
from calc.report.made import Made, Part, by_year


def alternative_made_of(found: Alternatives, key: str) -> Made:
    """How the cost of an alternative comes about.

    Parameters
    ----------
    key : str
        ``alternative.number``, then ``.line`` and ``.year``.

    Raises
    ------
    InputError
        When there is no such figure.
    """
    currency = found.scenario.currency
    _, number, *rest = key.split(".")
    if not number.isdigit() or int(number) >= len(found.entries):
        raise InputError(stored("{key!r} is not an alternative of this answer", key=key))
    entry = found.entries[int(number)]
    title = local(entry.name)
    if not rest:
        parts = [
            Part(local(line), float(entry.flows[line].sum()), f"{key}.{line}")
            for line in LINES
            if entry.flows[line].any()
        ]
        notes = [local(entry.note)] if entry.note else []
        if entry.missing:
            notes.append(say("Not priced, so a lower bound: {names}.", names=", ".join(map(local, entry.missing))))
        notes.append(
            say(
                "Present value {value}; each year's sum / (1 + {rate:.1%}) ^ year.",
                value=words.exact(entry.present_cost, currency),
                rate=found.scenario.discount_rate,
            )
        )
        return Made(
            say("{name}: cost over {years} years", name=title, years=found.scenario.horizon_years),
            words.exact(entry.comparison.tco_target, currency),
            say("sum of its cost lines over all years"),
            " ".join(notes),
            tuple(parts),
        )
    line = rest[0]
    if line not in LINES or len(rest) > 2 or (len(rest) == 2 and not rest[1].isdigit()):
        raise InputError(stored("{key!r} is not an alternative of this answer", key=key))
    if len(rest) == 1:
        return Made(
            f"{title}, {local(line)}",
            words.exact(float(entry.flows[line].sum()), currency),
            say("sum over the years"),
            parts=by_year(entry.flows[line], lambda year: f"{key}.{year}"),
        )
    ledger, year = entry.ledger(), int(rest[1])
    rows = ledger[(ledger["line"] == line) & (ledger["year"] == year)]
    return Made(
        f"{title}, {local(line)}, {say('Year {year}', year=year)}",
        words.exact(float(rows.groupby("term")["amount"].first().sum()), currency),
        terms=rows,
    )


def input_made_of(table: pd.DataFrame, name: str, npv: float, currency: str) -> Made:
    """How a bar of the tornado comes about.

    Parameters
    ----------
    table : DataFrame
        From `calc.uncertainty.tornado`.
    name : str
        Of an input.
    npv : float
        With everything at its base.

    Raises
    ------
    InputError
        When the table has no such input.
    """
    rows = table[table["input"] == name]
    if not len(rows):
        raise InputError(stored("{key!r} is no input of the tornado", key=name))
    row = rows.iloc[0]
    ends = (("low", row["npv_low"]), ("base", npv), ("high", row["npv_high"]))
    label = {
        "low": say("Net present value at its low, {value}"),
        "base": say("Net present value at its base, {value}"),
        "high": say("Net present value at its high, {value}"),
    }
    parts = tuple(
        Part(label[end].format(value=quantity(float(row[end]), str(row["unit"]))), float(at)) for end, at in ends
    )
    return Made(
        local(row["title"]),
        say("moves the net present value by {money}", money=words.exact(float(row["effect"]), currency)),
        say("highest of the three net present values less the lowest; everything else stays at its base"),
        say(
            "Source: {source} {as_of}. How to measure it: {how}.",
            source=local(str(row["source"])),
            as_of=row["as_of"],
            how=local(row["how_to_measure"]),
        ),
        parts,
    )

"""How a figure of the simulation comes about: a quantile over draws, and what was drawn.

Keys: ``range.P50.year`` (a quantile of the cumulative saving), ``quantile.outcome.P50``, ``draw.number``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.costs.cashflow import per_year
from calc.errors import InputError
from calc.language import local, say, stored
from calc.report import words
from calc.report.figures import number, percent, quantity
from calc.report.made import Made, Part

if TYPE_CHECKING:  # its import takes a second that only the range has to wait for
    from calc.uncertainty import Model, Simulation

RANGE = ("range", "quantile", "draw")
#: Quantiles that the fan shows.
FAN = {"P10": 0.1, "P25": 0.25, "P50": 0.5, "P75": 0.75, "P90": 0.9}


def outcome_names(currency: str) -> dict[str, str]:
    """Outcomes of a draw in words."""
    return {
        "npv": say("NPV ({currency})", currency=currency),
        "savings": say("Saving ({currency})", currency=currency),
        "payback_months": say("Payback (months)"),
        "hosts": say("Hosts"),
    }


def range_made_of(model: Model, table: pd.DataFrame, simulation: Simulation, key: str) -> Made:
    """How a figure of the simulation comes about.

    Parameters
    ----------
    model : Model
    table : DataFrame
        From `calc.uncertainty.tornado`.
    simulation : Simulation
    key : str
        As in the module's text.

    Raises
    ------
    InputError
        When there is no such figure.
    """
    kind, *rest = key.split(".")
    a = model.assessment
    if kind == "draw" and len(rest) == 1 and rest[0].isdigit() and int(rest[0]) < len(simulation.draws):
        return _draw(model, table, simulation, int(rest[0]))
    years = {str(year): year for year in range(simulation.cumulative.shape[1])}
    if kind == "range" and len(rest) == 2 and rest[0] in FAN and rest[1] in years:
        return _saving(a, simulation, rest[0], years[rest[1]])
    if kind == "quantile" and len(rest) == 2 and rest[0] in simulation.draws and rest[1] in simulation.quantiles():
        return _quantile(a, simulation, rest[0], rest[1])
    raise InputError(stored("{key!r} is no figure of the simulation", key=key))


def _drawn_how(simulation: Simulation) -> str:
    return say(
        "{n:,} draws of all uncertain inputs at once, every one priced exactly; Latin hypercube, {shape}, seed {seed}.",
        n=len(simulation.draws),
        shape=simulation.shape.upper(),
        seed=simulation.seed,
    )


def _saving(a: Assessment, simulation: Simulation, name: str, year: int) -> Made:
    values, currency = simulation.cumulative[:, year], a.scenario.currency
    amounts = {shown: float(np.quantile(values, share)) for shown, share in FAN.items()}
    nearest = int(np.abs(values - amounts[name]).argmin())
    own = per_year(a.flows["baseline"]) - per_year(a.flows["target"])
    parts = (
        *(Part(shown, amount) for shown, amount in amounts.items()),
        Part(say("The answer itself"), float(np.cumsum(own)[year]), f"saved.{year}"),
        Part(say("Draw {n:,}, the nearest to it", n=nearest + 1), float(values[nearest]), f"draw.{nearest}"),
    )
    return Made(
        say("Cumulative saving to year {year}, {quantile}", year=year, quantile=name),
        words.exact(amounts[name], currency),
        say("{share} of the draws save less than this up to year {year}", share=percent(FAN[name]), year=year),
        _drawn_how(simulation),
        parts,
    )


def _quantile(a: Assessment, simulation: Simulation, outcome: str, name: str) -> Made:
    value = float(simulation.quantiles().loc[outcome, name])
    filled = simulation.draws[outcome].fillna(np.inf).to_numpy()
    # Quantiles of outcomes are draws: the first with this value.
    draw = int((filled == value).argmax())
    lower = float((filled < value).mean())
    return Made(
        f"{outcome_names(a.scenario.currency)[outcome]}, {name}",
        say("never") if np.isinf(value) else number(value, 2),
        say("{share} of the draws are lower", share=percent(lower, 1)),
        _drawn_how(simulation),
        (Part(say("Draw {n:,}, which has this value", n=draw + 1), value, f"draw.{draw}", _outcome(value, outcome)),),
    )


def _outcome(value: float, outcome: str) -> str:
    if np.isinf(value) or np.isnan(value):
        return say("never")
    return number(value, 1 if outcome == "payback_months" else 2)


def _draw(model: Model, table: pd.DataFrame, simulation: Simulation, place: int) -> Made:
    outcome, values = simulation.draws.iloc[place], simulation.values.iloc[place]
    known = list(table["input"])
    inputs = sorted(
        (item for item in model.inputs if item.name in values.index),
        key=lambda item: known.index(item.name) if item.name in known else len(known),
    )
    parts = tuple(
        Part(
            local(item.title),
            float(values[item.name]),
            f"input.{item.name}" if item.name in known else "",
            quantity(float(values[item.name]), item.unit),
        )
        for item in inputs
    )
    currency = model.assessment.scenario.currency
    return Made(
        say("Net present value of draw {n:,}", n=place + 1),
        words.exact(float(outcome["npv"]), currency),
        say("the whole case priced again with the inputs below"),
        say(
            "Saving {saving}, payback {payback}, hosts {hosts} (from the bound and the calibrated gap where demand changed).",
            saving=words.amount(float(outcome["savings"]), currency),
            payback=words.months(None if np.isnan(outcome["payback_months"]) else float(outcome["payback_months"])),
            hosts=number(float(outcome["hosts"]), 0 if float(outcome["hosts"]).is_integer() else 1),
        ),
        parts,
    )

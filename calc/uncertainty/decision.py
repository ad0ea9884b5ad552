"""Buy, wait or measure first: the decision, the price at which it flips, and what to measure next."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from scipy.optimize import brentq

from calc.errors import InputError
from calc.language import joined, stored
from calc.scenario import Scenario
from calc.uncertainty.model import WHOLE, Model
from calc.uncertainty.montecarlo import Simulation

#: A probability of this much, for or against, is enough to act on.
CONFIDENT = 0.8
_GUESSES = 10
#: How far beyond its published range a break-even is looked for.
_REACH = 20.0
#: How far it stays from a limit that the setting may not reach, as a share of the range.
_HAIR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What to do.

    Attributes
    ----------
    verdict : {'buy', 'wait', 'measure first'}
    reason : str
    host_price_now, host_price_flip : float or None
        Mean price of a planned host, and the one at which the net present value is zero; None
        where no price above zero does it.
    measure_next : DataFrame
        The ten guesses that move the net present value most: input, title, effect, how_to_measure.
    """

    verdict: str
    reason: str
    host_price_now: float | None
    host_price_flip: float | None
    measure_next: pd.DataFrame


def break_even(model: Model, name: str) -> float | None:
    """The value of one input at which the net present value is zero, the others at their base.

    Looked for in the published range, then up to 20 times its width beyond it, within what the setting
    allows (never below zero for what cannot be negative). None where the sign does not change. Of a whole number, such
    as years, it is the nearest one to the base at which the sign has changed.

    Raises
    ------
    InputError
        When the answer has no such input.
    """
    found = [item for item in model.inputs if item.name == name]
    if not found:
        known = ", ".join(item.name for item in model.inputs)
        raise InputError(
            stored("{name!r} is not an uncertain input of this answer; known: {known}", name=name, known=known)
        )
    item = found[0]
    span = item.high - item.low
    least, most = _allowed(name, _HAIR * span)
    least = max(least, 0.0 if item.low >= 0 else item.low)
    reaches = [
        (item.low, item.high),
        (max(least, item.low - _REACH * span), min(most, item.high + _REACH * span)),
    ]
    if name == "cpu_score":
        reaches = reaches[:1]  # beyond the range of the published results there is nothing

    def npv(value: float) -> float:
        return model.evaluate({name: value}).npv

    if name in WHOLE:
        return _nearest_whole(npv, item.base, *reaches[-1])
    for low, high in reaches:
        for start, end in ((item.base, low), (item.base, high)):
            root = _root(npv, start, end)
            if root is not None:
                return root
    return None


def _root(function: Callable[[float], float], start: float, end: float) -> float | None:
    """Where the function changes sign between two points; a jump over zero counts."""
    if start == end:
        return None
    first, last = function(start), function(end)
    if first == 0:
        return start
    if first * last > 0:
        return None
    return float(brentq(function, start, end, xtol=1e-9 * max(1.0, abs(start), abs(end)), rtol=1e-9))


def _allowed(name: str, hair: float) -> tuple[float, float]:
    """Least and greatest value that a setting may have, a hair inside a limit that it may not reach; without limits where it has none."""
    least, most = -math.inf, math.inf
    field = Scenario.model_fields.get(name)
    for limit in field.metadata if field is not None else ():
        least = max(least, getattr(limit, "ge", -math.inf), getattr(limit, "gt", -math.inf) + hair)
        most = min(most, getattr(limit, "le", math.inf), getattr(limit, "lt", math.inf) - hair)
    return least, most


def _nearest_whole(function: Callable[[float], float], base: float, low: float, high: float) -> float | None:
    """The whole number nearest to the base, the smaller of two, at which the function has another sign than there."""
    here, now = function(base), round(base)
    for value in sorted(range(math.ceil(low), math.floor(high) + 1), key=lambda value: (abs(value - now), value)):
        if function(value) * here <= 0:
            return float(value)
    return None


def _agreeing(value: str, chance: float) -> str:
    """The value and the draws that agree with it: whole sentences, as no language puts "none" and "all" where a share stands."""
    if chance == 0:
        return stored("{value}, and none of the draws is positive", value=value)
    if chance == 1:
        return stored("{value}, and all of the draws are positive", value=value)
    return stored("{value}, and {share} of the draws are positive", value=value, share=f"{chance:.0%}")


def _doubted(value: str, chance: float) -> str:
    if chance == 0:
        return stored("{value}, but none of the draws is positive", value=value)
    if chance == 1:
        return stored("{value}, but all of the draws are positive", value=value)
    return stored("{value}, but {share} of the draws are positive", value=value, share=f"{chance:.0%}")


def _whole(amount: float) -> str:
    """An amount in whole units with the minus sign of the other figures beside it."""
    return f"{amount:,.0f}".replace("-", "−")


def decide(model: Model, table: pd.DataFrame, simulation: Simulation) -> Decision:
    """Buy, wait or measure first.

    Parameters
    ----------
    table : DataFrame
        From `tornado`.

    Notes
    -----
    Buy when the net present value is positive and at least 80 % of the draws agree; wait when it
    is negative and at least 80 % of the draws agree. Else measure first: the doubt is larger than
    the answer.
    """
    a = model.assessment
    npv, chance = model.evaluate({}).npv, simulation.probability_positive
    guesses = table[table["guess"]].head(_GUESSES)
    now, flip = model.host_price_flip()
    currency = a.scenario.currency
    against = (
        stored("the net present value is {npv} {currency}", npv=_whole(npv), currency=currency)
        if model.against == "keep"
        else stored(
            "the net present value against refreshing like for like is {npv} {currency}",
            npv=_whole(npv),
            currency=currency,
        )
    )
    flipping = list(guesses.loc[guesses["flips"], "title"])
    if npv > 0 and chance >= CONFIDENT:
        verdict, parts = "buy", [_agreeing(against, chance)]
    elif npv < 0 and chance <= 1 - CONFIDENT:
        verdict, parts = "wait", [_agreeing(against, chance)]
    else:
        verdict, parts = "measure first", [_doubted(against, chance)]
    if flipping:
        parts.append(stored("alone within its range each of these turns the answer: {inputs}", inputs=joined(flipping)))
    if flip is None:
        parts.append(stored("no price of hosts above zero turns it"))
    else:
        parts.append(
            stored(
                "it flips at {flip:,.0f} {currency} a host, the plan has {now:,.0f} on average",
                flip=flip,
                currency=currency,
                now=now,
            )
        )
    return Decision(
        verdict,
        joined(parts, "; "),
        now or None,
        flip,
        guesses[["input", "title", "effect", "low", "high", "unit", "how_to_measure"]].reset_index(drop=True),
    )

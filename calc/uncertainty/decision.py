"""Buy, wait or measure first: the decision, the price at which it flips, and what to measure next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from scipy.optimize import brentq

from calc.errors import InputError
from calc.language import joined, stored
from calc.uncertainty.model import Model
from calc.uncertainty.montecarlo import Simulation

#: A probability of this much, for or against, is enough to act on.
CONFIDENT = 0.8
_GUESSES = 10
#: How far beyond its published range a break-even is looked for.
_REACH = 20.0


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

    Looked for in the published range, then up to 20 times its width beyond it (never below
    zero for what cannot be negative). None where the sign does not change.

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
    floor = 0.0 if item.low >= 0 else item.low
    reaches = [(item.low, item.high), (max(floor, item.low - _REACH * span), item.high + _REACH * span)]
    if name == "cpu_score":
        reaches = reaches[:1]  # beyond the range of the published results there is nothing

    def npv(value: float) -> float:
        return model.evaluate({name: value}).npv

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

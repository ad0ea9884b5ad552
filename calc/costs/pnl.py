"""The profit-and-loss view beside the cash view: straight-line depreciation and write-off.

Nothing here enters the net present value: depreciation is no cash, and what was paid for
today's servers is sunk. Purchases and perpetual licences are written down over the life of a
server; what is spent as it is used is an expense of its year.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.costs.case import Case
from calc.costs.fleet import LINES
from calc.costs.one_offs import leaving_years
from calc.costs.pricing import Side
from calc.costs.ramp import form_ramp
from calc.scenario import Scenario


def depreciation(amounts: np.ndarray, life: int) -> np.ndarray:
    """Straight-line depreciation of yearly purchases, shape (horizon + 1,).

    What is bought at the end of year t is written down over years t + 1 … t + life.

    Examples
    --------
    >>> depreciation(np.array([100.0, 0, 0, 50, 0]), 2).tolist()
    [0.0, 50.0, 50.0, 0.0, 25.0]
    """
    out = np.zeros(len(amounts))
    for start, amount in enumerate(amounts):
        out[start + 1 : start + 1 + life] += amount / life
    return out


def profit_and_loss(side: Side, case: Case, scenario: Scenario, *, removed: np.ndarray | None = None) -> pd.DataFrame:
    """Yearly expense, depreciation and write-off of one side.

    Parameters
    ----------
    removed : ndarray of bool, shape (S,), optional
        Servers that leave: the book value of then is written off in the year in which each goes (less the resale).

    Returns
    -------
    DataFrame
        year, expense, depreciation_of_purchases, depreciation_of_todays_servers, write_off, total;
        in the scenario's currency, costs positive.
    """
    horizon, life = scenario.horizon_years, scenario.server_life_years
    flows = side.flows(scenario)
    capital = np.zeros(horizon + 1)
    for fleet in side.fleets:
        general = (1 + scenario.inflation) ** fleet.bought
        once = fleet.licence_once + (0.0 if fleet.guest_once is None else fleet.guest_once)
        np.add.at(capital, fleet.bought, (fleet.price + fleet.network_value(scenario) + once) * general)
    for term in side.terms:
        if term.bought:
            capital[term.year] += term.amount
    total = np.sum([flows[line] for line in LINES if line not in ("residual value", "resale")], axis=0)
    # Standby machines book everything to one line, their residual value too: take it out again.
    for fleet in side.fleets:
        if fleet.books_to is not None:
            total[horizon] += float(fleet.residual(scenario).sum())
    book = case.book_value(scenario)
    age = np.maximum(0.0, scenario.start_year - case.purchase_year(scenario))
    years_left = np.maximum(1.0, np.ceil(life - age))
    gone = np.full(len(book), horizon + 1)
    if removed is not None:
        years = leaving_years(case, form_ramp(case, scenario))
        gone = np.where(removed & (years >= 0) & (years < horizon), years, gone)
    old, write_off = np.zeros(horizon + 1), flows["resale"].copy()
    for year in range(horizon + 1):
        if year:
            old[year] = float(np.where((year <= gone) & (year <= years_left), book / years_left, 0.0).sum())
        write_off[year] += float((book * np.maximum(0.0, 1 - year / years_left))[gone == year].sum())
    table = pd.DataFrame(
        {
            "year": range(horizon + 1),
            "expense": total - capital,
            "depreciation_of_purchases": depreciation(capital, life),
            "depreciation_of_todays_servers": old,
            "write_off": write_off,
        }
    )
    table["total"] = table.drop(columns="year").sum(axis=1)
    return table

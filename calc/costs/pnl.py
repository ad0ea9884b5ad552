"""The profit-and-loss view beside the cash view: straight-line depreciation and write-off.

Nothing here enters the net present value: depreciation is no cash, and what was paid for
today's servers is sunk. Purchases and perpetual licences are written down over the life of a
server; what is spent as it is used is an expense of its year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc.costs.case import Case
from calc.costs.cashflow import Flows
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


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """What the profit-and-loss view of one side is made of, in the scenario's currency; costs positive.

    Attributes
    ----------
    flows : Flows
        The cash by line.
    purchases : dict of str to ndarray, shape (horizon + 1,) each
        What is bought by year and written down over the years after it: hardware, storage, network, licences.
    standby_residual : float
        Value left of standby machines, which their one line of cash holds and the books do not.
    book : ndarray, shape (S,)
        Book value of today's servers in the first year.
    years_left : ndarray, shape (S,)
        Years over which it is written down.
    gone : ndarray of int, shape (S,)
        Year in which each leaves; one after the horizon where it stays.
    life : int
        Years over which purchases are written down.
    """

    flows: Flows
    purchases: dict[str, np.ndarray]
    standby_residual: float
    book: np.ndarray
    years_left: np.ndarray
    gone: np.ndarray
    life: int

    @property
    def bought(self) -> np.ndarray:
        """All purchases by year, shape (horizon + 1,)."""
        return np.sum(list(self.purchases.values()), axis=0)

    def value_left(self, year: int) -> np.ndarray:
        """Book value of every server after so many years, shape (S,)."""
        return np.asarray(self.book * np.maximum(0.0, 1 - year / self.years_left))

    def write_off(self) -> np.ndarray:
        """Book value of what leaves in each year, less its resale, shape (horizon + 1,)."""
        years = range(len(self.bought))
        value = np.array([float(self.value_left(year)[self.gone == year].sum()) for year in years])
        return np.asarray(value + self.flows["resale"])

    def written_down(self, year: int) -> np.ndarray:
        """Servers that are written down in a year: there, and not yet at nothing, shape (S,)."""
        return np.asarray((year > 0) & (year <= self.gone) & (year <= self.years_left))

    def expense(self) -> np.ndarray:
        """Cash of every year that is no purchase, no resale and no value left, shape (horizon + 1,)."""
        total = np.sum([self.flows[line] for line in LINES if line not in NO_EXPENSE], axis=0) - self.bought
        total[-1] += self.standby_residual
        return np.asarray(total)

    def old(self) -> np.ndarray:
        """Depreciation of today's servers while they are there, by year, shape (horizon + 1,)."""
        share = self.book / self.years_left
        return np.array([float(share[self.written_down(year)].sum()) for year in range(len(self.bought))])


#: Lines of the cash that no expense holds: the books write purchases down instead, and write off what leaves.
NO_EXPENSE = ("residual value", "resale")


def form_books(side: Side, case: Case, scenario: Scenario, *, removed: np.ndarray | None = None) -> Books:
    """What the profit-and-loss view of a side is made of.

    Parameters
    ----------
    removed : ndarray of bool, shape (S,), optional
        Servers that leave: the book value of then is written off in the year in which each goes (less the resale).
    """
    horizon, life = scenario.horizon_years, scenario.server_life_years
    bought = {kind: np.zeros(horizon + 1) for kind in ("hardware", "storage", "network", "licences")}
    for fleet in side.fleets:
        general = (1 + scenario.inflation) ** fleet.bought
        once = fleet.licence_once + (0.0 if fleet.guest_once is None else fleet.guest_once)
        np.add.at(bought[fleet.line], fleet.bought, fleet.price * general)
        np.add.at(bought["network"], fleet.bought, fleet.network_value(scenario) * general)
        np.add.at(bought["licences"], fleet.bought, once * general)
    for term in side.terms:
        if term.bought:
            bought["licences"][term.year] += term.amount
    standby = sum(float(fleet.residual(scenario).sum()) for fleet in side.fleets if fleet.books_to is not None)
    age = np.maximum(0.0, scenario.start_year - case.purchase_year(scenario))
    gone = np.full(len(age), horizon + 1)
    if removed is not None:
        years = leaving_years(case, form_ramp(case, scenario))
        gone = np.where(removed & (years >= 0) & (years < horizon), years, gone)
    return Books(
        side.flows(scenario),
        bought,
        standby,
        case.book_value(scenario),
        np.maximum(1.0, np.ceil(life - age)),
        gone,
        life,
    )


def profit_and_loss(side: Side, case: Case, scenario: Scenario, *, removed: np.ndarray | None = None) -> pd.DataFrame:
    """Yearly expense, depreciation and write-off of one side.

    Parameters
    ----------
    removed : ndarray of bool, shape (S,), optional
        As for `form_books`.

    Returns
    -------
    DataFrame
        year, expense, depreciation_of_purchases, depreciation_of_todays_servers, write_off, total;
        in the scenario's currency, costs positive.
    """
    books = form_books(side, case, scenario, removed=removed)
    table = pd.DataFrame(
        {
            "year": range(scenario.horizon_years + 1),
            "expense": books.expense(),
            "depreciation_of_purchases": depreciation(books.bought, books.life),
            "depreciation_of_todays_servers": books.old(),
            "write_off": books.write_off(),
        }
    )
    table["total"] = table.drop(columns="year").sum(axis=1)
    return table

"""How a figure of the money comes about: its formula with numbers, and the parts it is made of, down to figures with sources.

A key names a figure; every part that can be explained further has a key of its own, so a reader goes from the net present value to
the price of a kilowatt-hour. Keys: the measures (``npv``, ``savings``, ``irr``, ``roi``, ``payback``, ``discounted_payback``,
``unit_cost``), ``tco.side``, ``line.name``, ``net.year``, ``saved.year``, ``total.side.year``, ``cumulative.side.year``,
``step.number``, those of `calc.report.made_plan`, `calc.report.made_carbon` and `calc.report.made_books`, and those of
`calc.Assessment.explain`.
"""

from __future__ import annotations

from calc.assessment import Assessment
from calc.costs.cashflow import per_year, tco
from calc.costs.fleet import LINES
from calc.costs.ledger import key_of
from calc.language import local, say
from calc.report import words
from calc.report.made import SIDES, Made, Part, by_year, difference, line_key, side_name, tco_name, year_name
from calc.report.made_books import books_made_of, columns
from calc.report.made_carbon import CARBON, carbon_made_of
from calc.report.made_measures import measure, measures
from calc.report.made_plan import plan_measure, plan_measures, pool_made_of


def figure_names(a: Assessment) -> dict[str, str]:
    """Every figure that can be asked for, in words, the headline first.

    Returns
    -------
    dict of str to str
        Key to words.
    """
    names = measures() | plan_measures()
    names |= {f"tco.{side}": tco_name(side) for side in SIDES}
    years = range(a.scenario.horizon_years + 1)
    for line in LINES:
        sides = [side for side in SIDES if a.flows[side][line].any()]
        if sides:
            names[f"line.{line}"] = say("{line}: keep less plan", line=local(line))
        for side in sides:
            names[line_key(line, side)] = f"{local(line)}, {side_name(side)}"
            for year in years:
                if a.flows[side][line][year]:
                    names[key_of(line, side, year)] = year_name(line, side, year)
    return names


def made_of(a: Assessment, key: str) -> Made:
    """How a figure of an answer comes about.

    Parameters
    ----------
    key : str
        As in the module's text.

    Raises
    ------
    InputError
        When there is no such figure.
    """
    kind, _, rest = key.partition(".")
    if key in measures():
        return measure(a, key)
    if key in plan_measures():
        return plan_measure(a, key)
    if kind == "pool" and rest.isdigit() and int(rest) < len(a.pools):
        return pool_made_of(a, int(rest))
    if kind == "line" and rest in LINES:
        return _line(a, rest)
    if _is_year(a, rest.rpartition(".")[2]) and (found := _of_a_year(a, kind, *rest.rpartition(".")[::2])):
        return found
    if kind == "step" and rest.isdigit() and int(rest) < len(a.saving_steps):
        return _step(a, int(rest))
    if kind == "tco" and rest in a.flows:
        return _tco(a, rest)
    line, side = kind.replace("_", " "), rest.partition(".")[0]
    if line in LINES and rest in a.flows:
        return _line_of_side(a, line, rest)
    explained = a.explain(key)  # says what there is, where there is none
    return Made(
        year_name(line, side, int(rest.rpartition("year")[2])),
        words.exact(explained.amount, explained.currency),
        terms=explained.rows,
    )


def _of_a_year(a: Assessment, kind: str, what: str, year: str) -> Made | None:
    """A figure of one year; ``what`` is a side, a side and a column, or nothing."""
    number = int(year)
    if kind in ("net", "saved") and not what:
        return _net(a, number) if kind == "net" else _saved(a, number)
    if kind in ("total", "cumulative") and what in a.flows:
        return _total(a, what, number) if kind == "total" else _cumulative(a, what, number)
    if kind in CARBON and what in a.sides:
        return carbon_made_of(a, kind, what, number)
    side, _, column = what.partition(".")
    if kind == "books" and side in SIDES and column in (*columns(), "purchases"):
        return books_made_of(a, side, column, number)
    return None


def _net(a: Assessment, year: int) -> Made:
    currency = a.scenario.currency
    parts = tuple(Part(side_name(side), float(per_year(a.flows[side])[year]), f"total.{side}.{year}") for side in SIDES)
    return Made(
        say("Saving in year {year}", year=year),
        words.exact(parts[0].amount - parts[1].amount, currency),
        difference(parts[0].amount, parts[1].amount),
        parts=parts,
    )


def _saved(a: Assessment, year: int) -> Made:
    before, after = (float(per_year(a.flows[side])[: year + 1].sum()) for side in SIDES)
    parts = tuple(
        Part(
            say("{side}: cumulative cost to year {year}", side=side_name(side), year=year),
            amount,
            f"cumulative.{side}.{year}",
        )
        for side, amount in zip(SIDES, (before, after), strict=True)
    )
    return Made(
        say("Cumulative saving to year {year}", year=year),
        words.exact(before - after, a.scenario.currency),
        difference(before, after),
        parts=parts,
    )


def _total(a: Assessment, side: str, year: int) -> Made:
    flows = a.flows[side]
    parts = tuple(
        Part(local(line), float(flows[line][year]), key_of(line, side, year)) for line in LINES if flows[line][year]
    )
    return Made(
        f"{side_name(side)}, {say('Year {year}', year=year)}",
        words.exact(float(per_year(flows)[year]), a.scenario.currency),
        say("sum of the cost lines of the year"),
        parts=parts,
    )


def _cumulative(a: Assessment, side: str, year: int) -> Made:
    amounts = per_year(a.flows[side])[: year + 1]
    return Made(
        say("{side}: cumulative cost to year {year}", side=side_name(side), year=year),
        words.exact(float(amounts.sum()), a.scenario.currency),
        say("sum over the years"),
        parts=by_year(amounts, lambda number: f"total.{side}.{number}"),
    )


def _tco(a: Assessment, side: str) -> Made:
    flows = a.flows[side]
    parts = tuple(
        Part(local(line), float(flows[line].sum()), line_key(line, side)) for line in LINES if flows[line].any()
    )
    note = say("Nominal, undiscounted, over {years} years.", years=a.scenario.horizon_years)
    return Made(
        tco_name(side),
        words.exact(tco(flows), a.scenario.currency),
        say("sum of its cost lines over all years"),
        note,
        parts,
    )


def _line(a: Assessment, line: str) -> Made:
    parts = tuple(
        Part(
            f"{local(line)}, {side_name(side)}",
            float(a.flows[side][line].sum()),
            line_key(line, side) if a.flows[side][line].any() else "",
        )
        for side in SIDES
    )
    saved = parts[0].amount - parts[1].amount
    return Made(
        say("{line}: keep less plan", line=local(line)),
        words.exact(saved, a.scenario.currency),
        difference(parts[0].amount, parts[1].amount),
        "" if saved >= 0 else say("Negative: the plan costs more on this line."),
        parts,
    )


def _line_of_side(a: Assessment, line: str, side: str) -> Made:
    amounts = a.flows[side][line]
    return Made(
        f"{local(line)}, {side_name(side)}",
        words.exact(float(amounts.sum()), a.scenario.currency),
        say("sum over the years"),
        parts=by_year(amounts, lambda year: key_of(line, side, year)),
    )


def _step(a: Assessment, number: int) -> Made:
    row = a.saving_steps.iloc[number]
    before, after = float(row["tco_before"]), float(row["tco_after"])
    ends = {0: ("", "tco.baseline"), len(a.saving_steps) - 1: ("tco.target", "")}
    parts = (
        Part(say("Cost before this step"), before, "tco.baseline" if number == 0 else f"step.{number - 1}"),
        Part(say("Cost after this step"), after, ends.get(number, ("", ""))[0]),
    )
    return Made(
        local(row["step"]),
        words.exact(float(row["saving"]), a.scenario.currency),
        say("cost before − cost after = {before} − {after}", before=f"{before:,.2f}", after=f"{after:,.2f}"),
        say("The whole horizon is priced twice by the same rules: once without this step, once with it."),
        parts,
    )


def _is_year(a: Assessment, text: str) -> bool:
    return text.isdigit() and int(text) <= a.scenario.horizon_years

"""How carbon comes about: tonnes by year and side, down to power, grid and the carbon of a machine.

Keys: ``carbon.side.year`` (all up to a year), ``operational_carbon.side.year`` and ``embodied_carbon.side.year``.
"""

from __future__ import annotations

from calc.assessment import Assessment
from calc.costs.carbon import emissions
from calc.language import say
from calc.report.figures import number
from calc.report.made import Made, Part, side_name

#: Kinds of keys.
CARBON = ("carbon", "operational_carbon", "embodied_carbon")


def carbon_made_of(a: Assessment, kind: str, side: str, year: int) -> Made:
    """How an amount of carbon comes about.

    Parameters
    ----------
    kind : str
        One of `CARBON`.
    side : str
        One of the answer's sides.
    year : int
        0 to the horizon.
    """
    operational, embodied = emissions(a.sides[side], a.scenario)
    name = {
        "carbon": say("{side}: cumulative carbon to year {year}", side=side_name(side), year=year),
        "operational_carbon": say("{side}: operational carbon of year {year}", side=side_name(side), year=year),
        "embodied_carbon": say("{side}: embodied carbon of year {year}", side=side_name(side), year=year),
    }[kind]
    if kind == "carbon":
        parts = []
        for number_, (run, made) in enumerate(zip(operational[: year + 1], embodied[: year + 1], strict=True)):
            for word, amount, key in (
                (say("Year {year}, operational", year=number_), float(run), "operational_carbon"),
                (say("Year {year}, embodied", year=number_), float(made), "embodied_carbon"),
            ):
                if amount:
                    parts.append(Part(word, amount, f"{key}.{side}.{number_}", kilograms(amount)))
        total = float((operational + embodied)[: year + 1].sum())
        note = say("What is bought already was made already: only new machines add embodied carbon.")
        return Made(name, kilograms(total), say("sum over the years"), note, tuple(parts))
    found = a.explain(f"{kind}.{side}.year{year}")
    formula = "" if found.terms else say("nothing in this year")
    return Made(name, kilograms(found.amount), formula, terms=found.rows if found.terms else None)


def kilograms(amount: float) -> str:
    """An amount of carbon, to the kilogram."""
    return f"{number(amount)} kg CO2e"

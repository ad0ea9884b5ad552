"""The move and the exit: migration, parallel running, disposal and resale, phased where it takes years."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calc.costs.case import Case
from calc.costs.complexity import CLASSES, migration_class, migration_price
from calc.costs.fleet import Fleet, subset
from calc.costs.ramp import Ramp
from calc.costs.terms import Figure, Term, setting
from calc.language import stored
from calc.scenario import Scenario
from calc.units import MONTHS_PER_YEAR


def phased(plan: Fleet, ramp: Ramp, scenario: Scenario) -> Fleet:
    """Hosts bought and run as the move needs them."""
    start = np.minimum(ramp.hosts / MONTHS_PER_YEAR, scenario.horizon_years)
    return replace(plan, start=start, warranty_end=plan.warranty_end + start)


def waiting(today: Fleet, case: Case, ramp: Ramp, scenario: Scenario) -> Fleet:
    """Old servers until they are switched off: what running beside the new hosts costs.

    One that becomes a host is charged as a host from the start, not twice.
    """
    end = np.minimum(ramp.servers / MONTHS_PER_YEAR, scenario.horizon_years)[~case.reused[~case.retained]]
    gone = subset(today, ~case.retained & ~case.reused)
    return replace(gone, end=end, books_to="parallel running", label=stored("old servers until they are switched off"))


def migration(case: Case, ramp: Ramp, scenario: Scenario) -> list[Term]:
    """Migration of the workloads by how hard each is, paid in the years in which they move."""
    found_class = migration_class(case.difficulty, case.disk_gib, scenario)[case.moved]
    counts = np.bincount(found_class, minlength=len(CLASSES))
    figures = {"migration_hour_price": setting("migration_hour_price", scenario)}
    parts = []
    for name, count in zip(CLASSES, counts.tolist(), strict=True):
        if count:
            figures[name] = Figure(count, "workloads", "inventory")
            figures[f"migration_hours_{name}"] = setting(f"migration_hours_{name}", scenario)
            parts.append(f"{name} * migration_hours_{name}")
    amount = sum(count * migration_price(name, scenario) for name, count in zip(CLASSES, counts.tolist(), strict=True))
    if not parts:
        return []
    formula = f"({' + '.join(parts)}) * migration_hour_price"
    label = stored("migration of the workloads")
    if ramp.moved[0] >= 1 - 1e-12 or not case.moved.any():
        return [Term("migration", 0, label, amount, formula, figures)]
    return [
        Term(
            "migration",
            int(year),
            label,
            amount * float(ramp.moved[year]) * (1 + scenario.inflation) ** int(year),
            f"{formula} * share_of_the_move * (1 + inflation) ** {year}",
            {
                **figures,
                "share_of_the_move": Figure(float(ramp.moved[year]), "share", "plan"),
                "inflation": setting("inflation", scenario),
            },
        )
        for year in np.flatnonzero(ramp.moved)
    ]


def leaving(case: Case, ramp: Ramp, scenario: Scenario) -> list[Term]:
    """Wiping, disposal and resale of the servers that leave, each in the year in which it goes, at its value of then.

    A server that is switched off after the horizon has not left by then, and one that becomes a host does not leave.
    """
    if not case.moved.any():
        return []
    disposal = setting("disposal_per_server", scenario)
    years = leaving_years(case, ramp)
    terms: list[Term] = []
    for year in sorted({int(value) for value in years if 0 <= value < scenario.horizon_years}):
        mask = years == year
        count = Figure(int(mask.sum()), "servers", "plan")
        if disposal.value:
            figures = {"servers": count, "disposal_per_server": disposal, "inflation": setting("inflation", scenario)}
            amount = count.value * disposal.value * (1 + scenario.inflation) ** year
            formula = f"servers * disposal_per_server * (1 + inflation) ** {year}"
            terms.append(Term("disposal", year, stored("wiping and disposal"), amount, formula, figures))
        book = float(case.book_value(scenario, year)[mask].sum())
        if scenario.resale_fraction and book:
            figures = {
                "book_value": Figure(book, scenario.currency, "estimate"),
                "resale_fraction": setting("resale_fraction", scenario),
            }
            amount, formula = -book * scenario.resale_fraction, "-book_value * resale_fraction"
            terms.append(Term("resale", year, stored("resale of removed servers"), amount, formula, figures))
    return terms


def leaving_years(case: Case, ramp: Ramp) -> np.ndarray:
    """Year of the cash flow in which each server leaves, shape (S,); -1 where it stays or becomes a host."""
    years = np.full(len(case.retained), -1, dtype=np.int64)
    years[~case.retained] = np.floor(ramp.servers / MONTHS_PER_YEAR).astype(np.int64)
    years[case.reused] = -1
    return years

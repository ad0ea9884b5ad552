"""The move and the exit: migration, parallel running, disposal and resale, phased where it takes years."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calc.costs.case import Case
from calc.costs.complexity import CLASSES, migration_class, migration_price
from calc.costs.fleet import Fleet
from calc.costs.ramp import Ramp
from calc.costs.terms import Figure, Term, setting
from calc.language import stored
from calc.scenario import Scenario
from calc.units import MONTHS_PER_YEAR


def phased(plan: Fleet, ramp: Ramp, scenario: Scenario) -> Fleet:
    """Hosts bought and run as the move needs them."""
    start = np.minimum(ramp.hosts / MONTHS_PER_YEAR, scenario.horizon_years)
    return replace(plan, start=start, warranty_end=plan.warranty_end + start)


def waiting(gone: Fleet, ramp: Ramp, scenario: Scenario) -> Fleet:
    """Old servers until they are switched off: what running beside the new hosts costs."""
    end = np.minimum(ramp.servers / MONTHS_PER_YEAR, scenario.horizon_years)
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


def leaving(case: Case, gone: Fleet, scenario: Scenario) -> list[Term]:
    """Wiping, disposal and resale of the servers that leave."""
    if len(gone.start) == 0 or not case.moved.any():
        return []
    terms: list[Term] = []
    count = Figure(len(gone.start), "servers", "plan")
    disposal = setting("disposal_per_server", scenario)
    if disposal.value:
        terms.append(
            Term(
                "disposal",
                0,
                stored("wiping and disposal"),
                count.value * disposal.value,
                "servers * disposal_per_server",
                {"servers": count, "disposal_per_server": disposal},
            )
        )
    if scenario.resale_fraction:
        book = float(book_value(case, scenario)[~case.retained].sum())
        terms.append(
            Term(
                "resale",
                0,
                stored("resale of removed servers"),
                -book * scenario.resale_fraction,
                "-book_value * resale_fraction",
                {
                    "book_value": Figure(book, scenario.currency, "estimate"),
                    "resale_fraction": setting("resale_fraction", scenario),
                },
            )
        )
    return terms


def book_value(case: Case, scenario: Scenario) -> np.ndarray:
    """Straight-line book value of today's servers in the first year, shape (S,)."""
    age = scenario.start_year - case.purchase_year(scenario)
    return case.purchase_price(scenario) * np.clip(1 - age / scenario.server_life_years, 0.0, 1.0)

"""The move and the exit: migration, parallel running, disposal and resale, phased where it takes years."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calc.costs.case import Case
from calc.costs.fleet import Fleet
from calc.costs.sides import subset
from calc.costs.terms import Figure, Term, setting
from calc.language import stored
from calc.scenario import Scenario
from calc.units import HOURS_PER_MONTH, MONTHS_PER_YEAR


def move_months(case: Case, scenario: Scenario) -> float:
    """Months that the move lasts: as the workloads a month allow, or as copying the data takes."""
    moved = float(case.moved.sum())
    if moved == 0:
        return 0.0
    return max(moved / scenario.migration_workloads_per_month, case.transfer_hours(scenario) / HOURS_PER_MONTH)


def parallel_months(case: Case, scenario: Scenario) -> float:
    """Months that an old server runs beside the plan, on average: half the move, and its overlap.

    The dates of a migration plan, where the scenario holds them, replace the estimate.
    """
    lasting = move_months(case, scenario)
    if lasting and scenario.parallel_months is not None:
        return scenario.parallel_months
    return lasting / 2 + scenario.parallel_overlap_months if lasting else 0.0


def retired_months(case: Case, scenario: Scenario) -> np.ndarray:
    """Month at which each removed server is switched off: they leave evenly over the move.

    With the average of a migration plan's dates in the scenario, all are counted at that average.
    """
    count, lasting = int((~case.retained).sum()), move_months(case, scenario)
    if not lasting:
        return np.zeros(count)
    if scenario.parallel_months is not None:
        return np.full(count, scenario.parallel_months)
    return lasting * (np.arange(count) + 0.5) / count + scenario.parallel_overlap_months


def phased(plan: Fleet, lasting: float, scenario: Scenario) -> Fleet:
    """Hosts bought in the year in which the move needs them; all at once where it takes less than a year."""
    count = len(plan.start)
    if lasting <= MONTHS_PER_YEAR or not count:
        return plan
    needed = lasting * np.arange(count) / count
    start = np.minimum(needed // MONTHS_PER_YEAR, scenario.horizon_years).astype(np.int64)
    return replace(plan, start=start, warranty_end=plan.warranty_end + start)


def migration(case: Case, lasting: float, scenario: Scenario) -> list[Term]:
    """Migration of the workloads, spread over the years that the move lasts."""
    large = int((case.disk_gib[case.moved] >= scenario.migration_large_disk_gib).sum())
    plain = int(case.moved.sum()) - large
    price, more = setting("migration_per_workload", scenario), setting("migration_large_factor", scenario)
    amount = (plain + large * more.value) * price.value
    figures = {
        "workloads": Figure(plain, "workloads", "plan"),
        "large_workloads": Figure(large, "workloads", "plan"),
        "migration_large_factor": more,
        "migration_per_workload": price,
    }
    formula = "(workloads + large_workloads * migration_large_factor) * migration_per_workload"
    label = "migration of the workloads"
    if lasting <= MONTHS_PER_YEAR:
        return [Term("migration", 0, label, amount, formula, figures)]
    found = []
    for year in range(min(int(np.ceil(lasting / MONTHS_PER_YEAR)), scenario.horizon_years + 1)):
        share = min(MONTHS_PER_YEAR, lasting - MONTHS_PER_YEAR * year) / lasting
        found.append(
            Term(
                "migration",
                year,
                label,
                amount * share * (1 + scenario.inflation) ** year,
                f"{formula} * share_of_the_move * (1 + inflation) ** {year}",
                {
                    **figures,
                    "share_of_the_move": Figure(share, "share", "plan"),
                    "inflation": setting("inflation", scenario),
                },
            )
        )
    return found


def parallel_running(gone: Fleet, retired: np.ndarray, whole: np.ndarray, scenario: Scenario) -> list[Term]:
    """The part of a year that old servers run beyond whole years, at that year's cost, paid at its start."""
    found = []
    for year in sorted({int(value) for value in whole}):
        if year >= scenario.horizon_years:
            continue
        mask = whole == year
        months = float((retired[mask] - MONTHS_PER_YEAR * year).mean())
        lines = subset(gone, mask).lines(scenario, until=year + 1)
        running = float(
            sum(lines[line][year + 1] for line in ("energy", "space", "maintenance")) + lines["hypervisor"][year]
        )
        if running == 0 or months == 0:
            continue
        found.append(
            Term(
                stored("parallel running"),
                year,
                stored("old servers beside the new hosts while the move lasts"),
                running * months / MONTHS_PER_YEAR,
                "running_cost_of_the_year * months / 12",
                {
                    "running_cost_of_the_year": Figure(running, f"{scenario.currency}/year", "estimate"),
                    "months": Figure(months, "months", "plan"),
                },
            )
        )
    return found


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

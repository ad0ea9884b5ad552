"""Carbon of a side as terms with their figures, so that a tonne is explained as an amount of money is."""

from __future__ import annotations

from calc.costs.carbon import grid_carbon
from calc.costs.case import Case
from calc.costs.fleet_terms import groups_of, power_figures
from calc.costs.pricing import Side
from calc.costs.terms import Figure, Term, setting
from calc.scenario import Scenario

OPERATIONAL, EMBODIED = "operational carbon", "embodied carbon"


def carbon_terms(side: Side, case: Case, scenario: Scenario) -> list[Term]:
    """Every kilogram of a side: what its machines run on by year, and what new machines took to make.

    Returns
    -------
    list of Term
        Lines `OPERATIONAL` and `EMBODIED`; amounts in kgCO2e, summing to `calc.costs.carbon.emissions`.
    """
    grid = grid_carbon(scenario)
    origin = "table:carbon:" + grid.country if scenario.carbon_kg_per_kwh is None else "setting:carbon_kg_per_kwh"
    shared = {
        "pue": setting("pue", scenario),
        "hours_per_year": setting("hours_per_year", scenario),
        "kg_per_kwh": Figure(grid.kg_per_kwh, "kgCO2e/kWh", origin),
    }
    each = {"embodied_kg_per_host": setting("embodied_kg_per_host", scenario)}
    found = []
    for fleet in side.fleets:
        for label, part, _, measured, host in groups_of(fleet, case):
            for year in range(scenario.horizon_years + 1):
                kw, power, drawn = power_figures(part, host, measured, year, scenario)
                if year and kw:
                    kg = kw * scenario.pue * scenario.hours_per_year * grid.kg_per_kwh
                    formula = f"{drawn} * pue * hours_per_year * kg_per_kwh"
                    found.append(Term(OPERATIONAL, year, label, kg, formula, power | shared))
                new = 0.0 if part.machines is None else float(part.machines[part.bought == year].sum())
                if new:
                    figures = {"new_machines": Figure(new, "machines", "plan"), **each}
                    kg = new * scenario.embodied_kg_per_host
                    found.append(Term(EMBODIED, year, label, kg, "new_machines * embodied_kg_per_host", figures))
    return found

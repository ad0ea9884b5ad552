"""Machines and running costs of one side, month by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.costs.pricing import Side
from calc.costs.rates import facility_rates
from calc.scenario import Scenario
from calc.units import MONTHS_PER_YEAR, W_PER_KW


def monthly_table(side: Side, scenario: Scenario, months: int) -> pd.DataFrame:
    """Machines and running costs of one side, month by month.

    Parameters
    ----------
    side : Side
    scenario : Scenario
    months : int
        From the start of the first year.

    Returns
    -------
    DataFrame
        month, old_servers and hosts (machines in use, on average over the month), hosts_bought,
        power_kw, then energy, space, maintenance and licences (hypervisor and host-bound Windows
        subscriptions) in the scenario's currency. Twelve months sum to their year of the cash flow,
        of which subscriptions are paid at the start.
    """
    rates = facility_rates(scenario)
    rows = []
    for number in range(min(months, scenario.horizon_years * MONTHS_PER_YEAR)):
        year, month = number // MONTHS_PER_YEAR + 1, number % MONTHS_PER_YEAR + 1
        general, energy = (1 + scenario.inflation) ** year, (1 + scenario.energy_escalation) ** year
        row = dict.fromkeys(
            ("old_servers", "hosts", "hosts_bought", "power_kw", "energy", "space", "maintenance", "licences"), 0.0
        )
        for fleet in side.fleets:
            part = fleet.in_use(year, month)
            if fleet.line == "hardware":
                new = fleet.machines is not None
                row["hosts" if new else "old_servers"] += float(part.sum())
                if new:
                    row["hosts_bought"] += float((np.floor(fleet.start * MONTHS_PER_YEAR + 1e-9) == number).sum())
            power_kw = float(fleet.power_w(scenario, year, month).sum()) / W_PER_KW
            units = float((fleet.rack_units * part).sum())
            subscribed = fleet.licence_per_year + (0.0 if fleet.guest_per_year is None else fleet.guest_per_year)
            row["power_kw"] += power_kw
            row["energy"] += power_kw * rates.energy_per_kw_year * energy / MONTHS_PER_YEAR
            row["space"] += (
                (power_kw * rates.space_per_kw_year + units * rates.space_per_unit_year) * general / MONTHS_PER_YEAR
            )
            row["maintenance"] += float(fleet.maintenance(scenario, year, month).sum()) * general / MONTHS_PER_YEAR
            row["licences"] += (
                float((subscribed * part).sum()) * (1 + scenario.inflation) ** (year - 1) / MONTHS_PER_YEAR
            )
        rows.append({"month": number + 1, **row})
    return pd.DataFrame(rows)

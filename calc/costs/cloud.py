"""The cloud: the cheapest instance that fits each workload, and what it costs over the horizon.

Rules: same architecture, current families without metal, burstable or GPU types; a vCPU is one
of two threads of a core, and its score half the core's; the planned CPU reading under the same
ceiling as on a host, and the right-sized memory, must both fit. Storage, egress and Windows
prices are not in the published tables: they are the user's, and a cloud without them is not
complete.

References
----------
data/reference/cloud_instances.csv (list prices with their dates).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc import reference
from calc.costs.terms import Figure, Term, setting, yearly
from calc.demand import Demand
from calc.errors import ScenarioError
from calc.guests import is_windows
from calc.language import foreign, stored
from calc.scenario import Scenario
from calc.units import HOURS_PER_MONTH, MONTHS_PER_YEAR

#: Years of each commitment, and the column of its monthly price.
TERMS = {"on_demand": (0, ""), "one_year": (1, "month_one_year"), "three_years": (3, "month_three_years")}
ARCHITECTURE = "x86_64"


@dataclass(frozen=True, slots=True, eq=False)
class CloudChoice:
    """The instance of every workload.

    Attributes
    ----------
    table : DataFrame
        workload, instance ("" where none fits), vcpus, memory_gib, per_month (in the scenario's
        currency), disk_gib, windows, reason.
    fits : ndarray of bool, shape (W,)
    region, commitment, as_of : str
    estimated : bool
        Whether the price of the commitment is a share of the one on demand, because none is listed.
    """

    table: pd.DataFrame
    fits: np.ndarray
    region: str
    commitment: str
    as_of: str
    estimated: bool = False

    def missing(self, scenario: Scenario, mask: np.ndarray) -> tuple[str, ...]:
        """Prices that the workloads in ``mask`` need and nobody stated."""
        used = self.table[mask]
        found = []
        if scenario.cloud_storage_per_gib_month is None and used["disk_gib"].sum() > 0:
            found.append("storage")
        if scenario.cloud_egress_per_gib is None:
            found.append("egress")
        if scenario.cloud_windows_per_vcpu_hour is None and used["windows"].any():
            found.append("Windows")
        return tuple(found)


def instances(scenario: Scenario, commitment: str) -> pd.DataFrame:
    """Instances of the scenario's region with ``per_month`` in its currency, cheapest first.

    Raises
    ------
    ScenarioError
        When the region has no price for the commitment.
    """
    table = reference.table("cloud_instances")
    table = table[table["region"] == scenario.cloud_region].copy()
    column = TERMS[commitment][1]
    hourly = table["per_hour"] * HOURS_PER_MONTH
    monthly = hourly if not column else table[column]
    table["estimated"] = commitment == "one_year" and bool(monthly.isna().all())
    if table["estimated"].any():  # nobody lists the region's price for a year: a share of the one on demand
        monthly = hourly * scenario.cloud_one_year_fraction
    table["per_month"] = monthly * scenario.rate("USD")
    table = table[table["per_month"].notna()]
    if table.empty:
        raise ScenarioError(
            stored(
                "cloud_region = {cloud_region!r} has no price for cloud_commitment = {commitment!r}; choose "
                "on_demand or another region",
                cloud_region=scenario.cloud_region,
                commitment=commitment,
            )
        )
    return table.sort_values(["per_month", "name"]).reset_index(drop=True)


def choose_instances(demand: Demand, scenario: Scenario, commitment: str | None = None) -> CloudChoice:
    """The cheapest instance for each workload.

    Parameters
    ----------
    commitment : {'on_demand', 'one_year', 'three_years'}, optional
        The scenario's by default.
    """
    term = commitment or scenario.cloud_commitment
    offered = instances(scenario, term)
    table = demand.table
    cpu = table["cpu_units"].to_numpy(float)
    memory = (table["memory_gib"] / table["memory_overhead"]).to_numpy(float)
    movable = ((table["stay_reason"] == "") & (table["arch"] == ARCHITECTURE)).to_numpy()
    power = (offered["vcpus"] * offered["score_per_vcpu"] * scenario.cpu_ceiling).to_numpy(float)
    room = offered["memory_gib"].to_numpy(float)
    enough = (power[None, :] >= cpu[:, None] * (1 - 1e-12)) & (room[None, :] >= memory[:, None] * (1 - 1e-12))
    fits = enough.any(axis=1) & movable
    first = enough.argmax(axis=1)  # sorted by price: the first that fits is the cheapest
    chosen = offered.iloc[first].reset_index(drop=True)
    found = pd.DataFrame(
        {
            "workload": table["workload"].to_numpy(),
            "instance": chosen["name"].where(fits, ""),
            "vcpus": chosen["vcpus"].where(fits, 0),
            "memory_gib": chosen["memory_gib"].where(fits, 0.0),
            "per_month": chosen["per_month"].where(fits, 0.0),
            "disk_gib": table["disk_used_gib"].to_numpy(float),
            "windows": table["os"].map(is_windows).to_numpy(bool),
        }
    )
    found["reason"] = np.where(
        fits, "", np.where(movable, stored("no instance is large enough"), stored("does not run on x86-64 or stays"))
    )
    estimated = bool(offered["estimated"].iloc[0])
    return CloudChoice(found, fits, scenario.cloud_region, term, str(offered["as_of"].iloc[0]), estimated)


def cloud_terms(choice: CloudChoice, mask: np.ndarray, scenario: Scenario) -> list[Term]:
    """Instances, storage, egress and Windows of the workloads in ``mask``.

    Notes
    -----
    On demand is paid through the year; a commitment in advance, at the price level of its first
    year, and again when it ends. A term that outlasts the horizon is charged for the years used.
    """
    used = choice.table[mask & choice.fits]
    if used.empty:
        return []
    origin, paid = f"table:cloud_instances:{choice.region}", float(used["per_month"].sum())
    if choice.estimated:
        fraction = setting("cloud_one_year_fraction", scenario)
        figures = {
            "on_demand_per_month": Figure(
                paid / fraction.value, stored("{currency}/month", currency=scenario.currency), origin
            )
        }
        figures["cloud_one_year_fraction"] = fraction
        formula = "on_demand_per_month * cloud_one_year_fraction"
    else:
        figures, formula = (
            {"per_month": Figure(paid, stored("{currency}/month", currency=scenario.currency), origin)},
            "per_month",
        )
    label = stored(
        "{count} instances in {region}, {term}",
        count=len(used),
        region=choice.region,
        term=foreign(choice.commitment.replace("_", " ")),
    )
    year_amount = paid * MONTHS_PER_YEAR
    span = TERMS[choice.commitment][0]
    found: list[Term] = []
    if span == 0:
        found += yearly("cloud", label, year_amount, f"{formula} * 12", figures, scenario)
    else:
        for start in range(0, scenario.horizon_years, span):
            years = min(span, scenario.horizon_years - start)
            found.append(
                Term(
                    "cloud",
                    start,
                    label,
                    year_amount * years * (1 + scenario.inflation) ** start,
                    f"{formula} * 12 * {years} * (1 + inflation) ** {start}",
                    {**figures, "inflation": setting("inflation", scenario)},
                )
            )
    if scenario.cloud_storage_per_gib_month is not None:
        disk = Figure(float(used["disk_gib"].sum()), "GiB", "inventory")
        price = setting("cloud_storage_per_gib_month", scenario)
        found += yearly(
            "cloud",
            stored("cloud storage"),
            disk.value * price.value * MONTHS_PER_YEAR,
            "disk_gib * price * 12",
            {"disk_gib": disk, "price": price},
            scenario,
        )
    if scenario.cloud_egress_per_gib is not None and scenario.cloud_egress_gib_month:
        share = len(used) / max(1, int(choice.fits.sum()))
        figures = {
            "egress_gib_month": setting("cloud_egress_gib_month", scenario),
            "share_of_workloads": Figure(share, "share", "plan"),
            "price": setting("cloud_egress_per_gib", scenario),
        }
        amount = scenario.cloud_egress_gib_month * share * scenario.cloud_egress_per_gib * MONTHS_PER_YEAR
        formula = "egress_gib_month * share_of_workloads * price * 12"
        found += yearly("cloud", stored("egress"), amount, formula, figures, scenario)
    windows = float(used.loc[used["windows"], "vcpus"].sum())
    if scenario.cloud_windows_per_vcpu_hour is not None and windows:
        figures = {
            "windows_vcpus": Figure(windows, "vCPU", "plan"),
            "hours_per_year": setting("hours_per_year", scenario),
            "price": setting("cloud_windows_per_vcpu_hour", scenario),
        }
        amount = windows * scenario.hours_per_year * scenario.cloud_windows_per_vcpu_hour
        found += yearly(
            "cloud", stored("Windows in the cloud"), amount, "windows_vcpus * hours_per_year * price", figures, scenario
        )
    return found

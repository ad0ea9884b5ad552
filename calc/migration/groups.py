"""What moves together: applications by environment, cut where one window cannot hold them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from calc.assessment import Assessment
from calc.costs.rates import facility_rates
from calc.costs.sides import todays_servers
from calc.migration.rules import MigrationRules
from calc.roles import is_database, is_production
from calc.units import W_PER_KW


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Workloads that move in the same window.

    Attributes
    ----------
    name : str
        Application and environment, with a part number where it had to be cut.
    application : str
    production : bool
    rows : ndarray of int
        Positions in the demand table.
    data_gib, delta_gib : float
        In use, and what the last synchronisation sends.
    hours : float
        People-hours.
    risk : float
        Points.
    value_per_year : float
        Energy, space and maintenance of the servers that this group alone frees.
    """

    name: str
    application: str
    production: bool
    rows: np.ndarray
    data_gib: float
    delta_gib: float
    hours: float
    risk: float
    value_per_year: float


def window_h(groups: list[Group], rules: MigrationRules) -> float:
    """Length of a window that moves some groups: last synchronisation over one link, then the switch.

    Work is shared out among the people, and cannot be done faster than so.
    """
    if not groups:
        return 0.0
    sync = rules.copy_h(sum(group.delta_gib for group in groups))
    work = sum(group.hours for group in groups) / rules.people
    return max(sync + rules.switch_h, work)


def form_groups(assessment: Assessment, rules: MigrationRules) -> list[Group]:
    """Groups of everything that is placed.

    Parameters
    ----------
    assessment : Assessment
    rules : MigrationRules

    Returns
    -------
    list of Group
        Parts of one application follow each other.

    Notes
    -----
    Workloads that must stay together are never cut apart, even where they fill more than a
    window; everything else is. A workload without an application moves with its server.
    """
    table = assessment.demand.table
    placed = np.isin(table["workload"].to_numpy(), assessment.placement["workload"].to_numpy())
    affinity = assessment.demand.affinity
    applications = table["application"].astype(str).to_numpy()
    servers = table["server"].astype(str).to_numpy()
    environments = table["environment"].astype(str).to_numpy()
    sites = table["site"].astype(str).to_numpy()
    first_of: dict[int, int] = {}
    bundles: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(placed):
        own = int(affinity[row])
        head = first_of.setdefault(own, int(row)) if own >= 0 else int(row)
        bundles[head].append(int(row))
    families: dict[tuple[str, str, str, bool], list[list[int]]] = defaultdict(list)
    for head, bundle in bundles.items():
        # A bundle that holds a production workload is production; it follows its first workload's application.
        production = any(is_production(environments[row]) for row in bundle)
        application = applications[head] or f"server {servers[head]}"
        families[application, sites[head], environments[head], production].append(bundle)
    sizes, value = _sizes(assessment, rules), _server_value(assessment)
    whole = assessment.demand.table.groupby("server").size().to_dict()
    found = []
    for (application, site, environment, production), members in families.items():
        label = " · ".join(word for word in (application, environment, site) if word)
        # Servers whose workloads lie in several bundles stay next to each other, so that they are freed together.
        members.sort(key=lambda bundle: (servers[bundle[0]], bundle))
        parts = _cut(sizes, members, rules)
        for number, part in enumerate(parts, start=1):
            name = label if len(parts) == 1 else f"{label} ({number} of {len(parts)})"
            data, delta, hours, risk = sizes.of(part)
            mine = Counter(servers[row] for row in part)
            freed = sum(value[server] for server, count in mine.items() if count == whole[server])
            rows = np.array(sorted(part), dtype=np.int64)
            found.append(Group(name, application, production, rows, data, delta, hours, risk, freed))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Sizes:
    """What each workload of the demand table adds to a wave."""

    data_gib: np.ndarray
    delta_gib: np.ndarray
    risk: np.ndarray
    hours: float

    def of(self, rows: list[int]) -> tuple[float, float, float, float]:
        """(data, delta, people-hours, risk) of some workloads."""
        return (
            float(self.data_gib[rows].sum()),
            float(self.delta_gib[rows].sum()),
            len(rows) * self.hours,
            float(self.risk[rows].sum()),
        )


def _sizes(assessment: Assessment, rules: MigrationRules) -> _Sizes:
    table = assessment.demand.table
    data = np.nan_to_num(table["disk_used_gib"].to_numpy(float))
    names = table[["workload", "application", "environment"]].astype(str)
    risk = [
        (rules.risk_production if is_production(environment) else 1.0)
        + (rules.risk_database if is_database(name, application) else 0.0)
        for name, application, environment in names.itertuples(index=False)
    ]
    return _Sizes(data, np.array([rules.delta_gib(one) for one in data]), np.array(risk), rules.hours_per_workload)


def _cut(sizes: _Sizes, members: list[list[int]], rules: MigrationRules) -> list[list[int]]:
    """Bundles put together as long as one window holds them."""
    parts: list[list[int]] = []
    current: list[int] = []
    for rows in members:
        _, delta, hours, risk = sizes.of(current + rows)
        fits = (
            hours <= rules.hours_per_window
            and risk <= rules.risk_per_wave
            and rules.copy_h(delta) + rules.switch_h <= rules.window_h
        )
        if current and not fits:
            parts.append(current)
            current = []
        current = current + rows
    return [*parts, current] if current else parts


def _server_value(assessment: Assessment) -> dict[str, float]:
    """What each old server costs to run in a year: energy, space, maintenance."""
    scenario = assessment.scenario
    rates = facility_rates(scenario)
    servers = assessment.estate.servers
    today = todays_servers(assessment.case, scenario)
    cost = (
        today.power_w(scenario, 0) / W_PER_KW * (rates.energy_per_kw_year + rates.space_per_kw_year)
        + today.rack_units * rates.space_per_unit_year
        + today.maintenance_per_year
    )
    kept = assessment.retained
    return {
        name: 0.0 if stays else float(value)
        for name, value, stays in zip(servers["server"].astype(str), cost, kept, strict=True)
    }

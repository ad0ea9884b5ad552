"""What old and new Windows servers cost beside their licence: security updates after support, and access licences."""

from __future__ import annotations

from datetime import date

import numpy as np

from calc.costs.case import Case
from calc.costs.licences import licence, windows_cores
from calc.costs.terms import Figure, Term, setting
from calc.language import stored
from calc.scenario import Scenario

#: What the licences of users and devices are called in the ledger: bought once, whenever that is.
_ACCESS = stored("Windows client access licences")
#: Settings of the price of each year of updates after the end of support.
_FRACTIONS = ("esu_fraction_first", "esu_fraction_second", "esu_fraction_third")


def update_year(end: date, year: int) -> int | None:
    """Which year of Extended Security Updates is in force in the middle of a calendar year; None without.

    Examples
    --------
    >>> [update_year(date(2027, 1, 12), year) for year in (2026, 2027, 2028, 2029, 2030)]
    [None, 1, 2, 3, None]
    >>> [update_year(date(2023, 10, 10), year) for year in (2023, 2024, 2026, 2027)]
    [None, 1, 3, None]
    """
    middle = date(year, 7, 1)
    if middle <= end:
        return None
    passed = middle.year - end.year - ((middle.month, middle.day) < (end.month, end.day))
    return passed + 1 if passed < len(_FRACTIONS) else None


def security_updates(case: Case, scenario: Scenario, physical: np.ndarray, virtual: np.ndarray) -> list[Term]:
    """Extended Security Updates of Windows systems, paid at the start of each year in which they are sold.

    Parameters
    ----------
    physical, virtual : ndarray of bool, shape (W,)
        Workloads that run on a server of their own (all its cores count, as for Windows Server),
        and those that run in a VM (its vCPUs, at least ``esu_cores_per_vm``).

    Notes
    -----
    Whoever buys a later year first must also have bought the earlier ones: those lie before the
    first year, are the same on both sides and are not counted.
    """
    if not scenario.count_esu:
        return []
    cores = _cores(case, scenario, physical, virtual)
    price = Figure(
        licence("windows-standard").price_in(scenario),
        f"{scenario.currency} per core",
        "table:licences:windows-standard",
    )
    found = []
    for end in sorted(cores):
        for year in range(1, scenario.horizon_years + 1):
            number = update_year(end, scenario.start_year + year - 1)
            if number is None:
                continue
            fraction = setting(_FRACTIONS[number - 1], scenario)
            level = (1 + scenario.inflation) ** (year - 1)
            found.append(
                Term(
                    "guest licences",
                    year - 1,
                    stored(
                        "Extended Security Updates, year {number} after the end of support on {value}",
                        number=number,
                        value=end.isoformat(),
                    ),
                    cores[end] * price.value * fraction.value * level,
                    f"cores * price * {_FRACTIONS[number - 1]} * (1 + inflation) ** {year - 1}",
                    {
                        "cores": Figure(cores[end], "cores", "inventory"),
                        "price": price,
                        _FRACTIONS[number - 1]: fraction,
                        "inflation": setting("inflation", scenario),
                    },
                )
            )
    return found


def _cores(case: Case, scenario: Scenario, physical: np.ndarray, virtual: np.ndarray) -> dict[date, float]:
    """Cores to cover by the day on which support ends."""
    found: dict[date, float] = {}
    servers: dict[int, date] = {}
    for index in np.flatnonzero(physical | virtual):
        end = case.support_end[index]
        if end is None:
            continue
        if virtual[index]:
            found[end] = found.get(end, 0.0) + max(float(case.work_vcpus[index]), scenario.esu_cores_per_vm)
        else:
            server = int(case.work_server[index])
            servers[server] = min(end, servers.get(server, end))
    for server, end in servers.items():
        counted = windows_cores(int(case.server["cores"][server]), int(case.server["sockets"][server]))
        found[end] = found.get(end, 0.0) + counted
    return found


def access_licences(year: int, scenario: Scenario) -> list[Term]:
    """Windows client access licences, bought once with new Windows Server licences."""
    if scenario.windows_licences != "none_owned" or not scenario.windows_cals:
        return []
    count, price = Figure(scenario.windows_cals, "CALs", "setting:windows_cals"), setting("windows_cal_price", scenario)
    level, text = (1 + scenario.inflation) ** year, f" * (1 + inflation) ** {year}" if year else ""
    figures = {"count": count, "price": price} | ({"inflation": setting("inflation", scenario)} if year else {})
    amount = count.value * price.value * level
    return [Term("guest licences", year, _ACCESS, amount, f"count * price{text}", figures, bought=True)]

"""The cash flow of machines as formulas, group by group, for whoever wants to recompute it.

These terms are formed apart from `Fleet.lines`; a test holds the two against each other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from calc.catalogue import Part, split_price
from calc.costs.case import Case
from calc.costs.fleet import Fleet, subset
from calc.costs.licence_terms import licence_terms
from calc.costs.pricing import Side
from calc.costs.purchase_terms import port_figures, purchase_terms, whole_price
from calc.costs.rates import facility_rates, host_power_w
from calc.costs.terms import Figure, Term, energy_figures, energy_formula, setting
from calc.language import foreign, joined, stored
from calc.model import HostType
from calc.scenario import Scenario
from calc.units import GIB_PER_TIB, W_PER_KW


def fleet_terms(fleet: Fleet, case: Case, scenario: Scenario) -> list[Term]:
    """Every amount of a fleet as terms."""
    found: list[Term] = []
    for label, part, stated, measured, host in groups_of(fleet, case):
        found += purchase_terms(label, part, host, scenario)
        found += _running(label, part, stated, measured, host, case, scenario)
    found += licence_terms(fleet, case, scenario)
    if fleet.books_to is not None:
        found = [
            replace(term, line=fleet.books_to, label=joined((foreign(term.label), foreign(term.line)), ": "))
            for term in found
        ]
    return found


def purchases(side: Side, case: Case, scenario: Scenario) -> pd.DataFrame:
    """What a side buys, part by part.

    Returns
    -------
    DataFrame
        what (hosts, like-for-like servers, storage …), model, year, units, part and amount at the
        price level of its year, without network ports. The amounts sum to what is paid for
        machines and storage.
    """
    rows = []
    for fleet in side.fleets:
        for _, group, _, _, host in groups_of(fleet, case):
            for year in sorted({int(value) for value in group.bought[group.price != 0]}):
                prices = group.price[group.bought == year]
                paid = float(prices.sum()) * (1 + scenario.inflation) ** year
                units = 1.0 if host is None else float((prices / host.price).sum())
                parts = (Part("storage", paid),) if host is None else split_price(host, scenario)
                whole = sum(part.amount for part in parts)
                model = "" if host is None else host.id
                rows += [(fleet.label, model, year, units, p.name, paid * p.amount / whole) for p in parts]
    return pd.DataFrame(rows, columns=["what", "model", "year", "units", "part", "amount"])


def groups_of(fleet: Fleet, case: Case) -> Iterator[tuple[str, Fleet, bool, bool, HostType | None]]:
    """Units of one kind each: label, fleet, whether maintenance is stated and power measured, host type."""
    if fleet.kinds is not None:
        names = np.array([host.id for host in fleet.kinds])
        for name in dict.fromkeys(names):
            mask = names == name
            yield (
                joined((foreign(fleet.label), name), ": "),
                subset(fleet, mask),
                False,
                False,
                fleet.kinds[int(np.argmax(mask))],
            )
        return
    if fleet.servers is not None:
        stated, measured = case.maintenance_stated[fleet.servers], ~np.isnan(case.server["power_w"][fleet.servers])
        for paid, known in itertools.product((True, False), repeat=2):
            mask = (stated == paid) & (measured == known)
            if mask.any():
                upkeep = stored("maintenance stated") if paid else stored("maintenance estimated")
                power = stored("power measured") if known else stored("power modelled")
                text = stored("{label}: {upkeep}, {power}", label=foreign(fleet.label), upkeep=upkeep, power=power)
                yield text, subset(fleet, mask), paid, known, None
        return
    yield fleet.label, fleet, False, False, None


def _level(scenario: Scenario) -> dict[str, Figure]:
    return {"inflation": setting("inflation", scenario)}


def _running(
    label: str, fleet: Fleet, stated: bool, measured: bool, host: HostType | None, case: Case, scenario: Scenario
) -> list[Term]:
    found = []
    rates = facility_rates(scenario)
    for year in range(1, scenario.horizon_years + 1):
        general, energy = (1 + scenario.inflation) ** year, (1 + scenario.energy_escalation) ** year
        upkeep = float(fleet.maintenance(scenario, year).sum())
        if upkeep:
            found.append(_maintenance(label, fleet, stated, year, upkeep, host, case, scenario))
        kw, power, drawn = power_figures(fleet, host, measured, year, scenario)
        if rates.energy_per_kw_year and kw:
            figures = {**power, **energy_figures(scenario)}
            text = energy_formula(drawn, year)
            found.append(Term("energy", year, label, kw * rates.energy_per_kw_year * energy, text, figures))
        if rates.space_per_kw_year and kw:
            figures = {
                **power,
                "colocation_per_kw_month": setting("colocation_per_kw_month", scenario),
                **_level(scenario),
            }
            formula = f"{drawn} * colocation_per_kw_month * 12 * (1 + inflation) ** {year}"
            found.append(Term("space", year, label, kw * rates.space_per_kw_year * general, formula, figures))
        found += _ports(label, fleet, fleet.in_use(year), year, scenario)
        units = float((fleet.rack_units * fleet.in_use(year)).sum())
        if rates.space_per_unit_year and units:
            figures = {
                "rack_units": Figure(units, "U", "inventory" if host is None else "plan"),
                "rack_unit_per_month": setting("rack_unit_per_month", scenario),
                **_level(scenario),
            }
            formula = f"rack_units * rack_unit_per_month * 12 * (1 + inflation) ** {year}"
            found.append(Term("space", year, label, units * rates.space_per_unit_year * general, formula, figures))
    return found


def power_figures(
    fleet: Fleet, host: HostType | None, measured: bool, year: int, scenario: Scenario
) -> tuple[float, dict[str, Figure], str]:
    """Mean power of a group in a year in kW, and how it comes about: figures and formula.

    Of machines of the catalogue from the model's idle and full power, their number and their mean utilisation; of
    storage from its size; else as one sum.
    """
    kw = float(fleet.power_w(scenario, year).sum()) / W_PER_KW
    if fleet.stored_on and kw:
        per_tib = setting("storage_w_per_tb", scenario)
        raw = Figure(kw * W_PER_KW * GIB_PER_TIB / per_tib.value, "GiB raw", "estimate")
        return (
            kw,
            {"raw_gib": raw, "storage_w_per_tb": per_tib},
            f"raw_gib / {GIB_PER_TIB} * storage_w_per_tb / {W_PER_KW}",
        )
    if host is None or not kw:
        return kw, {"power_kw": Figure(kw, "kW", "inventory" if measured else "estimate")}, "power_kw"
    idle, full = host_power_w(host, scenario)
    running = float((fleet.idle_w * fleet.in_use(year)).sum()) / idle if idle else 0.0
    above = kw * W_PER_KW - running * idle
    table = "setting:custom_host_types" if host.role == "user" else f"table:host_types:{host.id.split('+')[0]}"
    figures = {"machines_in_use": Figure(running, "machines", "plan"), "idle_w": Figure(host.idle_w, "W", table)}
    drawn = "idle_w"
    if idle > host.idle_w:
        beyond = max(0.0, host.memory_gib - host.tested_memory_gib)
        figures["gib_beyond_the_test"] = Figure(beyond, "GiB", table)
        figures["memory_w_per_gib"] = setting("memory_w_per_gib", scenario)
        drawn += " + gib_beyond_the_test * memory_w_per_gib"
    if running and full > idle:
        figures["full_w"] = Figure(host.full_w, "W", table)
        figures["mean_utilisation"] = Figure(above / (running * (full - idle)), "fraction", "estimate")
        drawn += " + (full_w - idle_w) * mean_utilisation"
    return kw, figures, f"machines_in_use * ({drawn}) / {W_PER_KW}"


def _ports(label: str, fleet: Fleet, share: np.ndarray, year: int, scenario: Scenario) -> list[Term]:
    """What the ports in use cost a year."""
    amount = float((fleet.ports_per_year(scenario) * share).sum())
    if not amount:
        return []
    prices = setting("network_port_per_year", scenario), setting("san_port_per_year", scenario)
    figures, formula = port_figures(fleet, share, prices)
    text = f"({formula}) * (1 + inflation) ** {year}"
    return [Term("network", year, label, amount * (1 + scenario.inflation) ** year, text, figures | _level(scenario))]


def _maintenance(
    label: str,
    fleet: Fleet,
    stated: bool,
    year: int,
    upkeep: float,
    host: HostType | None,
    case: Case,
    scenario: Scenario,
) -> Term:
    amount = upkeep * (1 + scenario.inflation) ** year
    fraction = scenario.maintenance_fraction
    due = fleet.in_use(year, since=fleet.warranty_end)
    paid = float((fleet.price * due).sum())
    by_price = paid * (1 + scenario.network_fraction) * fraction
    if (host is not None or fleet.stored_on) and math.isclose(by_price, upkeep, rel_tol=1e-12):
        figures, price = whole_price(paid, host, fleet.stored_on, scenario)
        figures |= {name: setting(name, scenario) for name in ("network_fraction", "maintenance_fraction")}
        formula = f"{price} * (1 + network_fraction) * maintenance_fraction * (1 + inflation) ** {year}"
        return Term("maintenance", year, label, amount, formula, figures | _level(scenario))
    if stated or not fraction or scenario.maintenance_rise_per_year:
        figures = {
            "maintenance": Figure(
                upkeep, stored("{currency}/year", currency=scenario.currency), "inventory" if stated else "estimate"
            )
        }
        formula = "maintenance"
    elif fleet.servers is not None:
        figures, formula = _old_prices(fleet.servers, due, case, scenario)
        figures["maintenance_fraction"] = setting("maintenance_fraction", scenario)
        formula = f"({formula}) * maintenance_fraction"
    else:
        figures = {
            "price_out_of_warranty": Figure(upkeep / fraction, scenario.currency, "estimate"),
            "maintenance_fraction": setting("maintenance_fraction", scenario),
        }
        formula = "price_out_of_warranty * maintenance_fraction"
    return Term(
        "maintenance", year, label, amount, f"{formula} * (1 + inflation) ** {year}", figures | _level(scenario)
    )


def _old_prices(servers: np.ndarray, due: np.ndarray, case: Case, scenario: Scenario) -> tuple[dict[str, Figure], str]:
    """What the servers out of warranty cost when they were bought: as stated, else by threads and memory."""
    figures: dict[str, Figure] = {}
    parts = []
    own = case.price_stated[servers]
    if (due * own).any():
        stated = float((due * own * np.where(own, case.server["purchase_price"][servers], 0.0)).sum())
        figures["stated_prices"] = Figure(stated, scenario.currency, "inventory")
        parts.append("stated_prices")
    if (due * ~own).any():
        for name, unit, key, origin in (
            ("threads", "threads", "host_price_per_thread", "estimate"),
            ("memory_gib", "GiB", "host_price_per_gib", "inventory"),
        ):
            figures[f"{name}_out_of_warranty"] = Figure(
                float((due * ~own * case.server[name][servers]).sum()), unit, origin
            )
            figures[key] = setting(key, scenario)
            parts.append(f"{name}_out_of_warranty * {key}")
    return figures, " + ".join(parts)

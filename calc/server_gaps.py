"""Servers without gaps: sockets, cores and score of the CPU model, height, age, power, price and maintenance."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from calc import assumptions, reference
from calc.cpu import CpuScore, find_match
from calc.gaps import Gaps, source_of
from calc.language import stored
from calc.power import find_power
from calc.scenario import Scenario

_SCORES = "data/reference/cpu_scores.csv"


def fill_servers(servers: pd.DataFrame, scenario: Scenario, gaps: Gaps) -> None:
    """Fill every gap of the servers, in place; adds the columns that `calc.estate.Estate` names."""
    matched = {name: find_match(name) if name else None for name in servers["cpu_model"].unique()}
    found = {name: match.score if match else None for name, match in matched.items()}
    near = {name: match.score for name, match in matched.items() if match and match.quality == "nearest"}
    _fill_cores(servers, found, near, scenario, gaps)
    _fill_scores(servers, found, near, scenario, gaps)
    gaps.fill(
        servers,
        "threads",
        servers["cores"] * scenario.threads_per_core_default,
        "threads",
        stored("{threads_per_core_default:g} per core", threads_per_core_default=scenario.threads_per_core_default),
        source_of("threads_per_core_default"),
    )
    _fill_heights(servers, scenario, gaps)
    _fill_ages(servers, found, scenario, gaps)
    _fill_power(servers, scenario, gaps)
    _fill_money(servers, scenario, gaps)


def _of_model(servers: pd.DataFrame, found: dict[str, CpuScore | None], get: Callable[[CpuScore], float]) -> pd.Series:
    """What the table of CPU scores says of each server's model, NaN where it does not know it."""
    values = {name: (get(score) if score else np.nan) for name, score in found.items()}
    return servers["cpu_model"].map(values).astype(float)


def _fill_cores(
    servers: pd.DataFrame,
    found: dict[str, CpuScore | None],
    near: dict[str, CpuScore],
    scenario: Scenario,
    gaps: Gaps,
) -> None:
    # A relative's cores tell nothing.
    chips = _of_model(servers, found, lambda score: score.cores_per_chip).where(~servers["cpu_model"].isin(near))
    implied = (servers["cores"] / chips).round()
    implied = implied.where((implied >= 1) & servers["sockets"].isna())
    servers["sockets"] = servers["sockets"].fillna(implied)  # arithmetic, not a guess
    gaps.note(servers, "sockets", implied.notna(), "inferred", stored("cores ÷ cores a chip of the CPU model"))
    gaps.fill(
        servers,
        "sockets",
        float(scenario.sockets_default),
        "sockets",
        str(scenario.sockets_default),
        source_of("sockets_default"),
    )
    gaps.fill(
        servers, "cores", chips * servers["sockets"], "cores", stored("cores of the CPU model x sockets"), _SCORES
    )


def _fill_scores(
    servers: pd.DataFrame,
    found: dict[str, CpuScore | None],
    near: dict[str, CpuScore],
    scenario: Scenario,
    gaps: Gaps,
) -> None:
    servers["score_per_core"] = _of_model(servers, found, lambda score: score.per_core)
    gaps.note(
        servers,
        "score_per_core",
        servers["score_per_core"].notna(),
        stored("looked up"),
        stored("score of the CPU model: data/reference/cpu_scores.csv"),
    )
    row = assumptions.default("score_per_core_default")
    servers["score_low"] = _of_model(servers, found, lambda score: score.low).fillna(row.low)
    servers["score_high"] = _of_model(servers, found, lambda score: score.high).fillna(row.high)
    basis = {name: score.basis if score else "default" for name, score in found.items()}
    servers["score_basis"] = servers["cpu_model"].map(basis)
    gaps.count(
        servers["score_basis"] == "converted",
        stored("CPU score converted from SPEC CPU2006"),
        stored("by CPU model"),
        stored("data/reference/cpu_scores.csv, an estimate with a range; SPEC does not endorse it"),
    )
    gaps.count(
        servers["score_basis"] == "converted_power",
        stored("CPU score converted from SPECpower"),
        stored("by CPU model"),
        stored("data/reference/cpu_scores.csv, an estimate with a range: only SPECpower_ssj2008 measured the part"),
    )
    gaps.count(
        servers["cpu_model"].isin(near),
        stored("CPU score of the nearest relative"),
        ", ".join(f"{name}: {near[name].processor}" for name in sorted(near)[:3]),
        stored("data/reference/cpu_scores.csv: same family and generation, closest model number"),
    )
    gaps.fill(
        servers,
        "score_per_core",
        scenario.score_per_core_default,
        stored("CPU score per core"),
        f"{scenario.score_per_core_default:g}",
        source_of("score_per_core_default"),
    )


def _fill_heights(servers: pd.DataFrame, scenario: Scenario, gaps: Gaps) -> None:
    known = {(row.manufacturer, row.model): row.rack_units for row in reference.table("server_models").itertuples()}
    unknown = servers["rack_units"].isna()
    pairs = zip(servers["manufacturer"], servers["model"], strict=True)
    heights = [_height(known, maker, model) for maker, model in pairs]
    servers["rack_units"] = servers["rack_units"].fillna(pd.Series(heights, index=servers.index, dtype=float))
    gaps.note(
        servers,
        "rack_units",
        unknown & servers["rack_units"].notna(),
        stored("looked up"),
        stored("height of the server model: data/reference/server_models.csv"),
    )
    gaps.fill(
        servers,
        "rack_units",
        scenario.rack_units_default,
        stored("rack units"),
        f"{scenario.rack_units_default:g}",
        source_of("rack_units_default"),
    )


def _height(known: dict[tuple[str, str], float], maker: str, model: str) -> float:
    """Rack units of a model as exports write it, NaN where the table does not hold it."""
    model = " ".join(model.casefold().replace("-", " ").split())
    model = re.sub(r"\bg(\d+)\b", r"gen\1", model)  # HP wrote G7 for Gen7
    maker = maker.casefold()
    makers = {"hp": ("hp", "hpe"), "hewlett packard": ("hpe",), "hpe": ("hpe",), "dell inc.": ("dell",)}.get(
        maker, (maker,)
    )
    for (known_maker, name), height in known.items():
        if known_maker in makers and (name == model or model.startswith(name + " ") or name.endswith(" " + model)):
            return height
    return float("nan")


def _fill_ages(servers: pd.DataFrame, found: dict[str, CpuScore | None], scenario: Scenario, gaps: Gaps) -> None:
    years = _of_model(servers, found, lambda score: score.year)
    servers["purchase_year"] = servers["purchase_date"]
    gaps.fill(
        servers,
        "purchase_year",
        years,
        stored("purchase year"),
        stored("first year of the CPU model"),
        _SCORES,
        where=years.notna(),
    )
    servers["purchase_year_known"] = servers["purchase_year"].notna()
    due = scenario.start_year - scenario.server_life_years
    gaps.fill(
        servers,
        "purchase_year",
        float(due),
        stored("purchase year"),
        stored("{due}: at the end of its life", due=due),
        stored("neither date nor known CPU model"),
    )


def _fill_power(servers: pd.DataFrame, scenario: Scenario, gaps: Gaps) -> None:
    figures = [find_power(row.cpu_model, int(row.sockets), int(row.purchase_year)) for row in servers.itertuples()]
    # What fills the box beyond the tested memory draws more; a measured reading replaces all of it.
    extra = np.array(
        [
            max(0.0, memory - figure.tested_memory_gib)
            for memory, figure in zip(servers["memory_gib"], figures, strict=True)
        ]
    )
    servers["idle_w"] = [figure.idle_w for figure in figures] + extra * scenario.memory_w_per_gib
    servers["full_w"] = [figure.full_w for figure in figures] + extra * scenario.memory_w_per_gib
    servers["extra_gib"] = extra
    servers["power_basis"] = np.where(servers["power_w"].notna(), "measured", [figure.basis for figure in figures])
    for basis, shown in (
        ("cpu", stored("SPECpower results of the same CPU")),
        ("year", stored("SPECpower median of the year, by sockets")),
    ):
        gaps.count(
            servers["power_basis"] == basis, "power", shown, stored("SPECpower_ssj2008 to March 2026: a lower bound")
        )


def _fill_money(servers: pd.DataFrame, scenario: Scenario, gaps: Gaps) -> None:
    for name in ("purchase_price", "maintenance_per_year"):
        servers[f"{name}_stated"] = servers[name].notna()
    price = servers["threads"] * scenario.money("host_price_per_thread") + servers["memory_gib"] * scenario.money(
        "host_price_per_gib"
    )
    gaps.fill(
        servers,
        "purchase_price",
        price,
        stored("purchase price"),
        stored("threads and memory at reference prices"),
        source_of("host_price_per_thread"),
    )
    # A stated maintenance cost is paid now; an estimated one only after the warranty.
    servers["warranty_end"] = np.where(
        servers["maintenance_per_year"].notna(),
        -1.0,
        np.floor(servers["purchase_year"] + scenario.warranty_years - scenario.start_year),
    )
    gaps.fill(
        servers,
        "maintenance_per_year",
        servers["purchase_price"] * scenario.maintenance_fraction,
        "maintenance",
        stored("{maintenance_fraction:.0%} of the price a year", maintenance_fraction=scenario.maintenance_fraction),
        source_of("maintenance_fraction"),
    )

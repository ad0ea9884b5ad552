"""The inventory with every gap filled by a sourced default, each one counted.

The inventory says only what the files say. Here the gaps are filled, once, and every fill is
counted by field, so that the result can state how many of its inputs are assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc import assumptions, reference
from calc.cpu import CpuScore, find_match
from calc.errors import InventoryError
from calc.inventory import Inventory
from calc.language import stored
from calc.power import find_power
from calc.profiles import Telemetry
from calc.scenario import Scenario


@dataclass(frozen=True, slots=True)
class AssumedInput:
    """A default that stands in for missing readings.

    Attributes
    ----------
    field : str
    count : int
        For how many servers or workloads.
    value, source : str
        What was used, and where it comes from.
    """

    field: str
    count: int
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Estate:
    """Servers and workloads without gaps.

    Attributes
    ----------
    servers : DataFrame
        Those of the inventory plus ``score_per_core``, ``score_low``, ``score_high``,
        ``score_basis``, ``purchase_year``, ``idle_w``, ``full_w`` and ``power_basis``; no NaN in
        any column that demand and costs read. ``assumed_server`` marks added ones.
    workloads : DataFrame
        Workloads that take part, powered on, each with a server.
    left_out : DataFrame
        Workloads that take no part, with a ``reason``.
    assumed : tuple of AssumedInput
    telemetry : Telemetry or None
        The inventory's.
    filled : tuple of DataFrame
        What was looked up or assumed, in the columns of ``Inventory.provenance``.
    """

    servers: pd.DataFrame
    workloads: pd.DataFrame
    left_out: pd.DataFrame
    assumed: tuple[AssumedInput, ...]
    telemetry: Telemetry | None = None
    filled: tuple[pd.DataFrame, ...] = ()

    @property
    def provenance(self) -> pd.DataFrame:
        """Every value that the files do not hold: table, name, column, value, origin, rule, file."""
        columns = ["table", "name", "column", "value", "origin", "rule", "file"]
        return pd.concat(self.filled, ignore_index=True)[columns] if self.filled else pd.DataFrame(columns=columns)

    @property
    def assumed_count(self) -> int:
        """How many single inputs are assumed."""
        return sum(item.count for item in self.assumed)


class _Filler:
    """Fills gaps of a frame's columns and counts them."""

    def __init__(self) -> None:
        self.assumed: list[AssumedInput] = []
        self.filled: list[pd.DataFrame] = []

    def note(self, frame: pd.DataFrame, column: str, where: pd.Series, origin: str, rule: str) -> None:
        """Record the origin of values that are in the frame now."""
        if not where.any():
            return
        key = "workload" if "workload" in frame else "server"
        part = pd.DataFrame(
            {
                "name": frame.loc[where, key].to_numpy(),
                "column": column,
                "value": frame.loc[where, column].to_numpy(object),
            }
        )
        self.filled.append(part.assign(table=f"{key}s", origin=origin, rule=rule, file=""))

    def fill(
        self,
        frame: pd.DataFrame,
        column: str,
        values: float | pd.Series,
        field: str,
        shown: str,
        source: str,
        where: pd.Series | None = None,
    ) -> None:
        gaps = frame[column].isna() if where is None else frame[column].isna() & where
        count = int(gaps.sum())
        if count:
            frame.loc[gaps, column] = values if np.isscalar(values) else values[gaps]  # type: ignore[index]
            self.assumed.append(AssumedInput(field, count, shown, source))
            origin = "looked up" if source.startswith("data/reference") else "assumed"
            self.note(frame, column, gaps, origin, stored("{shown}: {source}", shown=shown, source=source))


def complete(inventory: Inventory, scenario: Scenario) -> Estate:
    """Fill every gap of an inventory with the scenario's defaults.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario

    Returns
    -------
    Estate
    """
    filler = _Filler()
    servers, workloads = inventory.servers.copy(), inventory.workloads.copy()
    servers["assumed_server"] = False
    workloads, left_out, servers = _unmatched(servers, workloads, scenario, filler)
    _fill_memory_of_hosts(servers, workloads, filler)
    _fill_hardware(servers, scenario, filler)
    _fill_power_and_money(servers, scenario, filler)
    off = ~workloads["powered_on"].astype(bool)
    left_out = pd.concat(
        [left_out, workloads[off].assign(reason=stored("powered off or a template: needs storage only"))]
    )
    workloads = workloads[~off].reset_index(drop=True)
    _fill_workloads(workloads, servers, scenario, filler)
    return Estate(
        servers.reset_index(drop=True),
        workloads,
        left_out.reset_index(drop=True),
        tuple(filler.assumed),
        inventory.telemetry,
        tuple(filler.filled),
    )


def _unmatched(
    servers: pd.DataFrame, workloads: pd.DataFrame, scenario: Scenario, filler: _Filler
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Workloads whose host is not listed leave both sides, or get a counted, assumed server."""
    lost = workloads["server"] == ""
    if not lost.any():
        return workloads, workloads[lost].assign(reason=""), servers
    if scenario.unmatched_workloads == "leave_out":
        return (
            workloads[~lost],
            workloads[lost].assign(reason=stored("its host is not in the export: left out of both sides")),
            servers,
        )
    if servers.empty:
        raise InventoryError(
            stored(
                "every machine is virtual and no server is listed: give a list of the hosts beside it (a "
                "hypervisor's export, or a table with name, cores and memory), so that something can be compared"
            )
        )
    # How many servers are missing is not known: the estate's own ratio is used and stated.
    ratio = max(1, round((~lost).sum() / max(1, len(servers))))
    common = servers.groupby(["cpu_model", "cores", "memory_gib"]).size().idxmax()
    like = servers[
        (servers["cpu_model"] == common[0]) & (servers["cores"] == common[1]) & (servers["memory_gib"] == common[2])
    ].iloc[0]
    workloads = workloads.copy()
    added: list[dict[object, object]] = []
    for (site, zone), group in workloads[lost].groupby(["site", "zone"]):
        for start in range(0, len(group), ratio):
            name = f"assumed-{len(added) + 1:02d}"
            added.append(
                {**like.to_dict(), "server": name, "serial": "", "site": site, "zone": zone, "assumed_server": True}
            )
            members = group.index[start : start + ratio]
            workloads.loc[members, "server"] = name
            workloads.loc[members, ["cpu_model", "arch"]] = [like["cpu_model"], like["arch"]]
    filler.assumed.append(
        AssumedInput(
            stored("server of workloads whose host is not in the export"),
            len(added),
            stored("like {server}, one for every {ratio} workloads", server=like["server"], ratio=ratio),
            stored("this estate's own most common server and ratio"),
        )
    )
    return workloads, workloads.iloc[:0].assign(reason=""), pd.concat([servers, pd.DataFrame(added)], ignore_index=True)


def _fill_memory_of_hosts(servers: pd.DataFrame, workloads: pd.DataFrame, filler: _Filler) -> None:
    """A host whose memory the export leaves out holds at least what its VMs are configured with."""
    configured = workloads.groupby("server")["memory_gib"].sum()
    filler.fill(
        servers,
        "memory_gib",
        np.ceil(servers["server"].map(configured).fillna(0.0)),
        stored("memory of a host"),
        stored("configured memory of its VMs"),
        stored("rule: a host holds at least what its VMs are configured with"),
    )


def _source(name: str) -> str:
    row = assumptions.default(name)
    return f"{row.source} ({row.as_of})"


def _fill_hardware(servers: pd.DataFrame, scenario: Scenario, filler: _Filler) -> None:
    matched = {name: find_match(name) if name else None for name in servers["cpu_model"].unique()}
    found: dict[str, CpuScore | None] = {name: match.score if match else None for name, match in matched.items()}
    near = {name for name, match in matched.items() if match and match.quality == "nearest"}

    def looked_up(get: Callable[[CpuScore], float]) -> pd.Series:
        values = {name: (get(score) if score else np.nan) for name, score in found.items()}
        return servers["cpu_model"].map(values).astype(float)

    chips = looked_up(lambda score: score.cores_per_chip).where(
        ~servers["cpu_model"].isin(near)
    )  # a relative's cores tell nothing
    implied = (servers["cores"] / chips).round()
    implied = implied.where((implied >= 1) & servers["sockets"].isna())
    servers["sockets"] = servers["sockets"].fillna(implied)  # arithmetic, not a guess
    filler.note(servers, "sockets", implied.notna(), "inferred", stored("cores ÷ cores a chip of the CPU model"))
    filler.fill(
        servers,
        "sockets",
        float(scenario.sockets_default),
        "sockets",
        str(scenario.sockets_default),
        _source("sockets_default"),
    )
    filler.fill(
        servers,
        "cores",
        chips * servers["sockets"],
        "cores",
        stored("cores of the CPU model x sockets"),
        "data/reference/cpu_scores.csv",
    )
    servers["score_per_core"] = looked_up(lambda score: score.per_core)
    filler.note(
        servers,
        "score_per_core",
        servers["score_per_core"].notna(),
        stored("looked up"),
        stored("score of the CPU model: data/reference/cpu_scores.csv"),
    )
    servers["score_low"] = looked_up(lambda score: score.low)
    servers["score_high"] = looked_up(lambda score: score.high)
    servers["score_basis"] = servers["cpu_model"].map(lambda name: found[name].basis if found[name] else "default")  # type: ignore[union-attr]
    converted = int((servers["score_basis"] == "converted").sum())
    if converted:
        filler.assumed.append(
            AssumedInput(
                stored("CPU score converted from SPEC CPU2006"),
                converted,
                stored("by CPU model"),
                stored("data/reference/cpu_scores.csv, an estimate with a range; SPEC does not endorse it"),
            )
        )
    by_power = int((servers["score_basis"] == "converted_power").sum())
    if by_power:
        filler.assumed.append(
            AssumedInput(
                stored("CPU score converted from SPECpower"),
                by_power,
                stored("by CPU model"),
                stored(
                    "data/reference/cpu_scores.csv, an estimate with a range: only SPECpower_ssj2008 measured the part"
                ),
            )
        )
    relatives = int(servers["cpu_model"].isin(near).sum())
    if relatives:
        shown = ", ".join(f"{name}: {found[name].processor}" for name in sorted(near)[:3] if found[name])  # type: ignore[union-attr]
        filler.assumed.append(
            AssumedInput(
                stored("CPU score of the nearest relative"),
                relatives,
                shown,
                stored("data/reference/cpu_scores.csv: same family and generation, closest model number"),
            )
        )
    row = assumptions.default("score_per_core_default")
    servers["score_low"] = servers["score_low"].fillna(row.low)
    servers["score_high"] = servers["score_high"].fillna(row.high)
    filler.fill(
        servers,
        "score_per_core",
        scenario.score_per_core_default,
        stored("CPU score per core"),
        f"{scenario.score_per_core_default:g}",
        _source("score_per_core_default"),
    )
    filler.fill(
        servers,
        "threads",
        servers["cores"] * scenario.threads_per_core_default,
        "threads",
        stored("{threads_per_core_default:g} per core", threads_per_core_default=scenario.threads_per_core_default),
        _source("threads_per_core_default"),
    )
    models = _rack_units()
    unknown_height = servers["rack_units"].isna()
    servers["rack_units"] = servers["rack_units"].fillna(
        pd.Series(
            [
                _find_rack_units(models, maker, model)
                for maker, model in zip(servers["manufacturer"], servers["model"], strict=True)
            ],
            index=servers.index,
            dtype=float,
        )
    )
    filler.note(
        servers,
        "rack_units",
        unknown_height & servers["rack_units"].notna(),
        stored("looked up"),
        stored("height of the server model: data/reference/server_models.csv"),
    )
    filler.fill(
        servers,
        "rack_units",
        scenario.rack_units_default,
        stored("rack units"),
        f"{scenario.rack_units_default:g}",
        _source("rack_units_default"),
    )
    years = looked_up(lambda score: score.year)
    servers["purchase_year"] = servers["purchase_date"]
    filler.fill(
        servers,
        "purchase_year",
        years,
        stored("purchase year"),
        stored("first year of the CPU model"),
        "data/reference/cpu_scores.csv",
        where=years.notna(),
    )
    servers["purchase_year_known"] = servers["purchase_year"].notna()
    due = scenario.start_year - scenario.server_life_years
    filler.fill(
        servers,
        "purchase_year",
        float(due),
        stored("purchase year"),
        stored("{due}: at the end of its life", due=due),
        stored("neither date nor known CPU model"),
    )


def _fill_power_and_money(servers: pd.DataFrame, scenario: Scenario, filler: _Filler) -> None:
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
        count = int((servers["power_basis"] == basis).sum())
        if count:
            filler.assumed.append(
                AssumedInput("power", count, shown, stored("SPECpower_ssj2008 to March 2026: a lower bound"))
            )
    for name in ("purchase_price", "maintenance_per_year"):
        servers[f"{name}_stated"] = servers[name].notna()
    price = servers["threads"] * scenario.money("host_price_per_thread") + servers["memory_gib"] * scenario.money(
        "host_price_per_gib"
    )
    filler.fill(
        servers,
        "purchase_price",
        price,
        stored("purchase price"),
        stored("threads and memory at reference prices"),
        _source("host_price_per_thread"),
    )
    # A stated maintenance cost is paid now; an estimated one only after the warranty.
    servers["warranty_end"] = np.where(
        servers["maintenance_per_year"].notna(),
        -1.0,
        np.floor(servers["purchase_year"] + scenario.warranty_years - scenario.start_year),
    )
    filler.fill(
        servers,
        "maintenance_per_year",
        servers["purchase_price"] * scenario.maintenance_fraction,
        "maintenance",
        stored("{maintenance_fraction:.0%} of the price a year", maintenance_fraction=scenario.maintenance_fraction),
        _source("maintenance_fraction"),
    )


def _fill_workloads(workloads: pd.DataFrame, servers: pd.DataFrame, scenario: Scenario, filler: _Filler) -> None:
    at = servers.set_index("server")
    for name in ("score_per_core", "score_low", "score_high", "threads"):
        workloads[name] = workloads["server"].map(at[name]).astype(float)
    workloads["server_cores"] = workloads["server"].map(at["cores"]).astype(float)
    workloads["cores"] = workloads["cores"].fillna(workloads["server_cores"])
    workloads["vcpus"] = workloads["vcpus"].fillna(workloads["cores"])  # a physical core becomes a vCPU
    no_cpu = workloads[["cpu_mean", "cpu_p95", "cpu_peak"]].isna().all(axis=1)
    workloads["cpu_basis"] = np.where(no_cpu, "default", "given")
    filler.fill(
        workloads,
        "cpu_mean",
        scenario.cpu_mean_default,
        stored("CPU utilisation"),
        stored("{cpu_mean_default:.0%} on average", cpu_mean_default=scenario.cpu_mean_default),
        _source("cpu_mean_default"),
        where=no_cpu,
    )
    physical = workloads["kind"] == "physical"
    no_memory = workloads[["mem_mean", "mem_p95", "mem_peak"]].isna().all(axis=1) & physical
    if no_memory.any():
        filler.assumed.append(
            AssumedInput(
                stored("memory utilisation"),
                int(no_memory.sum()),
                stored("all that is installed"),
                stored("rule: no reading, no reduction"),
            )
        )
    workloads["disk_used_gib"] = workloads["disk_used_gib"].fillna(workloads["disk_gib"])
    filler.fill(
        workloads,
        "disk_used_gib",
        scenario.disk_used_gib_default,
        stored("disk in use"),
        stored("{disk_used_gib_default:g} GiB", disk_used_gib_default=scenario.disk_used_gib_default),
        _source("disk_used_gib_default"),
        where=physical,
    )


def _rack_units() -> dict[tuple[str, str], float]:

    return {(row.manufacturer, row.model): row.rack_units for row in reference.table("server_models").itertuples()}


def _find_rack_units(models: dict[tuple[str, str], float], maker: str, model: str) -> float:
    model = re.sub(
        r"\bg(\d+)\b", r"gen\1", " ".join(model.casefold().replace("-", " ").split())
    )  # HP wrote G7 for Gen7
    maker = maker.casefold()
    makers = {"hp": ("hp", "hpe"), "hewlett packard": ("hpe",), "hpe": ("hpe",), "dell inc.": ("dell",)}.get(
        maker, (maker,)
    )
    for known_maker, known in models:
        if known_maker in makers and (known == model or model.startswith(known + " ") or known.endswith(" " + model)):
            return models[known_maker, known]
    return float("nan")

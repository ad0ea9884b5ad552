"""Everything a user may choose, declared once.

Each setting's default, range, unit and source come from data/reference/assumptions.csv; its
label and help stand here. Form widgets, validation and TOML keys derive from this declaration.
Monetary settings are None until the user states one: the reference value is then converted
into the scenario's currency at the dated rate.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from calc import assumptions, reference
from calc.errors import ScenarioError
from calc.language import foreign, joined, stored


def _setting(
    name: str,
    label: str,
    help_: str,
    *,
    group: str,
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    lt: float | None = None,
) -> Any:
    row = assumptions.default(name)
    money = bool(row.currency)
    value: Any = (
        None if money else (int(row.value) if float(row.value).is_integer() and row.unit in _WHOLE else row.value)
    )
    return Field(
        default=value,
        title=label,
        description=help_,
        ge=ge,
        le=le,
        gt=gt,
        lt=lt,
        json_schema_extra={"unit": row.unit, "group": group, "money": money},
    )


_WHOLE = {"hosts", "years", "year", "sockets", "cores", "h"}


#: Reference prices that a price level of their own carries to the first year.
LEVELLED = frozenset({"host_price_per_thread", "host_price_per_gib"})


class HostTypeEntry(BaseModel):
    """A host type of the user's own, priced in the scenario's currency.

    ``available`` limits how many there are; with ``price = 0`` it stands for hosts already owned.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, title="Identifier")
    name: str = Field(default="", title="Name")
    cpu_model: str = Field(default="", title="CPU model")
    sockets: int = Field(default=2, ge=1, le=16)
    cores: int = Field(ge=1, le=4096, title="Physical cores, all sockets")
    memory_gib: float = Field(gt=0, le=1_000_000)
    score_per_core: float | None = Field(default=None, gt=0, le=100)
    idle_w: float = Field(ge=0)
    full_w: float = Field(gt=0)
    tested_memory_gib: float | None = Field(default=None, ge=0)
    rack_units: float = Field(default=1, ge=0)
    nic_gbps: float = Field(default=50, gt=0)
    arch: str = "x86_64"
    price: float = Field(ge=0)
    available: int | None = Field(default=None, ge=0)
    maintenance_per_year: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _has_a_score(self) -> HostTypeEntry:
        if self.score_per_core is None and not self.cpu_model:
            raise ValueError(stored("give cpu_model or score_per_core, so that its capacity can be compared"))
        if self.full_w < self.idle_w:
            raise ValueError(
                stored("full_w = {full_w:g} is below idle_w = {idle_w:g}", full_w=self.full_w, idle_w=self.idle_w)
            )
        return self


class OwnLine(BaseModel):
    """A cost line of the user's own, at today's prices in the scenario's currency.

    ``amount`` is multiplied by what ``per`` counts on each side: nothing (``case``), machines,
    hosts (machines of the plan only), physical cores, or kW of IT power. Yearly amounts rise
    with inflation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, title="Name")
    amount: float = Field(title="Amount", ge=-1e12, le=1e12)
    when: Literal["once", "yearly"] = Field(default="yearly", title="When")
    per: Literal["case", "server", "host", "core", "kw"] = Field(default="case", title="For each")
    side: Literal["baseline", "target", "both"] = Field(default="both", title="Side")


class MoveStep(BaseModel):
    """What happens on one date of a migration plan.

    ``month`` counts from the start of the first year, parts of a month as such. ``hosts`` are the
    numbers of the plan's hosts (1 is the first) that come into service, ``servers`` the old servers
    that are switched off, ``workloads`` how many move.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: float = Field(ge=0, le=180, title="Month")
    hosts: tuple[int, ...] = Field(default=(), title="Hosts that come into service")
    workloads: int = Field(default=0, ge=0, title="Workloads that move")
    servers: tuple[str, ...] = Field(default=(), title="Servers that are switched off")

    def __str__(self) -> str:
        parts = (
            (len(self.hosts), "hosts in service"),
            (self.workloads, "workloads moved"),
            (len(self.servers), "servers off"),
        )
        return f"month {self.month:.1f}: " + ", ".join(f"{count} {what}" for count, what in parts if count)


class Scenario(BaseModel):
    """All settings of an assessment; every one has a sourced default.

    Examples
    --------
    >>> Scenario().failover_hosts
    1
    >>> Scenario.from_toml(Scenario(pue=1.3).to_toml()) == Scenario(pue=1.3)
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # What is planned
    hypervisor: str = Field(
        default="proxmox",
        title="Hypervisor",
        json_schema_extra={"group": "plan"},
        description="Decides overhead and licence. The default is vendor-neutral and has paid support.",
    )
    host_policy: Literal["one_model", "mixed"] = Field(
        default="one_model",
        title="Host models",
        json_schema_extra={"group": "plan"},
        description="one_model: each pool uses a single host model, the one with the least total cost. "
        "mixed: any mix of the allowed models, least cost; needed to re-use hosts that exist in a limited number.",
    )
    host_types: tuple[str, ...] = Field(
        default=(),
        title="Allowed host models",
        json_schema_extra={"group": "plan"},
        description="Identifiers from the catalogue or from custom_host_types; empty allows every current catalogue host.",
    )
    custom_host_types: tuple[HostTypeEntry, ...] = Field(default=(), title="Your own host models")
    host_prices: dict[str, float] = Field(
        default_factory=dict,
        title="Host prices of your own",
        description="Catalogue identifier to purchase price in the scenario's currency: a quotation beats the reference estimate.",
    )
    pool_by: tuple[
        Literal["site", "zone", "environment", "owner", "licence", "windows", "sql", "rhel", "oracle"], ...
    ] = Field(
        default=("site", "zone"),
        title="Keep apart by",
        json_schema_extra={"group": "plan"},
        description="Workloads that differ in one of these never share a host. Architectures are always kept apart. "
        "licence: by the counted licence that each carries; windows, sql, rhel, oracle: that product's from all others, "
        "so that fewer hosts need it.",
    )
    application_per_host_max: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        title="Most workloads of one application on a host",
        json_schema_extra={"group": "plan"},
        description="So that one host's failure never takes more of an application than this; empty sets no limit.",
    )
    failover_hosts: int = _setting(
        "failover_hosts",
        "Hosts that may fail (N+k)",
        "Every pool keeps running when this many of its hosts fail.",
        group="plan",
        ge=0,
        le=2,
    )
    racks: int | None = Field(
        default=None,
        ge=2,
        le=100,
        title="Racks of each pool, any one of which may fail",
        json_schema_extra={"group": "plan"},
        description="Hosts are dealt out to so many racks in turn, and everything keeps running when a whole rack fails; the "
        "least costly hosts are added where that needs more. Empty: single hosts fail, not racks.",
    )
    cpu_ceiling: float = _setting(
        "cpu_ceiling",
        "CPU ceiling, normal",
        "Share of a host's CPU that may be planned when all hosts run.",
        group="plan",
        gt=0,
        le=1,
    )
    cpu_ceiling_failover: float = _setting(
        "cpu_ceiling_failover",
        "CPU ceiling, failover",
        "Share of a host's CPU that may be planned after a failure.",
        group="plan",
        gt=0,
        le=1,
    )
    memory_ceiling: float = _setting(
        "memory_ceiling",
        "Memory ceiling",
        "Share of a host's memory, after the reserve, that may be planned.",
        group="plan",
        gt=0,
        le=1,
    )
    memory_overcommit: float = Field(
        default=1.0,
        ge=1,
        le=2,
        title="Memory overcommit",
        json_schema_extra={"group": "plan"},
        description="More guest memory than a host has, as a factor. 1 is none, and the default. Above it, guests that use "
        "what they were given at the same time are ballooned, swapped or stopped; only hypervisors that can do it take it.",
    )
    network_ceiling: float = _setting(
        "network_ceiling",
        "Network ceiling",
        "Share of a host's network bandwidth that may be planned.",
        group="plan",
        gt=0,
        le=1,
    )
    host_iops: float | None = Field(
        default=None,
        gt=0,
        le=1e8,
        title="Disk operations a host may serve (IOPS)",
        json_schema_extra={"group": "plan"},
        description="What the adapters of one host, or its share of the storage, can do; no table holds it. Stated, and with "
        "measured IOPS in the inventory, disk throughput is planned like any other resource, less the hypervisor's loss. "
        "Empty: measured IOPS are listed as a finding and not planned.",
    )
    vcpu_per_core: float = _setting(
        "vcpu_per_core",
        "vCPU per core",
        "Virtual CPUs allowed for each physical core (not thread).",
        group="plan",
        gt=0,
        le=64,
    )
    host_reserve_cores: int = _setting(
        "host_reserve_cores", "Cores kept for the hypervisor", "Physical cores of each host.", group="plan", ge=0, le=64
    )
    host_reserve_memory_gib: float = _setting(
        "host_reserve_memory_gib",
        "Memory kept for the hypervisor",
        "At least this much on each host.",
        group="plan",
        ge=0,
        le=4096,
    )
    host_reserve_memory_fraction: float = _setting(
        "host_reserve_memory_fraction",
        "Memory kept, as a share",
        "Used where it is more than the fixed reserve.",
        group="plan",
        ge=0,
        le=0.9,
    )

    # Demand
    cpu_statistic: Literal["p95", "peak"] = Field(
        default="p95",
        title="CPU reading to plan on",
        json_schema_extra={"group": "demand"},
        description="p95 is preferred where given, else peak; averages are multiplied by the peak factor. "
        "'peak' prefers the peak reading.",
    )
    time_slots: Literal["none", "day", "week"] = Field(
        default="none",
        title="Plan by time of day",
        json_schema_extra={"group": "demand"},
        description="Only with telemetry. none: each workload at its overall reading, all at once (the sum of peaks). day: "
        "24 hours; week: weekday and weekend x 24. CPU and network then hold in every slot (the peak of sums): workloads "
        "busy at different hours share hosts. A workload without telemetry counts in full in every slot.",
    )
    risk_allowed: float | None = Field(
        default=None,
        ge=0,
        lt=0.5,
        title="Risk: share of host-hours above capacity",
        json_schema_extra={"group": "demand"},
        description="Only with telemetry, planned by week. 0.001 is one host-hour in a thousand: cross-validation on the history "
        "chooses the percentile, and a margin, that keeps it on days not planned on, and workloads are planned at that "
        "reading. Empty: the reading chosen above.",
    )
    unmatched_workloads: Literal["leave_out", "assume_server"] = Field(
        default="leave_out",
        title="VMs whose host is not in the export",
        json_schema_extra={"group": "demand"},
        description="leave_out: they leave both sides of the comparison. assume_server: each missing host is added as a "
        "server like the most common one, counted as assumed.",
    )
    vcpu_sizing: Literal["right_sized", "as_installed"] = Field(
        default="right_sized",
        title="vCPUs of a server that becomes a VM",
        json_schema_extra={"group": "demand"},
        description="right_sized: what its CPU reading needs at the vCPU target, never more than its cores. as_installed: a vCPU "
        "for each physical core. Without a reading always the latter; VMs keep their own.",
    )
    vcpu_utilisation_target: float = _setting(
        "vcpu_utilisation_target",
        "vCPU target utilisation",
        "How busy a right-sized vCPU may be at the planned CPU reading.",
        group="demand",
        gt=0,
        le=1,
    )
    cpu_mean_default: float = _setting(
        "cpu_mean_default",
        "CPU utilisation where not measured",
        "Mean over time; counted as assumed.",
        group="demand",
        gt=0,
        le=1,
    )
    cpu_peak_factor: float = _setting(
        "cpu_peak_factor",
        "Peak factor on averages",
        "A p95 is about this many times the mean.",
        group="demand",
        ge=1,
        le=20,
    )
    smt_throughput_gain: float = _setting(
        "smt_throughput_gain",
        "Throughput gain of two threads a core",
        "Only for the high reading of CPU demand: CPU % from an operating system is not linear under SMT.",
        group="demand",
        ge=1,
        le=2,
    )
    cpu_growth_per_year: float = _setting(
        "cpu_growth_per_year",
        "CPU and network growth a year",
        "Compound, over the whole horizon.",
        group="demand",
        ge=-0.5,
        le=1,
    )
    memory_growth_per_year: float = _setting(
        "memory_growth_per_year",
        "Memory growth a year",
        "Compound, over the whole horizon.",
        group="demand",
        ge=-0.5,
        le=1,
    )
    memory_headroom_factor: float = _setting(
        "memory_headroom_factor",
        "Memory headroom (physical servers)",
        "On the p95 or peak in use; never above what is installed.",
        group="demand",
        ge=1,
        le=3,
    )
    sockets_default: int = _setting("sockets_default", "Sockets where not given", "", group="demand", ge=1, le=16)
    score_per_core_default: float = _setting(
        "score_per_core_default", "CPU score where the model is unknown", "", group="demand", gt=0, le=50
    )
    threads_per_core_default: float = _setting(
        "threads_per_core_default", "Threads per core where not given", "", group="demand", ge=1, le=8
    )
    disk_used_gib_default: float = _setting(
        "disk_used_gib_default", "Disk in use where not given", "", group="demand", ge=0
    )
    rack_units_default: float = _setting(
        "rack_units_default", "Rack units where not given", "", group="demand", ge=0, le=60
    )
    idle_cpu_threshold: float = _setting(
        "idle_cpu_threshold",
        "Idle below",
        "A server whose highest CPU reading is below this may be switched off.",
        group="demand",
        ge=0,
        le=1,
    )

    # Money
    currency: str = Field(
        default="USD",
        title="Currency",
        json_schema_extra={"group": "money"},
        description="Every reference price is converted into it once, at a dated rate. Three letters; one that is not in "
        "data/reference/fx.csv needs your own rate.",
    )
    usd_per_unit: float | None = Field(
        default=None,
        gt=0,
        title="US dollars for one unit of the currency",
        json_schema_extra={"group": "money"},
        description="Your own exchange rate; empty takes the dated one of data/reference/fx.csv.",
    )
    start_year: int = _setting(
        "start_year", "First year", "Year 0: purchases and one-offs.", group="money", ge=2000, le=2100
    )
    horizon_years: int = _setting(
        "horizon_years", "Horizon", "Years compared, the same on both sides.", group="money", ge=1, le=15
    )
    discount_rate: float = _setting(
        "discount_rate", "Discount rate", "Nominal, before tax.", group="money", gt=-1, le=1
    )
    inflation: float = _setting("inflation", "Inflation", "On every price except energy.", group="money", gt=-1, le=1)
    price_indexing: Literal["inflation", "none"] = Field(
        default="inflation",
        title="Reference prices of earlier years",
        json_schema_extra={"group": "money"},
        description="inflation: raised from their price year to the first year. none: as they stand. Your own prices are taken as "
        "prices of the first year; host prices have levels of their own, electricity and cloud prices stand at their date.",
    )
    energy_escalation: float = _setting("energy_escalation", "Energy price escalation", "", group="money", gt=-1, le=1)
    server_life_years: int = _setting(
        "server_life_years",
        "Life of a server",
        "Refresh age, and the span of the residual value.",
        group="money",
        ge=1,
        le=20,
    )
    maintenance_fraction: float = _setting(
        "maintenance_fraction", "Hardware maintenance a year", "Share of the purchase price.", group="money", ge=0, le=1
    )
    warranty_years: int = _setting(
        "warranty_years",
        "Warranty",
        "No maintenance is paid before it ends, on either side.",
        group="money",
        ge=0,
        le=10,
    )
    facility_mode: Literal["own", "colocation_metered", "colocation_all_in"] = Field(
        default="own",
        title="Data centre",
        json_schema_extra={"group": "money"},
        description="own: tariff x PUE, space is worth nothing unless released. colocation_metered: energy plus a price per "
        "rack unit. colocation_all_in: one price per kW, no separate energy.",
    )
    electricity_region: str = Field(
        default="EU27",
        title="Electricity price of",
        json_schema_extra={"group": "money"},
        description="Non-household (EU) or industrial (US states) price.",
    )
    electricity_per_kwh: float | None = Field(
        default=None,
        ge=0,
        title="Electricity price",
        json_schema_extra={"group": "money", "money": True},
        description="Your own price; empty takes the region's.",
    )
    pue: float = _setting("pue", "PUE", "Total facility power over IT power.", group="money", ge=1, le=5)
    hours_per_year: float = _setting("hours_per_year", "Hours a year", "", group="money", gt=0, le=8784)
    memory_w_per_gib: float = _setting(
        "memory_w_per_gib", "Power of memory", "On memory beyond the SPECpower test.", group="money", ge=0, le=5
    )
    storage_w_per_tb: float = _setting("storage_w_per_tb", "Power of shared storage", "", group="money", ge=0, le=500)
    host_price_per_thread: float | None = _setting(
        "host_price_per_thread",
        "Server price per thread",
        "Used to estimate what an old server cost.",
        group="money",
        ge=0,
    )
    host_price_per_gib: float | None = _setting(
        "host_price_per_gib", "Server price per GiB", "Used to estimate what an old server cost.", group="money", ge=0
    )
    rack_unit_per_month: float | None = _setting(
        "rack_unit_per_month", "Rack unit a month", "Only with metered colocation.", group="money", ge=0
    )
    colocation_per_kw_month: float | None = _setting(
        "colocation_per_kw_month", "Colocation per kW and month", "Only with all-in colocation.", group="money", ge=0
    )
    storage_price_per_gib: float | None = _setting(
        "storage_price_per_gib",
        "Shared storage, usable",
        "Bought for data that lies on local disks today.",
        group="money",
        ge=0,
    )
    replatform_per_workload: float | None = _setting(
        "replatform_per_workload",
        "Re-platforming of one workload",
        "One-off, for a workload of a foreign architecture that is moved to the hosts' own; used to compare, never in the plan.",
        group="money",
        ge=0,
    )
    baseline_hypervisor_per_core_per_year: float | None = _setting(
        "baseline_hypervisor_per_core_per_year",
        "Hypervisor subscription today",
        "Per core and year, only where the estate is virtualised already and pays one.",
        group="money",
        ge=0,
    )

    uncertainty_against: Literal["keep", "refresh"] = Field(
        default="keep",
        title="Range and decision against",
        json_schema_extra={"group": "money"},
        description="keep: today's servers as they are. refresh: each replaced like for like at the end of its life. The baseline of "
        "the tornado, the simulation, the break-evens and the decision.",
    )

    # Money: prices of hosts
    host_price_index: float = _setting(
        "host_price_index",
        "Server price level",
        "On the reference price per thread of hosts bought now.",
        group="money",
        ge=0.1,
        le=10,
    )
    host_memory_price_index: float = _setting(
        "host_memory_price_index",
        "Memory price level",
        "On the reference price per GiB of hosts bought now: memory is the most volatile part of a host.",
        group="money",
        ge=0.1,
        le=20,
    )
    host_boot_disk_tb: float = _setting(
        "host_boot_disk_tb",
        "Boot disks of a host",
        "Both of the mirror together. Splits the price of a host into its parts; the sum stays.",
        group="money",
        ge=0,
        le=1000,
    )
    host_disk_price_per_tb: float | None = _setting(
        "host_disk_price_per_tb",
        "Price of a disk in a host",
        "Splits the price of a host into its parts; the sum stays.",
        group="money",
        ge=0,
    )
    network_fraction: float = _setting(
        "network_fraction",
        "Network and SAN ports",
        "Switch and SAN ports bought with machines and storage, as a share of their price; the same on every side.",
        group="money",
        ge=0,
        le=1,
    )
    network_ports_per_server: float = _setting(
        "network_ports_per_server",
        "Network ports of a server",
        "Today's and like for like.",
        group="money",
        ge=0,
        le=64,
    )
    san_ports_per_server: float = _setting(
        "san_ports_per_server", "SAN ports of a server", "Today's and like for like.", group="money", ge=0, le=64
    )
    network_ports_per_host: float = _setting(
        "network_ports_per_host", "Network ports of a host", "", group="money", ge=0, le=64
    )
    san_ports_per_host: float = _setting("san_ports_per_host", "SAN ports of a host", "", group="money", ge=0, le=64)
    network_port_price: float | None = Field(
        default=None,
        ge=0,
        title="Price of a network port",
        json_schema_extra={"group": "money", "money": True},
        description="Switch port, optics and cable, bought with each new machine. As soon as the price of a network or a SAN port "
        "is stated, ports are counted one by one and replace the share of the price.",
    )
    san_port_price: float | None = Field(
        default=None,
        ge=0,
        title="Price of a SAN port",
        json_schema_extra={"group": "money", "money": True},
        description="As for a network port.",
    )
    network_port_per_year: float | None = _setting(
        "network_port_per_year",
        "Network port a year",
        "Of every port in use on either side, whoever bought it: what a freed port saves.",
        group="money",
        ge=0,
    )
    san_port_per_year: float | None = _setting(
        "san_port_per_year", "SAN port a year", "As for a network port.", group="money", ge=0
    )
    maintenance_rise_per_year: float = _setting(
        "maintenance_rise_per_year",
        "Rise of maintenance with age",
        "A year, after the warranty, on either side.",
        group="money",
        ge=0,
        le=1,
    )
    storage_design: Literal["shared", "hyperconverged"] = Field(
        default="shared",
        title="Storage of the plan",
        json_schema_extra={"group": "money"},
        description="shared: priced per usable GiB. hyperconverged: raw disks in the hosts, usable x protection / (1 - slack), "
        "at your price per raw GiB.",
    )
    storage_price_per_raw_gib: float | None = Field(
        default=None,
        ge=0,
        title="Hyperconverged storage, raw",
        json_schema_extra={"group": "money", "money": True},
        description="No published price was found: required for a hyperconverged design.",
    )
    storage_protection: float = _setting(
        "storage_protection", "Storage protection", "Raw over usable, hyperconverged only.", group="money", ge=1, le=5
    )
    storage_slack: float = _setting(
        "storage_slack", "Storage kept free", "Hyperconverged only.", group="money", ge=0, lt=1
    )

    # Money: one-offs and exit
    migration_workloads_per_month: float = _setting(
        "migration_workloads_per_month",
        "Workloads moved a month",
        "Old servers run on, half of them on average, while the move lasts.",
        group="oneoff",
        gt=0,
        le=100_000,
    )
    migration_hours_simple: float = _setting(
        "migration_hours_simple", "Hours to move a simple workload", "One-off.", group="oneoff", ge=0, le=10_000
    )
    migration_hours_medium: float = _setting(
        "migration_hours_medium",
        "Hours to move a medium workload",
        "A database, a member of a cluster, or an operating system without support.",
        group="oneoff",
        ge=0,
        le=10_000,
    )
    migration_hours_complex: float = _setting(
        "migration_hours_complex",
        "Hours to move a complex workload",
        "Two of those, or a disk beyond the limit.",
        group="oneoff",
        ge=0,
        le=10_000,
    )
    migration_hour_price: float | None = _setting(
        "migration_hour_price",
        "Price of an hour of migration",
        "Your own people's or a partner's.",
        group="oneoff",
        ge=0,
    )
    migration_large_disk_gib: float = _setting(
        "migration_large_disk_gib", "Complex from a disk of", "Disk in use.", group="oneoff", gt=0
    )
    transfer_mbps: float = _setting(
        "transfer_mbps",
        "Transfer rate of the move",
        "Bounds how fast data can be moved.",
        group="oneoff",
        gt=0,
        le=1_000_000,
    )
    parallel_overlap_months: float = _setting(
        "parallel_overlap_months", "Parallel running of each server", "", group="oneoff", ge=0, le=24
    )
    move: tuple[MoveStep, ...] = Field(
        default=(),
        title="Dates of the move",
        json_schema_extra={"group": "dates"},
        description="From a migration plan (`calc.migration.MigrationPlan.steps`): the cash flow follows them machine by "
        "machine. Empty: old servers leave evenly over the move, as estimated from the settings of this group.",
    )
    disposal_per_server: float | None = _setting(
        "disposal_per_server", "Wiping and disposal", "Once for each server removed.", group="oneoff", ge=0
    )
    resale_fraction: float = _setting(
        "resale_fraction", "Resale of removed servers", "Share of their book value.", group="oneoff", ge=0, le=1
    )
    management_hosts: int = _setting(
        "management_hosts", "Backup and management hosts", "Beyond the plan.", group="oneoff", ge=0, le=100
    )
    dr_fraction: float = _setting(
        "dr_fraction", "Disaster-recovery capacity", "Hosts of a second site.", group="oneoff", ge=0, le=2
    )
    own_lines: tuple[OwnLine, ...] = Field(
        default=(), title="Your own cost lines", description="Lines that no other setting holds, at today's prices."
    )

    # Money: labour, apart
    count_labour: bool = Field(
        default=False,
        title="Count administration labour",
        json_schema_extra={"group": "labour"},
        description="Off: the least trusted line of any business case, because the number of systems does not fall. "
        "Shown apart either way.",
    )
    admin_salary_per_year: float | None = _setting(
        "admin_salary_per_year", "Administrator's salary", "", group="labour", ge=0
    )
    admin_loading: float = _setting("admin_loading", "Employer's cost over salary", "", group="labour", ge=1, le=3)
    servers_per_admin_physical: float = _setting(
        "servers_per_admin_physical", "Physical servers an administrator", "", group="labour", gt=0
    )
    servers_per_admin_virtual: float = _setting(
        "servers_per_admin_virtual", "Virtual servers an administrator", "", group="labour", gt=0
    )

    # Licences: what is owned is asked, never assumed
    hypervisor_price: float | None = Field(
        default=None,
        ge=0,
        title="Hypervisor price of your own",
        json_schema_extra={"group": "licences", "money": True},
        description="For one core or socket, by the hypervisor's own rule; a quotation beats the reference price. "
        "For KVM and Xen: paid support, per socket and year.",
    )
    licence_prices: dict[str, float] = Field(
        default_factory=dict,
        title="Licence prices of your own",
        description="Identifier of data/reference/licences.csv to price of one unit (a core, or a pair) in the scenario's currency.",
    )
    vmware_order_minimum: bool = Field(
        default=False,
        title="Order minimum of 72 cores",
        json_schema_extra={"group": "licences"},
        description="Sources conflict on whether Broadcom still asks it; applies to per-core subscriptions only.",
    )
    windows_licences: Literal["not_stated", "none_owned", "perpetual"] = Field(
        default="not_stated",
        title="Windows Server licences",
        json_schema_extra={"group": "licences"},
        description="not_stated: not in the money. none_owned: bought for the hosts (OEM licences end with their server). "
        "perpetual: a Standard licence for each Windows server is owned and moves to the hosts; the rest is bought. "
        "Standard, stacked, against Datacenter is chosen by pool, and the packing sees it.",
    )
    sql_licences: Literal["not_stated", "none_owned", "perpetual"] = Field(
        default="not_stated",
        title="SQL Server licences",
        json_schema_extra={"group": "licences"},
        description="Counted where application or operating system says SQL Server; by VM, or all cores of the hosts.",
    )
    sql_edition: Literal["standard", "enterprise"] = Field(
        default="standard", title="SQL Server edition", json_schema_extra={"group": "licences"}
    )
    rhel_subscription: Literal["not_stated", "standard", "premium"] = Field(
        default="not_stated",
        title="Red Hat subscription",
        json_schema_extra={"group": "licences"},
        description="Paid on both sides where the operating system is Red Hat; pairs against Virtual Datacenter by pool.",
    )
    oracle_licences: Literal["not_stated", "none_owned", "perpetual"] = Field(
        default="not_stated",
        title="Oracle Database licences",
        json_schema_extra={"group": "licences"},
        description="Every physical core that an Oracle workload could reach is counted: keep it apart with pool_by oracle.",
    )
    count_oracle_support: bool = Field(
        default=False,
        title="Oracle support is paid",
        json_schema_extra={"group": "licences"},
        description="Each year on what is owned today (perpetual) and on what the plan needs.",
    )
    oracle_support_fraction: float = _setting(
        "oracle_support_fraction", "Oracle support a year", "Of the licence price.", group="licences", ge=0, le=1
    )
    count_esu: bool = Field(
        default=False,
        title="Extended Security Updates are paid",
        json_schema_extra={"group": "licences"},
        description="For Windows servers without support, in the three years after its end, on both sides. After them there is "
        "nothing to buy: the system must be replaced.",
    )
    esu_fraction_first: float = _setting(
        "esu_fraction_first", "Security updates, first year", "Of the licence price.", group="licences", ge=0, le=10
    )
    esu_fraction_second: float = _setting(
        "esu_fraction_second", "Security updates, second year", "Of the licence price.", group="licences", ge=0, le=10
    )
    esu_fraction_third: float = _setting(
        "esu_fraction_third", "Security updates, third year", "Of the licence price.", group="licences", ge=0, le=10
    )
    esu_cores_per_vm: int = _setting(
        "esu_cores_per_vm", "Security updates, least cores of a VM", "", group="licences", ge=1, le=64
    )
    windows_cals: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        title="Windows client access licences to buy",
        json_schema_extra={"group": "licences"},
        description="Users or devices; asked, never assumed. Bought with new Windows Server licences (none_owned), by the plan and "
        "by a refresh: a new version of the server needs new ones.",
    )
    windows_cal_price: float | None = _setting(
        "windows_cal_price", "Windows client access licence", "Of one user or device.", group="licences", ge=0
    )
    sa_fraction: float = _setting(
        "sa_fraction",
        "Software Assurance a year",
        "Of the licence price of counted Windows and SQL licences; counted on both sides where count_sa is on.",
        group="licences",
        ge=0,
        le=1,
    )
    count_sa: bool = Field(default=False, title="Software Assurance is paid", json_schema_extra={"group": "licences"})

    # Cloud alternative
    cloud_region: str = Field(
        default="gcp/europe-west3",
        title="Cloud region",
        json_schema_extra={"group": "cloud"},
        description="Provider and region of data/reference/cloud_instances.csv.",
    )
    cloud_commitment: Literal["on_demand", "one_year", "three_years"] = Field(
        default="three_years",
        title="Cloud commitment",
        json_schema_extra={"group": "cloud"},
        description="Committed terms are paid in advance and bought again when they end.",
    )
    cloud_one_year_fraction: float = _setting(
        "cloud_one_year_fraction",
        "One-year commitment without a list price",
        "Of the price on demand, for regions whose table has no committed price.",
        group="cloud",
        gt=0,
        le=1,
    )
    cloud_storage_per_gib_month: float | None = Field(
        default=None,
        ge=0,
        title="Cloud storage",
        json_schema_extra={"group": "cloud", "money": True},
        description="Per GiB and month. Not in the price tables; without it the cloud is not complete and is not recommended.",
    )
    cloud_egress_per_gib: float | None = Field(
        default=None,
        ge=0,
        title="Cloud egress",
        json_schema_extra={"group": "cloud", "money": True},
        description="Per GiB that leaves.",
    )
    cloud_egress_gib_month: float = _setting(
        "cloud_egress_gib_month", "Egress a month", "Of all workloads together.", group="cloud", ge=0
    )
    cloud_windows_per_vcpu_hour: float | None = Field(
        default=None,
        ge=0,
        title="Windows in the cloud",
        json_schema_extra={"group": "cloud", "money": True},
        description="Per vCPU and hour. Not in the price tables.",
    )

    # Carbon
    carbon_country: str = Field(
        default="EU27",
        title="Grid of",
        json_schema_extra={"group": "carbon"},
        description="Carbon intensity of the country's electricity.",
    )
    carbon_kg_per_kwh: float | None = Field(
        default=None,
        ge=0,
        le=5,
        title="Grid carbon of your own (kg/kWh)",
        json_schema_extra={"group": "carbon", "money": False},
        description="Empty takes the country's.",
    )
    embodied_kg_per_host: float = _setting(
        "embodied_kg_per_host", "Embodied carbon of a new machine", "", group="carbon", ge=0
    )

    # Search
    effort: Literal["quick", "standard", "deep"] = Field(
        default="standard",
        title="Search effort",
        json_schema_extra={"group": "search"},
        description="A work budget, not a time: same input and effort, same plan.",
    )
    seed: int = Field(default=1, ge=0, lt=2**31, title="Seed", json_schema_extra={"group": "search"})

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise _explain(error) from None

    @field_validator("hypervisor")
    @classmethod
    def _known_hypervisor(cls, value: str) -> str:
        table = reference.table("hypervisors")
        known = tuple(table["id"][~table["emulates"].astype(bool)])
        if value not in known:
            emulates = value in set(table["id"])
            raise ValueError(
                stored(
                    "emulates, and is weighed for foreign architectures only; choose one of {known}",
                    known=", ".join(known),
                )
                if emulates
                else stored("is not known; choose one of {known}", known=", ".join(known))
            )
        return value

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        if not (len(value) == 3 and value.isalpha() and value.isupper()):
            raise ValueError(stored("is not a currency; write its three letters, such as EUR"))
        return value

    @field_validator("electricity_region")
    @classmethod
    def _known_region(cls, value: str) -> str:
        if value not in set(reference.table("electricity")["region"]):
            raise ValueError(
                stored("is not in data/reference/electricity.csv; give electricity_per_kwh and keep a known region")
            )
        return value

    @field_validator("carbon_country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if value not in set(reference.table("carbon")["country"]):
            raise ValueError(
                stored("is not in data/reference/carbon.csv; give carbon_kg_per_kwh and keep a known country")
            )
        return value

    @field_validator("cloud_region")
    @classmethod
    def _known_cloud(cls, value: str) -> str:
        known = sorted(set(reference.table("cloud_instances")["region"]))
        if value not in known:
            raise ValueError(stored("is not known; choose one of {known}", known=", ".join(known)))
        return value

    @field_validator("host_prices")
    @classmethod
    def _prices(cls, value: dict[str, float]) -> dict[str, float]:
        known = set(reference.table("host_types")["id"])
        for name, price in value.items():
            if name not in known:
                raise ValueError(
                    stored(
                        "names {name!r}, which is not in the catalogue; known: {known}",
                        name=name,
                        known=", ".join(sorted(known)),
                    )
                )
            if not 0 <= price < 1e9:
                raise ValueError(stored("{name} = {price:g} is not a price", name=name, price=price))
        return value

    @field_validator("move")
    @classmethod
    def _one_date_each(cls, value: tuple[MoveStep, ...]) -> tuple[MoveStep, ...]:
        for kind in ("hosts", "servers"):
            named = Counter(entry for step in value for entry in getattr(step, kind))
            twice = sorted(str(entry) for entry, count in named.items() if count > 1)
            if twice:
                raise ValueError(stored("names {value!r} of {kind} on two dates; keep one", value=twice[0], kind=kind))
        return value

    @field_validator("licence_prices")
    @classmethod
    def _licence_prices(cls, value: dict[str, float]) -> dict[str, float]:
        known = set(reference.table("licences")["id"])
        for name, price in value.items():
            if name not in known:
                raise ValueError(
                    stored(
                        "names {name!r}, which is not in licences.csv; known: {known}",
                        name=name,
                        known=", ".join(sorted(known)),
                    )
                )
            if not 0 <= price < 1e9:
                raise ValueError(stored("{name} = {price:g} is not a price", name=name, price=price))
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Scenario:
        if self.cpu_ceiling_failover < self.cpu_ceiling:
            raise ValueError(
                stored(
                    "cpu_ceiling_failover = {cpu_ceiling_failover:g} is below cpu_ceiling = {cpu_ceiling:g}; after a "
                    "failure hosts may run fuller, not emptier",
                    cpu_ceiling_failover=self.cpu_ceiling_failover,
                    cpu_ceiling=self.cpu_ceiling,
                )
            )
        known = tuple(reference.table("fx")["currency"])
        if self.currency not in known and self.usd_per_unit is None:
            raise ValueError(
                stored(
                    "currency = {currency!r} has no exchange rate in data/reference/fx.csv (known: {known}); state "
                    "usd_per_unit",
                    currency=self.currency,
                    known=", ".join(known),
                )
            )
        if self.currency == "USD" and self.usd_per_unit not in (None, 1.0):
            raise ValueError(
                stored(
                    "usd_per_unit = {usd_per_unit:g} for USD: a dollar is a dollar; leave it empty",
                    usd_per_unit=self.usd_per_unit,
                )
            )
        if self.risk_allowed is not None and self.time_slots != "week":
            raise ValueError(
                stored(
                    "risk_allowed = {risk_allowed:g} with time_slots = {time_slots!r}: a risk is chosen hour by hour of working days and weekends; set time_slots to 'week', or leave risk_allowed empty",
                    risk_allowed=self.risk_allowed,
                    time_slots=self.time_slots,
                )
            )
        if self.storage_design == "hyperconverged" and self.storage_price_per_raw_gib is None:
            raise ValueError(
                stored(
                    "storage_design = 'hyperconverged' needs storage_price_per_raw_gib: no published price was found"
                )
            )
        table = reference.table("hypervisors").set_index("id")
        if self.memory_overcommit > 1 and not bool(table.loc[self.hypervisor, "memory_overcommit"]):
            able = ", ".join(table.index[table["memory_overcommit"].astype(bool)])
            raise ValueError(
                stored(
                    "memory_overcommit = {memory_overcommit:g}: {hypervisor} cannot overcommit memory; set it to 1 or "
                    "choose one of {able}",
                    memory_overcommit=self.memory_overcommit,
                    hypervisor=self.hypervisor,
                    able=able,
                )
            )
        names = [entry.id for entry in self.custom_host_types]
        if len(set(names)) != len(names):
            raise ValueError(
                stored(
                    "custom_host_types has an identifier twice: {names!r}",
                    names=sorted(n for n in names if names.count(n) > 1)[0],
                )
            )
        return self

    @property
    def ports_priced(self) -> bool:
        """Whether the price of a port is stated, so that ports are counted instead of a share of the price."""
        return self.network_port_price is not None or self.san_port_price is not None

    def money(self, name: str) -> float:
        """A monetary setting in the scenario's currency: the user's, else the reference value converted."""
        own = getattr(self, name)
        if own is not None:
            return float(own)
        row = assumptions.default(name)
        return row.value * self.rate(row.currency) * self.price_level(None if name in LEVELLED else row.price_year)

    def price_level(self, price_year: int | None) -> float:
        """What a reference price of an earlier year is multiplied by to stand in the first year."""
        if self.price_indexing == "none" or price_year is None:
            return 1.0
        return float((1 + self.inflation) ** (self.start_year - price_year))

    def rate(self, currency: str) -> float:
        """Units of the scenario's currency for one unit of another, at the stated or the dated rate."""
        if currency == self.currency:
            return 1.0
        own = self.usd_per_unit or assumptions.usd_per_unit(self.currency)
        return assumptions.usd_per_unit(currency) / own

    def to_toml(self) -> str:
        """The settings as TOML; unset ones are left out."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    @classmethod
    def from_toml(cls, text: str) -> Scenario:
        """Read settings from TOML text.

        Raises
        ------
        ScenarioError
            When the text is not TOML, or a key is unknown or out of range.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(stored("the scenario is not valid TOML: {error}", error=error)) from None
        return cls(**data)

    @classmethod
    def from_toml_file(cls, path: str | Path) -> Scenario:
        """Read settings from a TOML file."""
        try:
            return cls.from_toml(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ScenarioError(
                stored("cannot read the scenario {path}: {strerror}", path=path, strerror=error.strerror)
            ) from None

    def varied(self, **changes: Any) -> Scenario:
        """A copy with some settings changed, validated again."""
        return Scenario(**{**self.model_dump(), **changes})


def _explain(error: ValidationError) -> ScenarioError:
    lines = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"]) or "scenario"
        if item["type"] == "extra_forbidden":
            lines.append(stored("{where} is not a setting; see the list in docs/scenario.md", where=where))
        else:
            value = "" if item["type"] == "missing" or not item["loc"] else f" = {item['input']!r}"
            own = item.get("ctx", {}).get("error")  # a check of ours: its text can be shown in any language
            said = own.args[0] if own is not None and own.args else foreign(item["msg"])
            lines.append(joined((f"{where}{value}", said), ": "))
    return ScenarioError(joined(lines, "; "))

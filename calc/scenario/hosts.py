"""Hosts: which models, how they are kept apart and failed, and how full they may be."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from calc import reference
from calc.language import stored
from calc.scenario.entries import HostTypeEntry
from calc.scenario.setting import Settings, setting


class HostSettings(Settings):
    """What is planned: host models, pools, failures and headroom."""

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
    failover_hosts: int = setting(
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
    cpu_ceiling: float = setting(
        "cpu_ceiling",
        "CPU ceiling, normal",
        "Share of a host's CPU that may be planned when all hosts run.",
        group="plan",
        gt=0,
        le=1,
    )
    cpu_ceiling_failover: float = setting(
        "cpu_ceiling_failover",
        "CPU ceiling, failover",
        "Share of a host's CPU that may be planned after a failure.",
        group="plan",
        gt=0,
        le=1,
    )
    memory_ceiling: float = setting(
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
    network_ceiling: float = setting(
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
    vcpu_per_core: float = setting(
        "vcpu_per_core",
        "vCPU per core",
        "Virtual CPUs allowed for each physical core (not thread).",
        group="plan",
        gt=0,
        le=64,
    )
    host_reserve_cores: int = setting(
        "host_reserve_cores", "Cores kept for the hypervisor", "Physical cores of each host.", group="plan", ge=0, le=64
    )
    host_reserve_memory_gib: float = setting(
        "host_reserve_memory_gib",
        "Memory kept for the hypervisor",
        "At least this much on each host.",
        group="plan",
        ge=0,
        le=4096,
    )
    host_reserve_memory_fraction: float = setting(
        "host_reserve_memory_fraction",
        "Memory kept, as a share",
        "Used where it is more than the fixed reserve.",
        group="plan",
        ge=0,
        le=0.9,
    )

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

    @model_validator(mode="after")
    def _hosts_consistent(self) -> Self:
        if self.cpu_ceiling_failover < self.cpu_ceiling:
            raise ValueError(
                stored(
                    "cpu_ceiling_failover = {cpu_ceiling_failover:g} is below cpu_ceiling = {cpu_ceiling:g}; after a "
                    "failure hosts may run fuller, not emptier",
                    cpu_ceiling_failover=self.cpu_ceiling_failover,
                    cpu_ceiling=self.cpu_ceiling,
                )
            )
        table = reference.table("hypervisors").set_index("id")
        if self.memory_overcommit > 1 and not bool(table.loc[self.hypervisor, "memory_overcommit"]):
            able = ", ".join(table.index[table["memory_overcommit"].astype(bool) & ~table["emulates"].astype(bool)])
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

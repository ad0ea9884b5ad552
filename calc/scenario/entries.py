"""What a scenario lists: host types, cost lines and dates of the user's own."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from calc.language import stored


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


#: Months from the start of the project in which a move must be over.
MOST_MONTHS = 180


class MoveStep(BaseModel):
    """What happens on one date of a migration plan.

    ``month`` counts from the start of the first year, parts of a month as such. ``hosts`` are the
    numbers of the plan's hosts (1 is the first) that come into service, ``servers`` the old servers
    that are switched off, ``workloads`` how many move.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: float = Field(ge=0, le=MOST_MONTHS, title="Month")
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

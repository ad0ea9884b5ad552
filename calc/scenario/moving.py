"""Moving and exit: one-off work, dates of the move, resale, and lines of the user's own."""

from __future__ import annotations

from collections import Counter

from pydantic import Field, field_validator

from calc.language import stored
from calc.scenario.entries import MoveStep, OwnLine
from calc.scenario.setting import Settings, setting


class MoveSettings(Settings):
    """The way from today's servers to the hosts."""

    migration_workloads_per_month: float = setting(
        "migration_workloads_per_month",
        "Workloads moved a month",
        "Old servers run on, half of them on average, while the move lasts.",
        group="oneoff",
        gt=0,
        le=100_000,
    )
    migration_hours_simple: float = setting(
        "migration_hours_simple", "Hours to move a simple workload", "One-off.", group="oneoff", ge=0, le=10_000
    )
    migration_hours_medium: float = setting(
        "migration_hours_medium",
        "Hours to move a medium workload",
        "A database, a member of a cluster, or an operating system without support.",
        group="oneoff",
        ge=0,
        le=10_000,
    )
    migration_hours_complex: float = setting(
        "migration_hours_complex",
        "Hours to move a complex workload",
        "Two of those, or a disk beyond the limit.",
        group="oneoff",
        ge=0,
        le=10_000,
    )
    migration_hour_price: float | None = setting(
        "migration_hour_price",
        "Price of an hour of migration",
        "Your own people's or a partner's.",
        group="oneoff",
        ge=0,
    )
    migration_large_disk_gib: float = setting(
        "migration_large_disk_gib", "Complex from a disk of", "Disk in use.", group="oneoff", gt=0
    )
    transfer_mbps: float = setting(
        "transfer_mbps",
        "Transfer rate of the move",
        "Bounds how fast data can be moved.",
        group="oneoff",
        gt=0,
        le=1_000_000,
    )
    parallel_overlap_months: float = setting(
        "parallel_overlap_months", "Parallel running of each server", "", group="oneoff", ge=0, le=24
    )
    move: tuple[MoveStep, ...] = Field(
        default=(),
        title="Dates of the move",
        json_schema_extra={"group": "dates"},
        description="From a migration plan (`calc.migration.MigrationPlan.steps`): the cash flow follows them machine by "
        "machine. Empty: old servers leave evenly over the move, as estimated from the settings of this group.",
    )
    disposal_per_server: float | None = setting(
        "disposal_per_server", "Wiping and disposal", "Once for each server removed.", group="oneoff", ge=0
    )
    resale_fraction: float = setting(
        "resale_fraction", "Resale of removed servers", "Share of their book value.", group="oneoff", ge=0, le=1
    )
    management_hosts: int = setting(
        "management_hosts", "Backup and management hosts", "Beyond the plan.", group="oneoff", ge=0, le=100
    )
    dr_fraction: float = setting(
        "dr_fraction", "Disaster-recovery capacity", "Hosts of a second site.", group="oneoff", ge=0, le=2
    )
    own_lines: tuple[OwnLine, ...] = Field(
        default=(), title="Your own cost lines", description="Lines that no other setting holds, at today's prices."
    )

    @field_validator("move")
    @classmethod
    def _one_date_each(cls, value: tuple[MoveStep, ...]) -> tuple[MoveStep, ...]:
        for kind in ("hosts", "servers"):
            named = Counter(entry for step in value for entry in getattr(step, kind))
            twice = sorted(str(entry) for entry, count in named.items() if count > 1)
            if twice:
                raise ValueError(stored("names {value!r} of {kind} on two dates; keep one", value=twice[0], kind=kind))
        return value

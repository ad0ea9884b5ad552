"""The cloud as an alternative, and carbon."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from calc import reference
from calc.language import stored
from calc.scenario.setting import Settings, setting


class CloudSettings(Settings):
    """Region, commitment and prices of the cloud alternative."""

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
    cloud_one_year_fraction: float = setting(
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
    cloud_egress_gib_month: float = setting(
        "cloud_egress_gib_month", "Egress a month", "Of all workloads together.", group="cloud", ge=0
    )
    cloud_windows_per_vcpu_hour: float | None = Field(
        default=None,
        ge=0,
        title="Windows in the cloud",
        json_schema_extra={"group": "cloud", "money": True},
        description="Per vCPU and hour. Not in the price tables.",
    )

    @field_validator("cloud_region")
    @classmethod
    def _known_cloud(cls, value: str) -> str:
        known = sorted(set(reference.table("cloud_instances")["region"]))
        if value not in known:
            raise ValueError(stored("is not known; choose one of {known}", known=", ".join(known)))
        return value

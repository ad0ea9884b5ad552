"""Carbon: of the grid and of new machines."""

from __future__ import annotations

from pydantic import Field, field_validator

from calc import reference
from calc.language import stored
from calc.scenario.setting import Settings, setting


class CarbonSettings(Settings):
    """Operational and embodied carbon."""

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
    embodied_kg_per_host: float = setting(
        "embodied_kg_per_host", "Embodied carbon of a new machine", "", group="carbon", ge=0
    )

    @field_validator("carbon_country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if value not in set(reference.table("carbon")["country"]):
            raise ValueError(
                stored("is not in data/reference/carbon.csv; give carbon_kg_per_kwh and keep a known country")
            )
        return value

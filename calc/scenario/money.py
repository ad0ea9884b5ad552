"""Money: currency, years and rates, energy and space, and labour, shown apart."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from calc import assumptions, reference
from calc.language import stored
from calc.scenario.setting import Settings, setting

#: Reference prices that a price level of their own carries to the first year.
LEVELLED = frozenset({"host_price_per_thread", "host_price_per_gib"})


class MoneySettings(Settings):
    """Currency, years, rates, energy and space: the same on both sides."""

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
    start_year: int = setting(
        "start_year", "First year", "Year 0: purchases and one-offs.", group="money", ge=2000, le=2100
    )
    horizon_years: int = setting(
        "horizon_years", "Horizon", "Years compared, the same on both sides.", group="money", ge=1, le=15
    )
    discount_rate: float = setting("discount_rate", "Discount rate", "Nominal, before tax.", group="money", gt=-1, le=1)
    inflation: float = setting("inflation", "Inflation", "On every price except energy.", group="money", gt=-1, le=1)
    price_indexing: Literal["inflation", "none"] = Field(
        default="inflation",
        title="Reference prices of earlier years",
        json_schema_extra={"group": "money"},
        description="inflation: raised from their price year to the first year. none: as they stand. Your own prices are taken as "
        "prices of the first year; host prices have levels of their own, electricity and cloud prices stand at their date.",
    )
    energy_escalation: float = setting("energy_escalation", "Energy price escalation", "", group="money", gt=-1, le=1)
    server_life_years: int = setting(
        "server_life_years",
        "Life of a server",
        "Refresh age, and the span of the residual value.",
        group="money",
        ge=1,
        le=20,
    )
    maintenance_fraction: float = setting(
        "maintenance_fraction", "Hardware maintenance a year", "Share of the purchase price.", group="money", ge=0, le=1
    )
    warranty_years: int = setting(
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
    pue: float = setting("pue", "PUE", "Total facility power over IT power.", group="money", ge=1, le=5)
    hours_per_year: float = setting("hours_per_year", "Hours a year", "", group="money", gt=0, le=8784)
    memory_w_per_gib: float = setting(
        "memory_w_per_gib", "Power of memory", "On memory beyond the SPECpower test.", group="money", ge=0, le=5
    )
    storage_w_per_tb: float = setting("storage_w_per_tb", "Power of shared storage", "", group="money", ge=0, le=500)
    host_price_per_thread: float | None = setting(
        "host_price_per_thread",
        "Server price per thread",
        "Used to estimate what an old server cost.",
        group="money",
        ge=0,
    )
    host_price_per_gib: float | None = setting(
        "host_price_per_gib", "Server price per GiB", "Used to estimate what an old server cost.", group="money", ge=0
    )
    rack_unit_per_month: float | None = setting(
        "rack_unit_per_month", "Rack unit a month", "Only with metered colocation.", group="money", ge=0
    )
    colocation_per_kw_month: float | None = setting(
        "colocation_per_kw_month", "Colocation per kW and month", "Only with all-in colocation.", group="money", ge=0
    )
    storage_price_per_gib: float | None = setting(
        "storage_price_per_gib",
        "Shared storage, usable",
        "Bought for data that lies on local disks today.",
        group="money",
        ge=0,
    )
    replatform_per_workload: float | None = setting(
        "replatform_per_workload",
        "Re-platforming of one workload",
        "One-off, for a workload of a foreign architecture that is moved to the hosts' own; used to compare, never in the plan.",
        group="money",
        ge=0,
    )
    baseline_hypervisor_per_core_per_year: float | None = setting(
        "baseline_hypervisor_per_core_per_year",
        "Hypervisor subscription today",
        "Per core and year, counted as VMware does (at least 16 a CPU); only where the estate is virtualised already and pays one.",
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

    @model_validator(mode="after")
    def _money_consistent(self) -> Self:
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
        return self

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


class LabourSettings(Settings):
    """Administration labour: the least trusted line, shown apart."""

    count_labour: bool = Field(
        default=False,
        title="Count administration labour",
        json_schema_extra={"group": "labour"},
        description="Off: the least trusted line of any business case, because the number of systems does not fall. "
        "Shown apart either way.",
    )
    admin_salary_per_year: float | None = setting(
        "admin_salary_per_year", "Administrator's salary", "", group="labour", ge=0
    )
    admin_loading: float = setting("admin_loading", "Employer's cost over salary", "", group="labour", ge=1, le=3)
    servers_per_admin_physical: float = setting(
        "servers_per_admin_physical", "Physical servers an administrator", "", group="labour", gt=0
    )
    servers_per_admin_virtual: float = setting(
        "servers_per_admin_virtual", "Virtual servers an administrator", "", group="labour", gt=0
    )

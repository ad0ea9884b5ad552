"""Licences: what is owned is asked, never assumed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from calc import reference
from calc.language import stored
from calc.scenario.setting import Settings, setting


class LicenceSettings(Settings):
    """Licences and subscriptions of hypervisor, operating systems and databases."""

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
        title="Order minimum of VMware",
        json_schema_extra={"group": "licences"},
        description="Sources conflict on whether Broadcom still asks it; applies to per-core subscriptions only.",
    )
    vmware_order_minimum_cores: int = setting(
        "vmware_order_minimum_cores",
        "Cores of the smallest order",
        "Paid for where the order minimum is counted and the hosts need fewer.",
        group="licences",
        ge=1,
        le=10_000,
    )
    windows_licences: Literal["not_stated", "none_owned", "perpetual"] = Field(
        default="not_stated",
        title="Windows Server licences",
        json_schema_extra={"group": "licences"},
        description="not_stated: not in the money. none_owned: bought for the hosts (OEM licences end with their server). "
        "perpetual: a Standard licence for each Windows server is owned, and what its VMs need today for each virtualised host; they "
        "move to the hosts, the rest is bought. "
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
    oracle_support_fraction: float = setting(
        "oracle_support_fraction", "Oracle support a year", "Of the licence price.", group="licences", ge=0, le=1
    )
    count_esu: bool = Field(
        default=False,
        title="Extended Security Updates are paid",
        json_schema_extra={"group": "licences"},
        description="For Windows servers without support, in the three years after its end, on both sides. After them there is "
        "nothing to buy: the system must be replaced.",
    )
    esu_fraction_first: float = setting(
        "esu_fraction_first", "Security updates, first year", "Of the licence price.", group="licences", ge=0, le=10
    )
    esu_fraction_second: float = setting(
        "esu_fraction_second", "Security updates, second year", "Of the licence price.", group="licences", ge=0, le=10
    )
    esu_fraction_third: float = setting(
        "esu_fraction_third", "Security updates, third year", "Of the licence price.", group="licences", ge=0, le=10
    )
    esu_cores_per_vm: int = setting(
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
    windows_cal_price: float | None = setting(
        "windows_cal_price", "Windows client access licence", "Of one user or device.", group="licences", ge=0
    )
    sa_fraction: float = setting(
        "sa_fraction",
        "Software Assurance a year",
        "Of the licence price of counted Windows and SQL licences; counted on both sides where count_sa is on.",
        group="licences",
        ge=0,
        le=1,
    )
    count_sa: bool = Field(default=False, title="Software Assurance is paid", json_schema_extra={"group": "licences"})

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

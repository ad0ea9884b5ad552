"""Prices of hosts, ports, maintenance and storage."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from calc.language import stored
from calc.scenario.setting import Settings, setting


class PriceSettings(Settings):
    """What machines, their ports and their storage cost to buy and to keep."""

    host_price_index: float = setting(
        "host_price_index",
        "Server price level",
        "On the reference price per thread of hosts bought now.",
        group="money",
        ge=0.1,
        le=10,
    )
    host_memory_price_index: float = setting(
        "host_memory_price_index",
        "Memory price level",
        "On the reference price per GiB of hosts bought now: memory is the most volatile part of a host.",
        group="money",
        ge=0.1,
        le=20,
    )
    host_boot_disk_tb: float = setting(
        "host_boot_disk_tb",
        "Boot disks of a host",
        "Both of the mirror together. Splits the price of a host into its parts; the sum stays.",
        group="money",
        ge=0,
        le=1000,
    )
    host_disk_price_per_tb: float | None = setting(
        "host_disk_price_per_tb",
        "Price of a disk in a server",
        "Of the mirrored disks that a like-for-like server brings for its data; it also splits the price of a host into its parts.",
        group="money",
        ge=0,
    )
    network_fraction: float = setting(
        "network_fraction",
        "Network and SAN ports",
        "Switch and SAN ports bought with machines and storage, as a share of their price; the same on every side.",
        group="money",
        ge=0,
        le=1,
    )
    network_ports_per_server: float = setting(
        "network_ports_per_server",
        "Network ports of a server",
        "Today's and like for like.",
        group="money",
        ge=0,
        le=64,
    )
    san_ports_per_server: float = setting(
        "san_ports_per_server", "SAN ports of a server", "Today's and like for like.", group="money", ge=0, le=64
    )
    network_ports_per_host: float = setting(
        "network_ports_per_host", "Network ports of a host", "", group="money", ge=0, le=64
    )
    san_ports_per_host: float = setting("san_ports_per_host", "SAN ports of a host", "", group="money", ge=0, le=64)
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
    network_port_per_year: float | None = setting(
        "network_port_per_year",
        "Network port a year",
        "Of every port in use on either side, whoever bought it: what a freed port saves.",
        group="money",
        ge=0,
    )
    san_port_per_year: float | None = setting(
        "san_port_per_year", "SAN port a year", "As for a network port.", group="money", ge=0
    )
    maintenance_rise_per_year: float = setting(
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
    storage_protection: float = setting(
        "storage_protection",
        "Storage protection",
        "Raw over usable: hyperconverged, and disks of like-for-like servers.",
        group="money",
        ge=1,
        le=5,
    )
    storage_slack: float = setting(
        "storage_slack", "Storage kept free", "Hyperconverged only.", group="money", ge=0, lt=1
    )

    @model_validator(mode="after")
    def _storage_consistent(self) -> Self:
        if self.storage_design == "hyperconverged" and self.storage_price_per_raw_gib is None:
            raise ValueError(
                stored(
                    "storage_design = 'hyperconverged' needs storage_price_per_raw_gib: no published price was found"
                )
            )
        return self

    @property
    def ports_priced(self) -> bool:
        """Whether the price of a port is stated, so that ports are counted instead of a share of the price."""
        return self.network_port_price is not None or self.san_port_price is not None

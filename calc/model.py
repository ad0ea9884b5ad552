"""Frozen domain objects that more than one layer uses."""

from __future__ import annotations

from dataclasses import dataclass

#: The one order of resources everywhere. Groups (anti-affinity) follow as ``group:<name>``.
RESOURCES = ("cpu", "memory", "vcpu", "network")

#: Unit of each packed dimension after quantisation.
DIMENSION_UNITS = {
    "cpu": "milli-compute-unit (1/1000 SPECrate2017_int_base point)",
    "memory": "MiB",
    "vcpu": "vCPU",
    "network": "Mbit/s",
    "iops": "disk operations a second",
    "windows_vm": "Windows VM",
}


@dataclass(frozen=True, slots=True)
class RowIssue:
    """One thing found wrong, or worth knowing, in an input file.

    Attributes
    ----------
    file, sheet : str
    row : int
        Row in the file as a spreadsheet shows it, from 1; 0 when it concerns the whole file.
    column : str
        Header as it stands in the file.
    value : str
        The cell as it stands in the file.
    severity : {'error', 'warning'}
        ``error``: the row was set aside. ``warning``: the row is used.
    problem, way_out : str
    """

    file: str
    sheet: str
    row: int
    column: str
    value: str
    severity: str
    problem: str
    way_out: str


@dataclass(frozen=True, slots=True)
class HostType:
    """A catalogue entry: a server that can be bought, or is already owned, as a host.

    Attributes
    ----------
    memory_gib, tested_memory_gib : float
        Installed, and the memory of the SPECpower result that idle and full power come from.
    score_per_core : float
        SPECrate2017_int_base points per core.
    idle_w, full_w : float
        Power at active idle and at full load, as measured in the SPECpower test.
    price : float
        Purchase price in the scenario's currency (already converted).
    role : {'host', 'small', 'existing', 'user'}
    available : int or None
        How many there are; None when any number can be bought.
    maintenance_per_year : float or None
        Of a host that is owned already, due from the first year; None: a share of the price after
        the warranty.
    licence : str
        Windows licence of this variant of the host type, as ``licence x times``; "" without one.
    windows_vms : int or None
        Windows VMs that licence covers; None when guest licences are not counted.
    """

    id: str
    name: str
    vendor: str
    cpu_model: str
    sockets: int
    cores: int
    threads: int
    memory_gib: float
    score_per_core: float
    idle_w: float
    full_w: float
    tested_memory_gib: float
    rack_units: float
    nic_gbps: float
    arch: str
    role: str
    price: float
    as_of: str
    source: str
    available: int | None = None
    maintenance_per_year: float | None = None
    licence: str = ""
    windows_vms: int | None = None

    @property
    def owned(self) -> bool:
        """Whether it is there already: nothing new is made or connected for it."""
        return self.role == "existing" or self.maintenance_per_year is not None

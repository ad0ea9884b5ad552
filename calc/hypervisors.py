"""Overhead, licence rule, limits and abilities of each hypervisor, and what emulation costs.

References
----------
data/reference/hypervisors.csv, which names the source and date of every figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from calc import reference
from calc.errors import ScenarioError
from calc.language import stored
from calc.model import HostType


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """One hypervisor.

    Attributes
    ----------
    type : {1, 2}
        1 runs on the hardware itself, 2 on a host operating system.
    cpu_overhead, memory_overhead : float
        Fraction of demand added to a workload that was physical until now (CPU), and to every
        workload (memory).
    network_overhead, disk_overhead : float
        Fraction of a host's throughput that is lost: lowers the host's network, and its disk
        operations where the scenario states them.
    host_os_cores, host_os_memory_gib : float
        What the host operating system takes of every host, beyond the host reserve.
    max_vcpus, max_memory_gib, max_machines : float or None
        Largest guest, and most guests on a host; None where no current figure was found.
    emulates : bool
        Translates every instruction instead of running it: weighed for foreign architectures, never
        planned on. Its ``cpu_overhead`` is that of x86-64 guests, `Architecture` holds the others.
    live_migration, high_availability, memory_overcommit, ballooning : bool
    licence_basis : {'none', 'socket', 'core'}
    licence_term : {'year', 'once'}
    licence_price : float
        Per basis unit (and year), in ``currency``.
    """

    id: str
    name: str
    cpu_overhead: float
    cpu_overhead_low: float
    cpu_overhead_high: float
    memory_overhead: float
    licence_basis: str
    licence_term: str
    licence_price: float
    licence_price_low: float
    licence_price_high: float
    minimum_cores_per_cpu: int
    minimum_cores_per_server: int
    currency: str
    as_of: str
    source: str
    licence_source: str
    type: int
    network_overhead: float
    network_overhead_low: float
    network_overhead_high: float
    disk_overhead: float
    disk_overhead_low: float
    disk_overhead_high: float
    io_source: str
    host_os: str
    host_os_cores: float
    host_os_memory_gib: float
    host_os_source: str
    max_vcpus: float | None
    max_memory_gib: float | None
    max_machines: float | None
    limits_source: str
    live_migration: bool
    high_availability: bool
    memory_overcommit: bool
    ballooning: bool
    features_source: str
    emulates: bool

    def too_large(self, vcpus: float, memory_gib: float) -> str:
        """Why a guest of this size cannot be made, "" where it can.

        Examples
        --------
        >>> get("workstation").too_large(40, 64)
        '40 vCPUs, and VMware Workstation Pro (on a host OS) allows a guest 32'
        """
        for amount, unit, limit in ((vcpus, " vCPUs", self.max_vcpus), (memory_gib, " GiB", self.max_memory_gib)):
            if limit is not None and amount > limit:
                return stored(
                    "{amount:g}{unit}, and {name} allows a guest {limit:g}",
                    amount=amount,
                    unit=unit,
                    name=self.name,
                    limit=limit,
                )
        return ""

    def licence_units(self, host: HostType) -> int:
        """Cores or sockets that must be licensed for one host.

        Notes
        -----
        Per core: every physical core, but at least ``minimum_cores_per_cpu`` for each CPU and
        ``minimum_cores_per_server`` for the server.
        """
        if self.licence_basis == "none":
            return 0
        if self.licence_basis == "socket":
            return host.sockets
        per_cpu = -(-host.cores // host.sockets)
        return max(host.sockets * max(per_cpu, self.minimum_cores_per_cpu), self.minimum_cores_per_server)


@cache
def _all() -> dict[str, Hypervisor]:
    fields = Hypervisor.__dataclass_fields__
    table = reference.table("hypervisors")
    return {
        row["id"]: Hypervisor(**{name: _cell(row[name], name) for name in fields}) for row in table.to_dict("records")
    }


def _cell(value: Any, name: str) -> Any:
    """An empty cell is no limit, or no text."""
    if value == value:
        return value
    return None if name.startswith("max_") else ""


@dataclass(frozen=True, slots=True)
class Architecture:
    """An instruction set, and what it takes to emulate it on another.

    Attributes
    ----------
    emulated : bool
        Whether QEMU can emulate it.
    integer_factor, floating_factor : float
        Host instructions for each guest instruction, with low and high; an instruction ratio is
        not a time ratio, and the operating system around the program costs more.
    runs_on : str
        Architecture of the hosts that run it without emulation.
    aliases : str
        Other spellings, without dashes and spaces.
    """

    arch: str
    name: str
    qemu_target: str
    aliases: str
    emulated: bool
    integer_factor: float
    integer_low: float
    integer_high: float
    floating_factor: float
    floating_low: float
    floating_high: float
    runs_on: str
    as_of: str
    source: str


@cache
def architectures() -> dict[str, Architecture]:
    """Every row of data/reference/architectures.csv, by name of the architecture."""
    table = reference.table("architectures").fillna({"qemu_target": ""})
    return {row["arch"]: Architecture(**{**row, "emulated": bool(row["emulated"])}) for row in table.to_dict("records")}


def architecture(text: str) -> Architecture | None:
    """The architecture that a spelling means; None where it is not in the table.

    Examples
    --------
    >>> [architecture(text).arch for text in ("POWER8", "i386", "PA-RISC", "SPARC v9")]
    ['ppc64', 'x86_32', 'hppa', 'sparc']
    >>> architecture("abacus") is None
    True
    """
    table = architectures()
    if text in table:
        return table[text]
    folded = "".join(char for char in text.casefold() if char.isalnum())
    return next(
        (entry for entry in table.values() if folded in (*entry.aliases.split(), entry.arch.replace("_", ""))), None
    )


def runs_on(text: str) -> str:
    """Architecture of hosts that run a workload without emulation: its own, but x86-64 for 32-bit x86.

    Examples
    --------
    >>> runs_on("i386"), runs_on("POWER8"), runs_on("abacus")
    ('x86_64', 'ppc64', 'abacus')
    """
    found = architecture(text)
    return text if found is None else found.runs_on


def ids(*, emulators: bool = False) -> tuple[str, ...]:
    """Identifiers of the known hypervisors, the default first; emulators only where they are asked for."""
    return tuple(name for name, entry in _all().items() if emulators or not entry.emulates)


def emulator() -> Hypervisor:
    """The one that runs foreign architectures."""
    return next(entry for entry in _all().values() if entry.emulates)


def get(hypervisor_id: str) -> Hypervisor:
    """One hypervisor by identifier.

    Raises
    ------
    ScenarioError
        When it is not in the table.
    """
    try:
        return _all()[hypervisor_id]
    except KeyError:
        raise ScenarioError(
            stored(
                "hypervisor = {hypervisor_id!r} is not known; choose one of {ids}",
                hypervisor_id=hypervisor_id,
                ids=", ".join(ids()),
            )
        ) from None

"""The target as plain records with names that every system accepts.

An inventory is foreign text. Names that go into files are therefore reduced, once and here, to
ASCII letters, digits, dot, dash and underscore, made unique without regard to case (Windows does
not see it), and kept beside the name they came from. Everything else that an inventory says
travels as data, and each writer escapes it for its own format.
"""

from __future__ import annotations

import math
import re
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from calc.assessment import Assessment
from calc.units import MIB_PER_GIB

_LONGEST = 60
#: vSphere takes memory in multiples of 4 MiB, Hyper-V of 2; anything else is refused.
_MEMORY_STEP_MIB = 4
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")
#: Names that Windows keeps for devices: a file or VM cannot be called so.
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
#: virsh takes a word of digits for the number of a running machine, and a UUID for its UUID.
_NUMBERS = re.compile(r"^(\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$", re.IGNORECASE)
#: Groups that every Ansible inventory has, ours, and the name it takes for the machine that it runs on.
ANSIBLE_WORDS = ("all", "ungrouped", "localhost", "machines", "virtualisation_hosts")


@dataclass(frozen=True, slots=True)
class Machine:
    """A virtual machine to be made.

    Attributes
    ----------
    name : str
        Unique and safe (see `safe_names`).
    workload, server : str
        As the inventory spells them.
    uuid : str
        The same on every run for the same inventory.
    memory_mib : int
        Memory of the guest, without the hypervisor's overhead; a multiple of 4.
    disk_gib : int
    disk_basis : {'installed', 'in use'}
        Where the disk size comes from.
    apart, together : str
        Anti-affinity and affinity group, "" without one.
    """

    name: str
    workload: str
    server: str
    uuid: str
    host: str
    pool: str
    arch: str
    os: str
    environment: str
    application: str
    owner: str
    site: str
    zone: str
    vcpus: int
    memory_mib: int
    disk_gib: int
    disk_basis: str
    network: str
    storage_pool: str
    apart: str
    together: str

    @property
    def is_windows(self) -> bool:
        """Whether the operating system is Windows."""
        return "windows" in self.os.lower()


@dataclass(frozen=True, slots=True)
class TargetHost:
    """A virtualisation host of the plan."""

    name: str
    host_type: str
    cpu_model: str
    cores: int
    memory_gib: float
    pool: str
    machines: int


@dataclass(frozen=True, slots=True)
class Target:
    """Everything that the writers need.

    Attributes
    ----------
    networks, storage_pools : dict of str to str
        Safe name to what it stands for: one network for each site and zone, one storage pool for
        each site.
    """

    hosts: tuple[TargetHost, ...]
    machines: tuple[Machine, ...]
    networks: dict[str, str]
    storage_pools: dict[str, str]
    hypervisor: str

    @property
    def renamed(self) -> tuple[Machine, ...]:
        """Machines whose name is not the inventory's."""
        return tuple(machine for machine in self.machines if machine.name != machine.workload)


def safe_names(texts: Iterable[str], stem: str = "vm", taken: Iterable[str] = ()) -> list[str]:
    """One safe and unique name for each text, in order.

    Letters with accents lose them; runs of anything else but ``A-Z a-z 0-9 . _ -`` become one
    dash; what is left empty is numbered; a name met before or ``taken``, in whatever case, gets a number.

    Examples
    --------
    >>> safe_names(["db01", "DB01", "web 1; rm -rf /", "서버", "Zürich", "01"])
    ['db01', 'DB01-2', 'web-1-rm--rf', 'vm-4', 'Zurich', 'vm-01']
    """
    used = {name.lower() for name in taken}
    found = []
    for number, text in enumerate(texts, start=1):
        plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
        name = _OTHER.sub("-", plain)[:_LONGEST].strip("-._")
        if not name or _DEVICES.match(name):
            name = f"{stem}-{number}"
        elif _NUMBERS.match(name):
            name = f"{stem}-{name}"
        unique, copy = name, 2
        while unique.lower() in used:
            unique, copy = f"{name[: _LONGEST - 8]}-{copy}", copy + 1
        used.add(unique.lower())
        found.append(unique)
    return found


def one_line(text: str) -> str:
    """Text on one line: control characters, which no format carries safely, become U+FFFD.

    Examples
    --------
    >>> one_line("a\\nb\\tc")
    'a b c'
    """
    spaced = " ".join(str(text).split())
    return "".join("\ufffd" if unicodedata.category(char) in ("Cc", "Cs", "Cn") else char for char in spaced)


def target(assessment: Assessment) -> Target:
    """The hosts and virtual machines of a plan.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    Target
        Placed workloads only; what stays where it is has nothing to be made.
    """
    table = assessment.demand.table
    work = assessment.estate.workloads
    home = dict(zip(assessment.placement["workload"], assessment.placement["host"], strict=True))
    rows = [row for row, name in enumerate(table["workload"]) if name in home]
    placed = table.iloc[rows]
    # A server called like a host of the plan would be the same machine to Ansible, and one called `all` all there is.
    names = safe_names(placed["workload"], taken=(*assessment.hosts["host"], *ANSIBLE_WORDS))
    sites = list(dict.fromkeys(placed["site"].astype(str)))
    segments = list(dict.fromkeys(zip(placed["site"].astype(str), placed["zone"].astype(str), strict=True)))
    stores = dict(zip(sites, safe_names((f"vm-{site}" for site in sites), "vm-site"), strict=True))
    nets = dict(zip(segments, safe_names((f"{a}-{b}" for a, b in segments), "net"), strict=True))
    digest = "".join(source.sha256 for source in assessment.inventory.sources)
    machines = []
    entries = placed.to_dict("records")
    disks = work["disk_gib"].to_numpy(float)[rows]
    for entry, installed, name in zip(entries, disks.tolist(), names, strict=True):
        known = not np.isnan(installed) and installed > 0
        # A VM whose disk was never read still needs one to boot from: what is in use, at least 1 GiB.
        size = installed if known else float(np.nan_to_num(entry["disk_used_gib"]))
        guest_gib = float(entry["memory_gib"]) / float(entry["memory_overhead"])
        machines.append(
            Machine(
                name=name,
                workload=str(entry["workload"]),
                server=str(entry["server"]),
                uuid=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{digest}/{entry['server']}/{entry['workload']}")),
                host=home[entry["workload"]],
                **{
                    column: str(entry[column])
                    for column in ("pool", "arch", "os", "environment", "application", "owner", "site", "zone")
                },
                vcpus=int(entry["vcpus"]),
                memory_mib=_MEMORY_STEP_MIB * max(1, math.ceil(round(guest_gib * MIB_PER_GIB / _MEMORY_STEP_MIB, 6))),
                disk_gib=max(1, math.ceil(size)),
                disk_basis="installed" if known else "in use",
                network=nets[str(entry["site"]), str(entry["zone"])],
                storage_pool=stores[str(entry["site"])],
                apart=str(entry["anti_affinity"]),
                together=str(entry["affinity"]),
            )
        )
    types = {host.id: host for pool in assessment.pools for host in pool.types}
    hosts = tuple(
        TargetHost(
            row.host,
            types[row.host_type].name,
            types[row.host_type].cpu_model,
            types[row.host_type].cores,
            types[row.host_type].memory_gib,
            row.pool,
            int(row.workloads),
        )
        for row in assessment.hosts.itertuples()
    )
    return Target(
        hosts,
        tuple(machines),
        {name: f"site {site or '-'}, zone {zone or '-'}" for (site, zone), name in nets.items()},
        {name: f"site {site or '-'}" for site, name in stores.items()},
        assessment.scenario.hypervisor,
    )

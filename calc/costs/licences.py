"""Guest licences by their real counting rules, for the state in which a host has failed.

A licence covers what may run on a host, not what runs there on a good day: every host of a plan
is licensed for its fullest state, spares included.

References
----------
data/reference/licences.csv names source and date of every price and minimum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from calc import reference
from calc.errors import ReferenceDataError
from calc.language import stored
from calc.model import HostType
from calc.scenario import Scenario

#: Standard is stacked no more often than this, however cheap it is stated to be: each time is one more host type to pack.
MOST_STACKED = 12
#: Windows VMs allowed on a Datacenter host: no limit by licence.
ANY_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class Licence:
    """One product's price and counting rule.

    Attributes
    ----------
    price : float
        Per ``unit`` (a core, or a pair of sockets), once or a year, in ``currency``.
    vms_covered : int or None
        Virtual machines that one full licensing of a host covers; None is any number.
    minimum_per_cpu, minimum_per_server : int
    price_low, price_high : float
        Range of the price.
    """

    id: str
    product: str
    unit: str
    term: str
    price: float
    currency: str
    vms_covered: int | None
    minimum_per_cpu: int
    minimum_per_server: int
    price_low: float
    price_high: float
    price_year: int
    as_of: str
    source: str

    def price_in(self, scenario: Scenario) -> float:
        """Price of one unit in the scenario's currency: the user's, else the table's at the first year's level."""
        own = scenario.licence_prices.get(self.id)
        return self.price * self.level(scenario) if own is None else own

    def level(self, scenario: Scenario) -> float:
        """The scenario's currency of the first year for one unit of the table's."""
        return scenario.rate(self.currency) * scenario.price_level(self.price_year)


@cache
def _all() -> dict[str, Licence]:
    rows = reference.table("licences").to_dict("records")
    for row in rows:
        row["price_year"] = int(row["price_year"])
        row["vms_covered"] = None if row["vms_covered"] != row["vms_covered"] else int(row["vms_covered"])
    return {row["id"]: Licence(**{name: row[name] for name in Licence.__dataclass_fields__}) for row in rows}


def licences() -> tuple[str, ...]:
    """Identifiers of all licences."""
    return tuple(_all())


def licence(licence_id: str) -> Licence:
    """One licence by identifier.

    Raises
    ------
    ReferenceDataError
        When it is not in the table.
    """
    try:
        return _all()[licence_id]
    except KeyError:
        raise ReferenceDataError(
            stored("data/reference/licences.csv has no row named {licence_id!r}", licence_id=licence_id)
        ) from None


def _price(licence_id: str, scenario: Scenario | None) -> float:
    rule = licence(licence_id)
    return rule.price if scenario is None else rule.price_in(scenario)


def windows_cores(cores: int, sockets: int) -> int:
    """Cores to license on one machine: all of them, at least 8 a CPU and 16 a server.

    Examples
    --------
    >>> windows_cores(15, 1), windows_cores(17, 1), windows_cores(12, 2)
    (16, 17, 16)
    """
    rule = licence("windows-standard")
    per_cpu = -(-cores // sockets)
    return max(sockets * max(per_cpu, rule.minimum_per_cpu), rule.minimum_per_server)


def windows_choice(cores: int, sockets: int, vms: int, scenario: Scenario | None = None) -> tuple[str, int, float]:
    """Cheapest edition for a host that may run ``vms`` Windows VMs.

    Parameters
    ----------
    scenario : Scenario, optional
        Whose prices count; by default the table's in US dollars.

    Returns
    -------
    (str, int, float)
        ``windows-standard`` or ``windows-datacenter``, how many times every core is licensed,
        and the price. Of two equal prices Datacenter.

    Examples
    --------
    >>> windows_choice(16, 1, 10)
    ('windows-standard', 5, 5880.0)
    >>> windows_choice(16, 1, 11)
    ('windows-datacenter', 1, 6771.0)
    """
    if vms == 0:
        return "windows-standard", 0, 0.0
    counted = windows_cores(cores, sockets)
    times = -(-vms // int(licence("windows-standard").vms_covered or 1))
    stacked = times * counted * _price("windows-standard", scenario)
    whole = counted * _price("windows-datacenter", scenario)
    return ("windows-standard", times, stacked) if stacked < whole else ("windows-datacenter", 1, whole)


def variants(hosts: Iterable[HostType], scenario: Scenario) -> tuple[HostType, ...]:
    """Each host type as it may be licensed for Windows: none, Standard as often as it is cheaper than Datacenter, Datacenter.

    The packing then sees a limit on Windows VMs and a price for it. A Hyper-V host is a Windows
    server itself, so it has no variant without a licence. Of a type that exists in a limited number
    there is one variant only, because its number could not be shared between several: without
    Windows, or with Hyper-V Datacenter.
    """
    found = []
    stacked = most_stacked(scenario)
    for host in hosts:
        if scenario.hypervisor != "hyperv":
            found.append(replace(host, windows_vms=0))
        if host.available is not None and scenario.hypervisor != "hyperv":
            continue
        for times in range(1, stacked + 1 if host.available is None else 1):
            found.append(
                replace(
                    host,
                    id=f"{host.id}+std{times}",
                    name=f"{host.name}, Windows Standard x {times}",
                    licence=f"windows-standard x {times}",
                    windows_vms=2 * times,
                )
            )
        found.append(
            replace(
                host,
                id=f"{host.id}+dc",
                name=f"{host.name}, Windows Datacenter",
                licence="windows-datacenter x 1",
                windows_vms=ANY_NUMBER,
            )
        )
    return tuple(found)


def most_stacked(scenario: Scenario) -> int:
    """How often Standard on all cores is cheaper than Datacenter on them: five times at the table's prices, on every host.

    Examples
    --------
    >>> most_stacked(Scenario()), most_stacked(Scenario(licence_prices={"windows-datacenter": 60.0}))
    (5, 0)
    """
    once, whole = (licence(f"windows-{edition}").price_in(scenario) for edition in ("standard", "datacenter"))
    return sum(times * once < whole for times in range(1, MOST_STACKED + 1))


def windows_units(host: HostType) -> tuple[str, int]:
    """(licence, core licences) of a host type by its variant; ("", 0) without one."""
    if not host.licence:
        return "", 0
    name, _, times = host.licence.partition(" x ")
    return name, int(times) * windows_cores(host.cores, host.sockets)


def windows_cost(host: HostType, scenario: Scenario) -> float:
    """Windows licences of one host in the scenario's currency, bought new."""
    name, units = windows_units(host)
    return units * licence(name).price_in(scenario) if name else 0.0


def sql_choice(vcpus: Sequence[float], hosts: Sequence[tuple[int, int]], edition: str) -> tuple[str, int]:
    """Fewest core licences for SQL Server VMs of one pool: by VM, or (Enterprise) all cores of the hosts.

    Parameters
    ----------
    vcpus : sequence of float
        Of each SQL Server VM; at least 4 are counted.
    hosts : sequence of (cores, sockets)
        Every host that the VMs can reach, spares included.

    Returns
    -------
    (str, int)
        ``by VM`` or ``by host``, and core licences (sold in pairs).

    Examples
    --------
    >>> sql_choice([2, 4, 5], [(16, 1)], "standard")
    ('by VM', 14)
    >>> sql_choice([8] * 5, [(16, 1), (16, 1)], "enterprise")
    ('by host', 32)
    """
    rule = licence(f"sql-{edition}")
    least = rule.minimum_per_server
    by_vm = sum(2 * -(-max(int(-(-count // 1)), least) // 2) for count in vcpus)
    if edition == "enterprise" and hosts:
        by_host = sum(sql_cores(cores, sockets) for cores, sockets in hosts)
        if by_host < by_vm:
            return "by host", by_host
    return "by VM", by_vm


def sql_cores(cores: int, sockets: int) -> int:
    """SQL Server core licences of one machine: all its cores, at least 4 a CPU, sold in pairs.

    Examples
    --------
    >>> sql_cores(15, 1), sql_cores(16, 1), sql_cores(17, 1), sql_cores(4, 2)
    (16, 16, 18, 8)
    """
    counted = sockets * max(-(-cores // sockets), licence("sql-standard").minimum_per_cpu)
    return 2 * -(-counted // 2)


def rhel_choice(
    guests: int, sockets: Sequence[int], level: str, scenario: Scenario | None = None
) -> tuple[str, int, float]:
    """Cheapest Red Hat subscription of one pool a year, at the scenario's prices or the table's in US dollars.

    Pairs: one for two VMs, a single VM takes a whole one. Virtual Datacenter: one for each pair
    of sockets of every host that the guests can reach, any number of guests. No Virtual
    Datacenter price was read for the Premium level, so that takes pairs.

    Returns
    -------
    (str, int, float)
        Licence, units, price a year.

    Examples
    --------
    >>> rhel_choice(6, [2], "standard"), rhel_choice(7, [2], "standard")
    (('rhel-standard', 3, 2397.0), ('rhel-vdc-standard', 1, 2655.0))
    """
    pairs = -(-guests // 2)
    best = (f"rhel-{level}", pairs, pairs * float(_price(f"rhel-{level}", scenario)))
    if level == "standard" and sockets:
        units = sum(-(-count // 2) for count in sockets)
        whole = units * float(_price("rhel-vdc-standard", scenario))
        if whole < best[2]:
            return "rhel-vdc-standard", units, whole
    return best


def oracle_cores(hosts: Sequence[tuple[int, int]]) -> int:
    """Physical cores counted for Oracle: all that a workload could reach, if only one does.

    A processor licence is two cores, and no half is sold: an odd core counts as two.

    Examples
    --------
    >>> oracle_cores([(32, 2)] * 10) * 0.5 * 47_500
    7600000.0
    >>> oracle_cores([(15, 1)]), oracle_cores([(15, 1), (17, 1)])
    (16, 32)
    """
    return 2 * -(-sum(cores for cores, _ in hosts) // 2)


def oracle_cloud_units(vcpus: Sequence[float]) -> int:
    """Oracle licences in the cloud, in the units of the table (half a processor licence each): two vCPUs are one processor.

    No core factor applies there. Every instance is rounded up to whole processors.

    Examples
    --------
    >>> oracle_cloud_units([8, 3]) / 2 * 47_500
    285000.0
    """
    return sum(2 * -(-int(-(-count // 1)) // 2) for count in vcpus)

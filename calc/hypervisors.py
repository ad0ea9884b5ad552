"""Virtualisation overhead and licence rule of each hypervisor.

References
----------
data/reference/hypervisors.csv, which names the source and date of every figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from calc import assumptions, reference
from calc.errors import ScenarioError
from calc.model import HostType


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """One hypervisor.

    Attributes
    ----------
    cpu_overhead, memory_overhead : float
        Fraction of demand added to a workload that was physical until now (CPU), and to every
        workload (memory).
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

    def licence_price_in(self, currency: str) -> float:
        """Price of one licence unit in a currency."""
        return assumptions.convert(self.licence_price, self.currency, currency)


@cache
def _all() -> dict[str, Hypervisor]:
    fields = Hypervisor.__dataclass_fields__
    return {
        row["id"]: Hypervisor(**{name: row[name] for name in fields})
        for row in reference.table("hypervisors").to_dict("records")
    }


def ids() -> tuple[str, ...]:
    """Identifiers of the known hypervisors, the default first."""
    return tuple(_all())


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
        raise ScenarioError(f"hypervisor = {hypervisor_id!r} is not known; choose one of {', '.join(ids())}") from None

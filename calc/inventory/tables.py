"""The validated inventory: two tables, every issue, every reading of a header."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from calc.model import RowIssue

#: Columns of the servers table. Numbers are NaN and text is "" where the file says nothing.
SERVER_TEXT = (
    "server",
    "serial",
    "manufacturer",
    "model",
    "cpu_model",
    "os",
    "environment",
    "application",
    "owner",
    "site",
    "zone",
    "rack",
    "arch",
    "exclude_reason",
)
SERVER_NUMBERS = (
    "sockets",
    "cores",
    "threads",
    "memory_gib",
    "disk_gib",
    "disk_used_gib",
    "cpu_mean",
    "cpu_p95",
    "cpu_peak",
    "mem_mean",
    "mem_p95",
    "mem_peak",
    "net_p95",
    "power_w",
    "rack_units",
    "purchase_date",
    "purchase_price",
    "maintenance_per_year",
)
#: Columns of the workloads table; utilisation is a share of ``cores`` (cores of the server, or vCPUs).
WORKLOAD_TEXT = (
    "workload",
    "server",
    "kind",
    "os",
    "environment",
    "application",
    "owner",
    "site",
    "zone",
    "arch",
    "cpu_model",
    "affinity",
    "anti_affinity",
    "exclude_reason",
)
WORKLOAD_NUMBERS = (
    "cores",
    "vcpus",
    "memory_gib",
    "mem_mean",
    "mem_p95",
    "mem_peak",
    "cpu_mean",
    "cpu_p95",
    "cpu_peak",
    "disk_gib",
    "disk_used_gib",
    "net_p95",
)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one header was read.

    Attributes
    ----------
    column : str
        Canonical column, or "" when the header is not used.
    unit : str
        Unit the values were read in.
    basis : str
        ``header`` (it says the unit), ``inferred`` (from the values), ``stated`` (by the user),
        ``plain`` (no unit needed), ``unused`` or ``duplicate``.
    """

    file: str
    sheet: str
    header: str
    column: str
    unit: str
    basis: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file read."""

    name: str
    sha256: str
    decoding: str
    rows: int
    used: int


@dataclass(frozen=True, slots=True)
class JoinReport:
    """How workloads were linked to servers by host name.

    Attributes
    ----------
    total, exact, domain_dropped, prefix_dropped : int
        Workloads, and how many found their host by the name as it is, after dropping the
        domain, and after dropping or adding a short prefix.
    prefixes : dict of str to int
        Which prefixes, and for how many workloads.
    unmatched : tuple of str
        Hosts named by workloads that the export does not list.
    unmatched_workloads : int
    """

    total: int
    exact: int
    domain_dropped: int
    prefix_dropped: int
    prefixes: dict[str, int]
    unmatched: tuple[str, ...]
    unmatched_workloads: int

    @property
    def rate(self) -> float:
        """Share of workloads that found their host."""
        return 1 - self.unmatched_workloads / self.total if self.total else 1.0


@dataclass(frozen=True, slots=True)
class Inventory:
    """A validated estate.

    Attributes
    ----------
    servers : DataFrame
        One row a physical server; columns `SERVER_TEXT` and `SERVER_NUMBERS`. Sizes in GiB,
        utilisation 0-1, network Mbit/s, power W, dates as years. NaN or "" = not given.
        ``virtualised`` (bool) marks servers that run a hypervisor already.
    workloads : DataFrame
        One row a workload; columns `WORKLOAD_TEXT`, `WORKLOAD_NUMBERS` and ``powered_on``.
        ``server`` is "" where the host is not in the export.
    issues : tuple of RowIssue
    mappings : tuple of Mapping
    sources : tuple of Source
    format : str
    join : JoinReport or None
    notes : tuple of str
        What the reader should know about this format's readings.
    """

    servers: pd.DataFrame
    workloads: pd.DataFrame
    issues: tuple[RowIssue, ...]
    mappings: tuple[Mapping, ...]
    sources: tuple[Source, ...]
    format: str
    join: JoinReport | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def virtualised(self) -> bool:
        """Whether some of it is virtualised already (a refresh of a virtualised estate)."""
        return bool(self.servers["virtualised"].any())

    @property
    def errors(self) -> tuple[RowIssue, ...]:
        """Issues whose row was set aside."""
        return tuple(issue for issue in self.issues if issue.severity == "error")

    @property
    def warnings(self) -> tuple[RowIssue, ...]:
        """Issues whose row is used all the same."""
        return tuple(issue for issue in self.issues if issue.severity == "warning")

    def issue_table(self) -> pd.DataFrame:
        """All issues as a table."""
        return issue_table(self.issues)

    def mapping_table(self) -> pd.DataFrame:
        """How each header was read, as a table."""
        names = list(Mapping.__dataclass_fields__)
        return pd.DataFrame([[getattr(item, name) for name in names] for item in self.mappings], columns=names)

    def _repr_html_(self) -> str:
        rate = "" if self.join is None else f", {self.join.rate:.1%} of workloads linked to their host"
        return (
            f"<b>Inventory</b> ({self.format}): {len(self.servers)} servers, {len(self.workloads)} workloads, "
            f"{len(self.errors)} rows set aside, {len(self.warnings)} warnings{rate}"
        )


def issue_table(issues: Iterable[RowIssue]) -> pd.DataFrame:
    """Row issues as a table."""
    names = list(RowIssue.__dataclass_fields__)
    return pd.DataFrame([[getattr(item, name) for name in names] for item in issues], columns=names)

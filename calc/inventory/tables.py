"""The validated inventory: two tables, every issue, the origin of every value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from calc.html import card, paragraph
from calc.html import table as html_table
from calc.language import local, say
from calc.model import RowIssue
from calc.profiles import Telemetry

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
    "uuid",
    "database",
    "devices",
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
    "disk_iops",
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
    "restart_priority",
    "exclude_reason",
    "uuid",
    "database",
    "devices",
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
    "disk_iops",
)


#: What a notebook shows of each server, where the files say it.
_SHOWN_COLUMNS = ("server", "cpu_model", "cores", "memory_gib", "cpu_mean", "cpu_p95", "os", "site")
_SHOWN_SERVERS = 5

#: Where a value can come from.
KINDS = ("given", "inferred", "looked up", "assumed")


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
        ``plain`` (no unit needed), ``mapped`` (by the user), ``unused`` or ``duplicate``.
    samples : tuple of str
        A few of its values as they stand in the file.
    """

    file: str
    sheet: str
    header: str
    column: str
    unit: str
    basis: str
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Attributes
    ----------
    kind : {'given', 'inferred', 'looked up', 'assumed'}
    rule : str
        The header and unit it was read from, or the rule that made it.
    file : str
    """

    kind: str
    rule: str
    file: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file read."""

    name: str
    sha256: str
    decoding: str
    rows: int
    used: int


@dataclass(frozen=True, slots=True)
class Detection:
    """Which format a file was taken for, and why.

    Attributes
    ----------
    score, runner_up_score : float
        0 to 1.
    reasons : tuple of str
    runner_up : str
        The next best format, "" when no other fits at all.
    chosen_by : {'content', 'user'}
    """

    file: str
    format: str
    score: float
    reasons: tuple[str, ...]
    runner_up: str = ""
    runner_up_score: float = 0.0
    chosen_by: str = "content"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two files that say different things about one machine.

    Attributes
    ----------
    matched_by : {'UUID', 'serial', 'name'}
    kept, kept_from, dropped, dropped_from : str
    rule : str
        Why the one was chosen.
    """

    name: str
    column: str
    kept: str
    kept_from: str
    dropped: str
    dropped_from: str
    matched_by: str
    rule: str


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
    detections : tuple of Detection
    conflicts : tuple of Conflict
    matched : dict of str to int
        How many machines of later files were found in earlier ones, by what.
    server_origins, workload_origins : DataFrame
        An `Origin` (or None) for every cell of the two tables.
    telemetry : Telemetry or None
        Readings over time, where a file held them; its servers bear the names of the workloads.
    aliases : dict of str to str
        An export's own identifiers of machines to their names.
    """

    servers: pd.DataFrame
    workloads: pd.DataFrame
    issues: tuple[RowIssue, ...]
    mappings: tuple[Mapping, ...]
    sources: tuple[Source, ...]
    format: str
    join: JoinReport | None = None
    notes: tuple[str, ...] = field(default=())
    detections: tuple[Detection, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    matched: dict[str, int] = field(default_factory=dict)
    server_origins: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    workload_origins: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    telemetry: Telemetry | None = None
    aliases: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """One line: format and counts."""
        return (
            f"<Inventory: {self.format or 'estate'}, {len(self.servers):,} servers, {len(self.workloads):,} workloads, "
            f"{len(self.errors):,} rows set aside>"
        )

    @property
    def provenance(self) -> pd.DataFrame:
        """Every value that is not blank with its origin: table, name, column, value, origin, rule, file."""
        parts = []
        for label, key, frame, origins in (
            ("servers", "server", self.servers, self.server_origins),
            ("workloads", "workload", self.workloads, self.workload_origins),
        ):
            for column in origins.columns:
                cells = origins[column].to_numpy(object)
                known = np.array([cell is not None for cell in cells], dtype=bool)
                if not known.any():
                    continue
                part = pd.DataFrame(
                    [(cell.kind, cell.rule, cell.file) for cell in cells[known]], columns=["origin", "rule", "file"]
                )
                part.insert(0, "value", frame[column].to_numpy(object)[known])
                part.insert(0, "column", column)
                part.insert(0, "name", frame[key].to_numpy(object)[known])
                part.insert(0, "table", label)
                parts.append(part)
        columns = ["table", "name", "column", "value", "origin", "rule", "file"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    def origin_counts(self) -> pd.DataFrame:
        """For each column, how many values are given, inferred, looked up and assumed."""
        return origin_counts(
            (label, column, Counter(cell.kind for cell in origins[column] if cell is not None))
            for label, origins in (("servers", self.server_origins), ("workloads", self.workload_origins))
            for column in origins.columns
        )

    def conflict_table(self) -> pd.DataFrame:
        """What files disagree on, as a table."""
        return _table(Conflict, self.conflicts)

    def detection_table(self) -> pd.DataFrame:
        """Which format each file was taken for, as a table."""
        return _table(Detection, self.detections)

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
        return _table(Mapping, self.mappings)

    def _repr_html_(self) -> str:
        """What a notebook shows: what was read, what was set aside, and the first servers."""
        linked = (
            ""
            if self.join is None
            else say("{rate} of the workloads were linked to their host.", rate=f"{self.join.rate:.1%}")
        )
        tiles = [
            (say("Servers"), f"{len(self.servers):,}", say("already virtualised") if self.virtualised else ""),
            (say("Workloads"), f"{len(self.workloads):,}", linked),
            (say("Rows set aside"), f"{len(self.errors):,}", say("{n:,} warnings", n=len(self.warnings))),
            (say("Files"), f"{len(self.sources):,}", ", ".join(source.name for source in self.sources)),
        ]
        columns = [name for name in _SHOWN_COLUMNS if (self.servers[name].notna() & (self.servers[name] != "")).any()]
        first = self.servers[columns].head(_SHOWN_SERVERS)
        rows = [["" if value != value else _shown(value) for value in row] for row in first.itertuples(index=False)]
        numbers = [k for k, name in enumerate(columns) if name in SERVER_NUMBERS]
        left = len(self.servers) - len(first)
        more = paragraph(say("… and {n:,} more servers.", n=left)) if left > 0 else ""
        title = say("Inventory: {format}", format=local(self.format) or say("estate"))
        return card(title, tiles, html_table(columns, rows, numbers=numbers), more)


def _shown(value: object) -> str:
    return (
        f"{value:,.4g}"
        if isinstance(value, float) and abs(value) < 1000
        else f"{value:,.0f}"
        if isinstance(value, float)
        else str(value)
    )


def origin_counts(parts: Iterable[tuple[str, str, Map[str, int]]]) -> pd.DataFrame:
    """table, column, and how many values are given, inferred, looked up and assumed.

    Parameters
    ----------
    parts : iterable of (str, str, mapping of str to int)
        Table, column, and counts by kind of origin; counts of one column are added.
    """
    total: dict[tuple[str, str], Counter[str]] = {}
    for table, column, counts in parts:
        total.setdefault((table, column), Counter()).update(counts)
    return pd.DataFrame(
        [[table, column, *(counts[kind] for kind in KINDS)] for (table, column), counts in total.items() if counts],
        columns=["table", "column", *KINDS],
    )


def issue_table(issues: Iterable[RowIssue]) -> pd.DataFrame:
    """Row issues as a table."""
    return _table(RowIssue, issues)


def _table(kind: Any, items: Iterable[Any]) -> pd.DataFrame:
    names = list(kind.__dataclass_fields__)
    return pd.DataFrame([[getattr(item, name) for name in names] for item in items], columns=names)

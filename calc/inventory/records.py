"""Typed columns of any export to machine records: what every format hands over."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from calc.cpu import architecture, architecture_of_system
from calc.inventory import cells
from calc.inventory.reading import Table
from calc.inventory.tables import SERVER_NUMBERS, SERVER_TEXT, Mapping, Origin
from calc.language import stored
from calc.model import RowIssue

#: Columns of a machine record: what a server has, and what a VM has beside it.
MACHINE_TEXT = ("name", *SERVER_TEXT[1:], "affinity", "anti_affinity", "restart_priority", "vm_host")
MACHINE_NUMBERS = (*SERVER_NUMBERS, "vcpus")
_ARCHITECTURES = {
    "x64": "x86_64",
    "amd64": "x86_64",
    "x86_64": "x86_64",
    "64_bit": "x86_64",
    "x86": "x86_64",  # people write it for either; the smaller surprise
    "64": "x86_64",
    "i386": "x86_32",
    "32_bit": "x86_32",
    "32": "x86_32",
    "aarch64": "arm64",
}


@dataclass(slots=True)
class Part:
    """What one file (or one set of files) holds.

    Attributes
    ----------
    machines : DataFrame
        One row a machine: `MACHINE_TEXT`, `MACHINE_NUMBERS`, ``virtual`` (True, False or None
        where nothing says), ``virtualised`` (runs a hypervisor), ``powered_on``, and ``file``,
        ``sheet``, ``row`` of where it stands.
    origins : DataFrame
        An `Origin` or None for each cell of the text and number columns.
    rank : int
        Trust when files disagree: 3 measured by a collector, 2 a list of servers, 1 a register.
    expert : tuple of str
        Columns in which this part is trusted before all others.
    headers : dict of str to str
        Canonical column to the header it was read from.
    lacks : str
        What is missing when this part stands alone; "" for nothing.
    joins_only : bool
        Its machines only add to those of other files; alone they are no servers.
    identity : dict of str to str
        The export's own identifier of a machine to its name, where telemetry uses it.
    """

    file: str
    format: str
    machines: pd.DataFrame
    origins: pd.DataFrame
    rank: int = 2
    expert: tuple[str, ...] = ()
    issues: list[RowIssue] = field(default_factory=list)
    mappings: list[Mapping] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    notes: list[str] = field(default_factory=list)
    lacks: str = ""
    joins_only: bool = False
    identity: dict[str, str] = field(default_factory=dict)


def work_out(table: Table) -> None:
    """Columns that follow from others: totals of cores and threads, shares of memory, network, scope."""
    socket, per_socket = table.number("sockets"), table.number("cores_per_socket")
    if "cores_per_socket" in table.columns:
        table.derive("cores", per_socket * np.where(np.isnan(socket), 1, socket), stored("cores a socket x sockets"))
    if "threads_per_core" in table.columns:
        table.derive(
            "threads", table.number("cores") * table.number("threads_per_core"), stored("threads a core x cores")
        )
    memory = table.number("memory_gib")
    for source, share, label in (
        ("memory_used_gib", "mem_mean", stored("memory in use")),
        ("memory_peak_gib", "mem_peak", stored("most memory in use")),
    ):
        if source in table.columns:
            with np.errstate(divide="ignore", invalid="ignore"):
                used = table.number(source) / memory
            over = used > 1 + 1e-9
            for index in np.flatnonzero(over):
                table.issues.append(
                    RowIssue(
                        table.file,
                        table.sheet,
                        int(table.rows[index]),
                        table.headers[source],
                        f"{table.number(source)[index]:g} GiB",
                        "warning",
                        stored("is more than the {memory:g} GiB installed", memory=memory[index]),
                        stored("check its unit; the reading is not used"),
                    )
                )
            table.derive(
                share,
                np.where(over | ~np.isfinite(used), np.nan, used),
                stored("{label} ÷ installed memory", label=label),
            )
    if "net_in" in table.columns or "net_out" in table.columns:
        both = np.nan_to_num(table.number("net_in")) + np.nan_to_num(table.number("net_out"))
        none = np.isnan(table.number("net_in")) & np.isnan(table.number("net_out"))
        table.derive("net_p95", np.where(none, np.nan, both), stored("network in + network out"))
    if "os_version" in table.columns:
        names, versions = table.text("os"), table.text("os_version")
        table.columns["os"] = np.array(
            [name if not v or v in name else f"{name} {v}".strip() for name, v in zip(names, versions, strict=True)],
            dtype=object,
        )


def machines(table: Table, file: str, format_: str, **options: object) -> Part:
    """A part with one machine for each row of a flat table.

    Parameters
    ----------
    table : Table
    file, format_ : str
    **options
        Further fields of `Part`.
    """
    work_out(table)
    frame = pd.DataFrame({name: table.text(name) for name in MACHINE_TEXT}, dtype=object)
    for name in MACHINE_NUMBERS:
        frame[name] = np.asarray(table.number(name), dtype=np.float64)
    frame["virtual"] = _virtual(table)
    frame["virtualised"] = False
    powered = [value.casefold().replace(" ", "") for value in table.text("power_state")]
    frame["powered_on"] = [value not in ("poweredoff", "off", "stopped", "suspended") for value in powered]
    frame["file"], frame["sheet"], frame["row"] = table.file, table.sheet, table.rows
    origins = origin_frame(frame, table.origins)
    infer_architecture(frame, origins, file)
    return Part(
        file,
        format_,
        frame,
        origins,
        issues=list(table.issues),
        mappings=list(table.mappings),
        headers=dict(table.headers),
        rows=table.total,
        **options,  # type: ignore[arg-type]
    )


def _virtual(table: Table) -> np.ndarray:
    """True, False or None; a cell that says neither is reported and left open."""
    answer = np.full(len(table.rows), None, dtype=object)
    for column, turned in (("virtual", False), ("is_physical", True)):
        if column not in table.columns:
            continue
        for index, value in enumerate(table.columns[column]):
            try:
                said = cells.is_virtual(value)
            except cells.CellError as error:
                table.issues.append(
                    RowIssue(
                        table.file,
                        table.sheet,
                        int(table.rows[index]),
                        table.headers[column],
                        value,
                        "warning",
                        error.problem,
                        stored("{way_out}; it is taken as physical until then", way_out=error.way_out),
                    )
                )
                continue
            if said is not None and answer[index] is None:
                turn = turned and value.casefold() not in ("physical", "virtual")  # "Physical: no" is a VM
                answer[index] = not said if turn else said
    return answer


def origin_frame(frame: pd.DataFrame, origins: dict[str, Origin]) -> pd.DataFrame:
    """Origins of the cells that are not blank."""
    out: dict[str, np.ndarray] = {}
    for name in (*MACHINE_TEXT, *MACHINE_NUMBERS):
        cells_ = np.full(len(frame), None, dtype=object)
        origin = origins.get(name)
        if origin is not None:
            values = frame[name].to_numpy()
            given = values != "" if name in MACHINE_TEXT else ~np.isnan(values.astype(float))
            for index in np.flatnonzero(given):
                cells_[index] = origin
        out[name] = cells_
    return pd.DataFrame(out, dtype=object)


def infer_architecture(frame: pd.DataFrame, origins: pd.DataFrame, file: str) -> None:
    """The instruction set: as stated, else from the processor's name, else what the system needs, else x86_64."""
    stated = (frame["arch"] != "").to_numpy()
    from_name = (frame["cpu_model"] != "").to_numpy()
    spelt = {text: _spelt(text) for text in frame["arch"].unique()}
    inferred = frame["cpu_model"].map({text: architecture(text) for text in frame["cpu_model"].unique()})
    needed = frame["os"].map({text: architecture_of_system(text) for text in frame["os"].unique()})
    # No x86 processor runs AIX: the system is believed where the processor's name is blank, or means nothing to us.
    by_os = ~stated & (inferred == "x86_64").to_numpy() & (needed != "").to_numpy()
    frame["arch"] = np.where(stated, frame["arch"].map(spelt), np.where(by_os, needed, inferred))
    by_name = Origin("inferred", stored("instruction set of the CPU model's name"), file)
    by_system = Origin("inferred", stored("instruction set that the operating system needs"), file)
    by_default = Origin("assumed", stored("x86_64 where nothing else is said"), file)
    column = origins["arch"].to_numpy(object).copy()
    open_ = ~stated & ~by_os
    for mask, origin in ((open_ & from_name, by_name), (by_os, by_system), (open_ & ~from_name, by_default)):
        for index in np.flatnonzero(mask):
            column[index] = origin
    origins["arch"] = column


def _spelt(architecture_name: str) -> str:
    key = architecture_name.casefold().replace("-", "_").replace(" ", "")
    return _ARCHITECTURES.get(key, key)

"""An RVTools workbook: the servers are vHost, the workloads are vInfo, linked by host name.

It describes an estate that is virtualised already. The measured CPU of each host is allocated
to its powered-on VMs, so that the VMs' total equals the hosts' readings; it is a snapshot and
is treated as an average.

References
----------
RVTools 4.6.1 manual, Dell, May 2024 (columns of vInfo, vHost, vCPU).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping as Map

import numpy as np
import pandas as pd

from calc.cpu import architecture
from calc.errors import InventoryError
from calc.inventory import cells
from calc.inventory.columns import BY_NAME, Column
from calc.inventory.files import FileContent, Sheet
from calc.inventory.tables import (
    SERVER_NUMBERS,
    SERVER_TEXT,
    WORKLOAD_NUMBERS,
    WORKLOAD_TEXT,
    Inventory,
    JoinReport,
    Mapping,
    Source,
)
from calc.model import RowIssue
from calc.units import MIB_PER_GIB

NAME = "RVTools"
#: canonical name -> (headers in order of preference, factor to the canonical unit, unit read)
Wanted = dict[str, tuple[tuple[str, ...], float, str]]
_LONGEST_PREFIX = 3
_TRUE = {"true", "1", "yes"}

_HOST: Wanted = {
    "server": (("host",), 1.0, ""),
    "zone": (("cluster",), 1.0, ""),
    "site": (("datacenter",), 1.0, ""),
    "cpu_model": (("cpu model",), 1.0, ""),
    "sockets": (("# cpu",), 1.0, ""),
    "cores": (("# cores",), 1.0, ""),
    "cpu_mean": (("cpu usage %",), 0.01, "%"),
    "memory_gib": (("# memory",), 1 / MIB_PER_GIB, "MiB"),
    "mem_mean": (("memory usage %",), 0.01, "%"),
    "manufacturer": (("vendor",), 1.0, ""),
    "model": (("model",), 1.0, ""),
    "os": (("esx version",), 1.0, ""),
    "serial": (("serial number", "service tag"), 1.0, ""),
    "ht": (("ht active",), 1.0, ""),
}
_VM: Wanted = {
    "workload": (("vm", "vm name"), 1.0, ""),
    "powerstate": (("powerstate",), 1.0, ""),
    "template": (("template",), 1.0, ""),
    "srm": (("srm placeholder",), 1.0, ""),
    "vcpus": (("cpus",), 1.0, ""),
    "memory_gib": (("memory",), 1 / MIB_PER_GIB, "MiB"),
    "disk_gib": (("provisioned mib", "provisioned mb", "total disk capacity mib"), 1 / MIB_PER_GIB, "MiB"),
    "disk_used_gib": (("in use mib", "in use mb"), 1 / MIB_PER_GIB, "MiB"),
    "host": (("host",), 1.0, ""),
    "zone": (("cluster",), 1.0, ""),
    "site": (("datacenter",), 1.0, ""),
    "os": (("os according to the vmware tools", "os according to the configuration file"), 1.0, ""),
    "os_config": (("os according to the configuration file",), 1.0, ""),
}
_TEXT = {
    "server",
    "zone",
    "site",
    "cpu_model",
    "manufacturer",
    "model",
    "os",
    "os_config",
    "serial",
    "workload",
    "powerstate",
    "template",
    "srm",
    "host",
    "ht",
}
_KIND = {
    "sockets": BY_NAME["sockets"],
    "cores": BY_NAME["cores"],
    "vcpus": Column("vcpus", "count", (), True),
    "cpu_mean": BY_NAME["cpu_mean"],
    "mem_mean": BY_NAME["mem_mean"],
}


def _sheet(content: FileContent, name: str) -> Sheet | None:
    wanted = {name.casefold(), f"tab{name}".casefold(), f"{name}s".casefold()}
    return next((sheet for key, sheet in content.sheets.items() if key.casefold() in wanted and sheet.rows), None)


def _headers(sheet: Sheet) -> dict[str, int]:
    return {text.casefold().strip(): index for index, text in reversed(list(enumerate(sheet.rows[0][1]))) if text}


def matches(content: FileContent) -> bool:
    """Whether it has a vInfo sheet with RVTools' own columns."""
    info = _sheet(content, "vInfo")
    return info is not None and {"vm", "powerstate", "cpus", "memory", "host"} <= set(_headers(info))


def read(content: FileContent, assume: Map[str, str] | None = None) -> Inventory:
    """Read vHost and vInfo, link them, allocate the hosts' measured CPU to their VMs.

    Raises
    ------
    InventoryError
        When a needed column is absent or no row can be used.
    """
    issues: list[RowIssue] = []
    mappings: list[Mapping] = []
    host_sheet, info_sheet = _sheet(content, "vHost"), _sheet(content, "vInfo")
    assert info_sheet is not None  # matches() said so
    if host_sheet is None:
        raise InventoryError(
            f"{content.name}: the sheet vHost is missing. It holds the servers, their CPU and what it reads; "
            "export the workbook again with all tabs"
        )
    hosts = _typed(content.name, host_sheet, _HOST, ("server", "cores", "memory_gib"), issues, mappings)
    vms = _typed(content.name, info_sheet, _VM, ("workload", "vcpus", "memory_gib", "host"), issues, mappings)
    if hosts.empty or vms.empty:
        raise InventoryError(
            f"{content.name}: {'vHost' if hosts.empty else 'vInfo'} has no row that can be used", issues
        )
    rows = len(host_sheet.rows) + len(info_sheet.rows) - 2
    vms["os"] = np.where(vms["os"] == "", vms["os_config"], vms["os"])
    placeholder = _is_true(vms["srm"])
    template = _is_true(vms["template"])
    vms["powered_on"] = vms["powerstate"].str.casefold().eq("poweredon") & ~template
    for row in vms[placeholder].itertuples():
        issues.append(
            RowIssue(
                content.name,
                info_sheet.name,
                int(row.row),
                "SRM Placeholder",
                row.workload,
                "warning",
                "is a recovery placeholder, not a VM",
                "nothing to do: it is left out",
            )
        )
    vms = vms[~placeholder].reset_index(drop=True)
    vms["server"], join = join_hosts(vms["host"], hosts["server"])
    _allocate_cpu(content, vms, hosts)
    hosts["threads"] = hosts["cores"] * hosts["ht"].str.casefold().map({"true": 2.0, "false": 1.0})

    servers = pd.DataFrame({name: hosts.get(name, "") for name in SERVER_TEXT}, dtype=object)
    for name in SERVER_NUMBERS:
        servers[name] = hosts.get(name, np.nan)
    servers["arch"] = servers["cpu_model"].map(architecture)
    servers["virtualised"] = True
    by_server = servers.set_index("server")
    workloads = pd.DataFrame({name: vms.get(name, "") for name in WORKLOAD_TEXT}, dtype=object)
    workloads["kind"] = "vm"
    for name in WORKLOAD_NUMBERS:
        workloads[name] = vms.get(name, np.nan)
    workloads["cores"] = workloads["vcpus"]
    for name in ("cpu_model", "arch"):
        workloads[name] = workloads["server"].map(by_server[name]).fillna("" if name == "cpu_model" else "x86_64")
    workloads["powered_on"] = vms["powered_on"].to_numpy()
    off = int((~vms["powered_on"]).sum())
    notes = [
        "A refresh of a virtualised estate: hosts are the servers, powered-on VMs are the workloads. Measured host CPU is a "
        "snapshot, allocated to the VMs of each host and treated as an average; it holds the hypervisor's own use already. "
        "Clusters are kept as zones.",
    ]
    if off:
        stored = workloads.loc[~workloads["powered_on"], "disk_used_gib"].sum()
        notes.append(
            f"{off} VMs are powered off or templates: they take no CPU and memory and are not packed; "
            f"their {stored:,.0f} GiB stay on the existing storage."
        )
    if join.unmatched_workloads:
        notes.append(
            f"{join.unmatched_workloads} of {join.total} VMs name a host that vHost does not list "
            f"({', '.join(join.unmatched)})."
        )
    return Inventory(
        servers=servers,
        workloads=workloads,
        issues=tuple(issues),
        mappings=tuple(mappings),
        sources=(Source(content.name, content.sha256, content.decoding, rows, len(servers) + len(workloads)),),
        format=NAME,
        join=join,
        notes=tuple(notes),
    )


def _is_true(column: pd.Series) -> pd.Series:
    return column.str.casefold().isin(_TRUE)


def _typed(
    file: str, sheet: Sheet, wanted: Wanted, needed: tuple[str, ...], issues: list[RowIssue], mappings: list[Mapping]
) -> pd.DataFrame:
    """The wanted columns of a sheet, row by row, with bad rows set aside."""
    headers = _headers(sheet)
    found: dict[str, int] = {}
    for name, (choices, _, unit) in wanted.items():
        choice = next((text for text in choices if text in headers), None)
        if choice is not None:
            found[name] = headers[choice]
            mappings.append(
                Mapping(file, sheet.name, sheet.rows[0][1][headers[choice]], name, unit, "header" if unit else "plain")
            )
    for name in needed:
        if name not in found:
            raise InventoryError(
                f"{file}, sheet {sheet.name!r}: the column {wanted[name][0][0]!r} is missing; "
                "export the workbook again with all columns"
            )
    records: list[dict[str, object]] = []
    seen: dict[str, int] = {}
    key = needed[0]
    for number, row in sheet.rows[1:]:
        record: dict[str, object] = {"row": number}
        problem: tuple[str, str, cells.CellError] | None = None
        for name, (_, factor, _) in wanted.items():
            index = found.get(name)
            text = row[index] if index is not None and index < len(row) else ""
            if name in _TEXT:
                record[name] = text
                continue
            record[name] = np.nan
            if text.casefold() in cells.BLANK and name not in needed:
                continue
            try:
                if text == "":
                    raise cells.CellError("is missing", "export the workbook again, or remove the row")
                value = cells.quantity(text, _KIND[name] if name in _KIND else BY_NAME[name], factor)
                if value == 0 and name in ("cores", "vcpus", "memory_gib", "sockets"):
                    raise cells.CellError("is zero", "write the true number, or remove the row")
                record[name] = value
            except cells.CellError as error:
                problem = problem or (sheet.rows[0][1][found[name]], text, error)
        label = str(record[key])
        header = sheet.rows[0][1][found[key]]
        if label.casefold() == header.casefold():
            problem = (header, label, cells.CellError("repeats the header row", "delete this row"))
        elif not label:
            problem = (header, label, cells.CellError("has no name", "remove the row"))
        elif problem is None and label.casefold() in seen:
            problem = (
                header,
                label,
                cells.CellError(
                    f"has the same name as row {seen[label.casefold()]}", "keep one of the two rows, or rename one"
                ),
            )
        if problem:
            column, text, reason = problem
            issues.append(RowIssue(file, sheet.name, number, column, text, "error", reason.problem, reason.way_out))
            continue
        seen[label.casefold()] = number
        records.append(record)
    return pd.DataFrame(records, columns=["row", *wanted])


def join_hosts(named: pd.Series, hosts: pd.Series) -> tuple[pd.Series, JoinReport]:
    """Link the host named by each workload to a listed host.

    First by the name as it is, then without the domain, then by a short prefix that one of the
    two names has more than the other, where the partner is unique.

    Returns
    -------
    (Series of str, JoinReport)
        The listed host's name for each workload, "" where none was found.
    """
    listed = {host.casefold(): host for host in hosts}
    short: dict[str, str | None] = {}
    for host in hosts:
        stem = host.casefold().split(".")[0]
        short[stem] = None if stem in short else host  # two hosts with one short name: no guess
    how: dict[str, tuple[str, str, str]] = {}
    for name in named.unique():
        folded = name.casefold()
        stem = folded.split(".")[0]
        if folded in listed:
            how[name] = (listed[folded], "exact", "")
        elif stem and short.get(stem):
            how[name] = (str(short[stem]), "domain", "")
        else:
            partners = [
                (host, stem.removesuffix(other) or other.removesuffix(stem))
                for other, host in short.items()
                if host and stem and _prefix_of(stem, other)
            ]
            how[name] = (partners[0][0], "prefix", partners[0][1]) if len(partners) == 1 else ("", "none", "")
    kinds = Counter(how[name][1] for name in named)
    unmatched = tuple(sorted({name for name in named if how[name][1] == "none"}))
    report = JoinReport(
        total=len(named),
        exact=kinds["exact"],
        domain_dropped=kinds["domain"],
        prefix_dropped=kinds["prefix"],
        prefixes=dict(Counter(how[name][2] for name in named if how[name][1] == "prefix")),
        unmatched=unmatched,
        unmatched_workloads=kinds["none"],
    )
    return named.map(lambda name: how[name][0]), report


def _prefix_of(one: str, other: str) -> bool:
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    extra = len(longer) - len(shorter)
    return 0 < extra <= _LONGEST_PREFIX and longer.endswith(shorter) and bool(re.search(r"\d", shorter))


def _allocate_cpu(content: FileContent, vms: pd.DataFrame, hosts: pd.DataFrame) -> None:
    """Give each powered-on VM its part of its host's measured CPU, in shares of its vCPUs.

    The part goes by the vCPU sheet's ``Overall`` (MHz in use) where there is one, else by vCPUs.
    """
    weights = vms["vcpus"].where(vms["powered_on"], 0.0)
    sheet = _sheet(content, "vCPU")
    if sheet is not None:
        headers = _headers(sheet)
        if {"vm", "overall"} <= set(headers):
            overall = {}
            for _, row in sheet.rows[1:]:
                try:
                    overall[row[headers["vm"]].casefold()] = cells.number(row[headers["overall"]])[0]
                except (cells.CellError, IndexError):
                    continue
            measured = vms["workload"].str.casefold().map(overall).astype(float)
            total = measured.where(vms["powered_on"], 0.0).groupby(vms["server"]).transform("sum")
            complete = (measured.notna() | ~vms["powered_on"]).groupby(vms["server"]).transform("all") & (total > 0)
            weights = weights.where(~complete, measured.where(vms["powered_on"], 0.0))
    by_host = hosts.set_index("server")
    used_cores = vms["server"].map(by_host["cores"] * by_host["cpu_mean"]).astype(float)
    share = weights / weights.groupby(vms["server"]).transform("sum")
    vms["cpu_mean"] = (used_cores * share / vms["vcpus"]).where(vms["powered_on"])

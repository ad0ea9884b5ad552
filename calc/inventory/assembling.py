"""Parts of all files to the inventory: merge, check, link VMs to hosts, split servers from workloads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calc.errors import InventoryError
from calc.inventory.checking import check_part, complete_rows, need_columns, nothing_left
from calc.inventory.joining import join_hosts
from calc.inventory.merging import merge
from calc.inventory.records import Part
from calc.inventory.sheets import FileContent
from calc.inventory.tables import (
    SERVER_NUMBERS,
    SERVER_TEXT,
    WORKLOAD_NUMBERS,
    WORKLOAD_TEXT,
    Detection,
    Inventory,
    JoinReport,
    Origin,
    Source,
)
from calc.language import stored


def assemble(parts: list[Part], contents: list[FileContent], detections: list[Detection]) -> Inventory:
    """Make the inventory of one or several parts.

    Parameters
    ----------
    parts : list of Part
        In the order the files were given.
    contents : list of FileContent
        The file (or set) behind each part.
    detections : list of Detection

    Raises
    ------
    InventoryError
        When a needed column is absent from all files, or no row can be used.
    """
    order = {part.file: number for number, part in enumerate(parts)}
    by_part = sorted(zip(parts, contents, strict=True), key=lambda item: item[0].joins_only)
    parts, contents = [part for part, _ in by_part], [content for _, content in by_part]
    for part in parts:
        check_part(part)
    if all(part.joins_only for part in parts):
        raise InventoryError(parts[0].lacks, [issue for part in parts for issue in part.issues])
    need_columns(parts)
    issues = [issue for part in parts for issue in part.issues]
    machines, origins, conflicts, matched = merge(parts, issues)
    headers = {column: header for part in reversed(parts) for column, header in part.headers.items()}
    keep = complete_rows(machines, headers, issues)
    machines, origins = machines[keep].reset_index(drop=True), origins[keep].reset_index(drop=True)
    issues.sort(key=lambda issue: (order.get(issue.file, len(order)), issue.sheet, issue.row, issue.column))
    files = ", ".join(dict.fromkeys(part.file for part in parts))
    if machines.empty:
        raise nothing_left(files, sum(part.rows for part in parts), issues)
    lacking = [part.lacks for part in parts if part.lacks]
    virtual = np.array([flag is True for flag in machines["virtual"]], dtype=bool)
    if lacking and virtual.all():
        raise InventoryError(lacking[0], issues)
    host_rows = machines[~virtual]
    linked, join = _link(machines[virtual], host_rows)
    servers, server_origins = _servers(host_rows, origins[~virtual], set(linked) - {""})
    workloads, workload_origins = _workloads(machines, origins, virtual, linked, servers)
    notes = [note for part in parts for note in part.notes]
    lost = int(sum(1 for server in linked if not server))
    if join is not None and join.unmatched_workloads:
        named = f" ({', '.join(join.unmatched[:20])})" if join.unmatched else ""
        notes.append(
            stored(
                "{unmatched_workloads} of {total} VMs name a host that is not listed{named}.",
                unmatched_workloads=join.unmatched_workloads,
                total=join.total,
                named=named,
            )
        )
    if lost and join is None:
        notes.append(
            stored(
                "{lost} machines are virtual and name no host: {value}. The settings say whether they are left out "
                "or get assumed servers; a list of the hosts links them.",
                lost=lost,
                value=stored("no server is listed at all") if servers.empty else stored("their servers are not known"),
            )
        )
    sources = [_source(part, content, machines) for part, content in zip(parts, contents, strict=True)]
    return Inventory(
        servers=servers,
        workloads=workloads,
        issues=tuple(issues),
        mappings=tuple(mapping for part in parts for mapping in part.mappings),
        sources=tuple(sources),
        format=" + ".join(dict.fromkeys(part.format for part in parts)),
        join=join,
        notes=tuple(notes),
        detections=tuple(detections),
        conflicts=tuple(conflicts),
        matched=matched,
        aliases={alias: name for part in parts for alias, name in part.identity.items()},
        server_origins=server_origins,
        workload_origins=workload_origins,
    )


def _source(part: Part, content: FileContent, machines: pd.DataFrame) -> Source:
    used = int((machines["file"] == part.file).sum())
    return Source(content.name, content.sha256, content.decoding, part.rows, used)


def _link(vms: pd.DataFrame, hosts: pd.DataFrame) -> tuple[list[str], JoinReport | None]:
    """The server of each VM ("" where not found), and how they were linked."""
    if vms.empty:
        return [], None
    found, report = join_hosts(vms["vm_host"], hosts["name"])
    return found.tolist(), report if (vms["vm_host"] != "").any() else None


def _servers(rows: pd.DataFrame, origins: pd.DataFrame, hosting: set[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    servers = (
        rows[["name", *SERVER_TEXT[1:], *SERVER_NUMBERS]].rename(columns={"name": "server"}).reset_index(drop=True)
    )
    servers["virtualised"] = (rows["virtualised"].astype(bool) | rows["name"].isin(hosting)).to_numpy()
    servers = servers.astype(dict.fromkeys(("server", *SERVER_TEXT[1:]), object))
    kept = origins[["name", *SERVER_TEXT[1:], *SERVER_NUMBERS]].rename(columns={"name": "server"})
    return servers, kept.reset_index(drop=True)


def _workloads(
    machines: pd.DataFrame, origins: pd.DataFrame, virtual: np.ndarray, linked: list[str], servers: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """VMs, and one workload for each server that runs no hypervisor; in the order of the files."""
    runs_hypervisor = set(servers.loc[servers["virtualised"], "server"])
    own = ~virtual & ~machines["name"].isin(runs_hypervisor).to_numpy()
    server = np.full(len(machines), "", dtype=object)
    server[virtual] = linked
    server[own] = machines["name"].to_numpy(object)[own]
    take = virtual | own
    rows, kept = machines[take].reset_index(drop=True), origins[take].reset_index(drop=True).copy()
    is_vm = virtual[take]
    frame = pd.DataFrame({name: rows.get(name, "") for name in WORKLOAD_TEXT}, dtype=object)
    frame["workload"], frame["server"] = rows["name"], server[take]
    frame["kind"] = np.where(is_vm, "vm", "physical")
    for name in WORKLOAD_NUMBERS:
        frame[name] = rows[name].to_numpy(float)
    vcpus = rows["vcpus"].fillna(rows["cores"]).fillna(rows["threads"]).to_numpy(float)
    frame.loc[is_vm, "vcpus"] = vcpus[is_vm]
    frame.loc[is_vm, "cores"] = vcpus[is_vm]
    frame.loc[~is_vm, "vcpus"] = np.nan
    by_server = servers.set_index("server")
    has_server = is_vm & (frame["server"] != "").to_numpy()
    for name in ("cpu_model", "arch"):
        theirs = frame.loc[has_server, "server"].map(by_server[name])
        if len(theirs):
            frame.loc[has_server, name] = theirs
    frame["powered_on"] = rows["powered_on"].to_numpy(bool)
    frame = frame.astype(dict.fromkeys(WORKLOAD_TEXT, object))
    kept = kept.rename(columns={"name": "workload"})
    of_host = Origin("inferred", stored("that of its server"), "")
    made = Origin("inferred", stored("cores of a VM are its vCPUs"), "")
    columns = {}
    for name in (*WORKLOAD_TEXT, *WORKLOAD_NUMBERS):
        cells = kept[name].to_numpy(object).copy() if name in kept else np.full(len(rows), None, dtype=object)
        if name in ("cpu_model", "arch"):
            cells[has_server] = of_host
        elif name in ("cores", "vcpus"):
            for index in np.flatnonzero(is_vm):
                cells[index] = cells[index] or made
        elif name == "server":
            vm_host = kept["vm_host"].to_numpy(object)
            for index in np.flatnonzero(has_server):
                cells[index] = vm_host[index]
        columns[name] = cells
    return frame, pd.DataFrame(columns, dtype=object)

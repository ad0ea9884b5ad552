"""An assessment as one file, and open again: by the app, the command line or a notebook.

The file is a zip. ``manifest.json`` says what made it, from which inputs (SHA-256) and what came out; ``scenario.toml`` holds
the settings; ``inventory.json`` and ``plan.json`` hold the rest, with arrays beside them as .npy. Opening forms the demand
anew, checks the placement with the independent verifier, proves bounds and survival of failures again, prices it and compares:
the file is not taken at its word.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import scipy

from calc.assessment import Assessment, conclude, prepare
from calc.costs.fleet import LINES
from calc.errors import InputError
from calc.inventory import Inventory, ReadLimits
from calc.inventory.exporting import write_inventory
from calc.inventory.limits import MIB
from calc.language import say
from calc.planning import Pool
from calc.reference import FOLDER
from calc.saving.checking import checked_pools, differences
from calc.saving.codec import Decoder, Encoder
from calc.saving.proving import Reproof, reproofs
from calc.scenario import Scenario

__all__ = [
    "FORMAT",
    "KIND",
    "SUFFIX",
    "Reproof",
    "inventory_sha256",
    "is_saved",
    "open_assessment",
    "reference_sha256",
    "save_assessment",
]

#: Number of the file's format: raised when an older version could no longer read it.
FORMAT = 1
KIND = "consolidation-calculator assessment"
#: How files of saved assessments end.
SUFFIX = ".calc"
_NEEDED = {"manifest.json", "plan.json", "scenario.toml"}
#: What unpacking a damaged zip raises: wrong structure, wrong data, an end too soon, features that no such file uses.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def save_assessment(
    assessment: Assessment, path: str | Path | BinaryIO | None = None, *, with_inventory: bool = True
) -> bytes:
    """Save an assessment as one file: inventory, scenario, plan with its proof, money, versions.

    Parameters
    ----------
    assessment : Assessment
    path : path or binary file object, optional
        Where to write it; without it nothing is written.
    with_inventory : bool
        False leaves the inventory out and keeps only its SHA-256; who opens the file then brings the inventory.

    Returns
    -------
    bytes
        The file.

    Examples
    --------
    >>> import calc
    >>> answer = calc.assess(calc.read_inventory(b"hostname,cores,memory_gib\\nweb1,8,32\\n"))
    >>> calc.open_assessment(calc.save_assessment(answer)).hosts_after == answer.hosts_after
    True
    """
    from calc import __version__

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        plan = Encoder(archive, "plan").encode(_plan(assessment))
        members = {
            "scenario.toml": assessment.scenario.to_toml(),
            "plan.json": json.dumps(plan, ensure_ascii=False),
        }
        if with_inventory:
            inventory = Encoder(archive, "inventory").encode(assessment.inventory)
            members["inventory.json"] = json.dumps(inventory, ensure_ascii=False)
        for name, text in members.items():
            archive.writestr(name, text)
        hashes = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
        manifest = {
            "kind": KIND,
            "format": FORMAT,
            "version": __version__,
            "made_with": {
                "python": platform.python_version(),
                "numpy": np.__version__,
                "pandas": pd.__version__,
                "scipy": scipy.__version__,
            },
            "seed": assessment.scenario.seed,
            "inputs": {source.name: source.sha256 for source in assessment.inventory.sources},
            "inventory_sha256": inventory_sha256(assessment.inventory),
            "reference_sha256": reference_sha256(),
            "results": _results(assessment),
            "members_sha256": hashes,
        }
        archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
    data = buffer.getvalue()
    if isinstance(path, str | Path):
        Path(path).write_bytes(data)
    elif path is not None:
        path.write(data)
    return data


def open_assessment(
    path: str | Path | BinaryIO | bytes,
    *,
    inventory: Inventory | None = None,
    accept_changes: bool = False,
    limits: ReadLimits | None = None,
    on_proof: Callable[[tuple[Reproof, ...]], None] | None = None,
) -> Assessment:
    """Open a saved assessment.

    The demand is formed anew, the placement is checked by the independent verifier, bounds, certificates and survival of
    failures are proved again, and the money is worked out again.

    Parameters
    ----------
    path : path, binary file object or bytes
    inventory : Inventory, optional
        Where the file holds only its SHA-256.
    accept_changes : bool
        Open it although the figures come out differently today, with today's figures.
    limits : ReadLimits, optional
        What the file may hold.
    on_proof : callable, optional
        Called with what was proved again and what is taken over as it was saved.

    Returns
    -------
    Assessment

    Raises
    ------
    InputError
        When it is no saved assessment, is damaged or of a newer version; when its inventory is missing or another one; when
        its placement breaks a rule or a proof of it fails; when its figures come out differently (`accept_changes` allows that).
    """
    data = _bytes(path)
    limits = limits or ReadLimits()
    members = _members(data, limits)
    manifest = _manifest(members)
    decoder = Decoder(members)
    try:
        scenario = Scenario.from_toml(members["scenario.toml"].decode())
        own = json.loads(members["inventory.json"]) if "inventory.json" in members else None
        kept: dict[str, Any] = decoder.decode(json.loads(members["plan.json"]))
        found = decoder.decode(own) if own is not None else _given(inventory, manifest)
        if not (isinstance(found, Inventory) and isinstance(kept, dict)):
            raise ValueError("no inventory or no plan")
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError) as error:
        raise InputError(
            say(
                "The saved assessment (of version {version}) is incomplete, was altered, or is of a version that kept other "
                "things: {error}. Open it with that version, or assess its inventory again.",
                version=manifest["version"],
                error=str(error),
            )
        ) from error
    prepared = prepare(found, scenario)
    pools: tuple[Pool, ...] = checked_pools(kept, prepared.demand, prepared.hosts, scenario)
    found_again = reproofs(pools, prepared.demand, scenario)
    if on_proof is not None:
        on_proof(found_again)
    answer = conclude(found, scenario, prepared, pools, lambda: kept["runtime_s"])
    changed = differences(manifest["results"], _results(answer))
    if changed and not accept_changes:
        today = say("the same reference data") if _same_reference(manifest) else say("other reference data")
        raise InputError(
            say(
                "This assessment was saved by version {version} and comes out differently today, with {today}: {changes}. "
                "To open it with today's figures, say accept_changes=True (on the command line: --accept-changes).",
                version=manifest["version"],
                today=today,
                changes="; ".join(changed),
            )
        )
    return answer


def is_saved(data: bytes) -> bool:
    """Whether a file is a saved assessment, by its content."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return set(archive.namelist()) >= _NEEDED
    except _DAMAGED:
        return False


def inventory_sha256(inventory: Inventory) -> str:
    """SHA-256 of what a plan takes from an inventory: its two tables and its telemetry."""
    found = hashlib.sha256(write_inventory(inventory).encode())
    if inventory.telemetry is not None:
        for metric, values in sorted(inventory.telemetry.maximum.items()):
            found.update(metric.encode() + np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


def reference_sha256() -> str:
    """SHA-256 of all reference tables together."""
    found = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.csv")):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _plan(a: Assessment) -> dict[str, Any]:
    return {
        "workloads": a.demand.table["workload"].to_numpy(object),
        "dimensions": a.demand.dimensions,
        "amounts": a.demand.amounts,
        "pools": a.pools,
        "runtime_s": a.runtime_s,
    }


def _results(a: Assessment) -> dict[str, Any]:
    """The figures that must come out again, money to the cent."""
    return {
        "hosts": a.hosts_after,
        "lower_bound": a.lower_bound,
        "gap": None if a.gap is None else f"{a.gap:.6f}",
        "servers": a.before.servers,
        "savings": round(a.comparison.savings, 2),
        "npv": round(a.comparison.npv, 2),
        "currency": a.scenario.currency,
        "cash_flow": {
            side: {line: [round(float(amount), 2) for amount in flows[line]] for line in LINES}
            for side, flows in a.flows.items()
        },
    }


def _bytes(path: str | Path | BinaryIO | bytes) -> bytes:
    if isinstance(path, bytes):
        return path
    if not isinstance(path, str | Path):
        return path.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            say("cannot read the saved assessment {path}: {error}", path=str(path), error=error.strerror or "")
        ) from None


def _members(data: bytes, limits: ReadLimits) -> dict[str, bytes]:
    """Every member of the file, within the limits."""
    if not is_saved(data):
        raise InputError(
            say("This file is no saved assessment: a zip with manifest.json, scenario.toml and plan.json.")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            limits.check("files", len(archive.namelist()), "the saved assessment", "members")
            unpacked = sum(item.file_size for item in archive.infolist())
            limits.check("unpacked_mib", -(-unpacked // MIB), "the saved assessment", "MiB unpacked")
            return {name: archive.read(name) for name in archive.namelist()}
    except _DAMAGED as error:
        raise InputError(
            say("The saved assessment is damaged and cannot be unpacked: {error}.", error=str(error))
        ) from error


def _manifest(members: dict[str, bytes]) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(members["manifest.json"])
        kind, number, version = manifest["kind"], manifest["format"], manifest["version"]
        hashes, _, _ = manifest["members_sha256"], manifest["results"]["cash_flow"], manifest["inventory_sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            say("The manifest of the saved assessment cannot be read: {error}.", error=str(error))
        ) from None
    if kind != KIND:
        raise InputError(say("This file is no saved assessment: its manifest says {kind!r}.", kind=kind))
    if number > FORMAT:
        raise InputError(
            say(
                "This assessment was saved by a newer version, {version} (format {number}; this one reads {own}): open it with that.",
                version=version,
                number=number,
                own=FORMAT,
            )
        )
    if set(hashes) != set(members) - {"manifest.json"}:
        raise InputError(say("The saved assessment is damaged: it does not hold the members that its manifest lists."))
    for name, digest in hashes.items():
        if hashlib.sha256(members[name]).hexdigest() != digest:
            raise InputError(say("The saved assessment is damaged: {name} is not what was saved.", name=name))
    return manifest


def _given(inventory: Inventory | None, manifest: dict[str, Any]) -> Inventory:
    inputs = ", ".join(f"{name} (SHA-256 {digest[:12]}…)" for name, digest in manifest["inputs"].items())
    if inventory is None:
        raise InputError(
            say("The saved assessment does not hold its inventory: give it beside, read from {inputs}.", inputs=inputs)
        )
    if inventory_sha256(inventory) != manifest["inventory_sha256"]:
        raise InputError(
            say("The inventory given is not the one that was assessed: that was read from {inputs}.", inputs=inputs)
        )
    return inventory


def _same_reference(manifest: dict[str, Any]) -> bool:
    return bool(manifest.get("reference_sha256") == reference_sha256())

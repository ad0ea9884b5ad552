"""Ansible facts: one JSON document a host, alone, in a zip, or keyed by host in one file.

References
----------
ansible/ansible, module_utils/facts: names of the facts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from calc.errors import InventoryError
from calc.inventory.columns import BY_NAME
from calc.inventory.formats import Match
from calc.inventory.options import Options
from calc.inventory.reading import Table, typed_numbers
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent
from calc.inventory.tables import Mapping, Origin
from calc.language import stored
from calc.units import MIB_PER_GIB, SIZE_GIB

NAME = "Ansible facts"
_GIB = 1 / MIB_PER_GIB
#: canonical column -> (fact, factor to the canonical unit, unit)
_TEXT = {
    "manufacturer": "system_vendor",
    "model": "product_name",
    "serial": "product_serial",
    "uuid": "product_uuid",
    "arch": "architecture",
    "os": "distribution",
    "os_version": "distribution_version",
}
_NUMBERS: dict[str, tuple[str, float, str]] = {
    "sockets": ("processor_count", 1.0, ""),
    "cores_per_socket": ("processor_cores", 1.0, ""),
    "threads_per_core": ("processor_threads_per_core", 1.0, ""),
    "memory_gib": ("memtotal_mb", _GIB, "MB"),
}
_DEEPEST = 4


def _facts(document: Any, depth: int = 0) -> list[dict[str, Any]]:
    """Fact dictionaries in a document, whether bare, under ``ansible_facts``, or keyed by host."""
    if not isinstance(document, (dict, list)) or depth > _DEEPEST:
        return []
    if isinstance(document, list):
        return [facts for item in document for facts in _facts(item, depth + 1)]
    if isinstance(document.get("ansible_facts"), dict):
        return _facts(document["ansible_facts"], depth + 1)
    names = {key.removeprefix("ansible_") for key in document if isinstance(key, str)}
    if "hostname" in names and ("memtotal_mb" in names or "processor_count" in names):
        return [{key.removeprefix("ansible_"): value for key, value in document.items()}]
    return [facts for item in document.values() if isinstance(item, dict) for facts in _facts(item, depth + 1)]


def matches(content: FileContent) -> Match:
    """By documents that hold a host name and memory or processors as facts."""
    found = [bool(_facts(document)) for _, document in content.documents]
    if not any(found):
        return Match(0.0)
    return Match(
        0.7 + 0.3 * sum(found) / len(found),
        (stored("{found} of {found2} JSON documents hold facts of a host", found=sum(found), found2=len(found)),),
    )


def read(content: FileContent, options: Options) -> Part:
    """One machine for each set of facts.

    Raises
    ------
    InventoryError
        When no document holds facts.
    """
    hosts = [(name, facts) for name, document in content.documents for facts in _facts(document)]
    if not hosts:
        raise InventoryError(
            stored(
                "{name}: no document holds facts of a host (ansible_hostname, ansible_memtotal_mb, …)",
                name=content.name,
            )
        )
    table = Table(content.name, "", np.arange(1, len(hosts) + 1), {}, total=len(hosts))
    table.columns["name"] = np.array([_name(facts) for _, facts in hosts], dtype=object)
    table.headers["name"], table.origins["name"] = (
        "hostname",
        Origin("given", stored("fact fqdn or hostname"), content.name),
    )
    for column, fact in _TEXT.items():
        values = [_word(facts.get(fact)) for _, facts in hosts]
        _add(table, column, fact, "", np.array(values, dtype=object), values)
    models = [_processor(facts.get("processor")) for _, facts in hosts]
    _add(table, "cpu_model", "processor", "", np.array(models, dtype=object), models)
    keep = np.ones(len(hosts), dtype=bool)
    for column, (fact, factor, unit) in _NUMBERS.items():
        texts = [_word(facts.get(fact)) for _, facts in hosts]
        _add(table, column, fact, unit, typed_numbers(BY_NAME[column], fact, texts, factor, "", keep, table), texts)
    for column, amounts in _worked_out(hosts).items():
        table.columns[column] = amounts
        table.origins[column] = Origin("given", _RULES[column], content.name)
    table.columns["virtual"] = np.array([_virtual(facts) for _, facts in hosts], dtype=object)
    table.rows = table.rows[keep]
    table.columns = {name: values[keep] for name, values in table.columns.items()}
    hypervisors = np.array([facts.get("virtualization_role") == "host" for _, facts in hosts], dtype=bool)[keep]
    part = machines(table, content.name, NAME, rank=3)
    part.machines["sheet"] = [name for (name, _), kept in zip(hosts, keep, strict=True) if kept]
    silent = sum(not _facts(document) for _, document in content.documents)
    if silent:
        part.notes.append(
            stored(
                "{silent} of {documents} JSON documents hold no facts of a host and were not read.",
                silent=silent,
                documents=len(content.documents),
            )
        )
    if hypervisors.any():
        names = ", ".join(part.machines.loc[hypervisors, "name"].head(5))
        part.notes.append(
            stored(
                "{hypervisors} machines have virtualisation enabled (role host: {names}); they are read as servers "
                "with their own load.",
                hypervisors=int(hypervisors.sum()),
                names=names,
            )
        )
    part.notes.append(
        stored(
            "Facts hold no CPU utilisation. Memory in use is what is neither free nor cache, at the time of the facts."
        )
    )
    return part


_RULES = {
    "disk_gib": "fact mounts: size_total, summed over local file systems",
    "disk_used_gib": "fact mounts: size_total - size_available, summed over local file systems",
    "mem_mean": "fact memory_mb: nocache used ÷ real total, a snapshot",
}
_REMOTE = ("nfs", "nfs4", "cifs", "smb", "tmpfs", "squashfs", "iso9660", "overlay")


def _add(table: Table, column: str, fact: str, unit: str, values: np.ndarray, texts: list[str]) -> None:
    if not any(texts):
        return
    table.columns[column] = values
    table.headers[column] = fact
    table.origins[column] = Origin("given", f"fact {fact!r}" + (f" in {unit}" if unit else ""), table.file)
    samples = tuple(dict.fromkeys(text for text in texts if text))[:3]
    table.mappings.append(
        Mapping(table.file, "", f"ansible_{fact}", column, unit, "header" if unit else "plain", samples)
    )


def _word(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, (dict, list)):
        return ""
    text = str(value).strip()
    return "" if text.casefold() in ("na", "none", "n/a") else text


def _name(facts: dict[str, Any]) -> str:
    full = _word(facts.get("fqdn"))
    return full if full and not full.casefold().startswith("localhost") else _word(facts.get("hostname"))


def _processor(items: Any) -> str:
    """The model in a list such as ["0", "GenuineIntel", "Intel(R) Xeon(R) …", "1", …]."""
    words = [_word(item) for item in items] if isinstance(items, list) else []
    return max((word for word in words if " " in word or "-" in word), key=len, default="")


def _virtual(facts: dict[str, Any]) -> str:
    role, kind = _word(facts.get("virtualization_role")), _word(facts.get("virtualization_type")).casefold()
    if role == "guest":
        return "physical" if kind in ("container", "docker", "podman", "lxc") else "virtual"
    return "physical" if role or kind else ""


def _worked_out(hosts: list[tuple[str, dict[str, Any]]]) -> dict[str, np.ndarray]:
    out = {name: np.full(len(hosts), np.nan) for name in _RULES}
    for index, (_, facts) in enumerate(hosts):
        mounts = facts.get("mounts")
        devices: dict[str, tuple[float, float]] = {}
        for mount in mounts if isinstance(mounts, list) else []:
            if not isinstance(mount, dict) or mount.get("fstype") in _REMOTE:
                continue
            total, free = mount.get("size_total"), mount.get("size_available")
            if isinstance(total, (int, float)) and isinstance(free, (int, float)) and 0 <= free <= total:
                devices[str(mount.get("device"))] = (total, free)  # a bind mount shows its device again
        if devices:
            out["disk_gib"][index] = sum(total for total, _ in devices.values()) * SIZE_GIB["b"]
            out["disk_used_gib"][index] = sum(total - free for total, free in devices.values()) * SIZE_GIB["b"]
        memory = facts.get("memory_mb")
        if isinstance(memory, dict):
            try:
                share = float(memory["nocache"]["used"]) / float(memory["real"]["total"])
            except (KeyError, TypeError, ValueError, ZeroDivisionError):
                continue
            if 0 <= share <= 1:
                out["mem_mean"][index] = share
    return {name: values for name, values in out.items() if not np.all(np.isnan(values))}

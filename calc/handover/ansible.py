"""An Ansible inventory of hosts and machines.

Text of the source inventory is tagged ``!unsafe``: Ansible would otherwise run a template such
as ``{{ lookup('pipe', ...) }}`` that stands in a server's name. Keys (host and group names),
which Ansible expands as ranges or refuses, hold safe names only.

References
----------
https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html;
https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_advanced_syntax.html (unsafe strings).
"""

from __future__ import annotations

import re

import yaml

from calc.handover.machines import Machine, Target, one_line, safe_names


class _Unsafe(str):
    """Text that Ansible must not template."""


class _Writer(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """A safe dumper that knows the tag; compiled where PyYAML was built with libyaml, with the same output."""

    def ignore_aliases(self, data: object) -> bool:
        """No anchors: an inventory is read by people."""
        return True


_Writer.add_representer(_Unsafe, lambda writer, text: writer.represent_scalar("!unsafe", str(text), style='"'))


def _foreign(text: str) -> _Unsafe:
    return _Unsafe(one_line(text))


def _group_names(prefix: str, values: list[str], taken: set[str]) -> dict[str, str]:
    """A valid and unique group name for each value, none of them a machine's."""
    names = safe_names((f"{prefix}_{value}" for value in values), prefix)
    found: dict[str, str] = {}
    for value, name in zip(values, names, strict=True):
        plain = re.sub(r"\W", "_", name).lower()
        while plain in found.values() or plain in taken:
            plain += "_"
        found[value] = plain
    return found


def _machine(machine: Machine) -> dict[str, object]:
    return {
        "workload": _foreign(machine.workload),
        "source_server": _foreign(machine.server),
        "vm_uuid": machine.uuid,
        "vm_host": machine.host,
        "vcpus": machine.vcpus,
        "memory_mib": machine.memory_mib,
        "disk_gib": machine.disk_gib,
        "disk_basis": machine.disk_basis,
        "network": machine.network,
        "storage_pool": machine.storage_pool,
        "arch": _foreign(machine.arch),
        "os": _foreign(machine.os),
        "environment_name": _foreign(machine.environment),  # ``environment`` is Ansible's own word
        "application": _foreign(machine.application),
        "owner": _foreign(machine.owner),
        "site": _foreign(machine.site),
        "zone": _foreign(machine.zone),
        "keep_apart": _foreign(machine.apart),
        "keep_together": _foreign(machine.together),
    }


def inventory(target: Target) -> str:
    """The inventory as YAML.

    Groups: ``virtualisation_hosts`` and ``machines``; below the latter one group for each host
    (``on_…``), environment (``environment_…``), application and site.
    """
    groups: dict[str, object] = {}
    taken = {machine.name for machine in target.machines}
    for prefix, column in (("on", "host"), ("environment",) * 2, ("application",) * 2, ("site",) * 2):
        of = {machine.name: str(getattr(machine, column)) for machine in target.machines}
        values = list(dict.fromkeys(value for value in of.values() if value))
        for value, name in _group_names(prefix, values, taken).items():
            members = dict.fromkeys(machine for machine, its in of.items() if its == value)
            groups[name] = {"hosts": members, "vars": {f"{prefix}_name": _foreign(value)}}
    hosts = {
        host.name: {
            "model": _foreign(host.host_type),
            "cpu_model": _foreign(host.cpu_model),
            "cores": host.cores,
            "memory_gib": host.memory_gib,
            "pool": _foreign(host.pool),
            "machines": host.machines,
        }
        for host in target.hosts
    }
    tree = {
        "all": {
            "vars": {"hypervisor": _foreign(target.hypervisor)},
            "children": {
                "virtualisation_hosts": {"hosts": hosts},
                "machines": {
                    "hosts": {machine.name: _machine(machine) for machine in target.machines},
                    "children": dict.fromkeys(groups),
                },
                **groups,
            },
        }
    }
    return yaml.dump(tree, Dumper=_Writer, sort_keys=False, allow_unicode=False, width=1000)


def files(target: Target) -> dict[str, str]:
    """Path to content."""
    return {"ansible/inventory.yml": inventory(target)}

"""CSV for vCenter, migration toolkits and spreadsheets.

References
----------
Columns of ``vcenter_vms.csv`` are named like the parameters of PowerCLI's New-VM and New-HardDisk
(https://developer.broadcom.com/powercli); those of ``azure_migrate_import.csv`` are Azure Migrate's
import template (https://learn.microsoft.com/azure/migrate/tutorial-discover-import).
"""

from __future__ import annotations

import pandas as pd

from calc.handover.machines import Target, one_line
from calc.units import MIB_PER_GIB

_FORMULA = ("=", "+", "-", "@")


def cell(text: str) -> str:
    """Text as a cell that no spreadsheet runs: one line, formulas behind an apostrophe.

    Examples
    --------
    >>> cell("=cmd|' /C calc'!A0")
    "'=cmd|' /C calc'!A0"
    """
    plain = one_line(text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def vcenter_vms(target: Target) -> pd.DataFrame:
    """One row a machine, in the words of PowerCLI's New-VM."""
    return pd.DataFrame(
        {
            "Name": machine.name,
            "VMHost": machine.host,
            "NumCpu": machine.vcpus,
            "MemoryGB": round(machine.memory_mib / MIB_PER_GIB, 3),
            "DiskGB": machine.disk_gib,
            "NetworkName": machine.network,
            "Datastore": machine.storage_pool,
            "OperatingSystem": cell(machine.os),
            "Notes": cell(f"{machine.workload} from {machine.server}"),
        }
        for machine in target.machines
    )


def rules(target: Target) -> pd.DataFrame:
    """Which machines must stay apart or together (DRS rules, cluster rules)."""
    rows = [
        {"Rule": cell(group), "Type": kind, "Name": machine.name, "Workload": cell(machine.workload)}
        for machine in target.machines
        for kind, group in (("apart", machine.apart), ("together", machine.together))
        if group
    ]
    return pd.DataFrame(rows, columns=["Rule", "Type", "Name", "Workload"]).sort_values(
        ["Type", "Rule", "Name"], kind="stable"
    )


def names(target: Target) -> pd.DataFrame:
    """Which name of the inventory became which name of a machine."""
    return pd.DataFrame(
        {
            "workload": cell(machine.workload),
            "server": cell(machine.server),
            "machine": machine.name,
            "changed": machine.name != machine.workload,
            "host": machine.host,
        }
        for machine in target.machines
    )


def azure_migrate(target: Target) -> pd.DataFrame:
    """The machines in Azure Migrate's import template, for a comparison made there."""
    return pd.DataFrame(
        {
            "*Server name": machine.name,
            "IP addresses": "",
            "*Cores": machine.vcpus,
            "*Memory (In MB)": machine.memory_mib,
            "*OS name": cell(machine.os),
            "OS version": "",
            "OS architecture": {"x86_64": "x64", "x86_32": "x86"}.get(machine.arch, cell(machine.arch)),
            "Number of disks": 1,
            "Disk 1 size (In GB)": machine.disk_gib,
        }
        for machine in target.machines
    )


def files(target: Target) -> dict[str, str]:
    """Path to content."""
    return {
        f"toolkits/{name}.csv": table.to_csv(index=False)
        for name, table in (
            ("vcenter_vms", vcenter_vms(target)),
            ("rules", rules(target)),
            ("names", names(target)),
            ("azure_migrate_import", azure_migrate(target)),
        )
    }

"""A PowerShell script that makes the machines on Hyper-V.

The script is pure ASCII: Windows PowerShell reads a file without a byte-order mark in the
machine's own code page, in which part of a foreign letter can be a quotation mark (PowerShell
takes the typographic ones for quotes too). Every other character is written by its number, so
no text of an inventory can end the string it stands in.

References
----------
https://learn.microsoft.com/powershell/module/hyper-v/new-vm, set-vm, new-vhd;
https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules.
"""

from __future__ import annotations

from calc.handover.machines import Machine, Target, one_line

_HEAD = """\
#Requires -Modules Hyper-V
# Makes the virtual machines of the plan, each on its host, with an empty disk.
# Run with -WhatIf first. A machine that exists already stops the script.
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # Folder on every host (or a cluster shared volume) that takes the disks.
    [string] $DiskFolder = 'C:\\ClusterStorage\\Volume1',
    # Virtual switch for each network of the plan; they must exist on every host.
    [hashtable] $Switch = @{{
{switches}
    }},
    # 1 boots the BIOS disks of most physical servers, 2 needs UEFI.
    [ValidateSet(1, 2)] [int] $Generation = 1,
    # Name of the failover cluster: machines become clustered roles, and groups that must stay apart are told to it.
    [string] $Cluster = ''
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function New-PlannedVM {{
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [string] $On, [string] $Name, [int] $Processors, [long] $MemoryBytes, [long] $DiskBytes,
        [string] $Network, [string] $Apart, [string] $Notes
    )
    if (Get-VM -ComputerName $On -Name $Name -ErrorAction SilentlyContinue) {{
        throw "The machine $Name exists on $On already."
    }}
    if ($Generation -eq 1 -and ($Processors -gt 64 -or $MemoryBytes -gt 1099511627776)) {{
        throw "The machine $Name has more than the 64 processors and 1 TB of generation 1: run with -Generation 2."
    }}
    if (-not $PSCmdlet.ShouldProcess("$Name on $On", 'Make the virtual machine')) {{ return }}
    $disk = Join-Path $DiskFolder "$Name.vhdx"
    New-VHD -ComputerName $On -Path $disk -SizeBytes $DiskBytes -Dynamic | Out-Null
    New-VM -ComputerName $On -Name $Name -Generation $Generation -MemoryStartupBytes $MemoryBytes `
        -VHDPath $disk -SwitchName $Switch[$Network] | Out-Null
    Set-VM -ComputerName $On -Name $Name -ProcessorCount $Processors -StaticMemory -Notes $Notes
    if ($Cluster) {{
        Add-ClusterVirtualMachineRole -Cluster $Cluster -VMName $Name | Out-Null
        if ($Apart) {{
            $names = New-Object System.Collections.Specialized.StringCollection
            $names.Add($Apart) | Out-Null
            (Get-ClusterGroup -Cluster $Cluster -Name $Name).AntiAffinityClassNames = $names
        }}
    }}
}}

"""


def literal(text: str) -> str:
    """A PowerShell expression of a string, in printable ASCII only.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    >>> literal("\\u2019; Remove-Item C:")
    "('' + [char]0x2019 + '; Remove-Item C:')"
    """
    parts: list[str] = []
    plain = ""
    for unit in _utf16(text):
        if 0x20 <= unit < 0x7F:
            plain += chr(unit)
        else:
            if plain:
                parts.append("'" + plain.replace("'", "''") + "'")
                plain = ""
            parts.append(f"[char]0x{unit:04X}")
    if plain or not parts:
        parts.append("'" + plain.replace("'", "''") + "'")
    if len(parts) == 1 and parts[0].startswith("'"):
        return parts[0]
    if not parts[0].startswith("'"):
        parts.insert(0, "''")  # [char] + [char] would add numbers
    return "(" + " + ".join(parts) + ")"


def _utf16(text: str) -> list[int]:
    data = text.encode("utf-16-le", "replace")
    return [int.from_bytes(data[place : place + 2], "little") for place in range(0, len(data), 2)]


def _call(machine: Machine) -> str:
    notes = one_line(
        f"{machine.workload} from {machine.server}; {machine.application}; {machine.environment}; {machine.os}"
    )
    return (
        f"New-PlannedVM -On {literal(machine.host)} -Name {literal(machine.name)} -Processors {machine.vcpus} "
        f"-MemoryBytes {machine.memory_mib * 1024**2} -DiskBytes {machine.disk_gib * 1024**3} -Network {literal(machine.network)} "
        f"-Apart {literal(one_line(machine.apart))} -Notes {literal(notes)}"
    )


def script(target: Target) -> str:
    """The whole script."""
    switches = "\n".join(f"        {literal(name)} = {literal(name)}" for name in target.networks)
    return _HEAD.format(switches=switches) + "\n".join(_call(machine) for machine in target.machines) + "\n"


def files(target: Target) -> dict[str, str]:
    """Path to content."""
    return {"hyperv/New-PlannedVMs.ps1": script(target)}

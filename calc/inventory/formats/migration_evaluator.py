"""The one-sheet template of AWS Migration Evaluator.

References
----------
Migration Evaluator data import template (consolidated sheet), AWS.
"""

from __future__ import annotations

from calc.inventory.formats import Match
from calc.inventory.formats._flat import layout, match_layout, read_flat
from calc.inventory.options import Options
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent

NAME = "Migration Evaluator"
_LAYOUT = layout("""
    Server Name -> name
    CPU Cores -> cores
    Memory (MB) -> memory_gib MiB
    Provisioned Storage (GB) -> disk_gib GB
    Operating System -> os
    Is Virtual? -> virtual
    Cpu String -> cpu_model
    Environment -> environment
    SQL Edition -> database
    Application -> application
    Cpu Utilization Peak (%) -> cpu_peak
    Memory Utilization Peak (%) -> mem_peak
""")
_NEEDED = frozenset({"server name", "cpu cores", "memory (mb)", "is virtual?"})


def matches(content: FileContent) -> Match:
    """By its headers; "Is Virtual?" is its own."""
    return match_layout(content, _LAYOUT, _NEEDED, "the one-sheet template")


def read(content: FileContent, options: Options) -> Part:
    """One machine a row. New templates write utilisation as 0-1 under a header with %: the values decide."""
    _, table = read_flat(content, options, _LAYOUT, _NEEDED)
    return machines(table, content.name, NAME)

"""A NetBox device export: rack, rack units, site and serial; it knows no CPU and no memory.

References
----------
netbox-community/netbox, August 2026: columns of the device export.
"""

from __future__ import annotations

import numpy as np

from calc.inventory.formats import Match
from calc.inventory.formats._flat import layout, match_layout, read_flat
from calc.inventory.options import Options
from calc.inventory.records import Part, machines
from calc.inventory.sheets import FileContent
from calc.language import stored

NAME = "NetBox devices"
_LAYOUT = layout("""
    name -> name
    Name -> name
    manufacturer -> manufacturer
    device_type -> model
    Type -> model
    serial -> serial
    Serial number -> serial
    site -> site
    rack -> rack
    u_height -> rack_units
    tenant -> owner
    platform -> os
    cf_cpu_model -> cpu_model
    cf_memory_gb -> memory_gib GB
""")
_NEEDED = frozenset({"name", "device_type", "rack", "position"})
_LABELS = frozenset({"name", "type", "rack", "position"})


def matches(content: FileContent) -> Match:
    """By device type, rack and position."""
    best = max(
        (match_layout(content, _LAYOUT, needed, "device export") for needed in (_NEEDED, _LABELS)),
        key=lambda match: match.score,
    )
    return Match(min(best.score, 0.95), best.reasons)


def read(content: FileContent, options: Options) -> Part:
    """Devices with their place. Those that no other file holds (switches, PDUs) are no servers and are left out."""
    _, table = read_flat(content, options, _LAYOUT, _NEEDED)
    if "manufacturer" in table.columns:  # "Dell PowerEdge R640" repeats the maker
        table.columns["model"] = np.array(
            [
                model[len(maker) :].strip() if maker and model.casefold().startswith(maker.casefold() + " ") else model
                for model, maker in zip(table.text("model"), table.text("manufacturer"), strict=True)
            ],
            dtype=object,
        )
    part = machines(table, content.name, NAME, rank=1)
    part.expert = ("rack", "rack_units", "site")
    part.joins_only = "memory_gib" not in table.columns
    if part.joins_only:
        part.lacks = stored(
            "{name}: NetBox devices carry no cores and memory. Give the file beside one that does: rack, rack units and site are then joined by serial number or name",
            name=content.name,
        )
    return part

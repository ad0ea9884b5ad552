"""Until when an operating system has support, by its name."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from calc import reference


@cache
def system_support(name: str) -> tuple[str, date] | None:
    """The operating system's family and the end of its support, None where it is not known.

    Examples
    --------
    >>> system_support("Microsoft Windows Server 2012 R2 (64-bit)")
    ('Windows Server 2012 and 2012 R2', datetime.date(2023, 10, 10))
    """
    for row in reference.table("os_support").itertuples(index=False):
        if re.search(row.pattern, name, re.IGNORECASE):
            return row.name, date.fromisoformat(row.support_end)
    return None

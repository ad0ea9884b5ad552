"""What a workload's operating system and application say about the licences it carries."""

from __future__ import annotations

import re

#: Products whose licences are counted, as `licence_class` names them.
PRODUCTS = ("windows", "sql", "rhel", "oracle")

_WINDOWS = re.compile(r"windows.*(server|2000|2003|2008|2012|2016|2019|2022|2025)", re.IGNORECASE)
_RHEL = re.compile(r"red ?hat|\brhel\b", re.IGNORECASE)
_SQL = re.compile(r"(sql server|\bmssql\b)", re.IGNORECASE)
_ORACLE = re.compile(r"oracle(?!.*(linux|solaris|vm))", re.IGNORECASE)


def licence_class(os: str, application: str) -> str:
    """Which counted licence a workload carries, as its inventory says it: the dearest one.

    Examples
    --------
    >>> licence_class("Microsoft Windows Server 2019", "SQL Server 2019")
    'sql'
    >>> licence_class("Red Hat Enterprise Linux 8", ""), licence_class("Oracle Linux 8", "")
    ('rhel', '')
    """
    text = f"{os} | {application}"
    if _ORACLE.search(os) or _ORACLE.search(application):
        return "oracle"
    if _SQL.search(text):
        return "sql"
    if _WINDOWS.search(os):
        return "windows"
    return "rhel" if _RHEL.search(os) else ""


def is_windows(os: str) -> bool:
    """Whether the text names a Windows Server edition."""
    return bool(_WINDOWS.search(os))

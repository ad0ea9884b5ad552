"""What a file may hold before reading stops: a guard against bombs and mistakes, each one adjustable."""

from __future__ import annotations

from dataclasses import dataclass, fields

from calc.errors import InputError, InventoryError
from calc.language import foreign, stored

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of reading; every refusal names the limit and how to raise it.

    Attributes
    ----------
    file_mib : int
        Size of one file as it comes, MiB.
    unpacked_mib : int
        Size of all that a workbook, archive or compressed file unpacks to, MiB.
    rows, columns : int
        Of one table.
    cells : int
        Of one table, rows x columns, blanks within its borders counted.
    files : int
        Files in an archive.
    characters : int
        Of one cell that is used.
    """

    file_mib: int = 512
    unpacked_mib: int = 1024
    rows: int = 500_000
    columns: int = 2_000
    cells: int = 30_000_000
    files: int = 50_000
    characters: int = 1_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(
                    stored("limit {name} = {value!r}: give a whole number of 1 or more", name=field.name, value=value)
                )

    def check(self, name: str, found: int, where: str, what: str) -> None:
        """Refuse when more is found than a limit allows.

        Raises
        ------
        InventoryError

        Examples
        --------
        >>> ReadLimits(rows=2).check("rows", 3, "a.csv", "rows")
        Traceback (most recent call last):
        ...
        calc.errors.InventoryError: a.csv holds 3 rows, more than the limit rows = 2. If that is meant, raise it: \
limits=ReadLimits(rows=3) in Python, --limit rows=3 on the command line
        """
        if found > getattr(self, name):
            raise InventoryError(
                stored(
                    "{where} holds {found:,} {what}, more than the limit {name} = {getattr:,}. If that is meant, raise "
                    "it: limits=ReadLimits({name}={found}) in Python, --limit {name}={found} on the command line",
                    where=where,
                    found=found,
                    what=foreign(what),
                    name=name,
                    getattr=getattr(self, name),
                )
            )

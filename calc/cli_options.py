"""What the commands share: kinds of arguments that say what is wrong with them, and reading the files they name."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import fields

from calc.errors import InputError
from calc.intake import read_inventories
from calc.inventory import ColumnMapping, Inventory, ReadLimits
from calc.language import stored
from calc.telemetry.clock import zone_of

#: Rows set aside that are shown one by one.
SHOWN_ISSUES = 20


def whole(least: int) -> Callable[[str], int]:
    """A kind of argument: a whole number from ``least`` on."""

    def kind(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(stored("{text!r} is not a whole number", text=text)) from None
        if value < least:
            raise argparse.ArgumentTypeError(stored("{text} is less than {least}", text=text, least=least))
        return value

    return kind


def positive(text: str) -> float:
    """A kind of argument: a number above zero."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(stored("{text!r} is not a number", text=text)) from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(stored("{text} is not more than zero", text=text))
    return value


def share(text: str) -> float:
    """A kind of argument: a share above 0, up to 1."""
    value = positive(text)
    if value > 1:
        raise argparse.ArgumentTypeError(stored("{text} is not a share; write it as 0 to 1", text=text))
    return value


def share_or_none(text: str) -> float:
    """A kind of argument: a share from 0 up to 1."""
    try:
        if float(text) == 0:
            return 0.0
    except ValueError:
        pass  # `share` says what is wrong with it
    return share(text)


def day(text: str) -> dt.date:
    """A kind of argument: a date."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(stored("{text} is not a date; write it as 2026-01-31", text=text)) from None


def add_executor(parser: argparse._ActionsContainer) -> None:
    """Add the argument that says where work runs."""
    parser.add_argument(
        "--executor",
        default="in-process",
        metavar="WHERE",
        help="processes:N, or tcp://host:8786 of a Dask scheduler; the result is the same (default: in-process)",
    )


def tell(text: str) -> None:
    """Say on standard error what goes on."""
    print(text, file=sys.stderr, flush=True)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say how files are read."""
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="COLUMN=UNIT",
        help="unit of a column that does not name it, e.g. memory_gib=MiB",
    )
    parser.add_argument("--mapping", metavar="FILE.toml", help="headers to fields and units, saved by the app")
    parser.add_argument("--format", default="", metavar="NAME", help="read all files as this format")
    parser.add_argument("--time-zone", default="UTC", metavar="ZONE", help="of telemetry, e.g. Europe/Berlin")
    parser.add_argument(
        "--limit", action="append", default=[], metavar="NAME=N", help="raise a limit of reading, e.g. rows=1000000"
    )


def read_files(options: argparse.Namespace) -> Inventory:
    """The estate of the files on the command line, its issues on standard error.

    Raises
    ------
    InputError
        For an argument or a file that nobody could use.
    """
    zone_of(options.time_zone)  # a wrong name is said although no file may hold telemetry
    inventory = read_inventories(
        options.inventory,
        assume=dict(_unit(text) for text in options.assume),
        mapping=ColumnMapping.from_toml_file(options.mapping) if options.mapping else None,
        format=options.format,
        time_zone=options.time_zone,
        limits=ReadLimits(**dict(_limit(text) for text in options.limit)),
    )
    for issue in inventory.issues[:SHOWN_ISSUES]:
        where = f"{issue.file}{f' [{issue.sheet}]' if issue.sheet else ''}, row {issue.row}, {issue.column!r} = {issue.value!r}"
        print(f"{issue.severity}: {where}: {issue.problem}; {issue.way_out}", file=sys.stderr)
    if len(inventory.issues) > SHOWN_ISSUES:
        print(f"… and {len(inventory.issues) - SHOWN_ISSUES} more; assess lists all in issues.csv", file=sys.stderr)
    return inventory


def _unit(text: str) -> tuple[str, str]:
    column, _, unit = text.partition("=")
    if not column or not unit:
        raise InputError(stored("--assume {text!r}: write it as COLUMN=UNIT, e.g. memory_gib=MiB", text=text))
    return column, unit


def _limit(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    known = [field.name for field in fields(ReadLimits)]
    if name not in known or not value.isdigit():
        raise InputError(
            stored("--limit {text!r}: write it as NAME=N with one of {known}", text=text, known=", ".join(known))
        )
    return name, int(value)

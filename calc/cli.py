"""Command line: ``python -m calc assess INVENTORY... --out DIR``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from calc import __version__
from calc.assessment import assess
from calc.errors import InputError, InventoryError
from calc.inventory import read_inventories
from calc.planning import Limits
from calc.report.bundle import write_bundle
from calc.report.words import headline
from calc.scenario import Scenario

_SHOWN_ISSUES = 20


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m calc", description="Plan a server consolidation: proven, traceable, survivable."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("assess", help="inventory to plan, savings and audit bundle")
    run.add_argument(
        "inventory", nargs="+", metavar="INVENTORY", help="CSV or XLSX: a physical inventory, or an RVTools workbook"
    )
    run.add_argument("--out", required=True, metavar="DIR", help="folder for the audit bundle")
    run.add_argument("--scenario", metavar="FILE.toml", help="settings; every one has a default")
    run.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="COLUMN=UNIT",
        help="unit of a column that does not name it, e.g. memory_gib=MiB",
    )
    run.add_argument(
        "--time-limit", type=_positive, metavar="S", help="safety net in seconds; a plan it cuts short says so"
    )
    run.add_argument(
        "--iteration-limit", type=int, metavar="N", help="work budget of each solve, in elementary evaluations"
    )
    run.add_argument("--seed", type=int, metavar="N", help="seed of the search (default: the scenario's)")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not more than zero")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        0 with a plan, 2 for input nobody could use.
    """
    options = _parser().parse_args(arguments)
    try:
        scenario = Scenario.from_toml_file(options.scenario) if options.scenario else Scenario()
        if options.seed is not None:
            scenario = scenario.varied(seed=options.seed)
        assume = dict(_pair(text) for text in options.assume)
        inventory = read_inventories(options.inventory, assume=assume)
        for issue in inventory.issues[:_SHOWN_ISSUES]:
            where = f"{issue.file}{f' [{issue.sheet}]' if issue.sheet else ''}, row {issue.row}, {issue.column!r} = {issue.value!r}"
            print(f"{issue.severity}: {where}: {issue.problem}; {issue.way_out}", file=sys.stderr)
        if len(inventory.issues) > _SHOWN_ISSUES:
            print(f"… and {len(inventory.issues) - _SHOWN_ISSUES} more in issues.csv", file=sys.stderr)
        answer = assess(inventory, scenario, limits=Limits(options.time_limit, options.iteration_limit))
        folder = write_bundle(answer, options.out)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        if isinstance(error, InventoryError):
            for issue in error.issues[:_SHOWN_ISSUES]:
                print(
                    f"  row {issue.row}, {issue.column!r} = {issue.value!r}: {issue.problem}; {issue.way_out}",
                    file=sys.stderr,
                )
        return 2
    except OSError as error:
        print(f"error: cannot write to {options.out}: {error.strerror}", file=sys.stderr)
        return 2
    print("\n".join(headline(answer)))
    print(f"Audit bundle: {folder}", file=sys.stderr)
    return 0


def _pair(text: str) -> tuple[str, str]:
    column, found, unit = text.partition("=")
    if not found or not column or not unit:
        raise InputError(f"--assume {text!r}: write it as COLUMN=UNIT, e.g. memory_gib=MiB")
    return column, unit

"""Command line: ``python -m calc assess`` for estates, ``python -m calc pack`` for bare packing instances."""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import functools
import json
import multiprocessing
import sys
from collections.abc import Sequence

from calc import __version__, cli_operation, packing_file
from calc.assessment import assess
from calc.errors import InputError, InventoryError
from calc.handover import write_handover
from calc.inventory import read_inventories
from calc.packing import Effort
from calc.planning import Limits
from calc.report.bundle import write_bundle
from calc.report.business_case import write_business_case
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
    run.add_argument(
        "--handover", metavar="DIR", help="new folder for libvirt, Hyper-V, Ansible and CSV files of the plan"
    )
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
    run.add_argument(
        "--business-case",
        action="store_true",
        help="also write alternatives.csv, tornado.csv, simulation.csv and decision.json (some seconds more)",
    )
    pack = commands.add_parser("pack", help="packing instances (JSON lines) to placements with bounds")
    pack.add_argument("instances", metavar="INSTANCES.jsonl[.gz]")
    pack.add_argument("--out", required=True, metavar="RESULTS.jsonl")
    pack.add_argument(
        "--effort", choices=[effort.name.lower() for effort in Effort], help="work budget (default: standard)"
    )
    pack.add_argument("--time-limit", type=_positive, metavar="S", help="seconds an instance; alone, all of it is used")
    pack.add_argument("--iteration-limit", type=int, metavar="N", help="work budget in elementary evaluations")
    pack.add_argument("--seed", type=int, default=1, metavar="N")
    pack.add_argument("--jobs", type=int, default=1, metavar="J", help="instances solved at once, each in a process")
    cli_operation.add_commands(commands)
    return parser


def _pack(options: argparse.Namespace) -> int:
    """Solve every instance of a file, writing each answer as it is finished."""
    from calc.packing import kernels

    kernels.warm_up()
    effort: Effort | int = Effort[(options.effort or "standard").upper()]
    if options.iteration_limit:
        effort = options.iteration_limit
    elif options.time_limit and not options.effort:
        effort = 10**18  # the clock alone decides
    instances = list(packing_file.read_lines(options.instances))
    for data in instances:
        packing_file.to_instance(data)  # every mistake is known before the first solve
    work = functools.partial(packing_file.run, effort=effort, time_limit_s=options.time_limit, seed=options.seed)
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(open(options.out, "w", encoding="utf-8"))
        if options.jobs > 1:
            pool = stack.enter_context(
                concurrent.futures.ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn"))
            )
            futures = [pool.submit(work, data) for data in instances]
            answers = (future.result() for future in concurrent.futures.as_completed(futures))
        else:
            answers = (work(data) for data in instances)
        for done, found in enumerate(answers, start=1):
            out.write(json.dumps(found) + "\n")
            out.flush()
            bound = "no bound" if found["lower_bound"] is None else f"at least {found['lower_bound']}"
            print(
                f"{done}/{len(instances)} {found['name']}: {found['cost']} ({bound}), {found['seconds']:.2f} s",
                file=sys.stderr,
            )
    return 0


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
        if options.command == "pack":
            return _pack(options)
        if options.command in cli_operation.COMMANDS:
            return cli_operation.run(options)
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
        if options.handover:
            print(f"Hand-over: {write_handover(answer, options.handover)}", file=sys.stderr)
        case = write_business_case(answer, folder) if options.business_case else []
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
    print("\n".join([*headline(answer), *case]))
    print(f"Audit bundle: {folder}", file=sys.stderr)
    return 0


def _pair(text: str) -> tuple[str, str]:
    column, found, unit = text.partition("=")
    if not found or not column or not unit:
        raise InputError(f"--assume {text!r}: write it as COLUMN=UNIT, e.g. memory_gib=MiB")
    return column, unit

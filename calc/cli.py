"""Command line: ``python -m calc assess`` for estates, ``python -m calc pack`` for bare packing instances."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import fields
from pathlib import Path

from calc import __version__, cli_operation, packing_file
from calc.assessment import Assessment, assess
from calc.errors import ExecutorError, InputError, InventoryError
from calc.executor import in_order, open_executor
from calc.handover import write_handover
from calc.intake import read_inventories
from calc.inventory import ColumnMapping, Inventory, ReadLimits
from calc.inventory.exporting import anonymise, write_inventory
from calc.language import LANGUAGES, stored
from calc.packing import Effort
from calc.planning import Limits
from calc.report.bundle import safe_text, write_bundle
from calc.report.business_case import write_business_case
from calc.report.words import headline
from calc.saving import Reproof, is_saved, open_assessment
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
        "inventory",
        nargs="+",
        metavar="INVENTORY",
        help="CSV or XLSX: a physical inventory, or an RVTools workbook; or one saved assessment (.calc)",
    )
    run.add_argument("--out", required=True, metavar="DIR", help="folder for the audit bundle")
    run.add_argument(
        "--handover", metavar="DIR", help="new folder for libvirt, Hyper-V, Ansible and CSV files of the plan"
    )
    run.add_argument("--scenario", metavar="FILE.toml", help="settings; every one has a default")
    _add_reading(run)
    run.add_argument(
        "--time-limit", type=_positive, metavar="S", help="safety net in seconds; a plan it cuts short says so"
    )
    run.add_argument(
        "--iteration-limit", type=int, metavar="N", help="work budget of each solve, in elementary evaluations"
    )
    run.add_argument("--seed", type=int, metavar="N", help="seed of the search (default: the scenario's)")
    _add_executor(run)
    run.add_argument(
        "--restarts", type=_count, default=1, metavar="N", help="lines of search, each with the whole work budget"
    )
    run.add_argument(
        "--accept-changes",
        action="store_true",
        help="open a saved assessment although its figures come out differently today",
    )
    run.add_argument(
        "--business-case",
        action="store_true",
        help="also write alternatives.csv, tornado.csv, simulation.csv and decision.json (some seconds more)",
    )
    run.add_argument(
        "--report",
        action="store_true",
        help="also write document, workbook, slides, saved assessment, JSON and tables into DIR/report (some seconds more)",
    )
    run.add_argument("--language", choices=LANGUAGES, help="of the report (default: en)")
    read = commands.add_parser("read", help="files to one canonical estate: what was read, inferred, and found")
    read.add_argument("inventory", nargs="+", metavar="FILE")
    read.add_argument("--out", metavar="ESTATE.csv", help="the canonical CSV, which reads back identical")
    read.add_argument("--provenance", metavar="FILE.csv", help="the origin of every value")
    read.add_argument("--anonymise", metavar="KEY", help="hash all names in --out with this key; keep the key")
    _add_reading(read)
    pack = commands.add_parser("pack", help="packing instances (JSON lines) to placements with bounds")
    pack.add_argument("instances", metavar="INSTANCES.jsonl[.gz]")
    pack.add_argument("--out", required=True, metavar="RESULTS.jsonl")
    pack.add_argument(
        "--effort", choices=[effort.name.lower() for effort in Effort], help="work budget (default: standard)"
    )
    pack.add_argument("--time-limit", type=_positive, metavar="S", help="seconds an instance; alone, all of it is used")
    pack.add_argument("--iteration-limit", type=int, metavar="N", help="work budget in elementary evaluations")
    pack.add_argument("--seed", type=int, default=1, metavar="N")
    where = pack.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=_count, metavar="J", help="short for --executor processes:J")
    _add_executor(where)
    cli_operation.add_commands(commands)
    return parser


def _add_executor(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--executor",
        default="in-process",
        metavar="WHERE",
        help="processes:N, or tcp://host:8786 of a Dask scheduler; the result is the same (default: in-process)",
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
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


def _read_files(options: argparse.Namespace) -> Inventory:
    """The estate of the files on the command line, its issues on standard error."""
    limits = {}
    for text in options.limit:
        name, value = _pair(text)
        if name not in {field.name for field in fields(ReadLimits)} or not value.isdigit():
            known = ", ".join(field.name for field in fields(ReadLimits))
            raise InputError(stored("--limit {text!r}: write it as NAME=N with one of {known}", text=text, known=known))
        limits[name] = int(value)
    inventory = read_inventories(
        options.inventory,
        assume=dict(_pair(text) for text in options.assume),
        mapping=ColumnMapping.from_toml_file(options.mapping) if options.mapping else None,
        format=options.format,
        time_zone=options.time_zone,
        limits=ReadLimits(**limits),
    )
    for issue in inventory.issues[:_SHOWN_ISSUES]:
        where = f"{issue.file}{f' [{issue.sheet}]' if issue.sheet else ''}, row {issue.row}, {issue.column!r} = {issue.value!r}"
        print(f"{issue.severity}: {where}: {issue.problem}; {issue.way_out}", file=sys.stderr)
    if len(inventory.issues) > _SHOWN_ISSUES:
        print(f"… and {len(inventory.issues) - _SHOWN_ISSUES} more in issues.csv", file=sys.stderr)
    return inventory


def _read(options: argparse.Namespace) -> int:
    """Files to the canonical estate, with what was made of them on standard output."""
    inventory = _read_files(options)
    for item in inventory.detections:
        runner_up = f"; next best {item.runner_up} ({item.runner_up_score:.2f})" if item.runner_up else ""
        print(f"{item.file}: {item.format} ({item.score:.2f}, {'; '.join(item.reasons)}{runner_up})")
    print(
        f"{len(inventory.servers)} servers, {len(inventory.workloads)} workloads, {len(inventory.errors)} rows set aside"
    )
    if inventory.join is not None:
        print(f"{inventory.join.rate:.1%} of workloads linked to their host")
    for note in inventory.notes:
        print(f"- {note}")
    for conflict in inventory.conflicts[:_SHOWN_ISSUES]:
        print(
            f"conflict: {conflict.name}, {conflict.column}: {conflict.kept!r} ({conflict.kept_from}) kept, "
            f"{conflict.dropped!r} ({conflict.dropped_from}) not: {conflict.rule}"
        )
    if options.provenance:
        safe_text(inventory.provenance).to_csv(options.provenance, index=False)
    if options.out:
        write_inventory(anonymise(inventory, options.anonymise) if options.anonymise else inventory, options.out)
    return 0


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
    where = f"processes:{options.jobs}" if options.jobs and options.jobs > 1 else options.executor
    with open_executor(where) as executor, open(options.out, "w", encoding="utf-8") as out:
        for done, found in enumerate(in_order(executor, work, instances), start=1):
            out.write(json.dumps(found) + "\n")
            out.flush()
            bound = "no bound" if found["lower_bound"] is None else f"at least {found['lower_bound']}"
            print(
                f"{done}/{len(instances)} {found['name']}: {found['cost']} ({bound}), {found['seconds']:.2f} s",
                file=sys.stderr,
            )
    return 0


def _answer(options: argparse.Namespace, executor: Executor | None) -> Assessment:
    """The answer for the files on the command line, or the saved one; other settings plan a saved inventory anew."""
    saved = Path(options.inventory[0])
    kept = None
    if len(options.inventory) == 1 and saved.is_file() and is_saved(saved.read_bytes()):
        kept = open_assessment(saved, accept_changes=options.accept_changes, on_proof=_print_proofs)
        if not options.scenario and options.seed is None:
            return kept
    scenario = Scenario.from_toml_file(options.scenario) if options.scenario else kept.scenario if kept else Scenario()
    if options.seed is not None:
        scenario = scenario.varied(seed=options.seed)
    inventory = kept.inventory if kept else _read_files(options)
    limits = Limits(options.time_limit, options.iteration_limit, restarts=options.restarts)
    return assess(inventory, scenario, limits=limits, executor=executor)


def _print_proofs(found: tuple[Reproof, ...]) -> None:
    anew = sum(proof.anew for proof in found)
    print(f"saved plan: placement checked; {anew} of {len(found)} proofs made again")
    for proof in found:
        if not proof.anew:
            print(f"  {proof.pool}, {proof.part}: as saved, because {proof.how}")


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than one")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(stored("{text} is not more than zero", text=text))
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        0 with a plan, 1 when the processes or machines of ``--executor`` were lost, 2 for input nobody could use.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.command == "pack":
            return _pack(options)
        if options.command in cli_operation.COMMANDS:
            return cli_operation.run(options)
        if options.command == "read":
            return _read(options)
        with open_executor(options.executor) as executor:
            answer = _answer(options, executor)
            folder = write_bundle(answer, options.out)
            if options.handover:
                print(f"Hand-over: {write_handover(answer, options.handover)}", file=sys.stderr)
            case = write_business_case(answer, folder, executor=executor) if options.business_case else []
        if options.report:
            from calc.report.writing import (
                write_report,  # charts and office formats: half a second nobody else waits for
            )

            written = write_report(answer, folder / "report", language=options.language)
            print(f"Report: {written.folder}, {len(written.files)} files", file=sys.stderr)
            for name, reason in written.failed.items():
                print(f"warning: {name} was not made: {reason}", file=sys.stderr)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        if isinstance(error, InventoryError):
            for issue in error.issues[:_SHOWN_ISSUES]:
                print(
                    f"  row {issue.row}, {issue.column!r} = {issue.value!r}: {issue.problem}; {issue.way_out}",
                    file=sys.stderr,
                )
        return 2
    except ExecutorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: cannot write to {error.filename or options.out}: {error.strerror}", file=sys.stderr)
        return 2
    print("\n".join([*headline(answer), *case]))
    print(f"Audit bundle: {folder}", file=sys.stderr)
    return 0


def _pair(text: str) -> tuple[str, str]:
    column, found, unit = text.partition("=")
    if not found or not column or not unit:
        raise InputError(stored("--assume {text!r}: write it as COLUMN=UNIT, e.g. memory_gib=MiB", text=text))
    return column, unit

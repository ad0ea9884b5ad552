"""Command line: ``python -m calc assess`` for estates, ``python -m calc pack`` for bare packing instances."""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path

from calc import __version__, cli_compare, cli_operation, packing_file
from calc.assessment import Assessment, assess
from calc.cli_options import SHOWN_ISSUES, add_executor, add_reading, positive, read_files, tell, whole
from calc.errors import ExecutorError, InputError, InventoryError
from calc.executor import in_order, open_executor
from calc.handover import write_handover
from calc.inventory.exporting import anonymise, write_inventory
from calc.language import LANGUAGES, local, stored
from calc.packing import Effort
from calc.planning import Limits
from calc.report.bundle import safe_text, write_bundle
from calc.report.business_case import write_business_case
from calc.report.content import gather
from calc.report.words import headline
from calc.saving import Reproof, is_saved, open_assessment
from calc.scenario import Scenario

#: Seconds between two lines of progress.
_TELL_S = 2.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m calc", description="Plan a server consolidation: proven, traceable, survivable."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
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
    add_reading(run)
    run.add_argument(
        "--time-limit", type=positive, metavar="S", help="safety net in seconds; a plan it cuts short says so"
    )
    run.add_argument(
        "--iteration-limit", type=whole(1), metavar="N", help="work budget of each solve, in elementary evaluations"
    )
    run.add_argument("--seed", type=whole(0), metavar="N", help="seed of the search (default: the scenario's)")
    add_executor(run)
    run.add_argument(
        "--restarts", type=whole(1), default=1, metavar="N", help="lines of search, each with the whole work budget"
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
    read.add_argument("inventory", nargs="+", metavar="FILE", help="inventories, exports and telemetry")
    read.add_argument("--out", metavar="ESTATE.csv", help="the canonical CSV, which reads back identical")
    read.add_argument("--provenance", metavar="FILE.csv", help="the origin of every value")
    read.add_argument("--anonymise", metavar="KEY", help="hash all names in --out with this key; keep the key")
    add_reading(read)
    pack = commands.add_parser("pack", help="packing instances (JSON lines) to placements with bounds")
    pack.add_argument("instances", metavar="INSTANCES.jsonl[.gz]", help="one instance a line, as in docs/optimiser.md")
    pack.add_argument("--out", required=True, metavar="RESULTS.jsonl", help="one answer a line, in the same order")
    pack.add_argument(
        "--effort", choices=[effort.name.lower() for effort in Effort], help="work budget (default: standard)"
    )
    pack.add_argument("--time-limit", type=positive, metavar="S", help="seconds an instance; alone, all of it is used")
    pack.add_argument("--iteration-limit", type=whole(1), metavar="N", help="work budget in elementary evaluations")
    pack.add_argument("--seed", type=whole(0), default=1, metavar="N", help="seed of the search (default: 1)")
    where = pack.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=whole(1), metavar="J", help="short for --executor processes:J")
    add_executor(where)
    cli_compare.add_command(commands)
    cli_operation.add_commands(commands)
    return parser


def _read(options: argparse.Namespace) -> int:
    """Files to the canonical estate, with what was made of them on standard output."""
    if options.anonymise and not options.out:
        raise InputError(stored("--anonymise hashes the names in the file of --out: say --out ESTATE.csv too"))
    inventory = read_files(options)
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
    for conflict in inventory.conflicts[:SHOWN_ISSUES]:
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
    with open_executor(where, tell) as executor, open(options.out, "w", encoding="utf-8") as out:
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
    inventory = kept.inventory if kept else read_files(options)
    limits = Limits(options.time_limit, options.iteration_limit, on_progress=_progress(), restarts=options.restarts)
    return assess(inventory, scenario, limits=limits, executor=executor)


def _print_proofs(found: tuple[Reproof, ...]) -> None:
    anew = sum(proof.anew for proof in found)
    print(f"saved plan: placement checked; {anew} of {len(found)} proofs made again")
    for proof in found:
        if not proof.anew:
            print(f"  {proof.pool}, {proof.part}: as saved, because {proof.how}")


def _progress() -> Callable[[float, str], None]:
    """Lines on standard error that say how far a plan is, none for one that is quickly made."""
    last = time.monotonic()

    def progress(share: float, message: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELL_S:
            last = time.monotonic()
            tell(f"{share:.0%} {local(message)}")

    return progress


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
        if options.command == "compare":
            return cli_compare.run(options)
        if options.command == "read":
            return _read(options)
        if options.language and not options.report:
            raise InputError(stored("--language is of the report: say --report too"))
        with open_executor(options.executor, tell) as executor:
            answer = _answer(options, executor)
            folder = write_bundle(answer, options.out)
            if options.handover:
                print(f"Hand-over: {write_handover(answer, options.handover)}", file=sys.stderr)
            wanted = options.business_case or options.report
            content = gather(answer, executor=executor) if wanted else None  # once, for both
            case = write_business_case(content, folder) if content is not None and options.business_case else []
        if content is not None and options.report:
            from calc.report.writing import (
                write_report,  # charts and office formats: half a second nobody else waits for
            )

            written = write_report(content, folder / "report", language=options.language)
            print(f"Report: {written.folder}, {len(written.files)} files", file=sys.stderr)
            for name, reason in written.failed.items():
                print(f"warning: {name} was not made: {reason}", file=sys.stderr)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        if isinstance(error, InventoryError):
            for issue in error.issues[:SHOWN_ISSUES]:
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

"""The command ``compare``: two to four scenarios of the same files side by side."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from calc.assessment import assess
from calc.cli_options import add_executor, add_reading, read_files, tell
from calc.errors import InputError
from calc.executor import open_executor
from calc.language import LANGUAGES, stored, using
from calc.report.comparing import FEWEST, MOST, write_comparison
from calc.scenario import Scenario


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of this command."""
    parser = commands.add_parser("compare", help="two to four scenarios of the same files side by side")
    parser.add_argument("inventory", nargs="+", metavar="INVENTORY", help="CSV or XLSX, as for assess")
    parser.add_argument(
        "--scenario",
        action="append",
        required=True,
        metavar="[NAME=]FILE.toml",
        help="two to four times; the name is the file's where none is given; an empty file is every default",
    )
    add_reading(parser)
    add_executor(parser)
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the page and the table (default: en)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for CSV, JSON and an HTML page")


def run(options: argparse.Namespace) -> int:
    """Plan the files under every scenario, write the comparison, and show it on standard output.

    Returns
    -------
    int
        0.

    Raises
    ------
    InputError
        For input nobody could use.
    ExecutorError
        When the processes or machines of ``--executor`` were lost.
    """
    scenarios = named_scenarios(options.scenario)  # every mistake is known before the first plan
    inventory = read_files(options)
    answers = {}
    with open_executor(options.executor, tell) as executor:
        for name, scenario in scenarios.items():
            answers[name] = assess(inventory, scenario, executor=executor)
            tell(f"{name}: {answers[name].hosts_after} hosts, {answers[name].runtime_s:.1f} s")
    with using(options.language):
        lines = write_comparison(answers, options.out)
    print("\n".join(lines))
    print(f"Comparison: {options.out}", file=sys.stderr)
    return 0


def named_scenarios(given: Sequence[str]) -> dict[str, Scenario]:
    """Scenarios by name, of ``FILE.toml`` or ``NAME=FILE.toml``.

    Raises
    ------
    InputError
        For fewer than two or more than four, a name that stands twice, or a file nobody could use.
    """
    if not FEWEST <= len(given) <= MOST:
        raise InputError(
            stored(
                "--scenario stands {count} times: name {fewest} to {most} scenarios, e.g. --scenario now.toml --scenario new.toml",
                count=len(given),
                fewest=FEWEST,
                most=MOST,
            )
        )
    found: dict[str, Scenario] = {}
    for text in given:
        name, mark, file = text.partition("=")
        if Path(text).is_file() or not mark:  # a file's own name may hold the sign
            name, file = Path(text).stem, text
        if not name or name in found:
            raise InputError(
                stored(
                    "--scenario {text!r}: the name {name!r} is empty or stands twice; write it as NAME=FILE.toml",
                    text=text,
                    name=name,
                )
            )
        found[name] = Scenario.from_toml_file(file)
    return found

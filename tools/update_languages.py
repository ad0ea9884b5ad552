"""Bring data/languages/*.po up to date with the texts in the code.

    python tools/update_languages.py

New texts are added without a translation (the tests list them), texts that are gone are removed, and nothing is guessed:
a changed text is a new one.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import calc  # noqa: E402
from calc import reference  # noqa: E402
from calc.costs.fleet import LINES  # noqa: E402
from calc.language import LANGUAGES  # noqa: E402
from calc.packing.bounds import IMPOSSIBLE, TOGETHER, VOLUME  # noqa: E402
from calc.packing.result import Termination  # noqa: E402
from calc.roles import TIERS  # noqa: E402

FOLDER = ROOT / "data" / "languages"
DATE = datetime(2026, 11, 23, tzinfo=UTC)
KEYWORDS = {"say": None, "stored": None, "say_many": (1, 2)}
#: Columns of data/reference that are shown as they stand.
SHOWN_COLUMNS = {"assumptions": ("unit",), "hypervisors": ("name",)}
#: Keys of tables and results that are shown as words.
VOCABULARY = {
    "calc/costs/fleet.py": LINES,
    "calc/inventory/formats/generic.py": ("physical inventory",),
    "calc/inventory/guess.py": ("fraction", "sockets", "cores", "total", "per socket", "day first", "month first"),
    "calc/inventory/limits.py": ("rows", "columns", "cells", "files", "MiB unpacked", "MiB unpacked (or more)"),
    "calc/roles.py": TIERS,
    "calc/scenario/__init__.py": (  # what pydantic says of a value
        "Input should be greater than {limit}",
        "Input should be greater than or equal to {limit}",
        "Input should be less than {limit}",
        "Input should be less than or equal to {limit}",
        "Input should be a valid number",
        "Input should be a valid number, unable to parse string as a number",
        "Input should be a valid integer",
        "Input should be a valid integer, unable to parse string as an integer",
        "Input should be a valid integer, got a number with a fractional part",
        "Input should be a valid string",
        "Input should be a finite number",
        "Input should be {choices}",
        "Field required",
    ),
    "calc/failover/failures.py": ("host", "pair", "rack", "site", "domain"),
    "calc/recovery/headroom.py": ("none", "empty"),
    "calc/isolation.py": ("high", "low"),
    "calc/host_choice.py": ("mixing host models",),
    "calc/backtest/replay.py": ("maximum", "mean"),
    "calc/platforms.py": ("stay", "emulate", "re-platform"),
    "calc/recovery/options.py": ("no spare room", "spread", "spare hosts"),
    "calc/costs/alternatives.py": (
        "switching off idle servers",
        "newer hardware, one for one",
        "right-sizing, one for one",
        "consolidation",
    ),
    "calc/uncertainty/decision.py": ("buy", "wait"),
    "calc/server_gaps.py": ("threads", "power"),
    "calc/report/tables.py": ("readings", "growth"),
    "calc/costs/fleet_terms.py": (
        "servers today",
        "servers that stay",
    ),
    "calc/costs/pricing.py": (
        "administration",
        "old servers until they are moved",
        "order minimum of 72 cores",
    ),
    "calc/costs/guest_terms.py": (
        "Windows Software Assurance, today's servers",
        "SQL Server Software Assurance, today's servers",
        "Red Hat subscriptions, today's servers",
        "Windows Standard licences that move to the hosts",
    ),
    "calc/costs/cloud.py": ("on demand", "one year", "three years", "storage", "egress"),
    "calc/costs/licences.py": ("by VM", "by host"),
    "calc/costs/terms.py": (  # units of the ledger
        *("machines", "servers", "workloads", "licences", "pairs", "share", "threads", "VMs"),
        *("per core", "per pair", "per port", "per socket"),
    ),
    "calc/hypervisors.py": (
        *("core", "pair", "socket", "none", "once", "year"),
        *("per core (year)", "per core (once)", "per socket (year)", "per none (year)"),
    ),
    "calc/catalogue.py": ("base", "base and CPU", "boot disks", "machine", "memory"),
    "calc/report/prices.py": (  # names of prices without a setting
        *("electricity per kwh", "memory gib", "cpu price", "licences", "sockets", "threads", "price"),
        *("per month", "on demand per month"),
    ),
    "calc/packing/bounds.py": (
        VOLUME,
        IMPOSSIBLE,
        TOGETHER,
        "workloads no two of which fit together",
        "a group with at most so many on a host",
        "at least one host",
        "nothing to place",
        "hosts that cost nothing",
        "column generation: prices at which no host holds more than it costs",
    ),
    "calc/packing/solve.py": (
        "nothing to place",
        "given plan",
        "first fit decreasing ({order})",
        "best fit decreasing (tight)",
        "host-centric {score} ({order})",
        "{method} + guided ejection",
        "{method} (column generation ended: {error})",
    ),
    "calc/packing/result.py": tuple(ending.value for ending in Termination),
    "calc/demand.py": ("cpu", "memory", "vcpu", "network", "windows_vm"),
}


def declared() -> list[tuple[str, str]]:
    """Texts that are no literal of a call: labels and help of the settings, columns of the reference tables."""
    texts = []
    for field in calc.Scenario.model_fields.values():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        own = (field.title, field.description, extra.get("unit"))
        texts += [("calc/scenario/__init__.py", str(text)) for text in own if text]
    for table, columns in SHOWN_COLUMNS.items():
        for column in columns:
            shown = [str(text) for text in reference.table(table)[column] if str(text)]
            read = [f"%{text.removeprefix('fraction')}" for text in shown if text.startswith("fraction")]
            texts += [(f"data/reference/{table}.csv", text) for text in (*shown, *read)]
    texts += [(path, word) for path, words in VOCABULARY.items() for word in words]
    return [(path, text) for path, text in dict.fromkeys(texts) if any(map(str.isalpha, text))]


def sources() -> list[Path]:
    """Files whose texts are shown to somebody."""
    return [ROOT / "app.py", *sorted((ROOT / "app_pages").rglob("*.py")), *sorted((ROOT / "calc").rglob("*.py"))]


def extracted(code: str | None = None) -> Catalog:
    """Every text in the code, in the order of files and lines."""
    # A fixed date: the file changes when its texts do, and then alone.
    found = Catalog(
        locale=code,
        project="Consolidation calculator",
        version="1",
        header_comment="",
        fuzzy=False,
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        creation_date=DATE,
        revision_date=DATE,
    )
    for path in sources():
        for _, message, _, context in extract_from_file("python", path, KEYWORDS):
            found.add(message, locations=[(path.relative_to(ROOT).as_posix(), None)], context=context)
    for where, text in declared():
        found.add(text, locations=[(where, None)])
    return found


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for code in LANGUAGES:
        if code == "en":
            continue
        path, new = FOLDER / f"{code}.po", extracted(code)
        if path.exists():
            with path.open("rb") as file:
                old = read_po(file, locale=code)
            for message in new:
                kept = old.get(message.id)
                if message.id and kept is not None:
                    message.string = kept.string
        with path.open("wb") as file:
            write_po(file, new, width=120, sort_output=True, omit_header=False)
        empty = sum(
            1 for message in new if message.id and not (all(message.string) if message.pluralizable else message.string)
        )
        print(f"{path.relative_to(ROOT)}: {len(new)} texts, {empty} without a translation")


if __name__ == "__main__":
    main()

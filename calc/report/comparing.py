"""Scenarios of one estate side by side: results, and the assumptions in which they differ."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from calc.assessment import Assessment
from calc.errors import InputError
from calc.html import Markup, element, paragraph, section, table
from calc.language import language as in_use
from calc.language import say, stored, using
from calc.report import words
from calc.report.bundle import safe_text
from calc.report.choices import label, setting_text
from calc.report.document import whole_page
from calc.report.figures import day, number
from calc.scenario import Scenario

#: How many scenarios can be read side by side.
FEWEST, MOST = 2, 4
FILES = ("comparison.csv", "assumptions.csv", "comparison.json", "comparison.html")


@dataclass(frozen=True, slots=True)
class Result:
    """One figure of a scenario.

    Attributes
    ----------
    key : str
        The same in every language.
    title : str
        What it is, in the language in use.
    value : int, float, bool or None
        None where there is none.
    shown : str
        As it is read.
    unit : str
        ``USD``, ``months``, ``kW``; empty for counts and shares.
    """

    key: str
    title: str
    value: Any
    shown: str
    unit: str = ""


def results(a: Assessment) -> tuple[Result, ...]:
    """The figures by which scenarios are compared."""
    c, currency = a.comparison, a.scenario.currency

    def money(key: str, title: str, value: float) -> Result:
        return Result(key, title, round(value, 2), words.amount(value, currency), currency)

    least = a.hosts_lower_bound
    return (
        Result("hosts", say("Hosts"), a.hosts_after, number(a.hosts_after)),
        Result("hosts_lower_bound", say("At least"), least, "–" if least is None else number(least)),
        Result("gap", say("Gap"), a.gap, words.verdict(a)),
        Result("servers_retained", say("Servers kept"), a.servers_retained, number(a.servers_retained)),
        Result("survives", say("Every failure re-placed"), a.survives, say("yes") if a.survives else say("no")),
        money("savings", say("Saving over the horizon"), c.savings),
        money("npv", say("Net present value"), c.npv),
        Result("payback_months", say("Earned back after"), c.payback_months, words.months(c.payback_months), "months"),
        money("investment", say("Invested"), c.investment),
        money("tco_target", say("Cost of the plan"), c.tco_target),
        Result("power_kw", say("IT power (kW)"), round(a.after.power_kw, 3), number(a.after.power_kw, 1), "kW"),
        Result("rack_units", say("Rack units"), round(a.after.rack_units, 3), number(a.after.rack_units)),
        Result("assumed_inputs", say("Inputs assumed"), a.assumed_count, number(a.assumed_count)),
    )


def differing_settings(scenarios: Iterable[Scenario]) -> list[str]:
    """Names of the settings in which scenarios differ, in the order of docs/scenario.md."""
    first, *others = scenarios
    return [name for name in Scenario.model_fields if any(getattr(own, name) != getattr(first, name) for own in others)]


def write_comparison(
    answers: Mapping[str, Assessment], folder: str | Path, *, language: str | None = None, dated: date | None = None
) -> list[str]:
    """Write scenarios side by side as CSV, JSON and one HTML page.

    Parameters
    ----------
    answers : mapping of str to Assessment
        Two to four, by the names under which they stand.
    folder : path
        Made when it does not exist; files of an earlier comparison are replaced.
    language : str, optional
        Of the page; the one in use by default. CSV and JSON are the same in every language.
    dated : date, optional
        Date on the page; today by default.

    Returns
    -------
    list of str
        The results as lines of text, a column for each scenario.

    Raises
    ------
    InputError
        For fewer than two or more than four.
    """
    if not FEWEST <= len(answers) <= MOST:
        raise InputError(
            stored(
                "{count} scenarios cannot be compared: name {fewest} to {most}",
                count=len(answers),
                fewest=FEWEST,
                most=MOST,
            )
        )
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    columns = {name: results(a) for name, a in answers.items()}
    first = next(iter(columns.values()))
    frame = pd.DataFrame(
        {
            "figure": [row.key for row in first],
            "unit": [
                " / ".join(dict.fromkeys(column[k].unit for column in columns.values())) for k in range(len(first))
            ],
            "differs": [_differs(columns, k) for k in range(len(first))],
            **{name: pd.Series([row.value for row in column], dtype=object) for name, column in columns.items()},
        }
    )
    safe_text(frame).to_csv(out / "comparison.csv", index=False)
    plain = {name: a.scenario.model_dump(mode="json") for name, a in answers.items()}
    changed = differing_settings(a.scenario for a in answers.values())
    rows = [{"name": key, **{name: _cell(own[key]) for name, own in plain.items()}} for key in changed]
    safe_text(pd.DataFrame(rows, columns=["name", *answers])).to_csv(out / "assumptions.csv", index=False)
    (out / "comparison.json").write_text(_json(answers, columns, plain, changed), encoding="utf-8")
    with using(language or in_use()):
        page = _page(answers, changed, dated or date.today())
    (out / "comparison.html").write_text(page, encoding="utf-8")
    return _lines(columns)


def _differs(columns: Mapping[str, tuple[Result, ...]], row: int) -> bool:
    return len({repr(column[row].value) for column in columns.values()}) > 1


def _cell(value: Any) -> Any:
    """A setting in a cell: text, a number or nothing; what has parts as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _json(
    answers: Mapping[str, Assessment],
    columns: Mapping[str, tuple[Result, ...]],
    plain: Mapping[str, dict[str, Any]],
    changed: list[str],
) -> str:
    from calc import __version__

    whole = {
        "version": __version__,
        "inputs": {source.name: source.sha256 for a in answers.values() for source in a.inventory.sources},
        "assumptions_that_differ": changed,
        "scenarios": [
            {
                "name": name,
                "results": {row.key: row.value for row in column},
                "currency": answers[name].scenario.currency,
                "scenario": plain[name],
            }
            for name, column in columns.items()
        ],
    }
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _lines(columns: Mapping[str, tuple[Result, ...]]) -> list[str]:
    """Aligned columns; a row that differs is marked."""
    first = next(iter(columns.values()))
    rows = [
        ["", say("Result"), *columns],
        *(
            ["≠" if _differs(columns, k) else "", row.title, *(column[k].shown for column in columns.values())]
            for k, row in enumerate(first)
        ),
    ]
    widths = [max(_width(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    """Columns that a text takes in a terminal, where a Korean letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _page(answers: Mapping[str, Assessment], changed: list[str], dated: date) -> str:
    columns = {name: results(a) for name, a in answers.items()}
    first = next(iter(columns.values()))
    title = say("Scenarios side by side")
    names = ", ".join(dict.fromkeys(source.name for a in answers.values() for source in a.inventory.sources))
    shown = [
        ("≠" if _differs(columns, k) else "", row.title, *(column[k].shown for column in columns.values()))
        for k, row in enumerate(first)
    ]
    settings = [(label(key), *(setting_text(getattr(a.scenario, key)) for a in answers.values())) for key in changed]
    proofs = [
        element(
            "li", element("b", name), ": ", f"{words.hosts_line(a)}. {words.proof_line(a)} {words.survival_line(a)}"
        )
        for name, a in answers.items()
    ]
    doubts = [element("li", element("b", name), ": ", words.excluded_line(a)) for name, a in answers.items()]
    body = element(
        "main",
        element("h1", title),
        paragraph(say("Assessment of {names}, {day}", names=names, day=day(dated)), cls="sub"),
        section(
            say("Results"),
            table(["≠", say("Result"), *answers], shown, numbers=range(2, 2 + len(answers))),
            paragraph(
                say("Marked rows differ. Every column holds only the lines that its scenario counts."), cls="small"
            ),
        ),
        section(
            say("Assumptions that differ"),
            table([say("Assumption"), *answers], settings)
            if settings
            else paragraph(say("None: these scenarios have the same assumptions.")),
        ),
        section(say("Proof"), element("ul", *proofs)),
        section(say("Not in the money"), element("ul", *doubts)),
    )
    return whole_page(title, Markup(body))

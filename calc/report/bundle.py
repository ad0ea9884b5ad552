"""The audit bundle: what a third party needs to check the answer with no code of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from calc.assessment import Assessment, cashflow_table
from calc.catalogue import allowed_hosts
from calc.findings import Finding, find
from calc.inventory.tables import origin_counts
from calc.report.tables import assumptions_table, hosts_table, summary, workloads_table

FILES = (
    "workloads.csv",
    "hosts.csv",
    "placement.csv",
    "unplaced.csv",
    "cashflow.csv",
    "assumptions.csv",
    "ledger.csv",
    "issues.csv",
    "conflicts.csv",
    "origins.csv",
    "findings.csv",
    "scenario.toml",
    "summary.json",
)


def safe_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Text cells, and names of columns, that a spreadsheet would run as a formula get a leading apostrophe.

    An inventory is foreign text: a server named ``=cmd|...`` must not run when the CSV is opened.
    """

    def safe(value: object) -> object:
        return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "@", "\t", "\r") else value

    out = frame.copy()
    for name in out.columns:
        if not pd.api.types.is_numeric_dtype(out[name]):
            out[name] = [safe(value) for value in out[name]]
    return out.rename(columns=safe)


def origins_table(assessment: Assessment) -> pd.DataFrame:
    """How many values of each field the files give, and how many defaults fill."""
    read = assessment.inventory.origin_counts().set_index(["table", "column"])
    filled = assessment.estate.provenance.groupby(["table", "column", "origin"]).size().unstack(fill_value=0)
    parts = [*read.iterrows(), *filled.iterrows()]
    return origin_counts((key[0], key[1], counts.to_dict()) for key, counts in parts)


def findings_of(a: Assessment) -> tuple[Finding, ...]:
    """What the estate shows before any plan."""
    return find(a.inventory, a.estate, a.demand, a.scenario, allowed_hosts(a.scenario))


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """finding (its key), title, machine, reason, rule, worth: one row a machine found."""
    rows = [
        {"finding": item.kind, "title": item.title, **row, "rule": item.rule, "worth": item.worth}
        for item in findings
        for row in item.machines[["machine", "reason"]].to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["finding", "title", "machine", "reason", "rule", "worth"])


def write_bundle(assessment: Assessment, folder: str | Path) -> Path:
    """Write the bundle; files of an earlier run are replaced.

    Parameters
    ----------
    assessment : Assessment
    folder : path
        Made when it does not exist.

    Returns
    -------
    Path
        The folder.
    """
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    cash = cashflow_table(assessment)
    cash["amount"] = cash["amount"].round(2)
    tables = {
        "workloads.csv": workloads_table(assessment),
        "hosts.csv": hosts_table(assessment),
        "placement.csv": assessment.placement,
        "unplaced.csv": assessment.unplaced,
        "cashflow.csv": cash,
        "assumptions.csv": assumptions_table(assessment),
        "ledger.csv": assessment.ledger(),
        "issues.csv": assessment.inventory.issue_table(),
        "conflicts.csv": assessment.inventory.conflict_table(),
        "origins.csv": origins_table(assessment),
        "findings.csv": findings_table(findings_of(assessment)),
    }
    for name, table in tables.items():
        safe_text(table).to_csv(out / name, index=False)
    (out / "scenario.toml").write_text(assessment.scenario.to_toml(), encoding="utf-8")
    (out / "summary.json").write_text(
        json.dumps(summary(assessment), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return out

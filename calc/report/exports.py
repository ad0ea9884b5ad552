"""Every table as CSV and Parquet, and the whole assessment as JSON that a published schema describes."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from calc.assessment import Assessment, cashflow_table
from calc.costs.carbon import carbon_table
from calc.report.bundle import findings_table, origins_table, safe_text
from calc.report.content import Content
from calc.report.proof_words import search_path
from calc.report.tables import assumptions_table, hosts_table, summary, waterfall_table, workloads_table

SCHEMA_VERSION = 1
#: The published schema of `to_json`.
SCHEMA = Path(__file__).resolve().parent.parent.parent / "docs" / "assessment.schema.json"


def tables(content: Content) -> dict[str, pd.DataFrame]:
    """Every table of an assessment by name; names of columns are stable (docs/bundle.md)."""
    a = content.assessment
    cash = cashflow_table(a)
    cash["amount"] = cash["amount"].round(2)
    found = {
        "servers": a.inventory.servers,
        "inventory_workloads": a.inventory.workloads,
        "workloads": workloads_table(a),
        "hosts": hosts_table(a),
        "placement": a.placement,
        "unplaced": a.unplaced,
        "cashflow": cash,
        "saving_steps": a.saving_steps,
        "demand_chain": waterfall_table(a),
        "carbon": carbon_table({name: a.sides[name] for name in ("baseline", "target")}, a.scenario),
        "assumptions": assumptions_table(a),
        "ledger": a.ledger(),
        "issues": a.inventory.issue_table(),
        "conflicts": a.inventory.conflict_table(),
        "origins": origins_table(a),
        "findings": findings_table(content.findings),
        "failover": failover_table(a),
    }
    if content.alternatives is not None:
        found["alternatives"] = content.alternatives.table()
    if content.tornado is not None and content.simulation is not None:
        found["tornado"] = content.tornado
        found["simulation"] = content.simulation.draws.join(content.simulation.values)
    return found


def failover_table(a: Assessment) -> pd.DataFrame:
    """pool, failures, cases, passed, exhaustive, tightest, highest_use: the proof of every pool that has one."""
    names = ("failures", "cases", "passed", "exhaustive", "tightest", "highest_use")
    rows = [
        {"pool": pool.name, **{name: getattr(pool.plan.proof, name) for name in names}}
        for pool in a.pools
        if pool.plan.proof is not None
    ]
    return pd.DataFrame(rows, columns=["pool", *names])


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV in UTF-8 with its mark, so that Excel reads Korean; nothing in it runs as a formula."""
    return b"\xef\xbb\xbf" + safe_text(table).to_csv(index=False, lineterminator="\n").encode()


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """A table as Parquet. A column of mixed kinds (a setting's value) becomes text."""
    plain = table.copy()
    for name in plain.columns:
        if plain[name].dtype == object:
            plain[name] = [None if value is None or value != value else str(value) for value in plain[name]]
    out = io.BytesIO()
    plain.to_parquet(out, index=False)
    return out.getvalue()


def to_json(content: Content) -> str:
    """The whole assessment as JSON: summary, scenario, pools, and every table as records (docs/assessment.schema.json)."""
    a = content.assessment
    whole = {
        "schema_version": SCHEMA_VERSION,
        "summary": summary(a),
        "scenario": a.scenario.model_dump(mode="json"),
        "pools": [_pool(pool) for pool in a.pools],
        "tables": {
            name: [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]
            for name, table in tables(content).items()
            if name != "simulation"  # draws are a sample, and large: they have their own file
        },
    }
    return json.dumps(_plain(whole), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _pool(pool: Any) -> dict[str, Any]:
    plan = pool.plan
    return {
        "name": pool.name,
        "workloads": len(pool.rows),
        "hosts": len(plan.host_types),
        "host_types": [pool.types[int(kind)].id for kind in plan.host_types],
        "cost": plan.cost,
        "bound": None if plan.bound is None else {"value": plan.bound.value, "argument": str(plan.bound.name)},
        "hosts_bound": None if pool.hosts_bound is None else pool.hosts_bound.value,
        "termination": plan.normal.termination.name,
        "method": plan.normal.method,
        "search_path": search_path(pool).name,
        "reproducible": plan.reproducible,
    }


def _plain(value: Any) -> Any:
    """A value as JSON knows it: numbers that are none become null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value if not isinstance(value, str) else str(value)
    return str(value)

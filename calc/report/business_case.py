"""Alternatives, tornado, simulation and decision as files beside the audit bundle."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from calc.alternatives import compare_alternatives
from calc.assessment import Assessment
from calc.report.bundle import safe_text
from calc.uncertainty import build_model, decide, simulate, tornado

FILES = ("alternatives.csv", "crossings.csv", "instances.csv", "tornado.csv", "simulation.csv", "decision.json")


def write_business_case(
    a: Assessment, folder: str | Path, *, draws: int = 2000, executor: Executor | None = None
) -> list[str]:
    """Write the files; gives the lines that sum them up.

    Parameters
    ----------
    folder : path
        An existing folder.
    draws : int
        Of the simulation.
    executor : concurrent.futures.Executor, optional
        Plans the alternatives and those for the calibration, and prices the draws, side by side.

    Returns
    -------
    list of str
        The recommended alternative, the decision, P10, P50 and P90.
    """
    out = Path(folder)
    found = compare_alternatives(a, executor=executor)
    safe_text(found.table().round(2)).to_csv(out / "alternatives.csv", index=False)
    found.crossings().round(2).to_csv(out / "crossings.csv", index=False)
    if found.choice is not None:
        choices = found.choice.table.assign(hybrid=np.where(found.in_cloud, "cloud", "host"))
        safe_text(choices).to_csv(out / "instances.csv", index=False)
    lines = [f"Recommended: {found.recommended.name}: {found.reason}."]
    if not len(a.case.hosts):
        return lines
    model = build_model(a, executor=executor)
    table, simulation = tornado(model), simulate(model, draws, executor=executor)
    decision = decide(model, table, simulation)
    table.to_csv(out / "tornado.csv", index=False)
    simulation.draws.join(simulation.values).to_csv(out / "simulation.csv", index=False)
    quantiles = simulation.quantiles()
    summary: dict[str, Any] = {
        "recommended": found.recommended.name,
        "reason": found.reason,
        "skipped": found.skipped,
        "decision": decision.verdict,
        "decision_reason": decision.reason,
        "host_price_now": decision.host_price_now,
        "host_price_flip": decision.host_price_flip,
        "probability_npv_positive": simulation.probability_positive,
        "probability_saving": simulation.probability_saving,
        "quantiles": {
            name: {label: None if np.isinf(value) else float(value) for label, value in row.items()}
            for name, row in quantiles.to_dict("index").items()
        },
        "draws": len(simulation.draws),
        "seed": simulation.seed,
        "distribution": simulation.shape,
        "calibration_plans": simulation.calibration.plans,
        "calibration_worst_error": simulation.calibration.worst,
        "measure_next": decision.measure_next.to_dict("records"),
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    (out / "decision.json").write_text(text + "\n", encoding="utf-8")
    npv = quantiles.loc["npv"]
    lines.append(f"Decision: {decision.verdict}: {decision.reason}.")
    lines.append(
        f"NPV in {len(simulation.draws):,} draws: P10 {npv['P10']:,.0f}, P50 {npv['P50']:,.0f}, P90 {npv['P90']:,.0f} "
        f"{a.scenario.currency}; {simulation.probability_positive:.0%} positive."
    )
    return lines

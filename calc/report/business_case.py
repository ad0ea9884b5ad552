"""Alternatives, tornado, simulation and decision as files beside the audit bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from calc.errors import InputError
from calc.language import local, say, stored
from calc.report import words
from calc.report.bundle import safe_text
from calc.report.content import Content
from calc.report.figures import number, percent, sentence

FILES = ("alternatives.csv", "crossings.csv", "instances.csv", "tornado.csv", "simulation.csv", "decision.json")


def write_business_case(content: Content, folder: str | Path) -> list[str]:
    """Write the files; gives the lines that sum them up.

    Parameters
    ----------
    content : Content
        From `calc.report.content.gather`, with the business case.
    folder : path
        An existing folder.

    Returns
    -------
    list of str
        The recommended alternative, the decision, P10, P50 and P90, in the language in use.

    Raises
    ------
    InputError
        When the content was gathered without the business case.
    """
    out, found = Path(folder), content.alternatives
    if found is None:
        raise InputError(stored("this content holds no business case: gather it with business_case=True"))
    safe_text(found.table().round(2)).to_csv(out / "alternatives.csv", index=False)
    found.crossings().round(2).to_csv(out / "crossings.csv", index=False)
    if found.choice is not None:
        choices = found.choice.table.assign(hybrid=np.where(found.in_cloud, "cloud", "host"))
        safe_text(choices).to_csv(out / "instances.csv", index=False)
    lines = [
        say(
            "Recommended: {name}. {reason}.",
            name=local(found.recommended.name),
            reason=sentence(local(found.reason)),
        )
    ]
    simulation, decision = content.simulation, content.decision
    if content.tornado is None or simulation is None or decision is None:  # no host to price
        return lines
    content.tornado.to_csv(out / "tornado.csv", index=False)
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
    npv, currency = quantiles.loc["npv"], content.assessment.scenario.currency
    verdict, reason = local(decision.verdict), sentence(local(decision.reason))
    lines.append(say("Decision: {verdict}. {reason}.", verdict=verdict, reason=reason))
    lines.append(
        say(
            "Net present value in {draws} draws: P10 {low}, P50 {middle}, P90 {high}; positive in {share}.",
            draws=number(len(simulation.draws)),
            low=words.amount(npv["P10"], currency),
            middle=words.amount(npv["P50"], currency),
            high=words.amount(npv["P90"], currency),
            share=percent(simulation.probability_positive),
        )
    )
    return lines

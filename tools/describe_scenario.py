"""Write docs/scenario.md: every setting with its default, range, unit and source.

python tools/describe_scenario.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from calc import Scenario, assumptions  # noqa: E402

GROUPS = {
    "plan": "Hosts and headroom",
    "demand": "Demand",
    "money": "Money and energy",
    "oneoff": "Moving and exit",
    "dates": "Dates of the move",
    "licences": "Licences: what is owned",
    "labour": "Labour, shown apart",
    "cloud": "Cloud alternative",
    "carbon": "Carbon",
    "search": "Search",
}


def text() -> str:
    """The page."""
    lines = [
        "# Settings of a scenario",
        "",
        "Made by `python tools/describe_scenario.py` from the declarations in `calc/scenario` and the rows of",
        "`data/reference/assumptions.csv`. A TOML file holds any of them; what it leaves out keeps its default.",
        "Monetary settings are in the scenario's currency; left out, the reference value is converted once.",
    ]
    for group, title in GROUPS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| key | default | unit | range | meaning | source of the default |",
            "|---|---|---|---|---|---|",
        ]
        for name, field in Scenario.model_fields.items():
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            if extra.get("group", "plan") != group:
                continue
            row = assumptions.defaults().get(name)
            default = row.value if row else field.get_default(call_default_factory=True)
            shown = f"{default:g}" if isinstance(default, float) else str(default)
            unit = f"{row.currency} {row.unit}".strip() if row else str(extra.get("unit", ""))
            span = f"{row.low:g} – {row.high:g}" if row else ""
            source = f"{row.source} ({row.as_of})" if row else "a choice"
            meaning = f"{field.title}. {field.description or ''}".strip()
            lines.append(f"| `{name}` | `{shown}` | {unit} | {span} | {meaning} | {source} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "scenario.md").write_text(text(), encoding="utf-8")

"""Write data/reference/datapackage.json: every table with its columns, sources and terms.

python tools/describe_reference.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).resolve().parent.parent / "data" / "reference"
SPEC = "SPEC results, https://www.spec.org/ (fair use, credit SPEC)"
TABLES: dict[str, tuple[str, list[dict[str, str]]]] = {
    "assumptions": ("Every default with value, unit, range, source and date", [{"title": "named in each row"}]),
    "cpu_scores": (
        "SPECrate2017_int_base per core of each processor, measured or converted from CINT2006 rate peak",
        [{"title": f"SPEC CPU2017 and CPU2006, medians of published results to March 2026; {SPEC}"}],
    ),
    "power_by_cpu": (
        "Idle and full power by processor and number of chips, medians and range",
        [
            {
                "title": f"SPECpower_ssj2008 to March 2026; {SPEC}; collected in cloud-carbon-footprint/ccf-coefficients (Apache-2.0)"
            }
        ],
    ),
    "power_by_year": (
        "Idle and full power by year of publication and number of chips, medians and range",
        [
            {
                "title": f"SPECpower_ssj2008 to March 2026; {SPEC}; collected in cloud-carbon-footprint/ccf-coefficients (Apache-2.0)"
            }
        ],
    ),
    "cpu_prices": (
        "Price of one processor, for the models of the host catalogue for which one was found",
        [{"title": "named in each row"}],
    ),
    "host_types": (
        "Host models with configuration, CPU score, power and estimated price",
        [{"title": f"SPECpower_ssj2008 rows named in each row, SPEC CPU2017; {SPEC}; memory sizes are our own choice"}],
    ),
    "hypervisors": (
        "Overhead, licence rule, limits and abilities of each hypervisor",
        [{"title": "named in each row"}],
    ),
    "architectures": (
        "Instruction sets, and the factor that emulating each costs",
        [{"title": "TCG Continuous Benchmarking, measured with QEMU 5.1-rc2; named in each row"}],
    ),
    "electricity": (
        "Electricity price by country or US state",
        [{"title": "Eurostat nrg_pc_205; US Energy Information Administration"}],
    ),
    "os_support": ("End of support of operating systems", [{"title": "named in each row"}]),
    "fx": ("Exchange rates", [{"title": "European Central Bank, average of 2024"}]),
    "licences": ("Guest licences: unit, price and minimums of each product", [{"title": "named in each row"}]),
    "cloud_instances": (
        "Cloud instances of current x86 families with list prices and an estimated score per vCPU",
        [
            {"title": "Google list prices of 2026-07-30 (Cyclenerd pricing data, Apache-2.0)"},
            {"title": "AWS list prices of July 2026 (karpenter AWS provider, Apache-2.0)"},
            {"title": f"scores: {SPEC}"},
        ],
    ),
    "carbon": (
        "Carbon intensity of electricity by country",
        [{"title": "Our World in Data / Ember by way of mlco2/codecarbon (MIT)"}],
    ),
    "server_models": (
        "Rack units of server models",
        [{"title": "NetBox device-type library (CC0); makers' data sheets for blades"}],
    ),
}


def main() -> None:
    resources = []
    for name, (title, sources) in TABLES.items():
        frame = pd.read_csv(FOLDER / f"{name}.csv")
        kinds = {"i": "integer", "f": "number", "b": "boolean"}
        fields = [{"name": column, "type": kinds.get(frame[column].dtype.kind, "string")} for column in frame.columns]
        resources.append(
            {"name": name, "path": f"{name}.csv", "title": title, "sources": sources, "schema": {"fields": fields}}
        )
    package = {
        "name": "consolidation-calculator-reference",
        "title": "Sourced reference tables of the consolidation calculator",
        "resources": resources,
    }
    (FOLDER / "datapackage.json").write_text(json.dumps(package, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

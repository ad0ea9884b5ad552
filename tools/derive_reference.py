"""Derive the tables in data/reference from raw published data.

    python tools/derive_reference.py RAW_FOLDER

RAW_FOLDER holds the published files named below; they are not part of this project
(see data/reference/datapackage.json for where each comes from and under which terms).
The tables this writes are facts in our own columns. Hand-kept tables (assumptions.csv,
hypervisors.csv, fx.csv, blade rows) are not touched, except that the figures which this
script measures (peak factor, default CPU score, conversion factor) are printed, so that
assumptions.csv can be checked against them; tests/unit/test_reference.py does so.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from calc.cpu import processor_key  # noqa: E402  (the one normalisation, shared with the look-up)

OUT = ROOT / "data" / "reference"
AS_OF = "2026-11-22"

# Host configurations: system row in SPECpower_ssj2008 -> what a buyer would order.
# (id, name, vendor, model, SPECpower CPU text, chips, published, memory GiB, rack units, NIC Gbit/s, role)
HOSTS = [
    (
        "dl20-g11-8c-64",
        "HPE DL20 Gen11, 8 cores, 64 GiB",
        "HPE",
        "ProLiant DL20 Gen11",
        "Intel Xeon E E-2488",
        1,
        "Jan-2024",
        64,
        1,
        2,
        "small",
    ),
    (
        "as1115sv-16c-128",
        "Supermicro AS-1115SV, 16 cores, 128 GiB",
        "Supermicro",
        "AS-1115SV-WTNRT",
        "AMD EPYC 8124P",
        1,
        "Sep-2023",
        128,
        1,
        20,
        "small",
    ),
    (
        "dl320-g11-32c-256",
        "HPE DL320 Gen11, 32 cores, 256 GiB",
        "HPE",
        "ProLiant DL320 Gen11",
        "Intel Xeon Gold 6454S",
        1,
        "May-2023",
        256,
        1,
        50,
        "host",
    ),
    (
        "dl380-g11-64c-1024",
        "HPE DL380 Gen11, 2 x 32 cores, 1 TiB",
        "HPE",
        "ProLiant DL380 Gen11",
        "Intel Xeon Gold 6438Y+ Processor",
        2,
        "Jun-2023",
        1024,
        2,
        50,
        "host",
    ),
    (
        "dl345-g11-96c-768",
        "HPE DL345 Gen11, 96 cores, 768 GiB",
        "HPE",
        "ProLiant DL345 Gen11",
        "AMD EPYC 9654P",
        1,
        "Nov-2022",
        768,
        2,
        50,
        "host",
    ),
    (
        "dl345-g11-96c-1536",
        "HPE DL345 Gen11, 96 cores, 1.5 TiB",
        "HPE",
        "ProLiant DL345 Gen11",
        "AMD EPYC 9654P",
        1,
        "Nov-2022",
        1536,
        2,
        50,
        "host",
    ),
    (
        "r6715-160c-1536",
        "Dell R6715, 160 cores, 1.5 TiB",
        "Dell",
        "PowerEdge R6715",
        "AMD EPYC 9845",
        1,
        "Aug-2025",
        1536,
        1,
        50,
        "host",
    ),
    (
        "sr650v4-172c-2048",
        "Lenovo SR650 V4, 2 x 86 cores, 2 TiB",
        "Lenovo",
        "ThinkSystem SR650 V4",
        "Intel Xeon 6787P",
        2,
        "Apr-2025",
        2048,
        2,
        50,
        "host",
    ),
    (
        "r770-172c-2048",
        "Dell R770, 2 x 86 cores, 2 TiB",
        "Dell",
        "PowerEdge R770",
        "Intel Xeon 6787P",
        2,
        "Mar-2025",
        2048,
        2,
        50,
        "host",
    ),
    (
        "r6725-320c-3072",
        "Dell R6725, 2 x 160 cores, 3 TiB",
        "Dell",
        "PowerEdge R6725",
        "AMD EPYC 9845,",
        2,
        "Nov-2025",
        3072,
        1,
        50,
        "host",
    ),
    (
        "r730-44c-512",
        "Dell R730, 2 x 22 cores (2016), 512 GiB",
        "Dell",
        "PowerEdge R730",
        "Intel Xeon E5-2699 v4",
        2,
        "May-2016",
        512,
        2,
        20,
        "existing",
    ),
    (
        "r740-56c-768",
        "Dell R740, 2 x 28 cores (2019), 768 GiB",
        "Dell",
        "PowerEdge R740",
        "Intel Xeon Platinum 8280,",
        2,
        "Apr-2019",
        768,
        2,
        20,
        "existing",
    ),
    (
        "dl380-g10p-80c-1024",
        "HPE DL380 Gen10 Plus, 2 x 40 cores (2021), 1 TiB",
        "HPE",
        "ProLiant DL380 Gen10 Plus",
        "Intel Xeon Platinum 8380",
        2,
        "Jun-2021",
        1024,
        2,
        50,
        "existing",
    ),
]

# Half-height blades: enclosure height divided by its bays (maker's data sheets: HP c7000
# and Dell M1000e both hold 16 half-height blades in 10 U).
BLADES = [
    ("hpe", "proliant bl460c", 0.625),
    ("hp", "proliant bl460c", 0.625),
    ("hp", "proliant bl465c", 0.625),
    ("dell", "poweredge m600", 0.625),
    ("dell", "poweredge m610", 0.625),
    ("dell", "poweredge m620", 0.625),
    ("dell", "poweredge m630", 0.625),
    ("dell", "poweredge m640", 0.625),
]


def cpu_scores(raw: Path) -> pd.DataFrame:
    """One row a processor: SPECrate2017_int_base per core, measured or converted."""
    new = pd.read_csv(raw / "cpu/specint2017_rate_by_processor.csv")
    new["key"] = new["Processor"].map(processor_key)
    old = pd.read_csv(raw / "cpu/cint2006_rate_peak_by_processor.csv").rename(columns={"p": "Processor"})
    old["key"] = old["Processor"].map(processor_key)
    new, old = (  # several spellings of one processor: keep the one with most results
        frame.sort_values(["key", "n", "Processor"], ascending=[True, False, True]).drop_duplicates("key")
        for frame in (new, old)
    )
    both = new.merge(old, on="key", suffixes=("", "_2006"))
    ratio = both["pc"] / both["base_per_core"]
    factor, ratio_low, ratio_high = ratio.mean(), ratio.quantile(0.05), ratio.quantile(0.95)
    print(
        f"CINT2006 peak per core / SPECrate2017 base per core: mean {factor:.3f}, sd {ratio.std():.3f}, "
        f"5-95 % {ratio_low:.3f}-{ratio_high:.3f}, n {len(ratio)}"
    )
    measured = pd.DataFrame(
        {
            "processor": new["Processor"],
            "key": new["key"],
            "score_per_core": new["base_per_core"].round(3),
            "low": (new["base_per_core"] - new["iqr"] / 2).round(3),
            "high": (new["base_per_core"] + new["iqr"] / 2).round(3),
            "cores_per_chip": new["cores_per_chip"].round().astype(int),
            "year": new["hw"].str[:4].astype(int),
            "results": new["n"],
            "basis": "measured",
        }
    )
    # The first availability of a part is the earlier of the two suites' dates: a 2012 part
    # measured again in 2023 is still a 2012 part.
    first = old.set_index("key")["hw"].str[:4].astype(int)
    measured["year"] = np.minimum(measured["year"], measured["key"].map(first).fillna(9999)).astype(int)
    only_old = old[~old["key"].isin(new["key"])]
    converted = pd.DataFrame(
        {
            "processor": only_old["Processor"],
            "key": only_old["key"],
            "score_per_core": (only_old["pc"] / factor).round(3),
            "low": (only_old["pc"] / ratio_high).round(3),
            "high": (only_old["pc"] / ratio_low).round(3),
            "cores_per_chip": (only_old["cores"] / only_old["chips"]).round().astype(int),
            "year": only_old["hw"].str[:4].astype(int),
            "results": only_old["n"],
            "basis": "converted",
        }
    )
    table = pd.concat([measured, converted]).sort_values("key")
    aged = measured[(measured["year"] >= 2014) & (measured["year"] <= 2019)]["score_per_core"]
    print(
        f"score per core of parts from 2014-2019: median {aged.median():.3f}, "
        f"quartiles {aged.quantile(0.25):.3f}-{aged.quantile(0.75):.3f}, n {len(aged)}"
    )
    return table


def power(raw: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(by processor and chips, by year and chips, the raw rows) from SPECpower_ssj2008."""
    rows = pd.read_csv(raw / "power/specpower_2026-03-09.csv")
    rows = rows.rename(
        columns={
            "avg. watts @ 100%": "full_w",
            "avg. watts @ active idle": "idle_w",
            "CPU Description": "cpu",
            "Total Memory (GB)": "memory_gib",
            "# Cores": "cores",
            "Chips": "chips",
            "Total Threads": "threads",
        }
    )
    rows["key"] = rows["cpu"].map(processor_key)
    rows["year"] = rows["Published"].str[-4:].astype(int)
    sane = rows[(rows["chips"].isin([1, 2, 4])) & (rows["memory_gib"] >= 4)]

    def medians(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
        out = frame.groupby(by).agg(
            results=("full_w", "size"),
            cores=("cores", "median"),
            memory_gib=("memory_gib", "median"),
            idle_w=("idle_w", "median"),
            full_w=("full_w", "median"),
            idle_low_w=("idle_w", "min"),
            idle_high_w=("idle_w", "max"),
            full_low_w=("full_w", "min"),
            full_high_w=("full_w", "max"),
        )
        return out.reset_index().round(1)

    return medians(sane, ["key", "chips"]), medians(sane, ["year", "chips"]), rows


def host_types(rows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    by_key = scores.set_index("key")
    assumptions = pd.read_csv(OUT / "assumptions.csv", dtype=str).set_index("name")["value"]
    per_thread = float(assumptions["host_price_per_thread"]) * float(assumptions["host_price_index"])
    per_gib = float(assumptions["host_price_per_gib"]) * float(assumptions["host_memory_price_index"])
    out = []
    for id_, name, vendor, model, cpu, chips, published, memory, units, nic, role in HOSTS:
        system = rows["System"].str.replace(" ", "").str.lower()
        match = rows[
            system.str.contains(model.replace(" ", "").lower(), regex=False)
            & (rows["cpu"] == cpu)
            & (rows["chips"] == chips)
            & (rows["Published"] == published)
        ]
        if match.empty:
            raise SystemExit(f"no SPECpower row for {model}, {cpu}, {chips} chips, {published}")
        row = match.sort_values("full_w").iloc[-1]  # of several tunings of one box, the higher draw
        key = processor_key(cpu)
        price = 0.0 if role == "existing" else round(per_thread * row["threads"] + per_gib * memory, -1)
        out.append(
            {
                "id": id_,
                "name": name,
                "vendor": vendor,
                "model": model,
                "cpu_model": by_key.at[key, "processor"],
                "sockets": chips,
                "cores": int(row["cores"]),
                "threads": int(row["threads"]),
                "memory_gib": memory,
                "score_per_core": by_key.at[key, "score_per_core"],
                "idle_w": row["idle_w"],
                "full_w": row["full_w"],
                "tested_memory_gib": row["memory_gib"],
                "rack_units": units,
                "nic_gbps": nic,
                "arch": "x86_64",
                "role": role,
                "price": price,
                "currency": "USD",
                "price_year": "2026",
                "as_of": AS_OF,
                "price_source": (
                    "already owned: sunk"
                    if role == "existing"
                    else "estimate: threads x host_price_per_thread x host_price_index + GiB x host_price_per_gib"
                    " x host_memory_price_index (see assumptions.csv); replace by your quotation"
                ),
                "source": f"SPECpower_ssj2008 {row['System'].strip()} {published}; SPEC CPU2017",
            }
        )
    return pd.DataFrame(out)


def electricity(raw: Path) -> pd.DataFrame:
    eu = pd.read_csv(raw / "electricity/eurostat_non_household_2024S2.csv")
    eu.columns = ["region", "price_per_kwh"]
    eu = eu.dropna()
    eu["currency"], eu["as_of"] = "EUR", "2024-12-31"
    eu["source"] = "Eurostat nrg_pc_205, non-household consumers, second half of 2024"
    us = pd.read_csv(raw / "electricity/us_state_industrial.csv")
    us = pd.DataFrame({"region": "US " + us["state_name"], "price_per_kwh": us["price_usd_kwh"]})
    us["currency"], us["as_of"] = "USD", AS_OF
    us["source"] = "US EIA, average industrial price by state (collected 2026-11-22; the reading's month is not stated)"
    return pd.concat([eu, us]).sort_values("region")


def server_models(raw: Path) -> pd.DataFrame:
    racks = pd.read_csv(raw / "racks/server_device_types.csv")
    racks = racks[(racks["u_height"] > 0) & (racks["u_height"] < 10)]
    table = pd.DataFrame(
        {
            "manufacturer": racks["manufacturer"].str.lower(),
            "model": racks["model"].str.lower(),
            "rack_units": racks["u_height"],
            "source": "NetBox device-type library (CC0)",
        }
    )
    print(f"rack units of {len(table)} server models: median {table['rack_units'].median()}")
    blades = pd.DataFrame(BLADES, columns=["manufacturer", "model", "rack_units"])
    blades["source"] = "maker's data sheet: 16 half-height blades in a 10 U enclosure"
    return pd.concat([table, blades]).drop_duplicates(["manufacturer", "model"]).sort_values(["manufacturer", "model"])


# Current x86 families without metal, burstable or GPU types: processor whose score stands for theirs.
CLOUD_FAMILIES = {
    "n4": ("Intel Xeon Platinum 8592+", "Xeon gen 5"),
    "n4d": ("AMD EPYC 9755", "EPYC gen 5"),
    "c3": ("Intel Xeon Platinum 8480+", "Xeon gen 4"),
    "c3d": ("AMD EPYC 9654", "EPYC gen 4"),
    "c4": ("Intel Xeon Platinum 8592+", "Xeon gen 5"),
    "c4d": ("AMD EPYC 9755", "EPYC gen 5"),
    "m6i": ("Intel Xeon Platinum 8358", "Xeon gen 3"),
    "m5": ("Intel Xeon Platinum 8280", "Xeon gen 2"),
    "c5": ("Intel Xeon Platinum 8280", "Xeon gen 2"),
    "r5": ("Intel Xeon Platinum 8280", "Xeon gen 2"),
}
CLOUD_REGIONS = ("us-central1", "us-east4", "europe-west3", "europe-west4", "asia-northeast1", "asia-northeast3")


def cloud_instances(raw: Path, scores: pd.DataFrame) -> pd.DataFrame:
    """Instances of current families: a vCPU is one of two threads, so half a core's score."""
    per_core = scores.set_index("processor")["score_per_core"]
    gcp = pd.read_csv(raw / "prices/gcp_instances_2026-07-30.csv")
    gcp = gcp[gcp["region"].isin(CLOUD_REGIONS)]
    parts = gcp["name"].str.split("-")
    gcp = gcp[(parts.str.len() == 3) & parts.str[1].isin(["standard", "highmem", "highcpu"])]
    gcp = gcp.assign(provider="gcp", family=gcp["name"].str.split("-").str[0], as_of="2026-07-30")
    gcp["source"] = "Google list price (Cyclenerd, Apache-2.0)"
    aws = pd.read_csv(raw / "prices/aws_us-east-1_2026-07.csv")
    aws = aws[aws["name"].str.fullmatch(r"(m6i|m5|c5|r5)\.\d*x?large")]  # c3 and c4 are old families there
    aws = aws.assign(provider="aws", family=aws["name"].str.split(".").str[0], as_of="2026-07-31")
    aws["source"] = "AWS list price (karpenter, Apache-2.0)"
    both = pd.concat([gcp, aws])
    both = both[both["family"].isin(CLOUD_FAMILIES)].rename(
        columns={
            "mem_gib": "memory_gib",
            "hour": "per_hour",
            "month_1y": "month_one_year",
            "month_3y": "month_three_years",
        }
    )
    both["region"] = both["provider"] + "/" + both["region"]
    both["score_per_vcpu"] = (both["family"].map(lambda f: per_core[CLOUD_FAMILIES[f][0]]) / 2).round(4)
    both["cpu"] = both["family"].map(lambda f: f"{CLOUD_FAMILIES[f][1]} as {CLOUD_FAMILIES[f][0]}")
    both["vcpus"], both["currency"] = both["vcpus"].astype(int), "USD"
    for column in ("per_hour", "month_one_year", "month_three_years"):
        both[column] = both[column].round(6)
    columns = [
        "region", "name", "family", "vcpus", "memory_gib", "per_hour", "month_one_year", "month_three_years",
        "score_per_vcpu", "currency", "cpu", "as_of", "source",
    ]  # fmt: skip
    return both[columns].sort_values(["region", "per_hour", "name"])


EU27 = ["AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL", "ITA", "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE"]  # fmt: skip


def carbon(raw: Path) -> pd.DataFrame:
    """Carbon intensity of electricity by country, and of the EU27 weighted by generation."""
    data = json.loads((raw / "carbon/global_energy_mix.json").read_text(encoding="utf-8"))
    rows = [
        {
            "country": entry["country_name"],
            "kg_per_kwh": round(entry["carbon_intensity"] / 1000, 5),
            "year": entry["year"],
        }
        for entry in data.values()
    ]
    member = [data[code] for code in EU27]
    weight = sum(entry["total_TWh"] for entry in member)
    mean = sum(entry["carbon_intensity"] * entry["total_TWh"] for entry in member) / weight / 1000
    rows.append({"country": "EU27", "kg_per_kwh": round(mean, 5), "year": min(entry["year"] for entry in member)})
    table = pd.DataFrame(rows)
    table["as_of"] = table["year"].astype(str) + "-12-31"
    table["source"] = "generation mix (mlco2/codecarbon, MIT)"
    table.loc[table["country"] == "EU27", "source"] += "; mean of the members weighted by generation"
    return table.sort_values("country")


def trace_factors(raw: Path) -> None:
    """What an average reading must be multiplied by to stand for a p95 (rule 6)."""
    trace = pd.read_parquet(raw / "traces/bitbrains_rnd_2013-08_hourly.parquet")
    vm = trace.groupby("vm")["cpu_mhz_mean"]
    total = vm.mean().sum()
    fleet = trace.groupby("hour")["cpu_mhz_mean"].sum()
    print(
        f"sum of VM p95 / sum of VM means {vm.quantile(0.95).sum() / total:.3f}; "
        f"p95 of the fleet / its mean {fleet.quantile(0.95) / fleet.mean():.3f}; "
        f"sum of VM maxima / sum of means {trace.groupby('vm')['cpu_mhz_max'].max().sum() / total:.3f}"
    )


def main(raw: Path) -> None:
    scores = cpu_scores(raw)
    scores.to_csv(OUT / "cpu_scores.csv", index=False)
    by_cpu, by_year, rows = power(raw)
    by_cpu.to_csv(OUT / "power_by_cpu.csv", index=False)
    by_year.to_csv(OUT / "power_by_year.csv", index=False)
    host_types(rows, scores).to_csv(OUT / "host_types.csv", index=False)
    electricity(raw).to_csv(OUT / "electricity.csv", index=False)
    server_models(raw).to_csv(OUT / "server_models.csv", index=False)
    cloud_instances(raw, scores).to_csv(OUT / "cloud_instances.csv", index=False)
    carbon(raw).to_csv(OUT / "carbon.csv", index=False)
    trace_factors(raw)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

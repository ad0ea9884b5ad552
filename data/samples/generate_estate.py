"""Generate the sample estate: a physical inventory that looks like a grown company's.

    python data/samples/generate_estate.py                      # estate_400.csv beside this file
    python data/samples/generate_estate.py --rows 20000 --clean --out big.csv

Everything is drawn from one seed; nothing is real. Models and processors exist and belong
together; ages, sizes and utilisation are skewed as real ones are; some readings are missing and,
without ``--clean``, eight rows are dirty on purpose.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

HEADER = [
    *("Hostname", "Serial", "Manufacturer", "Model", "CPU Model", "Sockets", "Cores", "Memory (GB)", "Disk (GB)"),
    *(
        "Disk used (GB)",
        "CPU avg %",
        "CPU p95 %",
        "Mem avg %",
        "Mem p95 %",
        "OS",
        "Environment",
        "Application",
        "Owner",
    ),
    *("Site", "Zone", "Rack", "Rack units", "Power (W)", "Purchase date", "Anti-affinity group", "Exclude"),
]

#: (first year, last year, maker, model, rack units, [(CPU as inventories spell it, cores a chip)], memory sizes in GB)
MODELS = [
    (2008, 2010, "Dell", "PowerEdge 2950", 2, [("Intel(R) Xeon(R) CPU           E5450  @ 3.00GHz", 4)], (8, 16, 32)),
    (2009, 2011, "HP", "ProLiant DL380 G6", 2, [("Intel(R) Xeon(R) CPU           X5570  @ 2.93GHz", 4)], (16, 24, 48)),
    (2009, 2012, "Dell", "PowerEdge R610", 1, [("Intel(R) Xeon(R) CPU           X5650  @ 2.67GHz", 6)], (24, 48, 96)),
    (
        2010,
        2012,
        "HP",
        "ProLiant DL380 G7",
        2,
        [
            ("Intel(R) Xeon(R) CPU           X5670  @ 2.93GHz", 6),
            ("Intel(R) Xeon(R) CPU           X5690  @ 3.47GHz", 6),
        ],
        (24, 48, 96, 144),
    ),
    (2010, 2012, "IBM", "System x3650 M3", 2, [("Intel(R) Xeon(R) CPU           X5670  @ 2.93GHz", 6)], (24, 48, 96)),
    (
        2012,
        2014,
        "HP",
        "ProLiant DL360p Gen8",
        1,
        [("Intel(R) Xeon(R) CPU E5-2640 0 @ 2.50GHz", 6), ("Intel(R) Xeon(R) CPU E5-2680 0 @ 2.70GHz", 8)],
        (32, 64, 128),
    ),
    (
        2012,
        2014,
        "Dell",
        "PowerEdge R720",
        2,
        [("Intel(R) Xeon(R) CPU E5-2660 0 @ 2.20GHz", 8), ("Intel(R) Xeon(R) CPU E5-2650 v2 @ 2.60GHz", 8)],
        (16, 32, 64, 128),
    ),
    (2012, 2014, "Dell", "PowerEdge R620", 1, [("Intel(R) Xeon(R) CPU E5-2660 0 @ 2.20GHz", 8)], (32, 64, 128)),
    (
        2013,
        2015,
        "HP",
        "ProLiant DL380p Gen8",
        2,
        [("Intel(R) Xeon(R) CPU E5-2690 v2 @ 3.00GHz", 10), ("Intel(R) Xeon(R) CPU E5-2650 v2 @ 2.60GHz", 8)],
        (48, 64, 128),
    ),
    (
        2014,
        2016,
        "HP",
        "ProLiant DL380 Gen9",
        2,
        [("Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz", 12), ("Intel(R) Xeon(R) CPU E5-2640 v3 @ 2.60GHz", 8)],
        (32, 64, 128),
    ),
    (
        2014,
        2017,
        "Dell",
        "PowerEdge R630",
        1,
        [("Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz", 12), ("Intel(R) Xeon(R) CPU E5-2650 v4 @ 2.20GHz", 12)],
        (32, 64, 128),
    ),
    (2015, 2017, "Cisco", "UCS-C220-M4", 1, [("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 14)], (64, 128, 256)),
    (
        2016,
        2018,
        "Dell",
        "PowerEdge R730",
        2,
        [("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 14), ("Intel(R) Xeon(R) CPU E5-2650 v4 @ 2.20GHz", 12)],
        (64, 96, 128),
    ),
    (
        2017,
        2020,
        "Dell",
        "PowerEdge R640",
        1,
        [("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", 16), ("Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz", 10)],
        (48, 96, 192),
    ),
    (
        2017,
        2020,
        "HPE",
        "ProLiant DL380 Gen10",
        2,
        [("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", 20), ("Intel(R) Xeon(R) Silver 4214 CPU @ 2.20GHz", 12)],
        (64, 96, 192),
    ),
    (2018, 2020, "Lenovo", "ThinkSystem SR650", 2, [("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", 20)], (96, 192)),
    (2020, 2022, "Dell", "PowerEdge R740", 2, [("Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz", 24)], (192, 384)),
    (
        2021,
        2022,
        "Dell",
        "PowerEdge R650",
        1,
        [("Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz", 28), ("Intel(R) Xeon(R) Silver 4314 CPU @ 2.40GHz", 16)],
        (256, 512),
    ),
]
YEARS = np.arange(2008, 2023)
YEAR_WEIGHTS = np.array([2, 3, 5, 7, 11, 12, 12, 12, 11, 9, 7, 5, 3, 2, 1], dtype=float)
APPLICATIONS = [
    ("web", "Shop", "Sales"),
    ("app", "ERP", "Finance"),
    ("file", "File service", "IT"),
    ("db", "ERP", "Finance"),
    ("mail", "Mail", "IT"),
    ("bi", "Reporting", "Finance"),
    ("mon", "Monitoring", "IT"),
    ("crm", "CRM", "Sales"),
    ("plm", "PLM", "Engineering"),
    ("dev", "Build farm", "Engineering"),
]
SYSTEMS = [
    "Microsoft Windows Server 2012 R2",
    "Microsoft Windows Server 2016",
    "Microsoft Windows Server 2008 R2",
    "Red Hat Enterprise Linux 7",
    "SUSE Linux Enterprise Server 12",
    "Ubuntu 18.04 LTS",
    "Microsoft Windows Server 2019",
]


def estate(rows: int, seed: int) -> list[list[str]]:
    """Clean rows in the order of `HEADER`."""
    rng = np.random.default_rng(seed)
    years = rng.choice(YEARS, size=rows, p=YEAR_WEIGHTS / YEAR_WEIGHTS.sum())
    mean = np.minimum(rng.lognormal(np.log(7.0), 1.0, rows), 65)
    idle = rng.random(rows) < 0.08
    mean[idle] = rng.uniform(0.2, 1.2, idle.sum())
    p95 = np.minimum(mean * rng.uniform(1.7, 3.2, rows), 97)
    memory_used = np.clip(rng.normal(48, 18, rows), 8, 92)
    out = []
    counters: dict[str, int] = {}
    for i in range(rows):
        fitting = [model for model in MODELS if model[0] <= years[i] <= model[1]]
        _, _, maker, model, units, cpus, memories = fitting[rng.integers(len(fitting))]
        cpu, per_chip = cpus[rng.integers(len(cpus))]
        sockets = 2 if rng.random() < 0.82 else 1
        prefix, application, owner = APPLICATIONS[
            rng.choice(len(APPLICATIONS), p=[0.2, 0.18, 0.1, 0.14, 0.05, 0.08, 0.05, 0.08, 0.05, 0.07])
        ]
        environment = rng.choice(["prod", "test", "dev"], p=[0.65, 0.2, 0.15])
        site = rng.choice(["Frankfurt", "Seoul"], p=[0.7, 0.3])
        zone = "dmz" if prefix == "web" and rng.random() < 0.25 else "lan"
        stem = f"{site[:2].lower()}{environment[0]}{prefix}"
        counters[stem] = counters.get(stem, 0) + 1
        memory = int(rng.choice(memories)) // (1 if sockets == 2 else 2)
        disk = int(rng.choice([146, 300, 600, 900, 1200, 1800, 3600], p=[0.1, 0.25, 0.25, 0.15, 0.12, 0.08, 0.05]))
        used = int(disk * rng.uniform(0.15, 0.8))
        watts = round((95 + sockets * 55) * rng.uniform(0.7, 1.1) + memory * 0.2)
        measured_cpu, measured_memory = rng.random() > 0.12, rng.random() > 0.20
        only_mean = rng.random() < 0.15
        out.append(
            [
                f"{stem}{counters[stem]:03d}",
                f"SN{seed:02d}{i:06d}",
                maker,
                model,
                cpu,
                str(sockets),
                str(per_chip * sockets),
                str(memory),
                str(disk),
                str(used),
                f"{mean[i]:.1f}" if measured_cpu else "",
                f"{p95[i]:.1f}" if measured_cpu and not only_mean else "",
                f"{memory_used[i]:.0f}" if measured_memory else "",
                f"{min(memory_used[i] * 1.15, 99):.0f}" if measured_memory else "",
                str(rng.choice(SYSTEMS)),
                str(environment),
                application,
                owner,
                str(site),
                zone,
                f"{site[0]}{rng.integers(1, 25):02d}",
                str(units),
                str(watts) if rng.random() < 0.15 else "",
                f"{years[i]}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}" if rng.random() > 0.10 else "",
                "",
                "",
            ]
        )
    return out


def special(seed: int) -> list[list[str]]:
    """Machines every estate has: big databases, foreign architectures, what may not move."""

    def row(
        name: str,
        maker: str,
        model: str,
        cpu: str,
        sockets: int,
        cores: int,
        memory: int,
        mean: float,
        p95: float,
        units: int,
        year: int,
        group: str = "",
        exclude: str = "",
    ) -> list[str]:
        return [
            name,
            f"SX{seed:02d}{name}",
            maker,
            model,
            cpu,
            str(sockets),
            str(cores),
            str(memory),
            "3600",
            "2400",
            str(mean),
            str(p95),
            "70",
            "82",
            "AIX 7.2" if "POWER" in cpu else "Oracle Solaris 11" if "SPARC" in cpu else "Red Hat Enterprise Linux 7",
            "prod",
            "ERP",
            "Finance",
            "Frankfurt",
            "lan",
            "F01",
            str(units),
            "",
            f"{year}-06-01",
            group,
            exclude,
        ]

    big = "Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz"
    rows = [
        row("frpsap01", "Dell", "PowerEdge R740", big, 2, 48, 768, 42, 71, 2, 2020, "sap"),
        row("frpsap02", "Dell", "PowerEdge R740", big, 2, 48, 768, 38, 66, 2, 2020, "sap"),
        row("frporadb01", "IBM", "Power S822", "IBM POWER8", 2, 20, 256, 22, 45, 2, 2015),
        row("frporadb02", "IBM", "Power S822", "IBM POWER8", 2, 20, 256, 19, 41, 2, 2015),
        row("frpsun01", "Oracle", "SPARC T7-1", "SPARC M7", 1, 32, 256, 15, 33, 2, 2016),
        row(
            "frplic01",
            "Dell",
            "PowerEdge R620",
            "Intel(R) Xeon(R) CPU E5-2660 0 @ 2.20GHz",
            1,
            8,
            32,
            3,
            7,
            1,
            2013,
            "",
            "licence dongle",
        ),
        row(
            "frpfax01",
            "HP",
            "ProLiant DL380 G6",
            "Intel(R) Xeon(R) CPU           X5570  @ 2.93GHz",
            1,
            4,
            16,
            2,
            6,
            2,
            2010,
            "",
            "ISDN card",
        ),
    ]
    cluster = "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz"
    for name, group in (
        ("frpsql01", "sql-a"),
        ("frpsql02", "sql-a"),
        ("frpsql03", "sql-b"),
        ("frpsql04", "sql-b"),
        ("frpexc01", "exchange"),
        ("frpexc02", "exchange"),
        ("frpexc03", "exchange"),
        ("frpadc01", "domain"),
        ("frpadc02", "domain"),
    ):
        rows.append(row(name, "Dell", "PowerEdge R730", cluster, 2, 28, 128, 14, 31, 2, 2017, group))
    return rows


def dirty(rows: list[list[str]]) -> list[list[str]]:
    """Eight mistakes that real inventories hold, spread over the file."""
    at = {name: index for index, name in enumerate(HEADER)}

    def broken(source: int, **changes: str) -> list[str]:
        row = list(rows[source])
        row[at["Hostname"]] += "x"
        for name, value in changes.items():
            row[at[name.replace("_", " ")]] = value
        return row

    extra = [
        broken(3, **{"Memory (GB)": "-32"}),
        broken(7, **{"CPU p95 %": "180"}),
        broken(11, Cores="0"),
        broken(15, Cores="n/a?"),
        list(rows[20]),
        broken(25, Hostname=""),
        list(HEADER),
        broken(31, **{"Memory (GB)": "NaN"}),
    ]
    out = list(rows)
    for index, row in enumerate(extra):
        out.insert(40 + index * 45, row)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description="Generate a sample inventory.")
    parser.add_argument("--rows", type=int, default=385)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("estate_400.csv"))
    parser.add_argument("--clean", action="store_true", help="leave the dirty rows out")
    options = parser.parse_args()
    rows = estate(options.rows, options.seed) + special(options.seed)
    with options.out.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([HEADER, *(rows if options.clean else dirty(rows))])


if __name__ == "__main__":
    main()

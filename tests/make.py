"""Small makers of inputs used by several tests."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import xlsxwriter

import calc
from calc.packing import UNLIMITED, Instance


def csv(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def inventory(header: str, *rows: str, **options: object) -> calc.Inventory:
    return calc.read_inventory(csv(header, *rows), name="made.csv", **options)  # type: ignore[arg-type]


def uniform(count: int, cores: int = 8, memory_gib: float = 32, cpu_p95: float = 20) -> calc.Inventory:
    """Equal servers with a p95 reading and no memory reading."""
    rows = [f"s{i:03d},{cores},{memory_gib},{cpu_p95}" for i in range(count)]
    return inventory("hostname,cores,memory_gib,CPU p95 %", *rows)


def hard_to_pack(count: int) -> bytes:
    """Servers of which two or three fill a host, each in its own way: no search closes the gap to the bound soon."""
    rng = np.random.default_rng(1)
    rows = [
        f"s{i:05d},{rng.integers(48, 96)},{rng.integers(700, 1300)},{rng.uniform(50, 70):.1f},{rng.uniform(50, 70):.1f}"
        for i in range(count)
    ]
    return csv("hostname,cores,memory_gib,CPU p95 %,memory p95 %", *rows)


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return buffer.getvalue()


V_HOST = [
    "Host",
    "Datacenter",
    "Cluster",
    "CPU Model",
    "HT Active",
    "# CPU",
    "Cores per CPU",
    "# Cores",
    "CPU usage %",
    "# Memory",
    "Memory usage %",
    "Vendor",
    "Model",
]
V_INFO = [
    "VM",
    "Powerstate",
    "Template",
    "CPUs",
    "Memory",
    "Provisioned MiB",
    "In Use MiB",
    "Datacenter",
    "Cluster",
    "Host",
    "OS according to the configuration file",
]


def rvtools(
    hosts: Sequence[Sequence[object]], vms: Sequence[Sequence[object]], **more: Sequence[Sequence[object]]
) -> bytes:
    """An RVTools workbook; rows are in the order of `V_HOST` and `V_INFO`."""
    return workbook({"vInfo": [V_INFO, *vms], "vHost": [V_HOST, *hosts], **more})


def host_row(name: str, usage: float = 50, cores: int = 16, memory_mib: int = 262144) -> list[object]:
    return [
        name,
        "DC1",
        "C1",
        "Intel(R) Xeon(R) CPU E5-2680 0 @ 2.70GHz",
        "True",
        2,
        cores // 2,
        cores,
        usage,
        memory_mib,
        60,
        "HP",
        "ProLiant DL380p Gen8",
    ]


def vm_row(
    name: str, host: str, vcpus: int = 4, memory_mib: int = 8192, power: str = "poweredOn", template: str = "False"
) -> list[object]:
    return [name, power, template, vcpus, memory_mib, 102400, 51200, "DC1", "C1", host, "Linux"]


def problem(
    demands: Sequence[Sequence[int]],
    capacities: Sequence[Sequence[int]],
    costs: Sequence[int] | None = None,
    counts: Sequence[int] | None = None,
    **options: object,
) -> Instance:
    types = len(capacities)
    dims = len(capacities[0])
    return Instance(
        demands=np.array(demands, dtype=np.int64).reshape(-1, dims),
        capacities=np.array(capacities, dtype=np.int64),
        costs=np.array(costs if costs is not None else [1] * types, dtype=np.int64),
        counts=np.array(counts if counts is not None else [UNLIMITED] * types, dtype=np.int64),
        dimensions=tuple(f"d{k}" for k in range(dims)),
        **options,
    )  # type: ignore[arg-type]

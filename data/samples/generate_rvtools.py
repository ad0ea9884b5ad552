"""Generate a workbook in the layout of an RVTools export, from one seed; nothing in it is real.

    python data/samples/generate_rvtools.py --out rvtools.xlsx

As real exports are: two clusters of ESXi hosts, VMs of very different sizes, some powered off, a template, and a few VMs that
name a host that is not listed.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
import xlsxwriter

V_HOST = [
    *("Host", "Datacenter", "Cluster", "CPU Model", "HT Active", "# CPU", "Cores per CPU", "# Cores", "CPU usage %"),
    *("# Memory", "Memory usage %", "Vendor", "Model"),
]
V_INFO = [
    *("VM", "Powerstate", "Template", "CPUs", "Memory", "Provisioned MiB", "In Use MiB", "Datacenter", "Cluster"),
    *("Host", "OS according to the configuration file"),
]
SYSTEMS = (
    ("Microsoft Windows Server 2016 or later (64-bit)", 0.45),
    ("Microsoft Windows Server 2012 (64-bit)", 0.15),
    ("Red Hat Enterprise Linux 7 (64-bit)", 0.25),
    ("Ubuntu Linux (64-bit)", 0.15),
)


def workbook(hosts: int = 24, vms_per_host: int = 13, seed: int = 7) -> bytes:
    """The workbook: sheets vInfo and vHost."""
    rng = np.random.default_rng(seed)
    names = [f"esx-{number + 1:02d}.example.test" for number in range(hosts)]
    cluster = {name: "Production" if number < hosts * 2 // 3 else "Test" for number, name in enumerate(names)}
    host_rows = []
    for name in names:
        cores = int(rng.choice([8, 10, 12]))
        model = {8: "E5-2650 v2 @ 2.60GHz", 10: "E5-2660 v2 @ 2.20GHz", 12: "E5-2670 v3 @ 2.30GHz"}[cores]
        kind = [name, "Example", cluster[name], f"Intel(R) Xeon(R) CPU {model}", "True", 2, cores, 2 * cores]
        use = [int(rng.integers(5, 22)), 262144, int(rng.integers(45, 88)), "Dell Inc.", "PowerEdge R720"]
        host_rows.append([*kind, *use])
    systems, shares = zip(*SYSTEMS, strict=True)
    vm_rows = []
    for number in range(hosts * vms_per_host):
        host = names[number % hosts] if rng.random() > 0.02 else "esx-99.example.test"
        state = "poweredOff" if rng.random() < 0.06 else "poweredOn"
        memory = int(rng.choice([4, 8, 16, 32, 64], p=[0.3, 0.4, 0.2, 0.08, 0.02])) * 1024
        disk = int(rng.lognormal(11.2, 0.7))
        vcpus = int(rng.choice([1, 2, 4, 8], p=[0.25, 0.45, 0.25, 0.05]))
        size = [vcpus, memory, disk, int(disk * rng.uniform(0.3, 0.9))]
        place = ["Example", cluster.get(host, "Production"), host, str(rng.choice(systems, p=shares))]
        vm_rows.append([f"vm-{number + 1:03d}", state, "True" if number == 5 else "False", *size, *place])
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    for name, head, rows in (("vInfo", V_INFO, vm_rows), ("vHost", V_HOST, host_rows)):
        sheet = book.add_worksheet(name)
        for position, row in enumerate([head, *rows]):
            sheet.write_row(position, 0, row)
    book.close()
    return out.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="rvtools.xlsx")
    parser.add_argument("--hosts", type=int, default=24)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    Path(options.out).write_bytes(workbook(options.hosts, seed=options.seed))

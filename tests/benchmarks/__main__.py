"""Speed and memory, measured: ``make bench``. Medians over runs, each run in a process of its own.

A reference run stands beside every figure: a fixed piece of numpy work, timed in the same
process, so that figures from different machines and days can be compared by their ratio.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import calc

from tests.benchmarks.operation import operation_rows

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS = 3
#: name -> (rows of the estate, limit in seconds, limit in MiB or None)
CASES = {
    "read 20,000 CSV rows": (20_000, 1.0, None),
    "read 20,000 XLSX rows": (20_000, 3.0, None),
    "read 20 million telemetry rows": (0, 60.0, 1536),
    "assess 1,000 servers": (1_000, 3.0, None),
    "simulate 2,000 draws on 1,000 servers": (1_000, 20.0, None),
    "alternatives of 1,000 servers": (1_000, 60.0, None),
    "assess 10,000 servers": (10_000, 30.0, 1024),
    "assess 10,000 servers in one pool": (10_000, 30.0, 1024),
    "new price to headline, 400 servers": (400, 1.0, None),
    "new price to headline, 10,000 servers": (10_000, 1.0, None),
}


def reference_s() -> float:
    """Time of a fixed piece of work."""
    import numpy as np

    started = time.perf_counter()
    values = np.arange(2_000_000, dtype=np.int64)
    for _ in range(20):
        values = (values * 3 + 1) % 1_000_003
    return time.perf_counter() - started


def run_case(name: str, path: str) -> dict[str, object]:
    """One case in this process."""
    import calc

    yard = reference_s()
    started = time.perf_counter()
    if "telemetry" in name:
        history = calc.read_telemetry(path)
        elapsed = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        note = f"{history.rows:,} rows, {len(history.servers):,} servers x {len(history.hours)} hours"
        return {"seconds": elapsed, "peak_mib": peak, "reference_s": yard, "note": note}
    inventory = calc.read_inventory(path)
    note = f"{len(inventory.servers):,} servers"
    if name.startswith("assess"):
        scenario = calc.Scenario(pool_by=()) if "one pool" in name else calc.Scenario()
        started = time.perf_counter()
        answer = calc.assess(inventory, scenario)
        note = f"{answer.hosts_after} hosts, at least {answer.hosts_lower_bound}, gap {answer.gap}"
    elif name.startswith("new price"):
        from calc.report.words import headline
        from calc.repricing import reprice

        answer = calc.assess(inventory, calc.Scenario(effort="quick"))
        started = time.perf_counter()
        again = reprice(answer, answer.scenario.varied(pue=1.9))
        if again is None:
            raise SystemExit("a price asked for packing")
        note = headline(again)[0]
    elif name.startswith(("simulate", "alternatives")):
        answer = calc.assess(inventory)
        started = time.perf_counter()
        note = money_case(name, answer)
    elapsed = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": elapsed, "peak_mib": peak, "reference_s": yard, "note": note}


def money_case(name: str, answer: calc.Assessment) -> str:
    """Range or alternatives of an answer; calibration on full plans is in the time."""
    if name.startswith("alternatives"):
        from calc.alternatives import compare_alternatives

        return f"{len(compare_alternatives(answer).entries)} alternatives"
    from calc.uncertainty import build_model, simulate

    found = simulate(build_model(answer), 2000)
    return f"{found.calibration.plans} plans for the gap, largest error {found.calibration.worst:.0%}"


def write_telemetry(path: Path) -> None:
    """2,315 servers, 30 days, a reading every five minutes: 20,001,600 rows, 791 MB."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT 'srv' || lpad((i // 8640)::VARCHAR, 4, '0') AS server,
            strftime(TIMESTAMP '2024-03-04 00:00:00' + INTERVAL (300 * (i % 8640)) SECOND, '%Y-%m-%d %H:%M:%S') AS timestamp,
            round(abs(sin(i % 8640 / 45.8) * 30 + hash(i) % 2000 / 100.0), 2) AS cpu_pct,
            round(40 + hash(i + 1) % 3000 / 100.0, 2) AS mem_pct FROM range(20001600) t(i)) TO '{path}' (HEADER)"""
        )


def write_workbook(path: Path) -> Path:
    """The same rows as XLSX."""
    import csv

    import xlsxwriter

    target = path.with_suffix(".xlsx")
    book = xlsxwriter.Workbook(
        str(target), {"constant_memory": True, "strings_to_numbers": True, "strings_to_formulas": False}
    )
    sheet = book.add_worksheet("Servers")
    with path.open(encoding="utf-8", newline="") as handle:
        for number, row in enumerate(csv.reader(handle)):
            sheet.write_row(number, 0, row)
    book.close()
    return target


def app_first_answer() -> dict[str, object]:
    """Seconds from opening the page to the sample's answer, in a real browser."""
    from tests.browser.conftest import CHROMIUM, FLAGS, answered, serve

    if CHROMIUM is None:
        return {"note": "chromium is not installed"}
    from playwright.sync_api import sync_playwright

    with serve() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        started = time.perf_counter()
        page.goto(url)
        answered(page)
        elapsed = time.perf_counter() - started
        browser.close()
    return {"seconds": elapsed, "note": "a fresh server, its first visitor"}


def main() -> None:
    """Run every case and print a table."""
    print(f"{'case':36} {'median s':>9} {'limit s':>8} {'peak MiB':>9} {'x reference':>12}  note")
    with tempfile.TemporaryDirectory() as folder:
        for name, (rows, limit, limit_mib) in CASES.items():
            path = Path(folder) / f"{rows}.csv"
            if "telemetry" in name:
                write_telemetry(path)
            elif not path.exists():
                generator = ROOT / "data" / "samples" / "generate_estate.py"
                subprocess.run(
                    [sys.executable, generator, "--rows", str(rows - 16), "--clean", "--out", path], check=True
                )
            if "XLSX" in name:
                path = write_workbook(path)
            runs = []
            for _ in range(RUNS):
                command = [sys.executable, "-m", "tests.benchmarks", name, str(path)]
                runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout))
            seconds = statistics.median(run["seconds"] for run in runs)
            peak = max(run["peak_mib"] for run in runs)
            ratio = statistics.median(run["seconds"] / run["reference_s"] for run in runs)
            verdict = "" if seconds <= limit and (limit_mib is None or peak <= limit_mib) else "  OVER THE LIMIT"
            print(
                f"{name:36} {seconds:9.2f} {limit:8.1f} {peak:9.0f} {ratio:12.1f}  {runs[0]['note']}{verdict}",
                flush=True,
            )
    for name, limit, note, seconds in operation_rows(RUNS):
        verdict = "" if seconds <= limit else "  OVER THE LIMIT"
        print(f"{name:36} {seconds:9.2f} {limit:8.1f} {'':9} {'':12}  {note}{verdict}", flush=True)
    answers = [app_first_answer() for _ in range(RUNS)]
    if all("seconds" in run for run in answers):
        seconds = statistics.median(float(str(run["seconds"])) for run in answers)
        verdict = "" if seconds <= 5.0 else "  OVER THE LIMIT"
        print(
            f"{'app: first answer for the sample':36} {seconds:9.2f} {5.0:8.1f} {'':9} {'':12}  {answers[0]['note']}{verdict}"
        )
    else:
        print(f"app: first answer not measured: {answers[0]['note']}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(run_case(sys.argv[1], sys.argv[2])))
    else:
        main()

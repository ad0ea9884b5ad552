"""Write a generated history of hourly CPU demand: nothing in it is real.

python data/samples/generate_history.py --out history.csv.gz

Office hours, nightly batch, weekend work, a month-end peak, noise and sudden bursts, four weeks, one seed.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

HOURS = 4 * 168


def history(workloads: int, seed: int) -> pd.DataFrame:
    """One row a workload and hour."""
    rng = np.random.default_rng(seed)
    hour = np.arange(HOURS)
    day, clock = hour // 24, hour % 24
    weekend = day % 7 >= 5
    shapes = {
        "office": np.where(weekend, 0.15, np.exp(-(((clock - 13) / 4.5) ** 2)) + 0.12),
        "batch": np.where((clock < 5) | (clock > 22), 1.0, 0.1),
        "weekend": np.where(weekend, 0.9, 0.15),
        "steady": np.full(HOURS, 0.55),
        "month-end": np.where(day >= 25, 1.0, 0.2) * (0.6 + 0.4 * np.exp(-(((clock - 14) / 5) ** 2))),
    }
    kinds = rng.choice(list(shapes), size=workloads, p=[0.45, 0.2, 0.1, 0.2, 0.05])
    frames = []
    for number, kind in enumerate(kinds):
        size = float(rng.choice([2, 4, 8, 16], p=[0.4, 0.35, 0.2, 0.05])) * 2500
        mean = size * shapes[kind] * rng.uniform(0.3, 0.7) * rng.gamma(12, 1 / 12, HOURS)
        for start in rng.integers(0, HOURS, size=rng.poisson(3)):  # somebody runs something
            mean[start : start + int(rng.integers(2, 7))] += size * rng.uniform(0.3, 0.7)
        mean = np.minimum(mean, size)
        highest = np.minimum(size, mean * rng.uniform(1.0, 1.5, HOURS))
        frames.append(
            pd.DataFrame(
                {
                    "workload": f"{kind}-{number + 1:03d}",
                    "hour": pd.date_range("2026-06-01", periods=HOURS, freq="h").strftime("%Y-%m-%d %H:%M"),
                    "cpu_mean": mean.round().astype(int),
                    "cpu_max": np.maximum(highest, mean).round().astype(int),
                    "memory_gib": int(size / 2500 * 2),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    packing = {"method": "gzip", "mtime": 0} if options.out.endswith(".gz") else None
    history(options.workloads, options.seed).to_csv(options.out, index=False, compression=packing)


if __name__ == "__main__":
    main()

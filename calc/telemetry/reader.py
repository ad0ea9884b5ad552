"""Readings to hourly values and profiles, by an embedded engine in bounded memory."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from calc.errors import AmbiguousUnitError, InventoryError
from calc.language import joined, stored
from calc.profiles import SECONDS_PER_HOUR, SHAPES, Profile, Telemetry
from calc.telemetry.clock import offset_at, offset_changes, steps
from calc.telemetry.sources import Input, first_line, sql_name, sql_text
from calc.telemetry.times import Times

_MEMORY_LIMIT = "700MB"
#: Servers x hours beyond which the hourly arrays would not fit beside the rest.
_MOST_CELLS = 60_000_000
_SHOWN = 5
_BYTES_PER_MBIT = 125_000
_MOST_MBPS = 1e7
#: 1 January 1980 and 2100: a time beyond is a mistake, and a history from it to now would be endless.
_FIRST, _LAST = 315_532_800, 4_102_444_800
_GOOD = f"moment BETWEEN {_FIRST} AND {_LAST} AND server IS NOT NULL AND server <> ''"


class Reader:
    """One reading of several inputs, with a database of its own on disk."""

    def __init__(
        self, inputs: list[Input], zone: ZoneInfo, zone_name: str, folder: Path, assume: dict[str, str]
    ) -> None:
        import duckdb

        self.inputs, self.zone, self.zone_name, self.assume = inputs, zone, zone_name, assume
        self.metrics = [
            metric for metric in ("cpu", "memory", "network") if any(self._has(item, metric) for item in inputs)
        ]
        self.db = duckdb.connect(str(folder / "readings.db"))
        self.db.execute(
            f"SET memory_limit='{_MEMORY_LIMIT}'; SET preserve_insertion_order=false; SET TimeZone='UTC'; SET temp_directory={sql_text(str(folder / 'spill'))}"
        )
        self.notes: list[str] = []

    @staticmethod
    def _has(item: Input, metric: str) -> bool:
        if item.layout.form == "wide":
            return metric == "cpu"
        return metric in item.layout.metrics or (metric == "network" and bool(item.layout.network_bytes))

    def read(self) -> Telemetry:
        import duckdb

        try:
            return self._read()
        except duckdb.Error as error:
            names = ", ".join(item.name for item in self.inputs)
            raise InventoryError(
                stored(
                    "{names}: cannot be read as a table of readings ({first_line})",
                    names=names,
                    first_line=first_line(error),
                )
            ) from None
        finally:
            self.db.close()

    def _read(self) -> Telemetry:
        columns = ", ".join(f"{metric} FLOAT" for metric in self.metrics)
        self.db.execute(f"CREATE TABLE raw (server VARCHAR, moment BIGINT, aware BOOLEAN, {columns})")
        for item in self.inputs:
            self._load(item)
        total, bad, aware = self._one(
            f"SELECT count(*), count(*) FILTER (NOT coalesce({_GOOD}, false)), count(*) FILTER (aware) FROM raw"
        )
        if bad:
            self.notes.append(
                stored(
                    "{bad:,} of {total:,} rows have no server or no time between 1980 and 2100 that can be read, and are "
                    "set aside.",
                    bad=bad,
                    total=total,
                )
            )
        if 0 < aware < total - bad:
            self.notes.append(
                stored(
                    "{aware:,} rows carry a time with its offset, {total:,} without: the latter are read in {zone_name}.",
                    aware=aware,
                    total=total - bad - aware,
                    zone_name=self.zone_name,
                )
            )
        lost, values = self._check_values()
        low, high, servers = self._one(
            f"SELECT min(moment), max(moment), count(DISTINCT server) FROM raw WHERE {_GOOD}"
        )
        if low is None:
            names = ", ".join(item.name for item in self.inputs)
            raise InventoryError(
                stored(
                    "{names}: none of the {total:,} rows can be used; times look like 2026-03-01 14:05:00 or epoch "
                    "seconds",
                    names=names,
                    total=total,
                )
            )
        utc = self._to_utc(low, high)
        self.db.execute(
            f"CREATE VIEW r AS SELECT server, ({utc}) AS moment, {', '.join(values.values())} FROM raw WHERE {_GOOD}"
        )
        low, high = self._one("SELECT min(moment), max(moment) FROM r")
        hours = np.arange(low // SECONDS_PER_HOUR, high // SECONDS_PER_HOUR + 1, dtype=np.int64) * SECONDS_PER_HOUR
        if len(hours) * servers > _MOST_CELLS:
            raise InventoryError(
                stored(
                    "{servers:,} servers over {hours:,} hours make {hours2:,} hourly values, more than {most_cells:,}: "
                    "read fewer servers or a shorter history at a time (are all times right?)",
                    servers=servers,
                    hours=len(hours),
                    hours2=len(hours) * servers,
                    most_cells=_MOST_CELLS,
                )
            )
        return self._build(hours, total, bad + lost)

    def _one(self, query: str) -> Any:
        return self.db.execute(query).fetchone()

    def _load(self, item: Input) -> None:
        layout = item.layout
        if item.kind == "parquet":
            source = f"read_parquet({sql_text(str(item.path))})"
        else:
            source = (
                f"read_csv({sql_text(str(item.path))}, header=true, delim={sql_text(item.delimiter)}, all_varchar=true, auto_detect=true, "
                f"sample_size=2000, quote='\"', strict_mode=false, null_padding=true, compression={sql_text('gzip' if item.kind == 'gz' else 'none')})"
            )
        if layout.form == "wide":
            time = sql_name(layout.time)
            source = f"(UNPIVOT (SELECT * FROM {source}) ON COLUMNS(* EXCLUDE ({time})) INTO NAME server_ VALUE cpu_)"
            server, values = "server_", {"cpu": _number("cpu_", item)}
        else:
            server = sql_name(layout.server)
            values = {metric: _number(sql_name(header), item) for metric, header in layout.metrics.items()}
            if layout.network_bytes and "network" not in values:
                sent = " + ".join(f"coalesce({_number(sql_name(header), item)}, 0)" for header in layout.network_bytes)
                values["network"] = f"({sent}) / {_BYTES_PER_MBIT}"
        at, aware = Times(self.db, self.assume).sql(item)
        chosen = ", ".join(values.get(metric, "NULL") for metric in self.metrics)
        self.db.execute(f"INSERT INTO raw SELECT trim({server}::VARCHAR), {at}, {aware}, {chosen} FROM {source}")

    def _check_values(self) -> tuple[int, dict[str, str]]:
        """How many readings no machine can have, and SQL of each metric in its own unit without them."""
        lost, chosen = 0, {}
        for metric in self.metrics:
            factor = 1.0 if metric == "network" else self._share_factor(metric)
            largest = _MOST_MBPS if metric == "network" else 1.00001
            value = metric if factor == 1 else f"({metric} * {factor})::FLOAT"
            right = f"({value} >= 0 AND {value} <= {largest})"
            chosen[metric] = f"CASE WHEN {right} THEN {value} END AS {metric}"
            wrong = f"{metric} IS NOT NULL AND NOT coalesce({right}, false)"
            count = self._one(f"SELECT count(*) FROM raw WHERE {wrong}")[0]
            if count:
                lost += count
                rows = self.db.execute(
                    f"SELECT server, moment, {metric} FROM raw WHERE {wrong} ORDER BY server, moment LIMIT {_SHOWN}"
                ).fetchall()
                shown = "; ".join(f"{server} {_stamp(at)}: {value:.4g}" for server, at, value in rows)
                self.notes.append(
                    stored(
                        "{count:,} {metric} readings lie outside what a machine can have and are not used, e.g. {shown}.",
                        count=count,
                        metric=metric,
                        shown=shown,
                    )
                )
        return lost, chosen

    def _share_factor(self, metric: str) -> float:
        stated = self.assume.get(metric, "")
        headers = {item.layout.units.get(metric, "") for item in self.inputs if metric in item.layout.metrics}
        if stated:
            if stated not in ("%", "fraction"):
                raise AmbiguousUnitError(
                    stored("assume {metric} = {stated!r}: say % or fraction", metric=metric, stated=stated),
                    metric,
                    metric,
                    ("fraction", "%"),
                )
            return 0.01 if stated == "%" else 1.0
        if headers and headers <= {"%", "pct", "percent", "percentage"}:
            return 0.01
        if headers == {"fraction"}:
            return 1.0
        largest = self._one(f"SELECT max({metric}) FROM raw WHERE isfinite({metric})")[0] or 0.0
        if largest > 2 or largest == 0:
            self.notes.append(
                stored(
                    "{metric} readings are percent: the largest is {largest:.4g} (no header names the unit).",
                    metric=metric,
                    largest=largest,
                )
            )
            return 0.01
        if largest > 1:
            asked = stored(
                "the {metric} readings name no unit, and their largest value {largest:.4g} could be a fraction or %",
                metric=metric,
                largest=largest,
            )
            way_out = stored(
                "State it: assume={{'{column}': '{unit}'}} in Python, --assume {column}={unit} on the command line",
                column=metric,
                unit="%",
            )
            raise AmbiguousUnitError(joined((asked, way_out), ". "), metric, metric, ("fraction", "%"), asked)
        self.notes.append(
            stored(
                "{metric} readings are fractions: the largest is {largest:.4g} (no header names the unit).",
                metric=metric,
                largest=largest,
            )
        )
        return 1.0

    def _to_utc(self, low: int, high: int) -> str:
        """SQL that turns times without an offset, which are local, into instants."""
        if self.zone_name == "UTC":
            return "moment"
        day = 86_400
        changes = offset_changes(self.zone, low - day, high + day)
        # A local time belongs to the later offset from the moment at which the clock shows it.
        pieces = [(start + max(before, after), before) for (start, before, after) in changes]
        return f"CASE WHEN aware THEN moment ELSE moment - ({steps('moment', pieces, offset_at(self.zone, high + day))}) END"

    def _local(self, low: int, high: int) -> str:
        """SQL of the local time of an instant, in seconds."""
        changes = offset_changes(self.zone, low, high)
        return f"moment + ({steps('moment', [(start, before) for start, before, _ in changes], offset_at(self.zone, high))})"

    def _build(self, hours: np.ndarray, total: int, set_aside: int) -> Telemetry:
        names = [row[0] for row in self.db.execute("SELECT DISTINCT server FROM r ORDER BY server").fetchall()]
        position = {name: index for index, name in enumerate(names)}
        pieces = ", ".join(f"avg({m})::FLOAT AS {m}_mean, max({m}) AS {m}_max" for m in self.metrics)
        counted = (
            "count(DISTINCT moment)"
            if len(self.metrics) > 1 and "cpu" not in self.metrics
            else f"count({self.metrics[0]})"
        )
        self.db.execute(
            "CREATE TABLE ids AS SELECT server, (row_number() OVER (ORDER BY server) - 1)::INTEGER AS id FROM (SELECT DISTINCT server FROM r)"
        )
        found = self.db.execute(
            f"SELECT id, h, n, {', '.join(f'{m}_mean, {m}_max' for m in self.metrics)} FROM "
            f"(SELECT server, moment // {SECONDS_PER_HOUR} AS h, {counted}::INTEGER AS n, {pieces} FROM r GROUP BY ALL) JOIN ids USING (server)"
        ).fetchnumpy()
        rows = np.asarray(found["id"], dtype=np.int64)
        columns = np.asarray(found["h"], dtype=np.int64) - hours[0] // SECONDS_PER_HOUR
        shape = (len(names), len(hours))
        readings = np.zeros(shape, dtype=np.int32)
        readings[rows, columns] = np.asarray(found["n"], dtype=np.int32)
        mean: dict[str, np.ndarray] = {}
        maximum: dict[str, np.ndarray] = {}
        for metric in self.metrics:
            for store, label in ((mean, "mean"), (maximum, "max")):
                grid = np.full(shape, np.nan, dtype=np.float32)
                grid[rows, columns] = np.ma.filled(found[f"{metric}_{label}"].astype(np.float32), np.nan)
                store[metric] = grid
        del found
        interval = _intervals(readings)
        expected = np.maximum(1.0, len(hours) * SECONDS_PER_HOUR / interval)
        per_hour = np.maximum(1, SECONDS_PER_HOUR // interval)
        coverage = np.minimum(1.0, np.minimum(readings, per_hour[:, None]).sum(axis=1) / expected)
        slots, overall = self._slots(names, position, hours, coverage)
        self._tell(names, hours, interval, coverage)
        return Telemetry(
            tuple(names), hours, self.zone_name, mean, maximum, readings, slots, interval, coverage, overall,
            tuple((item.name, item.sha256) for item in self.inputs), int(total), int(set_aside), tuple(self.notes),
        )  # fmt: skip

    def _slots(
        self, names: list[str], position: dict[str, int], hours: np.ndarray, coverage: np.ndarray
    ) -> tuple[dict[tuple[str, str], Profile], dict[tuple[str, str], np.ndarray]]:
        local = self._local(int(hours[0]), int(hours[-1]) + SECONDS_PER_HOUR)
        hour = f"(({local}) // {SECONDS_PER_HOUR}) % 24"
        # 1970-01-01 was a Thursday: days 2 and 3 of each seven are Saturday and Sunday.
        weekend = f"(CASE WHEN (({local}) // 86400) % 7 IN (2, 3) THEN 24 ELSE 0 END)"
        labels = {
            "day": tuple(f"{h:02d}" for h in range(24)),
            "week": tuple(f"{part} {h:02d}" for part in ("weekday", "weekend") for h in range(24)),
        }
        slots: dict[tuple[str, str], Profile] = {}
        overall: dict[tuple[str, str], np.ndarray] = {}
        for metric in self.metrics:
            stats = f"avg({metric}) AS a, quantile_cont({metric}, 0.95) AS p, max({metric}) AS x"
            for shape, slot in (("day", hour), ("week", f"{hour} + {weekend}"), ("all", "0")):
                found = self.db.execute(
                    f"SELECT server, {slot} AS s, {stats} FROM r WHERE {metric} IS NOT NULL GROUP BY ALL"
                ).fetchnumpy()
                rows = np.array([position[name] for name in found["server"]], dtype=np.int64)
                columns = np.asarray(found["s"], dtype=np.int64)
                grids = []
                for label in ("a", "p", "x"):
                    grid = np.full((len(names), SHAPES.get(shape, 1)), np.nan)
                    grid[rows, columns] = np.ma.filled(np.ma.asarray(found[label]).astype(np.float64), np.nan)
                    grids.append(grid)
                if shape == "all":
                    for statistic, grid in zip(("mean", "p95", "maximum"), grids, strict=True):
                        overall[metric, statistic] = grid[:, 0]
                else:
                    slots[metric, shape] = Profile(tuple(names), labels[shape], grids[0], grids[1], grids[2], coverage)
        return slots, overall

    def _tell(self, names: list[str], hours: np.ndarray, interval: np.ndarray, coverage: np.ndarray) -> None:
        usual = int(np.median(interval))
        days = len(hours) / 24
        self.notes.append(
            stored(
                "{names:,} servers over {days:.1f} days, a reading every {usual} {value}; each hour keeps its mean "
                "and maximum. Peaks shorter than the sample are not visible.",
                names=len(names),
                days=days,
                usual=usual // 60 if usual >= 60 else usual,
                value=stored("minutes") if usual >= 60 else stored("seconds"),
            )
        )
        if days < 7:
            self.notes.append(
                stored("The history is shorter than a week: weekdays and weekends cannot be told apart in full.")
            )
        thin = int((coverage < 0.8).sum())
        if thin:
            self.notes.append(
                stored("{thin:,} servers have less than 80 % of the readings expected over the history.", thin=thin)
            )


def _number(column: str, item: Input) -> str:
    text = f"{column}::VARCHAR"
    if item.kind == "parquet":
        return f"TRY_CAST({column} AS FLOAT)"
    if item.delimiter == ";":
        text = f"replace({text}, ',', '.')"
    return (
        f"TRY_CAST(rtrim({text}, ' %') AS FLOAT)"
        if any("%" in line for line in item.sample[:5])
        else f"TRY_CAST({text} AS FLOAT)"
    )


def _stamp(at: int | None) -> str:
    return "at an unknown time" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _intervals(readings: np.ndarray) -> np.ndarray:
    """Usual distance of two readings of each server, seconds: from the commonest count of an hour."""
    out = np.full(readings.shape[0], SECONDS_PER_HOUR, dtype=np.int64)
    for index, row in enumerate(readings):
        there = np.flatnonzero(row)
        if not there.size:
            continue
        common = int(np.bincount(row[there]).argmax())
        if common > 1:
            out[index] = SECONDS_PER_HOUR // common
        elif there.size > 1:
            out[index] = int(np.bincount(np.diff(there)).argmax()) * SECONDS_PER_HOUR
    return out

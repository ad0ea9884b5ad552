"""Times as files write them, to SQL that reads them: ISO, epoch, dotted and slashed dates."""

from __future__ import annotations

import csv
import gzip
import re
from typing import Any

from calc.errors import AmbiguousUnitError
from calc.language import joined, stored
from calc.telemetry.sources import Input, sql_name, sql_text


class Times:
    """Finds the form of the times of a file.

    Parameters
    ----------
    db : connection of the engine
    assume : dict of str to str
        ``{"timestamp": "day first"}`` or ``"month first"`` where the file itself does not tell.
    """

    def __init__(self, db: Any, assume: dict[str, str]) -> None:
        self.db, self.assume = db, assume

    def _one(self, query: str) -> Any:
        return self.db.execute(query).fetchone()

    def sql(self, item: Input) -> tuple[str, str]:
        """SQL of the time in seconds as it stands, and whether it is an instant."""
        column = sql_name(item.layout.time)
        if item.kind == "parquet":
            kind = str(self._one(f"SELECT typeof({column}) FROM read_parquet({sql_text(str(item.path))}) LIMIT 1")[0])
            if kind.startswith("TIMESTAMP"):
                aware = "true" if "TIME ZONE" in kind else "false"
                return f"epoch({column})::BIGINT", aware
            if "INT" in kind or kind in ("DOUBLE", "FLOAT"):
                return f"(CASE WHEN {column} > 1e11 THEN {column} / 1000 ELSE {column} END)::BIGINT", "true"
        text = f"trim({column}::VARCHAR)"
        samples = self._time_samples(item, column)
        first = samples[0] if samples else ""
        if first.replace(".", "", 1).isdigit() and len(first.split(".")[0]) in (10, 13):
            number = f"TRY_CAST({text} AS DOUBLE)"
            return f"(CASE WHEN {number} > 1e11 THEN {number} / 1000 ELSE {number} END)::BIGINT", "true"
        forms = self._date_forms(item, samples)
        if forms is None:
            # A cast to TIMESTAMP would drop an offset unseen; this one minds it, and reads the others as UTC.
            offset = f"coalesce(regexp_matches({text}, '([zZ]|:[0-9]{{2}}[+-][0-9]{{2}}(:?[0-9]{{2}})?)$'), false)"
            return f"epoch(TRY_CAST({text} AS TIMESTAMPTZ))::BIGINT", offset
        return f"epoch(try_strptime({text}, [{', '.join(map(sql_text, forms))}]))::BIGINT", "false"

    def _time_samples(self, item: Input, column: str) -> list[str]:
        if item.kind == "parquet":
            rows = self.db.execute(
                f"SELECT {column}::VARCHAR FROM read_parquet({sql_text(str(item.path))}) LIMIT 200"
            ).fetchall()
            return [str(row[0]).strip() for row in rows if row[0] is not None]
        parsed = list(csv.reader(item.sample, delimiter=item.delimiter))
        with item.path.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
        opener: Any = gzip.open if packed else open
        with opener(item.path, "rt", encoding="utf-8-sig", errors="replace") as stream:
            header = next(csv.reader([stream.readline()], delimiter=item.delimiter), [])
        position = [text.strip() for text in header].index(item.layout.time)
        return [row[position].strip() for row in parsed if position < len(row)]

    def _date_forms(self, item: Input, samples: list[str]) -> list[str] | None:
        """Formats of dates that are not ISO; None where they are."""
        first = samples[0] if samples else ""
        if re.match(r"\d{1,2}\.\d{1,2}\.\d{4}", first):  # with dots the day is first wherever it is written
            return ["%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"]
        if re.match(r"\d{4}\.\d", first):
            return ["%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M"]
        if re.match(r"\d{4}/\d", first):
            return ["%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"]
        if re.match(r"\d{1,2}/\d", first):
            return self._slashed(item, samples)
        return None

    def _slashed(self, item: Input, samples: list[str]) -> list[str]:
        """Day or month first: the largest of the two fields decides, over the whole file."""
        answer = self.assume.get("timestamp", "")
        clock = "%I:%M:%S %p" if any(text[-2:].upper() in ("AM", "PM") for text in samples) else "%H:%M:%S"
        short = clock.replace(":%S", "")
        day = [f"%d/%m/%Y {clock}", f"%d/%m/%Y {short}"]
        month = [f"%m/%d/%Y {clock}", f"%m/%d/%Y {short}"]
        if answer:
            if answer not in ("day first", "month first"):
                raise AmbiguousUnitError(
                    stored("assume timestamp = {answer!r}: say day first or month first", answer=answer),
                    "timestamp",
                    item.layout.time,
                    ("day first", "month first"),
                )
            return day if answer == "day first" else month
        column = (
            f"split_part(trim({sql_name(item.layout.time)}), '/', 1)",
            f"split_part(trim({sql_name(item.layout.time)}), '/', 2)",
        )
        source = f"read_csv({sql_text(str(item.path))}, header=true, delim={sql_text(item.delimiter)}, all_varchar=true, quote='\"', strict_mode=false, null_padding=true)"
        first, second = self._one(
            f"SELECT max(TRY_CAST({column[0]} AS INT)), max(TRY_CAST({column[1]} AS INT)) FROM {source}"
        )
        if (first or 0) > 12 >= (second or 0):
            return day
        if (second or 0) > 12 >= (first or 0):
            return month
        asked = stored(
            "{name}: times such as {samples!r} could have the day or the month first",
            name=item.name,
            samples=samples[0],
        )
        way_out = stored(
            "State it: assume={{'timestamp': 'day first'}} in Python, --assume 'timestamp=day first' on the command line"
        )
        raise AmbiguousUnitError(
            joined((asked, way_out), ". "), "timestamp", item.layout.time, ("day first", "month first"), asked
        )

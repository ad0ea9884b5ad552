"""Recognises readings over time by their header: telemetry is read by its own module, not cell by cell."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field

from calc.errors import InventoryError
from calc.inventory.columns import find_column, parse_header
from calc.inventory.delimited import decode, delimiter_of

_TIME = {
    "timestamp", "time", "datetime", "date", "datetimeutc", "timestamputc", "timeutc", "sampletime", "collected", "collectedat",
    "collectiontime", "readingtime", "ts", "epoch", "unixtime", "시간", "일시", "시각", "수집시간",
}  # fmt: skip
_SERVER = {"machineid", "serverid", "instance", "entity", "resource", "object"}
_STAMP = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T]\d{1,2}:\d{2}|^\d{10}(?:\d{3})?$")
_METRICS = {
    "cpu_mean": "cpu", "cpu_p95": "cpu", "cpu_peak": "cpu", "mem_mean": "memory", "mem_p95": "memory", "mem_peak": "memory",
    "net_p95": "network",
}  # fmt: skip
_BYTES_A_SECOND = {"networkbytespersecsent", "networkbytespersecreceived"}


@dataclass(frozen=True, slots=True)
class SeriesLayout:
    """Where the readings stand in a table.

    Attributes
    ----------
    form : {'long', 'wide'}
        One row a server and time, or one column a server.
    server, time : str
        Headers; ``server`` is "" in the wide form.
    metrics : dict of str to str
        Metric (``cpu``, ``memory``, ``network``) to header.
    units : dict of str to str
        Unit in the metric's header, "" where it names none.
    network_bytes : tuple of str
        Headers of bytes a second that add up to the network.
    """

    form: str
    server: str
    time: str
    metrics: dict[str, str]
    units: dict[str, str] = field(default_factory=dict)
    network_bytes: tuple[str, ...] = ()


def series_layout(headers: list[str], first_row: list[str]) -> SeriesLayout | None:
    """How a table holds readings over time, or None when it does not.

    Examples
    --------
    >>> series_layout(["server", "timestamp", "cpu_pct"], ["a", "2026-03-01 00:00", "7"]).form
    'long'
    >>> series_layout(["Time", "web1", "web2"], ["2026-03-01 00:00", "7", "9"]).form
    'wide'
    >>> series_layout(["hostname", "cores", "purchase date"], ["a", "8", "2019-01-01"]) is None
    True
    """
    keys = ["".join(re.findall(r"[a-z0-9]+|[가-힣]+", text.casefold())) for text in headers]
    times = [index for index, key in enumerate(keys) if key in _TIME]
    if not times or len(headers) < 2:
        return None
    time = headers[times[0]]
    server, metrics, units_, network = "", {}, {}, []
    for index, text in enumerate(headers):
        if index == times[0] or not text:
            continue
        parsed = parse_header(text)
        column = find_column(parsed)
        if keys[index] in _SERVER or (column is not None and column.name == "name"):
            server = server or text
        elif keys[index] in _BYTES_A_SECOND:
            network.append(text)
        elif column is not None and column.name in _METRICS:
            metric = _METRICS[column.name]
            if metric not in metrics:
                metrics[metric], units_[metric] = text, parsed.unit
        elif column is not None and column.name == "cpu_model" and "cpu" not in metrics:
            metrics["cpu"], units_["cpu"] = text, parsed.unit  # a column headed "cpu" beside a time holds readings
        elif column is not None and column.name == "memory_gib" and "memory" not in metrics and not parsed.unit:
            metrics["memory"], units_["memory"] = text, ""
    if server and metrics:
        return SeriesLayout("long", server, time, metrics, units_, tuple(network))
    stamp = first_row[times[0]] if times[0] < len(first_row) else ""
    others = [cell for index, cell in enumerate(first_row) if index != times[0] and cell]
    if not server and times[0] == 0 and _STAMP.search(stamp) and others and all(_is_number(cell) for cell in others):
        return SeriesLayout("wide", "", time, {})
    return None


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?\s*%?", text.strip()))


def head_text(head: bytes) -> str:
    """The whole lines in the first bytes of a text file; "" for what is no text."""
    try:
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            text = head[: len(head) // 2 * 2].decode("utf-16", "ignore")
            return text[: text.rfind("\n") + 1] or text
        return decode(head[: head.rfind(b"\n") + 1] or head, "")[0]
    except InventoryError:
        return ""


def head_layout(text: str) -> tuple[SeriesLayout, str] | None:
    """(layout, delimiter) of delimited text, of which the first lines suffice; None when it is no series."""
    lines = [line for line in text.splitlines()[:3] if line.strip()]
    if len(lines) < 2:
        return None
    delimiter = delimiter_of("\n".join(lines))
    try:
        parsed = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return None
    if len(parsed) < 2:  # a quote that is never closed makes one row of several lines
        return None
    headers, first = ([cell.strip() for cell in row] for row in parsed[:2])
    layout = series_layout(headers, first)
    return (layout, delimiter) if layout else None

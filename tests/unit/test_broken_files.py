"""The corpus of broken files, the limits, and fuzzing: a file is read or refused in words, never otherwise."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import calc
from tests import exports as make
from tests.corpus import CORPUS
from tests.make import csv, workbook


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("name", CORPUS)
def test_broken_files_say_what_is_wrong(name: str) -> None:
    broken = CORPUS[name]
    if broken.fails:
        with pytest.raises(calc.InventoryError, match=broken.says):
            calc.read_inventory(broken.data, name="broken")
        return
    import re

    found = calc.read_inventory(broken.data, name="broken")
    said = " | ".join([*(issue.problem for issue in found.issues), *(m.basis for m in found.mappings)])
    assert re.search(broken.says, said), said
    assert all(issue.way_out and issue.file == "broken" for issue in found.issues)
    assert len(found.workloads) >= 1


def test_identifiers_stay_text_and_formulas_stay_words() -> None:
    found = calc.read_inventory(
        csv("hostname,serial,cores,memory_gib", "001,1e5,8,32", "1e5,0x1F,8,32", "=2+2,+1,8,32", "TRUE,00,8,32")
    )
    assert list(found.servers["server"]) == ["001", "1e5", "=2+2", "TRUE"]
    assert list(found.servers["serial"]) == ["1e5", "0x1F", "+1", "00"]


def test_a_date_cell_of_a_workbook_is_a_date() -> None:
    from datetime import date

    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["hostname", "cores", "memory_gib", "purchase date"])
    sheet.write_row(1, 0, ["a", 8, 32])
    sheet.write_datetime(1, 3, date(2016, 7, 1))
    book.close()
    assert calc.read_inventory(buffer.getvalue()).servers.loc[0, "purchase_date"] == pytest.approx(2016.497)


@pytest.mark.parametrize(
    ("limits", "data", "name"),
    [
        ({"rows": 2}, csv("hostname,cores,memory_gib", "a,8,32", "b,8,32"), "rows"),
        ({"columns": 2}, csv("hostname,cores,memory_gib", "a,8,32"), "columns"),
        ({"rows": 2}, workbook({"S": [["hostname", "cores", "memory_gib"], ["a", 8, 32], ["b", 8, 32]]}), "rows"),
        ({"columns": 2}, workbook({"S": [["hostname", "cores", "memory_gib"], ["a", 8, 32]]}), "columns"),
        ({"cells": 5}, workbook({"S": [["hostname", "cores", "memory_gib"], ["a", 8, 32]]}), "cells"),
        ({"files": 1}, make.archive({"a.json": make.ansible("a"), "b.json": make.ansible("b")}), "files"),
        ({"file_mib": 1}, b"x" * (2 << 20), "file_mib"),
        ({"unpacked_mib": 1}, make.archive({"a.csv": b"x" * (3 << 20)}), "unpacked_mib"),
    ],
)
def test_limits_are_named_with_the_way_to_raise_them(limits: dict[str, int], data: bytes, name: str) -> None:
    with pytest.raises(calc.InventoryError, match=f"limit {name} = .*--limit {name}="):
        calc.read_inventory(data, limits=calc.ReadLimits(**limits))


def test_a_limit_is_raised_by_what_the_message_says() -> None:
    data = csv("hostname,cores,memory_gib", "a,8,32", "b,8,32")
    assert len(calc.read_inventory(data, limits=calc.ReadLimits(rows=3)).servers) == 2
    with pytest.raises(calc.InputError, match="limit rows = 0"):
        calc.ReadLimits(rows=0)


def outcome(data: bytes) -> None:
    """Reads, or is refused in words."""
    try:
        found = calc.read_inventory(
            data,
            name="fuzz",
            limits=calc.ReadLimits(file_mib=4, unpacked_mib=16, rows=5000, columns=200, cells=100_000),
        )
    except calc.InventoryError as error:
        assert str(error)
        return
    assert (found.servers["cores"].dropna() > 0).all() and (found.servers["memory_gib"].dropna() > 0).all()
    assert found.workloads["workload"].is_unique and found.servers["server"].is_unique


QUIET = settings(
    max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
CELL = st.one_of(
    st.sampled_from(
        [
            "",
            "8",
            "32",
            "1e5",
            "-1",
            "NaN",
            "inf",
            "12,5",
            "1.024,7",
            "50%",
            "64 GB",
            "2016-07-01",
            "=1+1",
            "poweredOn",
            "True",
            "yes",
            "€",
            "서버",
        ]
    ),
    st.text(max_size=12),
)
HEAD = st.sampled_from(
    ["hostname", "cores", "memory_gib", "memory", "Memory (GB)", "CPU model", "sockets", "CPUs", "cpu avg", "cpu p95", "disk", "serial", "uuid", "os", "virtual",
     "VM", "Powerstate", "Host", "# Cores", "# Memory", "purchase date", "exclude", "timestamp", "*Server name", "*Cores", "*Memory (In MB)", "*OS name", "MachineId",
     "estate_record", "server", "workload", "", "x"]
)  # fmt: skip


@QUIET
@given(st.binary(max_size=400))
@example(b'"\x0b\x01')  # a quote that is never closed over two lines
def test_any_bytes(data: bytes) -> None:
    outcome(data)


@QUIET
@given(
    st.sampled_from(
        [
            b"PK\x03\x04",
            b"\x1f\x8b\x08",
            b"PAR1",
            b"\xff\xfe",
            b"{",
            b"[",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"<html>",
        ]
    ),
    st.binary(max_size=300),
)
def test_any_bytes_behind_a_true_beginning(start: bytes, rest: bytes) -> None:
    outcome(start + rest)


@QUIET
@given(st.lists(HEAD, min_size=1, max_size=8), st.lists(st.lists(CELL, max_size=9), max_size=8), st.sampled_from([",", ";", "\t", "|"]),
       st.sampled_from(["utf-8", "utf-16", "cp949", "latin-1"]))  # fmt: skip
def test_any_table(header: list[str], rows: list[list[str]], delimiter: str, encoding: str) -> None:
    text = "\n".join(delimiter.join(line) for line in [header, *rows])
    outcome(text.encode(encoding, "replace"))


STAMP = st.one_of(
    st.sampled_from(["2026-03-02 10:00:00", "2026-03-02T10:00:00+02:00", "2026-03-02T10:00Z", "1772445600", "1772445600000", "02.03.2026 10:00", "02/03/2026 10:00",
                     "25/03/2026 10:00", "", "never", "9999-12-31 23:59:59", "0001-01-01 00:00"]),
    st.text(max_size=10),
)  # fmt: skip


@settings(QUIET, max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "", "é", "'; DROP TABLE raw; --"]), STAMP, CELL), max_size=8), st.sampled_from([",", ";", "\t"]),
       st.sampled_from(["server{0}timestamp{0}cpu_pct", "server{0}timestamp{0}cpu", "Time{0}a{0}b"]), st.sampled_from(["UTC", "Europe/Berlin"]))  # fmt: skip
def test_any_telemetry(rows: list[tuple[str, str, str]], delimiter: str, header: str, zone: str) -> None:
    lines = [
        header.format(delimiter),
        *(delimiter.join(row if "server" in header else (row[1], row[2], row[2])) for row in rows),
    ]
    try:
        found = calc.read_telemetry("\n".join(lines).encode(), time_zone=zone)
    except calc.InventoryError as error:
        assert str(error)
        return
    for values in (*found.mean.values(), *found.maximum.values()):
        assert not (values < 0).any() and not (found.coverage > 1).any()


@QUIET
@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(["workbook", "zip", "nutanix"]))
def test_one_wrong_byte_in_a_good_file(at: int, value: int, which: str) -> None:
    good = {"workbook": BOOK, "zip": ZIP, "nutanix": NUTANIX}[which]
    data = bytearray(good)
    data[at % len(data)] = value
    outcome(bytes(data))


@QUIET
@given(st.integers(0, 10_000), st.sampled_from(["workbook", "zip", "nutanix", "json"]))
def test_any_good_file_cut_short(at: int, which: str) -> None:
    good = {"workbook": BOOK, "zip": ZIP, "nutanix": NUTANIX, "json": make.ansible("a")}[which]
    outcome(good[: at % len(good)])


BOOK = workbook({"S": [["hostname", "cores", "memory_gib"], ["good", 8, 32]]})
ZIP = make.archive({"a.json": make.ansible("a"), "b.json": make.ansible("b")})
NUTANIX = make.nutanix()


def test_a_zip_of_clutter_reads_what_matters() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr("__MACOSX/._a.csv", b"\x00\x05\x16\x07")
        out.writestr("a.csv", csv("hostname,cores,memory_gib", "a,8,32"))
    assert len(calc.read_inventory(buffer.getvalue()).servers) == 1


def test_an_answer_to_a_question_nobody_asked_is_refused() -> None:
    with pytest.raises(calc.InputError, match="no such column"):
        calc.read_inventory(csv("hostname,cores,memory_gib", "a,8,32"), assume={"memmory": "MiB"})


def test_virtual_machines_alone_say_what_is_missing() -> None:
    found = calc.read_inventory(csv("hostname,cores,memory_gib,virtual", "a,8,32,yes", "b,8,32,yes"))
    assert any("no server is listed at all" in note for note in found.notes)
    with pytest.raises(calc.InventoryError, match="no workload takes part"):
        calc.assess(found)
    with pytest.raises(calc.InventoryError, match="give a list of the hosts"):
        calc.assess(found, calc.Scenario(unmatched_workloads="assume_server"))

"""Broken files, each with what reading it must say. Made here, so that each mistake is in plain sight."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

import xlsxwriter

from tests import exports as make
from tests.make import V_HOST, V_INFO, csv, host_row, vm_row, workbook

HEADER = "hostname,cores,memory_gib"
GOOD = "good,8,32"


@dataclass(frozen=True)
class Broken:
    """A file, and the words that its error (``fails``) or its first issue or note must hold."""

    data: bytes
    says: str
    fails: bool = True


def rows(*lines: str, header: str = HEADER) -> bytes:
    return csv(header, *lines)


def kept(*lines: str, says: str, header: str = HEADER) -> Broken:
    """A file of which the good row is used, and whose bad row is reported."""
    return Broken(rows(*lines, header=header), says, fails=False)


def _bomb(members: int = 3, mib: int = 600) -> bytes:
    """An archive whose directory admits to more than the limit."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        block = b"0" * (1 << 20)
        for number in range(members):
            with out.open(f"{number}.csv", "w") as member:
                for _ in range(mib):
                    member.write(block)
    return buffer.getvalue()


def _lying_bomb() -> bytes:
    """One member of 2 GiB of zeros that the directory says is 1 kB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b"0" * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(2048)) + packer.flush()
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, 0, len(packed), 1000, 5, 0) + b"a.csv"
    central = (
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, 0, len(packed), 1000, 5, 0, 0, 0, 0, 0, 0)
        + b"a.csv"
    )
    start = len(local) + len(packed)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(central), start, 0)
    return local + packed + central + end


def _far_corner() -> bytes:
    """A workbook with one cell at the far corner: 17 billion blanks if it were made whole."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "hostname")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    return buffer.getvalue()


def _formulas() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["hostname", "cores", "memory_gib"])
    sheet.write_row(1, 0, ["good", 8, 32])
    sheet.write(2, 0, "calculated")
    sheet.write_formula(2, 1, "=2*4", None, "")  # never calculated: no value is stored
    sheet.write(2, 2, 32)
    book.close()
    return buffer.getvalue()


def _error_cells() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["hostname", "cores", "memory_gib"])
    sheet.write_row(1, 0, ["good", 8, 32])
    sheet.write_row(2, 0, ["broken", 8])
    sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
    book.close()
    return buffer.getvalue()


def _merged_headers() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.merge_range(0, 1, 0, 2, "Hardware")
    sheet.write_row(1, 0, ["hostname", "cores", "memory_gib"])
    sheet.write_row(2, 0, ["good", 8, 32])
    sheet.write_row(3, 0, ["bad", 8, "?"])
    book.close()
    return buffer.getvalue()


def _encrypted_zip() -> bytes:
    data = bytearray(make.archive({"servers.csv": rows(GOOD)}))
    data[6] |= 1  # the local header's flag
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


BOOK = workbook({"S": [["hostname", "cores", "memory_gib"], ["good", 8, 32]]})

CORPUS: dict[str, Broken] = {
    # Not a table at all
    "empty file": Broken(b"", "is empty"),
    "only spaces": Broken(b"  \n\t\n ", "is empty"),
    "only a byte order mark": Broken(b"\xef\xbb\xbf", "holds no rows|no header"),
    "binary": Broken(b"\x00\x01\x02\x03\xff" * 50, "binary data"),
    "an executable": Broken(b"MZ\x90\x00\x03\x00\x00\x00", "binary data"),
    "a picture": Broken(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary data"),
    "a PDF": Broken(b"%PDF-1.7\n%\xe2\xe3", "PDF document"),
    "an old or protected workbook": Broken(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "password-protected"),
    "HTML saved as .xls": Broken(b"<html><table><tr><td>hostname</td></tr></table></html>", "web page"),
    "HTML with a doctype": Broken(b"<!DOCTYPE html>\n<html></html>", "web page"),
    "XML": Broken(b"<?xml version='1.0'?><inventory/>", "is XML"),
    "Parquet": Broken(b"PAR1" + b"\x00" * 40 + b"PAR1", "Parquet|telemetry"),
    "JSON that is cut short": Broken(b'{"ansible_facts": {"ansible_hostname": "a"', "not valid JSON"),
    "JSON without facts": Broken(b'{"a": 1, "b": [2]}', "Ansible facts"),
    "JSON nested without end": Broken(b"[" * 100_000, "nested too deeply|not valid JSON"),
    "UTF-16 cut in a character": Broken(b"\xff\xfe" + "hostname,cores\na,8\n".encode("utf-16-le") + b"\x41", "broken further on"),
    # Archives and workbooks
    "truncated zip": Broken(make.archive({"a.csv": rows(GOOD)})[:60], "damaged or cut short"),
    "truncated workbook": Broken(BOOK[: len(BOOK) // 2], "damaged or cut short|not a readable"),
    "zip without a directory": Broken(b"PK\x03\x04" + b"\x00" * 100, "not a readable XLSX workbook or zip"),
    "empty zip": Broken(make.archive({}), "holds no rows"),
    "zip bomb": Broken(_bomb(), "unpacked_mib"),
    "zip bomb that lies": Broken(_lying_bomb(), "unpacked_mib"),
    "gz bomb": Broken(gzip.compress(b"0" * (1100 << 20), 6), "unpacked_mib"),
    "damaged gz": Broken(gzip.compress(rows(GOOD))[:-12], "damaged gz|no header|is empty"),
    "zip with a password": Broken(_encrypted_zip(), "password-protected|password"),
    "zip in a zip": Broken(make.archive({"inner.zip": make.archive({"a.csv": rows(GOOD)})}), "archive in an archive"),
    "workbook with a cell at the far corner": Broken(_far_corner(), "the limit rows"),
    "workbook without cells": Broken(workbook({"Empty": []}), "holds no rows"),
    "workbook of text only": Broken(workbook({"Notes": [["see other file"]]}), "no header row"),
    # Headers
    "no header": Broken(b"web1,8,32\nweb2,8,64\n", "no header row"),
    "header only": Broken(rows(), "no row below them"),
    "no name": Broken(rows("8,32", header="cores,memory_gib"), "a name"),
    "no memory": Broken(rows("a,8", header="hostname,cores"), "no column for memory"),
    "no cores": Broken(rows("a,32", header="hostname,memory_gib"), "a core count"),
    "one column": Broken(b"hostname\na\nb\n", "no header row"),
    "duplicated headers": Broken(rows("good,8,32,64", header="hostname,cores,memory_gib,memory_gib"), "duplicate", fails=False),
    "merged headers": Broken(_merged_headers(), "not a number", fails=False),
    "unit nobody can guess": Broken(rows("a,8,1024", header="hostname,cores,memory"), "could be GiB or MiB"),
    "share nobody can guess": Broken(rows("a,8,32,1.4", header="hostname,cores,memory_gib,cpu usage"), "could be fraction or %"),
    "disk nobody can guess": Broken(rows("a,8,32,30000", header="hostname,cores,memory_gib,disk"), "could be GiB or MiB"),
    "sockets or cores": Broken(rows("a,4,32", header="hostname,CPUs,memory_gib"), "sockets or cores"),
    "RVTools without vHost": Broken(workbook({"vInfo": [V_INFO, vm_row("a", "esx1")]}), "vHost is missing"),
    "RVTools without vCPUs": Broken(workbook({"vHost": [V_HOST, host_row("e")], "vInfo": [["VM", "Powerstate", "CPUs", "Memory", "Host"], ["a", "poweredOn", "", 8192, "e"], ["b", "poweredOn", 2, 8192, "e"]]}), "no vCPUs", fails=False),
    "NetBox alone": Broken(make.table(make.NETBOX, {"name": "a", "rack": "R1"}), "carry no cores"),
    "telemetry alone": Broken(rows("a,2026-03-01 10:00,5", header="server,timestamp,cpu_pct"), "telemetry"),
    # Rows
    "open quote": Broken(b'hostname,cores,memory_gib\n"a,8,32\nb,8,32\n', "line 2: a quote is opened and never closed"),
    "open quote behind good rows": Broken(
        b'hostname,cores,memory_gib,note\na,8,32,\nb,8,32,"two supplies\nc,8,32,\n', "line 3: a quote is opened and never closed"
    ),
    "open quote over megabytes": Broken(b'hostname,cores,memory_gib\n"' + b"a,8,32\n" * 300_000, "check the quotes"),
    "negative memory": kept(GOOD, "bad,8,-32", says="is negative"),
    "negative cores": kept(GOOD, "bad,-8,32", says="is negative"),
    "zero cores": kept(GOOD, "bad,0,32", says="zero cores"),
    "zero memory": kept(GOOD, "bad,8,0", says="zero memory"),
    "half a core": kept(GOOD, "bad,2.5,32", says="whole number"),
    "absurd memory": kept(GOOD, "bad,8,1e300", says="more than any server has"),
    "absurd cores": kept(GOOD, "bad,99999999,32", says="more than any server has"),
    "infinite memory": kept(GOOD, "bad,8,inf", says="is not a number"),
    "minus infinity": kept(GOOD, "bad,8,-Infinity", says="is not a number"),
    "NaN memory": kept(GOOD, "bad,8,NaN", says="is not a number"),
    "words for a number": kept(GOOD, "bad,eight,32", says="is not a number"),
    "a number with underscores": kept(GOOD, "bad,8,1_000", says="is not a number"),
    "hexadecimal": kept(GOOD, "bad,0x10,32", says="is not a number"),
    "a foreign unit": kept(GOOD, "bad,8,32 MHz", says="does not fit"),
    "a date for a number": kept(GOOD, "bad,8,2016-07-31", says="is not a number"),
    "no name in the row": kept(GOOD, ",8,32", says="has no name"),
    "the name null": kept(GOOD, "NULL,8,32", says="has no name"),
    "same name twice": kept(GOOD, "GOOD,8,64", says="same name as row 2"),
    "header repeated": kept(GOOD, HEADER, says="repeats the header"),
    "more cells than headers": kept(GOOD, "bad,8,32,64", says="4 cells where the header has 3"),
    "fewer cells than headers": kept(GOOD, "bad,8", says="no memory"),
    "a cell of 10,000 characters": kept(GOOD, "x" * 10_000 + ",8,32", says="longer than 1,000"),
    "a number of 10,000 digits": kept(GOOD, "bad,8," + "9" * 10_000, says="is not a number"),
    "NUL in a name": Broken(rows(*[f"s{i},8,32" for i in range(600)], "a\x00b,8,32"), "cannot be shown", fails=False),
    "a bell in a name": kept(GOOD, "a\x07b,8,32", says="cannot be shown"),
    "mixed encodings": Broken("hostname,cores,memory_gib\n회계서버,8,32\n".encode() + b"m\xfcnchen,8,32\n", "cannot be shown or decoded", fails=False),
    "utilisation over 100 %": kept(GOOD + ",50", "bad,8,32,180", says="more than 100 %", header=HEADER + ",CPU %"),
    "negative utilisation": kept(GOOD + ",50", "bad,8,32,-5", says="is negative", header=HEADER + ",CPU %"),
    "peak below average": kept(GOOD + ",10,20", "bad,8,32,50,20", says="is below", header=HEADER + ",CPU avg %,CPU max %"),
    "a date day or month first": kept(GOOD + ",2020", "bad,8,32,03/04/2016", says="day or month first", header=HEADER + ",purchase date"),
    "a date as a serial number": kept(GOOD + ",2020", "bad,8,32,43831", says="not a date", header=HEADER + ",purchase date"),
    "neither virtual nor physical": kept(GOOD + ",no", "bad,8,32,perhaps", says="physical or virtual", header=HEADER + ",virtual"),
    "an unknown CPU and no cores": kept("good,8,32,", "bad,,32,Z80", says="not in the CPU table", header=HEADER + ",cpu model"),
    "formula without a value": Broken(_formulas(), "no core count", fails=False),
    "division by zero": Broken(_error_cells(), "no memory|is not a number", fails=False),
}  # fmt: skip

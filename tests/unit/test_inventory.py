"""Reading a plain physical inventory: headers, units, bad rows."""

from __future__ import annotations

import io

import pytest

import calc
from calc.inventory.columns import find_column, parse_header
from tests.make import csv, inventory, workbook

HEADER = "hostname,cores,memory_gib"


def named(data: bytes, name: str) -> io.BytesIO:
    buffer = io.BytesIO(data)
    buffer.name = name
    return buffer


@pytest.mark.parametrize(
    ("header", "column", "unit"),
    [
        ("Memory (GB)", "memory_gib", "gb"),
        ("RAM_GiB", "memory_gib", "gib"),
        ("*Cores", "cores", ""),
        ("메모리(GB)", "memory_gib", "gb"),
        ("*Memory (In MB)", "memory_gib", "mb"),
        ("MemoryMiB", "memory_gib", "mib"),
        ("  HOST-NAME ", "name", ""),
        ("호스트명", "name", ""),
        ("코어수", "cores", ""),
        ("CPU utilization percentage", "cpu_mean", "percentage"),
        ("CPU %", "cpu_mean", "%"),
        ("Number of cores", "cores", ""),
        ("CPU p95 %", "cpu_p95", "%"),
        ("Mem p95 %", "mem_p95", "%"),
        ("Power (W)", "power_w", "w"),
        ("Rack units", "rack_units", ""),
        ("cpu_p95", "cpu_p95", ""),
        ("net_mbps_p95", "net_p95", "mbps"),
        ("Anti-affinity group", "anti_affinity", ""),
        ("annual_maintenance", "maintenance_per_year", ""),
    ],
)
def test_headers_are_recognised_with_their_unit(header: str, column: str, unit: str) -> None:
    parsed = parse_header(header)
    found = find_column(parsed)
    assert found is not None and found.name == column
    assert parsed.unit == unit


def test_name_cores_and_memory_suffice() -> None:
    found = inventory(HEADER, "web1,8,32")
    assert found.servers[["server", "cores", "memory_gib"]].to_numpy().tolist() == [["web1", 8.0, 32.0]]
    assert found.issues == ()


def test_a_cpu_model_stands_in_for_cores() -> None:
    answer = calc.assess(
        inventory("hostname,cpu_model,sockets,memory_gib", "db1,Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz,2,128")
    )
    assert answer.estate.servers.loc[0, "cores"] == 28
    assert any(item.field == "cores" and item.count == 1 for item in answer.assumed)


@pytest.mark.parametrize(
    ("row", "column", "value", "problem"),
    [
        ("web2,8,-1", "memory_gib", "-1", "negative"),
        ("web2,8,", "memory_gib", "", "no memory"),
        ("web2,8,NaN", "memory_gib", "NaN", "not a number"),
        ("web2,eight,32", "cores", "eight", "not a number"),
        ("web2,0,32", "cores", "0", "zero"),
        ("web2,2.5,32", "cores", "2.5", "whole"),
        (",8,32", "hostname", "", "no name"),
        ("WEB1,8,32", "hostname", "WEB1", "same name as row 2"),
        ("Hostname,Cores,Memory_GiB", "hostname", "Hostname", "repeats the header"),
        ("web2,8,64 MHz", "memory_gib", "64 MHz", "not fit"),
    ],
)
def test_a_bad_row_is_reported_and_the_good_one_goes_on(row: str, column: str, value: str, problem: str) -> None:
    found = inventory(HEADER, "web1,8,32", row)
    assert list(found.servers["server"]) == ["web1"]
    (issue,) = found.issues
    assert (issue.file, issue.row, issue.column, issue.value, issue.severity) == ("made.csv", 3, column, value, "error")
    assert problem in issue.problem
    assert issue.way_out


@pytest.mark.parametrize(
    ("value", "ok"), [("180", False), ("-5", False), ("100", True), ("0", True), ("45%", True), ("12,5", True)]
)
def test_utilisation_lies_between_0_and_100(value: str, ok: bool) -> None:
    found = inventory("hostname;cores;memory_gib;CPU p95 %", "ok;4;8;50", f"web1;8;32;{value}")
    assert (len(found.servers) == 2) is ok
    assert (found.issues == ()) is ok


def test_all_bad_rows_are_reported_at_once() -> None:
    found = inventory(HEADER, "a,8,32", "b,-1,32", "c,8,-3", "d,8,x", "a,8,32")
    assert [issue.row for issue in found.errors] == [3, 4, 5, 6]


def test_a_peak_below_the_average_is_a_mistake() -> None:
    found = inventory("hostname,cores,memory_gib,CPU avg %,CPU p95 %", "a,8,32,50,20", "b,8,32,20,50")
    assert list(found.servers["server"]) == ["b"]
    assert "below" in found.issues[0].problem


def test_units_scale() -> None:
    gib = inventory("hostname,cores,Memory (GiB),Disk (TB)", "a,8,32,2").servers
    mib = inventory("hostname,cores,Memory (MB),Disk (GB)", "a,8,32768,2048").servers
    assert gib[["memory_gib", "disk_gib"]].equals(mib[["memory_gib", "disk_gib"]])


def test_percent_and_fraction_are_told_apart() -> None:
    percent = inventory("hostname,cores,memory_gib,cpu_mean", "a,8,32,12", "b,8,32,40").servers["cpu_mean"]
    fraction = inventory("hostname,cores,memory_gib,cpu_mean", "a,8,32,0.12", "b,8,32,0.40").servers["cpu_mean"]
    assert percent.tolist() == pytest.approx(fraction.tolist())


def test_how_a_unit_was_known_is_recorded() -> None:
    found = inventory("hostname,cores,Memory (MB),ram size of the fan", "a,8,32768,1")
    basis = {item.header: (item.column, item.basis) for item in found.mappings}
    assert basis["Memory (MB)"] == ("memory_gib", "header")
    assert basis["ram size of the fan"] == ("", "unused")


def test_memory_without_a_unit_is_inferred_when_clear() -> None:
    found = inventory("hostname,cores,memory", "a,8,32768", "b,8,65536")
    assert found.servers["memory_gib"].tolist() == [32, 64]
    assert next(item for item in found.mappings if item.column == "memory_gib").basis == "inferred"


def test_an_ambiguous_unit_is_a_question() -> None:
    data = csv("hostname,cores,memory", "a,8,1024", "b,8,2048")
    with pytest.raises(calc.AmbiguousUnitError, match="could be GiB or MiB") as caught:
        calc.read_inventory(data)
    assert caught.value.column == "memory_gib"
    assert calc.read_inventory(data, assume={"memory_gib": "MiB"}).servers["memory_gib"].tolist() == [1, 2]
    with pytest.raises(calc.InventoryError, match="not a unit"):
        calc.read_inventory(data, assume={"memory_gib": "parsec"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_korean_headers_in_several_encodings(encoding: str) -> None:
    found = calc.read_inventory("서버명,코어수,메모리(GB)\n회계서버,8,32\n".encode(encoding))
    assert list(found.servers["server"]) == ["회계서버"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    text = "hostname,cores,memory_gib\na,8,32\n".replace(",", delimiter)
    assert len(calc.read_inventory(text.encode()).servers) == 1


def test_title_rows_and_quoted_line_breaks_keep_row_numbers() -> None:
    text = 'Inventory of May\n\nhostname,owner,cores,memory_gib\na,"two\nlines",8,32\nb,x,8,-1\n'
    found = calc.read_inventory(text.encode())
    assert len(found.servers) == 1
    assert found.issues[0].row == 6


def test_thousands_and_identifiers_stay_what_they_are() -> None:
    found = inventory("hostname,serial,cores,Memory (MB)", '001,1e5,8,"32,768"')
    assert found.servers.loc[0, ["server", "serial", "memory_gib"]].tolist() == ["001", "1e5", 32.0]


def test_xlsx_reads_like_csv_and_names_sheet_rows() -> None:
    book = workbook(
        {"Notes": [["nothing here"]], "Servers": [["Hostname", "Cores", "Memory (GB)"], ["a", 8, 32], ["b", 8, "lots"]]}
    )
    found = calc.read_inventory(io.BytesIO(book), name="servers.xlsx")
    assert list(found.servers["server"]) == ["a"]
    assert (found.issues[0].sheet, found.issues[0].row) == ("Servers", 3)
    assert "Notes" in found.notes[0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"a,b\n1,2\n", "no header row"),
        (b"\x00\x01\x02\x03", "binary"),
        (b"hostname,cores\na,8\n", r"no column for memory"),
        (b"hostname,memory_gib\na,8\n", "a core count"),
        (b"hostname,cores,memory_gib\na,0,8\n", "the only row cannot be used"),
        (b"hostname,cores,memory_gib\na,0,8\nb,0,8\n", "none of the 2 rows"),
        (b"PK\x03\x04broken", "not a readable XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
        (b'hostname,cores,memory_gib\n"a,8,32\n', "never closed"),
    ],
)
def test_a_file_nobody_can_use_says_why(data: bytes, message: str) -> None:
    with pytest.raises(calc.InventoryError, match=message):
        calc.read_inventory(data)


def test_a_row_with_too_many_cells_is_not_shifted() -> None:
    found = inventory("hostname,cores,memory_gib", "a,8,32", "b,8,32,9")
    assert list(found.servers["server"]) == ["a"]
    assert "4 cells" in found.issues[0].problem


def test_a_missing_file_says_so(tmp_path: object) -> None:
    with pytest.raises(calc.InventoryError, match="cannot read"):
        calc.read_inventory(f"{tmp_path}/absent.csv")


def test_several_files_make_one_estate() -> None:
    first, second = csv(HEADER, "a,8,32", "b,8,32"), csv(HEADER, "c,8,32", "A.corp,8,64")
    both = calc.read_inventories([named(first, "one.csv"), named(second, "two.csv")])
    assert list(both.servers["server"]) == ["a", "b", "c"]
    assert both.matched == {"name": 1}
    [conflict] = both.conflicts
    assert (conflict.name, conflict.column, conflict.kept, conflict.dropped) == ("a", "memory_gib", "32", "64")
    assert (conflict.kept_from, conflict.dropped_from, conflict.matched_by) == ("one.csv", "two.csv", "name")
    assert "first" in conflict.rule
    assert len(both.sources) == 2


def test_the_sample_estate_reports_its_dirty_rows(estate_csv: object) -> None:
    found = calc.read_inventory(estate_csv)  # type: ignore[arg-type]
    assert len(found.servers) > 350
    assert len(found.errors) == 8
    assert all(issue.way_out for issue in found.errors)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2016-07-01", 2016.497),
        ("31.12.2016", 2016.997),
        ("1.2.2016", 2016.085),
        ("12/31/2016", 2016.997),
        ("31/12/2016", 2016.997),
        ("2016", 2016),
        ("03/03/2016", 2016.169),
    ],
)
def test_dates(text: str, year: float) -> None:
    found = inventory("hostname,cores,memory_gib,purchase date", f"a,8,32,{text}")
    assert found.servers.loc[0, "purchase_date"] == pytest.approx(year, abs=0.002)


@pytest.mark.parametrize("text", ["03/04/2016", "last year", "2016-13-01", "1066-10-14"])
def test_an_unclear_date_is_not_used_and_the_server_stays(text: str) -> None:
    found = inventory("hostname,cores,memory_gib,purchase date", f"a,8,32,{text}")
    assert len(found.servers) == 1 and found.servers["purchase_date"].isna().all()
    assert (found.issues[0].severity, found.issues[0].value) == ("warning", text)


@pytest.mark.parametrize("row", ["a,8,1e300", "a,1e15,32", "a,8,99999999"])
def test_a_number_beyond_reason_is_a_mistake(row: str) -> None:
    found = inventory("hostname,cores,memory_gib", row, "b,8,32")
    assert list(found.servers["server"]) == ["b"]
    assert "more than any server has" in found.issues[0].problem

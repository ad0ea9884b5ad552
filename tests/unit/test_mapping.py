"""What the user says about columns: mapping, units, counts; and what the values say themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

import calc
from calc.cli import main
from calc.inventory import ColumnChoice
from calc.inventory.cells import decimal_mark, number
from calc.inventory.files import read_file
from calc.inventory.preview import headers
from tests.make import csv, inventory

STRANGE = csv("Gizmo,Brains,Room,Note", "box1,8,32768,x", "box2,8,65536,y")
MAPPING = calc.ColumnMapping(
    (
        ColumnChoice("Gizmo", "name"),
        ColumnChoice("brains", "cores"),
        ColumnChoice("Room", "memory_gib", "MiB"),
        ColumnChoice("Note", ""),
    )
)


def test_a_mapping_reads_what_nobody_would_guess() -> None:
    with pytest.raises(calc.InventoryError, match="no header row"):
        calc.read_inventory(STRANGE)
    found = calc.read_inventory(STRANGE, mapping=MAPPING)
    assert found.servers["memory_gib"].tolist() == [32, 64]
    assert {item.header: item.basis for item in found.mappings} == {
        "Gizmo": "mapped",
        "Brains": "mapped",
        "Room": "mapped",
        "Note": "unused",
    }
    rule = found.provenance.query("column == 'memory_gib' and table == 'servers'")["rule"].iloc[0]
    assert rule == "column 'Room' in mib, mapped by the user"


def test_a_mapping_beats_recognition_and_known_formats() -> None:
    data = csv("hostname,cores,memory_gib,spare memory (GB)", "a,8,32,64")
    mapping = calc.ColumnMapping(
        (ColumnChoice("memory_gib", ""), ColumnChoice("spare memory (GB)", "memory_gib", "GB"))
    )
    assert calc.read_inventory(data, mapping=mapping).servers.loc[0, "memory_gib"] == 64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("columns = 3", "columns"),
        ("[[columns]]\nheader = 'a'\n", "needs header and field"),
        ("[[columns]]\nheader = 'a'\nfield = 'memmory'\n", "there is no field 'memmory'"),
        ("[[columns]]\nheader = 'a'\nfield = 'memory_gib'\nunit = 'parsec'\n", "not a unit of memory_gib"),
        ("[[columns]]\nheader = 'a'\nfield = 'cores'\nunits = 'MB'\n", "unknown keys: units"),
        ("colums = []", "unknown keys: colums"),
        ("not toml", "not valid TOML"),
    ],
)
def test_a_broken_mapping_says_why(text: str, message: str) -> None:
    with pytest.raises(calc.InputError, match=message):
        calc.ColumnMapping.from_toml(text)


def test_a_mapping_survives_its_file() -> None:
    whole = calc.ColumnMapping(MAPPING.columns, "physical inventory", {"cpu_mean": "%"})
    assert calc.ColumnMapping.from_toml(whole.to_toml()) == whole


def test_preview_shows_headers_of_a_file_that_cannot_be_used() -> None:
    first, *_ = headers(read_file(STRANGE))
    assert (first.header, first.column, first.samples) == ("Gizmo", "", ("box1", "box2"))


@pytest.mark.parametrize(
    ("values", "header", "expected"),
    [
        ((32, 64), "memory", 32),
        ((32768, 65536), "memory", 32),
        ((33554432, 67108864), "memory", 32),
        ((34359738368, 68719476736), "memory", 32),
    ],
)
def test_memory_units_from_the_distribution(values: tuple[int, int], header: str, expected: float) -> None:
    found = inventory(f"hostname,cores,{header}", f"a,8,{values[0]}", f"b,8,{values[1]}")
    assert found.servers.loc[0, "memory_gib"] == pytest.approx(expected)
    assert next(item for item in found.mappings if item.column == "memory_gib").basis == "inferred"


@pytest.mark.parametrize(("values", "gib"), [((500, 900), 500), ((512000, 921600), 500), ((524288000, 943718400), 500)])
def test_disk_units_from_the_distribution(values: tuple[int, int], gib: float) -> None:
    found = inventory("hostname,cores,memory_gib,disk", f"a,8,32,{values[0]}", f"b,8,32,{values[1]}")
    assert found.servers.loc[0, "disk_gib"] == pytest.approx(gib)


@pytest.mark.parametrize(("rows", "column", "choices"), [
    (("a,8,32,0.4", "b,8,32,1.7"), "cpu_mean", ("fraction", "%")),
    (("a,8,32,1", "b,8,32,0"), "cpu_mean", ("fraction", "%")),
])  # fmt: skip
def test_percent_or_fraction_is_asked_where_both_fit(
    rows: tuple[str, ...], column: str, choices: tuple[str, ...]
) -> None:
    data = csv("hostname,cores,memory_gib,cpu usage", *rows)
    with pytest.raises(calc.AmbiguousUnitError) as caught:
        calc.read_inventory(data)
    assert (caught.value.column, caught.value.choices) == (column, choices)
    assert calc.read_inventory(data, assume={column: "%"}).servers[column].max() <= 0.017


def test_cores_of_one_socket_are_told_by_the_cpu_table() -> None:
    each = inventory(
        "hostname,cpu model,sockets,cores,memory_gib",
        "a,Intel Xeon Gold 6130,2,16,64",
        "b,Intel Xeon Gold 6130,2,16,64",
    )
    assert each.servers["cores"].tolist() == [32, 32]
    assert next(item for item in each.mappings if item.column == "cores").unit == "cores per socket"
    total = inventory("hostname,cpu model,sockets,cores,memory_gib", "a,Intel Xeon Gold 6130,2,32,64")
    assert total.servers["cores"].tolist() == [32]
    unknown = inventory("hostname,sockets,cores,memory_gib", "a,2,16,64")
    assert unknown.servers["cores"].tolist() == [16]
    stated = calc.read_inventory(csv("hostname,sockets,cores,memory_gib", "a,2,16,64"), assume={"cores": "per socket"})
    assert stated.servers["cores"].tolist() == [32]


def test_a_column_of_cpus_is_sockets_or_cores() -> None:
    many = inventory("hostname,CPUs,memory_gib", "a,16,64", "b,48,64")
    assert many.servers["cores"].tolist() == [16, 48]  # no server has 48 sockets
    with pytest.raises(calc.AmbiguousUnitError, match="sockets or cores"):
        inventory("hostname,CPUs,memory_gib", "a,4,64")
    assert calc.read_inventory(csv("hostname,CPUs,memory_gib", "a,4,64"), assume={"sockets": "cores"}).servers[
        "cores"
    ].tolist() == [4]


@pytest.mark.parametrize(
    ("values", "mark", "first"),
    [
        (["1.024", "12,5"], ",", 1024.0),
        (["1,024", "12.5"], ".", 1024.0),
        (["1,024"], "", 1024.0),
        (["0,125"], ",", 0.125),
        (["1.234.567,8"], ",", 1234567.8),
    ],
)
def test_decimal_marks(values: list[str], mark: str, first: float) -> None:
    assert decimal_mark(values) == mark
    assert number(values[0], mark)[0] == first


def test_a_column_with_decimal_commas_reads_its_points_as_thousands() -> None:
    found = calc.read_inventory(b"hostname;cores;memory (MB);cpu avg %\na;8;32.768;12,5\nb;8;65.536;7,25\n")
    assert found.servers["memory_gib"].tolist() == [32, 64]
    assert found.servers["cpu_mean"].tolist() == pytest.approx([0.125, 0.0725])


@pytest.mark.parametrize(
    ("encoding", "name", "said"),
    [
        ("utf-8", "München", "utf-8"),
        ("cp949", "회계서버", "cp949"),
        ("latin-1", "Zürich", "cp1252"),
        ("utf-16-le", "Zürich", "utf-16-le"),
    ],
)
def test_encodings_are_found_and_said(encoding: str, name: str, said: str) -> None:
    found = calc.read_inventory(f"hostname,cores,memory_gib\n{name},8,32\n".encode(encoding))
    assert found.servers.loc[0, "server"] == name and found.sources[0].decoding.startswith(said)


def test_the_command_line_asks_by_exit_2_and_takes_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out, table = tmp_path / "a.csv", tmp_path / "estate.csv", tmp_path / "provenance.csv"
    file.write_bytes(csv("hostname,cores,memory", "a,8,1024", "b,8,2048"))
    assert main(["read", str(file)]) == 2
    assert "--assume memory_gib=GiB" in capsys.readouterr().err
    assert main(["read", str(file), "--assume", "memory_gib=MiB", "--out", str(out), "--provenance", str(table)]) == 0
    assert "physical inventory" in capsys.readouterr().out
    assert calc.read_inventory(out).servers["memory_gib"].tolist() == [1, 2]
    assert "stated by the user" in table.read_text()
    mapping = tmp_path / "m.toml"
    mapping.write_text(calc.ColumnMapping((ColumnChoice("memory", "memory_gib", "MiB"),)).to_toml())
    assert main(["read", str(file), "--mapping", str(mapping), "--anonymise", "long enough", "--out", str(out)]) == 0
    assert list(calc.read_inventory(out).servers["server"].str[:8]) == ["machine-", "machine-"]
    assert main(["read", str(file), "--assume", "memory_gib=MiB", "--limit", "rows=1"]) == 2
    assert main(["read", str(file), "--limit", "lines=1"]) == 2
    assert main(["read", str(file), "--format", "nothing"]) == 2

"""The canonical CSV reads back identical; the anonymised estate plans the same and names nothing."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calc
from tests import exports as make
from tests.make import csv, host_row, rvtools, vm_row


def same(one: calc.Inventory, other: calc.Inventory) -> None:
    pd.testing.assert_frame_equal(one.servers, other.servers)
    pd.testing.assert_frame_equal(one.workloads, other.workloads)


@pytest.mark.parametrize(
    "data",
    [
        csv("hostname,cores,memory_gib,CPU p95 %,anti_affinity,exclude", "a,8,32.7,13.37,g,", "001,8,32,,g,PCI card", "b,16,64,9,,yes"),
        rvtools([host_row("esx1"), host_row("esx2")], [vm_row("a", "esx1"), vm_row("b", "boesx2"), vm_row("c", "lost"), vm_row("d", "esx1", power="poweredOff")]),
        make.nutanix(),
        make.live_optics_vmware(),
        make.ansible("lx"),
    ],
)  # fmt: skip
def test_written_estates_read_back_identical(data: bytes, tmp_path) -> None:
    first = calc.read_inventory(data)
    path = tmp_path / "estate.csv"
    text = calc.write_inventory(first, path)
    again = calc.read_inventory(path)
    assert again.format == "canonical estate" and again.issues == ()
    same(first, again)
    assert calc.write_inventory(again) == text


def test_the_sample_reads_back_identical(estate_csv) -> None:
    first = calc.read_inventory(estate_csv)
    same(first, calc.read_inventory(calc.write_inventory(first).encode()))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text("=+-@'\" ,;abcé가\t", min_size=1, max_size=8).filter(str.strip), st.floats(1, 1e5), st.floats(0, 1)), min_size=1, max_size=5,
                unique_by=lambda row: row[0].strip().casefold()))  # fmt: skip
def test_any_text_and_number_survives(rows: list[tuple[str, float, float]]) -> None:
    quoted = ['"' + name.replace('"', '""') + f'",8,{memory!r},{cpu!r}' for name, memory, cpu in rows]
    try:
        first = calc.read_inventory(csv("hostname,cores,memory_gib,cpu_p95", *quoted), assume={"cpu_p95": "fraction"})
    except calc.InventoryError:
        return  # every name was one of those that mean "no name"
    same(first, calc.read_inventory(calc.write_inventory(first).encode()))


def test_no_cell_becomes_a_formula() -> None:
    names = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)"]
    text = calc.write_inventory(
        calc.read_inventory(csv("hostname;cores;memory_gib", *(f'"{name}";8;32' for name in names)))
    )
    for line in text.splitlines():
        assert not any(cell[:1] in "=+@" and cell[:1] for cell in line.split(","))
    assert text.count("'=cmd") == 3  # the server, and its workload's name and server


def test_anonymised_estates_name_nothing_and_plan_the_same(estate_csv) -> None:
    first = calc.read_inventory(estate_csv)
    hidden = calc.anonymise(first, "a key of mine")
    text = calc.write_inventory(hidden)
    own = {
        *first.servers["server"],
        *first.servers["owner"],
        *first.servers["application"],
        *first.servers["serial"],
        *first.servers["site"],
    } - {""}
    cells = {cell for line in text.splitlines() for cell in line.split(",")}
    assert own and not own & cells
    assert calc.assess(hidden).hosts_after == calc.assess(first).hosts_after
    again = calc.anonymise(first, "a key of mine")
    assert list(again.servers["server"]) == list(hidden.servers["server"])
    assert list(calc.anonymise(first, "another key").servers["server"]) != list(hidden.servers["server"])
    with pytest.raises(calc.InputError, match="at least 8"):
        calc.anonymise(first, "short")


def test_a_file_written_before_a_column_existed_is_read() -> None:
    first = calc.read_inventory(b"hostname,cores,memory_gib\nweb1,8,32\n")
    frame = pd.read_csv(io.StringIO(calc.write_inventory(first)), dtype=str, keep_default_na=False)
    old = frame.drop(columns=["restart_priority", "disk_iops"]).to_csv(index=False)
    again = calc.read_inventory(old.encode())
    assert again.workloads.equals(first.workloads) and again.servers.equals(first.servers)


def test_only_the_cells_that_are_no_numbers_are_reported() -> None:
    first = calc.read_inventory(csv("hostname,cores,memory_gib", "a,8,32", "b,8,32"))
    frame = pd.read_csv(io.StringIO(calc.write_inventory(first)), dtype=str, keep_default_na=False)
    server = (frame["estate_record"] == "server") & (frame["server"] == "a")
    frame.loc[server, ["cores", "memory_gib"]] = ["eight", "-32"]
    again = calc.read_inventory(frame.to_csv(index=False).encode())
    assert [(issue.column, issue.value) for issue in again.errors] == [("cores", "eight"), ("memory_gib", "-32")]
    frame.loc[server, "memory_gib"] = "32"  # right: a wrong cell before it in the row says nothing of it
    again = calc.read_inventory(frame.to_csv(index=False).encode())
    assert [(issue.column, issue.value) for issue in again.errors] == [("cores", "eight")]

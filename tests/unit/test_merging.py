"""Several files as one estate: who is who, who is believed, and where every value comes from."""

from __future__ import annotations

import io

import pytest

import calc
from calc.inventory.merging import name_key, uuid_key
from tests import exports as make
from tests.make import csv, host_row, rvtools, vm_row


def named(data: bytes, name: str) -> io.BytesIO:
    buffer = io.BytesIO(data)
    buffer.name = name
    return buffer


def together(**files: bytes) -> calc.Inventory:
    return calc.read_inventories([named(data, f"{name}.csv") for name, data in files.items()])


def test_uuid_before_serial_before_name() -> None:
    """The second file's three rows each name another machine than the one they are."""
    one = csv(
        "hostname,uuid,serial,cores,memory_gib",
        "a,4c4c4544-0042-4310-8031-b1c04f4e3532,S1,8,32",
        "b,,S2,8,32",
        "c,,,8,32",
    )
    two = csv(
        "hostname,uuid,serial,owner", "b,44454c4c-4200-1043-8031-b1c04f4e3532,S9,of a", "c,,S2,of b", "C.corp,,,of c"
    )
    found = together(one=one, two=two)
    assert dict(zip(found.servers["server"], found.servers["owner"], strict=True)) == {
        "a": "of a",
        "b": "of b",
        "c": "of c",
    }
    assert found.matched == {"UUID": 1, "serial": 1, "name": 1}


def test_both_byte_orders_of_a_uuid_are_one() -> None:
    little, big = uuid_key("4C4C4544-0042-4310-8031-B1C04F4E3532"), uuid_key("44454c4c-4200-1043-8031-b1c04f4e3532")
    assert set(little) == set(big)
    assert uuid_key("00000000-0000-0000-0000-000000000000") == () == uuid_key("none")


def test_serial_numbers_that_mean_nothing_match_nothing() -> None:
    one = csv("hostname,serial,cores,memory_gib", "a,To be filled by O.E.M.,8,32", "x,SHARED,8,32", "y,SHARED,8,32")
    two = csv("hostname,serial,cores,memory_gib", "b,To be filled by O.E.M.,8,32", "z,SHARED,8,32")
    assert list(together(one=one, two=two).servers["server"]) == ["a", "x", "y", "b", "z"]


def test_names_with_two_domains_are_two_machines() -> None:
    head = "hostname,cores,memory_gib"
    assert len(together(one=csv(head, "a.seoul,8,32"), two=csv(head, "a.berlin,8,32")).servers) == 2
    assert len(together(one=csv(head, "a.seoul,8,32"), two=csv(head, "A,8,32")).servers) == 1
    assert name_key("10.1.2.3") == ("10.1.2.3", "")


def test_one_name_and_two_uuids_are_two_machines_with_two_names() -> None:
    head = "hostname,uuid,cores,memory_gib"
    found = together(
        one=csv(head, "a,42000000-1111-2222-3333-444444444444,8,32"),
        two=csv(head, "a,42aaaaaa-1111-2222-3333-444444444444,8,32"),
    )
    assert list(found.servers["server"]) == ["a", "a [42aaaaaa]"]
    assert "another UUID" in found.warnings[0].problem


def test_a_second_row_for_a_machine_is_reported() -> None:
    found = together(
        one=csv("hostname,serial,cores,memory_gib", "a,S1,8,32"), two=csv("hostname,serial,owner", "a,,me", "b,S1,you")
    )
    assert "second row for 'a'" in found.errors[0].problem and list(found.servers["owner"]) == ["me"]


def test_a_collector_is_believed_before_a_list_and_a_list_before_a_register() -> None:
    listed = csv("hostname,cores,memory_gib", "lx1,16,128")
    register = make.table(make.SERVICENOW, {"Name": "lx1", "CPU count": 2, "CPU core count": 16, "RAM (MB)": 65536})
    facts = calc.read_inventories(
        [named(register, "cmdb.csv"), named(listed, "list.csv"), named(make.ansible("lx1"), "facts.json")]
    )
    assert facts.servers.loc[0, "memory_gib"] == pytest.approx(251.6, abs=0.1)
    kept = [(c.column, c.kept_from, c.dropped_from) for c in facts.conflicts]
    assert ("memory_gib", "list.csv", "cmdb.csv") in kept and ("memory_gib", "facts.json", "list.csv") in kept


def test_small_differences_of_rounding_are_no_conflict() -> None:
    head = "hostname,cores,memory_gib,os,manufacturer"
    found = together(
        one=csv(head, "a,8,256,Windows Server 2016,Dell"),
        two=csv(head, "a,8,251.7,Microsoft Windows Server 2016 Standard,Dell Inc."),
    )
    assert found.conflicts == () and found.servers.loc[0, "memory_gib"] == 256


def test_what_is_inferred_gives_way_to_what_is_given() -> None:
    found = together(
        one=csv("hostname,cores,memory_gib,cpu model", "p1,8,32,"), two=csv("hostname,architecture", "p1,ppc64")
    )
    assert found.servers.loc[0, "arch"] == "ppc64" and found.conflicts == ()


def test_two_partial_files_make_one_whole() -> None:
    found = together(cores=csv("hostname,cores,owner", "a,8,me"), memory=csv("hostname,memory_gib,site", "a,32,DC1"))
    assert found.servers.loc[0, ["cores", "memory_gib", "owner", "site"]].tolist() == [8, 32, "me", "DC1"]
    with pytest.raises(calc.InventoryError, match="no column for memory"):
        together(cores=csv("hostname,cores,owner", "a,8,me"))


def test_a_vm_that_bears_its_hosts_name_is_not_its_host() -> None:
    book = rvtools([host_row("same")], [vm_row("same", "same")])
    found = calc.read_inventories([named(book, "a.xlsx"), named(book, "b.xlsx")])
    assert len(found.servers) == 1 and len(found.workloads) == 1


def test_provenance_covers_every_value_and_names_its_rule() -> None:
    found = calc.read_inventory(csv("hostname,cores,memory,cpu model", "a,8,32,IBM POWER8", "b,8,64,"))
    table = found.provenance
    at = table.set_index(["table", "name", "column"])
    assert at.loc[("servers", "a", "memory_gib"), ["origin", "rule"]].tolist() == [
        "inferred",
        "column 'memory' in GiB, unit inferred from the values",
    ]
    assert at.loc[("servers", "a", "cores"), "origin"] == "given"
    assert (
        at.loc[("servers", "a", "arch"), "origin"] == "inferred"
        and at.loc[("servers", "b", "arch"), "origin"] == "assumed"
    )
    for name, frame, key in (("servers", found.servers, "server"), ("workloads", found.workloads, "workload")):
        part = table[table["table"] == name]
        for column in frame.columns.drop([key, "virtualised" if key == "server" else "powered_on"]):
            if column in ("server", "kind"):
                continue
            given = frame[column].map(lambda value: value == value and value != "")
            known = set(part.loc[part["column"] == column, "name"])
            assert set(frame.loc[given, key]) <= known, column


def test_what_defaults_fill_has_an_origin_too() -> None:
    answer = calc.assess(
        calc.read_inventory(csv("hostname,cores,memory_gib,cpu model", "a,16,32,Intel Xeon Gold 6130", "b,8,64,"))
    )
    filled = answer.estate.provenance.set_index(["name", "column"])
    assert (
        filled.loc[("a", "score_per_core"), "origin"] == "looked up"
        and filled.loc[("b", "score_per_core"), "origin"] == "assumed"
    )
    assert filled.loc[("a", "sockets"), "origin"] == "inferred"
    counted = answer.estate.provenance.query("origin == 'assumed'").groupby("column").size()
    assert counted["score_per_core"] == 1 and counted["cpu_mean"] == 2
    assert answer.estate.provenance["rule"].str.len().gt(0).all()

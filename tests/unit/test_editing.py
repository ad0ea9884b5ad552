"""Changes by hand: cells put right before a file is read, tags after it; each is counted, and a wrong one refused."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calc
from calc.inventory.editing import TAGS, Correction, corrected, with_edits
from calc.inventory.files import read_file
from tests.make import inventory, rvtools

FILE = b"Some title,,\n\nHost name,Cores ,Memory (GB)\nweb1,8,32\nweb2,8\nweb3,8,-1\n"


def cells(content: object) -> list[list[str]]:
    return [row for _, row in content.sheets[""].rows]  # type: ignore[attr-defined]


def test_a_cell_is_put_right_by_row_and_header_and_nothing_else_changes() -> None:
    before = read_file(FILE, "a.csv")
    kept = [list(row) for row in cells(before)]
    fixes = [
        Correction("a.csv", "", 6, " memory  (gb)", " 64 "),
        Correction("a.csv", "", 5, "Memory (GB)", "16"),  # a row that ends before the column
        Correction("other.csv", "", 99, "none", "of this file"),
    ]
    after = corrected(before, fixes)
    assert cells(after)[-3:] == [["web1", "8", "32"], ["web2", "8", "16"], ["web3", "8", "64"]]
    assert cells(before) == kept and after.sha256 == before.sha256
    assert corrected(before, fixes[2:]) is before


@pytest.mark.parametrize(
    ("fix", "what"),
    [
        (Correction("a.csv", "", 40, "Cores", "8"), r"row 40, column 'Cores': the file has no row 40"),
        (Correction("a.csv", "", 4, "CPU", "8"), r"row 4, column 'CPU': the file has no column 'CPU'"),
        (Correction("a.csv", "Sheet 2", 4, "Cores", "8"), r"the file has no row 4"),
    ],
)
def test_a_correction_of_what_is_not_there_is_refused(fix: Correction, what: str) -> None:
    with pytest.raises(calc.InputError, match=rf"{what}.*take the correction back"):
        corrected(read_file(FILE, "a.csv"), [fix])


def test_tags_change_workload_and_its_server_and_say_so() -> None:
    before = inventory("hostname,cores,memory_gib,site,owner", "a,8,32,Seoul,kim", "b,8,32,Seoul,lee")
    kept = before.workloads.copy()
    after = with_edits(before, {"a": {"site": " Busan ", "exclude_reason": "dongle"}, "b": {"owner": ""}})
    pd.testing.assert_frame_equal(before.workloads, kept)
    for table in (after.workloads, after.servers):
        assert table["site"].tolist() == ["Busan", "Seoul"] and table["owner"].tolist() == ["kim", ""]
    origin = after.workload_origins["site"].iat[0]
    assert (origin.kind, origin.rule) == ("given", "changed by hand")
    assert after.notes[-1] == "3 tags of 2 workloads were changed by hand."
    answer = calc.assess(after)
    assert set(answer.unplaced["workload"]) == {"a"} and "dongle" in answer.unplaced["reason"].iat[0]
    assert answer.servers_retained == 1


def test_a_virtual_machine_does_not_take_its_host_along() -> None:
    hosts = [["h1", "DC1", "C1", "Xeon E5-2680", "True", 2, 8, 16, 50, 262144, 60, "HP", "DL380p"]]
    machines = [
        [name, "poweredOn", "False", 4, 8192, 102400, 51200, "DC1", "C1", "h1", "Linux"] for name in ("v1", "v2")
    ]
    before = calc.read_inventory(rvtools(hosts, machines), name="r.xlsx")
    after = with_edits(before, {"v1": {"owner": "kim"}})
    assert after.workloads.set_index("workload")["owner"].to_dict() == {"v1": "kim", "v2": ""}
    pd.testing.assert_frame_equal(after.servers, before.servers)


@pytest.mark.parametrize(
    ("edits", "what"),
    [
        ({"zz": {"site": "x"}}, "no such workload"),
        ({"a": {"cores": "9"}}, r"'cores' cannot be changed by hand; use one of site, zone"),
        ({"a": {"site": "x" * 201}}, "201 characters are too many; write at most 200"),
    ],
)
def test_a_wrong_tag_is_refused(edits: dict[str, dict[str, str]], what: str) -> None:
    with pytest.raises(calc.InputError, match=what):
        with_edits(inventory("hostname,cores,memory_gib", "a,8,32"), edits)


@settings(max_examples=15, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.dictionaries(st.sampled_from(TAGS), st.text("가나 =<>'\"é,\n", max_size=12), max_size=3),
        max_size=3,
    )
)
def test_edits_then_saved_then_opened_are_the_same(edits: dict[str, dict[str, str]]) -> None:
    made = with_edits(inventory("hostname,cores,memory_gib", "a,8,32", "b,8,32", "c,8,32", "d,8,32"), edits)
    for name, changes in edits.items():
        row = made.workloads.set_index("workload").loc[name]
        assert {column: row[column] for column in changes} == {key: text.strip() for key, text in changes.items()}
    assert any("changed by hand" in note for note in made.notes) == any(edits.values())
    answer = calc.assess(made)
    again = calc.open_assessment(calc.save_assessment(answer))
    pd.testing.assert_frame_equal(again.inventory.workloads, made.workloads)
    pd.testing.assert_frame_equal(again.inventory.workload_origins, made.workload_origins)
    assert again.inventory.notes == made.notes and again.comparison == answer.comparison

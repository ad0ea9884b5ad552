"""Files that nobody meant to give: two of one name, everything excluded, nothing in it, names that look like markup."""

from __future__ import annotations

import pytest

from app_pages.files import told_apart
from tests.app.common import app, go, settled, text, upload
from tests.app.test_every_page import PAGES
from tests.make import csv


def test_two_files_of_one_name_are_told_apart() -> None:
    assert told_apart([("a.csv", b"1"), ("a.csv", b"2"), ("a (2).csv", b"3"), ("b", b"4"), ("b", b"5")]) == [
        ("a.csv", b"1"),
        ("a (2).csv", b"2"),
        ("a (2) (2).csv", b"3"),
        ("b", b"4"),
        ("b (2)", b"5"),
    ]
    page = app().run()
    rows = (csv("hostname,cores,memory_gib", "a,8,32"), csv("hostname,cores,memory_gib", "b,8,64", "c,8,-1"))
    page.file_uploader(key="upload").set_value([("a.csv", data, "text/csv") for data in rows])
    settled(page.run())
    assert not page.exception
    issues = next(frame.value for frame in page.dataframe if "Problem" in frame.value.columns)
    assert issues["File"].tolist() == ["a (2).csv"]


def test_an_estate_of_which_everything_is_excluded_has_every_page() -> None:
    page = upload(app().run(), "out.csv", csv("hostname,cores,memory_gib,exclude", "a,8,32,yes", "b,8,64,old"))
    for name in PAGES:
        go(page, name)
        assert "2 servers → 0 hosts" in text(page), name


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \n\n",
        b"\xef\xbb\xbf",
        b"\x00" * 99,
        b"hostname,cores,memory_gib\n",
        b"PK\x03\x04",
        b"hostname;cores\na;1;2\n",
    ],
)
def test_a_file_with_nothing_in_it_is_explained_on_every_page(data: bytes) -> None:
    page = upload(app().run(), "odd.csv", data)
    assert "cannot be used" in page.error[0].value and "odd.csv" in page.error[0].value
    for name in PAGES:
        go(page, name)


def test_names_that_look_like_formulas_and_markup_stay_names() -> None:
    rows = ("=1+1,8,32,<b>x</b>", "<script>alert(1)</script>,8,32,[l](http://h)", "$a$,8,32,**s**")
    page = upload(app().run(), "names.csv", csv("hostname,cores,memory_gib,site", *rows))
    for name in PAGES:
        go(page, name)
        assert "3 servers →" in text(page), name


def test_one_broken_file_among_good_ones_is_left_out_with_a_click() -> None:
    """The others are not held up by it, and a file that was left out or forgotten does not come back with the next upload."""
    page = app().run()
    good = ("good.csv", csv("hostname,cores,memory_gib", "a,8,32", "b,8,64"), "text/csv")
    page.file_uploader(key="upload").set_value([good, ("broken.json", b'{"a": [1,', "application/json")])
    settled(page.run())
    assert "broken.json" in page.error[0].value and "Given: good.csv, broken.json." in text(page)
    settled(page.button(key="leave_out").click().run())
    assert not page.error and "2 servers →" in text(page) and "In use: good.csv." in text(page)
    page.button(key="forget_files").click().run()
    (uploader,) = page.file_uploader
    assert not uploader.value and "This sample is generated." in text(page)


def test_a_single_broken_file_offers_nothing_to_go_on_with() -> None:
    page = upload(app().run(), "broken.csv", b"")
    assert "broken.csv" in page.error[0].value
    assert not [button for button in page.button if button.key == "leave_out"]

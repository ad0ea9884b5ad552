"""Numbers, dates and tables of the pages are written by the reader's language: in texts of `say`, or by calc.report.figures and words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from calc.language import LANGUAGES, using
from calc.report import counts
from calc.report.figures import number, percent, plain
from tests.app.common import app
from tests.conftest import ROOT

PAGES = [ROOT / "app.py", *sorted((ROOT / "app_pages").glob("*.py"))]
#: Calls that write a table, a number or a date by themselves.
_BARE = {"dataframe", "strftime", "isoformat"}
_TABLES = ROOT / "app_pages" / "tables.py"


def faults(path: Path) -> list[str]:
    """Where a page writes a number, a date or a table by itself."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            found.append(f"{path.name}:{node.lineno} writes a number in an f-string: use number, percent or plain")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _BARE and path != _TABLES:
                found.append(f"{path.name}:{node.lineno} calls {node.func.attr}: use show_table, or day")
            if node.func.attr == "NumberColumn" and path != _TABLES:
                formats = [
                    item.value.value
                    for item in node.keywords
                    if item.arg == "format" and isinstance(item.value, ast.Constant)
                ]
                if not {"localized", "percent"} & set(formats):
                    found.append(
                        f"{path.name}:{node.lineno} has a number column that no place is asked about: localized or percent"
                    )
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_writes_no_number_date_or_table_by_itself(path: Path) -> None:
    assert faults(path) == []


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(
        'st.dataframe(x)\ny = f"{z:,.0f}"\nday.isoformat()\nst.column_config.NumberColumn(format="%d")\nsay("{n:,} rows", n=1)\n'
    )
    assert len(faults(page)) == 4


@pytest.mark.parametrize("code", LANGUAGES)
def test_counts_have_the_form_of_one_and_of_many(code: str) -> None:
    with using(code):
        for make in (
            counts.servers,
            counts.hosts,
            counts.workloads,
            counts.machines,
            counts.rows_set_aside,
            counts.inputs_assumed,
        ):
            one, many = make(1), make(1234)
            assert "1" in one and "1,234" in many
            if code == "en":
                assert not re.search(r"^1 \w+s\b", one), one


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.000123456789, "0.000123457"),
        (1234.5678, "1,234.57"),
        (-2.0, "−2"),
        (0, "0"),
        (1e6, "1,000,000"),
        (float("nan"), "–"),
    ],
)
def test_a_number_keeps_its_leading_digits(value: float, shown: str) -> None:
    assert plain(value) == shown


def test_a_number_and_a_share() -> None:
    assert number(1234.5, 1) == "1,234.5" and number(-3) == "−3"
    assert percent(0.1234, 1) == "12.3%" and percent(1) == "100%"


def test_the_hypervisors_of_the_sidebar_have_the_names_of_the_language() -> None:
    page = app("ko").run()
    shown = page.selectbox(key="set_hypervisor").options
    assert "Proxmox VE(Standard 구독)" in shown and not [name for name in shown if "subscription" in name]

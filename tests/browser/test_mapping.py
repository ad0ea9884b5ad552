"""Columns in a real browser: an unknown header is mapped by hand, saved, and the answer follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import calc
from tests.browser.conftest import drawn, go, screenshot, upload

pytestmark = pytest.mark.browser


def test_a_column_is_mapped_by_hand_and_saved(page: Any, tmp_path: Path) -> None:
    strange = tmp_path / "strange.csv"
    lines = ["Gizmo,Brains,Room", *(f"box{i},8,{64 if i % 2 else 32}" for i in range(12))]
    strange.write_text("\n".join(lines) + "\n")
    upload(page, strange)
    page.get_by_text("This file cannot be used").wait_for(timeout=60_000)
    page.get_by_role("tab", name="Columns").click()
    page.get_by_role("button", name="Apply the changes").wait_for(timeout=60_000)
    screenshot(page, "mapping-before", full=True)
    # By hand, in the grid: the field of the first column.
    grid = page.get_by_test_id("stMain").get_by_test_id("stDataFrame").first.get_by_test_id("data-grid-canvas")
    apply = page.get_by_role("button", name="Apply the changes", disabled=False)
    for _ in range(6):  # a grid takes no click before it has measured itself, and no key while it is drawn again
        drawn(page)
        box = grid.bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 52)
        page.wait_for_timeout(300)
        page.keyboard.press("Enter")  # opens the choices of the cell
        page.wait_for_timeout(500)
        if page.locator("#portal input").count():
            page.keyboard.type("name", delay=20)
            page.keyboard.press("Enter")
            page.wait_for_timeout(1000)
        if apply.count():
            break
    apply.wait_for(timeout=10_000)
    screenshot(page, "mapping-edit")
    page.get_by_role("button", name="Apply the changes").click(timeout=10_000)
    page.get_by_role("button", name="Forget the changes").wait_for(timeout=30_000)
    toml = tmp_path / "mapping.toml"
    choices = [("Gizmo", "name", ""), ("Brains", "cores", ""), ("Room", "memory_gib", "GiB")]
    toml.write_text(calc.ColumnMapping(tuple(calc.inventory.ColumnChoice(*choice) for choice in choices)).to_toml())
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(toml)
    page.get_by_text("12 servers →").first.wait_for(timeout=60_000)
    drawn(page)
    page.get_by_role("tab", name="Columns").click()
    page.get_by_role("button", name="Save the mapping").wait_for(timeout=30_000)
    screenshot(page, "mapping-after", full=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the mapping").click()
    saved = tmp_path / "saved.toml"
    download.value.save_as(saved)
    assert calc.ColumnMapping.from_toml_file(saved).columns[2].field == "memory_gib"
    assert len(calc.read_inventory(strange, mapping=calc.ColumnMapping.from_toml_file(saved)).servers) == 12
    go(page, "Plan", "How many hosts, and what do they save?")
    page.get_by_text("12 servers →").first.wait_for(timeout=90_000)

"""Journeys in a real browser: from the first visit to the files that are taken away."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import calc
from calc import Scenario
from calc.link import to_text as scenario_text
from tests.browser.conftest import ARTIFACTS, go, screenshot, serve, upload, visitor
from tests.conftest import SAMPLES
from tests.make import hard_to_pack

pytestmark = pytest.mark.browser

PLAN = "How many hosts, and what do they save?"


def saved(tab: Any, button: str, target: Path) -> Path:
    with tab.expect_download(timeout=60_000) as download:
        tab.get_by_role("button", name=button).first.click()
    download.value.save_as(target)
    return target


def test_the_answer_needs_no_click_and_no_scroll(page: Any) -> None:
    """It stands above the first page; the plan is one click away and fits 1280 x 720."""
    assert "hosts" in page.locator(".st-key-path").inner_text()
    screenshot(page, "estate")
    page.locator(".st-key-path").get_by_text("Plan").click()
    page.get_by_role("heading", name=PLAN).wait_for(timeout=30_000)
    for metric in page.get_by_test_id("stMetric").all():
        box = metric.bounding_box()
        assert box["y"] + box["height"] <= 720
    page.get_by_text("What limits the hosts").first.wait_for(timeout=60_000)
    screenshot(page, "plan")


def test_upload_plan_change_compare_download(page: Any, tmp_path: Path) -> None:
    upload(page, SAMPLES / "tiny_12.csv")
    page.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)
    go(page, "Plan", PLAN)
    page.get_by_text("proven optimal").first.wait_for()
    page.get_by_text("What limits the hosts").first.wait_for(timeout=60_000)
    # A host is clicked in the picture, and shows what runs on it.
    chart = page.get_by_test_id("stVegaLiteChart").first
    box = chart.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + 20)
    page.get_by_text("workloads", exact=False).filter(has_text="host-").first.wait_for(timeout=30_000)
    screenshot(page, "plan-host")
    rows = list(csv.DictReader(saved(page, "Placement (CSV)", tmp_path / "p.csv").open(encoding="utf-8", newline="")))
    assert len(rows) == 12 and set(rows[0]) == {"workload", "host"}
    assert 4 <= len({row["host"] for row in rows}) <= 5  # one of the five may be an empty spare
    # Two scenarios side by side: only what differs is listed.
    go(page, "Compare", "Which scenario is better, and why?")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("heading", name="Kept scenarios").wait_for(timeout=30_000)
    field = page.get_by_role("spinbutton", name="Hosts that may fail (N+k)")
    field.fill("2")
    field.press("Enter")
    page.get_by_text("12 servers → 6 hosts").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Use its assumptions").nth(1).wait_for(timeout=30_000)
    screenshot(page, "compare")
    # Everything that leaves the app.
    go(page, "Report", "What do you hand on?")
    screenshot(page, "report")
    count = page.get_by_role("button", name="Download").count()
    assert count >= 3
    for number in range(count):
        with page.expect_download(timeout=90_000) as download:
            page.get_by_role("button", name="Download").nth(number).click()
        target = tmp_path / download.value.suggested_filename
        download.value.save_as(target)
        assert target.stat().st_size > 500
    with zipfile.ZipFile(tmp_path / "audit_bundle.zip") as archive:
        assert json.loads(archive.read("summary.json"))["hosts_after"] == 6


def test_a_broken_file_shows_what_to_do(page: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("hostname,cores,memory_gib\na,0,32\nb,8,-4\n")
    upload(page, broken)
    page.get_by_text("This file cannot be used").first.wait_for(timeout=60_000)
    assert page.locator(".st-key-path", has_text="No plan yet").count() == 1
    screenshot(page, "broken")


def test_a_long_search_is_stopped_and_keeps_its_best(visit: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(hard_to_pack(2000))
    page = visit(f"?scenario={scenario_text(Scenario(effort='deep'))}")
    upload(page, large)
    page.get_by_text("In use: large.csv.").wait_for(timeout=60_000)
    page.locator(".st-key-path").get_by_text("Plan", exact=True).click()
    page.get_by_role("heading", name=PLAN).wait_for(timeout=30_000)
    stop = page.get_by_role("button", name="Stop and keep the best plan so far")
    stop.wait_for(timeout=20_000)
    page.screenshot(path=ARTIFACTS / "solving.png")
    stop.click(timeout=10_000)
    page.get_by_text("The search was cut short").first.wait_for(timeout=90_000)
    assert "2,000 servers →" in page.locator(".st-key-path").inner_text()
    screenshot(page, "stopped")


def test_a_reload_keeps_files_settings_and_language(page: Any) -> None:
    upload(page, SAMPLES / "tiny_12.csv")
    page.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)
    field = page.get_by_role("spinbutton", name="Hosts that may fail (N+k)")
    field.fill("2")
    field.press("Enter")
    page.get_by_text("12 servers → 6 hosts").first.wait_for(timeout=60_000)
    page.reload()
    page.get_by_text("12 servers → 6 hosts").first.wait_for(timeout=60_000)
    assert page.get_by_role("spinbutton", name="Hosts that may fail (N+k)").input_value() == "2"
    page.get_by_text("In use: tiny_12.csv.").wait_for()
    page.get_by_role("button", name="1 changed: back to the defaults").click()
    page.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)


def test_korean_from_the_first_word_to_the_attribute(page: Any) -> None:
    page.get_by_text("한국어", exact=True).click()
    page.get_by_role("heading", name="무엇을 통합하는가?").wait_for(timeout=30_000)
    assert page.evaluate("document.documentElement.lang") == "ko"
    screenshot(page, "estate-ko")
    page.get_by_test_id("stHeader").get_by_text("계획", exact=True).click()
    page.get_by_role("heading", name="호스트가 몇 대 필요하고 얼마를 절감하는가?").wait_for(timeout=30_000)
    page.get_by_text("호스트를 제한하는 자원").first.wait_for(timeout=60_000)
    screenshot(page, "plan-ko")
    page.reload()
    page.get_by_role("heading", name="호스트가 몇 대 필요하고 얼마를 절감하는가?").wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.lang") == "ko"


def test_a_browser_that_asks_for_korean_gets_it(visit: Any) -> None:
    tab = visit(locale="ko-KR", width=390, height=844)
    tab.get_by_role("heading", name="무엇을 통합하는가?").wait_for(timeout=30_000)
    screenshot(tab, "phone-ko")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390  # nothing to scroll sideways


def test_a_saved_assessment_opens_after_a_restart(browser: Any, tmp_path: Path) -> None:
    """The server forgets a visit when it ends, and says so; the file brings everything back."""
    target = tmp_path / "assessment.calc"
    with serve() as address, visitor(browser, address) as open_:
        page = open_()
        upload(page, SAMPLES / "tiny_12.csv")
        page.get_by_text("12 servers → 5 hosts").first.wait_for(timeout=60_000)
        field = page.get_by_role("spinbutton", name="Hosts that may fail (N+k)")
        field.fill("2")
        field.press("Enter")
        page.get_by_text("12 servers → 6 hosts").first.wait_for(timeout=60_000)
        go(page, "Report", "What do you hand on?")
        with page.expect_download(timeout=60_000) as download:
            page.locator(".st-key-download_assessment_calc button").first.click()
        download.value.save_as(target)
        visit = page.url.split("?")[1]
    assert len(calc.open_assessment(target).hosts) == 6  # the package opens the same file
    with serve(int(address.rpartition(":")[2])) as again, visitor(browser, again) as open_:
        page = open_(f"report?{visit}")
        page.get_by_text("a visit that this server no longer knows").wait_for(timeout=30_000)
        assert page.get_by_text("12 servers").count() == 0
        screenshot(page, "restarted")
        upload(page, target)
        page.get_by_text("12 servers → 6 hosts").first.wait_for(timeout=60_000)
        page.get_by_text("assessment.calc is opened.").wait_for(timeout=30_000)
        assert page.get_by_role("spinbutton", name="Hosts that may fail (N+k)").input_value() == "2"
        screenshot(page, "reopened")
        go(page, "Estate", "What is to be consolidated?")
        page.get_by_text("proofs (bounds, failures) made again").wait_for(timeout=30_000)
        screenshot(page, "reopened-estate")
        go(page, "Plan", PLAN)
        page.get_by_text("12 servers → 6 hosts").first.wait_for()
        # What is no saved assessment says so, and takes nothing away.
        wrong = tmp_path / "wrong.calc"
        with zipfile.ZipFile(wrong, "w") as archive:
            archive.writestr("a.txt", "nothing")
        go(page, "Report", "What do you hand on?")
        upload(page, wrong)
        page.get_by_text("This is not a saved assessment").first.wait_for(timeout=30_000)
        page.get_by_text("12 servers → 6 hosts").first.wait_for()


def test_the_hand_over_is_downloaded(page: Any, tmp_path: Path) -> None:
    go(page, "Migration", "In which order, and when?")
    page.get_by_role("tab", name="Hand-over").click(timeout=60_000)
    target = saved(page, "Hand-over (ZIP)", tmp_path / "handover.zip")
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
    assert "ansible/inventory.yml" in names and "hyperv/New-PlannedVMs.ps1" in names
    assert sum(name.startswith("libvirt/domains/") for name in names) == 396

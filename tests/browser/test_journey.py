"""One real journey in a real browser: upload, wait for the answer, download, screenshot."""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT, SAMPLES

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
ARTIFACTS = ROOT / "artifacts" / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.browser


@contextmanager
def serve() -> Iterator[str]:
    """A fresh server of the app; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"port": str(port), "address": "127.0.0.1", "headless": "true"}
    start = "import calc.report.charts; from streamlit.web.cli import main; main()"  # as `make app` does
    command = [sys.executable, "-c", start, "run", "app.py"]
    for name, value in options.items():
        command += [f"--server.{name}", value]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.25)
        else:
            raise RuntimeError("the app did not start within a minute")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(
                "chromium is missing, and CI must not skip the browser test: tests/setup_browser.sh installs it"
            )
        pytest.skip("chromium is not installed: tests/setup_browser.sh installs it as root on Debian")
    with serve() as url:
        yield url


@pytest.fixture
def page(address: str) -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        outside: list[str] = []
        tab.on(
            "request",
            lambda request: (
                outside.append(request.url)
                if not request.url.startswith((address, "data:", "blob:", address.replace("http", "ws")))
                else None
            ),
        )
        tab.goto(address)
        yield tab
        browser.close()
        assert outside == [], "the app asked other hosts for something"


def test_upload_answer_download(page, tmp_path: Path) -> None:
    page.wait_for_selector("[data-testid=stMetric]", timeout=90_000)  # the sample is solved
    page.screenshot(path=ARTIFACTS / "sample.png")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(SAMPLES / "tiny_12.csv")
    page.get_by_text("12 servers → 5 hosts with N+1").wait_for(timeout=90_000)
    page.get_by_text("proven optimal").first.wait_for()
    page.screenshot(path=ARTIFACTS / "tiny.png")
    with page.expect_download() as download:
        page.get_by_role("button", name="Placement (CSV)").click()
    target = tmp_path / "placement.csv"
    download.value.save_as(target)
    with target.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 12 and set(rows[0]) == {"workload", "host"}
    assert 4 <= len({row["host"] for row in rows}) <= 5  # one of the five may be an empty spare
    for tab in ("Money", "Assumptions and proof"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(700)
        page.screenshot(path=ARTIFACTS / f"tiny-{tab.split()[0].lower()}.png", full_page=True)


def test_a_broken_file_shows_what_to_do(page, tmp_path: Path) -> None:
    page.wait_for_selector("[data-testid=stMetric]", timeout=90_000)
    broken = tmp_path / "broken.csv"
    broken.write_text("hostname,cores,memory_gib\na,0,32\nb,8,-4\n")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(broken)
    page.get_by_text("This file cannot be used").wait_for(timeout=60_000)
    assert page.get_by_text("Traceback").count() == 0
    page.screenshot(path=ARTIFACTS / "broken.png")


@pytest.mark.parametrize(
    ("name", "heading", "words"),
    [
        ("Recovery", "What happens when hosts fail?", "cases find a place for everything"),
        ("Unseen days", "Does the plan hold on days it has not seen?", "Hosts switched off in quiet hours"),
        ("Migration", "In which order, and when?", "what has moved fits its hosts"),
        ("Platform", "What does the platform change?", "Foreign architectures"),
    ],
)
def test_every_page_of_the_operation_draws_its_pictures(page, name: str, heading: str, words: str) -> None:
    page.wait_for_selector("[data-testid=stMetric]", timeout=90_000)
    page.get_by_test_id("stSidebarNav").get_by_text(name, exact=True).click()
    page.get_by_role("heading", name=heading).wait_for(timeout=60_000)
    page.get_by_text(words).first.wait_for(timeout=60_000)
    if name != "Platform":
        page.wait_for_selector(
            "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg", timeout=60_000
        )
    page.wait_for_timeout(800)
    assert page.get_by_test_id("stException").count() == 0
    page.screenshot(path=ARTIFACTS / f"{name.split()[0].lower()}.png", full_page=True)


def test_the_hand_over_is_downloaded(page, tmp_path: Path) -> None:
    import zipfile

    page.wait_for_selector("[data-testid=stMetric]", timeout=90_000)
    page.get_by_test_id("stSidebarNav").get_by_text("Migration", exact=True).click()
    page.get_by_role("tab", name="Hand-over").click(timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Hand-over (ZIP)").click(timeout=60_000)
    target = tmp_path / "handover.zip"
    download.value.save_as(target)
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
    assert "ansible/inventory.yml" in names and "hyperv/New-PlannedVMs.ps1" in names
    assert sum(name.startswith("libvirt/domains/") for name in names) == 396

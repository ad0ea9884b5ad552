"""A server of the app and a real browser. Every test asserts that the app asked no other host for anything."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.browser.survey import View

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


@contextmanager
def serve(port: int = 0) -> Iterator[str]:
    """A fresh server of the app, on a port of its own or on a given one; gives its address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    options = {"port": str(port), "address": "127.0.0.1", "headless": "true"}
    start = "import calc.report.charts; from streamlit.web.cli import main; main()"  # as `make app` does
    command = [sys.executable, "-c", start, "run", "app.py"]
    for name, value in options.items():
        command += [f"--server.{name}", value]
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    log = (ARTIFACTS / f"server-{port}.log").open("wb")
    server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
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
        log.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One browser for all tests."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(
                "chromium is missing, and CI must not skip the browser test: tests/setup_browser.sh installs it"
            )
        pytest.skip("chromium is not installed: tests/setup_browser.sh installs it as root on Debian")
    from playwright.sync_api import sync_playwright

    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def address(browser: Any) -> Iterator[str]:
    """One server for all browser tests: each visit is its own."""
    with serve() as url:
        yield url


@pytest.fixture(scope="session")
def surveyed(browser: Any, address: str) -> Callable[[str], dict[str, View]]:
    """What stands on every tab of every page in a language, walked when the first test asks for it."""
    from tests.browser.survey import survey

    walked: dict[str, dict[str, View] | BaseException] = {}

    def walk(code: str) -> dict[str, View]:
        if code not in walked:
            try:
                with visitor(browser, address) as open_:
                    walked[code] = survey(open_(locale={"en": "en-US", "ko": "ko-KR"}[code]), code)
            except Exception as error:  # told by every test that asks, and not walked again for each
                walked[code] = error
        found = walked[code]
        if isinstance(found, BaseException):
            raise found
        return found

    return walk


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Open the app as a new visitor: ``visit(path="", width=1280, height=720, **options of the browser context)``."""
    with visitor(browser, address) as open_:
        yield open_


@contextmanager
def visitor(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """What opens the app and waits until it stands still, each time as a new visitor; at the end no other host may have been asked for anything."""
    outside: list[str] = []
    contexts = []
    own = (f"{address}/", "data:", "blob:", f"{address.replace('http', 'ws')}/")

    def note(asked: Any) -> None:
        if not asked.url.startswith(own):
            outside.append(asked.url)

    def open_(path: str = "", width: int = 1280, height: int = 720, **options: Any) -> Any:
        options = {"locale": "en-US", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.on("request", note)
        context.add_init_script(f"({_LISTEN})()")
        tab = context.new_page()
        tab.on("websocket", note)
        tab.goto(f"{address}/{path}")
        answered(tab)
        drawn(tab)
        return tab

    try:
        yield open_
    finally:
        for context in contexts:
            context.close()
    assert outside == [], "the app asked other hosts for something"


@pytest.fixture
def page(visit: Callable[..., Any]) -> Any:
    """The app as a new visitor meets it."""
    return visit()


def answered(tab: Any) -> None:
    """Wait until the answer stands in the line above the page; without one, say what stands there instead."""
    try:
        tab.locator(".st-key-path", has_text="→").first.wait_for(timeout=90_000)
    except Exception as error:
        tab.screenshot(path=ARTIFACTS / "no-answer.png")
        state = tab.evaluate("document.querySelector('[data-testid=stApp]')?.dataset.testScriptState")
        raise AssertionError(f"no answer; the script is {state}:\n{tab.inner_text('body')}") from error


#: Notes when the page last asked its server for something and was last told something: on a slow machine seconds lie between a
#: click and the first sign that a run has begun.
_LISTEN = """() => {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (message) {
        if (!this.heard) this.addEventListener('message', this.heard = () => { window.lastTold = performance.now(); });
        window.lastAsked = performance.now();
        return send.call(this, message);
    };
}"""
#: The script has run since, no element is a placeholder, every chart and every table in sight is drawn.
_DRAWN = """() => {
    if (!(window.lastTold > window.lastAsked)) return false;
    const app = document.querySelector('[data-testid=stApp]'), main = document.querySelector('[data-testid=stMain]');
    const drawn = (part, inside) => [...main.querySelectorAll(`[data-testid=${part}]`)].every(
        element => element.querySelector(inside) || !element.offsetParent || element.closest('details:not([open])'));
    return app.dataset.testScriptState === 'notRunning' && !main.querySelector('[data-testid=stSkeleton]')
        && drawn('stVegaLiteChart', 'svg, canvas') && drawn('stDataFrame', 'canvas');
}"""


def drawn(tab: Any) -> None:
    """Wait until what was asked for is drawn: the page has said so twice, a moment apart."""
    for _ in range(2):
        tab.wait_for_timeout(120)
        tab.wait_for_function(_DRAWN, timeout=90_000)


def upload(tab: Any, *files: Any) -> None:
    """Give files on the page Estate."""
    tab.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(list(files))


def go(tab: Any, name: str, heading: str) -> None:
    """Another page by the menu; the ones of a group are one click further."""
    groups = {
        "Recovery": "Does it hold?", "Unseen days": "Does it hold?", "Migration": "Does it hold?", "Platform": "Does it hold?",
        "Compare": "Hand on", "Report": "Hand on", "Sources": "Hand on",
    }  # fmt: skip
    menu = tab.get_by_test_id("stHeader")
    if name in groups:
        menu.get_by_text(groups[name], exact=True).click()
        tab.get_by_test_id("stTopNavPopover").get_by_text(name, exact=True).click()
    else:
        menu.get_by_text(name, exact=True).click()
    tab.get_by_role("heading", name=heading, level=1).wait_for(timeout=60_000)


def screenshot(tab: Any, name: str, *, full: bool = False) -> None:
    """Keep a picture of what is shown, once it is drawn."""
    drawn(tab)
    assert tab.get_by_test_id("stException").count() == 0
    assert tab.get_by_text("Traceback").count() == 0
    tab.screenshot(path=ARTIFACTS / f"{name}.png", full_page=full)

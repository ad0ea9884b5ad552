"""What the tests of the pages share: an app, a file given to it, and an answer waited for."""

from __future__ import annotations

from concurrent.futures import wait

from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

TIMEOUT_S = 180


def app(language: str = "en") -> AppTest:
    """The whole app in a language, not run yet."""
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    page.session_state["language"] = language
    return page


def settled(page: AppTest) -> AppTest:
    """Wait for the answer and draw the page with it: fragments that poll do not run in these tests."""
    if "jobs" in page.session_state:
        wait([job.future for job in page.session_state["jobs"].values()], timeout=TIMEOUT_S)
        page.run()
    return page


def upload(page: AppTest, name: str, data: bytes) -> AppTest:
    """Give a file on the page Estate and wait for the answer."""
    kind = "text/csv" if name.endswith("csv") else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.file_uploader(key="upload").set_value([(name, data, kind)])
    return settled(page.run())


def go(page: AppTest, name: str) -> AppTest:
    """Another page."""
    page.switch_page(f"app_pages/{name}.py").run()
    assert not page.exception, page.exception
    return page


def numbers(page: AppTest) -> dict[str, str]:
    """Metrics by their label."""
    return {metric.label: metric.value for metric in page.metric}


def text(page: AppTest) -> str:
    """All running text."""
    return " ".join(item.value for item in (*page.markdown, *page.caption, *page.info, *page.success, *page.warning))

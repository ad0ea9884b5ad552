"""Estate and Plan through Streamlit's AppTest: sample, upload, questions, errors, settings."""

from __future__ import annotations

from concurrent.futures import Future, wait
from pathlib import Path
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from app_pages import current, jobs
from app_pages.jobs import Job
from tests.app.common import app, go, numbers, settled, text, upload
from tests.make import csv, host_row, rvtools, vm_row


@pytest.fixture
def page() -> AppTest:
    return app()


def planned(page: AppTest) -> AppTest:
    return go(page, "answer")


def test_the_sample_is_loaded_and_solved(page: AppTest) -> None:
    settled(page.run())
    assert not page.exception
    assert "servers →" in text(page) and "inputs assumed" in text(page)  # on the first page, without a click
    planned(page)
    assert len(page.metric) == 5
    assert "at least" in text(page) and "inputs are assumed" in text(page)


def test_an_answer_that_comes_while_the_page_is_drawn_is_shown(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    look = current._look

    def slow(job: Job, *asked: object) -> current.Standing:
        found = look(job, *asked)  # type: ignore[arg-type]
        wait([job.future])
        return found

    monkeypatch.setattr(current, "_AT_ONCE_S", 0)
    monkeypatch.setattr(current, "_look", slow)
    page.run()
    assert "servers →" in text(page)


def test_a_visitor_who_has_to_wait_is_told_so(page: AppTest) -> None:
    free = Event()
    others = [jobs._executor().submit(free.wait) for _ in range(jobs.AT_A_TIME)]
    try:
        page.run()
        assert "others were first" in text(planned(page))
    finally:
        free.set()
        wait(others)
    settled(page)
    assert "servers →" in text(page) and "others were first" not in text(page)


def test_a_search_nobody_looks_at_makes_room() -> None:
    job = Job(Future())
    assert not job.should_stop()
    job.seen -= jobs._UNSEEN_S + 1
    assert job.should_stop()
    job.look()
    assert not job.should_stop()
    job.stop.set()
    assert job.should_stop()


def test_upload_to_answer(page: AppTest, tiny_csv: Path) -> None:
    page.run()
    planned(upload(page, "tiny.csv", tiny_csv.read_bytes()))
    found = numbers(page)
    assert found["Servers today"] == "12" and found["Hosts needed (N+1)"] == "5"
    assert "proven optimal" in text(page)


def test_an_assumption_changes_the_answer(page: AppTest, tiny_csv: Path) -> None:
    page.run()
    planned(upload(page, "tiny.csv", tiny_csv.read_bytes()))
    settled(page.number_input(key="set_failover_hosts").set_value(0).run())
    assert not page.exception
    assert "Hosts needed" in numbers(page) and "Hosts needed (N+1)" not in numbers(page)


def test_settings_that_do_not_go_together_are_explained(page: AppTest) -> None:
    page.run()
    page.number_input(key="set_cpu_ceiling").set_value(99.0).run()
    assert not page.exception
    assert "cpu_ceiling_failover" in page.error[0].value
    planned(page)
    assert "do not go together" in text(page) and not page.metric


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"a,b\n1,2\n", "no header row"), (csv("hostname,cores,memory_gib", "a,0,8", "b,x,8"), "none of the 2 rows")],
)
def test_an_unreadable_file_shows_an_error_and_no_traceback(page: AppTest, data: bytes, message: str) -> None:
    page.run()
    upload(page, "broken.csv", data)
    assert not page.exception
    assert message in page.error[0].value
    planned(page)
    assert message in page.error[0].value and not page.metric


def test_dirty_rows_are_listed_and_the_rest_is_planned(page: AppTest) -> None:
    page.run()
    upload(page, "dirty.csv", csv("hostname,cores,memory_gib,CPU p95 %", "a,8,32,20", "b,8,-1,20", "c,8,32,180"))
    assert not page.exception
    assert "2 rows set aside" in text(page)
    assert any("Problem" in frame.value.columns for frame in page.dataframe)
    assert numbers(planned(page))["Servers today"] == "1"


def test_an_ambiguous_unit_is_asked_for(page: AppTest) -> None:
    page.run()
    upload(page, "units.csv", csv("hostname,cores,memory", "a,8,1024", "b,8,1024"))
    assert not page.exception and not page.metric
    assert "could be GiB or MiB" in page.warning[0].value
    settled(page.radio[0].set_value("MiB").run())
    assert not page.exception
    assert numbers(planned(page))["Servers today"] == "2"


def test_an_rvtools_workbook_shows_its_join_and_its_own_settings(page: AppTest) -> None:
    page.run()
    upload(
        page,
        "export.xlsx",
        rvtools(
            [host_row("esx1"), host_row("esx2")], [vm_row("a", "esx1"), vm_row("b", "boesx2"), vm_row("c", "lost")]
        ),
    )
    assert not page.exception
    assert "66.7% of VMs linked" in text(page)
    assert page.selectbox(key="set_unmatched_workloads").value == "leave_out"
    assert numbers(planned(page))["Servers today"] == "2"


def test_everything_staying_is_an_answer_too(page: AppTest) -> None:
    page.run()
    upload(page, "power.csv", csv("hostname,cores,memory_gib,cpu_model", "p1,8,32,IBM POWER8", "p2,8,32,IBM POWER8"))
    assert not page.exception
    assert "Nothing can be placed" in text(planned(page))


def test_every_figure_of_the_headline_is_explained_on_a_click(page: AppTest, tiny_csv: Path) -> None:
    page.run()
    planned(upload(page, "tiny.csv", tiny_csv.read_bytes()))
    for key, said in (
        ("servers", "tiny.csv: 12 rows used"),
        ("hosts", "proven optimal"),
        ("savings", "keep − plan"),
        ("payback", "summed"),
        ("assumed", "Each default stands in"),
    ):
        page.button(key=f"explain_{key}").click().run()
        assert not page.exception, key
        shown = text(page) + " ".join(block.value for block in page.code)
        assert said in shown, key
        page.run()  # the drawer is closed

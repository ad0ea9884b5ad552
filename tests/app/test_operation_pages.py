"""Recovery, unseen days, migration and platform through Streamlit's AppTest."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.common import app, go, numbers, settled, text, upload
from tests.make import csv


@pytest.fixture
def page(tiny_csv: Path) -> AppTest:
    return upload(app().run(), "tiny.csv", tiny_csv.read_bytes())


def open_tab(page: AppTest, key: str, label: str) -> AppTest:
    page.session_state[key] = label
    page.run()
    assert not page.exception, page.exception
    return page


@pytest.mark.parametrize("name", ["recovery", "migration", "platforms"])
def test_without_a_plan_a_page_says_where_to_get_one(name: str) -> None:
    page = upload(app().run(), "broken.csv", csv("a,b", "1,2"))
    go(page, name)
    assert "There is no plan yet" in page.info[0].value


def test_failures_are_proved_and_shown(page: AppTest) -> None:
    go(page, "recovery")
    assert "5 of 5 cases" in page.success[0].value
    assert list(page.dataframe[0].value["Without a place"]) == [0] * 5
    page.radio[0].set_value(2).run()  # pairs, which N+1 does not promise
    assert not page.exception and "of 10 cases" in (page.warning or page.success)[0].value


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("Racks and sites", "A whole rack"),
        ("Restart", "Longest until everything is back"),
        ("Headroom", "Hosts by how much"),
        ("Rules from names", "look like members of one cluster"),
        ("What it costs", "What it costs to survive"),
    ],
)
def test_every_tab_of_recovery_opens(page: AppTest, label: str, words: str) -> None:
    go(page, "recovery")
    open_tab(page, "recovery_tab", label)
    shown = text(page) + " ".join(item.value for item in (*page.header, *page.info))
    assert words in shown


def test_the_price_of_surviving_is_worked_out_on_demand(page: AppTest) -> None:
    go(page, "recovery")
    open_tab(page, "recovery_tab", "What it costs")
    page.button(key="work_options").click().run()
    assert not page.exception
    assert list(page.dataframe[0].value["Survives"]) == ["N", "N+1", "N+1", "N+2", "N+2"]


def test_the_sample_history_is_tested(page: AppTest) -> None:
    go(page, "unseen")
    found = numbers(page)
    assert int(found["Hosts, peaks by hour of the day"]) < int(found["Hosts, each peak by itself"])
    assert "Energy saved" in found
    page.button(key="work_frontier").click().run()
    assert not page.exception and "weeks that were left out" in page.success[0].value


def test_a_history_that_cannot_be_used_says_why(page: AppTest) -> None:
    go(page, "unseen")
    data = csv("workload,hour,cpu_mean,cpu_max,memory_gib", "a,2026-01-01 00:00,1,2,4", "a,2026-01-01 01:00,x,2,4")
    page.file_uploader(key="history").set_value([("h.csv", data, "text/csv")]).run()
    assert not page.exception
    assert "h.csv, row 3, column 'cpu_mean' = 'x'" in page.error[0].value


def test_the_migration_has_waves_dates_and_files(page: AppTest) -> None:
    go(page, "migration")
    assert "survives the failure of 1" in page.success[0].value
    assert len(page.get("vega_lite_chart")) == 1  # the calendar stands first
    open_tab(page, "mig_tab", "Waves")
    (waves,) = [frame.value for frame in page.dataframe if "Wave" in frame.value.columns]
    assert int(numbers(page)["Waves"]) == len(waves)
    for label in ("Workloads", "Lifecycle", "Ramp", "Hand-over"):
        open_tab(page, "mig_tab", label)
    assert "12 virtual machines" in text(page)
    page.number_input(key="mig_people").set_value(0.0).run()
    assert not page.exception and "people = 0.0 must be more than zero" in page.error[0].value


def test_platforms_are_compared_on_demand(page: AppTest) -> None:
    go(page, "platforms")
    assert "This plan runs on **Proxmox VE" in text(page)
    page.button(key="work_hypervisors").click().run()
    assert not page.exception
    table = page.dataframe[0].value
    assert set(table["Type"]) == {1, 2} and len(table) >= 8


def test_upload_and_settings_survive_a_visit_to_another_page(page: AppTest) -> None:
    settled(page.number_input(key="set_failover_hosts").set_value(0).run())
    go(page, "answer")
    assert "Hosts needed" in numbers(page)
    go(page, "recovery")
    go(page, "answer")
    assert numbers(page)["Servers today"] == "12"  # still the uploaded file, not the sample
    assert "Hosts needed" in numbers(page)  # still no failure to survive
    go(page, "estate")
    assert "In use: tiny.csv." in text(page)
    settled(page.button(key="forget_files").click().run())
    assert not page.exception
    assert numbers(go(page, "answer"))["Servers today"] != "12"


def test_confirmed_groups_change_the_plan_and_can_be_taken_back(page: AppTest) -> None:
    go(page, "recovery")
    open_tab(page, "recovery_tab", "Rules from names")
    assert page.button(key="apply_groups").disabled
    assert not page.dataframe[0].value["confirm"].any()  # nothing is confirmed by itself
    page.session_state["groups_editor"] = {"edited_rows": {0: {"confirm": True}}, "added_rows": [], "deleted_rows": []}
    page.run()
    settled(page.button(key="apply_groups").click().run())
    assert not page.exception
    assert "confirmed from names" in text(go(page, "answer"))
    go(page, "recovery")
    open_tab(page, "recovery_tab", "Rules from names")
    assert "1 group is confirmed" in page.success[0].value
    settled(page.button(key="undo_groups").click().run())
    assert not page.exception and "confirmed from names" not in text(go(page, "answer"))


def test_the_dates_of_a_migration_reach_the_cash_flow(page: AppTest) -> None:
    go(page, "migration")
    open_tab(page, "mig_tab", "Ramp")
    page.button(key="use_dates").click().run()
    assert not page.exception
    assert page.session_state["carried"]["move"]
    go(page, "migration")
    open_tab(page, "mig_tab", "Ramp")
    page.button(key="drop_dates").click().run()
    assert not page.exception and "move" not in page.session_state["carried"]


def test_racks_of_the_scenario_reach_the_answer(page: AppTest) -> None:
    settled(page.number_input(key="set_racks").set_value(4).run())
    go(page, "answer")
    assert not page.exception
    assert "racks was failed as a whole" in text(page)

"""Report: everything that leaves the app, and what comes back in."""

from __future__ import annotations

import io
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

import calc
from app_pages.current import current_answer
from app_pages.files import take
from app_pages.jobs import current_key, remembered
from app_pages.links import show_link
from app_pages.sidebar import open_scenario
from app_pages.speaking import later
from calc.language import local, say, told
from calc.report import words
from calc.report.bundle import write_bundle
from calc.report.business_case import write_business_case
from calc.report.content import Content, gather
from calc.report.document import pdf_problem
from calc.report.writing import FORMATS, report_file, write_report
from calc.saving import is_saved


@dataclass(frozen=True, slots=True)
class Output:
    """One thing to take away: what it is called, what it is for, and how it is made when it is asked for."""

    key: str
    name: str
    purpose: str
    file: str
    mime: str
    make: Callable[[], bytes]


def zipped(*writers: Callable[[Path], object]) -> bytes:
    """The files that some writers put into a folder, as one archive."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for write in writers:
            write(folder)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder).as_posix())
    return out.getvalue()


class Contents:
    """What the documents hold (alternatives, range, decision), worked out when the first of them is asked for."""

    def __init__(self, answer: calc.Assessment) -> None:
        self._answer, self._lock, self._made = answer, threading.Lock(), None

    def get(self) -> Content:
        """The content; the first call takes some seconds."""
        with self._lock:
            if self._made is None:
                self._made = gather(self._answer)
            return self._made


_MIME = {
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".json": "application/json",
    ".calc": "application/zip",
}


def purposes() -> dict[str, str]:
    """What each file of the report is for."""
    return {
        "report.pdf": say("summary on one page, plan, money, recovery, risks, every assumption with its source"),
        "report.html": say("the same as one page for the browser; loads nothing from anywhere"),
        "workbook.xlsx": say("change a price there, and the totals follow"),
        "slides.pptx": say("with charts that can be edited"),
        "assessment.calc": say(
            "inventory, assumptions, plan and figures; opens here, in a notebook and on the command line"
        ),
        "assessment.json": say("for other programs; its schema is published"),
    }


def outputs(a: calc.Assessment) -> list[Output]:
    """Every format, in the order of the page."""
    contents: Contents = remembered("contents", current_key(), lambda: Contents(a))

    def made(name: str) -> Callable[[], bytes]:
        if name == "assessment.calc":  # needs no business case
            return lambda: calc.save_assessment(a)
        return lambda: report_file(contents.get(), name)

    documents = [
        Output(name.replace(".", "_"), local(title), purposes()[name], name, _MIME[Path(name).suffix], made(name))
        for name, title in FORMATS.items()
        if name != "report.pdf" or pdf_problem() is None
    ]
    return [
        *documents,
        Output(
            "everything",
            say("Everything in one archive"),
            say("the audit bundle, the business case and every table as CSV and Parquet"),
            "report.zip",
            "application/zip",
            lambda: zipped(
                lambda folder: write_bundle(a, folder / "bundle"),
                lambda folder: write_business_case(contents.get(), folder / "bundle"),
                lambda folder: write_report(contents.get(), folder / "report"),
            ),
        ),
        Output(
            "bundle",
            say("Audit bundle"),
            say("CSV and JSON with which a third party checks plan and money without this program"),
            "audit_bundle.zip",
            "application/zip",
            lambda: zipped(lambda folder: write_bundle(a, folder)),
        ),
        Output(
            "scenario",
            say("Scenario (TOML)"),
            say("Every assumption, for the command line, a notebook, or to be opened here again"),
            "scenario.toml",
            "application/toml",
            lambda: a.scenario.to_toml().encode(),
        ),
    ]


def main() -> None:
    st.title(say("What do you hand on?"))
    answer = current_answer()
    if answer is not None:
        with st.container(border=True):
            for line in (
                f"{words.hosts_line(answer)}. {words.proof_line(answer)}",
                words.survival_line(answer),
                words.money_line(answer),
            ):
                st.markdown(local(line).replace("$", "\\$"))
        downloads(answer)
        st.header(say("Let somebody else go on"))
        show_link(answer.scenario)
    bring_back()


def downloads(answer: calc.Assessment) -> None:
    """One row a format."""
    st.header(say("Take it away"))
    if problem := pdf_problem():
        st.info(problem)
    st.caption(
        say(
            "In the language of the page. The first document takes some seconds: alternatives and range are worked out."
        )
    )
    for item in outputs(answer):
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.markdown(f"**{item.name}** – {item.purpose}")
        right.download_button(
            say("Download {file}", file=item.file),
            later(item.make),
            item.file,
            item.mime,
            key=f"download_{item.key}",
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
        )


def _open() -> None:
    upload = st.session_state.get("saved_file")
    if upload is None:
        return
    data = upload.getvalue()
    try:
        if upload.name.endswith(".toml"):
            open_scenario(calc.Scenario.from_toml(data.decode("utf-8", "replace")))
        elif is_saved(data):
            take([(upload.name, data)])
        else:
            raise calc.InputError(say("This is not a saved assessment: choose the file that “Report” gave you."))
        st.session_state["opened_note"] = say("{name} is opened.", name=upload.name)
    except calc.CalcError as error:
        st.session_state["open_problem"] = told(error)


def bring_back() -> None:
    """Open what was saved."""
    st.header(say("Open what was saved"))
    st.file_uploader(
        say("A saved assessment (.calc) or a scenario (.toml)"),
        type=["calc", "toml"],
        key="saved_file",
        on_change=_open,
    )
    if note := st.session_state.pop("opened_note", ""):
        st.success(note)
    if problem := st.session_state.pop("open_problem", ""):
        st.error(problem)


main()

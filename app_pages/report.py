"""Report: everything that leaves the app, and what comes back in."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

import calc
from app_pages.current import current_answer
from app_pages.files import chosen_files
from app_pages.links import opened, saved, scenario_text
from app_pages.speaking import later
from calc.language import local, say
from calc.report import words
from calc.report.bundle import write_bundle
from calc.report.business_case import write_business_case


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


def outputs(a: calc.Assessment) -> list[Output]:
    """Every format, in the order of the page."""
    return [
        Output(
            "bundle",
            say("Audit bundle"),
            say("CSV and JSON with which a third party checks plan and money without this program"),
            "audit_bundle.zip",
            "application/zip",
            lambda: zipped(lambda folder: write_bundle(a, folder)),
        ),
        Output(
            "case",
            say("Audit bundle with the business case"),
            say("The same with alternatives, range, tornado and decision; takes some seconds to make"),
            "business_case.zip",
            "application/zip",
            lambda: zipped(lambda folder: write_bundle(a, folder), lambda folder: write_business_case(a, folder)),
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
            for line in words.headline(answer)[:3]:
                st.markdown(local(line).replace("$", "\\$"))
        downloads(answer)
        share(answer)
    bring_back()


def downloads(answer: calc.Assessment) -> None:
    """One row a format."""
    st.header(say("Take it away"))
    for item in outputs(answer):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(f"**{item.name}** – {item.purpose}")
        right.download_button(
            say("Download"),
            later(item.make),
            item.file,
            item.mime,
            key=f"download_{item.key}",
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
            help=item.file,
        )


def share(answer: calc.Assessment) -> None:
    """The visit in one file, the scenario in a link."""
    st.header(say("Go on later, or let somebody else"))
    left, right = st.columns([4, 1], vertical_alignment="center")
    names = ", ".join(name for name, _ in chosen_files())
    left.markdown(
        say("**Saved assessment** – {names}, what was said about them and every assumption in one file", names=names)
    )
    right.download_button(
        say("Save"),
        later(lambda: saved(answer.scenario)),
        "assessment.zip",
        "application/zip",
        key="download_saved",
        on_click="ignore",
        icon=":material/save:",
        width="stretch",
    )
    st.markdown(
        say("**Link to these assumptions** – without the inventory; opens with whatever files the reader gives")
    )
    address = (st.context.url or "").split("?")[0]
    st.code(f"{address}?scenario={scenario_text(answer.scenario)}", language=None, wrap_lines=True)


def _open() -> None:
    upload = st.session_state.get("saved_file")
    if upload is None:
        return
    data = upload.getvalue()
    try:
        if upload.name.endswith(".toml"):
            from app_pages.sidebar import open_scenario

            open_scenario(calc.Scenario.from_toml(data.decode("utf-8", "replace")))
        else:
            opened(data)
        st.session_state["opened_note"] = say("{name} is opened.", name=upload.name)
    except calc.CalcError as error:
        st.session_state["opened_note"] = ""
        st.session_state["open_problem"] = local(str(error))


def bring_back() -> None:
    """Open what was saved."""
    st.header(say("Open what was saved"))
    st.file_uploader(
        say("A saved assessment (.zip) or a scenario (.toml)"), type=["zip", "toml"], key="saved_file", on_change=_open
    )
    if note := st.session_state.pop("opened_note", ""):
        st.success(note)
    if problem := st.session_state.pop("open_problem", ""):
        st.error(problem)


main()

"""All that leaves the app: one file at a time as bytes, or the whole set into a folder without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from calc.assessment import Assessment
from calc.errors import InputError
from calc.language import language as in_use
from calc.language import say, stored, using
from calc.report.content import Content, gather
from calc.report.document import DocumentError, html, pdf
from calc.report.exports import SCHEMA, csv_bytes, parquet_bytes, tables, to_json
from calc.report.slides import slides
from calc.report.workbook import workbook
from calc.saving import save_assessment

#: What can be written: file name, and what it is.
FORMATS = {
    "report.pdf": stored("Document to sign (PDF)"),
    "report.html": stored("Document (one HTML file)"),
    "workbook.xlsx": stored("Workbook with live formulas (Excel)"),
    "slides.pptx": stored("Six slides (PowerPoint)"),
    "assessment.calc": stored("Saved assessment, to open again here"),
    "assessment.json": stored("The whole assessment (JSON)"),
}


def report_file(content: Content, name: str, *, language: str | None = None, dated: date | None = None) -> bytes:
    """One file of the report.

    Parameters
    ----------
    content : Content
        From `calc.report.content.gather`.
    name : str
        A key of `FORMATS`.
    language : str, optional
        Key of `calc.language.LANGUAGES`; the one in use by default.
    dated : date, optional
        Date on document and slides; today by default.

    Raises
    ------
    InputError
        For a name that is not in `FORMATS`.
    DocumentError
        When a PDF cannot be made on this machine.
    """
    makers: dict[str, Callable[[], bytes]] = {
        "report.pdf": lambda: pdf(html(content, language=language, dated=dated)),
        "report.html": lambda: html(content, language=language, dated=dated).encode(),
        "workbook.xlsx": lambda: workbook(content.assessment, language=language),
        "slides.pptx": lambda: slides(content, language=language, dated=dated),
        "assessment.calc": lambda: save_assessment(content.assessment),
        "assessment.json": lambda: to_json(content).encode(),
    }
    if name not in makers:
        raise InputError(
            say("There is no report file {name!r}: choose one of {known}.", name=name, known=", ".join(makers))
        )
    with using(language or in_use()):  # an error is told in the reader's language too
        return makers[name]()


@dataclass(frozen=True, slots=True)
class Written:
    """What a report came to.

    Attributes
    ----------
    folder : Path
    files : tuple of str
        Names relative to the folder.
    failed : dict of str to str
        Files that could not be made, and why.
    """

    folder: Path
    files: tuple[str, ...]
    failed: dict[str, str] = field(default_factory=dict)


def write_report(
    assessment: Assessment | Content,
    folder: str | Path,
    *,
    language: str | None = None,
    dated: date | None = None,
    formats: Iterable[str] | None = None,
) -> Written:
    """Write the report into a folder; files of an earlier run are replaced.

    Parameters
    ----------
    assessment : Assessment or Content
        What is not worked out yet of the content is, which takes some seconds.
    folder : path
        Made when it does not exist.
    language, dated
        As for `report_file`.
    formats : iterable of str, optional
        Keys of `FORMATS`; all of them, and the tables, by default.

    Returns
    -------
    Written
        A PDF that this machine cannot make is in ``failed`` with the reason; all else is written.
    """
    out = Path(folder)
    content = assessment if isinstance(assessment, Content) else gather(assessment)
    out.mkdir(parents=True, exist_ok=True)
    files: list[str] = []
    failed: dict[str, str] = {}
    for name in FORMATS if formats is None else formats:
        try:
            data = report_file(content, name, language=language, dated=dated)
        except DocumentError as error:
            failed[name] = str(error)
            continue
        (out / name).write_bytes(data)
        files.append(name)
    if formats is None:
        (out / SCHEMA.name).write_bytes(SCHEMA.read_bytes())
        files.append(SCHEMA.name)
        for kind, write in (("csv", csv_bytes), ("parquet", parquet_bytes)):
            (out / "tables").mkdir(exist_ok=True)
            for name, table in tables(content).items():
                relative = f"tables/{name}.{kind}"
                (out / relative).write_bytes(write(table))
                files.append(relative)
    return Written(out, tuple(files), failed)


def schema() -> dict[str, object]:
    """The JSON Schema that `assessment.json` keeps to."""
    found: dict[str, object] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found

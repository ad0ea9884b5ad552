"""The document: one HTML file that asks nothing of anybody, and its PDF."""

from __future__ import annotations

import logging
import re
from datetime import date
from pathlib import Path

from calc.errors import CalcError
from calc.html import Markup, element, paragraph
from calc.language import language as in_use
from calc.language import say, using
from calc.report import sections
from calc.report.content import Content
from calc.report.figures import day

_STYLE = Path(__file__).with_name("document.css")


class DocumentError(CalcError):
    """A PDF cannot be made on this machine; the HTML document can."""


def html(content: Content, *, language: str | None = None, dated: date | None = None) -> str:
    """The document as one HTML file with its charts inside: it loads nothing from anywhere.

    Parameters
    ----------
    content : Content
        From `calc.report.content.gather`.
    language : str, optional
        Key of `calc.language.LANGUAGES`; the one in use by default.
    dated : date, optional
        Date on its first page; today by default.
    """
    with using(language or in_use()):
        a = content.assessment
        names = ", ".join(source.name for source in a.inventory.sources)
        title = say("Server consolidation")
        first = element(
            "section",
            element("h1", title),
            paragraph(say("Assessment of {names}, {day}", names=names, day=day(dated or date.today())), cls="sub"),
            sections.summary(content),
            cls="summary",
        )
        body = element(
            "main",
            first,
            sections.method(a),
            sections.plan(a),
            sections.case(content),
            sections.recovery(a),
            sections.risks(content),
            sections.data_quality(a),
            sections.reproduce(a),
            sections.assumptions(a),
        )
        return whole_page(title, body)


def whole_page(title: str, body: Markup) -> str:
    """A page of the document's look that loads nothing, in the language in use."""
    style = _STYLE.read_text(encoding="utf-8")
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        # No script and no request can come of it, whatever an inventory holds.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"{element('title', title)}<style>{style}</style>"
    )
    return f'<!DOCTYPE html>\n<html lang="{in_use()}"><head>{head}</head>{element("body", body)}</html>\n'


class _Watch(logging.Handler):
    """Collects the characters for which the machine has no font."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note a character that was drawn as an empty box."""
        if "notdef" in str(record.msg) and isinstance(record.args, tuple):
            self.missing[str(record.args[0])] = None


#: Text between two tags of the body, and a Korean word in it; longer ones may have to break.
_BETWEEN, _WORD = re.compile(r">[^<]+<"), re.compile(r"\S*[가-힣]\S*")
_LONGEST_WORD = 12


def _unbroken(page: str) -> str:
    """The page with Korean words held together: the printer does not know ``word-break: keep-all``, and breaks within words."""

    def held(word: re.Match[str]) -> str:
        return word[0] if len(word[0]) > _LONGEST_WORD else f'<span class="word">{word[0]}</span>'

    head, mark, body = page.partition("<body>")
    outside = re.split(r"(<svg.*?</svg>|<pre.*?</pre>)", body, flags=re.DOTALL)
    outside[::2] = [_BETWEEN.sub(lambda text: _WORD.sub(held, text[0][1:-1]).join("><"), part) for part in outside[::2]]
    return head + mark + "".join(outside)


def pdf_problem() -> str | None:
    """Why no PDF can be made on this machine, and the way out; None where one can."""
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        return say(
            "A PDF needs Pango, which is not installed here ({error}). On Debian: apt-get install libpango-1.0-0 "
            "libpangoft2-1.0-0. The HTML document needs nothing and can be printed from a browser.",
            error=str(error).splitlines()[0],
        )
    return None


def pdf(page: str) -> bytes:
    """The PDF of a document: fonts embedded, and tagged (PDF/UA-1), so that a screen reader knows headings, tables and pictures.

    Parameters
    ----------
    page : str
        From `html`.

    Raises
    ------
    DocumentError
        When Pango, or a font for the language, is not installed; the HTML document needs neither.
    """
    if problem := pdf_problem():
        raise DocumentError(problem)
    import weasyprint
    from weasyprint.logger import LOGGER
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    watch = _Watch()
    LOGGER.addHandler(watch)
    try:
        nothing = URLFetcher(allowed_protocols=(), fail_on_errors=True)
        source = weasyprint.HTML(string=_unbroken(page), url_fetcher=nothing)
        made: bytes = source.write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        raise DocumentError(
            say("The page asks for something outside it: {error}. Use a page that `html` made.", error=str(error))
        ) from None
    finally:
        LOGGER.removeHandler(watch)
    if watch.missing:
        raise DocumentError(
            say(
                "No font on this machine has these characters: {characters}. On Debian: apt-get install fonts-noto-cjk "
                "fonts-noto-core. The HTML document shows them wherever it is opened.",
                characters=" ".join(list(watch.missing)[:20]),
            )
        )
    return made

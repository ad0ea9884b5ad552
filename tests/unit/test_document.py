"""The document holds the answer, asks nothing of anybody, runs nothing of an inventory, and prints with its fonts."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import subprocess
import zlib
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pptx import Presentation

import calc
from calc.language import LANGUAGES, using
from calc.report import document, svg, words
from calc.report.content import Content, gather
from calc.report.document import DocumentError, html, pdf
from calc.report.figures import money, number, percent
from calc.report.slides import slides
from tests.make import inventory
from tests.office import tool

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def content(estate_csv: Path) -> Content:
    return gather(calc.assess(calc.read_inventory(estate_csv)), draws=200)


@pytest.fixture(scope="module")
def small() -> Content:
    """Names that would be markup, and no host to price."""
    made = inventory(
        "hostname,cores,memory_gib,cpu_model", "<script>alert(1)</script>,8,32,IBM POWER8", '"a""b & c",8,32,x'
    )
    return gather(calc.assess(made), business_case=False)


class Outline(HTMLParser):
    """Tags, headings and what is asked for, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


def test_it_holds_every_section_and_figure(content: Content) -> None:
    page = html(content, language="en", dated=DAY)
    found = Outline(page)
    assert found.headings == [
        "Server consolidation",
        "Summary",
        "Method",
        "Plan",
        "Money",
        "Recovery",
        "Risks",
        "Data quality",
        "How to reproduce",
        "Assumptions with their sources",
    ]
    a = content.assessment
    assert "November 23, 2026" in page
    assert content.simulation is not None and content.alternatives is not None
    for value in (a.comparison.tco_baseline, a.comparison.npv, content.simulation.quantiles().loc["npv", "P10"]):
        assert number(float(value)) in page or words.amount(float(value), "USD") in page
    assert a.inventory.sources[0].sha256 in page and f">{a.hosts_after}<" in page
    for entry in content.alternatives.entries:
        assert entry.name.replace("'", "&#x27;") in page
    for row in calc.report.tables.assumptions_table(a).itertuples():  # type: ignore[attr-defined]
        if row.origin != "assumed" and len(row.source) < 60:
            assert row.source.replace("&", "&amp;").replace("'", "&#x27;") in page


def test_every_chart_has_its_description(content: Content) -> None:
    charts = [attrs for tag, attrs in Outline(html(content, dated=DAY)).tags if tag == "svg"]
    assert len(charts) == 6
    for attrs in charts:
        assert attrs["role"] == "img" and len(attrs["aria-label"] or "") > 20


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_it_asks_nothing_of_anybody(code: str, content: Content, small: Content) -> None:
    for some in (content, small):
        page = html(some, language=code, dated=DAY)
        assert f'<html lang="{code}">' in page
        tags = Outline(page).tags
        assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in tags}
        assert not any(name in attrs for _, attrs in tags for name in ("src", "href", "onclick", "onload"))
        assert "url(" not in page and "@import" not in page


def test_foreign_text_stays_text(small: Content) -> None:
    page = html(small, dated=DAY)
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page


@pytest.mark.parametrize(("code", "roles"), [("en", "Prepared by Checked by Approved by"), ("ko", "작성 검토 승인")])
def test_there_is_a_place_to_sign_below_the_digests(code: str, roles: str, small: Content) -> None:
    page = html(small, language=code, dated=DAY)
    signed = page.index('class="sign')
    assert re.sub(" +", " ", re.sub("<[^>]+>", " ", page[page.index("<tbody>", signed) :])).strip().startswith(roles)
    assert page.rindex(small.assessment.inventory.sources[0].sha256) < signed


def test_the_same_answer_gives_the_same_page(content: Content) -> None:
    assert html(content, language="ko", dated=DAY) == html(content, language="ko", dated=DAY)


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_the_pdf_embeds_its_fonts_and_the_summary_is_one_page(code: str, content: Content, tmp_path: Path) -> None:
    fonts = tool("pdffonts")
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(html(content, language=code, dated=DAY)))
    listed = subprocess.run([fonts, path], check=True, capture_output=True, text=True).stdout.splitlines()[2:]
    assert listed
    for line in listed:  # name, type, encoding, emb, sub, uni, object
        assert line.split()[-5:-2] == ["yes", "yes", "yes"], line
    tool("pdftotext")
    pages = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout.split("\f")
    assert {"en": "Method", "ko": "방법"}[code] in pages[1] and {"en": "Power, kW", "ko": "전력, kW"}[code] in pages[0]
    assert 5 < len(pages) < 25


def pdf_objects(data: bytes) -> bytes:
    """A PDF with its compressed streams opened."""
    found = [data]
    for part in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(part))
    return b"\n".join(found)


def pdf_text(literal: bytes) -> str:
    """A string of a PDF: in brackets as it is, or as UTF-16 in hexadecimal."""
    return bytes.fromhex(literal[1:-1].decode()).decode("utf-16") if literal[:1] == b"<" else literal[1:-1].decode()


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_the_pdf_is_tagged_for_a_screen_reader(code: str, content: Content, tmp_path: Path) -> None:
    """Structure, language, title, and each picture's description, read back from the file."""
    page, path = html(content, language=code, dated=DAY), tmp_path / "a.pdf"
    path.write_bytes(pdf(page))
    raw = pdf_objects(path.read_bytes())
    assert f"/Lang ({code})".encode() in raw and b'pdfuaid:part="1"' in raw and b"/DisplayDocTitle true" in raw
    drawn = [str(attrs["aria-label"]) for tag, attrs in Outline(page).tags if tag == "svg"]
    told = [pdf_text(found) for found in re.findall(rb"/Alt (<[0-9a-f]*>|\([^)]*\))", raw)]
    assert sorted(told) == sorted(drawn) and len(told) == 6
    tool("pdfinfo")
    kinds = subprocess.run(["pdfinfo", path], check=True, capture_output=True, text=True).stdout
    assert re.search(r"Tagged: +yes", kinds)
    assert re.search(rf"Title: +{ {'en': 'Server consolidation', 'ko': '서버 통합'}[code] }", kinds)
    lines = subprocess.run(["pdfinfo", "-struct", path], check=True, capture_output=True, text=True).stdout
    tags = re.findall(r"^ *([A-Z][A-Za-z0-9]*)(?: <[^>]*>)?(?: \((?:block|inline)\))?:?$", lines, re.MULTILINE)
    headings = [tag for tag, _ in Outline(page).tags if tag in ("h1", "h2", "h3")]
    assert [tag.lower() for tag in tags if tag in ("H1", "H2", "H3")] == headings
    # A table that goes on over a page is tagged again with its head: never fewer than the page has.
    for tag, name in (("table", "Table"), ("th", "TH"), ("td", "TD"), ("li", "LI"), ("figure", "Caption")):
        assert tags.count(name) >= sum(found == tag for found, _ in Outline(page).tags) > 0, name
    assert "/Headers [" in lines  # a cell knows what its column is


def test_korean_words_are_not_broken(tmp_path: Path) -> None:
    """A line may end between words, never within one; nothing is added to the text that is copied or searched."""
    words = ["하이퍼바이저", "라이선스는", "보유현황을", "묻습니다"] * 30
    made = tmp_path / "a.pdf"
    style = Path(document.__file__).with_name("document.css").read_text(encoding="utf-8")
    head = f"<head><title>a</title><style>{style}</style></head>"
    made.write_bytes(pdf(f'<html lang="ko">{head}<body><p>{" ".join(words)}</p></body></html>'))
    tool("pdftotext")
    text = subprocess.run(["pdftotext", "-layout", made, "-"], check=True, capture_output=True, text=True).stdout
    assert len(text.strip().splitlines()) > 3 and text.split() == [*words, "1/1"]  # and the page's number


def test_a_missing_font_or_pango_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DocumentError, match=r"No font .*\U000f0000"):
        pdf("<html><body>\U000f0000</body></html>")
    import builtins

    real = builtins.__import__

    def without(name: str, *args: object, **more: object) -> object:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DocumentError, match="apt-get install libpango"):
        pdf("<html></html>")


def test_a_page_that_asks_for_something_gets_nothing(tmp_path: Path) -> None:
    """A picture beside the page is not read either."""
    secret = tmp_path / "x.png"
    secret.write_bytes(b"secret")
    for address in (secret.as_uri(), "http://127.0.0.1:9/x.png", "data:image/png;base64,AA=="):
        with pytest.raises(DocumentError, match="asks for something outside"):
            pdf(f'<html><body><img src="{address}">a</body></html>')


def test_figures_follow_the_language() -> None:
    assert (money(-1234.4, "USD"), percent(0.125, 1), number(1234.5, 1)) == ("−1,234 USD", "12.5%", "1,234.5")
    assert (number(-0.3), number(-0.04, 1), number(float("nan"))) == ("0", "0.0", "–")
    with using("ko"):
        assert money(5_000_000, "KRW") == "5,000,000 KRW"


def test_one_is_written_as_one() -> None:
    """One server, one year, one input: no word of it stands in the plural."""
    alone = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %", "a,8,32,20"), calc.Scenario(horizon_years=1, failover_hosts=0)
    )
    content = gather(alone, business_case=False)
    told = re.sub(r"<[^>]+>", " ", html(content, language="en", dated=DAY))
    deck = Presentation(io.BytesIO(slides(content, language="en", dated=DAY)))
    told += " ".join(shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame)
    assert "1 server → 1 host without spare capacity" in told and "over 1 year against" in told
    assert not re.findall(
        r"(?<![\d.,])1 (?:\w+ )?(?:servers|hosts|years|inputs|months|workloads|pools|machines|rows)\b", told
    )


def test_loss_of_a_rack_and_a_stated_risk_are_told() -> None:
    a = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %", *(f"s{i},8,64,20" for i in range(8))), calc.Scenario(racks=2)
    )
    page = html(gather(a, business_case=False), language="en", dated=DAY)
    (line,) = words.racks_line(a)
    assert page.count(line) == 2 and "1 × rack" in page  # in the summary and under Recovery


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-7.3, 0), (-1e6, 2e6), (3, 3), (0.001, 0.0042)])
def test_ticks_cover_the_range(low: float, high: float) -> None:
    found = svg.ticks(low, high)
    assert (found[0] <= low + 1e-9 and found[-1] >= high - 1e-9 and 2 <= len(found) <= 9) or low == high
    steps = {round(two - one, 9) for one, two in itertools.pairwise(found)}
    assert len(steps) <= 1


def test_charts_stay_within_their_frame() -> None:
    drawn = svg.lines(
        [("a", [0.0, 5.0], "#000"), ("b", [-3.0, 9.0], "#111")], str, "x", "d", mark=(0.99, "a long label at the end")
    )
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn).groups())  # type: ignore[union-attr]
    for x, y in re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)"', drawn):
        assert 0 <= float(x) <= width and 0 <= float(y) <= height

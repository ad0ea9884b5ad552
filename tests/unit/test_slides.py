"""Six slides, each with its title, native charts with descriptions, in both languages."""

from __future__ import annotations

import io
import subprocess
from datetime import date
from pathlib import Path

import pytest
from pptx import Presentation

import calc
from calc.language import LANGUAGES
from calc.report.content import Content, gather
from calc.report.deck import fitting
from calc.report.slides import slides
from tests.make import inventory
from tests.office import converted, tool

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def content(estate_csv: Path) -> Content:
    return gather(calc.assess(calc.read_inventory(estate_csv)), draws=200)


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_six_slides_with_native_charts(code: str, content: Content) -> None:
    deck = Presentation(io.BytesIO(slides(content, language=code, dated=DAY)))
    assert len(deck.slides) == 6
    assert all(slide.shapes.title.text_frame.text.strip() for slide in deck.slides)
    charts = [shape for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert len(charts) == 4
    for shape in charts:
        assert len(shape._element.nvGraphicFramePr.cNvPr.get("descr")) > 20
    width, height = deck.slide_width, deck.slide_height
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= width, shape.name
            assert shape.top >= 0 and shape.top + shape.height <= height, shape.name


def test_the_charts_hold_the_figures(content: Content) -> None:
    a = content.assessment
    deck = Presentation(io.BytesIO(slides(content, language="en", dated=DAY)))
    by_slide = [[shape.chart for shape in slide.shapes if shape.has_chart] for slide in deck.slides]
    keep, plan = (list(series.values) for series in by_slide[3][0].plots[0].series)
    assert keep[-1] * 1e6 == pytest.approx(a.comparison.tco_baseline)
    assert plan[-1] * 1e6 == pytest.approx(a.comparison.tco_target)
    shares = list(by_slide[1][0].plots[0].series[1].values)
    assert shares[0] == pytest.approx(a.after.servers / a.before.servers)
    assert content.simulation is not None
    assert sum(by_slide[4][0].plots[0].series[0].values) == len(content.simulation.draws)


def test_an_answer_without_a_host_has_its_slides() -> None:
    found = calc.assess(inventory("hostname,cores,memory_gib,cpu_model", "p,8,32,IBM POWER8"))
    for content in (gather(found), gather(found, business_case=False)):
        assert len(Presentation(io.BytesIO(slides(content, dated=DAY))).slides) == 6


def test_another_program_opens_them(content: Content, tmp_path: Path) -> None:
    tool("pdfinfo")
    found = converted(slides(content, language="ko", dated=DAY), "pptx", "pdf", tmp_path)
    told = subprocess.run(["pdfinfo", found], check=True, capture_output=True, text=True).stdout
    assert "Pages:           6" in told


def test_a_figure_keeps_to_its_line_in_the_widest_font() -> None:
    """Where the font of the deck is not installed, a wider one takes its place and must not run into what stands below."""
    assert fitting("32", 2.9, (28, 24, 20)) == 28
    assert fitting("−1.81 M USD", 2.9, (28, 24, 20)) == 24
    assert fitting("1조 2345억 6789만 USD", 2.9, (28, 24, 20)) == 20
    assert fitting("401 servers → 32 hosts with N+1, and 5 of the servers stay", 12.1, (26, 22, 20)) == 20


def test_the_four_figures_of_the_first_slide_have_one_size(content: Content) -> None:
    first = Presentation(io.BytesIO(slides(content, dated=DAY))).slides[0]
    sizes = {
        run.font.size.pt
        for shape in first.shapes
        if shape.has_text_frame and shape is not first.shapes.title
        for paragraph in shape.text_frame.paragraphs
        for run in paragraph.runs
        if run.font.bold and shape.name != first.shapes.title.name
    }
    assert len(sizes) == 1

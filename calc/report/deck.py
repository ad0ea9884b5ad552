"""A deck of slides and makers of what they hold: text, tables, native charts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from calc.language import language as in_use


def _colour(code: str) -> RGBColor:
    return RGBColor.from_string(code.lstrip("#"))  # type: ignore[no-untyped-call]


_INK, SOFT, BLUE, _GRID, _WHITE = map(_colour, ("#1B2733", "#52606D", "#12436D", "#D5DCE3", "#FFFFFF"))
_FONTS = {"en": "Calibri", "ko": "Malgun Gothic"}


def _width(text: str, size: float) -> float:
    """How wide a bold line is [inches] in a wide font: the font that is asked for may not be there."""
    ems = sum(1.0 if ord(letter) > 0x1100 else 0.7 for letter in text)
    return ems * size / 72


def fitting(text: str, width: float, sizes: Sequence[float]) -> float:
    """The first of the sizes at which a text stays on one line of so many inches, or the last."""
    return next((size for size in sizes if _width(text, size) <= width - 0.2), sizes[-1])


class Deck:
    """A presentation of 16:9 and makers of what its slides hold; sizes are in inches."""

    def __init__(self) -> None:
        self._deck = Presentation()
        self._deck.slide_width, self._deck.slide_height = Inches(13.333), Inches(7.5)
        self.slide: Any = None
        self._count = 0

    def add(self, title: str) -> None:
        """A new slide; its title says what it shows."""
        self._count += 1
        self.slide = self._deck.slides.add_slide(self._deck.slide_layouts[5])
        frame = self.slide.shapes.title
        frame.left, frame.top, frame.width, frame.height = Inches(0.6), Inches(0.4), Inches(12.1), Inches(1.0)
        frame.text_frame.word_wrap = True
        frame.text_frame.vertical_anchor = MSO_ANCHOR.TOP
        self._fill(frame.text_frame, [title], fitting(title, 12.1, (26, 22, 20)), bold=True, colour=BLUE)
        self.text([str(self._count)], 12.2, 7.0, 0.6, 0.3, size=10, colour=SOFT)

    def text(
        self,
        paragraphs: Sequence[str],
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        size: float = 14,
        bold: bool = False,
        colour: RGBColor = _INK,
    ) -> None:
        """A box of text."""
        box = self.slide.shapes.add_textbox(Inches(x), Inches(y), Inches(width), Inches(height))
        box.text_frame.word_wrap = True
        self._fill(box.text_frame, paragraphs, size, bold=bold, colour=colour)

    def _fill(
        self, frame: Any, paragraphs: Sequence[str], size: float, *, bold: bool, colour: RGBColor, right: bool = False
    ) -> None:
        for index, text in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
            paragraph.space_after = Pt(size * 0.4)
            run = paragraph.add_run()
            run.text = text
            self.font(run.font, size, bold=bold, colour=colour)

    def font(self, font: Any, size: float, *, bold: bool = False, colour: RGBColor = _INK) -> None:
        """One font everywhere, for Korean letters too."""
        font.size, font.bold, font.name = Pt(size), bold, _FONTS[in_use()]
        font.color.rgb = colour
        properties = font._element
        for tag in ("a:ea", "a:cs"):
            for old in properties.findall(qn(tag)):
                properties.remove(old)
            properties.append(properties.makeelement(qn(tag), {"typeface": _FONTS[in_use()]}))

    def table(
        self, rows: Sequence[Sequence[str]], x: float, y: float, widths: Sequence[float], *, texts: int = 1
    ) -> None:
        """A table; the first row is its head, and all columns but the first ``texts`` are set to the right."""
        shape = self.slide.shapes.add_table(
            len(rows), len(widths), Inches(x), Inches(y), Inches(sum(widths)), Inches(0.36 * len(rows))
        )
        for column, width in enumerate(widths):
            shape.table.columns[column].width = Inches(width)
        for number_, row in enumerate(rows):
            for column, text in enumerate(row):
                cell = shape.table.cell(number_, column)
                cell.fill.solid()
                cell.fill.fore_color.rgb = BLUE if number_ == 0 else _WHITE
                cell.margin_top = cell.margin_bottom = Inches(0.04)
                cell.vertical_anchor = MSO_ANCHOR.MIDDLE
                self._fill(
                    cell.text_frame,
                    [text],
                    12,
                    bold=number_ == 0,
                    colour=_WHITE if number_ == 0 else _INK,
                    right=column >= texts,
                )

    def chart(
        self,
        kind: Any,
        categories: Sequence[str],
        series: Sequence[tuple[str, Sequence[float], str]],
        box: tuple[float, float, float, float],
        description: str,
        *,
        labels: str = "",
        axis: str = "General",
        legend: bool = True,
    ) -> Any:
        """A native chart with its description as alternative text: (name, values, colour) of each series."""
        data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
        data.categories = categories
        for name, values, _ in series:
            data.add_series(name, values)
        frame = self.slide.shapes.add_chart(kind, *(Inches(part) for part in box), data)
        frame._element.nvGraphicFramePr.cNvPr.set("descr", description)
        chart = frame.chart
        self.font(chart.font, 12)
        chart.has_title = False
        chart.has_legend = legend
        if legend:
            chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        chart.value_axis.major_gridlines.format.line.color.rgb = _GRID
        chart.value_axis.format.line.fill.background()
        chart.value_axis.tick_labels.number_format, chart.value_axis.tick_labels.number_format_is_linked = axis, False
        for drawn, (_, _, colour) in zip(chart.plots[0].series, series, strict=True):
            rgb = _colour(colour)
            if kind == XL_CHART_TYPE.LINE_MARKERS:
                drawn.format.line.color.rgb, drawn.format.line.width, drawn.smooth = rgb, Pt(3), False
                drawn.marker.format.fill.solid()
                drawn.marker.format.fill.fore_color.rgb = rgb
            else:
                drawn.format.fill.solid()
                drawn.format.fill.fore_color.rgb = rgb
                drawn.invert_if_negative = False
        if labels:
            plot = chart.plots[0]
            plot.has_data_labels = True
            plot.data_labels.number_format, plot.data_labels.number_format_is_linked = labels, False
            plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
        return chart

    def saved(self) -> bytes:
        """The deck as a file."""
        out = io.BytesIO()
        self._deck.save(out)
        return out.getvalue()

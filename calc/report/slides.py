"""Six slides with native charts: the answer for a meeting, to be edited like any other slides."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from calc.costs.cashflow import per_year
from calc.language import language as in_use
from calc.language import local, say, using
from calc.report import words
from calc.report.charts import BASELINE, TARGET
from calc.report.content import Content
from calc.report.figures import SIDE_NAMES, day, money, number, percent, short_money
from calc.report.sections import tiles


def _colour(code: str) -> RGBColor:
    return RGBColor.from_string(code.lstrip("#"))  # type: ignore[no-untyped-call]


_INK, _SOFT, _BLUE, _GRID, _WHITE = map(_colour, ("#1B2733", "#52606D", "#12436D", "#D5DCE3", "#FFFFFF"))
_FONTS = {"en": "Calibri", "ko": "Malgun Gothic"}
_POOLS = 8
_BINS = 20


def slides(content: Content, *, language: str | None = None, dated: date | None = None) -> bytes:
    """The assessment as a PowerPoint deck.

    Parameters
    ----------
    content : Content
        From `calc.report.content.gather`.
    language : str, optional
        Key of `calc.language.LANGUAGES`; the one in use by default.
    dated : date, optional
        Date on the first slide; today by default.

    Returns
    -------
    bytes
        A .pptx file.
    """
    with using(language or in_use()):
        deck = _Deck()
        _answer(deck, content, dated or date.today())
        _hardware(deck, content)
        _proof(deck, content)
        _money(deck, content)
        _range(deck, content)
        _decision(deck, content)
        return deck.saved()


class _Deck:
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
        self._fill(frame.text_frame, [title], 26, bold=True, colour=_BLUE)
        self.text([str(self._count)], 12.2, 7.0, 0.6, 0.3, size=10, colour=_SOFT)

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

    def _fill(self, frame: Any, paragraphs: Sequence[str], size: float, *, bold: bool, colour: RGBColor) -> None:
        for index, text in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
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

    def table(self, rows: Sequence[Sequence[str]], x: float, y: float, widths: Sequence[float]) -> None:
        """A table; the first row is its head."""
        shape = self.slide.shapes.add_table(
            len(rows), len(widths), Inches(x), Inches(y), Inches(sum(widths)), Inches(0.36 * len(rows))
        )
        for column, width in enumerate(widths):
            shape.table.columns[column].width = Inches(width)
        for number_, row in enumerate(rows):
            for column, text in enumerate(row):
                cell = shape.table.cell(number_, column)
                cell.fill.solid()
                cell.fill.fore_color.rgb = _BLUE if number_ == 0 else _WHITE
                cell.margin_top = cell.margin_bottom = Inches(0.04)
                self._fill(
                    cell.text_frame,
                    [text],
                    12,
                    bold=number_ == 0,
                    colour=_WHITE if number_ == 0 else _INK,
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


def _unit(values: Sequence[float]) -> tuple[float, str]:
    """(divisor, name) in which amounts are read most easily on an axis."""
    most = max(map(abs, values), default=0.0)
    if in_use() == "ko":
        return (1e8, say("hundred millions")) if most >= 1e9 else (1e4, say("ten thousands"))
    return (1e6, say("millions")) if most >= 1e6 else (1e3, say("thousands"))


def _digits(values: Iterable[float]) -> int:
    """Decimals that an axis needs."""
    return 0 if max(map(abs, values), default=0.0) >= 20 else 1


def _pattern(values: Iterable[float]) -> str:
    return "#,##0.0" if _digits(values) else "#,##0"


def _answer(deck: _Deck, content: Content, dated: date) -> None:
    a = content.assessment
    deck.add(say("{before:,} servers fit on {after:,} hosts", before=a.before.servers, after=a.hosts_after))
    names = ", ".join(source.name for source in a.inventory.sources)
    deck.text(
        [say("Assessment of {names}, {day}", names=names, day=day(dated))], 0.6, 1.25, 12, 0.4, size=14, colour=_SOFT
    )
    for index, (what, value, more) in enumerate(tiles(content)):
        x = 0.6 + index * 3.08
        deck.text([what], x, 1.95, 2.9, 0.4, size=14, colour=_SOFT)
        deck.text([value], x, 2.35, 2.9, 0.75, size=28, bold=True, colour=_BLUE)
        deck.text([more], x, 3.1, 2.9, 0.8, size=12, colour=_SOFT)
    deck.text([words.proof_line(a), words.survival_line(a), words.doubt_line(a)], 0.6, 4.15, 12.1, 2.6, size=18)


def _hardware(deck: _Deck, content: Content) -> None:
    a = content.assessment
    pairs = [
        (say("Machines"), a.before.servers, a.after.servers, 0),
        (say("Physical cores"), a.before.cores, a.after.cores, 0),
        (say("Rack units"), a.before.rack_units, a.after.rack_units, 0),
        (say("Power, kW"), a.before.power_kw, a.after.power_kw, 1),
    ]
    less = 1 - a.after.power_kw / a.before.power_kw if a.before.power_kw else 0.0
    deck.add(
        say(
            "The data centre afterwards: {servers:,} machines, {less} less power",
            servers=a.after.servers,
            less=percent(less),
        )
    )
    shares = [after / before if before else 0.0 for _, before, after, _ in pairs]
    chart = deck.chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED,
        [title for title, *_ in pairs],
        [(say("Today"), [1.0] * 4, BASELINE), (say("Plan"), shares, TARGET)],
        (0.6, 1.5, 7.2, 5.3),
        "; ".join(
            f"{title}: {number(before, digits)} → {number(after, digits)}" for title, before, after, digits in pairs
        ),
        labels="0%",
        axis="0%",
    )
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, max(1.2, *shares)
    rows = [[say("What"), say("Today"), say("Plan")]]
    rows += [[title, number(before, digits), number(after, digits)] for title, before, after, digits in pairs]
    deck.table(rows, 8.1, 1.9, [2.2, 1.2, 1.2])
    deck.text([say("Servers that stay: {n:,}.", n=a.servers_retained)], 8.1, 4.1, 4.6, 0.6, size=13, colour=_SOFT)


def _proof(deck: _Deck, content: Content) -> None:
    a = content.assessment
    if a.gap is None:
        title = say("What is proven about the plan")
    elif a.is_optimal:
        title = say("Proven: no plan needs less for these demands and rules")
    else:
        title = say("Proven to within {gap} of the best possible", gap=percent(a.gap, 1))
    deck.add(title)
    rows = [[say("Pool"), say("Workloads"), say("Hosts"), say("Bound"), say("Failures that hold")]]
    for pool in a.pools[:_POOLS]:
        proof, bound = pool.plan.proof, pool.hosts_bound
        rows.append(
            [
                pool.name,
                number(len(pool.rows)),
                number(len(pool.plan.host_types)),
                "–" if bound is None else number(bound.value),
                "–" if proof is None else say("{passed:,} of {cases:,}", passed=proof.passed, cases=proof.cases),
            ]
        )
    deck.table(rows, 0.6, 1.6, [4.9, 1.7, 1.5, 1.5, 2.4])
    below = 1.9 + 0.36 * len(rows)
    more = [say("… and {n:,} more pools in the workbook.", n=len(a.pools) - _POOLS)] if len(a.pools) > _POOLS else []
    deck.text([*more, words.proof_line(a), words.survival_line(a)], 0.6, below, 12.1, 6.9 - below, size=17)


def _money(deck: _Deck, content: Content) -> None:
    a = content.assessment
    c, currency, years = a.comparison, a.scenario.currency, a.scenario.horizon_years
    title = (
        say("Consolidating saves {amount} over {years} years")
        if c.savings >= 0
        else say("Consolidating costs {amount} more over {years} years")
    )
    deck.add(title.format(amount=short_money(abs(c.savings), currency), years=years))
    totals = {side: np.cumsum(per_year(a.flows[side])).tolist() for side in ("baseline", "target")}
    divisor, unit = _unit([value for own in totals.values() for value in own])
    series = [
        (local(SIDE_NAMES[side]), [value / divisor for value in totals[side]], colour)
        for side, colour in (("baseline", BASELINE), ("target", TARGET))
    ]
    described = say(
        "Cumulative cost over {years} years: keeping reaches {keep}, consolidating {plan}",
        years=years,
        keep=money(c.tco_baseline, currency),
        plan=money(c.tco_target, currency),
    )
    labels = [say("Year {n}", n=year) for year in range(years + 1)]
    deck.chart(
        XL_CHART_TYPE.LINE_MARKERS, labels, series, (0.6, 1.75, 8.0, 5.2), described, axis=_pattern(series[1][1])
    )
    deck.text(
        [say("Cumulative cost, {currency} {unit}", currency=currency, unit=unit)],
        0.6,
        1.4,
        8,
        0.4,
        size=12,
        colour=_SOFT,
    )
    deck.text([words.money_line(a), words.baseline_line(a)], 8.9, 1.75, 3.9, 3.6, size=13)
    deck.text([words.excluded_line(a)], 8.9, 5.3, 3.9, 1.6, size=10, colour=_SOFT)


def _range(deck: _Deck, content: Content) -> None:
    currency = content.assessment.scenario.currency
    simulation = content.simulation
    if simulation is None:
        deck.add(say("How sure the money is"))
        deck.text(
            [say("No range was worked out: the plan has no host to price, or the business case was not asked for.")],
            0.6,
            1.8,
            12,
            1,
        )
        return
    q = simulation.quantiles().loc["npv"]
    deck.add(
        say("In {share} of the draws the net present value is positive", share=percent(simulation.probability_positive))
    )
    npv = simulation.draws["npv"].to_numpy(float)
    divisor, unit = _unit(npv.tolist())
    counts, edges = np.histogram(npv, bins=_BINS)
    digits = _digits(npv / divisor)
    middles = [number((one + two) / 2 / divisor, digits) for one, two in itertools.pairwise(edges.tolist())]
    middles = [label if index % 3 == 1 else "" for index, label in enumerate(middles)]  # every third has room
    named = "; ".join(f"{name} {short_money(float(q[name]), currency)}" for name in ("P10", "P50", "P90"))
    chart = deck.chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED,
        middles,
        [(say("Draws"), [int(count) for count in counts], TARGET)],
        (0.6, 1.75, 8.6, 5.2),
        say("Net present value in {draws:,} draws: {marks}", draws=len(npv), marks=named),
        legend=False,
    )
    chart.plots[0].gap_width = 12
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    deck.text(
        [say("Number of draws by net present value, {currency} {unit}", currency=currency, unit=unit)],
        0.6,
        1.4,
        8.6,
        0.4,
        size=12,
        colour=_SOFT,
    )
    rows = [["", say("Net present value")]] + [
        [name, money(float(q[name]), currency)] for name in ("P10", "P50", "P90")
    ]
    deck.table(rows, 9.5, 1.9, [1.2, 2.1])
    deck.text(
        [say("{draws:,} draws of every uncertain input within its published range.", draws=len(npv))],
        9.5,
        3.7,
        3.3,
        1.2,
        size=12,
        colour=_SOFT,
    )


def _decision(deck: _Deck, content: Content) -> None:
    a, d = content.assessment, content.decision
    currency = a.scenario.currency
    if d is None:
        deck.add(say("What to do"))
        deck.text([words.decision_line(a), words.doubt_line(a)], 0.6, 1.6, 12, 4, size=16)
        return
    deck.add(say("Decision: {verdict}", verdict=local(d.verdict)))
    reason = local(d.reason)
    deck.text([f"{reason[:1].upper()}{reason[1:]}."], 0.6, 1.3, 12.1, 0.9, size=14)
    top = d.measure_next.head(8)
    if len(top):
        divisor, unit = _unit(top["effect"].tolist())
        values = [float(value) / divisor for value in top["effect"]][::-1]
        names = [local(title) for title in top["title"]][::-1]
        deck.text(
            [
                say(
                    "What to measure next: what each guess moves the net present value by, {currency} {unit}",
                    currency=currency,
                    unit=unit,
                )
            ],
            0.6,
            2.2,
            12,
            0.4,
            size=12,
            colour=_SOFT,
        )
        described = "; ".join(f"{local(row.title)}: {short_money(row.effect, currency)}" for row in top.itertuples())
        deck.chart(
            XL_CHART_TYPE.BAR_CLUSTERED,
            names,
            [(say("Effect"), values, TARGET)],
            (0.6, 2.55, 12.1, 4.4),
            described,
            labels=_pattern(values),
            axis=_pattern(values),
            legend=False,
        ).plots[0].gap_width = 60

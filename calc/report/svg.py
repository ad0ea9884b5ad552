"""A few charts drawn as SVG, for documents that no program draws again: each carries its description as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from calc.report.charts import ACCENT, BASELINE, TARGET

INK, SOFT, GRID, LOSS = "#1B2733", "#52606D", "#D5DCE3", "#D55E00"
_FONT = "font-family=\"'Noto Sans CJK KR','Noto Sans KR','Malgun Gothic',Arial,sans-serif\""
#: Width of a character of Latin and of Korean text, in units of the font size.
_NARROW, _WIDE = 0.56, 1.0


def text_width(text: str, size: float) -> float:
    """About how wide a text is drawn."""
    return size * sum(_WIDE if ord(character) > 0x1100 else _NARROW for character in text)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers that cover a range.

    Examples
    --------
    >>> ticks(0, 97)
    [0, 20, 40, 60, 80, 100]
    >>> ticks(-3, 12)
    [-5, 0, 5, 10, 15]
    """
    span = (high - low) or 1.0
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    found = [round(index * step, 10) for index in range(first, last + 1)]
    return [int(value) if value == int(value) else value for value in found]


def _svg(width: float, height: float, description: str, parts: Sequence[str]) -> str:
    label = escape(description, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}" {_FONT}>'
        f"<title>{label}</title>{''.join(parts)}</svg>"
    )


def _text(
    x: float, y: float, text: str, *, size: float = 11, anchor: str = "start", fill: str = INK, bold: bool = False
) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{fill}"{weight}>{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.6):.1f}" height="{height:.1f}" fill="{fill}" rx="1.5"/>'


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str = GRID, width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width:g}"{dashed}/>'


def before_after(rows: Sequence[tuple[str, float, float, str, str]], names: tuple[str, str], description: str) -> str:
    """Pairs of bars, each pair on its own scale: (title, before, after, before as text, after as text)."""
    width, step, left = 640.0, 58.0, 84.0
    parts = []
    for index, (title, before, after, before_text, after_text) in enumerate(rows):
        y, most = index * step, max(before, after, 1e-9)
        parts.append(_text(0, y + 12, title, bold=True))
        for offset, name, value, shown, fill in (
            (18, names[0], before, before_text, BASELINE),
            (35, names[1], after, after_text, TARGET),
        ):
            length = value / most * (width - left - 90)
            parts.append(_text(left - 8, y + offset + 11, name, anchor="end", fill=SOFT, size=10))
            parts.append(_rect(left, y + offset, length, 14, fill))
            parts.append(_text(left + length + 6, y + offset + 11, shown))
    return _svg(width, len(rows) * step, description, parts)


def lines(
    series: Sequence[tuple[str, Sequence[float], str]],
    shown: Callable[[float], str],
    axis: str,
    description: str,
    *,
    mark: tuple[float, str] | None = None,
) -> str:
    """Lines over years 0, 1, …: (name, values, colour); ``mark`` is a moment on the axis and its label."""
    width, height, bottom, top = 640.0, 240.0, 42.0, 30.0
    values = [value for _, own, _ in series for value in own]
    marks = ticks(min(0.0, *values), max(0.0, *values))
    left = max(text_width(shown(value), 10) for value in marks) + 12
    years = len(series[0][1]) - 1

    def across(year: float) -> float:
        return left + year / max(years, 1) * (width - left - 16)

    def up(value: float) -> float:
        return height - bottom - (value - marks[0]) / (marks[-1] - marks[0]) * (height - bottom - top)

    parts = [_line(left, up(value), width, up(value)) for value in marks]
    parts += [_text(left - 6, up(value) + 3.5, shown(value), size=10, anchor="end", fill=SOFT) for value in marks]
    parts += [
        _text(across(year), height - bottom + 16, str(year), size=10, anchor="middle", fill=SOFT)
        for year in range(years + 1)
    ]
    parts.append(_text(left + (width - left) / 2, height - 8, axis, size=10, anchor="middle", fill=SOFT))
    x = left
    for name, own, colour in series:
        points = " ".join(f"{across(year):.1f},{up(value):.1f}" for year, value in enumerate(own))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [
            f'<circle cx="{across(year):.1f}" cy="{up(value):.1f}" r="3" fill="{colour}"/>'
            for year, value in enumerate(own)
        ]
        parts.append(_rect(x, 6, 12, 10, colour))
        parts.append(_text(x + 17, 15, name))
        x += text_width(name, 11) + 40
    if mark is not None:
        at = across(mark[0])
        parts.append(_line(at, top, at, height - bottom, ACCENT, 1.8, "4 4"))
        end = at + text_width(mark[1], 10) > width - 8
        parts.append(
            _text(at - 5 if end else at + 5, top + 10, mark[1], size=10, anchor="end" if end else "start", fill=ACCENT)
        )
    return _svg(width, height, description, parts)


def spans(rows: Sequence[tuple[str, float, float, str, str]], shown: Callable[[float], str], description: str) -> str:
    """Horizontal bars from one value to another: (name, from, to, colour, label). A waterfall, or a tornado."""
    width, step = 640.0, 23.0
    left = min(250.0, max(text_width(row[0], 10.5) for row in rows) + 10)
    right = max(text_width(row[4], 10) for row in rows) + 8
    marks = ticks(min(0.0, *(min(row[1], row[2]) for row in rows)), max(0.0, *(max(row[1], row[2]) for row in rows)), 4)

    def across(value: float) -> float:
        return left + (value - marks[0]) / (marks[-1] - marks[0]) * (width - left - right)

    height = len(rows) * step + 24
    parts = [_line(across(value), 0, across(value), height - 20) for value in marks]
    parts += [_text(across(value), height - 6, shown(value), size=9.5, anchor="middle", fill=SOFT) for value in marks]
    for index, (name, start, end, colour, label) in enumerate(rows):
        y = index * step + 3
        parts.append(_text(left - 8, y + 12.5, name, size=10.5, anchor="end"))
        parts.append(
            _rect(across(min(start, end)), y + 2, across(max(start, end)) - across(min(start, end)), 14, colour)
        )
        parts.append(_text(across(max(start, end)) + 5, y + 12.5, label, size=10, fill=SOFT))
    return _svg(width, height, description, parts)


def histogram(
    counts: Sequence[int],
    edges: Sequence[float],
    marks: Sequence[tuple[float, str]],
    shown: Callable[[float], str],
    description: str,
) -> str:
    """Counts between edges, with some values marked and named."""
    width, height, bottom, top = 640.0, 190.0, 24.0, 34.0
    axis = ticks(edges[0], edges[-1])
    low, high = min(edges[0], axis[0]), max(edges[-1], axis[-1])

    def across(value: float) -> float:
        return 10 + (value - low) / ((high - low) or 1) * (width - 20)

    tall = max(*counts, 1)
    parts = [
        _text(across(value), height - 8, shown(value), size=10, anchor="middle", fill=SOFT) for value in axis[1:-1]
    ]
    parts.append(_line(10, height - bottom, width - 10, height - bottom))
    for count, start, end in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            size = count / tall * (height - bottom - top)
            fill = TARGET if (start + end) / 2 >= 0 else LOSS
            parts.append(_rect(across(start), height - bottom - size, across(end) - across(start) - 1, size, fill))
    end = -math.inf
    for value, label in marks:
        half = text_width(label, 10) / 2 + 3
        at = min(max(across(value), half), width - half)
        y = 24 if at - half < end else 12  # labels that would touch stand one above the other
        end = at + half if y == 12 else end
        parts.append(_line(across(value), y + 5, across(value), height - bottom, INK, 1.2, "3 3"))
        parts.append(_text(at, y, label, size=10, anchor="middle", bold=True))
    return _svg(width, height, description, parts)


def fill_grid(
    hosts: Sequence[str], resources: Sequence[str], shares: Sequence[Sequence[float]], description: str
) -> str:
    """Hosts by resources; the darker, the fuller. Shares stand in the cells as per cent."""
    columns = 1 if len(hosts) <= 20 else 2 if len(hosts) <= 60 else 3
    each = math.ceil(len(hosts) / columns)
    width, step, name_width = 640.0, 16.0, 66.0
    block = width / columns
    cell = (block - name_width - 14) / max(len(resources), 1)
    parts = []
    for column in range(columns):
        x = column * block
        parts += [
            _text(x + name_width + (k + 0.5) * cell, 11, name, size=9, anchor="middle", fill=SOFT)
            for k, name in enumerate(resources)
        ]
        for row, index in enumerate(range(column * each, min(len(hosts), (column + 1) * each))):
            y = 16 + row * step
            parts.append(_text(x + name_width - 6, y + 11, hosts[index], size=9, anchor="end"))
            for k, share in enumerate(shares[index]):
                level = min(max(share, 0.0), 1.0)
                colour = "#" + "".join(f"{round(255 + (to - 255) * (0.08 + 0.92 * level)):02x}" for to in (0, 80, 140))
                parts.append(_rect(x + name_width + k * cell, y, cell - 2, step - 2, colour))
                ink = "#FFFFFF" if level > 0.5 else INK
                parts.append(
                    _text(
                        x + name_width + (k + 0.5) * cell - 1, y + 11, f"{share:.0%}", size=9, anchor="middle", fill=ink
                    )
                )
    return _svg(width, 16 + each * step, description, parts)

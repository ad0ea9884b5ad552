"""Small makers of HTML for documents and notebooks; everything that is not made here is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

#: Tables of so few rows are not broken over pages.
_SHORT = 8


class Markup(str):
    """HTML that is meant as such; any other text is escaped."""

    __slots__ = ()


def text(value: object) -> str:
    """A value as HTML."""
    return str(value) if isinstance(value, Markup) else escape(str(value))


def element(tag: str, *inner: object, cls: str = "") -> Markup:
    """An element around texts and other elements."""
    attribute = f' class="{escape(cls, quote=True)}"' if cls else ""
    return Markup(f"<{tag}{attribute}>{''.join(text(part) for part in inner)}</{tag}>")


def paragraph(*inner: object, cls: str = "") -> Markup:
    """A paragraph."""
    return element("p", *inner, cls=cls)


def bullets(items: Iterable[object]) -> Markup:
    """A list; nothing where there is no item."""
    found = [element("li", item) for item in items]
    return element("ul", *found) if found else Markup("")


def table(
    heads: Sequence[object], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = (), cls: str = ""
) -> Markup:
    """A table; columns in ``numbers`` are set to the right."""
    right = set(numbers)

    def row(cells: Sequence[object], tag: str) -> Markup:
        return element("tr", *(element(tag, cell, cls="n" if k in right else "") for k, cell in enumerate(cells)))

    found = [row(cells, "td") for cells in rows]
    kind = f"{cls} short".strip() if len(found) <= _SHORT else cls
    return element("table", element("thead", row(heads, "th")), element("tbody", *found), cls=kind)


def figure(drawing: str, caption: str) -> Markup:
    """A drawing (SVG made by `calc.report.svg`) with its caption."""
    return element("figure", Markup(drawing), element("figcaption", caption))


def section(title: str, *inner: object) -> Markup:
    """A section with its heading."""
    return element("section", element("h2", title), *inner)


def card(title: str, tiles: Iterable[tuple[str, str, str]], *more: object) -> Markup:
    """What a notebook shows of an object: a title, figures with what they mean, and more below.

    Parameters
    ----------
    tiles : iterable of (str, str, str)
        What it is, the figure, and the proof or doubt beside it.
    """
    line = "border:1px solid rgba(128,128,128,.45)"
    boxes = [
        f'<div style="{line};border-top:3px solid #0072B2;padding:6px 12px;min-width:110px">'
        f'<div style="font-size:85%;opacity:.75">{text(what)}</div><div style="font-size:150%;font-weight:600">{text(value)}</div>'
        f'<div style="font-size:85%;opacity:.75">{text(beside)}</div></div>'
        for what, value, beside in tiles
    ]
    return Markup(
        f'<div><div style="font-weight:600;margin-bottom:6px">{text(title)}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:8px;margin-bottom:8px">{"".join(boxes)}</div>'
        f"{''.join(text(part) for part in more)}</div>"
    )

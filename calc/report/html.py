"""Small makers of HTML; everything that is not made here is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


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

    body = element("tbody", *(row(cells, "td") for cells in rows))
    return element("table", element("thead", row(heads, "th")), body, cls=cls)


def figure(drawing: str, caption: str) -> Markup:
    """A drawing (SVG made by `calc.report.svg`) with its caption."""
    return element("figure", Markup(drawing), element("figcaption", caption))


def section(title: str, *inner: object, cls: str = "") -> Markup:
    """A section with its heading."""
    return element("section", element("h2", title), *inner, cls=cls)

"""What is said on a page: in the visitor's language where Streamlit runs code outside the script, and as it stands."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from calc.language import language, use, using


def fragment(run_every: float | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`st.fragment` in the visitor's language: a fragment runs without the top of the script, in a thread of its own."""

    def wrap(show: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(show)
        def speaking(*args: Any) -> None:
            use(st.session_state.get("language", "en"))
            show(*args)

        return st.fragment(speaking, run_every=run_every)

    return wrap


def later(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """A download that is made when it is asked for, in the language of the page that offers it."""
    code = language()

    def speaking() -> bytes:
        with using(code):
            return make()

    return speaking


def as_text(text: str) -> str:
    """A text in which nothing is read as Markdown: names from an inventory, such as a pool “- / - / x86_64”."""
    return re.sub(r"^([-+])(?= )", r"\\\1", re.sub(r"([\\`*_\[\]$~:<>#|])", r"\\\1", text))

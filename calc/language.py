"""Texts in the reader's language: English stands in the code, every other language in one gettext catalogue.

Two kinds of text. What is shown at once is written with `say`. What is stored (an issue, a finding, a note) is written with
`stored`: it *is* its English sentence, so files and logs do not depend on who looked first, and remembers how it was made, so
that `local` can show it in another language later.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from typing import Any

from calc.errors import InputError
from calc.reference import FOLDER

#: Languages with a catalogue, and their own names.
LANGUAGES = {"en": "English", "ko": "한국어"}

_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """The language in use here: a key of `LANGUAGES`."""
    return _language.get()


def use(code: str) -> None:
    """Use a language from here on, in this thread or task.

    Raises
    ------
    InputError
        For a language without a catalogue.
    """
    if code not in LANGUAGES:
        raise InputError(f"There is no language {code!r}: use one of {', '.join(LANGUAGES)}.")
    _language.set(code)


@contextmanager
def using(code: str) -> Iterator[None]:
    """Use a language within a block."""
    before = _language.get()
    use(code)
    try:
        yield
    finally:
        _language.set(before)


@cache
def catalogue(code: str) -> NullTranslations:
    """The translations of a language. The catalogue is compiled in memory: no binary file has to be kept up to date."""
    if code == "en":
        return NullTranslations()
    # Read on the first text that is not English, so that an English reader does not wait for the import.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with (FOLDER.parent / "languages" / f"{code}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def say(template: str, /, **values: Any) -> str:
    """A text in the language in use.

    Parameters
    ----------
    template : str
        English, with ``{name}`` or ``{name:,}`` where values go (a literal, so that it can be extracted).
    **values
        Stored texts among them are shown in the same language.
    """
    return _filled(catalogue(_language.get()).gettext(template), values)


def say_many(one: str, many: str, count: int, /, **values: Any) -> str:
    """A text whose form depends on a count, which is given as ``{count}``."""
    return _filled(catalogue(_language.get()).ngettext(one, many, count), {"count": count, **values})


class Text(str):
    """An English sentence that remembers its template and values. Made by `stored`."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Any]

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.template, self.values)


def stored(template: str, /, **values: Any) -> Text:
    """A text to be stored: English now, in any language later.

    Parameters
    ----------
    template, **values
        As for `say`.
    """
    return restored(template, values)


def restored(template: str, values: dict[str, Any]) -> Text:
    """A stored text made again of its parts; only for a template that came from the code."""
    made = Text(template.format(**values) if values else template)
    made.template, made.values = template, values
    return made


def local(text: str) -> str:
    """A stored text in the language in use; one without a translation as it is."""
    translations = catalogue(_language.get())
    if isinstance(text, Text):
        return _filled(translations.gettext(text.template), text.values)
    return translations.gettext(text) if text else text  # "" is the catalogue's own header


def _filled(template: str, values: dict[str, Any]) -> str:
    if not values:
        return template
    return template.format(**{key: local(value) if isinstance(value, Text) else value for key, value in values.items()})

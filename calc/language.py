"""Texts in the reader's language: English stands in the code, every other language in one gettext catalogue.

Two kinds of text. What is shown at once is written with `say`. What is stored (an issue, a finding, a note) is written with
`stored`: it *is* its English sentence, so files and logs do not depend on who looked first, and remembers how it was made, so
that `local` can show it in another language later. Tables, JSON and CSV keep the sentence alone; `local` then recognises the
template that it was made from.
"""

from __future__ import annotations

import io
import re
import string
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
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


def foreign(text: str) -> Text:
    """A text made elsewhere (by a library, or a key), to be looked up among the templates when it is shown."""
    return text if isinstance(text, Text) else restored(text, {})


def joined(parts: Iterable[str], separator: str = ", ") -> Text:
    """Stored texts as one, each shown in the reader's language later."""
    values = {f"part{index}": part for index, part in enumerate(parts)}
    return restored(separator.join(f"{{{name}}}" for name in values), values)


def local(text: str) -> str:
    """A stored text in the language in use; one without a translation as it is.

    A sentence that went through a table or a file is recognised by the template that it was made from.
    """
    code = _language.get()
    if not isinstance(text, str) or not text:  # an empty cell of a table; "" is the catalogue's own header
        return text
    if code == "en":
        return str(text)
    translations = catalogue(code)
    if isinstance(text, Text) and text.values:
        return _filled(translations.gettext(text.template), text.values)
    known = translations.gettext(text)
    return known if known != text or len(text) > _LONGEST else _recognised(code, text)


def cited(source: str) -> str:
    """The source of a figure: citations stay in the language they were made in, words of our own are shown in the reader's."""
    if isinstance(source, Text) and source.values:
        return local(source)
    citation, mark, raised = source.partition("; price of ")
    own = catalogue(_language.get()).gettext(citation) if citation else ""
    return f"{own}; {local(mark[2:] + raised)}" if mark else own


#: A unit of money, such as "EUR per server".
_CURRENCY_UNIT = re.compile(r"[A-Z]{3} [a-z]")
#: No sentence of ours is longer; foreign text may be.
_LONGEST = 2000
#: How a template writes a number: nothing else is recognised in its place.
_NUMBER = re.compile(r"[,.\d]*[gfd%]|,")
#: A template must have this many letters of its own to be recognised: "{a}: {b}" would fit anything.
_LEAST_LETTERS = 4


@cache
def _patterns(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Templates with values as patterns, those that say most of their own first, and their translations."""
    found = []
    for template, translation in getattr(catalogue(code), "_catalog", {}).items():
        template = template if isinstance(template, str) else template[0]
        if "{" not in template:
            continue
        pieces, names, letters = [], set[str](), 0
        for literal, name, spec, _ in string.Formatter().parse(template):
            pieces.append(re.escape(literal))
            letters += sum(map(str.isalpha, literal))
            if name:
                value = r"[-\d.,e+%]+" if name == "count" or _NUMBER.fullmatch(spec or "") else ".*?"
                pieces.append(f"(?P={name})" if name in names else f"(?P<{name}>{value})")
                names.add(name)
        if letters >= _LEAST_LETTERS:
            found.append((letters, re.compile("".join(pieces), re.DOTALL), translation))
    return tuple((pattern, translation) for _, pattern, translation in sorted(found, key=lambda item: -item[0]))


@lru_cache(maxsize=20_000)
def _recognised(code: str, text: str) -> str:
    """An English sentence in another language by the template it fits, or part by part, or as it is."""
    for pattern, translation in _patterns(code):
        match = pattern.fullmatch(text)
        if match:
            # The values are text by now and put in as they stand; single words may be names of machines.
            plain = "".join(
                literal.replace("{", "{{").replace("}", "}}") + (f"{{{name}}}" if name else "")
                for literal, name, _, _ in string.Formatter().parse(translation)
            )
            with using(code):
                return plain.format(**{k: local(v) if " " in v else v for k, v in match.groupdict().items()})
    if _CURRENCY_UNIT.match(text):
        with using(code):
            return f"{text[:4]}{local(text[4:])}"
    for separator, end in (("; ", ""), (". ", "."), (": ", ""), (", ", "")):
        if separator in text:
            *first, last = text.split(separator)
            with using(code):
                return separator.removeprefix(end).join([*(local(part + end) for part in first), local(last)])
    return text


def _filled(template: str, values: dict[str, Any]) -> str:
    if not values:
        return template
    return template.format(**{key: local(value) if isinstance(value, Text) else value for key, value in values.items()})


def told(error: Exception) -> str:
    """What an error says, as a sentence in the language in use."""
    text = local(error.args[0]) if error.args and isinstance(error.args[0], str) else str(error)
    # Not a file's name nor a setting's: those stay as they are written.
    start = text[:1].upper() if re.match(r"[a-z]+,? (?!=)", text) else text[:1]
    return f"{start}{text[1:]}{'' if text.endswith('.') else '.'}"

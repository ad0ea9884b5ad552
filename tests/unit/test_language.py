"""Every text has its translation, with the same values in it; stored texts are shown in the reader's language."""

from __future__ import annotations

import ast
import pickle
import string
import threading
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po

import calc
from calc.language import LANGUAGES, Text, _patterns, _recognised, catalogue, language, local, say, stored, use, using
from tests.conftest import ROOT
from tools.update_languages import KEYWORDS, extracted, sources


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def strings(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value]  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_the_catalogue_holds_every_text_and_only_those(code: str) -> None:
    with (ROOT / "data" / "languages" / f"{code}.po").open("rb") as file:
        file_kept = read_po(file, locale=code)
    wanted = {message.id: message for message in extracted(code) if message.id}
    held = {message.id: message for message in file_kept if message.id}
    assert not (wanted.keys() - held.keys()), "run python tools/update_languages.py and translate what is new"
    assert not (held.keys() - wanted.keys()), "run python tools/update_languages.py"
    empty = [key for key, message in held.items() if not all(strings(message.string)) or message.fuzzy]
    assert not empty, f"{len(empty)} texts without a translation: {empty[:5]}"
    for key, message in held.items():
        allowed = set().union(*(fields(item) for item in strings(key)))
        for translation in strings(message.string):
            assert fields(translation) == allowed or (
                isinstance(key, tuple) and fields(translation) >= allowed - {"count"}
            )


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_text_is_a_literal(path) -> None:  # type: ignore[no-untyped-def]
    """A computed text would never be found by the extraction."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS and node.args:
            count = 2 if node.func.id == "say_many" else 1
            for argument in node.args[:count]:
                assert isinstance(argument, ast.Constant) and isinstance(argument.value, str), (
                    f"{path.name}:{node.lineno}: give the text itself, not an f-string or a name"
                )


@pytest.fixture
def few_texts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of two texts; what was recognised by it is forgotten again."""

    def forget() -> None:
        _patterns.cache_clear()
        _recognised.cache_clear()

    monkeypatch.setattr(catalogue("ko"), "_catalog", {"{n:,} rows of {what}": "{what} {n:,}행", "servers": "서버"})
    forget()
    yield
    forget()


def test_a_stored_text_is_english_and_can_be_shown_in_another_language(few_texts: None) -> None:
    kept = stored("{n:,} rows of {what}", n=1200, what=stored("servers"))
    assert kept == "1,200 rows of servers"
    assert isinstance(kept, str)
    with using("ko"):
        assert local(kept) == "서버 1,200행"
        assert local(pickle.loads(pickle.dumps(kept))) == "서버 1,200행"
        assert local("no such text") == "no such text"
        assert local("") == ""
        assert say("{n:,} rows of {what}", n=3, what=stored("servers")) == "서버 3행"
    assert local(kept) == "1,200 rows of servers"
    assert isinstance(pickle.loads(pickle.dumps(kept)), Text)


def test_a_language_is_of_one_thread() -> None:
    seen = []
    with using("ko"):
        thread = threading.Thread(target=lambda: seen.append(language()))
        thread.start()
        thread.join()
    assert seen == ["en"] and language() == "en"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(calc.InputError, match="'fr'"):
        use("fr")


def test_braces_in_values_are_left_alone() -> None:
    assert say("file {name}", name="{evil.__class__}") == "file {evil.__class__}"

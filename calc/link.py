"""A scenario as a short text that fits into a link: only what differs from the defaults, compressed and checked."""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from calc.errors import ScenarioError
from calc.language import say
from calc.scenario import Scenario

#: First character of the text: the number of its format.
_FORMAT = "1"
#: Browsers and mail programs cut longer links; a compressed scenario is far below unless it holds a long list.
MOST_CHARACTERS = 8_000
_MOST_BYTES = 200_000


def to_text(scenario: Scenario) -> str:
    """The scenario in letters, digits, ``-`` and ``_``.

    Raises
    ------
    ScenarioError
        When it is too long for a link.

    Examples
    --------
    >>> to_text(Scenario())
    '1'
    >>> from_text(to_text(Scenario(pue=1.3, currency="EUR"))).pue
    1.3
    """
    standard = Scenario().model_dump(mode="json")
    changed = {key: value for key, value in scenario.model_dump(mode="json").items() if value != standard[key]}
    if not changed:
        return _FORMAT
    packed = zlib.compress(json.dumps(changed, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode(), 9)
    text = _FORMAT + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(text) > MOST_CHARACTERS:
        raise ScenarioError(
            say(
                "The scenario makes a link of {count:,} characters, and {most:,} is the most that travels safely: save it as a file.",
                count=len(text),
                most=MOST_CHARACTERS,
            )
        )
    return text


def from_text(text: str) -> Scenario:
    """The scenario of a text that `to_text` made; settings it does not hold are the defaults of this version.

    Raises
    ------
    ScenarioError
        When the text was cut off or altered, is of a newer version, or holds a setting that is unknown or out of range.
    """
    if not text or len(text) > MOST_CHARACTERS or not text[0].isdigit():
        raise ScenarioError(say("This link holds no scenario: copy it whole, or load the scenario from a file."))
    if text[0] != _FORMAT:
        raise ScenarioError(
            say("This link was made by a newer version: open it there, or load the scenario from a file.")
        )
    if len(text) == 1:
        return Scenario()
    try:
        packed = base64.b64decode(text[1:] + "=" * (-(len(text) - 1) % 4), altchars=b"-_", validate=True)
        plain = zlib.decompressobj()
        data = plain.decompress(packed, _MOST_BYTES)
        if not plain.eof:
            raise ValueError("cut off")
        changed = json.loads(data)
        if not isinstance(changed, dict):
            raise ValueError("no settings")
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ScenarioError(
            say(
                "The scenario in this link was cut off or altered: copy the link whole, or load the scenario from a file."
            )
        ) from error
    return Scenario(**changed)

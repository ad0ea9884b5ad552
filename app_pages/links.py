"""A scenario in a link, and a visit in a file. The one place of the app that knows how either is written."""

from __future__ import annotations

import base64
import binascii
import io
import tomllib
import zipfile
import zlib
from typing import Any

import streamlit as st
import tomli_w

import calc
from app_pages.files import answers, chosen_files, key_of
from app_pages.sidebar import changed_settings, open_scenario
from calc.inventory.editing import Correction
from calc.language import local, say

_ADDRESS = "scenario"
_LONGEST = 100_000
_SCENARIO, _SAID, _INPUTS = "scenario.toml", "said.toml", "inputs/"


def scenario_text(scenario: calc.Scenario) -> str:
    """The settings that are not at their default, short enough for a link."""
    data = scenario.model_dump(mode="json", exclude_none=True)
    text = tomli_w.dumps({name: data[name] for name in changed_settings(scenario) if name in data})
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def scenario_of(text: str) -> calc.Scenario:
    """The scenario of a link.

    Raises
    ------
    ScenarioError
        When the text is cut short or was not made by `scenario_text`.
    """
    try:
        packed = zlib.decompressobj()
        plain = packed.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), _LONGEST)
    except (binascii.Error, zlib.error, ValueError):
        raise calc.ScenarioError("the link holds no scenario: copy it whole") from None
    return calc.Scenario.from_toml(plain.decode("utf-8", "replace"))


def open_link() -> None:
    """Take the scenario that the address names, once, and take it out of the address."""
    text = st.query_params.get(_ADDRESS)
    if not text:
        return
    del st.query_params[_ADDRESS]
    try:
        open_scenario(scenario_of(text))
    except calc.ScenarioError as error:
        st.error(local(str(error)))


def saved(scenario: calc.Scenario) -> bytes:
    """Files, what was said about them and the scenario, as one file that `opened` reads."""
    files = chosen_files()
    said = answers(key_of(files))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_SCENARIO, scenario.to_toml())
        archive.writestr(_SAID, tomli_w.dumps(_plain(said)))
        for name, data in files:
            archive.writestr(_INPUTS + name, data)
    return out.getvalue()


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "assume": dict(said["assume"]),
        "format": said["format"],
        "time_zone": said["time_zone"],
        "mapping": said["mapping"].to_toml(),
        "corrections": [
            {"file": c.file, "sheet": c.sheet, "row": c.row, "header": c.header, "value": c.value}
            for c in said["corrections"]
        ],
        "edits": st.session_state.get("edits", {}).get(key_of(chosen_files()), {}),
    }


def opened(data: bytes) -> None:
    """Take files, what was said about them and the scenario from a saved file. Only in a callback.

    Raises
    ------
    InputError
        When it is no such file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            scenario = calc.Scenario.from_toml(archive.read(_SCENARIO).decode())
            said = tomllib.loads(archive.read(_SAID).decode())
            files = [(name.removeprefix(_INPUTS), archive.read(name)) for name in names if name.startswith(_INPUTS)]
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise calc.InputError(say("This is not a saved assessment: choose the file that “Save” gave you.")) from None
    st.session_state["files"] = files
    key = key_of(files)
    answers(key).update(
        {
            "assume": said["assume"],
            "format": said["format"],
            "time_zone": said["time_zone"],
            "mapping": calc.ColumnMapping.from_toml(said["mapping"]),
            "corrections": tuple(Correction(**item) for item in said["corrections"]),
        }
    )
    st.session_state.setdefault("edits", {})[key] = said["edits"]
    open_scenario(scenario)

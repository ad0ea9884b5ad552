"""Everything a user may choose, declared once.

Each subject has its module; `Scenario` is all of them together. A setting's default, range, unit and source come from
data/reference/assumptions.csv; its label and help stand in the code. Form widgets, validation and TOML keys derive from
this declaration. Monetary settings are None until the user states one: the reference value is then converted into the
scenario's currency at the dated rate.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import Field, ValidationError

from calc.errors import ScenarioError
from calc.language import foreign, joined, stored
from calc.scenario.carbon import CarbonSettings
from calc.scenario.cloud import CloudSettings
from calc.scenario.demand import DemandSettings
from calc.scenario.entries import HostTypeEntry, MoveStep, OwnLine
from calc.scenario.hosts import HostSettings
from calc.scenario.licences import LicenceSettings
from calc.scenario.money import LEVELLED, LabourSettings, MoneySettings
from calc.scenario.moving import MoveSettings
from calc.scenario.prices import PriceSettings

__all__ = ["LEVELLED", "HostTypeEntry", "MoveStep", "OwnLine", "Scenario"]


# Bases are read from the last to the first: forms, TOML files and checks begin with the hosts and end with carbon.
class Scenario(
    CarbonSettings,
    CloudSettings,
    LicenceSettings,
    LabourSettings,
    MoveSettings,
    PriceSettings,
    MoneySettings,
    DemandSettings,
    HostSettings,
):
    """All settings of an assessment; every one has a sourced default.

    Examples
    --------
    >>> Scenario().failover_hosts
    1
    >>> Scenario.from_toml(Scenario(pue=1.3).to_toml()) == Scenario(pue=1.3)
    True
    """

    effort: Literal["quick", "standard", "deep"] = Field(
        default="standard",
        title="Search effort",
        json_schema_extra={"group": "search"},
        description="A work budget, not a time: same input and effort, same plan.",
    )
    seed: int = Field(default=1, ge=0, lt=2**31, title="Seed", json_schema_extra={"group": "search"})

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise _explain(error) from None

    def to_toml(self) -> str:
        """The settings as TOML; unset ones are left out."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    @classmethod
    def from_toml(cls, text: str) -> Scenario:
        """Read settings from TOML text.

        Raises
        ------
        ScenarioError
            When the text is not TOML, or a key is unknown or out of range.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(stored("the scenario is not valid TOML: {error}", error=error)) from None
        return cls(**data)

    @classmethod
    def from_toml_file(cls, path: str | Path) -> Scenario:
        """Read settings from a TOML file."""
        try:
            return cls.from_toml(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ScenarioError(
                stored("cannot read the scenario {path}: {strerror}", path=path, strerror=error.strerror)
            ) from None

    def varied(self, **changes: Any) -> Scenario:
        """A copy with some settings changed, validated again."""
        return Scenario(**{**self.model_dump(), **changes})


def _explain(error: ValidationError) -> ScenarioError:
    lines = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"]) or "scenario"
        if item["type"] == "extra_forbidden":
            lines.append(stored("{where} is not a setting; see the list in docs/scenario.md", where=where))
        else:
            value = "" if item["type"] == "missing" or not item["loc"] else f" = {item['input']!r}"
            own = item.get("ctx", {}).get("error")  # a check of ours: its text can be shown in any language
            said = own.args[0] if own is not None and own.args else foreign(item["msg"])
            lines.append(joined((f"{where}{value}", said), ": "))
    return ScenarioError(joined(lines, "; "))

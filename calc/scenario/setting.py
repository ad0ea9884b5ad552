"""One setting: its default, range, unit and source from data/reference/assumptions.csv, its label and help from here."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from calc import assumptions

#: Units that count whole things: the setting is an integer.
_WHOLE = {"hosts", "years", "year", "sockets", "cores", "h"}


class Settings(BaseModel):
    """Settings of one subject; `calc.scenario.Scenario` is made of them. A key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def setting(
    name: str,
    label: str,
    help_: str,
    *,
    group: str,
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    lt: float | None = None,
) -> Any:
    """The declaration of a setting whose default is a row of data/reference/assumptions.csv.

    Parameters
    ----------
    name : str
        Of the row. A row in a currency makes a monetary setting: None until the user states one.
    label, help_ : str
        Title and help of the form.
    group : str
        Where forms and docs/scenario.md list it.
    ge, le, gt, lt : float, optional
        What the value may be.

    Raises
    ------
    ReferenceDataError
        When there is no such row.
    """
    row = assumptions.default(name)
    money = bool(row.currency)
    value: Any = (
        None if money else (int(row.value) if float(row.value).is_integer() and row.unit in _WHOLE else row.value)
    )
    return Field(
        default=value,
        title=label,
        description=help_,
        ge=ge,
        le=le,
        gt=gt,
        lt=lt,
        json_schema_extra={"unit": row.unit, "group": group, "money": money},
    )


_WHOLE = {"hosts", "years", "year", "sockets", "cores", "h"}

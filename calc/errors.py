"""The error tree. Every error quotes the field and the value, and says the way out.

::

    CalcError
    ├── InputError            what the user gave cannot be used
    │   ├── InventoryError    no usable row in the inventory (carries every issue found)
    │   │   └── AmbiguousUnitError   a column's unit must be asked for
    │   └── ScenarioError     a setting is unknown or out of range
    ├── ReferenceDataError    the installation's data/reference is incomplete
    ├── ExecutorError         the processes or machines that work was given to are lost
    └── VerificationError     a plan failed the independent check: a defect of ours
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class CalcError(Exception):
    """Root of every error this package raises on purpose."""


class InputError(CalcError):
    """What the user gave cannot be used."""


class InventoryError(InputError):
    """No usable row was found in an inventory.

    Parameters
    ----------
    message : str
    issues : sequence of RowIssue
        Everything that was found on the way.
    """

    def __init__(self, message: str, issues: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.issues = tuple(issues)


class AmbiguousUnitError(InventoryError):
    """A column names no unit and its values fit more than one.

    Parameters
    ----------
    message : str
    column : str
        Canonical column, the key for ``assume``.
    header : str
        Header in the file.
    choices : tuple of str
        Units it could be.
    question : str
        What cannot be told, without the way out: for a page that offers the choices. The message where it has no such part.
    """

    def __init__(self, message: str, column: str, header: str, choices: tuple[str, ...], question: str = "") -> None:
        super().__init__(message)
        self.question = question or message
        self.column = column
        self.header = header
        self.choices = choices


class ScenarioError(InputError):
    """A setting is unknown, of the wrong type or out of range."""


class ReferenceDataError(CalcError):
    """data/reference is incomplete."""


class ExecutorError(CalcError):
    """The processes or machines that work was given to are lost."""


class VerificationError(CalcError):
    """A plan failed the independent check. Never expected: report it with its inputs."""

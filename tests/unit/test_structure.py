"""The house rules that a machine can check: arrows one way, few public names, docstrings, sources."""

from __future__ import annotations

import ast
import doctest
import graphlib
import importlib
import json
import pkgutil
import re

import pandas as pd
import pytest

import calc
from tests.conftest import ROOT

#: A module imports only from what stands before it.
ORDER = (
    "errors",
    "units",
    "model",
    "profiles",
    "reference",
    "language",
    "executor",
    "html",
    "assumptions",
    "scenario",
    "link",
    "cpu",
    "power",
    "roles",
    "inventory",
    "isolation",
    "telemetry",
    "intake",
    "hypervisors",
    "guests",
    "os_support",
    "catalogue",
    "gaps",
    "server_gaps",
    "estate",
    "timeslots",
    "demand",
    "packing",
    "packing_file",
    "resilience",
    "surviving",
    "mixing",
    "backtest",
    "costs",
    "findings",
    "planning",
    "host_choice",
    "placement",
    "failover",
    "risk",
    "assessment",
    "several",
    "saving",
    "repricing",
    "own_history",
    "platforms",
    "foreign",
    "recovery",
    "migration",
    "alternatives",
    "licence_plan",
    "uncertainty",
    "report",
    "handover",
    "cli_options",
    "cli_compare",
    "cli_operation",
    "cli",
    "__main__",
)


def _modules() -> list[str]:
    return [item.name for item in pkgutil.walk_packages(calc.__path__, "calc.")]


def _imports(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | (
                {f"calc.{alias.name}" for alias in node.names} if node.module == "calc" else set()
            )
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", sorted(str(path.relative_to(ROOT)) for path in (ROOT / "calc").rglob("*.py")))
def test_imports_point_one_way(path: str) -> None:
    parts = path.removesuffix(".py").split("/")
    room = parts[1]
    if room == "__init__":
        return
    for name in _imports(path):
        top = name.split(".")
        if top[0] == "streamlit":
            pytest.fail(f"{path} imports streamlit: only app.py and app_pages may")
        if top[0] == "calc" and len(top) > 1 and top[1] in ORDER and top[1] != room:
            assert ORDER.index(top[1]) < ORDER.index(room), f"{path} imports {name}, which stands after it"


FOLDERS = sorted(str(path.parent.relative_to(ROOT / "calc")) for path in (ROOT / "calc").rglob("*/__init__.py"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_modules_of_a_folder_import_in_no_circle(folder: str) -> None:
    prefix = f"calc.{folder.replace('/', '.')}."
    arrows = {
        f"{prefix}{path.stem}": {name for name in _imports(str(path.relative_to(ROOT))) if name.startswith(prefix)}
        for path in (ROOT / "calc" / folder).glob("*.py")
        if path.stem != "__init__"
    }
    graphlib.TopologicalSorter(arrows).prepare()  # raises on a circle, and names it


def test_every_room_has_its_place() -> None:
    assert {name.split(".")[1] for name in _modules()} == set(ORDER)


def test_the_page_of_the_structure_names_every_room_in_the_order_of_imports() -> None:
    page = (ROOT / "docs" / "structure.md").read_text(encoding="utf-8")
    named = [
        name
        for line in page.splitlines()
        if line.startswith(("- `", "  its search"))
        for name in re.findall(r"`(\w+)`", line)
    ]
    assert tuple(named) == ORDER


def test_packing_knows_no_money_and_no_tables() -> None:
    for path in (ROOT / "calc" / "packing").glob("*.py"):
        names = _imports(str(path.relative_to(ROOT)))
        assert not any(
            name.startswith(("pandas", "calc.costs", "calc.scenario", "calc.inventory")) for name in names
        ), path


def test_the_verifier_shares_nothing_with_the_solver() -> None:
    assert not any(name.startswith(("calc", "numpy", "scipy")) for name in _imports("calc/packing/verify.py"))


def test_public_names() -> None:
    assert sorted(calc.__all__) == list(calc.__all__)
    assert calc.__all__ == [
        "AmbiguousUnitError",
        "Assessment",
        "CalcError",
        "ColumnMapping",
        "InputError",
        "Inventory",
        "InventoryError",
        "Limits",
        "ReadLimits",
        "Scenario",
        "ScenarioError",
        "Telemetry",
        "__version__",
        "anonymise",
        "assess",
        "cashflow_table",
        "open_assessment",
        "read_inventories",
        "read_inventory",
        "read_telemetry",
        "save_assessment",
        "write_inventory",
    ]
    for name in calc.__all__:
        assert getattr(calc, name).__doc__, name


@pytest.mark.parametrize("name", _modules())
def test_docstrings_and_their_examples(name: str) -> None:
    if name == "calc.__main__":
        return
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    assert doctest.testmod(module).failed == 0
    for key, value in vars(module).items():
        if not key.startswith("_") and getattr(value, "__module__", None) == name and callable(value):
            assert value.__doc__, f"{name}.{key} has no docstring"


def test_reference_tables_are_described_and_sourced() -> None:
    folder = ROOT / "data" / "reference"
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    described = {resource["path"]: resource for resource in package["resources"]}
    assert set(described) == {path.name for path in folder.glob("*.csv")}
    for name, resource in described.items():
        columns = list(pd.read_csv(folder / name, nrows=1).columns)
        assert [field["name"] for field in resource["schema"]["fields"]] == columns, name
        assert resource["sources"] and all(source.get("title") for source in resource["sources"]), name
    for name in (
        "assumptions",
        "hypervisors",
        "architectures",
        "electricity",
        "fx",
        "host_types",
        "cpu_prices",
        "licences",
        "cloud_instances",
        "carbon",
        "os_support",
    ):
        table = pd.read_csv(folder / f"{name}.csv")
        assert table["source"].notna().all() and table["as_of"].notna().all(), name

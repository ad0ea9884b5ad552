"""The documents say what the code does."""

from __future__ import annotations

import importlib.util
import json
import re

from calc.report.bundle import FILES
from tests.conftest import ROOT


def _tool(name: str) -> object:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_settings_is_up_to_date() -> None:
    made = _tool("describe_scenario").text()  # type: ignore[attr-defined]
    assert (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8") == made, "run tools/describe_scenario.py"


def test_the_readme_names_the_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([\w-]+)", readme):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert "pip install -r requirements.txt && streamlit run app.py" in readme
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (ROOT / link).exists(), link
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_bundle_page_names_every_file_and_key() -> None:
    page = (ROOT / "docs" / "bundle.md").read_text(encoding="utf-8")
    for name in FILES:
        assert f"`{name}`" in page
    kept = json.loads((ROOT / "tests" / "regression" / "tiny_12.json").read_text(encoding="utf-8"))["summary"]
    for key in kept:
        stem = re.sub(r"(before|after)$", "", key)
        assert f"`{key}`" in page or f"`{stem}`" in page, key


def test_links_between_documents_exist() -> None:
    for path in (ROOT / "docs").glob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_notebooks_that_are_named_exist() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")]
    named = {name for path in texts for name in re.findall(r"\b\d\d_\w+\.ipynb", path.read_text(encoding="utf-8"))}
    assert named and [name for name in sorted(named) if not (ROOT / "notebooks" / name).exists()] == []

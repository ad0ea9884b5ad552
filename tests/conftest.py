"""Shared fixtures. Everything is offline, seeded and free of wall-clock assertions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Fuzzing looks at new examples on every run, but for CI: there the same ones decide for everybody.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
#: Real inputs that are not part of the project; tests on them skip where it stands alone.
REAL = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL.is_dir():
        pytest.skip("the folder of real data beside the checkout is absent")
    return REAL


@pytest.fixture(scope="session")
def rvtools_workbook(real_data: Path) -> Path:
    return real_data / "inventories" / "rvtools_sizing_workshop.xlsx"


@pytest.fixture(scope="session")
def tiny_csv() -> Path:
    return SAMPLES / "tiny_12.csv"


@pytest.fixture(scope="session")
def estate_csv() -> Path:
    return SAMPLES / "estate_400.csv"


@pytest.fixture(autouse=True)
def _own_main_module() -> Iterator[None]:
    """Streamlit's test of a page puts the page in the place of ``__main__``; spawned processes would then run the page."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own

"""Office files through LibreOffice and Poppler, as somebody else's programs see them."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest


def tool(name: str) -> str:
    """The path of a program; skips the test where it is not installed, but never in CI."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing in CI: see tests/setup_documents.sh")
        pytest.skip(f"{name} is not installed: see tests/setup_documents.sh")
    return found


def converted(data: bytes, suffix: str, target: str, folder: Path) -> Path:
    """An office file converted by LibreOffice."""
    soffice = tool("soffice")
    source, out = folder / f"in.{suffix}", folder / "out"
    source.write_bytes(data)
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile}", "--headless", "--convert-to", target, "--outdir", out, source],
        check=True,
        capture_output=True,
        timeout=240,
    )
    return out / f"in.{target}"


def forgetting_values(data: bytes) -> bytes:
    """An .xlsx whose formulas have no values beside them, so that whoever opens it must compute."""
    return _each_sheet(
        data, lambda text: re.sub(r"(<c [^>]*?)( t=\"str\")?>(<f>.*?</f>)<v>.*?</v></c>", r"\1>\3</c>", text)
    )


def with_value(data: bytes, sheet: int, cell: str, value: float) -> bytes:
    """An .xlsx with another number in one cell, as a reader would type it."""
    changed = []

    def change(text: str) -> str:
        new, count = re.subn(rf'(<c r="{cell}"[^>]*>)<v>[^<]*</v>', rf"\g<1><v>{value!r}</v>", text)
        changed.append(count)
        return new

    out = _each_sheet(data, change, only=f"xl/worksheets/sheet{sheet}.xml")
    assert changed == [1], f"cell {cell} holds no number"
    return out


def _each_sheet(data: bytes, change, only: str = "") -> bytes:  # type: ignore[no-untyped-def]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/sheet") and only in ("", name):
                content = change(content.decode()).encode()
            new.writestr(name, content)
    return out.getvalue()


def sheets(path: Path | bytes) -> dict[str, pd.DataFrame]:
    """Every sheet of a workbook as it stands, without heads."""
    source = io.BytesIO(path) if isinstance(path, bytes) else path
    return pd.read_excel(source, sheet_name=None, header=None, engine="calamine")

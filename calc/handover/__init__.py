"""Files that real systems accept: the plan handed over to libvirt, Hyper-V, Ansible and toolkits."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from calc.assessment import Assessment
from calc.errors import InputError
from calc.handover import ansible, hyperv, libvirt, toolkits
from calc.handover.machines import Machine, Target, TargetHost, safe_names, target
from calc.language import stored

__all__ = [
    "Machine",
    "Target",
    "TargetHost",
    "handover_files",
    "handover_zip",
    "safe_names",
    "target",
    "write_handover",
]


def handover_files(assessment: Assessment) -> dict[str, str]:
    """Every file of the hand-over, path to content.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    dict of str to str
        Paths use ``/`` and safe names only.

    Raises
    ------
    InputError
        When no workload is placed, so that there is nothing to make.
    """
    found = target(assessment)
    if not found.machines:
        raise InputError(stored("no workload of this plan is placed on a host: there is nothing to hand over"))
    return {
        **libvirt.files(found),
        **hyperv.files(found),
        **ansible.files(found),
        **toolkits.files(found),
    }


def write_handover(assessment: Assessment, folder: str | Path) -> Path:
    """Write the hand-over into a folder, which must be new or empty.

    Files of an earlier plan must not stay behind: a machine defined twice is an outage.

    Raises
    ------
    InputError
        When the folder holds something already.
    """
    out = Path(folder)
    if out.exists() and any(out.iterdir()):
        raise InputError(
            stored(
                "{out} is not empty: files of an earlier plan must not mix with this one; name a new folder", out=out
            )
        )
    for path, content in handover_files(assessment).items():
        place = out / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8", newline="")
    (out / "libvirt" / "define.sh").chmod(0o755)
    return out


def handover_zip(assessment: Assessment) -> bytes:
    """The hand-over as one ZIP file; the same plan gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(handover_files(assessment).items()):
            entry = zipfile.ZipInfo(path, (2000, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if path.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, content.encode("utf-8"), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()

"""CPU names to scores: one benchmark-normalised compute unit across generations.

One compute unit is one point of SPECrate2017_int_base. Parts that were only measured under
SPEC CPU2006 are converted with a factor re-fitted on the parts measured in both suites and
are marked ``converted``; SPEC does not endorse conversion between suites, so it is an
estimate with a range.

References
----------
SPEC CPU2017 and CPU2006 published results, https://www.spec.org/, read to March 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from calc import reference

_NOISE = re.compile(r"\((?:r|tm)\)|[®™]|\b(?:cpu|processor|intel|amd|genuine|series)\b|,.*$|@.*$", re.IGNORECASE)
_DUAL = re.compile(r"\b(?:single|dual|quad|six|eight|twelve|sixteen|\d+)[- ]core\b", re.IGNORECASE)
_FREQUENCY = re.compile(r"\b\d+(?:\.\d+)?\s*[gm]hz\b", re.IGNORECASE)
_FIRST_GENERATION = re.compile(r"(e[357]-\d{4}l?)\s+0$")
_ARCHITECTURES = (
    (re.compile(r"ultrasparc|sparc"), "sparc"),
    (re.compile(r"\bpower ?\d|power\d"), "ppc64"),
    (re.compile(r"itanium"), "ia64"),
    (re.compile(r"ampere|altra|kunpeng|graviton|neoverse|cortex|thunderx|grace"), "arm64"),
    (re.compile(r"\bz1[0-9]\b|s390"), "s390x"),
    (re.compile(r"\bpa-?risc|\bpa-?8[5-9]00"), "hppa"),
    (re.compile(r"\balpha ?(server|21[0-9]64|ev[4-7])|\bev[5-7]\b"), "alpha"),
)


@dataclass(frozen=True, slots=True)
class CpuScore:
    """Score of one processor, in SPECrate2017_int_base points per core.

    Attributes
    ----------
    processor : str
        Name in the reference table.
    per_core, low, high : float
        Points per core and their range.
    cores_per_chip : int
    year : int
        First availability of the hardware.
    basis : str
        ``measured`` or ``converted`` (from CINT2006 rate, an estimate).
    """

    processor: str
    per_core: float
    low: float
    high: float
    cores_per_chip: int
    year: int
    basis: str


def processor_key(name: str) -> str:
    """Normalise a processor name to the key of the reference tables.

    Examples
    --------
    >>> processor_key("Intel(R) Xeon(R) CPU E5-2680 0 @ 2.70GHz")
    'xeon e5-2680'
    >>> processor_key("Intel Xeon E5-2667 V3")
    'xeon e5-2667 v3'
    >>> processor_key("AMD EPYC 9654 96-Core Processor")
    'epyc 9654'
    """
    text = _NOISE.sub(" ", str(name).lower())
    text = _FREQUENCY.sub(" ", _DUAL.sub(" ", text))
    text = re.sub(r"[^a-z0-9+ -]", " ", text)
    text = " ".join(text.split())
    text = re.sub(r"^xeon e (e-\d)", r"xeon \1", text)
    text = re.sub(r"(\d)\s*v(\d)$", r"\1 v\2", text)
    return _FIRST_GENERATION.sub(r"\1", text)


@cache
def _scores() -> dict[str, CpuScore]:
    table = reference.table("cpu_scores")
    return {
        row.key: CpuScore(
            row.processor,
            float(row.score_per_core),
            float(row.low),
            float(row.high),
            int(row.cores_per_chip),
            int(row.year),
            row.basis,
        )
        for row in table.itertuples(index=False)
    }


def find_score(name: str) -> CpuScore | None:
    """Look a processor up by name; None when the table does not hold it."""
    key = processor_key(name)
    found = _scores().get(key)
    if found is None and key and not key.startswith("xeon"):
        found = _scores().get(f"xeon {key}")  # "E5-2690 v4" alone is a common spelling
    return found


def architecture(cpu_model: str) -> str:
    """Instruction set inferred from a processor name; ``x86_64`` when nothing says otherwise.

    Examples
    --------
    >>> architecture("IBM POWER8"), architecture("Intel Xeon E5-2680")
    ('ppc64', 'x86_64')
    """
    text = str(cpu_model).lower()
    for pattern, arch in _ARCHITECTURES:
        if pattern.search(text):
            return arch
    return "x86_64"

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
from functools import cache, lru_cache

from calc import reference

_NOISE = re.compile(r"\((?:r|tm)\)|[®™]|\b(?:cpu|processor|intel|amd|genuine|series)\b|,.*$|@.*$", re.IGNORECASE)
_DUAL = re.compile(r"\b(?:single|dual|quad|six|eight|twelve|sixteen|\d+)[- ]core\b", re.IGNORECASE)
_SKU = re.compile(r"\bdell sku\b.*|\[.*?\]|\b64-bit\b|\bmulti-core\b")
_FREQUENCY = re.compile(r"\b\d+(?:\.\d+)?\s*[gm]hz\b", re.IGNORECASE)
_FIRST_GENERATION = re.compile(r"(e[357]-\d{4}l?)\s+0$")
_ARCHITECTURES = (
    (re.compile(r"ultrasparc|sparc"), "sparc"),
    (re.compile(r"\bpower ?\d|power\d|powerpc|\bppc"), "ppc64"),
    (re.compile(r"itanium|\bia-?64\b"), "ia64"),
    (
        re.compile(
            r"ampere|altra|kunpeng|taishan|graviton|neoverse|cortex|thunderx|\bgrace\b|a64fx|phytium|\bft-?2000"
            r"|\bapple m\d|x-?gene|centriq|opteron a11|aarch64|\barm(v\d\w*|64)?\b"
        ),
        "arm64",
    ),
    (re.compile(r"\bz1[0-9]\b|s390|\bzec12|\bz1(96|14)\b|linuxone|\bibm z\b|system z"), "s390x"),
    (re.compile(r"\bpa-?risc|\bpa-?8[5-9]00"), "hppa"),
    (re.compile(r"\balpha ?(server|21[0-9]64|ev[4-7])|\bev[5-7]\b"), "alpha"),
    (re.compile(r"\brisc-?v"), "riscv64"),
    (re.compile(r"\bmips"), "mips"),
    (re.compile(r"loongson|loongarch"), "loongarch64"),
)
#: Systems that run on one instruction set, or say in their name on which; HP-UX and OpenVMS before 9 ran on an older one too.
_OF_SYSTEMS = (
    (re.compile(r"\baix\b|\bibm i\b|os/400|i5/os|\bppc64|powerpc|\bibm power\b"), "ppc64"),
    (re.compile(r"pa-?risc"), "hppa"),
    (re.compile(r"hp-?ux|openvms\D*[1-8]\.|\bia64\b|itanium"), "ia64"),
    (re.compile(r"\bz/(os|vm|vse)\b|s390"), "s390x"),
    (re.compile(r"tru64|digital unix"), "alpha"),
    (re.compile(r"sparc"), "sparc"),
    (re.compile(r"aarch64|\barm64\b"), "arm64"),
    (re.compile(r"\brisc-?v"), "riscv64"),
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
        ``measured``, ``converted`` (from CINT2006 rate) or ``converted_power`` (from SPECpower):
        the latter two are estimates with a range.
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
    text = _NOISE.sub(" ", _SKU.sub(" ", str(name).lower()))
    text = _FREQUENCY.sub(" ", _DUAL.sub(" ", text))
    text = re.sub(r"[^a-z0-9+ -]", " ", text)
    text = " ".join(text.split())
    text = re.sub(r"^xeon e (e-\d)", r"xeon \1", text)
    text = re.sub(r"^xeon-d (\d)", r"xeon d-\1", text)
    text = re.sub(r"^core (i\d) (\d)", r"core \1-\2", text)
    text = re.sub(r"^(opteron \d{4})(he|ee|se)$", r"\1 \2", text)
    text = re.sub(r"(\d[lw]?)\s*v(\d)$", r"\1 v\2", text)
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


@dataclass(frozen=True, slots=True)
class CpuMatch:
    """A score and how well it fits the name.

    Attributes
    ----------
    quality : {'exact', 'same model', 'nearest'}
        ``exact``: the name, normalised. ``same model``: the model under another spelling.
        ``nearest``: not in the table; the closest number of the same family and generation.
    """

    score: CpuScore
    quality: str


@lru_cache(maxsize=65_536)
def find_match(name: str) -> CpuMatch | None:
    """Look a processor up by name, with its nearest relative where the table does not hold it.

    Examples
    --------
    >>> find_match("Intel Xeon Gold 6130").quality, find_match("Xeon 8480+").quality
    ('exact', 'same model')
    >>> found = find_match("Intel Xeon Gold 6199")
    >>> found.quality, found.score.processor[:13]
    ('nearest', 'Intel Xeon Go')
    """
    key = processor_key(name)
    table = _scores()
    if key in table:
        return CpuMatch(table[key], "exact")
    for candidates in spellings(key):
        found = {table[item].processor: table[item] for item in candidates if item in table}
        if len(found) == 1:
            return CpuMatch(next(iter(found.values())), "same model")
    near = _nearest(key)
    return CpuMatch(near, "nearest") if near else None


def find_score(name: str) -> CpuScore | None:
    """Look a processor up by name; None when the table does not hold this very model."""
    found = find_match(name)
    return found.score if found and found.quality != "nearest" else None


_TIERS = ("platinum", "gold", "silver", "bronze")
_OLD_CLASSES = ("x", "e", "l", "w")


def spellings(key: str) -> list[list[str]]:
    """Other ways to write the same model; a list counts only where it leads to one processor."""
    ways = []
    if key and not key.startswith("xeon"):
        ways.append([f"xeon {key}"])  # "E5-2690 v4" alone is a common spelling
    tiered = re.fullmatch(r"xeon (?:(?:platinum|gold|silver|bronze) )?(\d{4}[a-z]*\+?)", key)
    if tiered:  # the number alone names the part; the tier is left out or mistaken
        ways.append([f"xeon {tier} {tiered[1]}" for tier in _TIERS] + [f"xeon {tiered[1]}"])
        ways.append([f"xeon {letter}{tiered[1]}" for letter in _OLD_CLASSES])
    if re.search(r"\d{4}y$", key):
        ways.append([f"{key}+"])
    return ways


_MODEL = re.compile(r"^(?P<family>.*?)(?P<number>\d{3,5})(?P<suffix>[a-z]{0,2}\+?)(?P<rest>(?: [a-z0-9]+)*)$")


def _generation(family: str, number: str, rest: str) -> tuple[str, ...]:
    """What two processors must share to be of one generation."""
    if family.startswith("epyc"):  # the last digit of an EPYC's number is its generation
        return (family, number[0], number[-1], str(len(number)))
    version = rest.strip() if re.fullmatch(r" v\d", rest) else ""
    return (family, number[:2], version, str(len(number)))


@cache
def _families() -> dict[tuple[str, ...], list[tuple[int, str]]]:
    found: dict[tuple[str, ...], list[tuple[int, str]]] = {}
    for key in _scores():
        match = _MODEL.match(key)
        if match:
            place = _generation(match["family"], match["number"], match["rest"])
            found.setdefault(place, []).append((int(match["number"]), key))
    return found


def _nearest(key: str) -> CpuScore | None:
    match = _MODEL.match(key)
    if not match:
        return None
    number = int(match["number"])
    family = _families().get(_generation(match["family"], match["number"], match["rest"]), [])
    if not family:
        return None
    table = _scores()
    return table[min(family, key=lambda item: (abs(item[0] - number), table[item[1]].per_core))[1]]


def architecture(cpu_model: str) -> str:
    """Instruction set inferred from a processor name; ``x86_64`` when nothing says otherwise.

    Examples
    --------
    >>> architecture("IBM POWER8"), architecture("Intel Xeon E5-2680")
    ('ppc64', 'x86_64')
    """
    return _first(_ARCHITECTURES, cpu_model) or "x86_64"


def architecture_of_system(os: str) -> str:
    """Instruction set that an operating system cannot do without; "" where it runs on x86, or may.

    Examples
    --------
    >>> architecture_of_system("AIX 7.2"), architecture_of_system("Solaris 10"), architecture_of_system("Debian 12")
    ('ppc64', '', '')
    """
    return _first(_OF_SYSTEMS, os)


def _first(patterns: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str:
    return next((arch for pattern, arch in patterns if pattern.search(str(text).lower())), "")

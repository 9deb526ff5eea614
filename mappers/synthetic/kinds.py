"""Kinds of visit (MA_LOAI_KCB): how often at each level of facility, how long, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mappers.synthetic import reference
from mappers.synthetic.facilities import Level
from mappers.synthetic.reference import Diagnosis
from mappers.synthetic.stream import Weighted


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of visit."""

    code: str
    weights: tuple[int, int, int, int]
    """How often at a commune, district, provincial and central facility."""
    stay: tuple[int, int] = (0, 0)
    """Fewest and most days between arrival and end."""
    admitted: bool = False
    noted: bool = False
    """Clinical notes (XML5) are sent."""
    bed: str = ""
    days: str = "0"
    """SO_NGAY_DTRI: ``0``, ``stay`` (both ends counted), ``drugs`` or ``services``."""
    tests: int = 3
    """Most laboratory and imaging services on arrival."""
    drugs: int = 4
    exam: bool = True
    entitlement: str = ""


KINDS = {
    kind.code: kind
    for kind in (
        Kind("01", (640, 520, 440, 420)),
        Kind("02", (10, 60, 60, 40), stay=(3, 16), noted=True, days="stay", tests=2, drugs=3),
        Kind("03", (0, 150, 230, 320), stay=(2, 12), admitted=True, noted=True, bed="internal", days="stay", tests=7),
        Kind("04", (0, 10, 18, 24), stay=(2, 9), admitted=True, noted=True, bed="day", days="stay", tests=2, drugs=2),
        Kind("05", (60, 90, 100, 80), noted=True, days="drugs", tests=4),
        Kind("06", (60, 0, 0, 0), stay=(0, 2), admitted=True, noted=True, bed="observation", days="stay", tests=1),
        Kind("07", (30, 20, 14, 8), tests=0, exam=False, entitlement="7"),
        Kind("08", (0, 26, 36, 30), stay=(0, 8), noted=True, days="services", tests=1, drugs=1),
        Kind("09", (0, 16, 18, 14), admitted=True, noted=True, tests=5, drugs=2),
        Kind("10", (8, 8, 8, 8), tests=1),
        Kind("11", (10, 1, 0, 0), tests=0),
        Kind("12", (10, 1, 0, 0), tests=0),
        Kind("13", (10, 2, 0, 0), tests=1),
        Kind("14", (4, 2, 3, 3), tests=0),
        Kind("15", (8, 5, 4, 2), tests=6, drugs=0),
        Kind("16", (6, 4, 3, 1), tests=2, drugs=0),
    )
}

#: Kinds of a visit for a lasting disease.
_LASTING = (("05", 70), ("07", 12), ("08", 9), ("03", 7), ("01", 8))


@cache
def usual(level: Level) -> Weighted[str]:
    """The kinds at a facility of this level."""
    return Weighted((kind.code, kind.weights[level]) for kind in KINDS.values() if kind.code not in ("05", "07", "08"))


@cache
def lasting(level: Level) -> Weighted[str]:
    """The kinds at a facility of this level for a person with a lasting disease."""
    return Weighted((code, weight) for code, weight in _LASTING if KINDS[code].weights[level])


@cache
def causes(age: int, sex: int, *, admitted: bool, level: Level) -> Weighted[Diagnosis]:
    """The diagnoses that bring a person of this age and sex; newborn diagnoses come only by birth."""
    return Weighted(
        (diagnosis, diagnosis.inp if admitted else diagnosis.out)
        for diagnosis in reference.diagnoses()
        if diagnosis.befalls(age, sex) and diagnosis.care != "newborn" and _treats(level, diagnosis)
    )


@cache
def births() -> Weighted[Diagnosis]:
    """The diagnoses of the first days of life."""
    return Weighted((diagnosis, diagnosis.inp) for diagnosis in reference.diagnoses() if diagnosis.care == "newborn")


def _treats(level: Level, diagnosis: Diagnosis) -> bool:
    return level > Level.COMMUNE or diagnosis.care not in ("onco", "hiv", "renal", "eye", "obs", "tb")


#: Other diseases that an elder brings along.
COMORBID = (
    "I10",
    "E11.9",
    "E78.5",
    "K21.9",
    "M17.9",
    "M47.8",
    "I25.9",
    "N40",
    "K29.7",
    "H25.9",
    "J44.9",
    "K76.0",
    "F51.0",
)

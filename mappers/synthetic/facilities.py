"""Invented facilities of a province: code, level, licences of the staff, and the habits of the software they use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache, cached_property

from mappers.synthetic.reference import Province
from mappers.synthetic.stream import Stream


class Level(IntEnum):
    """Professional level, lowest first."""

    COMMUNE = 0
    DISTRICT = 1
    PROVINCE = 2
    CENTRAL = 3


@dataclass(frozen=True, slots=True)
class Software:
    """What differs between the systems that hospitals use, within the rules of the claim tables."""

    trim: bool
    """Writes 42100 for 42100.00."""
    cdata: bool
    """Wraps free text in CDATA instead of escaping it."""
    visit_id: str
    """Form of MA_LK from the facility's code, the day, the visit's number and that number scrambled."""


SOFTWARE = (
    Software(trim=False, cdata=False, visit_id="{day}{number:08d}"),
    Software(trim=True, cdata=False, visit_id="{code}{day}{number:09d}"),
    Software(trim=False, cdata=True, visit_id="HS-{code}-{scrambled:010X}"),
    Software(trim=True, cdata=True, visit_id="1{number:09d}"),
)


@dataclass(frozen=True, eq=False)
class Facility:
    """One facility."""

    code: str
    level: Level
    province: Province
    software: Software

    @cached_property
    def licences(self) -> tuple[str, ...]:
        """Licence numbers of its practitioners, as MA_BAC_SI holds them."""
        count = (4, 18, 40, 60)[self.level]
        stream = Stream("staff", self.code)
        issuer = self.province.initials if self.level < Level.CENTRAL else "BYT"
        return tuple(f"{stream.below(9000) * 100 + number:06d}/{issuer}-CCHN" for number in range(count))

    @cached_property
    def head(self) -> str:
        """Social-insurance number of its head (MA_TTDV)."""
        return f"{self.province.code}{int(self.code[2:]) * 7_919 % 1_000_000:06d}{int(self.code[2:]) % 99 + 1:02d}"

    def visit_id(self, number: int, day: str) -> str:
        """MA_LK of a visit."""
        scrambled = number * 2_654_435_761 % 2**40
        return self.software.visit_id.format(code=self.code, day=day, number=number, scrambled=scrambled)

    def machine(self, kind: str, serial: int) -> str:
        """MA_MAY of one of its machines; empty for a service that needs none."""
        return f"{kind}.{serial % 3 + 1}.{self.code}.{kind}{serial % 3 + 1:03d}" if kind else ""


#: Place in a province's list -> level and last three characters of the code.
_LOCAL = (
    (Level.DISTRICT, "101"),
    (Level.PROVINCE, "001"),
    (Level.COMMUNE, "301"),
    (Level.DISTRICT, "102"),
    (Level.COMMUNE, "302"),
    (Level.PROVINCE, "014"),
    (Level.DISTRICT, "103"),
    (Level.COMMUNE, "303"),
)

LOCAL = len(_LOCAL)


@cache
def local(province: Province, place: int) -> Facility:
    """Facility number ``place`` (0..LOCAL-1) of a province."""
    level, tail = _LOCAL[place]
    software = SOFTWARE[(int(province.code) + place) % len(SOFTWARE)]
    return Facility(f"{province.code}{tail}", level, province, software)


@cache
def central(province: Province) -> Facility:
    """The central hospital that takes the patients of a province; ``province`` is that of the hospital."""
    return Facility(f"{province.code}901", Level.CENTRAL, province, SOFTWARE[int(province.code) % len(SOFTWARE)])

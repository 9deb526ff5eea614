"""Numbers that identify a person: citizen id, older papers, insurance number; each fits birth, sex and home.

They come from the person's index by a permutation, so that no two persons share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from mappers.synthetic import reference
from mappers.synthetic.homes import FEMALE, Home, Member
from mappers.synthetic.stream import Stream, Weighted


@dataclass(frozen=True, slots=True)
class Subject:
    """What the numbers of a person depend on; ``age`` in years as the period begins."""

    index: int
    home: Home
    member: Member
    age: int
    foreign: bool


@dataclass(frozen=True, slots=True)
class Insurance:
    """What stays the same about a person's health insurance; cards are written from it for a given day."""

    group: str
    benefit: int
    number: str
    form: str
    registered: int
    temporary: bool

    @property
    def level(self) -> int:
        """Percent that the fund pays on the right route."""
        return {3: 95, 4: 80}.get(self.benefit, 100)


def citizen_id(province: str, sex: int, year: int, serial: int) -> str:
    """A 12-digit citizen id: old province of birth, century and sex, year of birth, serial."""
    century = (year // 100 - 19) * 2 + (sex == FEMALE)
    return f"0{province}{century}{year % 100:02d}{serial:06d}"


def document(subject: Subject, stream: Stream) -> str:
    """SO_CCCD: a citizen id, for a few an old 9-digit card or a passport, for many children nothing."""
    index, home = subject.index, subject.home
    if subject.foreign:
        return f"{stream.pick('ABCEGMNP')}{index * 7_919 % 10_000_000:07d}"
    if subject.member.baby or stream.chance(0.45 if subject.age < 14 else 0.012):
        return ""
    if subject.age >= 30 and stream.chance(0.03):
        return f"{home.ward.old_province}{index * 7_919 % 10_000_000:07d}"
    native = stream.chance(0.8)
    province = home.ward.old_province if native else stream.pick(reference.provinces().draw(stream).old)
    year = date.fromordinal(subject.member.birth).year
    return citizen_id(province, subject.member.sex, year, (index * 7_919 + 123_457) % 1_000_000)


def insurance(subject: Subject, stream: Stream) -> Insurance | None:
    """The insurance of a person, None for the uninsured."""
    if stream.chance(0.6 if subject.foreign else 0.06):
        return None
    group, benefit = _group(subject.age, subject.home).draw(stream)
    serial = subject.index * 6_700_417 % 99_000_000
    return Insurance(
        group=group,
        benefit=benefit,
        number=f"{subject.home.province.code}{serial // 99:06d}{serial % 99 + 1:02d}",
        form=_forms().draw(stream) if subject.age >= 6 else "15",
        registered=stream.below(8),
        temporary=subject.member.baby,
    )


@cache
def _forms() -> Weighted[str]:
    return Weighted((("15", 68), ("10", 12), ("12", 20)))


def _group(age: int, home: Home) -> Weighted[tuple[str, int]]:
    return _groups(0 if age < 6 else 1 if age < 18 else 3 if age >= 60 else 2, home.ethnicity != "01")


@cache
def _groups(life: int, minority: bool) -> Weighted[tuple[str, int]]:
    poor = (("DT", 2), 60 if minority else 0), (("HN", 2), 25 if minority else 5), (("CN", 3), 6)
    table = {
        0: ((("TE", 1), 100),),
        1: ((("HS", 4), 90), *poor),
        2: ((("DN", 4), 45), (("HC", 4), 10), (("GD", 4), 38), (("XK", 4), 1), (("TN", 4), 2), *poor),
        3: ((("HT", 3), 32), (("BT", 2), 20), (("CC", 1), 2), (("CK", 2), 4), (("GD", 4), 30), *poor),
    }
    return Weighted(table[life])

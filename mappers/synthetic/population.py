"""Invented persons in households: names, births, ids, insurance and lasting diseases that fit each other.

A person is a pure function of the seed, the household's place and its number, so nothing has to be remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from mappers.synthetic import homes, reference
from mappers.synthetic.homes import HOUSEHOLD, MALE, Member
from mappers.synthetic.identity import Insurance, Subject, document, insurance
from mappers.synthetic.moment import DAY
from mappers.synthetic.reference import Province, Ward
from mappers.synthetic.stream import Stream, Weighted


@dataclass(frozen=True, slots=True)
class Person:
    """One person, as the period begins."""

    index: int
    name: str
    sex: int
    birth: int
    """Day of birth."""
    birth_text: str
    document: str
    ethnicity: str
    nationality: str
    occupation: str
    phone: str
    blood: str
    area: str
    ward: Ward
    province: Province
    address: str
    insurance: Insurance | None
    chronic: str
    build: int

    def age(self, day: int) -> int:
        """Whole years on an ordinal day."""
        return max(0, (day - self.birth) * 400 // 146_097)

    @property
    def born(self) -> int:
        """Minute of birth, as far as it is known."""
        return self.birth * DAY + int(self.birth_text[8:10]) * 60 + int(self.birth_text[10:])

    def days(self, day: int) -> int:
        """Days since birth."""
        return day - self.birth

    def weight(self, day: int) -> int:
        """Weight in tens of grams."""
        days = self.days(day)
        if days < 365:
            return 310 + self.build * 2 + days * 17 // 10
        age = min(self.age(day), 18)
        grown = 1000 + age * (285 if self.sex == MALE else 245)
        return grown + self.build * (4 + age * 2)


def household(seed: int, number: int, province: Province, start: int, days: int) -> tuple[Person, ...]:
    """The four persons of a household; ``start`` is the first day of the period, ``days`` its length."""
    stream = Stream(seed, "household", number)
    home = homes.home(stream, province if stream.chance(0.93) else reference.provinces().draw(stream))
    members = homes.members(stream, home, start, days)
    first = number * HOUSEHOLD
    mother = _name(Stream(seed, "person", first + 1), members[1])
    return tuple(
        _person(Stream(seed, "person", index), Subject(index, home, member, _age(member, start), foreign=False), mother)
        for index, member in enumerate(members, first)
    )


def _age(member: Member, start: int) -> int:
    return max(0, (start - member.birth) // 365)


def _name(stream: Stream, member: Member) -> str:
    middles, givens = _given_names(member.sex)
    return " ".join(filter(None, (member.family, middles.draw(stream), givens.draw(stream))))


def _person(stream: Stream, subject: Subject, mother: str) -> Person:
    name = _name(stream, subject.member)
    if subject.age > 20 and subject.index % HOUSEHOLD == 0 and stream.chance(0.006):
        subject = replace(subject, foreign=True)
    home, member, age = subject.home, subject.member, subject.age
    return Person(
        index=subject.index,
        name=f"CON BÀ {mother.upper()}" if member.baby and stream.chance(0.6) else _cased(stream, name),
        sex=member.sex,
        birth=member.birth,
        birth_text=_birth_text(stream, date.fromordinal(member.birth), subject),
        document=document(subject, stream),
        ethnicity="55" if subject.foreign else home.ethnicity,
        nationality=stream.pick(("156", "410", "392", "840")) if subject.foreign else "000",
        occupation=_occupation(stream, age),
        phone=_phone(stream, subject.index) if age >= 16 and stream.chance(0.8) else "",
        blood=stream.pick(_BLOOD) if stream.chance(0.15) else "",
        area=home.area,
        ward=home.ward,
        province=home.province,
        address=home.address,
        insurance=insurance(subject, stream),
        chronic=_chronic(age).draw(stream),
        build=stream.between(0, 60),
    )


_BLOOD = ("O+", "O+", "O+", "A+", "B+", "B+", "AB+", "O-")


def _cased(stream: Stream, name: str) -> str:
    return name.upper() if stream.chance(0.5) else name


def _birth_text(stream: Stream, born: date, subject: Subject) -> str:
    day = born.isoformat().replace("-", "")
    if subject.member.baby:
        return f"{day}{stream.below(22):02d}{stream.below(60):02d}"
    year_only = (subject.age >= 60 and stream.chance(0.14)) or stream.chance(0.004)
    return f"{born.year:04d}00000000" if year_only else f"{day}0000"


def _phone(stream: Stream, index: int) -> str:
    prefix = stream.pick(("032", "035", "038", "070", "079", "081", "090", "091", "093", "097", "098"))
    return f"{prefix}{index * 6_700_417 % 10_000_000:07d}"


def _occupation(stream: Stream, age: int) -> str:
    if age < 18 or age >= 62:
        return "00000"
    return stream.pick(
        ("61110", "61110", "63100", "52230", "75310", "93290", "71120", "83220", "23410", "41100", "22210")
    )


@cache
def _given_names(sex: int) -> tuple[Weighted[str], Weighted[str]]:
    names = reference.names()
    return Weighted(names["middle"][str(sex)].items()), Weighted(names["given"][str(sex)].items())


@cache
def _chronic(age: int) -> Weighted[str]:
    """A lasting disease by age, empty for most of the young."""
    if age < 18:
        return Weighted((("", 96), ("J45.9", 4)))
    old = max(0, age - 35)
    return Weighted(
        (
            ("", 900 - min(old, 40) * 18),
            ("I10", 10 + old * 12 if age >= 30 else 0),
            ("E11.9", 4 + old * 7 if age >= 35 else 0),
            ("I25.9", old if age >= 45 else 0),
            ("J44.9", old // 2 if age >= 45 else 0),
            ("M17.9", old if age >= 45 else 0),
            ("N18.5", 4 if age >= 30 else 0),
            ("B18.1", 12 if age <= 80 else 0),
            ("E05.0", 5 if age <= 70 else 0),
            ("G40.9", 4 if age <= 70 else 0),
            ("B20", 4 if age <= 70 else 0),
            ("Z21", 2 if age <= 65 else 0),
            ("A15.0", 2 if age <= 85 else 0),
        )
    )

"""Households: where they live, what their members share, who they are by age and sex."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mappers.synthetic import reference
from mappers.synthetic.reference import Province, Ward
from mappers.synthetic.stream import Stream, Weighted

HOUSEHOLD = 4
"""Persons to a household: two adults, a child, and an elder, a second child, a newborn or a grown-up."""

MALE, FEMALE = 1, 2


@dataclass(frozen=True, slots=True)
class Home:
    """Where a household lives and what its members share."""

    province: Province
    ward: Ward
    address: str
    ethnicity: str
    family: str
    mother_family: str
    area: str


@dataclass(frozen=True, slots=True)
class Member:
    """Sex, birth day and family name of one place in the household."""

    sex: int
    birth: int
    family: str
    baby: bool = False


def home(stream: Stream, province: Province) -> Home:
    """A household's place in a province."""
    ward = stream.pick(province.wards)
    ethnicity = province.ethnic.draw(stream)
    names = reference.names()
    if ward.name.startswith("Phường"):
        spot = f"Số {stream.between(1, 399)} {stream.pick(names['streets'])}"
    else:
        spot = stream.pick(names["hamlets"])
    return Home(
        province=province,
        ward=ward,
        address=f"{spot}, {ward.name}, {province.full}",
        ethnicity=ethnicity,
        family=_family(stream, ethnicity),
        mother_family=_family(stream, ethnicity),
        area="" if ethnicity == "01" else stream.pick(("", "", "K1", "K2", "K3")),
    )


def _family(stream: Stream, ethnicity: str) -> str:
    minority = reference.names()["minority"].get(ethnicity)
    if minority and stream.chance(0.75):
        return str(stream.pick(minority))
    return _family_names().draw(stream)


def members(stream: Stream, place: Home, start: int, days: int) -> tuple[Member, ...]:
    """The four members of a household; ``start`` is the first day of the period, ``days`` its length."""
    father = start - stream.between(24 * 365, 60 * 365)
    mother = min(father + stream.between(-3 * 365, 6 * 365), start - 21 * 365)
    oldest_child = max(start - mother - 20 * 365, 400)
    child = start - stream.low(30, min(oldest_child, 30 * 365))
    kind = stream.below(100)
    if kind < 52:
        last = Member(stream.between(1, 2), father - stream.between(20 * 365, 34 * 365), place.family)
    elif kind < 80:
        last = Member(stream.between(1, 2), start - stream.low(30, min(oldest_child, 17 * 365)), place.family)
    elif kind < 88:
        last = Member(stream.between(1, 2), start + stream.below(max(1, days * 3 // 4)), place.family, baby=True)
    else:
        last = Member(stream.between(1, 2), start - stream.between(17 * 365, 45 * 365), place.mother_family)
    return (
        Member(MALE, father, place.family),
        Member(FEMALE, mother, place.mother_family),
        Member(stream.between(1, 2), child, place.family),
        last,
    )


@cache
def _family_names() -> Weighted[str]:
    return Weighted(reference.names()["family"].items())

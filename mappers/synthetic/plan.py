"""Who goes where and when: the appointments of one area, and in which envelope each is sent.

Visits are planned in blocks, one area with its persons and facilities to a block, so memory does not grow with the
number of visits. The visits of one person never overlap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from mappers.synthetic import facilities, population, reference
from mappers.synthetic.facilities import LOCAL, Facility
from mappers.synthetic.homes import HOUSEHOLD
from mappers.synthetic.population import Person
from mappers.synthetic.reference import Province
from mappers.synthetic.stream import Stream, Weighted

BLOCK = 240
"""Visits planned together."""

PERSONS = BLOCK // 3
"""Persons of a full block."""

UNPAID = 0.05
"""Share of visits that are sent before they are paid; every second one is sent again."""

CENTRAL = frozenset({"01", "46", "79"})


@dataclass(frozen=True, slots=True)
class Appointment:
    """One visit to come: who, where, the day it ends and how many days before that are free."""

    number: int
    person: Person
    facility: Facility
    day: int
    room: int
    is_last: bool
    paid: bool


@dataclass(frozen=True, slots=True)
class Sending:
    """One HOSO to write: a visit, whether it is sent as paid, and whether it was sent before."""

    appointment: Appointment
    day: int
    paid: bool
    again: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """The HOSO of one envelope."""

    facility: Facility
    day: int
    sendings: tuple[Sending, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """The days of the visits, as ordinals; ``end`` is the first day after."""

    start: int
    end: int


def batches(seed: int, block: int, visits: int, size: int, period: Period) -> Iterator[Batch]:
    """The envelopes of block number ``block`` with its ``visits``, at most ``size`` HOSO each, by day."""
    stream = Stream(seed, "block", block)
    province = reference.provinces().draw(stream)
    persons = _persons(seed, block, visits, province, period)
    planned = _appointments(
        stream, persons, _reachable(province, visits), _counts(stream, persons, visits, period), period
    )
    first = block * BLOCK
    sendings = [
        sending
        for number, appointment in enumerate(planned, first)
        for sending in _sendings(stream, replace(appointment, number=number))
    ]
    sendings.sort(key=lambda item: (item.appointment.facility.code, item.day, item.appointment.number, item.again))
    found = [
        Batch(facility, chunk[-1].day + 1, chunk)
        for facility, group in groupby(sendings, key=lambda item: item.appointment.facility)
        for chunk in _chunks(tuple(group), size)
    ]
    found.sort(key=lambda batch: (batch.day, batch.facility.code, batch.sendings[0].appointment.number))
    yield from found


def _chunks(sendings: tuple[Sending, ...], size: int) -> Iterator[tuple[Sending, ...]]:
    """At most ``size`` at a time; a visit sent again never stands in the envelope of its first sending."""
    chunk: dict[int, Sending] = {}
    for sending in sendings:
        if len(chunk) == size or sending.appointment.number in chunk:
            yield tuple(chunk.values())
            chunk = {}
        chunk[sending.appointment.number] = sending
    if chunk:
        yield tuple(chunk.values())


def _persons(seed: int, block: int, visits: int, province: Province, period: Period) -> list[Person]:
    households = max(1, -(-visits // (3 * HOUSEHOLD)))
    first = block * (PERSONS // HOUSEHOLD)
    return [
        person
        for number in range(first, first + households)
        for person in population.household(seed, number, province, period.start, period.end - period.start)
    ]


def _counts(stream: Stream, persons: list[Person], visits: int, period: Period) -> Counter[int]:
    """Visits by place in ``persons``."""
    wanted = Weighted((place, _frequency(person, period)) for place, person in enumerate(persons))
    return Counter(wanted.draw(stream) for _ in range(visits))


def _appointments(
    stream: Stream, persons: list[Person], reachable: tuple[Facility, ...], counts: Counter[int], period: Period
) -> Iterator[Appointment]:
    for place in sorted(counts):
        for order, (day, room) in enumerate(_days(stream, persons[place], counts[place], period)):
            yield Appointment(
                number=0,
                person=persons[place],
                facility=_facility(stream, persons[place], reachable),
                day=day,
                room=room,
                is_last=order == counts[place] - 1,
                paid=not stream.chance(UNPAID),
            )


def _frequency(person: Person, period: Period) -> int:
    age = person.age(period.start)
    return 2 + 3 * (age >= 60) + 2 * (age < 6) + 4 * bool(person.chronic)


def _days(stream: Stream, person: Person, count: int, period: Period) -> Iterator[tuple[int, int]]:
    """The last day of each visit, with the free days before it."""
    start = max(period.start, person.birth)
    width = (period.end - start) / count
    for order in range(count):
        low = start + int(order * width)
        high = max(low, start + int((order + 1) * width) - 1)
        if order == 0 and person.birth >= period.start:
            day = min(high, low + stream.between(1, 4))
        else:
            day = stream.between(low + (high - low) // 2, high)
        yield day, day - low


def _reachable(province: Province, visits: int) -> tuple[Facility, ...]:
    count = max(1, min(LOCAL, visits // 12))
    return tuple(facilities.local(province, place) for place in range(count))


def _facility(stream: Stream, person: Person, reachable: tuple[Facility, ...]) -> Facility:
    if len(reachable) == LOCAL and stream.chance(0.06):
        here = int(reachable[0].province.code)
        homes = [home for home in reference.provinces().values if home.code in CENTRAL]
        return facilities.central(min(homes, key=lambda home: abs(int(home.code) - here)))
    if person.insurance and person.insurance.registered < len(reachable) and stream.chance(0.55):
        return reachable[person.insurance.registered]
    return stream.pick(reachable)


def _sendings(stream: Stream, appointment: Appointment) -> Iterator[Sending]:
    yield Sending(appointment, appointment.day, appointment.paid, again=False)
    if not appointment.paid and stream.chance(0.5):
        yield Sending(appointment, appointment.day + stream.between(8, 40), paid=True, again=True)

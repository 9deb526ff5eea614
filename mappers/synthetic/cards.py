"""Insurance cards on a given day, in the three forms in force, and a change of card during a stay.

15 characters: group, benefit level, province, number; the 10-digit number alone since April 2021; the 12-digit citizen
id since 15 August 2025. A newborn without a card gets a temporary ``TE1`` card.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mappers.synthetic import facilities
from mappers.synthetic.identity import Insurance
from mappers.synthetic.moment import day_text
from mappers.synthetic.population import Person
from mappers.synthetic.stream import Stream

CITIZEN_CARDS = date(2025, 8, 15).toordinal()


@dataclass(frozen=True, slots=True)
class Card:
    """One card: number, facility of first registration, validity (``last`` empty when open)."""

    number: str
    facility: str
    first: str
    last: str


def cards(person: Person, arrival: int, end: int, stream: Stream) -> tuple[Card, ...]:
    """The cards of a stay from day ``arrival`` to day ``end``: none, one, or two when it changed in between."""
    insurance = person.insurance
    if insurance is None:
        return ()
    if insurance.temporary and person.days(arrival) < 60:
        return (_temporary(person, insurance, arrival),)
    current = _card(person, insurance, arrival)
    change = date(int(current.last[:4]) + 1, 1, 1).toordinal()
    if change > end:
        if end - arrival < 2 or not stream.chance(0.05):
            return (current,)
        change = stream.between(arrival + 1, end)
    before = Card(current.number, current.facility, current.first, day_text(change - 1))
    return before, _renewed(insurance, before, change)


def _temporary(person: Person, insurance: Insurance, arrival: int) -> Card:
    home = person.province.code
    return Card(f"TE1{home}{insurance.number}", f"{home}000", day_text(max(person.birth, arrival)), "")


def _card(person: Person, insurance: Insurance, day: int) -> Card:
    year = date.fromordinal(day).year
    first = max(date(year, 1, 1).toordinal(), person.birth)
    return Card(_number(person, insurance, day), _registered(person, insurance), day_text(first), f"{year}1231")


def _renewed(insurance: Insurance, before: Card, day: int) -> Card:
    year = date.fromordinal(day).year
    number = f"GD4{insurance.number[:2]}{insurance.number}" if len(before.number) == 15 else before.number
    return Card(number, before.facility, day_text(day), f"{year}1231")


def _number(person: Person, insurance: Insurance, day: int) -> str:
    if insurance.form == "12" and len(person.document) == 12 and day >= CITIZEN_CARDS:
        return person.document
    if insurance.form == "10":
        return insurance.number
    return f"{insurance.group}{insurance.benefit}{insurance.number[:2]}{insurance.number}"


def _registered(person: Person, insurance: Insurance) -> str:
    return facilities.local(person.province, insurance.registered).code

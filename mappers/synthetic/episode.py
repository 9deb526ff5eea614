"""The frame of one visit: kind, diagnoses, times, cards, entitlement. Rows are made from it by the other modules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mappers.synthetic import kinds, reference
from mappers.synthetic.cards import Card, cards
from mappers.synthetic.facilities import Facility, Level
from mappers.synthetic.kinds import KINDS, Kind
from mappers.synthetic.moment import DAY, at, day_text
from mappers.synthetic.plan import Appointment
from mappers.synthetic.population import Person
from mappers.synthetic.reference import Care, Diagnosis
from mappers.synthetic.stream import Stream

#: From this day the list of entitlements has no class of its own for TB and HIV (QĐ 3276/QĐ-BYT).
ENTITLEMENTS_CHANGED = date(2025, 10, 17).toordinal()


@dataclass(frozen=True, slots=True)
class Episode:
    """One visit before its rows; times are minutes."""

    visit_id: str
    number: int
    person: Person
    facility: Facility
    kind: Kind
    main: Diagnosis
    others: tuple[Diagnosis, ...]
    care: Care
    arrival: int
    admission: int
    end: int
    emergency: bool
    referred: bool
    cards: tuple[Card, ...]
    entitlement: str
    department: str
    doctor: str
    operation: str
    is_last: bool

    @property
    def day(self) -> int:
        """The day of arrival."""
        return self.arrival // DAY

    @property
    def last_day(self) -> int:
        """The day of the end."""
        return self.end // DAY

    @property
    def nights(self) -> int:
        """Days between arrival and end."""
        return self.last_day - self.day

    @property
    def age(self) -> int:
        """Age in years on arrival."""
        return self.person.age(self.day)

    @property
    def is_insured(self) -> bool:
        """True when a card was shown."""
        return bool(self.cards)


def episode(appointment: Appointment, stream: Stream) -> Episode:
    """The frame of an appointment, drawn from the visit's own stream."""
    person, facility = appointment.person, appointment.facility
    kind, main = _kind(appointment, stream)
    emergency = kind.admitted and kind.code != "04" and stream.chance(0.3)
    nights = _nights(stream, kind, main, appointment.room)
    arrival = max(_arrival(stream, appointment.day - nights, emergency=emergency), person.born + 5)
    end = _end(stream, kind, arrival, appointment.day)
    shown = cards(person, appointment.day - nights, appointment.day, stream)
    referred = facility.level >= Level.PROVINCE and stream.chance(0.4)
    care = reference.cares()[main.care]
    return Episode(
        visit_id=facility.visit_id(appointment.number, day_text(appointment.day - nights)),
        number=appointment.number,
        person=person,
        facility=facility,
        kind=kind,
        main=main,
        others=_others(stream, person.age(appointment.day), person.sex, main),
        care=care,
        arrival=arrival,
        admission=arrival + stream.between(10, 40) if kind.admitted else 0,
        end=end,
        emergency=emergency,
        referred=referred and not emergency,
        cards=shown,
        entitlement=_entitlement(stream, appointment, kind, main, shown, emergency=emergency, referred=referred),
        department=care.department if kind.admitted or kind.noted else "K01",
        doctor=stream.pick(facility.licences),
        operation=reference.surgery().get(main.code, "") if kind.admitted else "",
        is_last=appointment.is_last,
    )


def _kind(appointment: Appointment, stream: Stream) -> tuple[Kind, Diagnosis]:
    person, level = appointment.person, appointment.facility.level
    age = person.age(appointment.day)
    if person.days(appointment.day) <= 28:
        kind = KINDS["03"] if level > Level.COMMUNE and appointment.room else KINDS["01"]
        return kind, kinds.births().draw(stream) if kind.admitted else reference.diagnosis("P59.9")
    if person.chronic and stream.chance(0.7):
        lasting = kinds.lasting(level)
        return KINDS[lasting.draw(stream)], reference.diagnosis(person.chronic)
    kind = KINDS[kinds.usual(level).draw(stream)]
    if kind.code in ("15", "16") and age < 90:
        return kind, reference.diagnosis("Z00.1" if age <= 6 else "Z01.4" if person.sex == 2 and age >= 20 else "E78.5")
    return kind, kinds.causes(age, person.sex, admitted=kind.admitted, level=level).draw(stream)


def _nights(stream: Stream, kind: Kind, main: Diagnosis, room: int) -> int:
    fewest, most = kind.stay
    if main.care in ("neuro", "onco", "tb") and kind.code == "03":
        most += 6
    return min(room, stream.low(fewest, most)) if most else 0


def _arrival(stream: Stream, day: int, *, emergency: bool) -> int:
    return (
        at(day, stream.between(0, 17), stream.below(60))
        if emergency
        else at(day, stream.between(6, 10), stream.below(60))
    )


def _end(stream: Stream, kind: Kind, arrival: int, last_day: int) -> int:
    if kind.code == "09":
        return arrival + stream.between(150, 230)
    if last_day <= arrival // DAY:
        return min(arrival + stream.between(180, 330), at(last_day, 23, 58))
    return at(last_day, stream.between(9, 16), stream.below(60))


def _others(stream: Stream, age: int, sex: int, main: Diagnosis) -> tuple[Diagnosis, ...]:
    if not stream.chance(0.15 + min(age, 80) / 120):
        return ()
    fitting = [
        diagnosis
        for diagnosis in map(reference.diagnosis, kinds.COMORBID)
        if diagnosis.befalls(age, sex) and diagnosis.code != main.code
    ]
    return tuple(stream.some(fitting, stream.low(1, 4)))


def _entitlement(
    stream: Stream,
    appointment: Appointment,
    kind: Kind,
    main: Diagnosis,
    shown: tuple[Card, ...],
    *,
    emergency: bool,
    referred: bool,
) -> str:
    """MA_DOITUONG_KCB: the topmost that fits."""
    level = appointment.facility.level
    listed = {"hiv": "1.9", "tb": "1.8"}.get(main.care, "")
    if not shown:
        return "9"
    if listed:
        return listed if appointment.day < ENTITLEMENTS_CHANGED else "1.16"
    if emergency:
        return "2"
    if appointment.person.days(appointment.day) <= 28:
        return "1.7"
    if kind.entitlement:
        return kind.entitlement
    if shown[0].facility == appointment.facility.code:
        return "1.1"
    if level == Level.COMMUNE:
        return "1.2"
    if referred:
        return "1.3"
    return _on_their_own(stream, level, admitted=kind.admitted)


def _on_their_own(stream: Stream, level: Level, *, admitted: bool) -> str:
    if level == Level.CENTRAL:
        return "3.1" if admitted else "1.17"
    if level == Level.PROVINCE:
        return "3.2" if admitted else stream.pick(("1.13", "1.14", "1.5"))
    return "1.15" if admitted else stream.pick(("1.12", "1.5", "3.3"))

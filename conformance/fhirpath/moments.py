"""Dates and times as FHIRPath compares, shifts and bounds them: by precision. https://hl7.org/fhirpath/N1/#datetime-equality

A value is known down to some component; what lies below is unknown, and so may be the answer (None, given as an empty
collection). A time of day without zone is one of Vietnam; a day may have begun anywhere on earth.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from typing import NamedTuple

from conformance.fhirpath.quantities import Quantity
from conformance.temporal import VIETNAM

_DATE = r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?"
_CLOCK = r"([0-9]{2})(?::([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?)?"
_MOMENT = re.compile(rf"{_DATE}(?:(T)(?:{_CLOCK}(Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?)?")
_TIME = re.compile(_CLOCK)

#: Minutes east of UTC that a time of day without zone is taken for.
_HERE = int(VIETNAM.utcoffset(None).total_seconds()) // 60
#: A day without time, and the boundaries of a moment without zone, may be this many seconds ahead of or behind UTC.
EAST, WEST = 14 * 3600, 12 * 3600


class Moment(NamedTuple):
    """``parts`` are year, month, day, hour, minute and second as far as they are known; a time begins with hours."""

    parts: tuple[int | Decimal, ...]
    offset: int | None = None
    """Minutes east of UTC; None when the text tells none."""
    is_time: bool = False
    """True for a time of no day."""


@lru_cache(maxsize=8192)
def moment(text: str) -> Moment | None:
    """A date or dateTime, with or without ``T`` at its end; None for any other text."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day, _, hour, minute, second, zone = found.groups()
    if hour is not None and day is None:
        return None
    given = [int(part) for part in (year, month, day, hour, minute) if part is not None]
    parts: tuple[int | Decimal, ...] = (*given, Decimal(second)) if second is not None else tuple(given)
    return Moment(parts, _offset(zone)) if _exists(parts) else None


@lru_cache(maxsize=1024)
def clock(text: str) -> Moment | None:
    """A time; None for any other text."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = found.groups()
    given = [int(part) for part in (hour, minute) if part is not None]
    parts: tuple[int | Decimal, ...] = (*given, Decimal(second)) if second is not None else tuple(given)
    return Moment(parts, None, is_time=True) if _clock_exists(parts) else None


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return -minutes if zone[0] == "-" else minutes


def _exists(parts: tuple[int | Decimal, ...]) -> bool:
    year, month, day = (*parts[:3], 1, 1)[:3]
    if not (year >= 1 and 1 <= month <= 12 and 1 <= day <= monthrange(int(year), int(month))[1]):
        return False
    return _clock_exists(parts[3:])


def _clock_exists(parts: tuple[int | Decimal, ...]) -> bool:
    return all(part < limit for part, limit in zip(parts, (24, 60, 61), strict=False))


def compare(one: Moment, other: Moment) -> int | None:
    """-1, 0 or 1; None when precision or zone leave it open, or for a time and a date."""
    if one.is_time is not other.is_time:
        return None
    if one.offset == other.offset:
        return _by_parts(one.parts, other.parts)
    if len(one.parts) > 3 and len(other.parts) > 3:
        return _by_parts(_in_utc(one), _in_utc(other))
    left, right = _reach(one), _reach(other)
    if left[1] < right[0]:
        return -1
    return 1 if left[0] > right[1] else None


def _by_parts(left: tuple[int | Decimal, ...], right: tuple[int | Decimal, ...]) -> int | None:
    for one, other in zip(left, right, strict=False):
        if one != other:
            return -1 if one < other else 1
    return 0 if len(left) == len(right) else None


def to_utc(one: Moment) -> Moment:
    """The same moment with the zone UTC; ``one`` must tell its zone."""
    return Moment(_in_utc(one), 0)


def _in_utc(one: Moment) -> tuple[int | Decimal, ...]:
    minutes = int(one.parts[4]) if len(one.parts) > 4 else 0
    shifted = _minutes(one.parts, int(one.parts[3]), minutes) - (_HERE if one.offset is None else one.offset)
    days, rest = divmod(shifted, 1440)
    day = date.fromordinal(max(1, days))
    whole = (day.year, day.month, day.day, rest // 60, rest % 60)
    return (*whole[: len(one.parts)], *one.parts[5:])


def _minutes(parts: tuple[int | Decimal, ...], hour: int, minute: int) -> int:
    return date(*(int(part) for part in parts[:3])).toordinal() * 1440 + hour * 60 + minute


def _reach(one: Moment) -> tuple[Decimal, Decimal]:
    """The first and last second, as UTC, that ``one`` may mean."""
    low, high = completed(one.parts, last=False), completed(one.parts, last=True)
    east, west = (EAST, WEST) if one.offset is None else (one.offset * 60, -one.offset * 60)
    return _seconds(low) - east, _seconds(high) + west


def _seconds(parts: tuple[int | Decimal, ...]) -> Decimal:
    return Decimal(_minutes(parts, int(parts[3]), int(parts[4])) * 60) + parts[5]


def completed(parts: tuple[int | Decimal, ...], *, last: bool) -> tuple[int | Decimal, ...]:
    """All six components: the unknown ones at their least or greatest."""
    month = parts[1] if len(parts) > 1 else (12 if last else 1)
    days = monthrange(int(parts[0]), int(month))[1] if last else 1
    whole = (parts[0], month, days, 23, 59, Decimal("59.999")) if last else (parts[0], month, 1, 0, 0, Decimal(0))
    return (*parts, *whole[len(parts) :])


#: How the calendar's words reckon in months or microseconds.
_MONTHS = {"year": 12, "month": 1}
_MICROSECONDS = {
    "week": 604_800_000_000, "day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000,
    "second": 1_000_000, "millisecond": 1_000,
}  # fmt: skip
#: UCUM units that are as definite as the calendar's words.
_WORDS = {"wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second", "ms": "millisecond"}
_DAY = 86_400_000_000
#: Months and days that a coarser value counts for one step.
_DAYS_A_YEAR, _DAYS_A_MONTH = 365, 30


class NotTime(ValueError):
    """A quantity that cannot be added to a date or time."""


def shift(text: str, amount: Quantity, *, is_time: bool, back: bool = False) -> str | None:
    """``text`` moved by ``amount``, cut to whole units; None beyond the calendar. Raises NotTime for other units."""
    word = amount.unit if amount.is_calendar else _WORDS.get(amount.unit)
    base = clock(text) if is_time else moment(text)
    if word is None or (is_time and (word in _MONTHS or word in ("week", "day"))):
        raise NotTime(amount.unit)
    if base is None:
        return None
    count = int(amount.value.to_integral_value(ROUND_DOWN)) * (-1 if back else 1)
    try:
        moved = _turned(base, count * _MICROSECONDS[word]) if is_time else _moved(base, count, word)
    except (OverflowError, ValueError):
        return None
    return written(moved, text)


def _turned(base: Moment, microseconds: int) -> Moment:
    """A time of the day, which begins anew at midnight."""
    hour, minute, second = (*base.parts, 0, 0)[:3]
    start = datetime(2000, 1, 1, int(hour), int(minute), min(59, int(second)))  # noqa: DTZ001  a time has no zone
    end = start + timedelta(microseconds=int(second % 1 * 1_000_000) + microseconds % _DAY)
    return base._replace(parts=(end.hour, end.minute, _second(end))[: len(base.parts)])


def _moved(base: Moment, count: int, word: str) -> Moment:
    known = len(base.parts)
    if word in _MONTHS:
        months = count * _MONTHS[word]
        return _by_months(base, months if known > 1 else _toward_zero(months, 12) * 12)
    microseconds = count * _MICROSECONDS[word]
    if known < 3:
        days = _toward_zero(microseconds, _DAY)
        return _by_months(
            base, _toward_zero(days, _DAYS_A_YEAR) * 12 if known == 1 else _toward_zero(days, _DAYS_A_MONTH)
        )
    step = (_DAY, 3_600_000_000, 60_000_000, 1)[known - 3]
    return _by_time(base, _toward_zero(microseconds, step) * step)


def _toward_zero(number: int, by: int) -> int:
    return abs(number) // by * (-1 if number < 0 else 1)


def _by_months(base: Moment, months: int) -> Moment:
    year, month = divmod(
        int(base.parts[0]) * 12 + int((*base.parts, 1)[1] if len(base.parts) > 1 else 1) - 1 + months, 12
    )
    if not 1 <= year <= 9999:
        raise OverflowError(year)
    day = min(int(base.parts[2]), monthrange(year, month + 1)[1]) if len(base.parts) > 2 else 1
    return base._replace(parts=(year, month + 1, day, *base.parts[3:])[: len(base.parts)])


def _by_time(base: Moment, microseconds: int) -> Moment:
    numbers = [int(part) for part in base.parts]
    fraction = int(base.parts[5] % 1 * 1_000_000) if len(base.parts) == 6 else 0
    if len(numbers) == 6:
        numbers[5] = min(59, numbers[5])
    start = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001  the zone stays as it is
    end = start + timedelta(microseconds=fraction + microseconds)
    parts = (end.year, end.month, end.day, end.hour, end.minute, _second(end))
    return base._replace(parts=parts[: len(base.parts)])


def _second(at: datetime) -> Decimal:
    return Decimal(at.second) + Decimal(at.microsecond) / 1_000_000


def written(value: Moment, like: str = "") -> str:
    """The text of a moment; seconds carry as many decimals as ``like`` does, or as they need."""
    known = value.parts if value.is_time else value.parts[3:]
    day = (
        ""
        if value.is_time
        else "-".join(f"{int(part):0{4 if n == 0 else 2}}" for n, part in enumerate(value.parts[:3]))
    )
    if not known:
        return f"{day}T" if like.endswith("T") else day
    texts = [f"{int(part):02}" for part in known[:2]]
    if len(known) == 3:
        texts.append(_second_text(Decimal(known[2]), like))
    time = ":".join(texts)
    return time if value.is_time else f"{day}T{time}{_zone(value, like)}"


def _second_text(second: Decimal, like: str) -> str:
    point = re.search(r"\.([0-9]+)", like)
    places = len(point[1]) if point else 0
    plain = second.normalize().as_tuple().exponent
    needed = -plain if isinstance(plain, int) and plain < 0 else 0
    places = max(places, 3 if needed and needed <= 3 else needed)
    return f"{second:0{places + 3 if places else 2}.{places}f}"


def _zone(value: Moment, like: str) -> str:
    if value.offset is None:
        return ""
    if value.offset == 0:
        return "Z" if like.endswith("Z") else "+00:00"
    hours, minutes = divmod(abs(value.offset), 60)
    return f"{'-' if value.offset < 0 else '+'}{hours:02}:{minutes:02}"

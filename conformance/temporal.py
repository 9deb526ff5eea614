"""Dates and times of any precision, and the stretch of time that each of them covers.

https://hl7.org/fhir/R4/datatypes.html#dateTime, https://hl7.org/fhir/R4/search.html#date
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

#: The zone of a date or time that tells none.
VIETNAM = timezone(timedelta(hours=7))

_DAY = 86_400_000_000
_HOUR = 3_600_000_000
_MINUTE = 60_000_000
_SECOND = 1_000_000
_EPOCH = date(1970, 1, 1).toordinal()

_DATE = r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?"
# A leap second is second 60.
_CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_SECONDS = r":([0-5][0-9]|60)(?:\.([0-9]+))?"
_ZONE = r"(Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"

_PARTIAL_DATE = re.compile(_DATE)
_MOMENT = re.compile(rf"([0-9]{{4}})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T{_CLOCK}{_SECONDS}{_ZONE}")
_TIME = re.compile(_CLOCK + _SECONDS)
# Search text may leave out seconds and zone.
_LENIENT = re.compile(rf"{_DATE}(?:T{_CLOCK}(?:{_SECONDS})?{_ZONE}?)?")


def is_date(text: str) -> bool:
    """True for ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` that the calendar has."""
    found = _PARTIAL_DATE.fullmatch(text)
    return found is not None and _in_calendar(found)


def is_date_time(text: str) -> bool:
    """True for a date, or a day with hours, minutes, seconds and zone."""
    return is_instant(text) or is_date(text)


def is_instant(text: str) -> bool:
    """True for a day with hours, minutes, seconds and zone."""
    found = _MOMENT.fullmatch(text)
    return found is not None and _in_calendar(found)


def is_time(text: str) -> bool:
    """True for hours, minutes and seconds without zone."""
    return _TIME.fullmatch(text) is not None


def interval(text: str, zone: timezone = VIETNAM) -> tuple[int, int]:
    """``[low, high)`` in microseconds since 1970 UTC that ``text`` covers by its precision.

    ``text`` is a date, dateTime or instant, also without seconds or zone, for which ``zone`` is taken. Digits below the
    microsecond are cut. Raises ValueError for any other text, and for a day that the calendar lacks.
    """
    found = _LENIENT.fullmatch(text)
    if found is None:
        raise ValueError(f"not a date or time: {text[:40]!r}")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if hour is None:
        first, after = _days(int(year), int(month or 0), int(day or 0))
        shift = _offset(None, zone)
        return first * _DAY - shift, after * _DAY - shift
    if day is None:
        raise ValueError(f"a time of no day: {text[:40]!r}")
    first, _ = _days(int(year), int(month), int(day))
    low = first * _DAY + int(hour) * _HOUR + int(minute) * _MINUTE - _offset(offset, zone)
    if second is None:
        return low, low + _MINUTE
    low += int(second) * _SECOND + int((fraction or "0")[:6].ljust(6, "0"))
    return low, low + _width(fraction)


def local_instant(microseconds: int, zone: timezone = VIETNAM) -> str:
    """A moment after 1970 UTC as people of a zone write it: an instant with milliseconds and the zone's offset."""
    moment = datetime(1970, 1, 1, tzinfo=zone) + timedelta(microseconds=microseconds + _offset(None, zone))
    return moment.isoformat(timespec="milliseconds")


def _in_calendar(found: re.Match[str]) -> bool:
    year, month, day = found.group(1, 2, 3)
    if year == "0000":
        return False
    return day is None or day <= "28" or int(day) <= _days_in_month(int(year), int(month))


def _days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _days(year: int, month: int, day: int) -> tuple[int, int]:
    """The first day and the day after the last, counted from 1970; month or day 0 when the text has none."""
    if not month:
        first, length = date(year, 1, 1), 365 + (_days_in_month(year, 2) == 29)
    elif not day:
        first, length = date(year, month, 1), _days_in_month(year, month)
    else:
        first, length = date(year, month, day), 1
    start = first.toordinal() - _EPOCH
    return start, start + length


def _offset(text: str | None, zone: timezone) -> int:
    if text is None:
        return zone.utcoffset(None) // timedelta(microseconds=1)
    if text == "Z":
        return 0
    size = int(text[1:3]) * _HOUR + int(text[4:6]) * _MINUTE
    return -size if text[0] == "-" else size


def _width(fraction: str | None) -> int:
    """Microseconds that a second with this fraction covers, at least one."""
    return int(10 ** max(0, 6 - len(fraction or "")))

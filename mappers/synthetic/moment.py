"""Local time as whole minutes since 0001-01-01, and its text in claim files (no zone: Vietnam's own clock)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

DAY = 1440


@lru_cache(maxsize=65536)
def day_text(day: int) -> str:
    """``yyyymmdd`` of a proleptic ordinal day."""
    return date.fromordinal(day).isoformat().replace("-", "")


@lru_cache(maxsize=16384)
def stamp(minute: int) -> str:
    """``yyyymmddHHMM`` of a minute."""
    day, rest = divmod(minute, DAY)
    return f"{day_text(day)}{rest // 60:02d}{rest % 60:02d}"


def at(day: int, hour: int, minute: int = 0) -> int:
    """The minute of an ordinal day and a time of day."""
    return day * DAY + hour * 60 + minute


def months_later(start: date, months: int) -> date:
    """The first day after ``months`` months from ``start`` (the day is cut to 28)."""
    years, month = divmod(start.month - 1 + months, 12)
    return date(start.year + years, month + 1, min(start.day, 28))

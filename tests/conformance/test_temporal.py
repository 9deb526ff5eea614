"""Dates of the calendar, and the stretch of time that each precision covers."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.temporal import VIETNAM, interval, is_date, is_date_time, is_instant, is_time, local_instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
offsets = st.integers(-13 * 60 - 59, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30), timezones=offsets)  # noqa: DTZ001


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2024", "2024-01-01T00:00:00+07:00", "2025-01-01T00:00:00+07:00"),
        ("2024-02", "2024-02-01T00:00:00+07:00", "2024-03-01T00:00:00+07:00"),
        ("2023-12", "2023-12-01T00:00:00+07:00", "2024-01-01T00:00:00+07:00"),
        ("2024-05-03", "2024-05-03T00:00:00+07:00", "2024-05-04T00:00:00+07:00"),
        ("2024-05-03T10:20", "2024-05-03T10:20:00+07:00", "2024-05-03T10:21:00+07:00"),
        ("2024-05-03T10:20:30", "2024-05-03T10:20:30+07:00", "2024-05-03T10:20:31+07:00"),
        ("2024-05-03T10:20:30Z", "2024-05-03T10:20:30+00:00", "2024-05-03T10:20:31+00:00"),
        ("2024-05-03T10:20:30-03:30", "2024-05-03T10:20:30-03:30", "2024-05-03T10:20:31-03:30"),
        ("2024-05-03T10:20:30.5Z", "2024-05-03T10:20:30.5+00:00", "2024-05-03T10:20:30.6+00:00"),
        ("2024-05-03T10:20:30.123456Z", "2024-05-03T10:20:30.123456+00:00", "2024-05-03T10:20:30.123457+00:00"),
        ("2024-05-03T10:20:30.1234567Z", "2024-05-03T10:20:30.123456+00:00", "2024-05-03T10:20:30.123457+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00", "2017-01-01T00:00:01+00:00"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59+00:00", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_the_interval_of_each_precision(text: str, low: str, high: str) -> None:
    assert interval(text) == (at(low), at(high))


def test_the_ends_of_the_calendar() -> None:
    assert interval("9999", UTC)[1] == micros(datetime(9999, 12, 31, tzinfo=UTC)) + 86_400_000_000
    assert interval("0001", UTC)[0] == micros(datetime(1, 1, 1, tzinfo=UTC))


def test_the_zone_counts_only_where_none_is_written() -> None:
    assert interval("2024-05-03", VIETNAM)[0] == interval("2024-05-03", UTC)[0] - 7 * 3_600_000_000
    assert interval("2024-05-03T00:00:00Z", VIETNAM) == interval("2024-05-03T00:00:00Z", UTC)


@given(moments)
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    text = moment.isoformat(timespec="microseconds")
    low = micros(moment)
    assert is_instant(text)
    assert interval(text) == (low, low + 1)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30)), offsets)  # noqa: DTZ001
def test_less_precision_covers_more(moment: datetime, zone: timezone) -> None:
    text = moment.isoformat(timespec="microseconds")
    covers = [interval(text[:length], zone) for length in (4, 7, 10, 16, 19, 21, 26)]
    for (outer_low, outer_high), (low, high) in itertools.pairwise(covers):
        assert outer_low <= low < high <= outer_high


@given(st.dates(date(1, 1, 1)))
def test_neighbouring_days_touch(day: date) -> None:
    low, high = interval(day.isoformat())
    assert is_date(day.isoformat())
    assert high - low == 86_400_000_000
    if day < date.max:
        assert interval((day + timedelta(days=1)).isoformat())[0] == high


BAD = [
    "",
    "0000",
    "24",
    "2023-02-29",
    "2023-02-30",
    "1900-02-29",
    "2023-04-31",
    "2023-13",
    "2023-00",
    "2023-1-1",
    "20230101",
    "2023-01-01T24:00:00Z",
    "2023-01-01T10:60:00Z",
    "2023-01-01T10:00:61Z",
    "2023-01-01T10:00:00+14:30",
    "2023-01-01T10:00:00+15:00",
    "2023-01-01T10:00:00+7:00",
    "2023-01-01T10:00:00.Z",
    "2023-01-01T10",
    "2023-01-01 10:00:00Z",
    "2023T10:00:00Z",
    "2023-02-30T10:00:00Z",
    "2023-01-01\n",
    "２０２３",
]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_date_is_refused_everywhere(text: str) -> None:
    assert not is_date(text)
    assert not is_date_time(text)
    assert not is_instant(text)
    with pytest.raises(ValueError, match=r"."):
        interval(text)


def test_content_is_stricter_than_search_text() -> None:
    assert not is_date_time("2024-05-03T10:20")
    assert not is_date_time("2024-05-03T10:20:30")
    assert not is_date_time("2024-05-03T10:20Z")
    assert is_date_time("2024-05-03T10:20:30Z")
    assert is_date_time("2024-05")
    assert not is_instant("2024-05-03")


@pytest.mark.parametrize(
    ("text", "fits"),
    [("10:20:30", True), ("23:59:60.123", True), ("24:00:00", False), ("10:20", False), ("10:20:30Z", False)],
)
def test_times(text: str, fits: bool) -> None:
    assert is_time(text) is fits


@given(st.integers(0, 4_102_444_800_000), offsets)
def test_a_local_instant_is_the_same_moment(milliseconds: int, zone: timezone) -> None:
    text = local_instant(milliseconds * 1000, zone)
    assert is_instant(text)
    assert interval(text) == (milliseconds * 1000, milliseconds * 1000 + 1000)


def test_a_moment_of_vietnam() -> None:
    assert local_instant(1_767_323_045_678_000) == "2026-01-02T10:04:05.678+07:00"

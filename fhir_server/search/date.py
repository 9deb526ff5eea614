"""Date parameters. https://hl7.org/fhir/R4/search.html#date

Every value is a half-open interval of microseconds in UTC. An open end of a Period reaches as far as a number can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timezone
from functools import lru_cache
from typing import Any

from conformance.issues import Words
from conformance.temporal import interval
from fhir_server.search.kinds import Asked, Draft, Emit, ParameterKind, Setting, range_draft
from fhir_server.search.prefixes import prefixed
from fhir_server.store.query import Comparison, Predicate, RangeTerm, Updated

FAR_PAST = -(1 << 62)
FAR_FUTURE = 1 << 62


@lru_cache(maxsize=2048)
def span(text: str, zone: timezone) -> tuple[int, int]:
    """The interval of a date or dateTime, also without seconds. Raises ValueError."""
    return interval(text, zone)


def _span(value: Any, setting: Setting) -> tuple[int, int] | None:
    if not isinstance(value, str):
        return None
    try:
        return span(value, setting.zone)
    except ValueError:
        return None


def _point(value: Any, setting: Setting) -> Iterable[Draft]:
    found = _span(value, setting)
    return (range_draft(*found),) if found else ()


def _period_span(value: Any, setting: Setting) -> tuple[int, int] | None:
    if not isinstance(value, dict):
        return None
    start, end = _span(value.get("start"), setting), _span(value.get("end"), setting)
    if start is None and end is None:
        return None
    low, high = start[0] if start else FAR_PAST, end[1] if end else FAR_FUTURE
    return (low, high) if low < high else None


def _period(value: Any, setting: Setting) -> Iterable[Draft]:
    found = _period_span(value, setting)
    return (range_draft(*found),) if found else ()


def _timing(value: Any, setting: Setting) -> Iterable[Draft]:
    """Only the outer limits of a Timing count: from its first event or bound to its last."""
    spans = list(_timing_spans(value, setting))
    if not spans:
        return ()
    return (range_draft(min(low for low, _ in spans), max(high for _, high in spans)),)


def _timing_spans(value: Any, setting: Setting) -> Iterator[tuple[int, int]]:
    if not isinstance(value, dict):
        return
    events, repeat = value.get("event"), value.get("repeat")
    for event in events if isinstance(events, list) else ():
        if found := _span(event, setting):
            yield found
    if isinstance(repeat, dict) and (bounds := _period_span(repeat.get("boundsPeriod"), setting)):
        yield bounds


_EMIT: dict[str, Emit] = {
    **dict.fromkeys(("date", "dateTime", "instant"), _point),
    "Period": _period,
    "Timing": _timing,
}


def _asked_span(asked: Asked) -> tuple[Comparison, int, int]:
    found = prefixed(asked.text)
    if found is None:
        raise asked.bad(
            Words(
                "a date, perhaps after eq, ne, gt, lt, ge, le, sa, eb or ap",
                "ngày, trước có thể là eq, ne, gt, lt, ge, le, sa, eb hoặc ap",
            )
        )
    comparison, text = found
    try:
        low, high = span(text.replace(" ", "+"), asked.zone)  # An unescaped "+" of a zone arrives as a blank.
    except ValueError:
        raise asked.bad(
            Words(
                "a date such as 2026, 2026-11, 2026-11-21 or 2026-11-21T08:00:00+07:00",
                "ngày như 2026, 2026-11, 2026-11-21 hoặc 2026-11-21T08:00:00+07:00",
            )
        ) from None
    return (comparison, *_approximate(low, high, asked.now)) if comparison is Comparison.AP else (comparison, low, high)


def _approximate(low: int, high: int, now: int | None) -> tuple[int, int]:
    """Widened by a tenth of the distance to now, or by its own length where now is not known."""
    margin = high - low if now is None else max(abs(now - low), abs(now - high)) // 10
    return low - margin, high + margin


def _term(asked: Asked) -> Predicate:
    comparison, low, high = _asked_span(asked)
    return RangeTerm(asked.name, comparison, low, high, asked.key)


def updated_term(asked: Asked) -> Predicate:
    """``_lastUpdated``, which the store keeps itself."""
    return Updated(*_asked_span(asked))


DATE = ParameterKind("date", _EMIT, _term)

"""Conditions of a request: criteria that find one resource. https://hl7.org/fhir/R4/http.html#cond-update"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from conformance.errors import BadRequest, PreconditionFailed
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_HEADER, SEVERAL_MATCHES
from fhir_server.exchange.registry import Answer
from fhir_server.exchange.request import Request
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import query_pairs
from fhir_server.store.protocol import Guard, Key

#: Parameters of such a request that shape its answer and are no criteria.
_SHAPING = frozenset(Answer.PLAIN.value.split())


@dataclass(frozen=True, slots=True)
class Found:
    """What a condition found: one key or none, and the guard that keeps it true until the commit."""

    criteria: str
    """``Patient?identifier=…``, the same text for the same condition."""
    key: Key | None
    guard: Guard


def criteria_of(request: Request) -> tuple[tuple[str, str], ...]:
    """The criteria in the query of a conditional update, patch or delete."""
    return tuple(pair for pair in request.pairs if pair[0] not in _SHAPING)


def criteria_of_new(type: str, text: str) -> tuple[tuple[str, str], ...]:
    """The criteria of If-None-Exist: a query, which may stand behind ``?``, ``[type]?`` or the URL of the type.

    Raises BadRequest when they are of another type.
    """
    before, mark, query = text.partition("?")
    if not mark or "=" in before:
        return query_pairs(text)
    if before.rpartition("/")[2].strip() not in ("", type):
        raise BadRequest.of(BAD_HEADER, header="If-None-Exist", value=text, expected=f"search criteria of {type}")
    return query_pairs(query)


def named(type: str, criteria: tuple[tuple[str, str], ...]) -> str:
    """The condition as text."""
    return f"{type}?{urlencode(criteria, safe=':,|$/')}"


async def find(service: Service, context: Context, type: str, criteria: tuple[tuple[str, str], ...]) -> Found:
    """The resource of ``type`` that the criteria match.

    Raises PreconditionFailed when there are several, BadRequest for criteria that are none.
    """
    found = await service.repository.resolve(type, criteria, visible=context.visible)
    text = named(type, criteria)
    if len(found.keys) > 1:
        raise PreconditionFailed.of(SEVERAL_MATCHES, criteria=text, type=type)
    return Found(text, found.keys[0] if found.keys else None, found.guard)

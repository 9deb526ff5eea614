"""Preferences of a client: ``Prefer`` and ``Accept-Language``. https://hl7.org/fhir/R4/http.html#ops"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from conformance.errors import BadRequest
from fhir_server.exchange.messages import BAD_HEADER
from fhir_server.exchange.request import Return

LANGUAGES = ("en", "vi")


class Prefer(NamedTuple):
    """``returns`` is None when the client leaves the choice to the server."""

    returns: Return | None = None
    is_strict: bool = True
    is_async: bool = False


@lru_cache(maxsize=256)
def parse_prefer(text: str) -> Prefer:
    """The preferences of a Prefer header; those of other specifications are ignored, as RFC 7240 asks.

    Raises BadRequest for a ``return`` or ``handling`` with a value that FHIR does not know.
    """
    given = dict(_preference(part) for part in text.replace(";", ",").split(","))
    returns, handling = given.get("return", ""), given.get("handling", "strict")
    if returns and returns not in set(Return):
        raise BadRequest.of(BAD_HEADER, header="Prefer", value=text, expected=" | ".join(Return))
    if handling not in ("strict", "lenient"):
        raise BadRequest.of(BAD_HEADER, header="Prefer", value=text, expected="handling=strict|lenient")
    return Prefer(Return(returns) if returns else None, handling == "strict", "respond-async" in given)


def _preference(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip().lower(), value.strip().strip('"')


@lru_cache(maxsize=256)
def preferred_language(accept_language: str) -> str:
    """``en`` or ``vi``, whichever an Accept-Language header ranks first; "" when it names neither."""
    ranked = sorted(map(_weighted, accept_language.split(",")), key=lambda item: -item[1])
    return next((tag for tag, weight in ranked if tag in LANGUAGES and weight > 0), "")


def _weighted(item: str) -> tuple[str, float]:
    tag, _, weight = item.partition(";")
    try:
        rank = float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        rank = 0.0
    return tag.strip().lower().partition("-")[0], rank

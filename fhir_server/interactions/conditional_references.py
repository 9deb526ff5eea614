"""Conditional references of a transaction: ``Patient?identifier=…`` in place of an id.

They are resolved after the creates, updates and deletes of the same transaction, so they may find what it makes and
never what it deletes. https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.errors import BadRequest, FhirError, PreconditionFailed
from fhir_server.exchange.content import SELF_CONTAINED, is_conditional
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import NO_MATCH, SEVERAL_MATCHES
from fhir_server.exchange.registry import Phase
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import query_pairs
from fhir_server.exchange.writing import Identity
from fhir_server.interactions.entries import Entry, located
from fhir_server.repository.compartment import reference_texts
from fhir_server.search.messages import UNKNOWN_TYPE
from fhir_server.store.protocol import Guard, Key

Pairs = Sequence[tuple[Entry, Identity]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """Reference text -> "Type/id", and the guards that keep it true until the commit."""

    identities: Mapping[str, str]
    guards: tuple[Guard, ...]


def becoming(entry: Entry, identity: Identity) -> dict[str, Any] | None:
    """The resource that an entry writes; None when it writes none."""
    if identity.exists or entry.phase is Phase.DELETE:
        return None
    return entry.request.resource if identity.content is None else identity.content


async def resolve_conditional(service: Service, context: Context, pairs: Pairs) -> Resolved:
    """What the conditional references of all entries lead to.

    Raises PreconditionFailed, located at the entry, for a reference that finds nothing or several resources.
    """
    wanted = _wanted(pairs)
    written = _written(pairs) if wanted else {}
    identities: dict[str, str] = {}
    guards: list[Guard] = []
    for text, index in wanted.items():
        try:
            key, guard = await _resolved(service, context, text, written)
        except FhirError as error:
            raise located(error, index) from error
        identities[text] = str(key)
        guards.append(guard)
    return Resolved(identities, tuple(guards))


def _wanted(pairs: Pairs) -> dict[str, int]:
    """Conditional reference -> the first entry that has it."""
    found: dict[str, int] = {}
    for entry, identity in pairs:
        resource = becoming(entry, identity)
        if resource is not None and str(resource.get("resourceType")) not in SELF_CONTAINED:
            for text in filter(is_conditional, reference_texts(resource)):
                found.setdefault(text, entry.index)
    return found


def _written(pairs: Pairs) -> dict[Key, dict[str, Any] | None]:
    """What the transaction makes of each resource that it writes; None for one that it deletes."""
    found: dict[Key, dict[str, Any] | None] = {}
    for entry, identity in pairs:
        if not identity.exists:
            found |= {version.key: None for version in identity.others}
            found[identity.key] = becoming(entry, identity)
    return found


async def _resolved(
    service: Service, context: Context, text: str, written: Mapping[Key, dict[str, Any] | None]
) -> tuple[Key, Guard]:
    name, _, query = text.partition("?")
    if not service.definitions.is_resource(name):
        raise BadRequest.of(UNKNOWN_TYPE, type=name, parameter="reference")
    stored = await service.repository.resolve(name, query_pairs(query), visible=context.visible)
    made = {key: resource for key, resource in written.items() if resource is not None}
    matches = [key for key in stored.keys if key not in written]
    matches += service.repository.would_match(stored.guard, made, now=context.now)
    # Of more than two that are stored, two are known; it cannot be told which of all the transaction changes.
    if len(stored.keys) > 1 or len(matches) > 1:
        raise PreconditionFailed.of(SEVERAL_MATCHES, criteria=text, type=name)
    if not matches:
        raise PreconditionFailed.of(NO_MATCH, criteria=text, type=name)
    return matches[0], stored.guard

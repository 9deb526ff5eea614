"""``_include`` and ``_revinclude``. https://hl7.org/fhir/R4/search.html#revinclude"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import BadRequest
from fhir_server.search.clauses import Reader
from fhir_server.search.messages import BAD_FORM, NOT_A_REFERENCE, NOT_A_TARGET
from fhir_server.search.reference import REFERENCE
from fhir_server.search.request import Include

#: ``:recurse`` is what some clients of earlier versions send.
_ITERATE = {"": False, "iterate": True, "recurse": True}


def read_include(reader: Reader, types: Sequence[str], name: str, value: str) -> tuple[Include, ...]:
    """What ``_include[:iterate]=value`` asks to follow, one Include for each source type. Raises BadRequest."""
    _, _, modifier = name.partition(":")
    parts = value.split(":")
    if modifier not in _ITERATE or not 1 <= len(parts) <= 3 or not all(parts):
        raise BadRequest.of(BAD_FORM, parameter=name, value=value, expected="Type:reference[:Target]")
    iterate = _ITERATE[modifier]
    if value == "*":
        every = reader.registry.resource_types if iterate else types or reader.registry.resource_types
        return tuple(_every(reader, source, iterate) for source in every)
    source = reader.known_type(parts[0], name)
    target = reader.known_type(parts[2], name) if len(parts) == 3 else None
    if len(parts) == 1 or parts[1] == "*":
        return (_every(reader, source, iterate, target),)
    return (_one(reader, source, parts[1], target, iterate=iterate),)


def _every(reader: Reader, source: str, iterate: bool, target: str | None = None) -> Include:
    params = tuple(parameter.code for parameter in reader.registry.references(source))
    return Include(source, params, target, iterate)


def _one(reader: Reader, source: str, code: str, target: str | None, *, iterate: bool) -> Include:
    parameter = reader.parameter(source, code, code)
    if parameter.kind != REFERENCE.name:
        raise BadRequest.of(NOT_A_REFERENCE, parameter=code, type=source, name="_include")
    if target is not None and target not in parameter.targets:
        raise BadRequest.of(NOT_A_TARGET, parameter=code, type=target)
    return Include(source, parameter.entries, target, iterate)

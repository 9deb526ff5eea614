"""What every resource that is to be stored must satisfy besides validation. https://hl7.org/fhir/R4/http.html#update"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.errors import BadRequest, InvalidContent, Unprocessable
from conformance.issues import Issue
from fhir_server.exchange.messages import (
    CONDITIONAL_REFERENCE,
    DANGLING_URN,
    SUBSETTED_CONTENT,
    TYPE_MISMATCH,
    TYPE_MISSING,
)
from fhir_server.exchange.request import Request
from fhir_server.exchange.subset import SUBSETTED

#: Types that carry whole resources with references among themselves; those are left as they are.
SELF_CONTAINED = frozenset(("Bundle", "Parameters"))
_PART = (SUBSETTED["system"], SUBSETTED["code"])
_TEMPORARY = ("urn:uuid:", "urn:oid:")
#: The first and one of the others are in every JSON text with such a reference; a backslash may hide them.
_REFERENCE, _MARKS, _HIDING = b'"reference"', (b"urn:", b"?"), b"\\"


def content_of_type(request: Request) -> dict[str, Any]:
    """The body, which must be of the type that the URL names. Raises InvalidContent or BadRequest."""
    resource = request.content()
    require_type(resource, request.target.type)
    return resource


def require_type(resource: dict[str, Any], wanted: str) -> None:
    """Refuse a resource of another type. Raises InvalidContent when it has none, else BadRequest."""
    given = resource.get("resourceType")
    if given is None:
        raise InvalidContent.of(TYPE_MISSING)
    if given != wanted:
        raise BadRequest.of(TYPE_MISMATCH, given=given, wanted=wanted)


def require_whole(resource: dict[str, Any]) -> None:
    """Refuse a part of a resource as its new content. Raises Unprocessable.

    https://hl7.org/fhir/R4/search.html#summary
    """
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    for index, tag in enumerate(tags if isinstance(tags, list) else ()):
        if isinstance(tag, dict) and (tag.get("system"), tag.get("code")) == _PART:
            raise Unprocessable.of(SUBSETTED_CONTENT, f"{resource['resourceType']}.meta.tag[{index}]")


def require_resolved(resource: dict[str, Any], body: bytes) -> None:
    """Refuse references that only a Bundle could resolve. Raises Unprocessable with all of them.

    ``body`` is the text of the resource where there is one: most tell at a glance that there is nothing to look for.
    """
    if resource["resourceType"] in SELF_CONTAINED or (body and not _may_be_unresolved(body)):
        return
    issues = unresolved(resource)
    if issues:
        raise Unprocessable(*issues)


def _may_be_unresolved(body: bytes) -> bool:
    return _HIDING in body or (_REFERENCE in body and any(mark in body for mark in _MARKS))


def unresolved(resource: dict[str, Any]) -> tuple[Issue, ...]:
    """The references of a resource that only a Bundle could resolve."""
    name = str(resource.get("resourceType"))
    return () if name in SELF_CONTAINED else tuple(_unresolved(resource, name))


def _unresolved(node: dict[str, Any], path: str) -> Iterator[Issue]:
    for name, value in node.items():
        if isinstance(value, dict):
            yield from _unresolved(value, f"{path}.{name}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _unresolved(item, f"{path}.{name}[{index}]")
        elif name == "reference" and isinstance(value, str):
            yield from _judged(value, f"{path}.{name}")


def _judged(reference: str, path: str) -> Iterator[Issue]:
    if reference.startswith(_TEMPORARY):
        yield Issue(DANGLING_URN, path, {"reference": reference})
    elif is_conditional(reference):
        yield Issue(CONDITIONAL_REFERENCE, path, {"reference": reference})


def is_conditional(reference: str) -> bool:
    """True for a search in place of an id: ``Patient?identifier=…``."""
    named, mark, _ = reference.partition("?")
    return bool(mark) and named.isalpha() and named[:1].isupper()

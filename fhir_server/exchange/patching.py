"""A patch as it comes in a request, and what it may do to a stored resource. https://hl7.org/fhir/R4/http.html#patch"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from conformance.errors import BadRequest, InvalidContent, Unprocessable
from conformance.issues import Issue
from conformance.json_codec import decode_value
from conformance.patch import apply_fhirpath_patch, apply_json_patch
from fhir_server.exchange.messages import (
    BODY_MISSING,
    NARRATIVE_KEPT,
    NARRATIVE_REMOVED,
    NO_PATCH,
    PATCHED_IDENTITY,
)
from fhir_server.exchange.request import Request
from fhir_server.exchange.service import Service

JSON_PATCH = "application/json-patch+json"
#: Formats in which a patch is read; the CapabilityStatement lists them.
FORMATS = (JSON_PATCH, "application/fhir+json", "application/fhir+xml")

#: Elements that no narrative tells of.
_UNTOLD = frozenset(("id", "implicitRules", "language", "meta", "text"))
#: Statuses of narratives that say nothing but the data.
_MADE_FROM_DATA = frozenset(("generated", "extensions"))


def patched(service: Service, request: Request, resource: dict[str, Any]) -> dict[str, Any]:
    """The resource with the patch of the request applied, of whichever kind it is.

    Raises BadRequest or InvalidContent for what is no patch, Unprocessable when it does not apply, TooCostly.
    """
    document = _json_patch(request)
    if document is None:
        return apply_fhirpath_patch(resource, _parameters(request), service.definitions)
    found = apply_json_patch(resource, decode_value(document))
    if type(found) is not dict:
        raise Unprocessable.of(PATCHED_IDENTITY, member="resourceType")
    return found


def _json_patch(request: Request) -> bytes | None:
    """The JSON Patch document; None when the request brings another kind."""
    if request.media_type == JSON_PATCH:
        if not request.body.strip():
            raise BadRequest.of(BODY_MISSING)
        return request.body
    resource = request.content()
    if resource.get("resourceType") != "Binary":
        return None
    if resource.get("contentType") != JSON_PATCH:
        raise BadRequest.of(NO_PATCH, given=f"Binary ({resource.get('contentType')})")
    try:
        return b64decode("".join(str(resource.get("data", "")).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidContent.of(NO_PATCH, "Binary.data", given="Binary.data") from error


def _parameters(request: Request) -> dict[str, Any]:
    resource = request.content()
    if resource.get("resourceType") != "Parameters":
        raise BadRequest.of(NO_PATCH, given=resource.get("resourceType"))
    return resource


def require_same_identity(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Refuse a patch that makes another resource of it, or another version. Raises Unprocessable.

    ``meta`` may lose what the server stamps, as that is stamped anew.
    """
    changed = [name for name in ("resourceType", "id") if after.get(name) != before.get(name)]
    old, new = _meta(before), _meta(after)
    changed += [
        f"meta.{name}" for name in ("versionId", "lastUpdated") if new.get(name, old.get(name)) != old.get(name)
    ]
    if changed:
        type_name = before.get("resourceType")
        raise Unprocessable(*(Issue(PATCHED_IDENTITY, f"{type_name}.{name}", {"member": name}) for name in changed))


def _meta(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = resource.get("meta")
    return meta if isinstance(meta, dict) else {}


def with_narrative(before: Mapping[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], tuple[Issue, ...]]:
    """The patched resource with a narrative that does not contradict it, and what is to be told of that.

    A narrative that was made from the data goes when they change and it does not: it could be clinically unsafe. One
    that says more than the data is kept, with a warning.
    """
    text = after.get("text")
    if not isinstance(text, dict) or text != before.get("text") or _data(before) == _data(after):
        return after, ()
    place = f"{before.get('resourceType')}.text"
    if text.get("status") in _MADE_FROM_DATA:
        return {name: value for name, value in after.items() if name != "text"}, (Issue(NARRATIVE_REMOVED, place),)
    return after, (Issue(NARRATIVE_KEPT, place),) if text.get("status") == "additional" else ()


def _data(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name.lstrip("_") not in _UNTOLD}

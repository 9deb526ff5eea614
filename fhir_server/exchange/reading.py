"""The answer that shows one stored version. https://hl7.org/fhir/R4/http.html#cread"""

from __future__ import annotations

from fhir_server.exchange.etag import is_unmodified, names_version
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.subset import require_elements, subset_of
from fhir_server.store.protocol import Version


def shown(service: Service, request: Request, version: Version) -> Response:
    """200 with the stored bytes (cut down where the request asks), or 304 when the client has this version already."""
    if _is_known(request, version):
        return Response(304, b"", version.version_id, version.last_updated)
    body = version.body
    if request.pairs:
        subset = subset_of(request.pairs)
        require_elements(subset.elements, (version.key.type,), service.definitions)
        body = subset.cut(body, service.definitions)
    return Response(200, body, version.version_id, version.last_updated)


def _is_known(request: Request, version: Version) -> bool:
    if request.if_none_match:
        return names_version(request.if_none_match, version.version_id)
    return bool(request.if_modified_since) and is_unmodified(request.if_modified_since, version.last_updated)

"""Bundles written as bytes around the stored bytes of their resources. https://hl7.org/fhir/R4/bundle.html"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from conformance.json_codec import encode
from fhir_server.exchange.context import Context
from fhir_server.store.protocol import Op, Version, instant

_METHODS = {Op.CREATE: "POST", Op.UPDATE: "PUT", Op.DELETE: "DELETE"}
_STATUSES = {Op.CREATE: "201 Created", Op.UPDATE: "200 OK", Op.DELETE: "204 No Content"}


def bundle(
    type: str,
    context: Context,
    entries: Iterable[bytes],
    *,
    total: int | None = None,
    links: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A Bundle of ready entries as JSON; ``links`` are (relation, url)."""
    parts = [
        b'{"resourceType":"Bundle","id":"%b","meta":{"lastUpdated":"%b"},"type":"%b"'
        % (context.new_id().encode(), instant(context.now), type.encode())
    ]
    if total is not None:
        parts.append(b',"total":%d' % total)
    if links:
        parts.append(b',"link":' + encode([{"relation": relation, "url": url} for relation, url in links]))
    joined = b",".join(entries)
    if joined:
        parts.append(b',"entry":[%b]' % joined)
    parts.append(b"}")
    return b"".join(parts)


def search_entry(base_url: str, version: Version, body: bytes, mode: str) -> bytes:
    """An entry of a searchset; ``mode`` is match or include."""
    return b'{"fullUrl":"%b/%b/%b","resource":%b,"search":{"mode":"%b"}}' % (
        base_url.encode(),
        version.key.type.encode(),
        version.key.id.encode(),
        body,
        mode.encode(),
    )


def outcome_entry(id: str, outcome: bytes) -> bytes:
    """The entry of a searchset that tells how the search was understood; ``id`` is a UUID that nothing else has."""
    return b'{"fullUrl":"urn:uuid:%b","resource":%b,"search":{"mode":"outcome"}}' % (id.encode(), outcome)


def history_entry(base_url: str, version: Version, body: bytes) -> bytes:
    """An entry of a history: what was requested, and the resource unless it was a deletion."""
    key = str(version.key)
    url = version.key.type if version.op is Op.CREATE else key
    request = {"method": _METHODS[version.op], "url": url}
    response = {
        "status": _STATUSES[version.op],
        "etag": f'W/"{version.version_id}"',
        "lastModified": instant(version.last_updated).decode(),
    }
    resource = b',"resource":' + body if body else b""
    return b'{"fullUrl":"%b/%b"%b,"request":%b,"response":%b}' % (
        base_url.encode(),
        key.encode(),
        resource,
        encode(request),
        encode(response),
    )


def link(base_url: str, path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """An absolute URL of this server with these query parameters."""
    url = f"{base_url}/{path}" if path else base_url
    return f"{url}?{urlencode(pairs, safe=':,|$/')}" if pairs else url

"""From a resource to the write that stores it. https://hl7.org/fhir/R4/resource.html#meta"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from conformance.json_codec import decode, encode
from fhir_server.search import Indexer
from fhir_server.store.entries import Entry
from fhir_server.store.protocol import Body, Expect, Key, Version, Write

#: Members of ``meta`` that the store stamps itself; what a client sends there is not kept.
STAMPED = frozenset({"versionId", "lastUpdated"})
_FIRST = frozenset({"resourceType", "id", "meta"})
_DIGEST_SIZE = 16


def prepare(resource: dict[str, Any], indexer: Indexer, *, expect: int = Expect.ANY) -> Write:
    """The write of ``resource``; the same content always gives the same bytes, entries and digest.

    Raises ValueError when ``resourceType`` or ``id`` is missing.
    """
    key = key_of(resource)
    meta = _kept_meta(resource.get("meta"))
    body = _body(key, meta, resource)
    digest = blake2b(body.head + body.tail, digest_size=_DIGEST_SIZE).digest()
    return Write(key, body, indexer.entries(resource), digest, expect, _labels(meta))


def entries_of(version: Version, indexer: Indexer) -> tuple[Entry, ...]:
    """The index entries that a stored version has by the parameters of ``indexer``; none for a deletion.

    For indexing anew what was stored under other parameters.
    """
    return indexer.entries(decode(version.body)) if version.has_content else ()


def key_of(resource: dict[str, Any]) -> Key:
    """The identity that a resource states. Raises ValueError when it states none."""
    name, logical_id = resource.get("resourceType"), resource.get("id")
    if not (isinstance(name, str) and isinstance(logical_id, str) and name and logical_id):
        raise ValueError("a resource needs resourceType and id before it can be stored")
    return Key(name, logical_id)


def _kept_meta(meta: Any) -> dict[str, Any]:
    return {name: value for name, value in meta.items() if name not in STAMPED} if isinstance(meta, dict) else {}


def _body(key: Key, meta: dict[str, Any], resource: dict[str, Any]) -> Body:
    """The JSON in its order, but ``resourceType``, ``id`` and ``meta`` first."""
    first = encode({"resourceType": key.type, "id": key.id})
    rest = encode({name: value for name, value in resource.items() if name not in _FIRST})
    return Body(first[:-1] + b',"meta":{', _members(encode(meta)) + b"}" + _members(rest) + b"}")


def _members(encoded: bytes) -> bytes:
    """The members of an encoded object, each after a comma."""
    inner = encoded[1:-1]
    return b"," + inner if inner else b""


def _labels(meta: dict[str, Any]) -> tuple[str, ...]:
    """Access labels: the codings of ``meta.security`` as ``system|code``."""
    codings = meta.get("security")
    found = [
        f"{coding.get('system', '')}|{coding['code']}"
        for coding in (codings if isinstance(codings, list) else ())
        if isinstance(coding, dict) and "code" in coding
    ]
    return tuple(dict.fromkeys(found))

"""Shorthand of the contract tests for making writes."""

from __future__ import annotations

import hashlib
import json

from fhir_server.store.entries import NO_KEY, Entry, Interval, Kind, Token
from fhir_server.store.protocol import Body, Expect, Guard, Key, Unit, Write


def token(param: str, code: str, system: str = "", *keys: str) -> Entry:
    return Entry(param, Kind.TOKEN, keys or NO_KEY, Token(system, code))


def string(param: str, text: str, *keys: str) -> Entry:
    return Entry(param, Kind.STRING, keys or NO_KEY, text)


def span(param: str, low: int, high: int, *keys: str) -> Entry:
    return Entry(param, Kind.RANGE, keys or NO_KEY, Interval(low, high))


def reference(param: str, target: str) -> Entry:
    return Entry(param, Kind.REFERENCE, NO_KEY, target)


def put(
    key: Key | str,
    *entries: Entry,
    content: object = None,
    expect: int = Expect.ANY,
    labels: tuple[str, ...] = (),
) -> Write:
    """A write of a small resource; its digest follows from the entries and ``content``."""
    of = as_key(key)
    rest = json.dumps({"note": content, "entries": repr(entries)})[1:].encode()
    head = b'{"resourceType":"%b","id":"%b","meta":{' % (of.type.encode(), of.id.encode())
    digest = hashlib.sha256(head + rest + repr(labels).encode()).digest()
    return Write(of, Body(head, b"}," + rest), tuple(entries), digest, expect, labels)


def delete(key: Key | str, *, expect: int = Expect.ANY) -> Write:
    return Write(as_key(key), None, expect=expect)


def as_key(key: Key | str) -> Key:
    return key if isinstance(key, Key) else Key(*key.split("/"))


def unit(*writes: Write, guards: tuple[Guard, ...] = ()) -> Unit:
    return Unit(writes, guards)

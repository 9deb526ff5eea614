"""Versions as documents.

``_id`` is the vid; ``t`` type, ``k`` hash and id, ``n`` versionId, ``p`` position that made it, ``x`` position that
ended it, ``o`` op, ``d`` digest, ``b`` stamped JSON. What searches read: ``e`` elements, ``r`` ranges, ``s`` least and
greatest sort values by parameter. ``g`` is ``x`` again on ended versions whose search fields are still there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from pymongo import UpdateOne

from fhir_server.store.entries import Entry, Interval
from fhir_server.store.judgement import DIGEST_LENGTH, State
from fhir_server.store.mongo import words
from fhir_server.store.mongo.moments import OPEN, moment_of
from fhir_server.store.mongo.words import Document
from fhir_server.store.ordering import SortValue, sort_span
from fhir_server.store.protocol import Key, Op, Version, Write

#: What a version is read from.
BODY = {"t": 1, "k": 1, "n": 1, "p": 1, "o": 1, "b": 1}
#: Fields of which an ended version is rid when no searchable position sees it.
SEARCHED = ("e", "r", "s", "g")
_HASH = 4
_START = 2 * _HASH
_OPS = {int(op): op for op in Op}
_BYTES, _TEXT = "\x00", "\x01"


@lru_cache(maxsize=20_000)
def place(id: str) -> str:
    """The logical id behind eight digits of its hash: ids that are counted up still spread over all shards."""
    return blake2b(id.encode(), digest_size=_HASH).hexdigest() + id


def id_of(place: str) -> str:
    """The logical id of a place."""
    return place[_START:]


def version_of(document: Document) -> Version:
    """The version in a document with the fields of ``BODY``."""
    vid = int(document["_id"])  # The driver's own kind of integer stays inside.
    key = Key._make((document["t"], document["k"][_START:]))
    position, op = int(document["p"]), _OPS[document["o"]]
    return Version._make((key, document["n"], vid, position, moment_of(vid), op, document["b"]))


def versions_of(documents: list[Document]) -> list[Version]:
    """The versions in documents, in order. The list is emptied as it goes: less is left for the garbage collector."""
    documents.reverse()
    return [version_of(documents.pop()) for _ in range(len(documents))]


def document_of(write: Write, *, vid: int, position: int, version_id: int, op: Op) -> Document:
    """The document of a new version that is current."""
    moment = moment_of(vid)
    document: Document = {
        "_id": vid,
        "t": write.key.type,
        "k": place(write.key.id),
        "n": version_id,
        "p": position,
        "x": OPEN,
        "o": int(op),
        "d": write.digest[:DIGEST_LENGTH],
        "b": write.body.stamped(version_id, moment) if write.body else b"",
    }
    if write.body is not None:
        document.update(searched(write))
    return document


def searched(write: Write) -> Document:
    """What searches read of a version."""
    ranges = [entry for entry in write.entries if isinstance(entry.value, Interval)]
    others = [entry for entry in write.entries if not isinstance(entry.value, Interval)]
    elements = {element: None for entry in others for element in words.elements_of(entry)}
    elements.update((words.label(label), None) for label in write.labels)
    found = {(one["n"], one["l"], one["h"]): one for entry in ranges for one in words.ranges_of(entry)}
    return {"e": list(elements), "r": list(found.values()), "s": _sort_values(write.entries)}


def _sort_values(entries: Iterable[Entry]) -> Document:
    """Only entries with the key "" count."""
    by_param: dict[str, list[Entry]] = {}
    for entry in entries:
        if "" in entry.keys:
            by_param.setdefault(entry.param, []).append(entry)
    return {param: _kept_span(found) for param, found in by_param.items()}


def _kept_span(entries: list[Entry]) -> object:
    least, greatest = map(sort_key, _single(entries[0]) if len(entries) == 1 else sort_span(entries))
    return least if least == greatest else [least, greatest]


@lru_cache(maxsize=10_000)
def _single(entry: Entry) -> tuple[SortValue, SortValue]:
    return sort_span((entry,))


def superseded(document: Document, position: int) -> None:
    """Make a version that is replaced at its own position visible at none."""
    document["x"] = position
    for name in SEARCHED:
        document.pop(name, None)


def ending(key: Key, state: State, position: int) -> UpdateOne:
    """The update that ends the current version of a key."""
    last = {"t": key.type, "k": place(key.id), "n": state.version_id}
    return UpdateOne(last, {"$set": {"x": position, "g": position} if state.is_live else {"x": position}})


def sort_key(value: SortValue) -> int | str | None:
    """A sort value as MongoDB orders it: numbers before bytes before texts."""
    match value:
        case bytes():
            return _BYTES + value.decode("latin-1")
        case str():
            return _TEXT + value
        case _:
            return value


def sort_value(key: object) -> SortValue:
    """The sort value of a key; None when it is missing."""
    match key:
        case int():
            return int(key)
        case str():
            return key[1:].encode("latin-1") if key.startswith(_BYTES) else key[1:]
        case _:
            return None

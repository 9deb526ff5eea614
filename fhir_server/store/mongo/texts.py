"""The dictionary of folded texts: what is sought inside of texts is looked for here, then found as whole texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from pymongo.errors import BulkWriteError

from conformance.errors import TooCostly
from fhir_server.store.entries import Entry, Kind, fold
from fhir_server.store.messages import TOO_MANY_VALUES
from fhir_server.store.mongo.layout import Collection
from fhir_server.store.mongo.words import SEPARATOR, Document, escaped, hashed
from fhir_server.store.query import StringMode, StringTerm

#: So many texts may match; more are refused.
TEXT_CAP = 5_000
#: Texts that are known to be there are not sent again; then all are forgotten.
_SEEN = 100_000
_DUPLICATE = 11000
_IN_ORDER = {StringMode.CONTAINS: "{}", StringMode.SUFFIX: r"{}\z"}


class Text(NamedTuple):
    """A folded text of a type, parameter and key."""

    name: str
    folded: str

    def document(self) -> Document:
        """As it is stored; the same text has the same ``_id``."""
        number = blake2b("\0".join(self).encode(), digest_size=16).digest()
        return {"_id": number, "n": self.name, "s": self.folded}


def texts_of(type: str, entries: Iterable[Entry]) -> list[Text]:
    """The texts of a resource's entries."""
    return [text for entry in entries if entry.kind is Kind.STRING for text in _texts(type, entry)]


@lru_cache(maxsize=10_000)
def _texts(type: str, entry: Entry) -> tuple[Text, ...]:
    folded = fold(str(entry.value))
    return tuple(Text(_name(type, entry.param, key), folded) for key in entry.keys)


def _name(type: str, param: str, key: str) -> str:
    return f"{type}{SEPARATOR}{escaped(param)}{SEPARATOR}{hashed(key)}"


class Texts:
    """The collection. A text stays when its last resource goes: it then leads to nothing."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._seen: set[Text] = set()

    async def add(self, texts: Iterable[Text]) -> None:
        """Make sure that these are there, before the versions that have them are committed."""
        new = set(texts) - self._seen
        if not new:
            return
        try:
            await self._collection.insert_many([text.document() for text in new], ordered=False)
        except BulkWriteError as error:
            if any(one["code"] != _DUPLICATE for one in error.details["writeErrors"]):
                raise
        if len(self._seen) > _SEEN:
            self._seen.clear()
        self._seen |= new

    async def matching(self, types: tuple[str, ...], term: StringTerm, session: Any, milliseconds: int) -> list[str]:
        """The folded texts of the types that contain the term's text, or end with it; ``TooCostly`` when too many."""
        pattern = _IN_ORDER[term.mode].format(re.escape(fold(term.text)).replace("\0", "x00"))
        query = {"n": {"$in": [_name(of_type, term.param, term.key) for of_type in types]}, "s": {"$regex": pattern}}
        cursor = self._collection.find(query, {"s": 1, "_id": 0}, session=session, max_time_ms=milliseconds)
        found = [document["s"] for document in await cursor.limit(TEXT_CAP + 1).to_list()]
        if len(found) > TEXT_CAP:
            raise TooCostly.of(TOO_MANY_VALUES, cap=TEXT_CAP, param=term.param)
        return sorted(set(found))

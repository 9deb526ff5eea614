"""What an entry puts into the tables, worked out once for entries that come again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fhir_server.store.entries import Bound, Entry, Interval, Kind, Token, fold
from fhir_server.store.ordering import sort_text
from fhir_server.store.protocol import Write
from fhir_server.store.sqlite.names import Named, NameTable
from fhir_server.store.sqlite.words import Words

#: Entries whose facts are kept; then all are dropped. More would make full garbage collections slow.
_KEPT = 5_000


class Facts(NamedTuple):
    """Of one entry of a resource type."""

    param: str
    words: tuple[str, ...]
    is_ordered: bool
    """Whether sorting looks at it."""
    order: tuple[int, str] | None = None
    span: tuple[int, Bound, Bound] | None = None
    reference: tuple[int, int] | None = None
    texts: tuple[tuple[int, str], ...] = ()


class FactTable:
    """Facts by type and entry. Names are interned, so only inside a write transaction."""

    def __init__(self, names: NameTable, words: Words) -> None:
        self._names = names
        self._words = words
        self._kept: dict[tuple[str, Entry], Facts] = {}
        self._kinds: dict[Kind, Callable[[str, Entry], Facts]] = {
            Kind.TOKEN: self._token,
            Kind.STRING: self._string,
            Kind.URI: self._uri,
            Kind.REFERENCE: self._reference,
            Kind.RANGE: self._range,
        }

    def of(self, of_type: str, entry: Entry) -> Facts:
        """The facts of an entry."""
        found = self._kept.get((of_type, entry))
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[of_type, entry] = self._kinds[entry.kind](of_type, entry)
        return found

    def words_of_version(self, write: Write) -> set[str]:
        """The words that do not come from entries."""
        of_type = write.key.type
        return {self._words.type(of_type), *(self._words.label(of_type, label) for label in write.labels)}

    def forget(self) -> None:
        """Drop what was kept: after a rollback, when numbers given in it are void."""
        self._kept.clear()

    def _order(self, of_type: str, entry: Entry) -> tuple[int, str] | None:
        if "" not in entry.keys:
            return None
        return self._names.intern(Named.ORDER, of_type, entry.param), sort_text(entry)

    def _token(self, of_type: str, entry: Entry) -> Facts:
        param, _, keys, value = entry
        system, code = value if isinstance(value, Token) else ("", "")
        pairs = ((None, None), (None, code), (system, None), (system, code))
        words = (self._words.token(of_type, param, key, *pair) for key in keys for pair in pairs)
        present = self._words.present(of_type, param)
        return Facts(param, (present, *words), "" in keys, self._order(of_type, entry))

    def _string(self, of_type: str, entry: Entry) -> Facts:
        param, keys, text = entry.param, entry.keys, str(entry.value)
        folded = fold(text)
        numbers = [self._names.intern(Named.STRING, of_type, param, key) for key in keys]
        words = [self._words.present(of_type, param)]
        for key, number in zip(keys, numbers, strict=True):
            words += (self._words.exact(of_type, param, key, text), *self._words.of_folded(number, folded))
        texts = tuple((number, folded) for number in numbers)
        return Facts(param, tuple(words), "" in keys, self._order(of_type, entry), texts=texts)

    def _uri(self, of_type: str, entry: Entry) -> Facts:
        param, uri = entry.param, str(entry.value)
        words = (self._words.present(of_type, param), self._words.uri(of_type, param, uri))
        text = (self._names.intern(Named.URI, of_type, param), uri)
        return Facts(param, words, "" in entry.keys, self._order(of_type, entry), texts=(text,))

    def _reference(self, of_type: str, entry: Entry) -> Facts:
        param, target = entry.param, str(entry.value)
        words = (self._words.present(of_type, param), self._words.reference(of_type, param, target))
        reference = (self._names.intern(Named.REFERENCE, of_type, param), self._words.target(target))
        return Facts(param, words, "" in entry.keys, self._order(of_type, entry), reference=reference)

    def _range(self, of_type: str, entry: Entry) -> Facts:
        words = (self._words.present(of_type, entry.param),)
        low, high = entry.value if isinstance(entry.value, Interval) else (0, 0)
        number = self._names.intern_keys(Named.SPAN, of_type, entry.param, entry.keys)
        return Facts(entry.param, words, "" in entry.keys, span=(number, low, high))

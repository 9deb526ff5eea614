"""What an entry puts into the tables, worked out once for entries that come again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from fhir_server.store.entries import Bound, Entry, Interval, Kind, Token, fold
from fhir_server.store.ordering import TEXT_LENGTH
from fhir_server.store.protocol import Write
from fhir_server.store.sqlite.names import Named, NameTable
from fhir_server.store.sqlite.words import Words

#: Entries from which those that were not asked for lately are dropped: as many again may stay. More would cost memory,
#: and make full garbage collections slow.
_KEPT = 2_500
#: Members of an enumeration, looked up once: that takes longer than to look for a number that is kept.
_STRING, _URI, _REFERENCE, _ORDER, _SPAN = Named.STRING, Named.URI, Named.REFERENCE, Named.ORDER, Named.SPAN


_Order: TypeAlias = tuple[int, tuple[str, str]]


class Span(NamedTuple):
    """A row of ``span`` but for its vid."""

    number: int
    low: Bound
    high: Bound


class Facts(NamedTuple):
    """Of one entry of a resource type."""

    param: str
    words: tuple[str, ...]
    is_ordered: bool
    """Whether sorting looks at it."""
    order: _Order | None = None
    """Number of an ORDER name, and its text twice: as the least and as the greatest."""
    span: Span | None = None
    reference: tuple[int, int] | None = None
    texts: tuple[tuple[int, str], ...] = ()


class _Known(dict[Entry, Facts]):
    """The facts of the entries of one type, worked out when they are first asked for."""

    def __init__(self, of_type: str, kinds: Mapping[Kind, Callable[[str, Entry], Facts]]) -> None:
        super().__init__()
        self._type, self._kinds = of_type, kinds
        self._older: dict[Entry, Facts] = {}

    def __missing__(self, entry: Entry) -> Facts:
        found = self._older.get(entry)
        if found is None:
            found = self._kinds[entry.kind](self._type, entry)
        self[entry] = found
        return found

    def age(self) -> None:
        """Drop what was not asked for since the last time."""
        self._older = dict(self)
        self.clear()


class FactTable:
    """Facts by type and entry. Names are interned; see ``NameTable.intern``."""

    def __init__(self, names: NameTable, words: Words) -> None:
        self._names = names
        self._words = words
        self._known: dict[str, _Known] = {}
        self._kinds: dict[Kind, Callable[[str, Entry], Facts]] = {
            Kind.TOKEN: self._token,
            Kind.STRING: self._string,
            Kind.URI: self._uri,
            Kind.REFERENCE: self._reference,
            Kind.RANGE: self._range,
        }

    def of(self, write: Write) -> list[Facts]:
        """The facts of a write's entries, in their order."""
        of_type = write.key.type
        known = self._known.get(of_type)
        if known is None:
            known = self._known[of_type] = _Known(of_type, self._kinds)
        return [known[entry] for entry in write.entries]

    def bound_memory(self) -> None:
        """Drop what was not asked for lately when much is kept."""
        if sum(map(len, self._known.values())) > _KEPT:
            for known in self._known.values():
                known.age()

    def words_of_version(self, write: Write) -> set[str]:
        """The words that do not come from entries."""
        of_type = write.key.type
        return {self._words.type(of_type), *(self._words.label(of_type, label) for label in write.labels)}

    def forget(self) -> None:
        """Drop what was kept: after a rollback, when numbers given in it are void."""
        self._known.clear()

    def _order(self, of_type: str, entry: Entry, text: str) -> _Order | None:
        if "" not in entry.keys:
            return None
        text = text[:TEXT_LENGTH]
        return self._names.intern(_ORDER, of_type, entry.param), (text, text)

    def _token(self, of_type: str, entry: Entry) -> Facts:
        param, _, keys, value = entry
        system, code = value if isinstance(value, Token) else ("", "")
        pairs = ((None, None), (None, code), (system, None), (system, code))
        token = self._words.token
        words = [token(of_type, param, key, *pair) for key in keys for pair in pairs]
        present = self._words.present(of_type, param)
        return Facts(param, (present, *words), "" in keys, self._order(of_type, entry, code))

    def _string(self, of_type: str, entry: Entry) -> Facts:
        param, keys, text = entry.param, entry.keys, str(entry.value)
        folded = fold(text)
        numbers = [self._names.intern(_STRING, of_type, param, key) for key in keys]
        words = [self._words.present(of_type, param)]
        for key, number in zip(keys, numbers, strict=True):
            words += (self._words.exact(of_type, param, key, text), *self._words.of_folded(number, folded))
        texts = tuple((number, folded) for number in numbers)
        return Facts(param, tuple(words), "" in keys, self._order(of_type, entry, folded), texts=texts)

    def _uri(self, of_type: str, entry: Entry) -> Facts:
        param, uri = entry.param, str(entry.value)
        words = (self._words.present(of_type, param), self._words.uri(of_type, param, uri))
        text = (self._names.intern(_URI, of_type, param), uri)
        return Facts(param, words, "" in entry.keys, self._order(of_type, entry, uri), texts=(text,))

    def _reference(self, of_type: str, entry: Entry) -> Facts:
        param, target = entry.param, str(entry.value)
        words = (self._words.present(of_type, param), self._words.reference(of_type, param, target))
        reference = (self._names.intern(_REFERENCE, of_type, param), self._words.target(target))
        return Facts(param, words, "" in entry.keys, self._order(of_type, entry, target), None, reference)

    def _range(self, of_type: str, entry: Entry) -> Facts:
        param, _, keys, value = entry
        low, high = value if isinstance(value, Interval) else (0, 0)
        number = self._names.intern_keys(_SPAN, of_type, param, keys)
        return Facts(param, (self._words.present(of_type, param),), "" in keys, None, Span(number, low, high))

"""What a version puts into the tables but for its place in commit order.

Most of the work of a write is here, and it asks for nothing that other writes change: so it is done before the writer
takes its turn, and processes that share the file do it side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from fhir_server.store.entries import Entry, Kind
from fhir_server.store.protocol import Body, Write
from fhir_server.store.sqlite.bodies import Packed, Packer, Payload, SortTexts, payload
from fhir_server.store.sqlite.facts import Facts, FactTable, Span
from fhir_server.store.sqlite.layout import SEPARATOR
from fhir_server.store.sqlite.names import Named, NameTable, NewNameError
from fhir_server.store.sqlite.words import Words

#: Writes that are made before the turn: more would only wait in memory.
_EARLY = 2_000
#: Writes after which what was kept is looked through.
TOGETHER = 250
#: Sets of ranges of which it is known whether some stand under one parameter and key.
_KEPT = 2_500
_WORDS = itemgetter(Facts._fields.index("words"))


class Made(NamedTuple):
    """The index words as FTS5 takes them, ordered rows without their vid, and the body, packed or on its way to it."""

    words: str
    spans: Sequence[Span]
    references: Sequence[tuple[int, int]]
    texts: Sequence[tuple[int, str]]
    body: Payload | Packed


#: Stands for a body that is packed already.
_PACKED = Body(b"", b"")


@dataclass(frozen=True, slots=True)
class Readied(Write):
    """What was made of a write stands for its body and entries, which take several times the memory."""

    made: Made | None = None

    @classmethod
    def of(cls, write: Write, made: Made) -> Readied:
        """What stands for the write in a unit."""
        body = None if write.body is None else _PACKED
        return cls(write.key, body, (), write.digest, write.expect, write.labels, made)


class Maker:
    """Makes writes ready. Outside a write transaction it leaves out those that need a name or dictionary first."""

    def __init__(self, names: NameTable, words: Words, packer: Packer) -> None:
        self._names = names
        self._packer = packer
        self._facts = FactTable(names, words)
        self._ranged: set[tuple[str, tuple[int, ...]]] = set()
        self._early: dict[int, Made] = {}
        self._pays = True

    def early(self, writes: Iterable[Write]) -> None:
        """Make what can be made before the turn. The writes stay as they are until ``finished``."""
        self._early.clear()
        if self._pays:
            for place, write in enumerate(islice(writes, _EARLY)):
                if place % TOGETHER == 0:
                    self._bound_memory()
                if not isinstance(write, Readied):
                    with suppress(NewNameError):
                        self._early[id(write)] = self._made(write)

    def name(self, writes: Sequence[Write]) -> None:
        """Give all names that these need a number. Only inside a write transaction."""
        for write in writes:
            self._made(write)

    def of(self, writes: Sequence[Write]) -> list[tuple[Made, Packed]]:
        """All of these, with the packed bodies. Raises NewNameError outside a write transaction, see ``NameTable``."""
        self._bound_memory()
        found = [_ready(write) or self._early.get(id(write)) or self._made(write) for write in writes]
        packed = iter(self._packer.pack([made.body for made in found if isinstance(made.body, Payload)]))
        return [(made, made.body if isinstance(made.body, Packed) else next(packed)) for made in found]

    def finished(self, asked: int, written: int) -> None:
        """The group has ended. When few of the writes changed anything, the next ones are not made early."""
        self._early.clear()
        self._pays = 2 * written >= asked

    def forget(self) -> None:
        """Drop what was kept: after a rollback, when numbers given in it are void."""
        self._early.clear()
        self._ranged.clear()
        self._names.forget()
        self._facts.forget()
        self._packer.reload()

    def _bound_memory(self) -> None:
        self._facts.bound_memory()
        if len(self._ranged) > _KEPT:
            self._ranged.clear()

    def _made(self, write: Write) -> Made:
        facts = self._facts.of(write)
        spans: list[Span] = []
        references: list[tuple[int, int]] = []
        texts: list[tuple[int, str]] = []
        for _, _, _, _, span, reference, some in facts:
            if reference is not None:
                references.append(reference)
            elif span is not None:
                spans.append(span)
            elif some:
                texts += some
        if len(spans) > 1:
            self._note_several(write, tuple(number for number, _, _ in spans))
        content = payload(self._names.intern(Named.TYPE, write.key.type), write.body, sort_texts(facts))
        words = self._facts.words_of_version(write).union(*map(_WORDS, facts))
        return Made(SEPARATOR.join(words), spans, references, texts, self._packer.packed_early(content) or content)

    def _note_several(self, write: Write, numbers: tuple[int, ...]) -> None:
        """Name the parameters and keys of which the write has more than one range; the numbers tell them."""
        ranged = (write.key.type, numbers)
        if ranged not in self._ranged:
            for param, key in several(write.entries):
                self._names.intern(Named.SEVERAL, write.key.type, param, key)
            self._ranged.add(ranged)


def _ready(write: Write) -> Made | None:
    return write.made if isinstance(write, Readied) else None


def several(entries: Iterable[Entry]) -> set[tuple[str, str]]:
    """(parameter, key) of which there is more than one range among these entries."""
    counts = Counter((entry.param, key) for entry in entries if entry.kind is Kind.RANGE for key in entry.keys)
    return {named for named, count in counts.items() if count > 1}


def sort_texts(facts: Iterable[Facts]) -> SortTexts:
    """The least and greatest text of each parameter that has texts and no range."""
    ranged = {fact.param for fact in facts if fact.span and fact.is_ordered}
    found: SortTexts = {}
    for fact in facts:
        if fact.order and fact.param not in ranged:
            number, pair = fact.order
            known = found.setdefault(number, pair)
            if known is not pair:
                found[number] = min(known[0], pair[0]), max(known[1], pair[1])
    return found

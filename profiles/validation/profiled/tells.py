"""Tells: texts by which it is quickly said to which slices an item may belong at all.

Most slices have a pattern or a fixed value that holds a text, such as the system of an Identifier or the url of an
extension. Items that lack it belong elsewhere. https://hl7.org/fhir/R4/profiling.html#discriminator
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from profiles.validation.profiled.items import Item
from profiles.validation.scope import Scope

#: Whether an item belongs to a slice, as far as one discriminator says.
Matcher: TypeAlias = Callable[[Item, Scope], bool]

#: JSON names from an item down to a text; lists on the way are passed through.
Way: TypeAlias = tuple[str, ...]


class Tell(NamedTuple):
    """A text at the end of a way."""

    way: Way
    text: str


class Test(NamedTuple):
    """One discriminator of a slice."""

    matches: Matcher
    tells: tuple[tuple[Tell, ...], ...] = ()
    """What matches has all tells of one of these, if there are any."""
    is_whole: bool = False
    """True when what matches is, as a whole, what the slice states."""
    property: Tell | None = None
    """What matches has this text, where the property at the end of the way holds a text; None when more is asked."""


def tells_of(expected: Any, way: Way = ()) -> Iterator[Tell]:
    """The texts that must be found in whatever covers a pattern."""
    if isinstance(expected, str):
        yield Tell(way, expected)
    elif isinstance(expected, dict):
        for name, part in expected.items():
            yield from tells_of(part, (*way, name))
    elif isinstance(expected, list):
        for part in expected:
            yield from tells_of(part, way)


def direct(expected: Sequence[tuple[Any, Callable[[Any], bool]]], name: str = "") -> Test:
    """The test of items, or of their property ``name``, by their JSON alone: one of the ``expected`` values is there.

    Each of these comes with the question whether a value is as expected.
    """
    way = (name,) if name else ()
    tests = tuple(fits for _, fits in expected)
    tells = tuple(tuple(tells_of(value, way)) for value, _ in expected)

    def matches(item: Item, scope: Scope) -> bool:  # noqa: ARG001 - a Matcher
        value = item.holder.get(name) if name else item.value
        if name and isinstance(value, list):
            return any(fits(one) for one in value for fits in tests)
        return any([fits(value) for fits in tests])  # noqa: C419 - there are few

    texts = [value for value, _ in expected if isinstance(value, str)]
    told = Tell(way, texts[0]) if name and len(texts) == len(expected) == 1 else None
    return Test(matches, tells if all(tells) else (), is_whole=not name and len(tests) == 1, property=told)


class ByProperty(NamedTuple):
    """Slices that are told apart by nothing but the text of one property."""

    name: str
    places: dict[str, list[int]]

    @classmethod
    def of(cls, slices: Sequence[tuple[Test, ...] | None]) -> ByProperty | None:
        """These slices; None when they are told apart otherwise."""
        told = [tests[0].property if tests is not None and len(tests) == 1 else None for tests in slices]
        names = {tell.way for tell in told if tell}
        if None in told or len(names) != 1:
            return None
        places: dict[str, list[int]] = {}
        for place, tell in enumerate(told):
            if tell:
                places.setdefault(tell.text, []).append(place)
        [[name]] = names
        return cls(name, places)


class Candidates:
    """The slices to which items may belong, by the texts in them."""

    def __init__(self, slices: Sequence[tuple[Test, ...] | None]) -> None:
        told = [[test.tells for test in tests] for tests in slices if tests is not None]
        common = Counter(tell for tests in told for tells in tests for several in tells for tell in several)
        self._places: dict[Way, dict[str, list[int]]] = {}
        self._any: list[int] = []
        for place, tests in enumerate(slices):
            if tests is not None:  # else no item can be told to belong to it
                self._add(place, tests, common)

    def _add(self, place: int, tests: tuple[Test, ...], common: Mapping[Tell, int]) -> None:
        """Enters a slice under the rarest of its tells."""
        told = next((test.tells for test in tests if test.tells), ())
        for several in told:
            way, text = min(several, key=common.__getitem__)
            self._places.setdefault(way, {}).setdefault(text, []).append(place)
        if not told:
            self._any.append(place)

    def of(self, item: Item) -> Collection[int]:
        """Places of the slices, in order, each once."""
        found = list(self._any)
        value = item.value
        holder = value if isinstance(value, dict | list) else item.holder
        for way, places in self._places.items():
            for text in _texts(holder if way else value, way):
                found += places.get(text, ())
        return sorted(set(found)) if len(found) > 1 else found


def _texts(value: Any, way: Way) -> Iterable[str]:
    for step, name in enumerate(way):
        if isinstance(value, list):
            return _each(value, way[step:])
        if not isinstance(value, dict):
            return ()
        value = value.get(name)
    if isinstance(value, list):
        return _each(value, ())
    return (value,) if isinstance(value, str) else ()


def _each(values: list[Any], way: Way) -> Iterator[str]:
    for value in values:
        yield from _texts(value, way)

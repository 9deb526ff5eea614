"""Items: the values of an element in an instance, each with its place, its twin and its type.

https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Item(NamedTuple):
    """One value. A primitive may have a ``twin`` (``_name``) with its id and extensions, or consist of it alone."""

    value: Any
    type: str
    twin: dict[str, Any] | None = None
    steps: tuple[str | int, ...] = ()
    """The way from the object that holds it, outermost first."""

    @property
    def holder(self) -> dict[str, Any]:
        """The object that holds the children."""
        if isinstance(self.value, dict):
            return self.value
        return self.twin or {}


class Source(NamedTuple):
    """A JSON property under which items of an element may stand."""

    key: str
    twin: str
    """The property beside it that a primitive may have."""
    type: str
    step: str

    @classmethod
    def of(cls, key: str, type_name: str, step: str) -> Source:
        """The property ``key``."""
        return cls(key, f"_{key}", type_name, step)


class Sources(NamedTuple):
    """All properties of an element."""

    listed: tuple[Source, ...]
    by_key: dict[str, Source]
    """Also by the key of the twin."""

    @classmethod
    def of(cls, sources: Iterable[Source]) -> Sources:
        """The properties, ready to be looked up."""
        listed = tuple(sources)
        by_key = {key: source for source in listed for key in (source.key, source.twin)}
        return cls(listed, by_key)

    def among(self, names: Iterable[str]) -> tuple[Source, ...]:
        """Those that an object with these names has."""
        return tuple(dict.fromkeys(self.by_key[name] for name in names if name in self.by_key))


#: Item past its constructor, which takes twice as long.
_new_item: Callable[[type[Item], tuple[Any, str, dict[str, Any] | None, tuple[str | int, ...]]], Item] = tuple.__new__


def items_of(holder: dict[str, Any], sources: Iterable[Source]) -> list[Item]:
    """The items that stand under these properties of an object."""
    found: list[Item] = []
    for key, twin_key, type_name, step in sources:
        value, twin = holder.get(key), holder.get(twin_key)
        if isinstance(value, list) or isinstance(twin, list):
            found += _listed(value, twin, type_name, step)
        elif value is not None or isinstance(twin, dict):
            known = twin if isinstance(twin, dict) else None
            found.append(_new_item(Item, (value, _actual(value, type_name), known, (step,))))
    return found


#: Values of these types tell which type they have.
TELLING = ("Resource", "DomainResource")


def _listed(values: Any, twins: Any, type_name: str, step: str) -> list[Item]:
    values = values if isinstance(values, list) else []
    if not isinstance(twins, list):
        return [
            _new_item(Item, (value, _actual(value, type_name), None, (step, position)))
            for position, value in enumerate(values)
            if value is not None
        ]
    found = []
    for position in range(max(len(values), len(twins))):
        value = values[position] if position < len(values) else None
        twin = twins[position] if position < len(twins) else None
        if value is not None or isinstance(twin, dict):
            known = twin if isinstance(twin, dict) else None
            found.append(_new_item(Item, (value, _actual(value, type_name), known, (step, position))))
    return found


def _actual(value: Any, type_name: str) -> str:
    """The type of a value: a resource tells its own."""
    if type_name in TELLING and isinstance(value, dict):
        return str(value.get("resourceType", type_name))
    return type_name

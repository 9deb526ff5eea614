"""Ways to put a drawn object right: elements that need, exclude or replace each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from conformance.definitions.model import StructureType

if TYPE_CHECKING:
    from strategies.valid_resources import ValidResources

Value: TypeAlias = dict[str, Any]
Mend: TypeAlias = Callable[["ValidResources", StructureType, Value], None]


def keys(structure: StructureType, element: str) -> list[str]:
    """The JSON properties of an element, of all its types and with twins."""
    found = structure.elements[element]
    names = [found.property_name(ref.code) for ref in found.types] or [element]
    return [key for one in names for key in (one, f"_{one}")]


def has(structure: StructureType, value: Value, element: str) -> bool:
    return any(key in value for key in keys(structure, element))


def drop(structure: StructureType, value: Value, *elements: str) -> None:
    for element in elements:
        for key in keys(structure, element):
            value.pop(key, None)


def add(make: ValidResources, structure: StructureType, value: Value, element: str, choice: str = "") -> None:
    """Puts an element with a value in its place, whatever was there."""
    drop(structure, value, element)
    value.update(make.element(structure.elements[element], structure.name, 0, choice))


def at_least(*elements: str) -> Mend:
    """One of the elements is there."""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        if not any(has(structure, value, element) for element in elements):
            add(make, structure, value, make.random.choice(elements))

    return mend


def at_most(*elements: str) -> Mend:
    """No more than one of the elements is there."""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        present = [element for element in elements if has(structure, value, element)]
        drop(structure, value, *present[1:])

    return mend


def exactly(*elements: str) -> Mend:
    least, most = at_least(*elements), at_most(*elements)

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        most(make, structure, value)
        least(make, structure, value)

    return mend


def needs(element: str, *others: str) -> Mend:
    """With the element the others are there, too."""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        if has(structure, value, element):
            for other in others:
                if not any(key in value for key in keys(structure, other)[::2]):
                    add(make, structure, value, other)

    return mend


def without(*elements: str) -> Mend:
    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        drop(structure, value, *elements)

    return mend


def only_if(holds: Callable[[Value], Any], *elements: str) -> Mend:
    """The elements are left out unless the condition on the object holds."""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        if not holds(value):
            drop(structure, value, *elements)

    return mend


def always_if(holds: Callable[[Value], Any], *elements: str) -> Mend:
    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        for element in elements:
            if holds(value) and not any(key in value for key in keys(structure, element)[::2]):
                add(make, structure, value, element)

    return mend


def distinct(element: str, *inner: str) -> Mend:
    """Items of a list differ in what these properties hold; the first of each kind stays."""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        seen: dict[str, Any] = {}
        for item in value.get(element, ()):
            seen.setdefault(str([item.get(one) for one in inner]), item)
        if seen:
            value[element] = list(seen.values())

    return mend


def setting(**stated: Any) -> Mend:
    """The properties hold these values."""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        value.update(stated)
        for key in stated:
            value.pop(f"_{key}", None)

    return mend


def is_(key: str, *codes: Any) -> Callable[[Value], bool]:
    return lambda value: value.get(key) in codes

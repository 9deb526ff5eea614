"""Which columns a select gives, in their order. https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html#column-ordering"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.issues import Issue
from conformance.views import messages
from conformance.views.definition import Column, Definition, Select


def columns_of(select: Select) -> tuple[Column, ...]:
    """Its own columns, those of the selects inside it, then those of its union."""
    inner = tuple(column for one in select.selects for column in columns_of(one))
    return (*select.columns, *inner, *(columns_of(select.unions[0]) if select.unions else ()))


def faults(definition: Definition) -> Iterator[Issue]:
    """What is wrong with the columns and names as a whole."""
    columns = columns_of(definition.select)
    if not columns:
        yield Issue(messages.NO_COLUMNS, "ViewDefinition")
    seen: Counter[str] = Counter()
    for column in columns:
        seen[column.name] += 1
        if seen[column.name] == 2:
            yield Issue(messages.SAME_NAME, column.place, {"name": column.name})
    for name, count in Counter(name for name, _, _ in definition.constants).items():
        if count > 1:
            yield Issue(messages.SAME_NAME, "ViewDefinition.constant", {"name": name})
    yield from _unlike(definition.select)


def _unlike(select: Select) -> Iterator[Issue]:
    """Branches of unions whose columns differ from those of the first."""
    for one in (*select.selects, *select.unions):
        yield from _unlike(one)
    first = _told(select.unions[0]) if select.unions else ()
    for branch in select.unions[1:]:
        if not _is_alike(_told(branch), first):
            yield Issue(messages.UNLIKE_UNION, branch.place, {"one": _names(branch), "other": _names(select.unions[0])})


def _told(select: Select) -> tuple[tuple[str, str, bool], ...]:
    return tuple((column.name, column.type, column.collection) for column in columns_of(select))


def _is_alike(one: tuple[tuple[str, str, bool], ...], other: tuple[tuple[str, str, bool], ...]) -> bool:
    """The same names in the same order; types where both say theirs."""
    return len(one) == len(other) and all(
        left[0] == right[0] and left[2] == right[2] and (left[1] == right[1] or not left[1] or not right[1])
        for left, right in zip(one, other, strict=True)
    )


def _names(select: Select) -> str:
    return ", ".join(f"{column.name}{' ' * bool(column.type)}{column.type}" for column in columns_of(select))

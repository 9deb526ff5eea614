"""How two snapshots of one structure differ. https://hl7.org/fhir/R4/elementdefinition.html"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Raw = Mapping[str, Any]

#: Elements of ElementDefinition that are text for people or point into other models: no value is checked by them.
TEXTS = frozenset({"short", "definition", "comment", "requirements", "alias", "mapping"})
_PLAIN_FLAGS = ("isModifier", "isSummary", "mustSupport")


class Difference(NamedTuple):
    """One aspect of one element; the aspect is a name of ElementDefinition, or ``missing``, ``added``, ``order``."""

    element: str
    aspect: str
    before: Any
    after: Any


def compare(before: Sequence[Raw], after: Sequence[Raw]) -> list[Difference]:
    """The differences between two element lists, element by element as their ids pair them."""
    olds, news = ({row["id"]: row for row in rows} for rows in (before, after))
    return [*_presence(olds, news), *_values(olds, news)]


def _presence(olds: Mapping[str, Raw], news: Mapping[str, Raw]) -> Iterator[Difference]:
    yield from (Difference(name, "missing", name, None) for name in olds if name not in news)
    yield from (Difference(name, "added", None, name) for name in news if name not in olds)
    order = [name for name in olds if name in news], [name for name in news if name in olds]
    if order[0] != order[1]:
        name = next(old for old, new in zip(*order, strict=True) if old != new)
        yield Difference(name, "order", *order)


def _values(olds: Mapping[str, Raw], news: Mapping[str, Raw]) -> Iterator[Difference]:
    for name in olds.keys() & news.keys():
        old, new = _plain(olds[name]), _plain(news[name])
        for aspect in sorted(old.keys() | new.keys()):
            if old.get(aspect) != new.get(aspect):
                yield Difference(name, aspect, old.get(aspect), new.get(aspect))


def _plain(raw: Raw) -> dict[str, Any]:
    """What an element says, without what is only said differently: order in sets, defaults spelled out."""
    row = {key: _NORMAL[key](value) if key in _NORMAL else value for key, value in raw.items()}
    return {key: value for key, value in row.items() if value or key not in _PLAIN_FLAGS}


def _types(entries: Iterable[Raw]) -> list[tuple[Any, ...]]:
    return [(e["code"], tuple(e.get("profile", ())), tuple(e.get("targetProfile", ()))) for e in entries]


_NORMAL: Mapping[str, Callable[[Any], Any]] = {
    "type": _types,
    "constraint": lambda entries: sorted(entry["key"] for entry in entries),
    "condition": sorted,
    "alias": sorted,
    "mapping": lambda entries: sorted((entry["identity"], entry.get("map", "")) for entry in entries),
    "slicing": lambda entry: {"ordered": False, **{k: v for k, v in entry.items() if k != "description"}},
}

"""The search parameters of every resource type, as this server offers them.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from conformance.definitions import Definitions, SearchParameter
from conformance.fhirpath import Model, Path, parse, plain_paths
from conformance.fhirpath.paths import RefersTo
from fhir_server.search.custom import custom_parameters
from fhir_server.search.parameter import BUILT_IN, Parameter, corrected, is_supported, kind_of
from fhir_server.search.reference import REFERENCE
from fhir_server.search.vocabulary import PublishedVocabulary
from fhir_server.store.query import And, Or, Predicate, TokenTerm, UriTerm


class SearchRegistry:
    """Parameters by resource type and code, from the definitions; worked out for a type when it is first asked for.

    ``extra`` are SearchParameter resources beside those of the specification; Unprocessable tells which of them cannot
    be used and why. ``full_text`` offers ``_text`` and ``_content``.
    """

    def __init__(
        self, definitions: Definitions, *, extra: Iterable[Mapping[str, Any]] = (), full_text: bool = False
    ) -> None:
        self.definitions = definitions
        self.model = Model(definitions)
        self.vocabulary = PublishedVocabulary(definitions)
        self.full_text = full_text
        self._extra = custom_parameters(extra, definitions, self.model)
        self._types: dict[str, dict[str, Parameter]] = {}

    @property
    def resource_types(self) -> tuple[str, ...]:
        """All concrete resource types."""
        return self.definitions.resource_types

    def parameters(self, resource_type: str) -> Mapping[str, Parameter]:
        """Code -> parameter, of what this server supports for a type, sorted by code."""
        known = self._types.get(resource_type)
        if known is None:
            known = self._types[resource_type] = self._offered(resource_type)
        return known

    def published(self, resource_type: str) -> list[SearchParameter]:
        """The definitions of what this server supports for a type, sorted by code; nothing is worked out for it."""
        rows = {**self.definitions.search_parameters.get(resource_type, {}), **self._extra.get(resource_type, {})}
        return [row for _, row in sorted(rows.items()) if is_supported(row, full_text=self.full_text)]

    def unsupported(self, resource_type: str) -> tuple[str, ...]:
        """Codes that the specification has for a type and this server does not offer, sorted."""
        published = self.definitions.search_parameters.get(resource_type, {})
        return tuple(sorted(published.keys() - self.parameters(resource_type).keys()))

    def of_canonical(self, canonical: str, types: Iterable[str]) -> tuple[tuple[str, ...], Predicate]:
        """Those of ``types`` that have a URL, and the predicate of what is published under it (``url|version`` too)."""
        found = {name: self.parameters(name)["url"] for name in types if "url" in self.parameters(name)}
        url, bar, version = canonical.partition("|")
        names = dict.fromkeys(entry for parameter in found.values() for entry in parameter.entries)
        named: Predicate = Or(tuple(UriTerm(name, url) for name in names))
        return tuple(found), And((named, TokenTerm("version", None, version))) if bar else named

    def may_name_canonicals(self, resource_type: str, codes: Iterable[str]) -> bool:
        """True when one of these parameters of a type may lead to a resource by what it is published as."""
        offered = self.parameters(resource_type)
        kinds = [offered[code].types for code in codes if code in offered]
        return any(types is None or not types.isdisjoint(("canonical", "uri", "url")) for types in kinds)

    def references(self, resource_type: str) -> tuple[Parameter, ...]:
        """The reference parameters of a type."""
        return tuple(found for found in self.parameters(resource_type).values() if found.kind == REFERENCE.name)

    def compartment(self, name: str, resource_type: str) -> tuple[str, ...]:
        """Codes of the parameters that put a resource of a type into a compartment; none when it has no part in it."""
        codes = self.definitions.compartments.get(name, {}).get(resource_type, ())
        return tuple(code for code in codes if code in self.parameters(resource_type))

    def paths(self, parameter: Parameter) -> tuple[Path, ...] | None:
        """The plain paths of a parameter; None when its expression is more than that."""
        found = plain_paths(parse(parameter.expression), self.model, parameter.resource_type)
        return None if found is None else tuple(found)

    def _offered(self, resource_type: str) -> dict[str, Parameter]:
        offered = [self._parameter(resource_type, one) for one in self.published(resource_type)]
        shared = self._shared(offered)
        return {one.code: replace(one, entries=shared.get(one.code, (one.code,))) for one in offered}

    def _parameter(self, resource_type: str, published: SearchParameter) -> Parameter:
        expression = published.expression
        paths = plain_paths(parse(expression), self.model, resource_type) if expression else []
        return Parameter(
            published.code,
            resource_type,
            kind_of(published),
            expression,
            published.url,
            self._targets(published, paths or ()),
            corrected(published),
            "Resource" in published.base or "DomainResource" in published.base,
            None if paths is None else frozenset(path.type for path in paths),
        )

    def _targets(self, published: SearchParameter, paths: Iterable[Path]) -> tuple[str, ...]:
        """Types a reference may lead to: those its expression asks for (``resolve() is Patient``), or as stated."""
        ends = [path.steps[-1] for path in paths if path.steps]
        asked = tuple(end.type for end in ends if isinstance(end, RefersTo))
        if asked and len(asked) == len(ends):
            return asked
        stated = published.targets
        return self.resource_types if not stated or "Resource" in stated else stated

    def _shared(self, offered: Iterable[Parameter]) -> dict[str, tuple[str, ...]]:
        """Code -> codes whose entries together are its own (``combo-code``: ``code`` and ``component-code``)."""
        found: dict[str, tuple[str, ...]] = {}
        contents = {one.code: content for one in offered if (content := self._content(one))}
        for code, content in sorted(contents.items(), key=lambda item: (len(item[1]), item[0])):
            parts = [other for other in contents if other not in found and _is_part(other, code, contents)]
            if frozenset().union(*(contents[part] for part in parts)) == content:
                found[code] = tuple(sorted(parts))
        return found

    def _content(self, parameter: Parameter) -> frozenset[object] | None:
        """What a parameter indexes, comparable with others; None for references, which joins follow by name."""
        if parameter.kind == REFERENCE.name or not parameter.expression or parameter.code in BUILT_IN:
            return None
        paths = self.paths(parameter)
        rest = (parameter.kind, tuple((part.type, part.expression) for part in parameter.components))
        return frozenset((path, rest) for path in paths) if paths else None


def _is_part(other: str, code: str, contents: Mapping[str, frozenset[object]]) -> bool:
    """True when ``other`` indexes a part of what ``code`` does; of two alike the first by name stands for both."""
    one, whole = contents[other], contents[code]
    return one < whole or (one == whole and other < code)

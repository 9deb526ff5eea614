"""How the entries of one resource type are found: walks and emitters, shared by parameters of the same path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timezone
from typing import Any, NamedTuple, TypeAlias

from conformance.fhirpath import Path, compile_with, parse, plain_paths, walk
from fhir_server.search.bindings import ImpliedSystems
from fhir_server.search.composite import forms, prefixes
from fhir_server.search.kinds import Draft, Emit, ParameterKind, Setting
from fhir_server.search.parameter import BUILT_IN, COMPOSITE, KINDS, Parameter
from fhir_server.search.registry import SearchRegistry
from fhir_server.search.words import CONTENT, TEXT, narrative_words, other_words
from fhir_server.store.entries import NO_KEY, Entry, Kind, Value

#: (a value, the resource it stands in, entries to add to)
Extractor: TypeAlias = Callable[[Any, dict[str, Any], list[Entry]], None]
#: (a value, the resource it stands in) -> drafts
Drafts: TypeAlias = Callable[[Any, dict[str, Any]], Iterable[Draft]]


_WORDS: Mapping[str, Callable[[dict[str, Any]], set[str]]] = {TEXT: narrative_words, CONTENT: other_words}


class Plan(NamedTuple):
    """Extractors by the top-level element that they are given, and those that are given the resource."""

    by_key: Mapping[str, tuple[Extractor, ...]]
    always: tuple[Extractor, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """A walk and the kind of its entries: parameters that agree in both share the work."""

    path: Path
    kind: str


def compile_plan(registry: SearchRegistry, resource_type: str, zone: timezone, base_url: str) -> Plan:
    """The plan of one resource type."""
    return _Planner(registry, resource_type, Setting(zone, base_url)).plan()


class _Planner:
    def __init__(self, registry: SearchRegistry, resource_type: str, setting: Setting) -> None:
        self._registry = registry
        self._type = resource_type
        self._setting = setting
        self._systems = ImpliedSystems(registry.definitions)
        self._shared: dict[_Source, list[str]] = {}
        self._by_key: dict[str, list[Extractor]] = {}
        self._always: list[Extractor] = []

    def plan(self) -> Plan:
        """Everything that the offered parameters of the type ask for."""
        for parameter in self._registry.parameters(self._type).values():
            if parameter.code in _WORDS:
                self._always.append(_word_writer(parameter.code, _WORDS[parameter.code]))
            elif parameter.is_indexed and parameter.expression and parameter.code not in BUILT_IN:
                self._add(parameter)
        for source, codes in self._shared.items():
            drafts = self._along(source.path._replace(steps=source.path.steps[1:]), KINDS[source.kind])
            if drafts is not None:
                self._by_key.setdefault(str(source.path.steps[0]), []).append(_writer(codes, drafts))
        return Plan({key: tuple(found) for key, found in self._by_key.items()}, tuple(self._always))

    def _add(self, parameter: Parameter) -> None:
        paths = self._registry.paths(parameter)
        if paths is None:
            kind = KINDS[parameter.kind]
            self._always.append(_writer([parameter.code], self._evaluated(parameter.expression, self._type, kind)))
        elif parameter.kind == COMPOSITE:
            self._add_composite(parameter, paths)
        else:
            for path in paths:
                self._shared.setdefault(_Source(path, parameter.kind), []).append(parameter.code)

    # -- composites

    def _add_composite(self, parameter: Parameter, paths: Iterable[Path]) -> None:
        *heads, last = zip(parameter.components, parameter.kinds, strict=True)
        for base in paths:
            head_drafts = [self._drafts(part.expression, base.type, kind) for part, kind in heads]
            if base.steps:
                lasts = self._drafts(last[0].expression, base.type, last[1])
                run = _composite(parameter.code, walk(base.steps[1:]), head_drafts, lasts)
                self._by_key.setdefault(str(base.steps[0]), []).append(run)
            else:
                self._add_whole(parameter.code, head_drafts, last[0].expression, last[1])

    def _add_whole(self, code: str, heads: list[Drafts], expression: str, kind: ParameterKind) -> None:
        """A composite of the resource itself, looked at when the element of its last component is there."""
        for path in plain_paths(parse(expression), self._registry.model, self._type) or ():
            lasts = self._along(path._replace(steps=path.steps[1:]), kind)
            if lasts is not None:
                run = _whole_composite(code, heads, lasts)
                self._by_key.setdefault(str(path.steps[0]), []).append(run)

    # -- drafts

    def _drafts(self, expression: str, type_name: str, kind: ParameterKind) -> Drafts:
        """Drafts of what ``expression`` finds in a value of a type."""
        paths = plain_paths(parse(expression), self._registry.model, type_name)
        if paths is None:
            return self._evaluated(expression, type_name, kind)
        parts = [drafts for path in paths if (drafts := self._along(path, kind))]
        if len(parts) == 1:
            return parts[0]
        return lambda value, resource: [draft for part in parts for draft in part(value, resource)]

    def _along(self, path: Path, kind: ParameterKind) -> Drafts | None:
        """Drafts of the values at the end of a path; None when values of that type are not indexed."""
        emit = self._emitter(kind, path.type)
        if emit is None:
            return None
        setting = self._setting_of(path)
        if not path.steps:
            return lambda value, _resource: _emitted(emit, value, setting)
        go = walk(path.steps)
        return lambda value, _resource: [draft for one in go(value) for draft in emit(one, setting)]

    def _evaluated(self, expression: str, type_name: str, kind: ParameterKind) -> Drafts:
        extract = compile_with(expression, self._registry.model, type_name)

        def run(value: Any, resource: dict[str, Any]) -> list[Draft]:
            found: list[Draft] = []
            for node in extract(value, resource):
                emit = self._emitter(kind, node.type)
                if emit is not None:
                    found.extend(emit(node.value, self._setting))
            return found

        return run

    def _emitter(self, kind: ParameterKind, type_name: str) -> Emit | None:
        if type_name == "Extension":
            return _extension_emitter(kind)
        if self._registry.definitions.is_resource(type_name):
            type_name = "Resource"
        return kind.emit.get(type_name)

    def _setting_of(self, path: Path) -> Setting:
        system = self._systems.of(path.element) if path.type == "code" else ""
        return replace(self._setting, system=system) if system else self._setting


def _emitted(emit: Emit, value: Any, setting: Setting) -> Iterable[Draft]:
    """Drafts of a value, or of each member of a list."""
    if type(value) is list:
        return [draft for one in value for draft in emit(one, setting)]
    return emit(value, setting)


def _extension_emitter(kind: ParameterKind) -> Emit:
    """An extension is indexed by its value."""

    def emit(value: Any, setting: Setting) -> Iterable[Draft]:
        for key, inner in value.items() if isinstance(value, dict) else ():
            name = key.removeprefix("value")
            found = kind.emit.get(name) or kind.emit.get(name[:1].lower() + name[1:])
            if name != key and found is not None:
                return found(inner, setting)
        return ()

    return emit


#: Entry past its constructor, which takes twice as long.
_new_entry: Callable[[type[Entry], tuple[str, Kind, tuple[str, ...], Value]], Entry] = tuple.__new__


def _writer(codes: list[str], drafts: Drafts) -> Extractor:
    """Adds the drafts as entries of each of these parameters."""

    def run(value: Any, resource: dict[str, Any], found: list[Entry]) -> None:
        for kind, content, keys, suffix in drafts(value, resource):
            for code in codes:
                found.append(_new_entry(Entry, (code + suffix, kind, keys, content)))  # noqa: PERF401  measured

    return run


def _word_writer(code: str, words: Callable[[dict[str, Any]], set[str]]) -> Extractor:
    """Adds the words of the whole resource."""

    def run(_value: Any, resource: dict[str, Any], found: list[Entry]) -> None:
        found += (Entry(code, Kind.URI, NO_KEY, word) for word in sorted(words(resource)))

    return run


def _composite(code: str, go: Callable[[Any], list[Any]], heads: list[Drafts], lasts: Drafts) -> Extractor:
    def run(value: Any, resource: dict[str, Any], found: list[Entry]) -> None:
        for base in go(value):
            found.extend(_composed(code, _forms(heads, base, resource), lasts(base, resource)))

    return run


def _whole_composite(code: str, heads: list[Drafts], lasts: Drafts) -> Extractor:
    def run(value: Any, resource: dict[str, Any], found: list[Entry]) -> None:
        drafts = lasts(value, resource)
        if drafts:
            found.extend(_composed(code, _forms(heads, resource, resource), drafts))

    return run


def _forms(heads: list[Drafts], base: Any, resource: dict[str, Any]) -> list[list[str]]:
    return [[form for draft in head(base, resource) for form in forms(draft)] for head in heads]


def _composed(code: str, named: list[list[str]], drafts: Iterable[Draft]) -> list[Entry]:
    starts = prefixes(named)
    return [
        _new_entry(Entry, (code, kind, tuple([start + key for start in starts for key in keys]), value))
        for kind, value, keys, suffix in drafts
        if starts and not suffix
    ]

"""SearchParameter resources beside those of the specification. https://hl7.org/fhir/R4/searchparameter.html

A definition that cannot be used is refused with the reason, never left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.definitions import Component, Definitions, SearchParameter
from conformance.definitions.parameters import branch_of
from conformance.errors import Unprocessable
from conformance.fhirpath import FhirPathError, Model, compile_with
from fhir_server.search.messages import BAD_DEFINITION

_EVERYWHERE = ("Resource", "DomainResource")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9\-]{0,63}")
_TYPES = frozenset({"number", "date", "string", "token", "reference", "quantity", "uri", "composite"})

Raw = Mapping[str, Any]
#: Resource type -> code -> parameter.
Table = dict[str, dict[str, SearchParameter]]


def custom_parameters(resources: Iterable[Raw], definitions: Definitions, model: Model) -> Table:
    """The parameters that these resources define, by type and code; retired ones are none.

    Raises Unprocessable that names the first that cannot be used.
    """
    wanted = [row for row in resources if row.get("status") != "retired"]
    table: Table = {}
    simple = [row for row in wanted if row.get("type") != "composite"]
    for row in (*simple, *(row for row in wanted if row.get("type") == "composite")):
        for name, parameter in _Definition(row, definitions, model, table).by_type().items():
            table.setdefault(name, {})[parameter.code] = parameter
    return table


class _Definition:
    def __init__(self, row: Raw, definitions: Definitions, model: Model, known: Table) -> None:
        self._row = row
        self._definitions = definitions
        self._model = model
        self._known = known

    def _bad(self, reason: str) -> Exception:
        return Unprocessable.of(BAD_DEFINITION, "SearchParameter", url=self._row.get("url", ""), reason=reason)

    def _text(self, name: str) -> str:
        found = self._row.get(name)
        if not isinstance(found, str) or not found:
            raise self._bad(f"it has no {name}")
        return found

    def by_type(self) -> dict[str, SearchParameter]:
        """The parameter of each resource type of its base."""
        url, code, kind = self._text("url"), self._text("code"), self._text("type")
        if not _CODE.fullmatch(code):
            raise self._bad(f"'{code}' is no code that a request can name")
        if kind not in _TYPES:
            raise self._bad(f"parameters of type {kind} are not supported")
        return {name: self._of(name, url, code, kind) for name in self._types()}

    def _types(self) -> list[str]:
        base = self._row.get("base")
        names = base if isinstance(base, list) and base else []
        unknown = [name for name in names if name not in _EVERYWHERE and not self._definitions.is_resource(name)]
        if not names or unknown:
            raise self._bad(f"its base names no resource type: {', '.join(map(str, unknown)) or 'it is empty'}")
        everywhere = any(name in _EVERYWHERE for name in names)
        return list(self._definitions.resource_types) if everywhere else names

    def _of(self, name: str, url: str, code: str, kind: str) -> SearchParameter:
        taken = self._definitions.search_parameters[name].get(code) or self._known.get(name, {}).get(code)
        if taken is not None and taken.url != url:
            raise self._bad(f"{name} has a parameter '{code}' already, {taken.url}")
        expression = branch_of(self._text("expression"), name)
        if not expression:
            raise self._bad(f"its expression says nothing about {name}")
        self._compiled(expression, name)
        return SearchParameter(
            code=code,
            type=kind,
            expression=expression,
            url=url,
            targets=self._targets(),
            components=self._components(name) if kind == "composite" else (),
            base=tuple(self._row["base"]),
        )

    def _compiled(self, expression: str, name: str) -> None:
        try:
            compile_with(expression, self._model, name)
        except FhirPathError as error:
            raise self._bad(f"its expression cannot be read: {error}") from error

    def _targets(self) -> tuple[str, ...]:
        targets = tuple(self._row.get("target", ()))
        unknown = [name for name in targets if name != "Resource" and not self._definitions.is_resource(name)]
        if unknown:
            raise self._bad(f"its target {unknown[0]} is no resource type")
        return targets

    def _components(self, name: str) -> tuple[Component, ...]:
        rows = [*self._definitions.search_parameters[name].values(), *self._known.get(name, {}).values()]
        by_url = {row.url: row for row in rows}
        parts = self._row.get("component", ())
        if len(parts) < 2:
            raise self._bad("a composite needs two components")
        return tuple(self._component(part, by_url) for part in parts)

    def _component(self, part: Raw, by_url: Mapping[str, SearchParameter]) -> Component:
        found = by_url.get(str(part.get("definition", "")).partition("|")[0])
        expression = part.get("expression")
        if found is None or not isinstance(expression, str):
            raise self._bad(f"its component {part.get('definition')} is not known")
        return Component(found.code, found.url, found.type, expression)

"""PatientList, PatientConnection and Patient(id): the searches of a query. https://hl7.org/fhir/R4/graphql.html#searching"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.errors import BadRequest
from conformance.json_codec import decode
from fhir_server.exchange.context import Context
from fhir_server.exchange.service import Service
from fhir_server.operations.finding import understood
from fhir_server.operations.graphql.cost import LISTED, RESOURCES, SEARCHES, Budget, too_costly
from fhir_server.operations.graphql.cursor import REFUSED, Continued, continued, spelled
from fhir_server.operations.graphql.document import Field, Selection
from fhir_server.operations.graphql.elements import Choice, Element, require_expression, require_number
from fhir_server.operations.graphql.fields import Found
from fhir_server.operations.graphql.literals import bad_value
from fhir_server.operations.graphql.schema import CONNECTION, Member
from fhir_server.operations.messages import GRAPHQL_ARGUMENT
from fhir_server.repository import SearchPage
from fhir_server.store.protocol import Version

#: The argument that names how the listed resources refer to the one in focus.
REFERENCE = "_reference"
_CURSORS = frozenset(("cursor", "_cursor"))
_REFUSED = REFUSED | _CURSORS | {REFERENCE, "_total"}


@dataclass(frozen=True, slots=True)
class Searches:
    """Makes the searches of one query."""

    service: Service
    context: Context
    budget: Budget

    async def at_root(self, of: str, suffix: str, field: Field) -> Found:
        """The resources of type ``of`` that the arguments ask for."""
        cursors = [name for name in field.arguments if name in _CURSORS]
        if cursors and suffix == CONNECTION:
            if len(field.arguments) > 1:
                raise BadRequest.of(GRAPHQL_ARGUMENT, place=field.name, name=_other(field.arguments, cursors[0]))
            return await self._connection(of, field, continued(field.arguments[cursors[0]]))
        return await self._found(of, suffix, field, self._search(field, ()))

    async def about(self, of: str, suffix: str, field: Field, focus: Element) -> Found:
        """The same, but only those that refer to ``focus``. Raises BadRequest without ``_reference``."""
        code = _code(str(field.arguments.get(REFERENCE, "")))
        parameter = self.service.definitions.search_parameters[of].get(code)
        if parameter is None or parameter.type != "reference":
            raise bad_value(REFERENCE, field.name, "a reference parameter", "một tham số tham chiếu")
        target = f"{focus.type}/{focus.value['id']}"
        return await self._found(of, suffix, field, self._search(field, ((code, target),)))

    def _search(self, field: Field, first: tuple[tuple[str, str], ...]) -> Continued:
        rest = {name: value for name, value in field.arguments.items() if name != REFERENCE or not first}
        expression = rest.pop("fhirpath", "")
        require_expression(expression, field.name)
        return Continued((*first, *_pairs(field, rest)), expression)

    async def _found(self, of: str, suffix: str, field: Field, search: Continued) -> Found:
        if suffix == CONNECTION:
            return await self._connection(of, field, search)
        is_cut = "_count" in field.arguments
        page = await self._page(of, search, LISTED.most)
        if page.next is not None and not is_cut:
            raise too_costly(LISTED)
        elements = self._kept(page.matches, search)
        return Found(Member(field.name, of), elements, is_list=True, shows_nothing=True)

    async def _connection(self, of: str, field: Field, search: Continued) -> Found:
        if _asks("count", field.selections or ()) and not any(name == "_total" for name, _ in search.pairs):
            search = _with(search, pairs=(*search.pairs, ("_total", "accurate")))
        size = self.service.default_count
        page = await self._page(of, search, size)
        size = next((int(value) for name, value in search.pairs if name == "_count"), size)
        value: dict[str, Any] = {
            "count": page.total,
            "offset": search.offset,
            "pagesize": size,
            "pageSize": size,
            "edges": [{"mode": "match", "resource": one.value} for one in self._kept(page.matches, search)],
            "first": spelled(_with(search, cursor="", offset=0)),
        }
        if page.next:
            value["next"] = spelled(_with(search, cursor=page.next, offset=search.offset + len(page.matches)))
        kind = of + CONNECTION
        return Found(Member(field.name, kind), [Element(value, kind, {})], is_list=False)

    async def _page(self, of: str, search: Continued, size: int) -> SearchPage:
        self.budget.spend(SEARCHES)
        request = understood(self.service, self.context, of, search.pairs)
        size = min(size if request.count is None else request.count, self.service.max_count, LISTED.most)
        request = replace(request, count=max(size, 1), cursor=search.cursor or None)
        page = await self.service.repository.search(request, visible=self.context.visible)
        self.budget.spend(RESOURCES, len(page.matches))
        return page

    def _kept(self, versions: Sequence[Version], search: Continued) -> Sequence[Element]:
        """The matches that the expression holds of."""
        elements = [Element(decode(one.body), one.key.type, {}) for one in versions]
        elements = [one._replace(root=one.value) for one in elements]
        if not search.expression:
            return elements
        wanted, choice = {"fhirpath": search.expression}, Choice(self.service.definitions, self.budget)
        return [kept for one in elements for kept in choice.narrowed([one], wanted)]


def _with(search: Continued, **changes: Any) -> Continued:
    return Continued(
        changes.get("pairs", search.pairs),
        search.expression,
        changes.get("cursor", search.cursor),
        changes.get("offset", search.offset),
    )


def _asks(name: str, selections: Iterable[Selection]) -> bool:
    return any(one.name == name if isinstance(one, Field) else _asks(name, one.selections) for one in selections)


def _other(arguments: Mapping[str, Any], name: str) -> str:
    return next(one for one in arguments if one != name)


def _pairs(field: Field, arguments: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    refused = next((name for name in arguments if name in _REFUSED), None)
    if refused is not None:
        raise BadRequest.of(GRAPHQL_ARGUMENT, place=field.name, name=refused)
    require_number(arguments.get("_count", 1), "_count", field.name, least=1)
    return tuple((_code(name), _value(value)) for name, value in arguments.items())


def _code(name: str) -> str:
    """The search parameter that an argument names: GraphQL knows no ``-``."""
    return name[:1] + name[1:].replace("_", "-")


def _value(value: Any) -> str:
    return ",".join(map(_text, value if isinstance(value, list) else [value]))


def _text(value: Any) -> str:
    """A value as search text: several values are an array here, so that a comma is part of the value."""
    return str(value).lower() if isinstance(value, bool) else str(value).replace(",", "\\,")

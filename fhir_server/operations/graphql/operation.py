"""The $graphql operation. https://hl7.org/fhir/R4/resource-operation-graphql.html

A query comes as the parameter ``query`` of a GET, or as the body of a POST: the text itself, or JSON with ``query``,
``operationName`` and ``variables``. The answer is no FHIR resource; a failure is told as GraphQL tells it, with the
OperationOutcome in its ``extensions``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from conformance.errors import BadRequest, FhirError, InvalidContent
from conformance.issues import operation_outcome
from conformance.json_codec import decode, encode
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import status_of
from fhir_server.exchange.registry import ANY_TYPE, Content, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.graphql.checking import ROOT, check
from fhir_server.operations.graphql.cost import Budget
from fhir_server.operations.graphql.document import Field, Selection, read_query
from fhir_server.operations.graphql.elements import Choice, Element
from fhir_server.operations.graphql.fields import Found, Walk, merged
from fhir_server.operations.graphql.output import Graph, Where
from fhir_server.operations.graphql.references import Resources
from fhir_server.operations.graphql.schema import Schema
from fhir_server.operations.graphql.searches import Searches
from fhir_server.operations.messages import GRAPHQL_FIELD, INPUT_MISSING, INPUT_VALUE
from fhir_server.operations.parameters import given

PARAMS = frozenset(("query", "operationName", "variables"))
JSON = "application/json"


class Asked(NamedTuple):
    """A query as it was sent."""

    query: str
    operation: str
    variables: dict[str, Any]


async def handle(service: Service, context: Context, request: Request) -> Response:
    """``{"data": …}``, or a failure with its status and ``errors``. Never raises what a client can cause."""
    try:
        data = await _data(service, context, request)
    except FhirError as error:
        return _failed(error, context.language)
    return Response(200, encode({"data": data}), media_type=JSON)


def _failed(error: FhirError, language: str) -> Response:
    errors = [
        {"message": issue.text(language), "extensions": {"resource": operation_outcome((issue,), language)}}
        for issue in error.issues
    ]
    return Response(status_of(error), encode({"data": None, "errors": errors}), media_type=JSON)


async def _data(service: Service, context: Context, request: Request) -> dict[str, Any]:
    asked = _asked(request)
    selections = read_query(asked.query, asked.operation, asked.variables)
    target, schema, budget = request.target, Schema(service.definitions), Budget()
    resources = Resources(service, context, budget, Searches(service, context, budget))
    walk = Walk(schema, resources, budget, Choice(service.definitions, budget))
    check(schema, target.type if target.id else ROOT, selections)
    if not target.id:
        return await _from_root(walk, resources, selections, target.type)
    version = await service.repository.read(target.type, target.id, visible=context.visible)
    resource = decode(version.body)
    return await walk.graph(Element(resource, target.type, resource), selections)


async def _from_root(walk: Walk, resources: Resources, selections: Sequence[Selection], type: str) -> dict[str, Any]:
    """The graph of a query of the system, or ("Patient") of one type."""
    graph = Graph()
    for field in merged(walk.fields(ROOT, selections)):
        if field.name == "__typename":
            graph.put(field.key, ROOT)
        else:
            await walk.put(field, await _root_field(walk.schema, resources, field, type), graph, Where())
    return graph.values


async def _root_field(schema: Schema, resources: Resources, field: Field, type: str) -> Found:
    of, suffix = schema.searched(field.name) or (field.name, "")
    if type not in ("", of):
        raise BadRequest.of(GRAPHQL_FIELD, type=type, name=field.name)
    return await (resources.searches.at_root(of, suffix, field) if suffix else resources.by_id(field))


def _asked(request: Request) -> Asked:
    pairs = dict(request.pairs)
    query, operation, variables = pairs.get("query", ""), pairs.get("operationName", ""), pairs.get("variables", "")
    asked = Asked(query, operation, _variables(decode(variables) if variables else {}))
    if request.body.strip():
        asked = _posted(request, asked)
    if not asked.query.strip():
        raise BadRequest.of(INPUT_MISSING, operation="graphql", name="query")
    return asked


def _posted(request: Request, asked: Asked) -> Asked:
    """What the body asks; a text that is not JSON is the query itself."""
    try:
        body = decode(request.body)
    except InvalidContent:
        if "json" in request.media_type:
            raise
        return asked._replace(query=_text(request.body))
    if body.get("resourceType") == "Parameters":
        named = dict(given(body, PARAMS))
        variables = decode(named["variables"]) if "variables" in named else asked.variables
        return Asked(named.get("query", asked.query), named.get("operationName", asked.operation), variables)
    query, operation = body.get("query", asked.query), body.get("operationName") or asked.operation
    if not isinstance(query, str) or not isinstance(operation, str):
        raise BadRequest.of(INPUT_VALUE, name="query", expected="text", expected_vi="văn bản")
    return Asked(query, operation, _variables(body.get("variables") or asked.variables))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest.of(INPUT_VALUE, name="query", expected="UTF-8 text", expected_vi="văn bản UTF-8") from error


def _variables(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequest.of(INPUT_VALUE, name="variables", expected="a JSON object", expected_vi="đối tượng JSON")
    return value


GRAPHQL = OperationDef(
    code="graphql",
    canonical="http://hl7.org/fhir/OperationDefinition/Resource-graphql",
    types=(ANY_TYPE,),
    shapes=(Shape.SYSTEM_OPERATION, Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION),
    changes_state=False,
    handle=handle,
    params=PARAMS,
    content=Content.ANY,
    in_bundle=False,
)

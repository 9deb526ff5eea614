"""The $fhirpath operation. https://github.com/brianpos/fhirpath-lab/blob/master/server-api.md

An expression that cannot be read or evaluated is 400 with an OperationOutcome. With ``validate``, ``parseDebug`` tells
of elements that the types of the resource do not have. No other server is asked: ``terminologyserver`` is accepted and
without effect, and ``resolve()`` finds resources of this server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from conformance.definitions import Definitions
from conformance.errors import BadRequest, FhirError, TooCostly
from conformance.fhirpath import Environment, FhirPathError, Node, compile, parse  # noqa: A004  FHIRPath's own word
from conformance.fhirpath.messages import TOO_COSTLY
from conformance.json_codec import decode, encode
from conformance.temporal import local_instant
from fhir_server.exchange.context import Context
from fhir_server.exchange.registry import ANY_TYPE, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.fhirpath.debug_tree import debug_tree
from fhir_server.operations.fhirpath.parts import part_of, places
from fhir_server.operations.fhirpath.question import Question, from_pairs, read_question
from fhir_server.operations.messages import INPUT_MISSING, INPUT_VALUE
from fhir_server.operations.referring import local_key, references
from terminology.names import DEFAULT_BASE

PARAMS = frozenset(("expression", "context"))
#: References of a resource that ``resolve()`` can follow.
_MOST_RESOLVED = 500


async def handle(service: Service, context: Context, request: Request) -> Response:
    """Parameters with what was asked and a ``result`` for each item of the context. Raises BadRequest, TooCostly."""
    question = from_pairs(request.pairs)
    if request.has_content:
        question = read_question(request.content(), service.definitions)
    if not question.expression:
        raise BadRequest.of(INPUT_MISSING, operation="fhirpath", name="expression")
    resource = await _subject(service, context, request, question)
    environment = Environment(
        resolve=(await _resolvable(service, context, resource)).get,
        now=local_instant(context.now, service.zone),
        variables=question.variables,
    )
    evaluation = Evaluation(question, resource, environment, service.definitions, context.language)
    return Response(200, encode(await asyncio.to_thread(evaluation.answer)))


async def _subject(service: Service, context: Context, request: Request, question: Question) -> dict[str, Any]:
    """The resource of the question: in it, named by it, or that of the URL."""
    given, target = question.resource, request.target
    if isinstance(given, dict):
        if not service.definitions.is_resource(str(given.get("resourceType"))):
            raise BadRequest.of(INPUT_VALUE, name="resource", expected="a resource", expected_vi="một tài nguyên")
        return given
    key = local_key(given, context.base_url) if isinstance(given, str) else None
    type_name, id = key or (target.type, target.id)  # noqa: A001
    if not id or (isinstance(given, str) and key is None):
        raise BadRequest.of(INPUT_MISSING, operation="fhirpath", name="resource")
    return decode((await service.repository.read(type_name, id, visible=context.visible)).body)


async def _resolvable(service: Service, context: Context, resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The resources that the references of a resource lead to here, by the text of the reference."""
    texts = dict.fromkeys(text for text, _ in references(resource, ""))
    keys = {text: key for text in texts if (key := local_key(text, context.base_url))}
    wanted = list(dict.fromkeys(keys.values()))[:_MOST_RESOLVED]
    found = await service.repository.read_many(wanted, visible=context.visible)
    bodies = {one.key: decode(one.body) for one in found}
    return {text: bodies[key] for text, key in keys.items() if key in bodies}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One question about one resource."""

    question: Question
    resource: dict[str, Any]
    environment: Environment
    definitions: Definitions
    language: str

    def answer(self) -> dict[str, Any]:
        """The Parameters resource. Raises BadRequest for an expression that fails, TooCostly."""
        try:
            results = self._results()
        except FhirPathError as error:
            category = TooCostly if error.issues[0].message is TOO_COSTLY else BadRequest
            raise category(*error.issues) from error
        told = {"name": "parameters", "part": self._told()}
        return {"resourceType": "Parameters", "id": "fhirpath", "parameter": [told, *results]}

    def _told(self) -> list[dict[str, Any]]:
        question = self.question
        evaluator = f"vn-fhir-server {version('vn-fhir-server')} (R4)"
        tree = encode(debug_tree(parse(question.expression))).decode()
        parts = [
            {"name": "evaluator", "valueString": evaluator},
            {"name": "parseDebugTree", "valueString": tree},
            *question.told,
            {"name": "resource", "resource": self.resource},
        ]
        if question.terminology_server:
            parts.append({"name": "terminologyserver", "valueString": question.terminology_server})
        problem = self._problem() if question.validate else ""
        return [*parts, {"name": "parseDebug", "valueString": problem}] if problem else parts

    def _problem(self) -> str:
        """What a static check against the type of the resource finds; "" for nothing."""
        question, variables = self.question, tuple(self.question.variables)
        text = f"({question.context}).select({question.expression})" if question.context else question.expression
        try:
            compile(text, self.definitions, self.resource["resourceType"], variables=variables, strict=True)
        except FhirError as error:
            return "; ".join(issue.text(self.language) for issue in error.issues)
        return ""

    def _results(self) -> list[dict[str, Any]]:
        paths = dict(places(self.resource, str(self.resource["resourceType"])))
        if not self.question.context:
            return [{"name": "result", **self._result(self.resource, paths)}]
        items = self._compiled(self.question.context).evaluate(self.resource, self.environment)
        rows = []
        for index, item in enumerate(items):
            place = paths.get(id(item.value), f"{self.question.context}[{index}]")
            rows.append({"name": "result", "valueString": place, **self._result(item, paths)})
        return rows

    def _result(self, item: Node | dict[str, Any], paths: Mapping[int, str]) -> dict[str, Any]:
        traces: list[dict[str, Any]] = []

        def trace(name: str, nodes: list[Node]) -> None:
            parts = [part_of(node, paths, self.definitions) for node in nodes]
            traces.append({"name": "trace", "valueString": name} | ({"part": parts} if parts else {}))

        given = self.environment
        environment = Environment(
            self.resource, self.resource, resolve=given.resolve, trace=trace, now=given.now, variables=given.variables
        )
        nodes = self._compiled(self.question.expression).evaluate(item, environment)
        parts = [*(part_of(node, paths, self.definitions) for node in nodes), *traces]
        return {"part": parts} if parts else {}

    def _compiled(self, text: str) -> Any:
        return compile(text, self.definitions, variables=tuple(self.question.variables))


FHIRPATH = OperationDef(
    code="fhirpath",
    canonical=f"{DEFAULT_BASE}/OperationDefinition/fhirpath",
    types=(ANY_TYPE,),
    shapes=(Shape.SYSTEM_OPERATION, Shape.INSTANCE_OPERATION),
    changes_state=False,
    handle=handle,
    params=PARAMS,
)

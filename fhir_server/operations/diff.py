"""$diff: what changed between two versions, or differs between two resources, as a FHIRPath Patch.

https://hl7.org/fhir/R4/fhirpatch.html

Of an instance: from ``fromVersion`` (the one before, by default) to ``toVersion`` (the current one). At the system:
``from`` and ``to`` name two resources or versions of this server, or bring the resources themselves.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from conformance.differences import differences
from conformance.errors import BadRequest, Unprocessable
from conformance.issues import has_errors
from conformance.json_codec import decode, encode
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.registry import ANY_TYPE, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.messages import DIFFERENT_TYPES, INPUT_MISSING, INPUT_VALUE
from fhir_server.operations.parameters import carried_resource, given, inputs
from fhir_server.search.places import below
from profiles.vn.validator import AT_WRITE
from terminology.names import DEFAULT_BASE

VERSION_PARAMS = frozenset(("fromVersion", "toVersion"))
PARAMS = frozenset(("from", "to"))
_VERSION = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/([A-Za-z0-9\-.]{1,64}))?")


async def of_instance(service: Service, context: Context, request: Request) -> Response:
    """The operations that lead from one version to another. Raises NotFound, Gone, BadRequest."""
    request = inputs(request, VERSION_PARAMS)
    target = request.target
    later = request.parameter("toVersion")
    right = await _version(service, context, target.type, target.id, later)
    earlier = request.parameter("fromVersion") or str(int(right["meta"]["versionId"]) - 1)
    left = await _version(service, context, target.type, target.id, earlier)
    return await _answer(service, left, right)


async def of_two(service: Service, context: Context, request: Request) -> Response:
    """The operations that lead from one resource to another. Raises NotFound, Gone, BadRequest."""
    content = request.content() if request.has_content else {}
    pairs = dict(request.pairs) | dict(_named(content))
    left, right = [await _side(service, context, name, content, pairs) for name in ("from", "to")]
    if left.get("resourceType") != right.get("resourceType"):
        raise BadRequest.of(DIFFERENT_TYPES, left=left.get("resourceType"), right=right.get("resourceType"))
    return await _answer(service, left, right)


def _named(content: dict[str, Any]) -> list[tuple[str, str]]:
    """The parameters that name a resource."""
    rows = content.get("parameter", [])
    named = [row for row in rows if not (isinstance(row, dict) and "resource" in row)] if isinstance(rows, list) else []
    return list(given({"parameter": named}, PARAMS))


async def _side(
    service: Service, context: Context, name: str, content: dict[str, Any], pairs: Mapping[str, str]
) -> dict[str, Any]:
    """The resource that stands in the parameter, or that it names."""
    carried = carried_resource(content, name)
    if carried is not None:
        return _sound(service, name, *carried)
    if name not in pairs:
        raise BadRequest.of(INPUT_MISSING, operation="diff", name=name)
    match = _VERSION.fullmatch(below(pairs[name], context.base_url))
    if match is None or not service.definitions.is_resource(match[1]):
        expected = "Type/id or Type/id/_history/version"
        raise BadRequest.of(BAD_PARAMETER, parameter=name, value=pairs[name], expected=expected)
    return await _version(service, context, match[1], match[2], match[3])


def _sound(service: Service, name: str, resource: dict[str, Any], place: str) -> dict[str, Any]:
    """The resource. Raises BadRequest for what is none, Unprocessable for one that breaks its structure."""
    if not service.definitions.is_resource(str(resource.get("resourceType"))):
        raise BadRequest.of(INPUT_VALUE, place, name=name, expected="a resource", expected_vi="một tài nguyên")
    issues = service.checks.validator.validate(resource, (), AT_WRITE)
    if has_errors(issues):
        raise Unprocessable(*issues)
    return resource


async def _version(service: Service, context: Context, type: str, id: str, version: str | None) -> dict[str, Any]:
    if version is None:
        return decode((await service.repository.read(type, id, visible=context.visible)).body)
    return decode((await service.repository.vread(type, id, version, visible=context.visible)).body)


async def _answer(service: Service, left: dict[str, Any], right: dict[str, Any]) -> Response:
    return Response(200, encode(await asyncio.to_thread(differences, left, right, service.definitions)))


DIFF = OperationDef(
    code="diff",
    canonical=f"{DEFAULT_BASE}/OperationDefinition/diff",
    types=(ANY_TYPE,),
    shapes=(Shape.INSTANCE_OPERATION,),
    changes_state=False,
    handle=of_instance,
    params=VERSION_PARAMS,
)
DIFF_OF_TWO = OperationDef(
    code="diff",
    canonical=f"{DEFAULT_BASE}/OperationDefinition/diff-resources",
    types=(),
    shapes=(Shape.SYSTEM_OPERATION,),
    changes_state=False,
    handle=of_two,
    params=PARAMS,
)

"""Composition/[id]/$document: a Composition with all that it refers to. https://hl7.org/fhir/R4/composition-operation-document.html

What the resources of the document refer to on this server is part of it, so that it can be read by itself. A document
that lacks what its Composition refers to here would be none: it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.errors import BadRequest, TooCostly, Unprocessable
from conformance.issues import Issue, Words
from conformance.json_codec import decode, encode
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.registry import OperationDef
from fhir_server.exchange.request import Request, Response, Return
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape, Target, is_id
from fhir_server.operations.messages import DOCUMENT_INCOMPLETE, INPUT_MISSING, TOO_MANY_RESOURCES
from fhir_server.operations.parameters import inputs
from fhir_server.operations.referring import local_key, references
from fhir_server.store.protocol import Key, instant

PARAMS = frozenset(("id", "persist"))
#: Resources of one document.
LIMIT = 1_000
_BOOLEANS = {"true": True, "false": False}


async def handle(service: Service, context: Context, request: Request) -> Response:
    """A document Bundle; with ``persist`` it is stored, and the Location tells where.

    Raises NotFound, Gone, Unprocessable for a document that cannot be whole, TooCostly.
    """
    request = inputs(request, PARAMS)
    asked = request.parameter("persist") or "false"
    if asked not in _BOOLEANS:
        raise BadRequest.of(BAD_PARAMETER, parameter="persist", value=asked, expected="true | false")
    key = Key("Composition", _id(request, context))
    document = _bundle(context, await _Gathering(service, context).all(key))
    return await _kept(service, context, document) if _BOOLEANS[asked] else Response(200, encode(document))


def _id(request: Request, context: Context) -> str:
    """The Composition that the URL or, at the type, the parameter ``id`` names."""
    given = request.parameter("id")
    if request.target.id:
        if given is not None:
            raise BadRequest.of(
                BAD_PARAMETER,
                parameter="id",
                value=given,
                expected=Words("no id beside that of the URL", "không có id ngoài id của URL"),
            )
        return request.target.id
    if given is None:
        raise BadRequest.of(INPUT_MISSING, operation="document", name="id")
    key = Key("Composition", given) if is_id(given) else local_key(given, context.base_url)
    if key is None or key.type != "Composition":
        raise BadRequest.of(
            BAD_PARAMETER,
            parameter="id",
            value=given,
            expected=Words("a Composition of this server", "một Composition của máy chủ này"),
        )
    return key.id


@dataclass(slots=True)
class _Gathering:
    """Follows references from one resource, round by round."""

    service: Service
    context: Context
    found: dict[Key, dict[str, Any]] = field(default_factory=dict)

    async def all(self, key: Key) -> dict[Key, dict[str, Any]]:
        """The resource and what it leads to, in the order in which it was reached."""
        version = await self.service.repository.read(key.type, key.id, visible=self.context.visible)
        self.found[key] = decode(version.body)
        await self._round([key])
        self._require_whole(key)
        seen: set[Key] = {key}
        while len(seen) < len(self.found):
            waiting = [one for one in self.found if one not in seen]
            seen.update(waiting)
            await self._round(waiting)
        return self.found

    async def _round(self, keys: list[Key]) -> None:
        wanted = {target for key in keys for target in self._targets(key) if target not in self.found}
        for version in await self.service.repository.read_many(sorted(wanted), visible=self.context.visible):
            self.found[version.key] = decode(version.body)
        if len(self.found) > LIMIT:
            raise TooCostly.of(TOO_MANY_RESOURCES, operation="document", limit=LIMIT)

    def _targets(self, key: Key) -> list[Key]:
        texts = (text for text, _ in references(self.found[key], key.type))
        return [target for text in texts if (target := local_key(text, self.context.base_url))]

    def _require_whole(self, key: Key) -> None:
        issues = [
            Issue(DOCUMENT_INCOMPLETE, place, {"reference": text})
            for text, place in references(self.found[key], key.type)
            if (target := local_key(text, self.context.base_url)) and target not in self.found
        ]
        if issues:
            raise Unprocessable(*issues)


def _bundle(context: Context, resources: dict[Key, dict[str, Any]]) -> dict[str, Any]:
    """The document, its Composition first. https://hl7.org/fhir/R4/documents.html"""
    return {
        "resourceType": "Bundle",
        "id": context.new_id(),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{context.new_id()}"},
        "type": "document",
        "timestamp": instant(context.now).decode(),
        "entry": [{"fullUrl": f"{context.base_url}/{key}", "resource": one} for key, one in resources.items()],
    }


async def _kept(service: Service, context: Context, document: dict[str, Any]) -> Response:
    """The answer to storing it like any Bundle that a client creates."""
    target = Target(Shape.TYPE, "Bundle")
    create = Request("POST", target, resource=document, returns=Return.REPRESENTATION)
    response = await service.answer(context, create)
    response.status = 200
    return response


DOCUMENT = OperationDef(
    code="document",
    canonical="http://hl7.org/fhir/OperationDefinition/Composition-document",
    types=("Composition",),
    shapes=(Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION),
    changes_state=False,
    handle=handle,
    params=PARAMS,
)

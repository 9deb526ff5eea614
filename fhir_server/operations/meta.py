"""$meta, $meta-add and $meta-delete. https://hl7.org/fhir/R4/resource-operation-meta.html

Adding and deleting are updates like any other: they make a new version, and are checked as the policy asks. At a type
or the system, $meta tells which profiles, tags and labels are in use there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

import msgspec

from conformance.errors import BadRequest, Conflict, PreconditionFailed, TooCostly
from conformance.json_codec import decode, encode
from fhir_server.exchange.context import Context
from fhir_server.exchange.etag import etag, names_version
from fhir_server.exchange.registry import ANY_TYPE, OperationDef
from fhir_server.exchange.request import Request, Response, Return
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape, Target
from fhir_server.exchange.writing import ATTEMPTS
from fhir_server.operations.messages import INPUT_MISSING, TOO_MANY_RESOURCES
from fhir_server.operations.parameters import rows
from fhir_server.repository.messages import CHANGED_MEANWHILE, VERSION_MISMATCH
from fhir_server.repository.visibility import only_visible

#: Resources that $meta of a type or the system looks at.
LIMIT = 100_000
#: The members of Meta that are sets.
SETS = ("profile", "security", "tag")

_Meta: TypeAlias = dict[str, Any]


class _Stored(msgspec.Struct):
    """Of a stored resource only what is needed here."""

    meta: dict[str, Any] = {}


_STORED = msgspec.json.Decoder(_Stored)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """Parameters with the Meta of a resource, or with all that is in use. Raises NotFound, Gone, TooCostly."""
    target = request.target
    if target.version:
        version = await service.repository.vread(target.type, target.id, target.version, visible=context.visible)
        return _answer(_STORED.decode(version.body).meta)
    if target.id:
        version = await service.repository.read(target.type, target.id, visible=context.visible)
        return _answer(_STORED.decode(version.body).meta)
    return _answer(await _in_use(service, context, target.type))


async def _in_use(service: Service, context: Context, type: str) -> _Meta:
    store, found, seen = service.repository.store, dict[str, Any](), 0
    position = await store.position()
    async for chunk in store.scan((type,) if type else (), position):
        seen += len(chunk)
        if seen > LIMIT:
            raise TooCostly.of(TOO_MANY_RESOURCES, operation="meta", limit=LIMIT)
        for version in await only_visible(store, chunk, context.visible, position):
            found = united(found, _STORED.decode(version.body).meta)
    return {name: found[name] for name in SETS if name in found}


def united(meta: _Meta, more: _Meta) -> _Meta:
    """``meta`` with the profiles, tags and labels of ``more`` that it does not have yet."""
    return _with(meta, more, lambda held, given: [*held, *_new(held, given)])


def reduced(meta: _Meta, less: _Meta) -> _Meta:
    """``meta`` without the profiles, tags and labels of ``less``."""
    return _with(meta, less, lambda held, given: _new(given, held))


def _with(meta: _Meta, other: _Meta, change: Callable[[list[Any], list[Any]], list[Any]]) -> _Meta:
    changed = {name: change(meta.get(name, []), other[name]) for name in SETS if other.get(name)}
    return {name: value for name, value in {**meta, **changed}.items() if value != []}


def _new(held: Iterable[Any], given: Iterable[Any]) -> list[Any]:
    """Those of ``given`` that are not in ``held``, each once."""
    known = set(map(_identity, held))
    found = {_identity(one): one for one in given if _identity(one) not in known}
    return list(found.values())


def _identity(one: Any) -> Any:
    """What tells a profile, tag or label from others: version and display do not count."""
    return (str(one.get("system", "")), str(one.get("code", ""))) if isinstance(one, dict) else one


async def change(
    combine: Callable[[_Meta, _Meta], _Meta], service: Service, context: Context, request: Request
) -> Response:
    """Parameters with the Meta after the change. Raises NotFound, Gone, and what an update raises."""
    given, target = _given(request), request.target
    for _ in range(ATTEMPTS):
        version = await service.repository.read(target.type, target.id, visible=context.visible)
        if request.if_match and not names_version(request.if_match, version.version_id):
            raise PreconditionFailed.of(VERSION_MISMATCH, key=str(version.key), current=version.version_id)
        resource = decode(version.body)
        resource["meta"] = combine(resource.get("meta", {}), given)
        try:
            response = await service.answer(context, _update(target, resource, version.version_id))
        except PreconditionFailed:
            continue
        return _answer(_STORED.decode(response.body).meta, response)
    raise Conflict.of(CHANGED_MEANWHILE)


def _update(target: Target, resource: dict[str, Any], version_id: int) -> Request:
    return Request(
        "PUT",
        Target(Shape.INSTANCE, target.type, target.id),
        resource=resource,
        if_match=etag(version_id),
        returns=Return.REPRESENTATION,
    )


def _given(request: Request) -> _Meta:
    """The parameter ``meta``. Raises BadRequest when there is none, or more than that."""
    content = request.content()
    found = rows(content) if content.get("resourceType") == "Parameters" else []
    metas = [row.get("valueMeta") for row in found if row["name"] == "meta"]
    if len(found) != 1 or len(metas) != 1 or not isinstance(metas[0], dict) or not _is_sound(metas[0]):
        raise BadRequest.of(INPUT_MISSING, operation=request.target.operation, name="meta")
    return metas[0]


def _is_sound(meta: _Meta) -> bool:
    """Validation checks what comes of it; here each set must be a list, of texts or of codings."""
    kinds = {"profile": str, "security": dict, "tag": dict}
    lists = [(meta.get(name, []), kind) for name, kind in kinds.items()]
    return all(isinstance(held, list) and all(isinstance(one, kind) for one in held) for held, kind in lists)


def _answer(meta: _Meta, response: Response | None = None) -> Response:
    parameter: dict[str, Any] = {"name": "return", "valueMeta": meta}
    body = encode({"resourceType": "Parameters"} | ({"parameter": [parameter]} if meta else {}))
    if response is None:
        return Response(200, body)
    return Response(200, body, response.version_id, response.last_updated, issues=response.issues)


_HL7 = "http://hl7.org/fhir/OperationDefinition/Resource-"

META = OperationDef(
    code="meta",
    canonical=f"{_HL7}meta",
    types=(ANY_TYPE,),
    shapes=(Shape.SYSTEM_OPERATION, Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION, Shape.VERSION_OPERATION),
    changes_state=False,
    handle=handle,
)
META_ADD = OperationDef(
    code="meta-add",
    canonical=f"{_HL7}meta-add",
    types=(ANY_TYPE,),
    shapes=(Shape.INSTANCE_OPERATION,),
    changes_state=True,
    handle=partial(change, united),
)
META_DELETE = OperationDef(
    code="meta-delete",
    canonical=f"{_HL7}meta-delete",
    types=(ANY_TYPE,),
    shapes=(Shape.INSTANCE_OPERATION,),
    changes_state=True,
    handle=partial(change, reduced),
)

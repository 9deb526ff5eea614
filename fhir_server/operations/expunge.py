"""$expunge: content of versions is removed for good, by administrators. As HAPI FHIR has it; R4 leaves it to servers.

https://hl7.org/fhir/R4/http.html#delete

What is current and live stays, unless everything is to go. A deleted resource stays while a live one refers to it, and
what a running job reads stays until that has ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import groupby

from conformance.errors import BadRequest, Conflict, Forbidden, NotFound, NotSupported
from conformance.issues import Issue, operation_outcome
from conformance.json_codec import encode
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.registry import ANY_TYPE, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.messages import (
    EXPUNGE_CURRENT,
    EXPUNGE_HELD,
    EXPUNGE_NOT_EVERYTHING,
    EXPUNGE_NOTHING,
    EXPUNGE_REFERRED,
    EXPUNGE_SYSTEM_ONLY,
    NO_EXPUNGE,
    NOT_ADMIN,
)
from fhir_server.operations.parameters import inputs
from fhir_server.repository.messages import NOT_FOUND, VERSION_NOT_FOUND
from fhir_server.search import SearchRegistry
from fhir_server.store.expunging import Expungeable, Wanted
from fhir_server.store.protocol import HOLDS, Key, Store, Version
from fhir_server.store.query import Or, Query, ReferenceTerm

#: Versions that one call removes when it does not say how many, and at most.
LIMIT, MOST = 1_000, 100_000
#: Versions of one commit.
BATCH = 500
#: Digits that a versionId of ours never has.
_DIGITS = 16
#: Resources that were left and are named.
_NAMED = 20

DELETED, PREVIOUS, EVERYTHING = "expungeDeletedResources", "expungePreviousVersions", "expungeEverything"
DRY_RUN, LIMITED = "_dryRun", "limit"
PARAMS = frozenset((DELETED, PREVIOUS, EVERYTHING, DRY_RUN, LIMITED))


async def handle(service: Service, context: Context, request: Request) -> Response:
    """Parameters with the count of what is gone.

    Raises Forbidden, NotSupported, BadRequest, NotFound, and Conflict for a version that is current.
    """
    if not context.is_admin:
        raise Forbidden.of(NOT_ADMIN, operation=f"${request.target.operation}")
    store = service.repository.store
    if not isinstance(store, Expungeable):
        raise NotSupported.of(NO_EXPUNGE)
    asked = inputs(request, PARAMS)
    wanted = _wanted(service, asked)
    await _require_there(store, wanted)
    work = _Expunge(store, service.registry, wanted, is_dry=_flag(asked, DRY_RUN))
    await work.run(_limit(asked))
    return Response(200, encode(_told(work.count, await work.left(), context.language)))


class _Expunge:
    """One call: what went, and what was left."""

    def __init__(self, store: Expungeable, registry: SearchRegistry, wanted: Wanted, *, is_dry: bool) -> None:
        self.count = 0
        self._store, self._registry, self._wanted, self._is_dry = store, registry, wanted, is_dry
        self._missed = 0
        self._referred: list[Key] = []
        self._leading: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    async def run(self, limit: int) -> None:
        """Remove at most so many versions."""
        batch: list[Version] = []
        async for versions in self._candidates():
            batch += versions[: limit - self.count - len(batch)]
            is_last = self.count + len(batch) >= limit
            if is_last or len(batch) >= BATCH:
                await self._remove(batch)
                batch = []
            if is_last:
                return
        await self._remove(batch)

    async def _candidates(self) -> AsyncIterator[list[Version]]:
        """The versions that are to go, a key at a time."""
        async for chunk in self._store.expungeable(self._wanted):
            for key, versions in groupby(chunk, key=lambda version: version.key):
                found = list(versions)
                if await self._is_current_deletion(found[-1]) and await self._is_referred(key):
                    self._referred.append(key)
                    found = found[:-1] if self._wanted.previous else []
                if found:
                    yield found

    async def _is_current_deletion(self, last: Version) -> bool:
        """True for what makes a resource deleted. A deletion before it was created anew is a version like others."""
        if self._wanted.live or not last.is_deleted:
            return False
        current = await self._store.read(last.key)
        return current is not None and current.version_id == last.version_id

    async def _is_referred(self, key: Key) -> bool:
        """True when a live resource refers to this one."""
        if key.type not in self._leading:
            self._leading[key.type] = _leading(self._registry, key.type)
        types, names = self._leading[key.type]
        query = Query(types, Or(tuple(ReferenceTerm(name, str(key)) for name in names)))
        return bool(names and (await self._store.search(query, limit=1)).versions)

    async def _remove(self, versions: Sequence[Version]) -> None:
        gone = len(versions)
        if versions and not self._is_dry:
            gone = await self._store.expunge(versions, self._wanted)
        self.count += gone
        self._missed += len(versions) - gone

    async def left(self) -> list[Issue]:
        """What is to be told of what was left."""
        told = [Issue(EXPUNGE_REFERRED, params={"key": key}) for key in self._referred[:_NAMED]]
        if self._missed or (self._is_dry and [one async for one in self._store.records(HOLDS)]):
            told.append(Issue(EXPUNGE_HELD, params={"count": self._missed}))
        return told


def _leading(registry: SearchRegistry, type: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Types and parameters by which a resource of this type may be referred to."""
    found = [
        (source, name)
        for source in registry.resource_types
        for parameter in registry.references(source)
        if type in parameter.targets
        for name in parameter.entries or (parameter.code,)
    ]
    return tuple(dict.fromkeys(source for source, _ in found)), tuple(sorted({name for _, name in found}))


def _wanted(service: Service, request: Request) -> Wanted:
    """What is to go. Raises BadRequest, and Forbidden for everything where that is not allowed."""
    target = request.target
    deleted, previous, everything = (_flag(request, name) for name in (DELETED, PREVIOUS, EVERYTHING))
    if not (deleted or previous or everything):
        raise BadRequest.of(EXPUNGE_NOTHING)
    if everything and target.type:
        raise BadRequest.of(EXPUNGE_SYSTEM_ONLY)
    if everything and not service.expunge_everything:
        raise Forbidden.of(EXPUNGE_NOT_EVERYTHING)
    types = (target.type,) if target.type else ()
    return Wanted(types, target.id, _version_id(target.version), previous, deleted, everything)


def _version_id(text: str) -> int:
    """0 for none, -1 for what is no versionId of ours: never is all meant by it."""
    if not text:
        return 0
    return (int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 0) or -1


async def _require_there(store: Store, wanted: Wanted) -> None:
    """Raises NotFound for an instance or version that is not there, Conflict for a version that is current."""
    if not wanted.id:
        return
    key = Key(wanted.types[0], wanted.id)
    current = await store.read(key)
    if current is None:
        raise NotFound.of(NOT_FOUND, key=key)
    if not wanted.version_id:
        return
    version = await store.vread(key, wanted.version_id)
    if version is None:
        raise NotFound.of(VERSION_NOT_FOUND, key=key, version=wanted.version_id)
    if version.version_id == current.version_id and not version.is_deleted:
        raise Conflict.of(EXPUNGE_CURRENT, key=key, version=wanted.version_id)


def _flag(request: Request, name: str) -> bool:
    """Raises BadRequest for what is no boolean."""
    given = request.parameter(name) or "false"
    if given not in ("true", "false"):
        raise BadRequest.of(BAD_PARAMETER, parameter=name, value=given, expected="true | false")
    return given == "true"


def _limit(request: Request) -> int:
    """How many versions may go. Raises BadRequest."""
    given = request.parameter(LIMITED)
    if given is None:
        return MOST if _flag(request, EVERYTHING) else LIMIT
    if not (given.isascii() and given.isdecimal() and 0 < int(given[:9]) <= MOST and len(given) < 9):
        raise BadRequest.of(BAD_PARAMETER, parameter=LIMITED, value=given, expected=f"1 to {MOST}")
    return int(given)


def _told(count: int, left: Sequence[Issue], language: str) -> dict[str, object]:
    rows: list[dict[str, object]] = [{"name": "count", "valueInteger": count}]
    if left:
        rows.append({"name": "outcome", "resource": operation_outcome(left, language)})
    return {"resourceType": "Parameters", "parameter": rows}


EXPUNGE = OperationDef(
    code="expunge",
    canonical="https://w3id.org/vn-ehb/OperationDefinition/expunge",
    types=(ANY_TYPE,),
    shapes=(Shape.SYSTEM_OPERATION, Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION, Shape.VERSION_OPERATION),
    changes_state=True,
    handle=handle,
    params=PARAMS,
    in_bundle=False,
    admin_only=True,
)

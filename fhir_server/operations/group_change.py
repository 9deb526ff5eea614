"""Group/$add and $remove, as $member-add and $member-remove too: members of a Group without the Group in the request.

https://hl7.org/fhir/R5/operations-for-large-resources.html,
https://hl7.org/fhir/us/davinci-atr/OperationDefinition-member-add.html. A change is an update like any other: one new
version, checked as the policy asks. Changes of one Group at the same time take turns, so that none is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from conformance.errors import Conflict, PreconditionFailed, Unprocessable
from conformance.issues import Issue, Message
from conformance.json_codec import decode
from fhir_server.exchange.context import Context
from fhir_server.exchange.etag import etag, names_version
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.registry import OperationDef
from fhir_server.exchange.request import Request, Response, Return
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape, Target
from fhir_server.operations import messages
from fhir_server.operations.group_asked import holder, members_of
from fhir_server.operations.group_members import Changed, Group, Member, added, name, removed
from fhir_server.repository.includes import local_key
from fhir_server.repository.messages import CHANGED_MEANWHILE, VERSION_MISMATCH
from fhir_server.store.protocol import Key, Store, Version

#: How often a change is made anew when another server process was quicker: each time somebody else has come through.
ATTEMPTS = 200
#: Members that an answer names one by one.
TOLD = 100
_CHUNK = 500

#: Whose turn it is in this process, by store and Group.
_turns: WeakKeyDictionary[Store, WeakValueDictionary[str, asyncio.Lock]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Way:
    """One of the two ways that members change, and what it says. ``is_strict``: they must be here."""

    change: Callable[[Group, Iterable[Member], str], Changed]
    done: Message
    idle: Message
    is_strict: bool

    async def __call__(self, service: Service, context: Context, request: Request) -> Response:
        """An OperationOutcome, the Group, or nothing, as the client prefers.

        Raises NotFound, Gone, PreconditionFailed, Unprocessable with every member that cannot be one.
        """
        asked = await members_of(service, context, request, is_strict=self.is_strict)
        if self.is_strict:
            await _require(service, context, asked)
        async with _turn(service.repository.store, request.target.id):
            return await self._changed(service, context, request, asked)

    async def _changed(self, service: Service, context: Context, request: Request, asked: list[Member]) -> Response:
        for _ in range(ATTEMPTS):
            version = await service.repository.read("Group", request.target.id, visible=context.visible)
            if request.if_match and not names_version(request.if_match, version.version_id):
                raise PreconditionFailed.of(VERSION_MISMATCH, key=str(version.key), current=version.version_id)
            found = self.change(_group(version), asked, context.base_url)
            if not found.done:
                stored = Response(200, version.body, version.version_id, version.last_updated)
                return self._answer(context, request, found, stored)
            try:
                response = await service.answer(context, _update(found.group, version))
            except PreconditionFailed:
                continue
            return self._answer(context, request, found, response)
        raise Conflict.of(CHANGED_MEANWHILE)

    def _answer(self, context: Context, request: Request, found: Changed, stored: Response) -> Response:
        bodies: dict[Return, Callable[[], bytes]] = {
            Return.MINIMAL: bytes,
            Return.REPRESENTATION: lambda: stored.body,
            Return.OUTCOME: lambda: outcome_bytes(self._told(request, found, stored.version_id), context.language),
        }
        body = bodies[request.returns or Return.OUTCOME]()
        return Response(200, body, stored.version_id, stored.last_updated, issues=stored.issues)

    def _told(self, request: Request, found: Changed, version: int) -> Iterator[Issue]:
        group = f"Group/{request.target.id}"
        yield Issue(self.done, params={"count": len(found.done), "group": group, "version": version})
        for member in islice(found.idle, TOLD):
            yield Issue(self.idle, params={"member": name(member)})
        if len(found.idle) > TOLD:
            yield Issue(messages.MORE_MEMBERS, params={"count": len(found.idle) - TOLD})


def _group(version: Version) -> Group:
    """The Group, which must be one that can have members (grp-1). Raises Unprocessable."""
    group = decode(version.body)
    if group.get("actual") is not True:
        raise Unprocessable.of(messages.NO_MEMBERS_HERE, group=str(version.key))
    return group


def _update(group: Group, version: Version) -> Request:
    return Request(
        "PUT",
        Target(Shape.INSTANCE, *version.key),
        resource=group,
        if_match=etag(version.version_id),
        returns=Return.REPRESENTATION,
    )


def _turn(store: Store, group: str) -> asyncio.Lock:
    turns = _turns.setdefault(store, WeakValueDictionary())
    return turns.setdefault(group, asyncio.Lock())


async def _require(service: Service, context: Context, members: Sequence[Member]) -> None:
    """Refuse members that are of no type for it, or not on this server though they should be. Raises Unprocessable."""
    types = next(row.targets for row in service.registry.references("Group") if row.code == "member")
    keys = {name(member): await _key(service, context, member["entity"], types) for member in members}
    named = list(dict.fromkeys(filter(None, keys.values())))
    here: set[Key] = set()
    for start in range(0, len(named), _CHUNK):
        found = await service.repository.read_many(named[start : start + _CHUNK], visible=context.visible)
        here.update(version.key for version in found)
    others = {key for key in named if key.type not in types}
    known = here | others
    told = ", ".join(types)
    issues = [Issue(messages.MEMBER_TYPE, params={"member": key, "types": told}) for key in named if key in others]
    issues += [
        Issue(messages.MEMBER_UNKNOWN, params={"member": member}) for member, key in keys.items() if key not in known
    ]
    if issues:
        raise Unprocessable(*issues[:TOLD])


async def _key(service: Service, context: Context, entity: dict[str, Any], types: Sequence[str]) -> Key | None:
    """Whom an entity means on this server, who may be gone; None for who is elsewhere or has no such identifier."""
    if "reference" in entity:
        return local_key(entity["reference"])
    return await holder(service, context, entity["identifier"], types)


ADDING = Way(added, messages.MEMBERS_ADDED, messages.MEMBER_ALREADY, is_strict=True)
REMOVING = Way(removed, messages.MEMBERS_REMOVED, messages.NOT_A_MEMBER, is_strict=False)


def _operation(code: str, canonical: str, way: Way) -> OperationDef:
    return OperationDef(
        code=code,
        canonical=canonical,
        types=("Group",),
        shapes=(Shape.INSTANCE_OPERATION,),
        changes_state=True,
        handle=way,
    )


_HL7, _ATR = (
    "http://hl7.org/fhir/OperationDefinition/Resource-",
    "http://hl7.org/fhir/us/davinci-atr/OperationDefinition/",
)
GROUP_CHANGES = (
    _operation("add", f"{_HL7}add", ADDING),
    _operation("remove", f"{_HL7}remove", REMOVING),
    _operation("member-add", f"{_ATR}member-add", ADDING),
    _operation("member-remove", f"{_ATR}member-remove", REMOVING),
)

"""What the operations on ViewDefinitions are asked for. https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionRun.html"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.errors import BadRequest, FhirError, InvalidContent, TooCostly, Unprocessable
from conformance.issues import Words
from conformance.json_codec import decode, encode
from conformance.temporal import interval
from conformance.views import View, compile_view
from fhir_server.bulk.exporting.asked import AN_INSTANT
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import TYPE_MISMATCH
from fhir_server.exchange.request import Request
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import is_id
from fhir_server.operations import view_messages as messages
from fhir_server.operations.parameters import rows, text_of
from fhir_server.search.places import below

#: The parameters of each operation, and whether each may be repeated.
_SHARED = {"_format": False, "header": False, "patient": True, "group": True, "_since": False}
OF_RUN = _SHARED | {"viewResource": False, "viewReference": False, "_limit": False, "resource": True}
OF_EXPORT = _SHARED | {"view": True, "clientTrackingId": False}
#: What would be read from elsewhere: to leave that out for a lenient client would give it other data.
_ELSEWHERE = frozenset(("source",))
#: Parameters that concern how an answer is written.
_OF_THE_ANSWER = frozenset(("_pretty",))
_TRUTH = {"true": True, "false": False}


#: Bytes of the definitions of one request: an export keeps them in the record of its job.
BYTES = 512 * 1024


class Parts(NamedTuple):
    """A parameter that has parts, and where it is."""

    place: str
    row: dict[str, Any]


@dataclass(slots=True)
class Inputs:
    """The values by name: texts, resources as objects, and ``Parts``."""

    values: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request, known: Mapping[str, bool], *, strict: bool) -> Inputs:
        """Those of a URL and a body: Parameters, or the ViewDefinition itself. Raises BadRequest, InvalidContent."""
        found = cls()
        for name, value in (*request.pairs, *_sent(request)):
            if name in known:
                found.values.setdefault(name, []).append(value)
            elif name in _ELSEWHERE or (strict and name not in _OF_THE_ANSWER):
                raise BadRequest.of(messages.UNKNOWN_INPUT, parameter=name)
        for name, values in found.values.items():
            if len(values) > 1 and not known[name]:
                raise BadRequest.of(
                    messages.BAD_INPUT,
                    parameter=name,
                    value=f"{len(values)} ×",
                    expected=Words("one value", "một giá trị"),
                )
        return found

    def one(self, name: str) -> Any:
        """The only value; None without one."""
        return self.values[name][0] if name in self.values else None

    def truth(self, name: str, default: bool) -> bool:
        """True or false."""
        text = self.one(name)
        if text is None:
            return default
        found = _TRUTH.get(str(text))
        if found is None:
            raise BadRequest.of(messages.BAD_INPUT, parameter=name, value=text, expected="true | false")
        return found

    def limit(self) -> int | None:
        """The most rows; None when there is no such number."""
        text = self.one("_limit")
        if text is None:
            return None
        if not (isinstance(text, str) and text.isascii() and text.isdigit() and 0 < len(text) < 19):
            raise BadRequest.of(
                messages.BAD_INPUT, parameter="_limit", value=text, expected=Words("a whole number", "số nguyên")
            )
        return int(text)

    def since(self, service: Service) -> int | None:
        """The moment after which resources changed, in microseconds."""
        text = self.one("_since")
        try:
            return None if text is None else interval(str(text).strip().replace(" ", "+"), service.zone)[0]
        except ValueError:
            raise BadRequest.of(messages.BAD_INPUT, parameter="_since", value=text, expected=AN_INSTANT) from None

    def ids(self, name: str, type: str, base_url: str) -> list[str]:
        """Ids of the references under this name, all to ``type``."""
        found = []
        for text in map(str, self.values.get(name, ())):
            kind, _, logical_id = below(text, base_url).rpartition("/")
            if kind not in ("", type) or not is_id(logical_id):
                raise BadRequest.of(
                    messages.BAD_INPUT,
                    parameter=name,
                    value=text,
                    expected=Words(f"such as {type}/42", f"như {type}/42"),
                )
            found.append(logical_id)
        return found

    def resources(self) -> list[dict[str, Any]] | None:
        """The resources that were sent, Bundles unwrapped; None when the server's own are meant."""
        if "resource" not in self.values:
            return None
        return [one for sent in self.values["resource"] for one in _unwrapped(sent)]


def _sent(request: Request) -> Iterator[tuple[str, Any]]:
    if request.method != "POST" or not request.body.strip():
        return
    content = request.content()
    if content.get("resourceType") == "ViewDefinition":
        yield "viewResource", content
        return
    if content.get("resourceType") != "Parameters":
        raise InvalidContent.of(TYPE_MISMATCH, given=content.get("resourceType"), wanted="Parameters")
    for index, row in enumerate(rows(content)):
        yield row["name"], Parts(f"Parameters.parameter[{index}]", row) if "part" in row else _value(index, row)


def _value(index: int, row: dict[str, Any]) -> Any:
    return row["resource"] if "resource" in row else text_of(index, row, reference=True)


def _unwrapped(sent: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(sent, dict):
        raise BadRequest.of(
            messages.BAD_INPUT, parameter="resource", value=sent, expected=Words("a resource", "tài nguyên")
        )
    if sent.get("resourceType") != "Bundle":
        yield sent
        return
    entries = sent.get("entry", [])
    if not isinstance(entries, list):
        raise BadRequest.of(
            messages.BAD_INPUT,
            parameter="resource",
            value="Bundle",
            expected=Words("one with a list of entries", "Bundle có danh sách entry"),
        )
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield entry["resource"]


async def view_of(service: Service, context: Context, inputs: Inputs, id: str) -> View:
    """The compiled view that is meant. Raises BadRequest, NotFound, Gone, and Unprocessable for a bad definition."""
    named = [name for name in ("viewResource", "viewReference") if name in inputs.values]
    if len(named) + bool(id) != 1:
        raise BadRequest.of(messages.NO_VIEW)
    if named == ["viewResource"]:
        content = inputs.one("viewResource")
    else:
        content = await stored_view(service, context, id or str(inputs.one("viewReference")))
    return await compiled(service, context, content)


async def compiled(service: Service, context: Context, content: Any) -> View:
    """The view of a definition; beside the other requests, since one may have thousands of paths.

    Raises Unprocessable with every fault, TooCostly.
    """
    if len(encode(content)) > BYTES:
        raise TooCostly.of(messages.TOO_MUCH, most=1, size=BYTES)
    return await asyncio.to_thread(compile_view, content, service.definitions, context.base_url)


async def stored_view(service: Service, context: Context, reference: str) -> dict[str, Any]:
    """The ViewDefinition in a Binary (docs/decisions/0014). Raises BadRequest, NotFound, Gone, Unprocessable."""
    kind, _, logical_id = below(reference, context.base_url).rpartition("/")
    if kind not in ("", "Binary", "ViewDefinition") or not is_id(logical_id):
        expected = Words("such as ViewDefinition/42", "như ViewDefinition/42")
        raise BadRequest.of(messages.BAD_INPUT, parameter="viewReference", value=reference, expected=expected)
    version = await service.repository.read("Binary", logical_id, visible=context.visible)
    try:
        content = decode(base64.b64decode(str(decode(version.body).get("data", "")), validate=True))
    except (FhirError, binascii.Error):
        content = {}
    if content.get("resourceType") != "ViewDefinition":
        raise Unprocessable.of(messages.NOT_STORED_VIEW, reference=f"Binary/{logical_id}")
    return content

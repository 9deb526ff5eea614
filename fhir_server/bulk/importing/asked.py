"""From the body of a kick-off to an ``Order``: a manifest as JSON or as Parameters, or the file itself.

https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from conformance.definitions import Definitions
from conformance.errors import BadRequest
from conformance.issues import Issue, Message, Words
from fhir_server.bulk.importing import messages
from fhir_server.bulk.importing.fetching import require_named
from fhir_server.bulk.importing.order import Input, Order, Origin

#: Names of the one format that is read.
FORMATS = ("application/fhir+ndjson", "application/ndjson", "application/x-ndjson", "ndjson")
#: What ``mode`` may be.
INITIAL, INCREMENTAL = "InitialLoad", "IncrementalLoad"
#: Inputs of one import.
MOST = 10_000
_KNOWN = frozenset(("resourceType", "inputFormat", "inputSource", "storageDetail", "input", "deleted", "mode"))
#: Lists of files: of resources, and of Bundles of DELETE entries, as the manifest of an export calls them.
_FILES = ("input", "deleted")
#: Members of members.
_PARTS = {"storageDetail": ("type", "contentEncoding"), **dict.fromkeys(_FILES, ("type", "url"))}
_URI = Words("a URI", "URI")
_A_TYPE = Words("a resource type of R4", "loại tài nguyên R4")


def uploaded(source: str) -> Order:
    """The order of a file that is the body itself. Raises BadRequest for a source that is no URI."""
    if not _is_uri(source):
        raise BadRequest.of(messages.BAD_VALUE, parameter="inputSource", value=source, expected=_URI)
    return Order(inputs=(Input(Origin.UPLOAD, "upload"),), source=source)


def _is_uri(value: Any) -> bool:
    return isinstance(value, str) and not any(mark.isspace() for mark in value)


def manifest_of(parameters: dict[str, Any]) -> dict[str, Any]:
    """A Parameters resource as the JSON manifest that it stands for."""
    found: dict[str, Any] = {}
    rows = parameters.get("parameter") or []
    for row in rows if isinstance(rows, list) else [rows]:
        if not isinstance(row, dict):
            raise BadRequest.of(messages.UNKNOWN_PARAMETER, parameter=row)
        name = str(row.get("name"))
        value = manifest_of({"parameter": row["part"]}) if "part" in row else _value(row)
        if name in _FILES:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _value(row: dict[str, Any]) -> Any:
    return next((value for key, value in row.items() if key.startswith("value")), None)


class Asked(NamedTuple):
    """What a manifest asks for."""

    order: Order
    mode: str
    left_out: tuple[Issue, ...]
    """What was not known, in the order of the body."""


def order_of_manifest(
    manifest: dict[str, Any], definitions: Definitions, origins: Iterable[str], *, strict: bool = True
) -> Asked:
    """The order and its mode. Raises BadRequest with every fault; what is not known is one if ``strict``."""
    unknown = tuple(Issue(messages.UNKNOWN_PARAMETER, params={"parameter": name}) for name in _unknown(manifest))
    reading = _Reading(definitions, frozenset(origins))
    reading.one_of("inputFormat", manifest.get("inputFormat"), FORMATS, is_required=True)
    mode = manifest.get("mode", INCREMENTAL)
    reading.one_of("mode", mode, (INITIAL, INCREMENTAL))
    reading.storage(manifest.get("storageDetail", {}))
    source = reading.text("inputSource", manifest.get("inputSource", ""))
    inputs = reading.inputs(manifest)
    faults = (*unknown, *reading.faults) if strict else reading.faults
    if faults:
        raise BadRequest(*faults)
    return Asked(Order(inputs=inputs, source=source), str(mode), unknown)


def _unknown(manifest: dict[str, Any]) -> Iterator[str]:
    """Members that mean nothing, in their order."""
    for name, value in manifest.items():
        if name not in _KNOWN:
            yield name
        for place, part in _parts(name, value) if name in _PARTS else ():
            yield from (f"{place}.{other}" for other in part if other not in _PARTS[name])


def _parts(name: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects that a member holds, with their places."""
    rows = enumerate(value[:MOST]) if isinstance(value, list) else ()
    placed = [(name, value), *((f"{name}[{index}]", row) for index, row in rows)]
    yield from ((place, part) for place, part in placed if isinstance(part, dict))


class _Reading:
    def __init__(self, definitions: Definitions, origins: frozenset[str]) -> None:
        self._definitions, self._origins = definitions, origins
        self.faults: list[Issue] = []

    def fault(self, message: Message, **params: object) -> None:
        self.faults.append(Issue(message, params=params))

    def one_of(self, name: str, value: Any, known: tuple[str, ...], *, is_required: bool = False) -> None:
        if value is None and is_required:
            self.fault(messages.MISSING, parameter=name)
        elif value is not None and value not in known:
            self.fault(messages.BAD_VALUE, parameter=name, value=value, expected=", ".join(known))

    def text(self, name: str, value: Any) -> str:
        if not _is_uri(value):
            self.fault(messages.BAD_VALUE, parameter=name, value=value, expected=_URI)
            return ""
        return str(value)

    def storage(self, detail: Any) -> None:
        """Files are fetched over HTTP; that they may be packed needs not be told."""
        if not isinstance(detail, dict):
            self.fault(
                messages.BAD_VALUE,
                parameter="storageDetail",
                value=detail,
                expected=Words("an object", "một đối tượng"),
            )
            return
        self.one_of("storageDetail.type", detail.get("type"), ("https",))

    def inputs(self, manifest: dict[str, Any]) -> tuple[Input, ...]:
        """The files of both lists, deletions last. A manifest may have nothing but deletions."""
        lists = [(name, manifest[name]) for name in _FILES if manifest.get(name) not in (None, [])]
        if not lists:
            self.fault(messages.MISSING, parameter="input")
        return tuple(one for name, rows in lists for one in self._files(name, rows))

    def _files(self, name: str, rows: Any) -> tuple[Input, ...]:
        if not isinstance(rows, list):
            self.fault(messages.MISSING, parameter=name)
            return ()
        if len(rows) > MOST:
            self.fault(
                messages.BAD_VALUE,
                parameter=name,
                value=len(rows),
                expected=Words(f"at most {MOST}", f"nhiều nhất {MOST}"),
            )
            return ()
        found = (self._input(f"{name}[{index}]", row) for index, row in enumerate(rows))
        return tuple(msgspec.structs.replace(one, deleted=True) if name == "deleted" else one for one in found)

    def _input(self, name: str, row: Any) -> Input:
        given = row if isinstance(row, dict) else {}
        kind, url = given.get("type"), given.get("url")
        if not isinstance(kind, str) or not self._definitions.is_resource(kind):
            self.fault(messages.BAD_VALUE, parameter=f"{name}.type", value=kind, expected=_A_TYPE)
        if not isinstance(url, str):
            self.fault(messages.MISSING, parameter=f"{name}.url")
            return Input(Origin.URL, "")
        try:
            require_named(url, self._origins)
        except BadRequest as error:
            self.faults += error.issues
        return Input(Origin.URL, url, url, str(kind))

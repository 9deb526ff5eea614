"""From the body of a kick-off to an ``Order``: a manifest as JSON or as Parameters, or the file itself.

https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
_STORAGE = frozenset(("type", "contentEncoding"))
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


def order_of_manifest(manifest: dict[str, Any], definitions: Definitions, origins: Iterable[str]) -> tuple[Order, str]:
    """The order and its mode. Raises BadRequest with every fault."""
    reading = _Reading(definitions, frozenset(origins))
    for name in manifest.keys() - _KNOWN:
        reading.fault(messages.UNKNOWN_PARAMETER, parameter=name)
    reading.one_of("inputFormat", manifest.get("inputFormat"), FORMATS, is_required=True)
    mode = manifest.get("mode", INCREMENTAL)
    reading.one_of("mode", mode, (INITIAL, INCREMENTAL))
    reading.storage(manifest.get("storageDetail", {}))
    source = reading.text("inputSource", manifest.get("inputSource", ""))
    inputs = reading.inputs(manifest)
    if reading.faults:
        raise BadRequest(*reading.faults)
    return Order(inputs=inputs, source=source), str(mode)


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
        for name in detail.keys() - _STORAGE:
            self.fault(messages.UNKNOWN_PARAMETER, parameter=f"storageDetail.{name}")
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
        for other in given.keys() - {"type", "url"}:
            self.fault(messages.UNKNOWN_PARAMETER, parameter=f"{name}.{other}")
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

"""Seeded requests that are broken in some way, or in several: ``MalformedRequests(seed).request()``.

Each begins as one that this server answers and is then damaged: its method, path, parameters, headers or body.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from urllib.parse import quote

_JSON, _XML = "application/fhir+json", "application/fhir+xml"
_FORM = "application/x-www-form-urlencoded"
_PATCH = "application/json-patch+json"
_NS = 'xmlns="http://hl7.org/fhir"'

PATIENT = {"resourceType": "Patient", "id": "p", "name": [{"family": "Nguyễn"}], "birthDate": "1990-01-02"}
OBSERVATION = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}, "valueInteger": 1}
BUNDLE = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {"fullUrl": "urn:uuid:1", "resource": PATIENT, "request": {"method": "PUT", "url": "Patient/p"}},
        {"resource": OBSERVATION, "request": {"method": "POST", "url": "Observation", "ifNoneExist": "code=x"}},
        {"request": {"method": "GET", "url": "Patient?name=x"}},
        {"request": {"method": "DELETE", "url": "Patient/q", "ifMatch": 'W/"1"'}},
    ],
}
PARAMETERS = {
    "resourceType": "Parameters",
    "parameter": [{"name": "resource", "resource": PATIENT}, {"name": "mode", "valueCode": "create"}],
}
FHIRPATH_PATCH = {
    "resourceType": "Parameters",
    "parameter": [
        {
            "name": "operation",
            "part": [
                {"name": "type", "valueCode": "replace"},
                {"name": "path", "valueString": "Patient.birthDate"},
                {"name": "value", "valueDate": "1990-01-03"},
            ],
        }
    ],
}
JSON_PATCH = [
    {"op": "replace", "path": "/birthDate", "value": "1991-01-01"},
    {"op": "test", "path": "/id", "value": "p"},
]

#: Scraps of text that no parser is glad of.
_ODD = (
    "", " ", "\x00", "\x1f", "é", "đ", "\uffff", "😀", "%", "%zz", "..", "../..", "*", "$", "|", "||", ",", ";", "\\",
    "'", '"', "<", "&", "?", "#", "null", "true", "-1", "0", "1e999", "9" * 30, "1.7976931348623157e309", "NaN",
    "a" * 300,
    "2020-13-45", "ge", "eq2020", "0000-00-00T99:99:99Z", "9999-12-31T23:59:59+14:00", "urn:uuid:1", "http://", "(",
    "[",
    "{", "{{{", "Patient/", "/Patient", "Patient/p/_history/1", 'W/"1"', "W/\"x", "$everything", "a=b=c", "_id",
)  # fmt: skip
_TYPES = ("Patient", "Observation", "Bundle", "Binary", "Nothing", "patient", "Resource", "Parameters", "List")
_PARAMETERS = (
    "_id", "_lastUpdated", "_count", "_sort", "_include", "_revinclude", "_summary", "_elements", "_total", "_format",
    "_pretty", "_since", "_at", "_type", "_cursor", "_has:Observation:patient:code", "_filter", "_text", "_content",
    "_list", "_query", "name", "name:exact", "name:contains", "birthdate", "identifier", "identifier:of-type",
    "subject.name", "subject:Patient.name", "value-quantity", "code:in", "code:below", "near", "gender:missing",
    "code-value-quantity", "mode", "profile", "query", "expression", "path", "max", "start", "end",
)  # fmt: skip
_HEADERS = (
    "accept", "content-type", "content-encoding", "accept-encoding", "accept-language", "prefer", "if-match",
    "if-none-match", "if-modified-since", "if-none-exist", "x-request-id", "host", "content-length", "x-forwarded-host",
    "range", "if-range", "x-security-context", "origin",
)  # fmt: skip
_VALUES = (
    _JSON, _XML, _FORM, _PATCH, "application/json; charset=utf-16", "text/html", "*/*;q=0", "a/b;q=z,,;", "gzip",
    "zstd",
    "br, gzip", "return=minimal", "return=x", "handling=lenient", "respond-async", 'W/"1"', "*", '"', "W/",
    "identifier=x",
    "name=", "?", "Mon, 01 Jan 2001 00:00:00 GMT", "Mon, 99 Foo 99999 99:99:99 ZZZ", "vi;q=2, xx-yy", "-5", "\x80\xff",
)  # fmt: skip
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW", "get")
_OPERATIONS = (
    "$validate", "$everything", "$health-book", "$meta", "$meta-add", "$lastn", "$document", "$graphql", "$fhirpath",
    "$diff", "$expunge", "$reindex", "$export", "$nothing", "$",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire; the path and the query are percent-encoded."""

    method: str
    path: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def query(self) -> str:
        return "&".join(f"{quote(name, safe=':')}={quote(value)}" for name, value in self.pairs)


def _sending(method: str, path: tuple[str, ...], content: object, headers: dict[str, str] | None = None) -> Request:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Request(method, path, (), {"content-type": _JSON} | (headers or {}), body)


class MalformedRequests:
    """An endless, repeatable stream."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._damages: tuple[Callable[[Request], Request], ...] = (
            self._other_method,
            self._odd_path,
            self._odd_parameter,
            self._odd_parameter,
            self._odd_header,
            self._odd_header,
            self._cut_body,
            self._noisy_body,
            self._odd_value,
            self._odd_value,
            self._odd_value,
            self._deep_body,
            self._as_xml,
        )

    def request(self) -> Request:
        """The next one."""
        made = self._base()
        for _ in range(self._random.choice((1, 1, 2, 2, 3, 5))):
            made = self._random.choice(self._damages)(made)
        return made

    def _base(self) -> Request:
        pick = self._random.choice
        resource = pick((PATIENT, OBSERVATION))
        kind, name = str(resource["resourceType"]), str(resource["id"])
        level = pick(((), (kind,), (kind, name)))
        odd = ((pick(_PARAMETERS), "x"),)
        return pick(
            (
                Request("GET", (kind, name)),
                Request("GET", (kind, name, "_history", "1")),
                Request("GET", (*level, "_history")),
                Request("GET", (kind,), odd),
                Request("GET", ("Patient", "p", pick(("Observation", "*")))),
                Request("GET", ("metadata",)),
                Request("POST", (kind, "_search"), headers={"content-type": _FORM}, body=b"_id=p&_count=2"),
                _sending("POST", (kind,), resource, {"if-none-exist": "_id=p"}),
                _sending("PUT", (kind, name), resource),
                replace(_sending("PUT", (kind,), resource), pairs=(("_id", "p"),)),
                _sending("PATCH", ("Patient", "p"), JSON_PATCH, {"content-type": _PATCH}),
                _sending("PATCH", ("Patient", "p"), FHIRPATH_PATCH),
                Request(
                    "PUT", ("Binary", "b"), headers={"content-type": pick((_JSON, _XML, "image/png"))}, body=b"\x00{<"
                ),
                Request(
                    "GET", ("Binary", "b"), headers={"range": pick(("bytes=0-1", "bytes=9-", "bytes=-", "lines=1"))}
                ),
                Request("GET", (kind, name, "_history", "1", "$meta")),
                Request(
                    "POST", ("Patient", "p", "Observation", "_search"), headers={"content-type": _FORM}, body=b"_id=q"
                ),
                Request("DELETE", (kind, "q")),
                Request("DELETE", (kind,), (("_id", "q"),)),
                _sending("POST", (), BUNDLE | {"type": pick(("transaction", "batch"))}),
                _sending("POST", (*level, pick(_OPERATIONS)), PARAMETERS),
                Request("GET", (*level, pick(_OPERATIONS)), odd),
            )
        )

    def _other_method(self, made: Request) -> Request:
        return replace(made, method=self._random.choice(_METHODS))

    def _odd_path(self, made: Request) -> Request:
        path = list(made.path) or [""]
        place = self._random.randrange(len(path))
        path[place] = self._random.choice((*_ODD, *_TYPES, *_OPERATIONS, "_search", "_history", "metadata"))
        if self._random.random() < 0.3:
            path.append(self._random.choice(_ODD))
        return replace(made, path=tuple(path))

    def _odd_parameter(self, made: Request) -> Request:
        name = self._random.choice(_PARAMETERS) + self._random.choice(("", "", "", ":not", ":x", ".name", "." * 20))
        return replace(made, pairs=(*made.pairs, (name, self._odd())))

    def _odd_header(self, made: Request) -> Request:
        value = self._random.choice((*_VALUES, *(text for text in _ODD if text.isprintable() and text.isascii())))
        return replace(made, headers=made.headers | {self._random.choice(_HEADERS): value})

    def _cut_body(self, made: Request) -> Request:
        return replace(made, body=made.body[: self._random.randrange(len(made.body) + 1)])

    def _noisy_body(self, made: Request) -> Request:
        body = bytearray(made.body or b"x")
        for _ in range(self._random.randrange(1, 4)):
            body[self._random.randrange(len(body))] = self._random.randrange(256)
        return replace(made, body=bytes(body))

    def _odd_value(self, made: Request) -> Request:
        """One value or name somewhere in a JSON body becomes another."""
        try:
            tree = json.loads(made.body)
        except (ValueError, RecursionError):
            return made
        holder = {"root": tree}
        node: Any = holder
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = self._random.choice(keys)
            inner = node[key]
            if not isinstance(inner, dict | list) or not inner or self._random.random() < 0.25:
                break
            node = inner
        odd = self._odd()
        node[key] = self._random.choice((None, True, -1, 1e300, [], {}, [None], [[]], {"": 1}, odd, [odd]))
        return replace(made, body=json.dumps(holder["root"]).encode())

    def _deep_body(self, made: Request) -> Request:
        depth = self._random.choice((50, 101, 5000))
        name = self._random.choice(("extension", "contained", "item", "entry"))
        inner = f'{{"{name}":[' * depth + "]}" * depth
        body = f'{{"resourceType":"{self._random.choice(_TYPES)}","id":"p","{name}":[{inner}]}}'.encode()
        headers = {"content-type": _JSON}
        if self._random.random() < 0.3:
            body, headers = gzip.compress(body), headers | {"content-encoding": "gzip"}
        return replace(made, body=body, headers=made.headers | headers)

    def _as_xml(self, made: Request) -> Request:
        odd = self._odd().replace("\x00", "").replace("\x1f", "")
        body = self._random.choice(
            (
                f'<Patient {_NS}><id value="p"/><name><family value="{odd}"/></name></Patient>',
                f'<Patient {_NS}><id value="p"/><{self._random.choice(_PARAMETERS)}/></Patient>',
                f'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Patient {_NS}><id value="&b;"/></Patient>',
                f"<Bundle {_NS}><type value='batch'/><entry><request><url value='{odd}'/></request></entry></Bundle>",
                f"<Patient {_NS}>" + "<contact>" * self._random.choice((3, 5000)),
                f"<{odd}/>",
                odd,
            )
        )
        content_type, accept = self._random.choice((_XML, "text/xml")), self._random.choice((_XML, "*/*"))
        headers = {"content-type": content_type, "accept": accept}
        return replace(made, body=body.encode("utf-8", "surrogatepass"), headers=made.headers | headers)

    def _odd(self) -> str:
        text = self._random.choice(_ODD)
        return text if self._random.random() < 0.6 else text + self._random.choice(_ODD)

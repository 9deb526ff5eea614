"""Encoding and escaping of text. https://hl7.org/fhirpath/#additional-string-functions"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable

from conformance.fhirpath.compiler import Builder
from conformance.fhirpath.functions.calls import TEXT, of_one
from conformance.fhirpath.model import Node
from conformance.fhirpath.operators import NotDefined
from conformance.fhirpath.values import string

_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "hex": binascii.hexlify,
    "base64": base64.b64encode,
    "urlbase64": base64.urlsafe_b64encode,
}
_DECODERS: dict[str, Callable[[str], bytes]] = {
    "hex": bytes.fromhex,
    "base64": lambda text: base64.b64decode(text, validate=True),
    "urlbase64": lambda text: base64.b64decode(text, altchars=b"-_", validate=True),
}


def _json_escape(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


_JSON_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')


def _json_unescape(text: str) -> str:
    return _JSON_ESCAPE.sub(lambda found: str(json.loads(f'"{found.group()}"')), text)


def _html_escape(text: str) -> str:
    return html.escape(text, quote=True).replace("&#x27;", "&#39;")


_ESCAPES: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "html": (_html_escape, html.unescape),
    "json": (_json_escape, _json_unescape),
}


def _encode(text: str, way: str) -> list[Node]:
    encoder = _ENCODERS.get(way)
    return string(encoder(text.encode()).decode()) if encoder else []


def _decode(text: str, way: str) -> list[Node]:
    decoder = _DECODERS.get(way)
    if decoder is None:
        return []
    try:
        return string(decoder(text).decode())
    except ValueError as error:
        raise NotDefined from error


def _escaping(direction: int) -> Callable[[str, str], list[Node]]:
    def run(text: str, way: str) -> list[Node]:
        if way not in _ESCAPES:
            return []
        try:
            return string(_ESCAPES[way][direction](text))
        except ValueError as error:
            raise NotDefined from error

    return run


FUNCTIONS: dict[str, Builder] = {
    "encode": of_one(_encode, TEXT, TEXT),
    "decode": of_one(_decode, TEXT, TEXT),
    "escape": of_one(_escaping(0), TEXT, TEXT),
    "unescape": of_one(_escaping(1), TEXT, TEXT),
}

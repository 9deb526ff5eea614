"""FHIR JSON, exactly: every number keeps its value and its precision, and what JSON leaves open is refused.

https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import chain, islice
from typing import Any, NoReturn

import msgspec

from conformance import messages
from conformance.errors import InvalidContent
from conformance.issues import Issue

#: Levels of objects and lists; the deepest element of R4 without recursion stands at about 12.
MAX_DEPTH = 100
#: Digits and exponent of a number: what lies beyond is no measurement, but an attack on whoever calculates with it.
MAX_NUMBER = 1000

_BOM = b"\xef\xbb\xbf"
#: Repeated properties that are listed: whoever sends thousands needs no list of them.
_ISSUES_SHOWN = 50

_NESTING = (dict, list)
_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))
#: The beginning of one, and of some others.
_ESCAPED_COLON = b"\\u003"
_PLACE_OF_BYTE = re.compile(r"\(byte (\d+)\)")
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_KINDS = {list: "a list", str: "a string", bool: "true or false", int: "a number", Decimal: "a number"}


class _NumberTooLong(ValueError):
    """Raised inside the decoder, where no issue can be raised."""


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER:
        raise _NumberTooLong
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _NumberTooLong from None
    if not -MAX_NUMBER <= number.adjusted() <= MAX_NUMBER:
        raise _NumberTooLong
    return number


_DECODER = msgspec.json.Decoder(float_hook=_decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decode(data: bytes | str) -> dict[str, Any]:
    """The resource in ``data``: whole numbers as int, all others as Decimal with their digits.

    Raises InvalidContent, with the place where it is known, for content that is not UTF-8 or not JSON, no object,
    nested deeper than ``MAX_DEPTH``, with a property twice in one object, or with a number beyond ``MAX_NUMBER``.
    """
    value = decode_value(data)
    if type(value) is not dict:
        raise InvalidContent(Issue(messages.JSON_NOT_OBJECT, params={"kind": _KINDS.get(type(value), "null")}))
    return value


def decode_stored(data: bytes) -> dict[str, Any]:
    """The same of content that ``decode`` has read before: what it refuses is not looked for again."""
    found: dict[str, Any] = _DECODER.decode(data)
    return found


def decode_value(data: bytes | str) -> Any:
    """As ``decode``, for content that may be any JSON value, such as a JSON Patch."""
    content = _utf8(data)
    try:
        value = _DECODER.decode(content)
    except RecursionError:
        raise _too_deep() from None
    except (_NumberTooLong, msgspec.ValidationError):
        raise _number_too_long() from None
    except (msgspec.DecodeError, ValueError) as error:
        _refuse(content, error)
    if not _is_shallow(content):
        _require_depth(value)
    # A property that stands twice is left out of the value, and its colon with it; other colons stand in texts.
    if _ESCAPED_COLON in content or content.count(b":") != encode(value).count(b":"):
        _check_duplicates(content)
    return value


def encode(resource: Any) -> bytes:
    """``resource`` as compact UTF-8 JSON; a Decimal is written as a number with all its digits."""
    return _ENCODER.encode(resource)


def _utf8(data: bytes | str) -> bytes:
    if isinstance(data, str):
        try:
            return data.removeprefix("\ufeff").encode()
        except UnicodeEncodeError as error:
            raise InvalidContent(Issue(messages.JSON_NOT_UTF8, params={"offset": error.start})) from error
    return data.removeprefix(_BOM)


def _is_shallow(content: bytes) -> bool:
    """True when nothing is nested deeper than ``MAX_DEPTH``; False when it may be, as brackets in texts count too."""
    brackets, before = content.translate(None, _NO_BRACKETS), b""
    for _ in range(MAX_DEPTH // 2):  # Each time the innermost level goes, or two.
        brackets, before = brackets.replace(b"{}", b"").replace(b"[]", b""), brackets
        if len(brackets) == len(before):
            break
    return not brackets


def _require_depth(root: Any) -> None:
    depth = 0
    level: list[Any] = [root] if type(root) in _NESTING else []
    while level:
        depth += 1
        children = chain.from_iterable(node.values() if type(node) is dict else node for node in level)
        level = [child for child in children if type(child) in _NESTING]
    if depth > MAX_DEPTH:
        raise _too_deep()


class _Object(dict[str, Any]):
    """An object of the careful second reading, with the names that stand in it more than once."""

    repeated: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        found.repeated = tuple(name for name, count in times.items() if count > 1)
    return found


def _check_duplicates(content: bytes) -> None:
    # Numbers are of no interest here: a float stops a long one from costing time.
    root = json.loads(content, object_pairs_hook=_object, parse_int=float)
    path = str(root.get("resourceType", "")) if isinstance(root, dict) else ""
    issues = list(islice(_duplicates(root, path), _ISSUES_SHOWN))
    if issues:
        raise InvalidContent(*issues)


def _duplicates(value: Any, path: str) -> Iterator[Issue]:
    """One issue for each repeated property. Recursion is safe: the depth has been checked."""
    if isinstance(value, _Object):
        for name in value.repeated:
            yield Issue(messages.JSON_DUPLICATE_KEY, _below(path, name), {"key": name})
        for name, child in value.items():
            yield from _duplicates(child, _below(path, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _duplicates(child, f"{path}[{index}]")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _refuse(content: bytes, error: Exception) -> NoReturn:
    """Raises what is wrong with content that the decoder refused."""
    try:
        text = content.decode()
    except UnicodeDecodeError as fault:
        raise InvalidContent(Issue(messages.JSON_NOT_UTF8, params={"offset": fault.start})) from fault
    offset = _offset_of(text, error)
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    issue = Issue(messages.JSON_MALFORMED, params={"detail": _said(text, error)}, line=line, column=column)
    raise InvalidContent(issue) from error


def _offset_of(text: str, error: Exception) -> int:
    """The character where reading failed; the end of the text when the decoder names no byte."""
    found = _PLACE_OF_BYTE.search(str(error))
    return len(text.encode()[: int(found.group(1))].decode(errors="ignore")) if found else len(text)


def _said(text: str, error: Exception) -> str:
    detail = _PLACE_OF_BYTE.sub("", str(error)).removeprefix("JSON is malformed: ").strip()
    if _HALF_PAIR.search(text):
        return f"{detail}; or half of a surrogate pair stands alone"  # which the decoder calls a truncated input
    return detail


def _too_deep() -> InvalidContent:
    return InvalidContent(Issue(messages.JSON_TOO_DEEP, params={"limit": MAX_DEPTH}))


def _number_too_long() -> InvalidContent:
    return InvalidContent(Issue(messages.JSON_NUMBER_TOO_LONG, params={"limit": MAX_NUMBER}))

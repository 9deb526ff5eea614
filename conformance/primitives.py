"""The primitive types of R4: the JSON kind and the format that each asks for.

Every check runs in time linear in the length of the value. The published regular expressions are not used: that of
base64Binary takes minutes on a hundred characters. https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from conformance import messages, temporal
from conformance.issues import Message

#: What is wrong with a decoded JSON value, or None. The message's parameter is ``value``.
Check: TypeAlias = Callable[[Any], Message | None]

_LENGTH_MAX = 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_URI_BREAK = re.compile(r"[\x00-\x20]")
_CODE_BREAK = re.compile(r"\A | \Z|  |[\x00-\x1f\x85\xa0\u2028\u2029]")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+")
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def _boolean(value: Any) -> Message | None:
    return None if value is True or value is False else messages.NOT_BOOLEAN


def _decimal(value: Any) -> Message | None:
    kind = type(value)
    if kind is Decimal:
        return None if value.is_finite() else messages.NOT_DECIMAL
    return None if kind is int else messages.NOT_DECIMAL


def _whole(low: int, high: int = 2**31 - 1) -> Check:
    def check(value: Any) -> Message | None:
        if type(value) is not int:
            return messages.NOT_INTEGER
        return None if low <= value <= high else messages.OUT_OF_RANGE

    return check


def _string(value: Any) -> Message | None:
    if type(value) is not str:
        return messages.NOT_STRING
    if not value:
        return messages.EMPTY_STRING
    if len(value) > _LENGTH_MAX:
        return messages.STRING_TOO_LONG
    return messages.CONTROL_CHARACTER if _CONTROL.search(value) else None


def _without(pattern: re.Pattern[str], message: Message) -> Check:
    """A string in which ``pattern`` is found nowhere."""

    def check(value: Any) -> Message | None:
        if type(value) is not str:
            return messages.NOT_STRING
        if not value:
            return messages.EMPTY_STRING
        return message if pattern.search(value) else None

    return check


def _that(fits: Callable[[str], object], message: Message) -> Check:
    """A string for which ``fits`` holds."""

    def check(value: Any) -> Message | None:
        if type(value) is not str:
            return messages.NOT_STRING
        if fits(value):
            return None
        return message if value else messages.EMPTY_STRING

    return check


def is_base64(text: str) -> bool:
    """True for groups of four characters of the base64 alphabet, white space anywhere, padding only at the end."""
    bare = "".join(text.split()) if not text.isalnum() else text
    return len(bare) > 0 and len(bare) % 4 == 0 and _BASE64.fullmatch(bare) is not None


def _uri_before(tail: str) -> Check:
    """A URI; a urn of uuid or oid keeps to its form, up to what begins with a character of ``tail``."""
    name = re.compile(f"[^{tail}]*")

    def check(value: Any) -> Message | None:
        if type(value) is not str:
            return messages.NOT_STRING
        if not value:
            return messages.EMPTY_STRING
        if _URI_BREAK.search(value):
            return messages.BAD_URI
        if value.startswith(("urn:uuid:", "uuid:")):
            return None if _UUID.fullmatch(name.match(value)[0]) else messages.BAD_UUID  # type: ignore[index]
        if value.startswith(("urn:oid:", "oid:")):
            return None if _OID.fullmatch(name.match(value)[0]) else messages.BAD_OID  # type: ignore[index]
        return None

    return check


_uri, _uri_with_version = _uri_before("#"), _uri_before("#|")


def _canonical(value: Any) -> Message | None:
    """A URI that is absolute, perhaps with a version behind a bar, or a fragment that names a contained resource."""
    found = _uri_with_version(value)
    return found or (None if ":" in value or value.startswith("#") else messages.RELATIVE_CANONICAL)


#: Type name -> check.
PRIMITIVES: dict[str, Check] = {
    "base64Binary": _that(is_base64, messages.BAD_BASE64),
    "boolean": _boolean,
    "canonical": _canonical,
    "code": _without(_CODE_BREAK, messages.BAD_CODE),
    "date": _that(temporal.is_date, messages.BAD_DATE),
    "dateTime": _that(temporal.is_date_time, messages.BAD_DATE_TIME),
    "decimal": _decimal,
    "id": _that(_ID.fullmatch, messages.BAD_ID),
    "instant": _that(temporal.is_instant, messages.BAD_INSTANT),
    "integer": _whole(-(2**31)),
    "markdown": _string,
    "oid": _that(_OID.fullmatch, messages.BAD_OID),
    "positiveInt": _whole(1),
    "string": _string,
    "time": _that(temporal.is_time, messages.BAD_TIME),
    "unsignedInt": _whole(0),
    "uri": _uri,
    "url": _uri,
    "uuid": _that(_UUID.fullmatch, messages.BAD_UUID),
    "xhtml": _string,
}

#: Type name -> the JSON kind of its values: ``boolean``, ``number`` or ``string``.
JSON_KINDS: dict[str, str] = dict.fromkeys(PRIMITIVES, "string") | {
    "boolean": "boolean",
    "decimal": "number",
    "integer": "number",
    "positiveInt": "number",
    "unsignedInt": "number",
}

"""From the ``value`` attribute to the JSON value: what is no value of its type stays text, for the validator to report.

https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from conformance.json_codec import MAX_NUMBER

_WHOLE = re.compile(r"(?:0|[-+]?[1-9][0-9]*)\Z")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\Z")
_BOOLEANS = {"true": True, "false": False}


def boolean(text: str) -> bool | str:
    """True or False, or the text when it is neither."""
    return _BOOLEANS.get(text, text)


def integer(text: str) -> int | str:
    """The whole number, or the text when it is none or has more than ``MAX_NUMBER`` digits."""
    return int(text) if _WHOLE.match(text) and len(text) <= MAX_NUMBER else text


def decimal(text: str) -> int | Decimal | str:
    """The number with its digits: int without point and power, as JSON gives it, else Decimal; or the text."""
    if len(text) > MAX_NUMBER or not _NUMBER.match(text):
        return text
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if -MAX_NUMBER <= number.adjusted() <= MAX_NUMBER else text


#: Type name -> conversion, for the types whose JSON value is no string.
CONVERSIONS: dict[str, Callable[[str], Any]] = {
    "boolean": boolean,
    "decimal": decimal,
    "integer": integer,
    "positiveInt": integer,
    "unsignedInt": integer,
}

"""What extensions of an element's definition ask of its values: a regular expression, least lengths, greatest sizes.

https://hl7.org/fhir/R4/elementdefinition-profile.html, https://hl7.org/fhir/R4/extension-regex.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from conformance.fhirpath.patterns import BadPattern, pattern
from profiles import messages
from profiles.validation.findings import Findings, one, quoted
from profiles.validation.profiled.checks import ItemCheck
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.specs import Spec
from profiles.validation.scope import Scope

_CORE = "http://hl7.org/fhir/StructureDefinition/"
_MUST_HAVE_VALUE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.mustHaveValue"

#: What is wrong with a value by the limit that an extension states.
_Limit = Callable[[Any, Any], Findings]


def limit_checks(spec: Spec) -> Iterator[ItemCheck]:
    """The checks that extensions of the definition ask for."""
    for url, limit in _LIMITS.items():
        for entry in spec.extensions(url):
            stated = next((value for key, value in entry.items() if key.startswith("value")), None)
            if stated is not None:
                yield _check(limit, stated)


def _check(limit: _Limit, stated: Any) -> ItemCheck:
    def check(item: Item, scope: Scope) -> Findings:  # noqa: ARG001
        return limit(item.value, stated)

    return check


def _matching(value: Any, regex: Any) -> Findings:
    if not isinstance(value, str):
        return None
    try:
        fits = pattern(str(regex)).fullmatch(value)
    except BadPattern:
        return None  # one that cannot be run in linear time is not asked
    return None if fits else one(messages.NOT_BY_REGEX, value=quoted(value), regex=quoted(regex))


def _long_enough(value: Any, least: Any) -> Findings:
    if not isinstance(value, str) or len(value) >= least:
        return None
    return one(messages.TOO_SHORT, length=len(value), least=least)


def _small_enough(value: Any, most: Any) -> Findings:
    """Of base64: the size of what it stands for, in bytes."""
    if not isinstance(value, str):
        return None
    digits = "".join(value.split()).rstrip("=")
    size = len(digits) * 3 // 4
    return one(messages.ATTACHMENT_TOO_LARGE, size=size, most=most) if size > most else None


def _places(value: Any, most: Any) -> Findings:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    is_too_fine = isinstance(exponent, int) and -exponent > most
    return one(messages.TOO_MANY_PLACES, value=value, most=most) if is_too_fine else None


def _there(value: Any, stated: Any) -> Findings:
    return one(messages.VALUE_REQUIRED) if stated is True and value is None else None


_LIMITS: dict[str, _Limit] = {
    f"{_CORE}regex": _matching,
    f"{_CORE}minLength": _long_enough,
    f"{_CORE}maxSize": _small_enough,
    f"{_CORE}maxDecimalPlaces": _places,
    _MUST_HAVE_VALUE: _there,
}

"""Fixed values, patterns, least and greatest values and lengths.

https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from conformance import temporal
from conformance.issues import Message
from profiles import messages
from profiles.validation.findings import Findings, one, quoted
from profiles.validation.fixed import expecting, is_same
from profiles.validation.profiled.checks import ItemCheck, ValueCheck
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.limits import limit_checks
from profiles.validation.profiled.specs import Spec
from profiles.validation.scope import Scope

_TEMPORAL = frozenset({"date", "dateTime", "instant"})


def expected_checks(spec: Spec) -> Iterator[ItemCheck]:
    """The checks of a fixed value and of a pattern."""
    for type_name, expected in spec.typed_values("fixed"):
        yield _fixed(type_name, expected)
    for type_name, expected in spec.typed_values("pattern"):
        yield _pattern(type_name, expected)


def bound_checks(spec: Spec) -> Iterator[ItemCheck]:
    """The checks of the least and greatest values and lengths."""
    for type_name, bound in spec.typed_values("minValue"):
        yield _bounded(type_name, bound, sign=1, message=messages.BELOW_MINIMUM)
    for type_name, bound in spec.typed_values("maxValue"):
        yield _bounded(type_name, bound, sign=-1, message=messages.ABOVE_MAXIMUM)
    if isinstance(spec.raw.get("maxLength"), int):
        yield _longest(spec.raw["maxLength"])
    yield from limit_checks(spec)


def _fixed(type_name: str, expected: Any) -> ItemCheck:
    fits = expecting(expected, exact=True)

    def check(item: Item, scope: Scope) -> Findings:  # noqa: ARG001
        if isinstance(expected, dict) and isinstance(item.value, dict):
            return _differences(expected, item.value) or None
        return None if fits(item.value) else one(messages.NOT_FIXED, expected=quoted(expected))

    return ValueCheck(_for_type(type_name, check), lambda _: fits)


def _differences(expected: dict[str, Any], value: dict[str, Any]) -> list[Any]:
    """Where an object differs from a fixed one: properties too many, missing or with another value."""
    found = []
    for name in value.keys() - expected.keys() - {"id"}:
        found += one(messages.NOT_IN_FIXED, name, name=quoted(name))
    for name, part in expected.items():
        if name not in value:
            found += one(messages.MISSING_OF_FIXED, name=name, expected=quoted(part))
        elif isinstance(part, dict) and isinstance(value[name], dict):
            found += [_under(name, finding) for finding in _differences(part, value[name])]
        elif not is_same(value[name], part):
            found += one(messages.NOT_FIXED, name, expected=quoted(part))
    return found


def _under(name: str, finding: Any) -> Any:
    finding.steps.append(name)
    return finding


def _pattern(type_name: str, expected: Any) -> ItemCheck:
    covers = expecting(expected, exact=False)

    def check(item: Item, scope: Scope) -> Findings:  # noqa: ARG001
        return None if covers(item.value) else one(messages.NOT_PATTERN, expected=quoted(expected))

    return ValueCheck(_for_type(type_name, check), lambda _: covers)


def _for_type(type_name: str, check: ItemCheck) -> ItemCheck:
    """The check, for an item that has a value of this type."""
    name = type_name[:1].lower() + type_name[1:]

    def typed(item: Item, scope: Scope) -> Findings:
        if item.value is None:
            return None
        is_meant = item.type in (type_name, name) or isinstance(item.value, str)
        return check(item, scope) if is_meant else None

    return typed


def _bounded(type_name: str, bound: Any, *, sign: int, message: Message) -> ItemCheck:
    def check(item: Item, scope: Scope) -> Findings:  # noqa: ARG001
        order = compared(item.value, bound)
        if order is None or order * sign >= 0:
            return None
        return one(message, value=quoted(_said(item.value)), bound=quoted(_said(bound)))

    return _for_type(type_name, check)


def compared(value: Any, bound: Any) -> int | None:
    """-1, 0 or 1; None when both cannot be compared."""
    if isinstance(value, dict) and isinstance(bound, dict):
        return _quantities(value, bound)
    if isinstance(value, bool) or isinstance(bound, bool):
        return None
    if isinstance(value, int | Decimal) and isinstance(bound, int | Decimal):
        return _sign(value, bound)
    if isinstance(value, str) and isinstance(bound, str):
        return _moments(value, bound)
    return None


def _sign(one_value: Any, other: Any) -> int:
    return int(one_value > other) - int(one_value < other)


def _moments(value: str, bound: str) -> int | None:
    try:
        (low, high), (least, most) = temporal.interval(value), temporal.interval(bound)
    except ValueError:
        return _sign(value, bound) if ":" in value and ":" in bound else None
    if high <= least:
        return -1
    return 1 if low >= most else 0


def _quantities(value: dict[str, Any], bound: dict[str, Any]) -> int | None:
    one_number, other = value.get("value"), bound.get("value")
    if not isinstance(one_number, int | Decimal) or not isinstance(other, int | Decimal):
        return None
    if (value.get("system"), value.get("code")) == (bound.get("system"), bound.get("code")):
        return _sign(one_number, other)
    return compared_ucum(value, bound)


def compared_ucum(value: dict[str, Any], bound: dict[str, Any]) -> int | None:
    """The order of two UCUM quantities after conversion; None when they have no dimension in common."""
    from profiles.validation.units import in_base_units  # noqa: PLC0415

    first, second = in_base_units(value), in_base_units(bound)
    if first is None or second is None or first[1] != second[1]:
        return None
    return _sign(first[0], second[0])


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return f"{value.get('value', '')} {value.get('unit') or value.get('code', '')}".strip()
    return value


def _longest(most: int) -> ItemCheck:
    def fits(value: Any) -> bool:
        return not isinstance(value, str) or len(value) <= most

    def check(item: Item, scope: Scope) -> Findings:  # noqa: ARG001
        return None if fits(item.value) else one(messages.TOO_LONG, length=len(item.value), most=most)

    return ValueCheck(check, lambda _: fits)

"""Required bindings: code, Coding, CodeableConcept and Quantity against a value set.

A code is wrong only when the value set surely does not hold it. The other strengths are graded with the terminology
service. https://hl7.org/fhir/R4/terminologies.html#required
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, one, quoted
from profiles.validation.node import ItemCheck
from profiles.validation.scope import Scope
from terminology.membership import Membership, ValueSets

Contains = Callable[[str | None, str], Membership]


def binding_check(type_code: str, value_set: str, value_sets: ValueSets) -> ItemCheck | None:
    """The check of one item of ``type_code`` against a required value set; None when the type is not coded."""
    make = _BY_TYPE.get(type_code)
    if make is None:
        return None

    def contains(system: str | None, code: str) -> Membership:
        return value_sets.membership(value_set, system, code)

    return make(value_set, contains)


def _code(value_set: str, contains: Contains) -> ItemCheck:
    def check(item: Any, scope: Scope) -> Findings:  # noqa: ARG001
        if not isinstance(item, str) or contains(None, item) is not Membership.NO:
            return None
        return one(messages.CODE_NOT_IN_SET, code=quoted(item), value_set=value_set)

    return check


def _coding(value_set: str, contains: Contains) -> ItemCheck:
    def check(item: Any, scope: Scope) -> Findings:  # noqa: ARG001
        if not isinstance(item, dict):
            return None
        if "code" not in item:
            return None if _is_excused(item) else one(messages.CODE_MISSING, value_set=value_set)
        if _answer(item, contains) is not Membership.NO:
            return None
        return one(messages.CODE_NOT_IN_SET, code=_coding_text(item), value_set=value_set)

    return check


def _concept(value_set: str, contains: Contains) -> ItemCheck:
    def check(item: Any, scope: Scope) -> Findings:  # noqa: ARG001
        if not isinstance(item, dict):
            return None
        codings = item.get("coding") or []
        if not isinstance(codings, list):
            return None
        coded = [coding for coding in codings if isinstance(coding, dict) and "code" in coding]
        if not coded:
            is_excused = _is_excused(item) or any(map(_is_excused, codings))
            return None if is_excused else one(messages.CODE_MISSING, value_set=value_set)
        if any(_answer(coding, contains) is not Membership.NO for coding in coded):
            return None
        return one(messages.CONCEPT_NOT_IN_SET, codes=", ".join(map(_coding_text, coded)), value_set=value_set)

    return check


def _quantity(value_set: str, contains: Contains) -> ItemCheck:
    def check(item: Any, scope: Scope) -> Findings:  # noqa: ARG001
        if not isinstance(item, dict) or "code" not in item or _answer(item, contains) is not Membership.NO:
            return None
        return one(messages.CODE_NOT_IN_SET, code=_coding_text(item), value_set=value_set)

    return check


_BY_TYPE: dict[str, Callable[[str, Contains], ItemCheck]] = {
    "code": _code,
    "string": _code,
    "uri": _code,
    "Coding": _coding,
    "CodeableConcept": _concept,
    "Quantity": _quantity,
}


def _answer(coding: dict[str, Any], contains: Contains) -> Membership:
    """Membership of a Coding or Quantity. Without a system a code has no meaning, so no value set holds it."""
    system, code = coding.get("system"), coding.get("code")
    if not isinstance(code, str) or not isinstance(system, str | None):
        return Membership.UNKNOWN
    return contains(system or "", code)


def _is_excused(item: Any) -> bool:
    """True when an extension may say why the code is absent."""
    return isinstance(item, dict) and ("extension" in item or "_code" in item)


def _coding_text(coding: dict[str, Any]) -> str:
    return quoted(f"{coding.get('system', '')}|{coding.get('code', '')}")

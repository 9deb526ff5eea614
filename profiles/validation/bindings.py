"""Bindings: code, Coding, CodeableConcept and Quantity against a value set, graded by the strength.

A code is wrong only when the value set surely does not hold it. What cannot be told is a warning for a required
binding, information for an extensible one, nothing for the others. https://hl7.org/fhir/R4/terminologies.html#strength
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from conformance.issues import Severity
from profiles import messages
from profiles.validation.findings import Findings, graded, quoted
from profiles.validation.node import ItemCheck
from profiles.validation.scope import Scope
from terminology.membership import Membership, ValueSets

_EXCUSES = ("extension", "_code")


class Bound(NamedTuple):
    """A binding; ``strength`` may also be ``maximum`` (elementdefinition-maxValueSet)."""

    strength: str
    value_set: str

    @property
    def is_graded(self) -> bool:
        """Whether it has anything to say: an ``example`` has not."""
        return self.strength in _GRADES


class _Grades(NamedTuple):
    """Severity of a code that is outside, of no code at all, and of a code of which it cannot be told."""

    outside: Severity | None
    missing: Severity | None
    unknown: Severity | None


_GRADES: Mapping[str, _Grades] = {
    "required": _Grades(Severity.ERROR, Severity.ERROR, Severity.WARNING),
    "maximum": _Grades(Severity.ERROR, None, Severity.WARNING),
    "extensible": _Grades(Severity.WARNING, None, Severity.INFORMATION),
    "preferred": _Grades(Severity.INFORMATION, None, None),
}


def binding_check(type_code: str, bound: Bound, value_sets: ValueSets) -> ItemCheck | None:
    """The check of one item of ``type_code`` against a value set; None when there is nothing to check."""
    make, grades = _BY_TYPE.get(type_code), _GRADES.get(bound.strength)
    if make is None or grades is None or not bound.value_set:
        return None
    find, graded_as = make, grades

    def check(item: Any, scope: Scope) -> Findings:  # noqa: ARG001 - an ItemCheck
        return find(item, bound, graded_as, value_sets)

    return check


def binding_findings(item: Any, type_code: str, bound: Bound, value_sets: ValueSets) -> Findings:
    """What a binding has to say of a value."""
    make, grades = _BY_TYPE.get(type_code), _GRADES.get(bound.strength)
    return make(item, bound, grades, value_sets) if make and grades else None


def accepted_codes(type_code: str, bound: Bound, value_sets: ValueSets) -> Callable[[Any], bool] | None:
    """The quick answer that a binding has nothing to say of a value; None for types that have no such answer."""
    if _BY_TYPE.get(type_code) is not _code:
        return None
    listed = value_sets.listed(bound.value_set)
    return lambda value: isinstance(value, str) and value in listed


def coded_membership(item: Any, type_code: str, value_set: str, value_sets: ValueSets) -> Membership:
    """Whether a code, or any coding of a concept, is in a value set."""
    if type_code == "CodeableConcept":
        codings = item.get("coding") if isinstance(item, dict) else None
        answers = [_coding_answer(coding, value_set, value_sets) for coding in _codings(codings)]
        for answer in (Membership.YES, Membership.UNKNOWN):
            if answer in answers:
                return answer
        return Membership.NO
    if isinstance(item, dict):
        return _coding_answer(item, value_set, value_sets) if "code" in item else Membership.NO
    return value_sets.membership(value_set, None, item) if isinstance(item, str) else Membership.UNKNOWN


def _code(item: Any, bound: Bound, grades: _Grades, value_sets: ValueSets) -> Findings:
    if not isinstance(item, str):
        return None
    answer = value_sets.membership(bound.value_set, None, item)
    return None if answer is Membership.YES else _graded(answer, grades, quoted(item), bound)


def _coding(item: Any, bound: Bound, grades: _Grades, value_sets: ValueSets) -> Findings:
    if not isinstance(item, dict):
        return None
    if "code" not in item:
        return None if _is_excused(item) else _missing(grades, bound)
    answer = _coding_answer(item, bound.value_set, value_sets)
    return None if answer is Membership.YES else _graded(answer, grades, _coding_text(item), bound)


def _concept(item: Any, bound: Bound, grades: _Grades, value_sets: ValueSets) -> Findings:
    if not isinstance(item, dict):
        return None
    codings = _codings(item.get("coding"))
    best = Membership.NO
    coded = False
    for coding in codings:
        if "code" not in coding:
            continue
        coded = True
        answer = _coding_answer(coding, bound.value_set, value_sets)
        if answer is Membership.YES:
            return None
        if answer is Membership.UNKNOWN:
            best = answer
    if not coded:
        is_excused = _is_excused(item) or any(map(_is_excused, codings))
        return None if is_excused else _missing(grades, bound)
    texts = ", ".join(_coding_text(coding) for coding in codings if "code" in coding)
    if best is Membership.UNKNOWN:
        return _graded(best, grades, texts, bound)
    return graded(grades.outside, messages.CONCEPT_NOT_IN_SET, codes=texts, **_said(bound))


def _quantity(item: Any, bound: Bound, grades: _Grades, value_sets: ValueSets) -> Findings:
    return _coding(item, bound, grades, value_sets) if isinstance(item, dict) and "code" in item else None


_BY_TYPE: dict[str, Callable[[Any, Bound, _Grades, ValueSets], Findings]] = {
    "code": _code,
    "string": _code,
    "uri": _code,
    "Coding": _coding,
    "CodeableConcept": _concept,
    "Quantity": _quantity,
}


def _graded(answer: Membership, grades: _Grades, code: str, bound: Bound) -> Findings:
    if answer is Membership.NO:
        return graded(grades.outside, messages.CODE_NOT_IN_SET, code=code, **_said(bound))
    return graded(grades.unknown, messages.CODE_NOT_CHECKED, code=code, value_set=bound.value_set)


def _missing(grades: _Grades, bound: Bound) -> Findings:
    return graded(grades.missing, messages.CODE_MISSING, value_set=bound.value_set)


def _said(bound: Bound) -> dict[str, str]:
    return {"value_set": bound.value_set, "strength": bound.strength}


def _codings(value: Any) -> list[dict[str, Any]]:
    return [coding for coding in value if isinstance(coding, dict)] if isinstance(value, list) else []


def _coding_answer(coding: dict[str, Any], value_set: str, value_sets: ValueSets) -> Membership:
    """Membership of a Coding or Quantity. Without a system a code has no meaning, so no value set holds it."""
    system, code = coding.get("system"), coding.get("code")
    if not isinstance(code, str) or not isinstance(system, str | None):
        return Membership.UNKNOWN
    return value_sets.membership(value_set, system or "", code)


def _is_excused(item: Any) -> bool:
    """True when an extension may say why the code is absent."""
    return isinstance(item, dict) and any(name in item for name in _EXCUSES)


def _coding_text(coding: dict[str, Any]) -> str:
    return quoted(f"{coding.get('system', '')}|{coding.get('code', '')}")

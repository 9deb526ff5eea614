"""The answers to one question: type, options, value set and bounds.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.type
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from profiles import messages
from profiles.validation.addresses import Address
from profiles.validation.findings import Findings, joined, one, quoted, under
from profiles.validation.profiled.values import compared
from profiles.validation.questionnaires.form import Question, objects, typed_value
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures
from terminology.membership import Membership, ValueSets

#: Type of a question -> types that its answers may have.
_TYPES: dict[str, tuple[str, ...]] = {
    "boolean": ("boolean",),
    "decimal": ("decimal",),
    "integer": ("integer",),
    "date": ("date",),
    "dateTime": ("dateTime",),
    "time": ("time",),
    "string": ("string",),
    "text": ("string",),
    "url": ("uri",),
    "choice": ("Coding", "date", "time", "integer", "string"),
    "open-choice": ("Coding", "date", "time", "integer", "string"),
    "attachment": ("Attachment",),
    "reference": ("Reference",),
    "quantity": ("Quantity",),
}

#: Checks one answer: (question, type name, value, scope).
_Check = Callable[[Question, str, Any, Scope], Findings]


class Answers:
    """Checks answers against their question."""

    def __init__(self, structures: Structures, value_sets: ValueSets) -> None:
        self._structures = structures
        self._value_sets = value_sets
        self._checks: tuple[_Check, ...] = (
            _range,
            _length,
            _places,
            _attachment,
            self._unit,
            self._reference,
            self._options,
            self._value_set,
        )

    def check(self, question: Question, answers: list[dict[str, Any]], scope: Scope) -> Findings:
        """What is wrong with the answers of an item, seen from it."""
        found = _exclusive(question, answers)
        for position, answer in enumerate(answers):
            problem = self._answer(question, answer, scope)
            if problem:
                found = joined(found, under("answer", under(position, problem)))
        return found

    def _answer(self, question: Question, answer: dict[str, Any], scope: Scope) -> Findings:
        key, value = typed_value(answer)
        if not key:
            return None
        name = key.removeprefix("value")
        type_name = name if name in ("Coding", "Attachment", "Reference", "Quantity") else name[:1].lower() + name[1:]
        allowed = _TYPES.get(question.type, (type_name,))
        step = f"value.ofType({type_name})"
        if type_name not in allowed:
            if not self._structures.element("QuestionnaireResponse.item.answer", key):
                return None  # told about as an unknown element
            return one(messages.ANSWER_TYPE, step, found=type_name, allowed=", ".join(allowed))
        found: Findings = None
        for check in self._checks:
            problem = check(question, type_name, value, scope)
            if problem:
                found = joined(found, under(step, problem))
        return found

    def _unit(self, question: Question, type_name: str, value: Any, scope: Scope) -> Findings:  # noqa: ARG002
        if type_name != "Quantity" or not isinstance(value, dict):
            return None
        options = [option for option in question.extensions("unitOption") if isinstance(option, dict)]
        if options and not any(_same_unit(value, option) for option in options):
            return one(messages.UNIT_NOT_ALLOWED, unit=_unit_text(value))
        canonical = question.extension("unitValueSet")
        if not isinstance(canonical, str):
            return None
        code, system = value.get("code"), value.get("system")
        is_known = isinstance(code, str) and isinstance(system, str)
        answer = self._value_sets.membership(canonical, system, str(code)) if is_known else Membership.NO
        return one(messages.UNIT_NOT_ALLOWED, unit=_unit_text(value)) if answer is Membership.NO else None

    def _reference(self, question: Question, type_name: str, value: Any, scope: Scope) -> Findings:  # noqa: ARG002
        text = value.get("reference") if type_name == "Reference" and isinstance(value, dict) else None
        if not isinstance(text, str) or text.startswith(("#", "urn:")):
            return None
        name = text.rpartition("/")[0].rpartition("/")[2]
        if Address.of(text).type == "" and name == "":
            return None
        if not self._structures.is_resource(name):
            return one(messages.ANSWER_TARGET_UNKNOWN, type=quoted(name), reference=quoted(text))
        allowed = list(question.extensions("referenceResource"))
        if allowed and name not in allowed:
            return one(messages.WRONG_TARGET, found=name, allowed=", ".join(map(str, allowed)))
        return None

    def _options(self, question: Question, type_name: str, value: Any, scope: Scope) -> Findings:  # noqa: ARG002
        options = [typed_value(option) for option in objects(question.raw.get("answerOption"))]
        if not options or (question.type == "open-choice" and type_name == "string"):
            return None
        alike = [option for key, option in options if key.lower() == f"value{type_name}".lower()]
        if not alike:
            return one(messages.OPTION_TYPE, type=type_name)
        if any(_is_option(value, option) for option in alike):
            return None
        return one(messages.NOT_AN_OPTION, value=_text(value))

    def _value_set(self, question: Question, type_name: str, value: Any, scope: Scope) -> Findings:  # noqa: ARG002
        canonical = question.raw.get("answerValueSet")
        if not isinstance(canonical, str) or canonical.startswith("#"):
            return None
        if type_name == "Coding" and isinstance(value, dict) and isinstance(value.get("code"), str):
            answer = self._value_sets.membership(canonical, str(value.get("system") or ""), value["code"])
        elif type_name == "string" and question.type != "open-choice" and isinstance(value, str):
            answer = self._value_sets.membership(canonical, None, value)
        else:
            return None
        if answer is not Membership.NO:
            return None
        return one(messages.NOT_AN_OPTION, value=_text(value))


def _range(question: Question, type_name: str, value: Any, scope: Scope) -> Findings:  # noqa: ARG001
    suffix = "Quantity" if type_name == "Quantity" else "Value"
    found: Findings = None
    for name, sign, message in (("min", 1, messages.BELOW_MINIMUM), ("max", -1, messages.ABOVE_MAXIMUM)):
        bound = question.extension(name + suffix)
        if bound is None:
            continue
        order = compared(value, bound)
        if order is None:
            if type_name == "Quantity":
                found = joined(found, one(messages.NOT_COMPARABLE, value=_text(value), bound=_text(bound)))
        elif order * sign < 0:
            found = joined(found, one(message, value=_text(value), bound=_text(bound)))
    return found


def _length(question: Question, type_name: str, value: Any, scope: Scope) -> Findings:  # noqa: ARG001
    if type_name not in ("string", "uri") or not isinstance(value, str):
        return None
    least, most = question.extension("minLength"), question.raw.get("maxLength")
    found: Findings = None
    if isinstance(least, int) and len(value) < least:
        found = one(messages.TOO_SHORT, length=len(value), least=least)
    if isinstance(most, int) and len(value) > most:
        found = joined(found, one(messages.TOO_LONG, length=len(value), most=most))
    return found


def _places(question: Question, type_name: str, value: Any, scope: Scope) -> Findings:  # noqa: ARG001
    most = question.extension("maxDecimalPlaces")
    if type_name != "decimal" or not isinstance(most, int) or not isinstance(value, Decimal):
        return None
    exponent = value.as_tuple().exponent
    count = -exponent if isinstance(exponent, int) else 0
    return one(messages.TOO_MANY_PLACES, value=value, most=most) if count > most else None


def _attachment(question: Question, type_name: str, value: Any, scope: Scope) -> Findings:  # noqa: ARG001
    if type_name != "Attachment" or not isinstance(value, dict):
        return None
    types = [str(mime) for mime in question.extensions("mimeType")]
    found: Findings = None
    if types and value.get("contentType") not in types:
        found = one(messages.MIME_TYPE, found=quoted(value.get("contentType")), allowed=", ".join(types))
    most, size = question.extension("maxSize"), _size(value)
    if isinstance(most, int | Decimal) and size is not None and size > most:
        found = joined(found, one(messages.ATTACHMENT_TOO_LARGE, size=size, most=most))
    return found


def _size(attachment: dict[str, Any]) -> int | None:
    data, stated = attachment.get("data"), attachment.get("size")
    if isinstance(data, str):
        try:
            return len(base64.b64decode(data))
        except (binascii.Error, ValueError):
            return None
    return stated if isinstance(stated, int) else None


def _exclusive(question: Question, answers: list[dict[str, Any]]) -> Findings:
    """An option that excludes all others, beside others."""
    if len(answers) < 2:
        return None
    exclusive = [
        typed_value(option)[1]
        for option in objects(question.raw.get("answerOption"))
        if any(
            entry.get("url", "").endswith("questionnaire-optionExclusive") and entry.get("valueBoolean") is True
            for entry in objects(option.get("extension"))
        )
    ]
    found: Findings = None
    for position, answer in enumerate(answers):
        value = typed_value(answer)[1]
        if any(_is_option(value, option) for option in exclusive):
            found = joined(found, one(messages.OPTION_EXCLUSIVE, "answer", position, value=_text(value)))
    return found


def _is_option(value: Any, option: Any) -> bool:
    if isinstance(value, dict) and isinstance(option, dict):
        if "reference" in option:
            return bool(value.get("reference") == option["reference"])
        return (value.get("system"), value.get("code")) == (option.get("system"), option.get("code"))
    return bool(value == option)


def _same_unit(value: dict[str, Any], option: dict[str, Any]) -> bool:
    if "code" in option and "code" in value:
        return (value.get("system"), value["code"]) == (option.get("system"), option["code"])
    return bool(value.get("unit")) and value.get("unit") == option.get("display")


def _unit_text(value: dict[str, Any]) -> str:
    return quoted(value.get("code") or value.get("unit") or "")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        if "value" in value:
            return quoted(f"{value['value']} {value.get('unit') or value.get('code', '')}".strip())
        return quoted(f"{value.get('system', '')}|{value.get('code', '')}")
    return quoted(value)

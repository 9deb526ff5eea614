"""Coding: the system is absolute and a code system, the code is in it, the display is one of its.

https://hl7.org/fhir/R4/datatypes.html#Coding
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from conformance.issues import Severity
from profiles import messages
from profiles.validation.findings import Findings, graded, one, quoted
from profiles.validation.scope import Scope
from terminology.grammars import is_of
from terminology.membership import CodeSystemContent, ValueSets

_SHOWN = 3

#: Tables of HL7 v2 and v3 grow outside of this version of FHIR, which holds a copy of an old state.
_MOVING = ("http://terminology.hl7.org/CodeSystem/v2-", "http://terminology.hl7.org/CodeSystem/v3-")


class Codings:
    """A WholeCheck of Codings against the code systems that are wholly known."""

    def __init__(self, value_sets: ValueSets) -> None:
        self._value_sets = value_sets

    def __call__(self, coding: dict[str, Any], scope: Scope) -> Findings:
        """What is wrong with the coding by itself, whatever it is bound to."""
        system = coding.get("system")
        if not isinstance(system, str) or not system:
            return None
        content = self._value_sets.system(system)
        if content is not None:
            return self._in_system(coding, system, content, scope)
        if ":" not in system:
            return one(messages.SYSTEM_RELATIVE, "system", system=quoted(system))
        if "/ValueSet/" in system:
            return one(messages.SYSTEM_IS_VALUE_SET, "system", system=quoted(system))
        return check_code(coding, scope)

    def _in_system(self, coding: dict[str, Any], system: str, content: CodeSystemContent, scope: Scope) -> Findings:
        if content.is_supplement:
            return one(messages.SYSTEM_IS_SUPPLEMENT, "system", system=quoted(system))
        code = coding.get("code")
        if not isinstance(code, str):
            return None
        displays = content.displays.get(content.folded(code))
        if displays is None:
            is_other_version = "version" in coding and coding["version"] != content.version
            if not content.is_complete:
                return check_code(coding, scope)
            if is_other_version:
                return None
            severity = Severity.WARNING if system.startswith(_MOVING) else Severity.ERROR
            return graded(severity, messages.CODE_UNKNOWN, "code", code=quoted(code), system=quoted(system))
        return self._display(coding.get("display"), displays, scope)

    def _display(self, display: Any, displays: tuple[str, ...], scope: Scope) -> Findings:
        if not isinstance(display, str) or not displays or display in displays:
            return None
        if _folded(display) in map(_stated, displays):
            return None
        expected = _shown(displays)
        severity = scope.session.options.display
        return graded(severity, messages.WRONG_DISPLAY, "display", display=quoted(display), expected=expected)


def check_code(value: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a WholeCheck
    """A code, of a Coding or of a Quantity's unit, that by the grammar of its system is none."""
    system, code = value.get("system"), value.get("code")
    if not isinstance(system, str) or not isinstance(code, str) or is_of(system, code) is not False:
        return None
    return one(messages.CODE_UNKNOWN, "code", code=quoted(code), system=quoted(system))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


@lru_cache(maxsize=4096)
def _shown(displays: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, displays[:_SHOWN]))


#: The same for displays of code systems, which come again.
_stated = lru_cache(maxsize=4096)(_folded)


def check_identifier(identifier: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a WholeCheck
    """An identifier's system is absolute; a URI as identifier is a whole URI."""
    system, value = identifier.get("system"), identifier.get("value")
    if not isinstance(system, str) or not system:
        return None
    if ":" not in system:
        return one(messages.SYSTEM_RELATIVE, "system", system=quoted(system))
    if system == "urn:ietf:rfc:3986" and isinstance(value, str) and ":" not in value:
        return one(messages.IDENTIFIER_NO_URI, "value", value=quoted(value))
    return None

"""StructureDefinition: the type is known or has a namespace, paths begin with it, and a snapshot can be made.

https://hl7.org/fhir/R4/structuredefinition.html
"""

from __future__ import annotations

from typing import Any

from conformance.errors import FhirError
from conformance.issues import Severity
from conformance.snapshots.messages import BASE_CIRCULAR, BASE_UNKNOWN
from profiles import messages
from profiles.validation.definitional.element_definitions import ElementDefinitions
from profiles.validation.findings import Findings, graded, joined, one, quoted, under
from profiles.validation.fixed import is_same
from profiles.validation.profiled.specs import Profile
from profiles.validation.scope import Scope, objects
from profiles.validation.structures import Structures


class StructureDefinitions:
    """A WholeCheck of StructureDefinitions."""

    def __init__(self, structures: Structures) -> None:
        self._structures = structures
        self._element = ElementDefinitions(structures)

    def __call__(self, resource: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG002 - a WholeCheck
        """What is wrong with a structure as a definition."""
        type_name = resource.get("type")
        if not isinstance(type_name, str):
            return None
        found = self._type(resource, type_name)
        found = joined(found, _paths(resource, type_name))
        found = joined(found, self._elements(resource))
        return found or self._snapshot(resource)

    def _type(self, resource: dict[str, Any], type_name: str) -> Findings:
        if resource.get("derivation") == "constraint":
            return None
        if ":" not in type_name and not self._structures.is_known_type(type_name):
            return one(messages.TYPE_WITHOUT_NAMESPACE, "type", type=quoted(type_name))
        base = resource.get("baseDefinition")
        if isinstance(base, str) and base == type_name and resource.get("url") != type_name:
            return one(messages.TYPE_OF_BASE, "type", type=quoted(type_name))
        return None

    def _elements(self, resource: dict[str, Any]) -> Findings:
        """Elements that the base, or a profile that they name, does not agree with."""
        differential = resource.get("differential")
        found: Findings = None
        base = self._base(resource)
        for position, element in enumerate(
            objects(differential.get("element")) if isinstance(differential, dict) else ()
        ):
            problem = joined(self._type_profiles(element), self._element(element, base))
            if base is not None:
                problem = joined(problem, _refixed(element, base))
            if problem:
                found = joined(found, under("differential", under("element", under(position, problem))))
        return found

    def _base(self, resource: dict[str, Any]) -> Profile | None:
        base = resource.get("baseDefinition")
        try:
            return self._structures.profile(base) if isinstance(base, str) and base != resource.get("url") else None
        except ValueError:
            return None

    def _type_profiles(self, element: dict[str, Any]) -> Findings:
        found: Findings = None
        for position, entry in enumerate(objects(element.get("type"))):
            code, profiles = str(entry.get("code")), entry.get("profile")
            for place, canonical in enumerate(profiles if isinstance(profiles, list) else ()):
                about = self._structures.type_of(canonical) if isinstance(canonical, str) else None
                if about is None or self._is_about(about, code) or not self._structures.is_known_type(code):
                    continue
                params = {"profile": quoted(canonical), "expected": about, "found": quoted(code)}
                at = ("type", position, "profile", place)
                found = joined(found, one(messages.PROFILE_OF_OTHER_TYPE, *at, **params))
        return found

    def _is_about(self, about: str, code: str) -> bool:
        """Whether profiles of a type may be named beside another one: the same, or any resource."""
        return about == code or (code in ("Resource", "DomainResource") and self._structures.is_a(about, code))

    def _snapshot(self, resource: dict[str, Any]) -> Findings:
        differential = resource.get("differential")
        if not isinstance(differential, dict) or not objects(differential.get("element")):
            return None
        try:
            made = self._structures.snapshots.generate(resource)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return graded(Severity.WARNING, messages.NO_SNAPSHOT, reason=quoted(error))
        except FhirError as error:
            is_at_hand = {issue.message for issue in error.issues}.isdisjoint((BASE_UNKNOWN, BASE_CIRCULAR))
            severity = Severity.ERROR if is_at_hand else Severity.WARNING
            return graded(severity, messages.NO_SNAPSHOT, reason=quoted(error))
        found: Findings = None
        for issue in made.issues:
            if issue.is_error:
                found = joined(found, one(messages.NO_SNAPSHOT, reason=quoted(issue.text())))
        return found


def _refixed(element: dict[str, Any], base: Profile) -> Findings:
    """A fixed value that differs from the one that the base has fixed."""
    path = element.get("id") or element.get("path")
    spec = base.element(path) if isinstance(path, str) else None
    known = spec.value("fixed") if spec is not None else None
    stated = next((value for key, value in element.items() if key.startswith("fixed")), None)
    if known is None or stated is None or is_same(known, stated):
        return None
    return one(messages.FIXED_BY_BASE, expected=quoted(known), found=quoted(stated))


def _paths(resource: dict[str, Any], type_name: str) -> Findings:
    """Elements whose path does not begin with the type."""
    name = type_name.rpartition("/")[2]
    found: Findings = None
    for part in ("differential", "snapshot"):
        elements = resource.get(part)
        for position, element in enumerate(objects(elements.get("element") if isinstance(elements, dict) else None)):
            path = element.get("path")
            if isinstance(path, str) and path.partition(".")[0] != name:
                params = {"path": quoted(path), "type": quoted(name)}
                found = joined(found, one(messages.PATH_OF_OTHER_TYPE, part, "element", position, "path", **params))
    return found

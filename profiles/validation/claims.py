"""The profiles that a resource claims in ``meta.profile``, and those that it is validated against.

https://hl7.org/fhir/R4/resource-definitions.html#Meta.profile
"""

from __future__ import annotations

from typing import Any

from conformance.issues import Severity
from profiles import messages
from profiles.validation.findings import Findings, graded, joined, one, quoted, under
from profiles.validation.implied import implied
from profiles.validation.profiled.compiler import ProfileCompiler
from profiles.validation.profiled.items import Item
from profiles.validation.scope import Scope, objects
from profiles.validation.structures import Structures


class Claims:
    """Checks resources against profiles by canonical."""

    def __init__(self, profiles: ProfileCompiler, structures: Structures) -> None:
        self._profiles = profiles
        self._structures = structures

    def check(self, resource: dict[str, Any], scope: Scope) -> Findings:
        """What the claimed profiles have to say; nothing where only structure is asked for."""
        if scope.session.options.structure_only:
            return None
        meta = resource.get("meta")
        claimed = meta.get("profile") if isinstance(meta, dict) else None
        found: Findings = None
        for position, canonical in enumerate(claimed if isinstance(claimed, list) else ()):
            if isinstance(canonical, str) and canonical:
                place = ("meta", "profile", position)
                found = joined(found, self.against(canonical, resource, scope, place))
        found = joined(found, self._entries(resource, scope) if scope.session.options.entry_profiles else None)
        for canonical in (*self._structures.global_profiles(str(resource.get("resourceType"))), *implied(resource)):
            found = joined(found, self.against(canonical, resource, scope))
        return found

    def _entries(self, bundle: dict[str, Any], scope: Scope) -> Findings:
        """What the profiles that options give to entries of a Bundle have to say."""
        found: Findings = None
        for rule, canonical in scope.session.options.entry_profiles:
            type_name, _, number = rule.partition(":")
            places = [
                position
                for position, entry in enumerate(objects(bundle.get("entry")))
                if isinstance(entry.get("resource"), dict) and entry["resource"].get("resourceType") == type_name
            ]
            for position in places[int(number or 0) : int(number or 0) + 1]:
                resource = bundle["entry"][position]["resource"]
                problem = self.against(canonical, resource, scope.inside(resource, scope.full_url_of(resource)))
                found = joined(found, _at(("entry", position, "resource"), problem))
        return found

    def against(
        self, canonical: str, resource: dict[str, Any], scope: Scope, place: tuple[str | int, ...] = ()
    ) -> Findings:
        """What one profile has to say; that it cannot be applied is told at ``place``."""
        type_name = str(resource.get("resourceType"))
        try:
            profile = self._structures.profile(canonical)
        except ValueError as error:
            return _at(place, one(messages.PROFILE_UNUSABLE, profile=quoted(canonical), reason=quoted(error)))
        if profile is None:
            severity = scope.session.options.unknown_profile if place else Severity.WARNING
            return _at(place, graded(severity, messages.UNKNOWN_PROFILE, profile=quoted(canonical)))
        if self._structures.is_core(canonical) and profile.type == type_name:
            return None
        if not self._structures.is_a(type_name, profile.type):
            params = {"profile": quoted(canonical), "expected": profile.type, "found": type_name}
            return _at(place, one(messages.PROFILE_OF_OTHER_TYPE, **params))
        return self._profiles.conformity.against(Item(resource, type_name), profile, scope)


def _at(place: tuple[str | int, ...], found: Findings) -> Findings:
    if found:
        for step in reversed(place):
            under(step, found)
    return found

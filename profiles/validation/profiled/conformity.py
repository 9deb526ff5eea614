"""Type profiles: an item must meet one of the profiles that its element names.

https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.profile
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from profiles import messages
from profiles.validation.findings import Finding, Findings, graded, joined, one, quoted
from profiles.validation.profiled.checks import ItemCheck, ValueCheck, anything
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.node import scope_of
from profiles.validation.profiled.specs import Profile, Spec, type_code, type_profiles
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures

if TYPE_CHECKING:
    from profiles.validation.profiled.compiler import ProfileCompiler


#: What is wrong with an object of a type.
CheckType: TypeAlias = Callable[[dict[str, Any], str, Scope], Findings]


class Conformity:
    """Answers whether objects meet profiles, each pair once in a run; a pair that is being asked counts as met."""

    def __init__(self, structures: Structures, compiler: ProfileCompiler) -> None:
        self._structures = structures
        self._compiler = compiler
        self.check_type: CheckType | None = None
        """What is wrong with an object by its type; set once types can be asked."""

    def checks(self, spec: Spec) -> Iterator[ItemCheck]:
        """The check of the type profiles of an element."""
        profiles = {type_code(entry): type_profiles(entry) for entry in spec.types if entry.get("profile")}
        if profiles:

            def check(item: Item, scope: Scope) -> Findings:
                return self.any_of(item, self._meant(profiles, item.type), scope)

            yield ValueCheck(check, lambda type_name: None if self._meant(profiles, type_name) else anything)

    def _meant(self, profiles: dict[str, list[str]], type_name: str) -> list[str]:
        """The profiles of the stated type that an item has."""
        if type_name in profiles:
            return profiles[type_name]
        return next((listed for code, listed in profiles.items() if self._structures.is_a(type_name, code)), [])

    def any_of(self, item: Item, canonicals: list[str] | tuple[str, ...], scope: Scope) -> Findings:
        """What is wrong when the item meets none of these profiles."""
        if item.value is None and item.twin is None:
            return None
        if len(canonicals) == 1:
            return self.findings(item, canonicals[0], scope)
        reasons: Findings = None
        for canonical in canonicals:
            found = self.findings(item, canonical, scope)
            if not _has_error(found):
                return found
            reasons = joined(reasons, found)
        if not canonicals:
            return None
        return joined(one(messages.NO_PROFILE_MATCHES, profiles=", ".join(canonicals)), reasons)

    def holds(self, item: Item, canonical: str, scope: Scope) -> bool:
        """Whether the item meets the profile; an unknown profile is met by nothing."""
        profile = self._structures.profile(canonical)
        if profile is None or not self._structures.is_a(item.type, profile.type):
            return False
        return not (self._has_wrong_type(item, scope) or _has_error(self.findings(item, canonical, scope)))

    def _has_wrong_type(self, item: Item, scope: Scope) -> bool:
        """Whether an object has errors by its type alone."""
        if self.check_type is None or not isinstance(item.value, dict):
            return False
        key = (id(item.value), id(self))
        conformity = scope.session.conformity
        if key not in conformity:
            conformity[key] = None
            scope.session.kept.append(item)
            conformity[key] = self.check_type(item.value, item.type, scope_of(item, scope))
        return _has_error(conformity[key])

    def answer(self, item: Item, canonical: str, scope: Scope) -> bool | None:
        """Whether the item meets the profile, None when the profile is unknown."""
        return None if self._structures.profile(canonical) is None else self.holds(item, canonical, scope)

    def findings(self, item: Item, canonical: str, scope: Scope) -> Findings:
        """What a profile, or with ``#element`` one of its elements, has to say of an item."""
        canonical, _, element = canonical.partition("#")
        try:
            profile = self._structures.profile(canonical)
        except ValueError as error:
            return one(messages.PROFILE_UNUSABLE, profile=canonical, reason=str(error))
        if profile is None:
            severity = scope.session.options.missing_profile
            return graded(severity, messages.UNKNOWN_TYPE_PROFILE, profile=quoted(canonical))
        if element:
            spec = profile.element(element)
            return None if spec is None else self._against(item, spec, scope)
        if not self._structures.is_a(item.type, profile.type):
            return one(messages.PROFILE_OF_OTHER_TYPE, profile=canonical, expected=profile.type, found=item.type)
        return self.against(item, profile, scope)

    def against(self, item: Item, profile: Profile, scope: Scope) -> Findings:
        """What a profile at hand has to say of an item."""
        return self._against(item, profile.root, scope)

    def _against(self, item: Item, spec: Spec, scope: Scope) -> Findings:
        session = scope.session
        key = (id(item.value if item.value is not None else item.twin), id(spec))
        if key in session.conformity:
            return _copies(session.conformity[key])
        session.conformity[key] = None
        session.kept.append(item)
        found = self._compiler.spec_node(spec).check(item, scope_of(item, scope))
        session.conformity[key] = _copies(found)
        return found


def _copies(found: Findings) -> Findings:
    """The findings, to be placed elsewhere."""
    if not found:
        return None
    return [Finding(each.message, each.params, [*each.steps], each.severity, each.confirm) for each in found]


def _has_error(found: Findings) -> bool:
    return any(finding.is_error for finding in found or ())

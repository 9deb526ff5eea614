"""Extensions: url, value or further extensions (ext-1), their definition, and where they may stand.

https://hl7.org/fhir/R4/extensibility.html
"""

from __future__ import annotations

from typing import Any

from conformance.issues import Severity
from profiles import messages
from profiles.validation.findings import Findings, graded, joined, one, quoted
from profiles.validation.node import ItemCheck
from profiles.validation.options import Options
from profiles.validation.profiled.compiler import ProfileCompiler
from profiles.validation.profiled.contexts import Contexts
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.specs import Profile
from profiles.validation.scope import Scope

#: Extensions of the specification and of tools that newer versions define; absence from R4 says nothing.
_STANDARD = ("http://hl7.org/fhir/StructureDefinition/", "http://hl7.org/fhir/tools/StructureDefinition/")
_CROSS_VERSION = tuple(f"http://hl7.org/fhir/{number}.0/StructureDefinition/extension-" for number in range(1, 7))
_EXAMPLES = ("example.org", "acme.com", "nema.org")


def check_extension(value: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a WholeCheck
    """A breach of ext-1."""
    if "extension" not in value:
        has_value = len(value) > ("url" in value) + ("id" in value)
        return None if has_value or "url" not in value else one(messages.EXTENSION_NEITHER)
    if any(name.startswith(("value", "_value")) for name in value):
        return one(messages.EXTENSION_BOTH)
    return None


class Extensions:
    """Checks extensions against their definitions."""

    def __init__(self, profiles: ProfileCompiler, contexts: Contexts) -> None:
        self._profiles = profiles
        self._contexts = contexts

    def check(self, owner: str, *, is_modifier: bool) -> ItemCheck:
        """The check of one extension of an object of type or path ``owner``."""

        def checked(item: Any, scope: Scope) -> Findings:
            url = item.get("url") if isinstance(item, dict) else None
            if not isinstance(url, str) or not url:
                return None
            if ":" not in url:
                return None if owner == "Extension" else one(messages.EXTENSION_URL_RELATIVE, "url", url=quoted(url))
            if scope.session.options.structure_only:
                return None
            return self._defined(item, url, owner, scope, is_modifier=is_modifier)

        return checked

    def _defined(self, item: dict[str, Any], url: str, owner: str, scope: Scope, *, is_modifier: bool) -> Findings:
        try:
            profile = self._profiles.profile(url)
        except ValueError as error:
            return one(messages.PROFILE_UNUSABLE, profile=quoted(url), reason=quoted(error))
        if profile is None or profile.type != "Extension":
            return _unknown(url, scope.session.options, is_modifier=is_modifier)
        found = self._used_as_defined(profile, is_modifier=is_modifier)
        found = joined(found, self._contexts.check(profile, owner, scope))
        found = joined(found, self._parts(profile, item))
        return joined(found, self._profiles.conformity.against(Item(item, "Extension"), profile, scope))

    def _used_as_defined(self, profile: Profile, *, is_modifier: bool) -> Findings:
        is_meant = bool(profile.root.raw.get("isModifier"))
        if is_meant == is_modifier:
            return None
        message = messages.MODIFIER_EXPECTED if is_meant else messages.MODIFIER_NOT_EXPECTED
        return one(message, url=quoted(profile.url))

    def _parts(self, profile: Profile, item: dict[str, Any]) -> Findings:
        """Parts of a complex extension that its definition does not know."""
        spec = profile.root.children.get("extension")
        if spec is None or not spec.slices:
            return None
        parts = item.get("extension")
        known = {part.children["url"].value("fixed") for part in spec.slices.values() if "url" in part.children}
        found: Findings = None
        for position, part in enumerate(parts if isinstance(parts, list) else ()):
            url = part.get("url") if isinstance(part, dict) else None
            if isinstance(url, str) and ":" not in url and url not in known:
                found = joined(
                    found, one(messages.EXTENSION_PART_UNKNOWN, "extension", position, url=quoted(url), of=profile.url)
                )
        return found


def _unknown(url: str, options: Options, *, is_modifier: bool) -> Findings:
    is_excused = url.startswith((*_STANDARD, *_CROSS_VERSION))
    is_excused = is_excused or (options.allow_examples and any(name in url for name in _EXAMPLES))
    if is_excused:
        return graded(Severity.INFORMATION, messages.EXTENSION_UNKNOWN, url=quoted(url))
    if is_modifier:
        return one(messages.MODIFIER_EXTENSION_UNKNOWN, url=quoted(url))
    return graded(options.unknown_extension, messages.EXTENSION_UNKNOWN, url=quoted(url))

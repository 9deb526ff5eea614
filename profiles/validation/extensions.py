"""Extensions: url, value or further extensions (ext-1), their definition, and where they may stand.

https://hl7.org/fhir/R4/extensibility.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from conformance.issues import Severity
from profiles import messages
from profiles.validation.findings import Findings, graded, joined, one, quoted
from profiles.validation.node import ItemCheck
from profiles.validation.options import Options
from profiles.validation.profiled.compiler import ProfileCompiler
from profiles.validation.profiled.contexts import ContextCheck, Contexts
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.specs import Profile
from profiles.validation.scope import Scope

#: Extensions of the specification and of tools that newer versions define; absence from R4 says nothing.
_STANDARD = ("http://hl7.org/fhir/StructureDefinition/", "http://hl7.org/fhir/tools/StructureDefinition/")
_CROSS_VERSION = tuple(f"http://hl7.org/fhir/{number}.0/StructureDefinition/extension-" for number in range(1, 7))
_EXAMPLES = ("example.org", "acme.com", "nema.org")

#: Definitions that are remembered for one element.
_KEPT = 2000


def check_extension(value: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a WholeCheck
    """A breach of ext-1."""
    return _ext_1(value)


def breaks_ext_1(names: Collection[str]) -> bool:
    """Whether an extension with these properties breaks ext-1."""
    return _ext_1(names) is not None


def _ext_1(names: Collection[str]) -> Findings:
    if "extension" not in names:
        has_value = len(names) > ("url" in names) + ("id" in names)
        return None if has_value or "url" not in names else one(messages.EXTENSION_NEITHER)
    if any(name.startswith(("value", "_value")) for name in names):
        return one(messages.EXTENSION_BOTH)
    return None


class _Use(NamedTuple):
    """An extension on objects of one type: what its definition says beforehand, and what is left to ask."""

    profile: Profile
    is_misused: bool
    """True for a modifier extension as a plain one, or the other way round."""
    contexts: tuple[ContextCheck, ...]
    parts: frozenset[Any] | None
    """The urls of the parts of a complex extension; None when any will do."""


class Extensions:
    """Checks extensions against their definitions."""

    def __init__(self, profiles: ProfileCompiler, contexts: Contexts, *, structure_only: bool) -> None:
        self._profiles = profiles
        self._contexts = contexts
        self._structure_only = structure_only

    def check(self, owner: str, *, is_modifier: bool) -> ItemCheck | None:
        """The check of one extension of an object of type or path ``owner``; None when there is nothing to check."""
        if self._structure_only:
            return None if owner == "Extension" else _absolute
        uses: dict[str, _Use] = {}

        def checked(item: Any, scope: Scope) -> Findings:
            url = item.get("url") if isinstance(item, dict) else None
            if not isinstance(url, str) or not url:
                return None
            if ":" not in url:
                return None if owner == "Extension" else _relative(url)
            use = uses.get(url)
            if use is None:
                try:
                    use = self._use(url, owner, is_modifier=is_modifier)
                except ValueError as error:
                    return one(messages.PROFILE_UNUSABLE, profile=quoted(url), reason=quoted(error))
                if use is None:
                    return _unknown(url, scope.session.options, is_modifier=is_modifier)
                if len(uses) < _KEPT:
                    uses[url] = use
            return self._used(use, item, scope)

        return checked

    def _use(self, url: str, owner: str, *, is_modifier: bool) -> _Use | None:
        """None when there is no such definition. Raises ValueError for one that cannot be read."""
        profile = self._profiles.profile(url)
        if profile is None or profile.type != "Extension":
            return None
        is_misused = bool(profile.root.raw.get("isModifier")) is not is_modifier
        return _Use(profile, is_misused, self._contexts.checks(profile, owner), _parts(profile))

    def _used(self, use: _Use, item: dict[str, Any], scope: Scope) -> Findings:
        found = _misused(use) if use.is_misused else None
        for check in use.contexts:
            found = joined(found, check(scope))
        if use.parts is not None and "extension" in item:
            found = joined(found, _strange_parts(use, use.parts, item["extension"]))
        return joined(found, self._profiles.conformity.against(Item(item, "Extension"), use.profile, scope))


def _absolute(item: Any, scope: Scope) -> Findings:  # noqa: ARG001 - an ItemCheck
    url = item.get("url") if isinstance(item, dict) else None
    return _relative(url) if isinstance(url, str) and url and ":" not in url else None


def _relative(url: str) -> Findings:
    return one(messages.EXTENSION_URL_RELATIVE, "url", url=quoted(url))


def _misused(use: _Use) -> Findings:
    is_modifier = bool(use.profile.root.raw.get("isModifier"))
    message = messages.MODIFIER_EXPECTED if is_modifier else messages.MODIFIER_NOT_EXPECTED
    return one(message, url=quoted(use.profile.url))


def _parts(profile: Profile) -> frozenset[Any] | None:
    spec = profile.root.children.get("extension")
    if spec is None or not spec.slices:
        return None
    return frozenset(part.children["url"].value("fixed") for part in spec.slices.values() if "url" in part.children)


def _strange_parts(use: _Use, known: frozenset[Any], parts: Any) -> Findings:
    """Parts of a complex extension that its definition does not know."""
    found: Findings = None
    for position, part in enumerate(parts if isinstance(parts, list) else ()):
        url = part.get("url") if isinstance(part, dict) else None
        if isinstance(url, str) and ":" not in url and url not in known:
            params = {"url": quoted(url), "of": use.profile.url}
            found = joined(found, one(messages.EXTENSION_PART_UNKNOWN, "extension", position, **params))
    return found


def _unknown(url: str, options: Options, *, is_modifier: bool) -> Findings:
    is_excused = url.startswith((*_STANDARD, *_CROSS_VERSION))
    is_excused = is_excused or (options.allow_examples and any(name in url for name in _EXAMPLES))
    if is_excused:
        return graded(Severity.INFORMATION, messages.EXTENSION_UNKNOWN, url=quoted(url))
    if is_modifier:
        return one(messages.MODIFIER_EXTENSION_UNKNOWN, url=quoted(url))
    return graded(options.unknown_extension, messages.EXTENSION_UNKNOWN, url=quoted(url))

"""Reference targets: the form of a literal reference, and whether its resource type is allowed.

https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted
from profiles.validation.node import ItemCheck
from profiles.validation.scope import Scope

IsResource = Callable[[str], bool]

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
#: Places where nothing is looked for.
_EXAMPLE = re.compile(r"//(?:[^/]*\.)?(?:example\.(?:org|com|net)|acme\.com)/")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


#: References that are remembered: they come from what is validated.
_KEPT = 4096
_LONGEST = 200


class TargetTypes(dict[str, str | None]):
    """The resource type that the text of a reference names, None when it names none; worked out at first asking."""

    def __init__(self, is_resource: IsResource) -> None:
        super().__init__()
        self.is_resource = is_resource

    def __missing__(self, reference: str) -> str | None:
        found = self._named(reference)
        if len(reference) <= _LONGEST:
            if len(self) >= _KEPT:
                self.clear()
            self[reference] = found
        return found

    def _named(self, reference: str) -> str | None:
        """Type in ``[base/]Type/id[/_history/vid][#fragment]`` or in the conditional ``Type?criteria``."""
        conditional, mark, _ = reference.partition("?")
        if mark and self.is_resource(conditional):
            return conditional
        steps = reference.partition("#")[0].rsplit("/", 4)
        if len(steps) > 3 and steps[-2] == "_history":
            steps = steps[:-2]
        if len(steps) < 2 or not _ID.match(steps[-1]) or not self.is_resource(steps[-2]):
            return None
        if len(steps) > 2 and not _SCHEME.match(reference):
            return None
        return steps[-2]


class ReferenceCheck:
    """Checks one Reference; ``allowed`` are resource types, empty when any will do."""

    def __init__(self, allowed: tuple[str, ...], target_types: TargetTypes) -> None:
        self._allowed = frozenset(allowed)
        self._text = ", ".join(allowed)
        self._target_types = target_types
        self._is_resource = target_types.is_resource

    def __call__(self, item: Any, scope: Scope) -> Findings:
        if not isinstance(item, dict):
            return None
        reference = item.get("reference")
        target, found = self._literal(reference, scope) if isinstance(reference, str) else (None, None)
        declared = item.get("type")
        if isinstance(declared, str) and self._is_resource(declared):
            if target is not None and target != declared:
                return joined(found, one(messages.TYPE_DISAGREES, "type", declared=declared, found=target))
            target = declared
        if target is not None and self._allowed and target not in self._allowed:
            return joined(found, one(messages.WRONG_TARGET, found=target, allowed=self._text))
        return found

    def _literal(self, reference: str, scope: Scope) -> tuple[str | None, Findings]:
        """The resource type that a literal reference leads to, None when it does not tell; and what is wrong."""
        if reference.startswith("#"):
            target = scope.contained_type(reference)
            if target is None:
                return None, one(messages.CONTAINED_NOT_FOUND, "reference", reference=quoted(reference))
            return target, None
        if reference.startswith("urn:"):
            found = scope.resolve(reference)
            return None if found is None else str(found.resource.get("resourceType")), None
        target = self._target_types[reference]
        if target is None and not _SCHEME.match(reference):
            return None, one(messages.BAD_REFERENCE, "reference", reference=quoted(reference))
        return self._followed(reference, target, scope)

    def _followed(self, reference: str, target: str | None, scope: Scope) -> tuple[str | None, Findings]:
        """The same, after a look at what the reference leads to in the Bundle or where else resources are found."""
        options = scope.session.options
        believed = target if options.assume_rest_references else None
        if (scope.carrier is None and options.resolve is None) or "?" in reference:
            return believed, None
        found = scope.resolve(reference)
        if found is None:
            is_lost = options.require_targets and not _EXAMPLE.search(reference)
            missing = one(messages.TARGET_NOT_FOUND, "reference", reference=quoted(reference)) if is_lost else None
            return believed, missing
        actual = str(found.resource.get("resourceType"))
        several = self._several(reference, scope)
        if several:
            return actual, several
        if target is not None and actual != target:
            params = {"reference": quoted(reference), "found": quoted(actual)}
            return None, one(messages.TARGET_IS_OTHER, "reference", **params)
        return actual, None

    @staticmethod
    def _several(reference: str, scope: Scope) -> Findings:
        """A reference without version that leads to several entries with the same fullUrl."""
        places = scope.match(reference)
        if places is None or len(places) < 2:
            return None
        return one(messages.SEVERAL_TARGETS, "reference", reference=quoted(reference), count=len(places))


def reference_check(targets: tuple[str, ...], target_types: TargetTypes) -> ItemCheck:
    """The check for these target types; ``Resource`` or a target that is no resource type allows any."""
    are_known = all(map(target_types.is_resource, targets))
    return ReferenceCheck(targets if are_known else (), target_types)

"""Reference targets of a profile: the target must meet one of the target profiles.

https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.targetProfile
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.definitions import Element, type_of
from conformance.issues import Severity
from profiles import messages
from profiles.validation.addresses import Address
from profiles.validation.findings import Findings, graded, one, quoted
from profiles.validation.profiled.checks import ItemCheck, ValueCheck, anything
from profiles.validation.profiled.conformity import Conformity
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.specs import Spec
from profiles.validation.scope import Scope, Target
from profiles.validation.structures import Structures

_ANY = "http://hl7.org/fhir/StructureDefinition/Resource"


def target_check(
    spec: Spec, known: Element | None, conformity: Conformity, structures: Structures
) -> Iterator[ItemCheck]:
    """The check of where a Reference leads."""
    told = [set(ref.targets) for ref in known.types if ref.code == "Reference"] if known else []
    for entry in spec.types:
        if not entry.get("aggregation") and set(map(type_of, entry.get("targetProfile", ()))) in told:
            continue  # checked with the type
        if entry.get("code") == "Reference" and (entry.get("targetProfile") or entry.get("aggregation")):
            check = _TargetCheck(entry, conformity, structures)
            yield ValueCheck(check, lambda type_name: None if type_name == "Reference" else anything)


class _TargetCheck:
    def __init__(self, entry: Mapping[str, Any], conformity: Conformity, structures: Structures) -> None:
        self._canonicals: list[str] = list(entry.get("targetProfile", ()))
        self._aggregation = frozenset(entry.get("aggregation", ()))
        self._conformity = conformity
        self._structures = structures
        self._text = ", ".join(name.rpartition("/")[2] for name in self._canonicals)

    def __call__(self, item: Item, scope: Scope) -> Findings:
        reference = item.holder.get("reference")
        if item.type != "Reference" or not isinstance(reference, str):
            return None
        target = scope.resolve(reference)
        if target is None:
            return self._unresolved(reference, item, scope)
        found = self._aggregated(reference, scope)
        if found:
            return found
        return self._resolved(reference, target)

    def _unresolved(self, reference: str, item: Item, scope: Scope) -> Findings:
        """Without the target only its type may be known."""
        if self._aggregation and self._aggregation <= {"contained", "bundled"} and scope.bundle is not None:
            return one(messages.TARGET_NOT_BUNDLED, "reference", reference=quoted(reference))
        options = scope.session.options
        name = Address.of(reference).type or str(item.holder.get("type") or "")
        is_believed = options.assume_rest_references or "type" in item.holder
        if not name or not is_believed or not self._structures.is_resource(name):
            return None
        if self._allows(name):
            return None
        return one(messages.WRONG_TARGET, found=name, allowed=self._text)

    def _allows(self, type_name: str) -> bool:
        types = [self._structures.type_of(canonical) for canonical in self._canonicals]
        return not types or any(known is None or self._structures.is_a(type_name, known) for known in types)

    def _aggregated(self, reference: str, scope: Scope) -> Findings:
        if not self._aggregation:
            return None
        kind = "contained" if reference.startswith("#") else "referenced"
        if kind == "referenced" and scope.match(reference):
            kind = "bundled"
        if kind in self._aggregation or (kind == "bundled" and "referenced" in self._aggregation):
            return None
        allowed = ", ".join(sorted(self._aggregation))
        return one(messages.WRONG_AGGREGATION, found=kind, allowed=allowed, reference=quoted(reference))

    def _resolved(self, reference: str, target: Target) -> Findings:
        type_name = str(target.resource.get("resourceType"))
        if not self._canonicals or _ANY in self._canonicals:
            return None
        if not self._allows(type_name):
            return one(messages.WRONG_TARGET, found=type_name, allowed=self._text)
        item = Item(target.resource, type_name)
        if any(self._is_met(item, canonical, target.scope) for canonical in self._canonicals):
            return None
        lost = self._lost(target.scope)
        if lost:
            return lost
        params = {"reference": quoted(reference), "profiles": ", ".join(self._canonicals)}
        return one(messages.TARGET_MEETS_NO_PROFILE, **params)

    def _lost(self, scope: Scope) -> Findings:
        """A target profile that is not at hand, where that is an error."""
        for canonical in self._canonicals:
            if self._structures.profile(canonical) is None:
                severity = scope.session.options.missing_profile
                return graded(severity, messages.UNKNOWN_TYPE_PROFILE, profile=quoted(canonical))
        return None

    def _is_met(self, item: Item, canonical: str, scope: Scope) -> bool:
        """Whether the target meets a profile; one that is unknown is decided by nobody here."""
        if self._structures.is_core(canonical):
            return self._structures.is_a(item.type, str(self._structures.type_of(canonical)))
        if self._structures.profile(canonical) is None:
            return scope.session.options.missing_profile is not Severity.ERROR
        return self._conformity.holds(item, canonical, scope)

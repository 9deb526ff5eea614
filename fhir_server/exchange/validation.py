"""What is checked of a resource that a client sends, by the policy of this server.

Structure is checked at every write. Beyond it, ``off`` asks for nothing, ``warn`` tells what a full validation finds,
``enforce`` refuses what has errors. ``meta.profile`` is the sender's claim; the profiles of the policy apply whether
they are claimed or not. https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from conformance.errors import Unprocessable
from conformance.issues import Issue, Severity, has_errors
from profiles.validation import Options, Validator
from profiles.verdict import verdict
from profiles.vn.validator import AT_WRITE


class Policy(StrEnum):
    """What the findings of a full validation do to a write."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


#: How a write is graded beyond its structure. That a narrative would be good practice is nothing to tell a machine.
_GRADED: Mapping[Policy, Options] = MappingProxyType(
    {
        Policy.OFF: AT_WRITE,
        Policy.WARN: Options(best_practice=None),
        Policy.ENFORCE: Options(best_practice=None, unknown_profile=Severity.ERROR),
    }
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy of each resource type, and the profiles that hold for a type in any case."""

    default: Policy = Policy.OFF
    by_type: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))
    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, type_name: str) -> Policy:
        """The policy for resources of this type."""
        return self.by_type.get(type_name, self.default)


class Checks:
    """The checks of one running server."""

    def __init__(self, validator: Validator, rules: Rules | None = None) -> None:
        self.validator = validator
        self.rules = rules or Rules()

    def at_write(self, resource: dict[str, Any]) -> tuple[Issue, ...]:
        """What is to be told of a resource that is about to be stored. Raises Unprocessable when it is refused."""
        policy = self.rules.of(resource["resourceType"])
        if policy is Policy.OFF:
            return self._structure(resource)
        issues = self.as_write(resource)
        if issues and has_errors(issues) and (policy is Policy.ENFORCE or self._is_malformed(resource)):
            raise Unprocessable(*issues)
        return issues

    def as_write(self, resource: dict[str, Any], profiles: Sequence[str] = ()) -> tuple[Issue, ...]:
        """Everything that a write of this resource can meet, whatever the policy does with it."""
        type_name = str(resource.get("resourceType"))
        policy = self.rules.of(type_name)
        options = _GRADED[Policy.WARN if policy is Policy.OFF else policy]
        wanted = (*self.rules.profiles.get(type_name, ()), *profiles)
        return tuple(verdict(self.validator, resource, wanted, options))

    def fully(self, resource: dict[str, Any], profiles: Sequence[str] = ()) -> tuple[Issue, ...]:
        """What a full validation finds by the type, the profiles that are claimed and those given."""
        return tuple(verdict(self.validator, resource, profiles))

    def _structure(self, resource: dict[str, Any]) -> tuple[Issue, ...]:
        issues = tuple(self.validator.validate(resource, (), AT_WRITE))
        if issues and has_errors(issues):
            raise Unprocessable(*issues)
        return issues

    def _is_malformed(self, resource: dict[str, Any]) -> bool:
        return has_errors(self.validator.validate(resource, (), AT_WRITE))


def counted(issues: Iterable[Issue]) -> str:
    """How many issues of each severity, the worst first: ``error=1, warning=2``."""
    found = Counter(issue.graded for issue in issues)
    return ", ".join(f"{severity}={found[severity]}" for severity in Severity if found[severity])

"""What a validator says of a resource, where profiles were asked for. https://hl7.org/fhir/R4/validation.html"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.issues import Issue, Severity
from profiles import messages
from profiles.validation import Options, Validator


def verdict(
    validator: Validator, resource: Any, profiles: Sequence[str] = (), options: Options | None = None
) -> list[Issue]:
    """What a validator says of a decoded resource.

    A profile that was asked for and is not known is an error: the resource was not checked against it.
    """
    issues = validator.validate(resource, profiles, options)
    return [_demanded(issue) for issue in issues] if profiles else issues


def _demanded(issue: Issue) -> Issue:
    # What the sender claims has its place in meta.profile; what was asked for has none inside of the resource.
    was_asked = issue.message == messages.UNKNOWN_PROFILE and "." not in issue.expression
    return replace(issue, severity=Severity.ERROR) if was_asked else issue

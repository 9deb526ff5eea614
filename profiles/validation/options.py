"""What a validation asks beyond the definitions: how strictly to grade, and where referenced resources are found.

https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.issues import Severity

#: Gives the resource that a reference leads to, or None when it is not at hand.
ResolveReference = Callable[[str], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Options:
    """How findings that the specification leaves to policy are graded, and which parts are checked."""

    best_practice: Severity | None = Severity.WARNING
    """Grade of invariants that are marked as best practice (dom-6); None leaves them out."""
    unknown_profile: Severity = Severity.WARNING
    """Grade of a profile in ``meta.profile`` that is not known."""
    missing_profile: Severity = Severity.WARNING
    """Grade of a profile that another profile asks for and that is not known."""
    unknown_extension: Severity = Severity.WARNING
    """Grade of an extension whose definition is not known; a modifier extension is an error in any case."""
    allow_examples: bool = False
    """Whether extensions of example domains (example.org, acme.com) are let through."""
    display: Severity = Severity.WARNING
    """Grade of a display that differs from what the code system says."""
    structure_only: bool = False
    """True leaves out invariants, terminology beyond required bindings, and rules between resources."""
    check_contained: bool = True
    """Whether contained resources are checked."""
    assume_rest_references: bool = True
    """Whether the type in a RESTful reference is believed when the target is not at hand."""
    require_targets: bool = False
    """Whether a reference that does not resolve is an error."""
    entry_profiles: tuple[tuple[str, str], ...] = ()
    """Profiles of single entries of a Bundle: ``("Patient:0", canonical)`` for the first Patient."""
    resolve: ResolveReference | None = None
    """Finds resources outside the one that is validated."""


DEFAULT = Options()

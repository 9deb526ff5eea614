"""MeasureReport: a score is given exactly where the measure has one. https://hl7.org/fhir/R4/measurereport.html"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one
from profiles.validation.scope import Scope, objects
from profiles.validation.structures import Structures


class MeasureReports:
    """A WholeCheck of MeasureReports, as far as their Measure is at hand."""

    def __init__(self, structures: Structures) -> None:
        self._structures = structures

    def __call__(self, report: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG002 - a WholeCheck
        """Groups with a score although the measure is about a cohort, which has none."""
        canonical = report.get("measure")
        if not isinstance(canonical, str):
            return None
        measure = self._structures.canonical_resource(canonical)
        scoring = measure.get("scoring") if measure else None
        codes = (
            {coding.get("code") for coding in objects(scoring.get("coding"))} if isinstance(scoring, dict) else set()
        )
        found: Findings = None
        for position, group in enumerate(objects(report.get("group"))):
            if "cohort" in codes and "measureScore" in group:
                found = joined(found, one(messages.COHORT_HAS_NO_SCORE, "group", position, "measureScore"))
        return found

"""Snapshots of StructureDefinitions, generated from differentials. https://hl7.org/fhir/R4/profiling.html#snapshot"""

from conformance.snapshots.comparison import Difference, compare
from conformance.snapshots.generator import Generated, Resolve, Snapshots, generate

__all__ = ["Difference", "Generated", "Resolve", "Snapshots", "compare", "generate"]

"""SQL on FHIR: ViewDefinitions compiled to closures that give rows. https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html"""

from __future__ import annotations

from conformance.views.definition import Column
from conformance.views.view import View, compile_view

__all__ = ["Column", "View", "compile_view"]

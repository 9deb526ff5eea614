"""Rules about whole objects of a data type or resource, besides what their structures state: the table of them.

Each stands in a module of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from profiles.validation.attachments import check_attachment
from profiles.validation.bundles import bundle_check
from profiles.validation.codings import Codings, check_code, check_identifier
from profiles.validation.definitional.code_systems import CodeSystems
from profiles.validation.definitional.concept_maps import ConceptMaps
from profiles.validation.definitional.questionnaires import check_questionnaire
from profiles.validation.definitional.structure_definitions import StructureDefinitions
from profiles.validation.definitional.value_sets import ValueSetRules
from profiles.validation.extensions import breaks_ext_1, check_extension
from profiles.validation.measures import MeasureReports
from profiles.validation.node import Concerns, Whole
from profiles.validation.questionnaires import Responses
from profiles.validation.structures import Structures
from terminology.membership import ValueSets


def whole_checks(
    structures: Structures, value_sets: ValueSets, *, structure_only: bool
) -> dict[str, tuple[Whole, ...]]:
    """Type name -> checks of its objects."""
    return dict(_STRUCTURAL) if structure_only else {**_STRUCTURAL, **_further(structures, value_sets)}


def having(name: str) -> Concerns:
    """Concerns objects that have this property."""
    return lambda names: name in names


#: Quantity and the types that are made of it.
_QUANTITIES = ("Quantity", "Age", "Count", "Distance", "Duration")

#: Checks of the structure itself.
_STRUCTURAL: Mapping[str, tuple[Whole, ...]] = {
    "Extension": (Whole(check_extension, breaks_ext_1),),
    "Identifier": (Whole(check_identifier, having("system")),),
}


def _further(structures: Structures, value_sets: ValueSets) -> dict[str, tuple[Whole, ...]]:
    """Checks of terminology and of what resources say about each other."""
    return {
        **dict.fromkeys(_QUANTITIES, (Whole(check_code, having("code")),)),
        "Attachment": (Whole(check_attachment, having("data")),),
        "Bundle": (Whole(bundle_check(structures.is_resource)),),
        "CodeSystem": (Whole(CodeSystems(value_sets)),),
        "ConceptMap": (Whole(ConceptMaps(value_sets)),),
        "MeasureReport": (Whole(MeasureReports(structures)),),
        "Questionnaire": (Whole(check_questionnaire),),
        "StructureDefinition": (Whole(StructureDefinitions(structures)),),
        "ValueSet": (Whole(ValueSetRules(value_sets)),),
        "Coding": (Whole(Codings(value_sets), having("system")),),
        "QuestionnaireResponse": (Whole(Responses(structures, value_sets)),),
    }

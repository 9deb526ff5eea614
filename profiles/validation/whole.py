"""Rules about whole objects of a data type or resource, besides what their structures state: the table of them.

Each stands in a module of its own.
"""

from __future__ import annotations

from profiles.validation.attachments import check_attachment
from profiles.validation.bundles import bundle_check
from profiles.validation.codings import Codings, check_identifier
from profiles.validation.definitional.code_systems import CodeSystems
from profiles.validation.definitional.concept_maps import ConceptMaps
from profiles.validation.definitional.questionnaires import check_questionnaire
from profiles.validation.definitional.structure_definitions import StructureDefinitions
from profiles.validation.definitional.value_sets import ValueSetRules
from profiles.validation.extensions import check_extension
from profiles.validation.measures import MeasureReports
from profiles.validation.node import WholeCheck
from profiles.validation.questionnaires import Responses
from profiles.validation.structures import Structures
from terminology.membership import ValueSets


def whole_checks(structures: Structures, value_sets: ValueSets) -> dict[str, tuple[WholeCheck, ...]]:
    """Type name -> checks of its objects."""
    return {
        "Attachment": (check_attachment,),
        "Bundle": (bundle_check(structures.is_resource),),
        "CodeSystem": (CodeSystems(value_sets),),
        "ConceptMap": (ConceptMaps(value_sets),),
        "MeasureReport": (MeasureReports(structures),),
        "Questionnaire": (check_questionnaire,),
        "StructureDefinition": (StructureDefinitions(structures),),
        "ValueSet": (ValueSetRules(value_sets),),
        "Coding": (Codings(value_sets),),
        "Identifier": (check_identifier,),
        "Extension": (check_extension,),
        "QuestionnaireResponse": (Responses(structures, value_sets),),
    }

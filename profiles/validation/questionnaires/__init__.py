"""QuestionnaireResponses against their Questionnaires. https://hl7.org/fhir/R4/questionnaireresponse.html"""

from profiles.validation.questionnaires.responses import Responses

__all__ = ["Responses"]

"""The RESTful interactions, one module each. https://hl7.org/fhir/R4/http.html"""

from fhir_server.interactions.registry import INTERACTIONS

__all__ = ["INTERACTIONS"]

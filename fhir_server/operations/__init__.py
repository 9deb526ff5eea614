"""The operations, one module each. https://hl7.org/fhir/R4/operations.html"""

from fhir_server.operations.expunge import EXPUNGE
from fhir_server.operations.registry import OPERATIONS

__all__ = ["EXPUNGE", "OPERATIONS"]

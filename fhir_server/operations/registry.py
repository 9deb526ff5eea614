"""Every operation of this server, as data. https://hl7.org/fhir/R4/operationslist.html"""

from __future__ import annotations

from fhir_server.exchange.registry import OperationDef
from fhir_server.operations.everything import EVERYTHING
from fhir_server.operations.health_book import HEALTH_BOOK
from fhir_server.operations.validate import VALIDATE

OPERATIONS: tuple[OperationDef, ...] = (EVERYTHING, HEALTH_BOOK, VALIDATE)

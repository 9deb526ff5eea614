"""Every operation of this server, as data. https://hl7.org/fhir/R4/operationslist.html"""

from __future__ import annotations

from fhir_server.exchange.registry import OperationDef
from fhir_server.operations.diff import DIFF, DIFF_OF_TWO
from fhir_server.operations.document import DOCUMENT
from fhir_server.operations.everything import ENCOUNTER_EVERYTHING, EVERYTHING
from fhir_server.operations.export import EXPORTS
from fhir_server.operations.expunge import EXPUNGE
from fhir_server.operations.fhirpath import FHIRPATH
from fhir_server.operations.graphql import GRAPHQL
from fhir_server.operations.group_change import GROUP_CHANGES
from fhir_server.operations.health_book import HEALTH_BOOK
from fhir_server.operations.import_ import IMPORT_OPERATION
from fhir_server.operations.lastn import LASTN
from fhir_server.operations.meta import META, META_ADD, META_DELETE
from fhir_server.operations.reindex import REINDEX_OPERATION
from fhir_server.operations.validate import VALIDATE
from fhir_server.operations.view_export import VIEW_EXPORTS
from fhir_server.operations.view_run import VIEW_RUNS

OPERATIONS: tuple[OperationDef, ...] = (
    EVERYTHING,
    ENCOUNTER_EVERYTHING,
    DIFF,
    DIFF_OF_TWO,
    DOCUMENT,
    *EXPORTS,
    EXPUNGE,
    FHIRPATH,
    GRAPHQL,
    *GROUP_CHANGES,
    HEALTH_BOOK,
    IMPORT_OPERATION,
    LASTN,
    META,
    META_ADD,
    META_DELETE,
    REINDEX_OPERATION,
    VALIDATE,
    *VIEW_EXPORTS,
    *VIEW_RUNS,
)

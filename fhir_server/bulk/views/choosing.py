"""Which resources patients and groups choose, for the rows of a view.

https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionExport.html#patient-parameter-clarification
"""

from __future__ import annotations

from fhir_server.bulk.exporting.compartments import compartment, missing_patients, narrowed_to, patients_of
from fhir_server.bulk.exporting.order import Level
from fhir_server.bulk.exporting.order import Order as Listed
from fhir_server.bulk.views.order import Choice
from fhir_server.search import SearchRegistry
from fhir_server.store.protocol import Store
from fhir_server.store.query import ALL, And, Or, Predicate


def is_chosen_by_patient(registry: SearchRegistry, type: str) -> bool:
    """True for a type whose resources belong to Patients."""
    return bool(narrowed_to(compartment(registry, ALL), (type,)))


async def absent(store: Store, choice: Choice, position: int) -> list[str]:
    """Ids of the Patients of a choice that are not here."""
    return await missing_patients(store, _listed(choice), position) if choice.patients else []


async def chosen(store: Store, registry: SearchRegistry, type: str, choice: Choice, position: int) -> Predicate:
    """What resources of a type satisfy that belong to one of the patients and, with groups, to a member of one.

    LookupError for a type that does not belong to Patients.
    """
    if choice.is_everybody:
        return ALL
    meant: list[Predicate] = [await patients_of(store, _listed(choice), position)] if choice.patients else []
    if choice.groups:
        members = [await patients_of(store, _members(choice, group), position) for group in choice.groups]
        meant.append(Or(tuple(members)))
    found = narrowed_to(compartment(registry, And(tuple(meant))), (type,))
    if not found:
        raise LookupError(type)
    [where] = found.values()
    return where


def _listed(choice: Choice) -> Listed:
    return Listed(level=Level.PATIENT, base_url=choice.base_url, patients=choice.patients)


def _members(choice: Choice, group: str) -> Listed:
    return Listed(level=Level.GROUP, base_url=choice.base_url, group=group)

"""Whose resources a view is asked of: patients and groups that are here.

https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionExport.html#patient-parameter-clarification
"""

from __future__ import annotations

from conformance.errors import BadRequest, NotFound
from conformance.issues import Issue
from fhir_server.bulk.views.choosing import absent, is_chosen_by_patient
from fhir_server.bulk.views.order import Choice
from fhir_server.exchange.context import Context
from fhir_server.exchange.service import Service
from fhir_server.operations import view_messages as messages
from fhir_server.operations.view_asked import Inputs


async def choice_of(service: Service, context: Context, inputs: Inputs, types: set[str], position: int) -> Choice:
    """What ``patient`` and ``group`` choose among resources of these types.

    Raises BadRequest for a type that does not belong to patients, NotFound or Gone for who is not here.
    """
    choice = Choice(
        base_url=context.base_url,
        patients=tuple(dict.fromkeys(inputs.ids("patient", "Patient", context.base_url))),
        groups=tuple(dict.fromkeys(inputs.ids("group", "Group", context.base_url))),
    )
    if choice.is_everybody:
        return choice
    outside = [one for one in sorted(types) if not is_chosen_by_patient(service.registry, one)]
    if outside:
        raise BadRequest(*(Issue(messages.OUTSIDE, params={"type": one}) for one in outside))
    missing = await absent(service.repository.store, choice, position)
    if missing:
        raise NotFound(*(Issue(messages.NOT_HERE, params={"reference": f"Patient/{one}"}) for one in missing))
    for group in choice.groups:
        await service.repository.read("Group", group, visible=context.visible)
    return choice

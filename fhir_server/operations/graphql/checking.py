"""Whether a query asks for fields that exist, before anything is looked up. https://hl7.org/fhir/R4/graphql.html#errors"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import BadRequest
from fhir_server.operations.graphql.directives import shape_of
from fhir_server.operations.graphql.document import Field, Selection
from fhir_server.operations.graphql.elements import require_arguments
from fhir_server.operations.graphql.fields import RESOURCE, require_selections
from fhir_server.operations.graphql.schema import ANY, CONNECTION, Member, Schema
from fhir_server.operations.messages import GRAPHQL_FIELD, GRAPHQL_TYPE

#: The type of what stands at the root of a query of the system or of a type.
ROOT = "Query"


def check(schema: Schema, type: str, selections: Sequence[Selection]) -> None:
    """Raises BadRequest for a field, argument, directive or type that does not exist.

    Of a resource of any type only the fragments are looked at: its fields are judged once its type is known.
    """
    for one in selections:
        if not isinstance(one, Field):
            schema.applies(one.type, type)
            check(schema, one.type or type, one.selections)
            continue
        shape_of(one.directives)
        member = None if one.name == "__typename" else _member(schema, type, one)
        if member is not None:
            require_selections(one, member)
            check(schema, member.type, one.selections or ())


def _member(schema: Schema, type: str, field: Field) -> Member | None:
    """What stands under the field; None when that cannot be known yet."""
    searched = schema.searched(field.name)
    if searched and (type == ROOT or schema.is_resource(type)):
        of, suffix = searched
        return Member(field.name, of + CONNECTION if suffix == CONNECTION else of)
    if type == ROOT:
        if not schema.is_resource(field.name):
            raise BadRequest.of(GRAPHQL_FIELD, type=ROOT, name=field.name)
        return Member(field.name, field.name)
    if (type, field.name) == ("Reference", RESOURCE):
        return Member(field.name, _wanted_type(schema, field))
    if type in (ANY, "DomainResource"):
        return None
    member = schema.member(type, field.name)
    require_arguments(schema, member, field.name, field.arguments)
    return member


def _wanted_type(schema: Schema, field: Field) -> str:
    wanted = str(field.arguments.get("type", ANY))
    if wanted != ANY and not schema.is_resource(wanted):
        raise BadRequest.of(GRAPHQL_TYPE, name=wanted)
    return wanted

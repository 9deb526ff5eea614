"""$graphql: GraphQL queries over an instance, a type or the whole server. https://hl7.org/fhir/R4/graphql.html

``document`` reads the language, ``fields`` walks the elements, ``references`` and ``searches`` bring further resources,
``output`` puts the graph together as the directives ask, ``cost`` bounds it all.
"""

from fhir_server.operations.graphql.operation import GRAPHQL

__all__ = ["GRAPHQL"]

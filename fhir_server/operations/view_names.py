"""The names of the operations on views: short in the first releases of the guide, and longer since.

https://sql-on-fhir.org/ig/operations.html
"""

from __future__ import annotations

from fhir_server.exchange.registry import Answer, Handler, OperationDef
from fhir_server.exchange.url import OPERATION_TYPES, Shape

_PLACES = (
    ("", (Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION)),
    ("viewdefinition-", (Shape.SYSTEM_OPERATION, Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION)),
)


def view_operations(
    code: str, handle: Handler, documentation: str = "", *, starts_job: bool = False
) -> tuple[OperationDef, ...]:
    """``$code`` and ``$viewdefinition-code``, each where it is asked."""
    return tuple(
        OperationDef(
            code=f"{prefix}{code}",
            canonical=f"http://sql-on-fhir.org/OperationDefinition/${prefix}{code}",
            types=OPERATION_TYPES,
            shapes=shapes,
            changes_state=False,
            handle=handle,
            answer=Answer.OWN,
            in_bundle=False,
            is_tabular=True,
            starts_job=starts_job,
            documentation=documentation,
        )
        for prefix, shapes in _PLACES
    )

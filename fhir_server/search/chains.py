"""Following a reference parameter to what it leads to. https://hl7.org/fhir/R4/search.html#chaining"""

from __future__ import annotations

from collections.abc import Callable

from conformance.errors import BadRequest
from fhir_server.search.messages import NOT_A_REFERENCE, NOT_A_TARGET, UNKNOWN_PARAMETER, UnknownParameter
from fhir_server.search.parameter import Parameter
from fhir_server.search.reference import REFERENCE
from fhir_server.store.query import Chain, Or, Predicate


def require_reference(parameter: Parameter, rest: str) -> Parameter:
    """``parameter``. Raises BadRequest when it is no reference, so that ``rest`` cannot follow it."""
    if parameter.kind != REFERENCE.name:
        name = rest.partition(".")[0]
        raise BadRequest.of(NOT_A_REFERENCE, parameter=parameter.code, type=parameter.resource_type, name=name)
    return parameter


def require_target(parameter: Parameter, target: str) -> str:
    """``target``. Raises BadRequest when the parameter cannot lead to this type."""
    if target not in parameter.targets:
        raise BadRequest.of(NOT_A_TARGET, parameter=parameter.code, type=target)
    return target


def chained(parameter: Parameter, target: str, shown: str, follow: Callable[[str], Predicate]) -> Predicate:
    """Resources whose reference leads to what ``follow`` asks of the target's type.

    Without a ``target`` every type to which the parameter may lead and that knows what is asked; types of one meaning
    go together. Raises UnknownParameter when no type knows it.
    """
    if target:
        return Chain(parameter.entries[0], (require_target(parameter, target),), follow(target))
    groups: dict[Predicate, list[str]] = {}
    unknown: UnknownParameter | None = None
    for one in parameter.targets:
        try:
            groups.setdefault(follow(one), []).append(one)
        except UnknownParameter as error:
            unknown = error
    if unknown is not None and not groups:
        raise UnknownParameter.of(UNKNOWN_PARAMETER, parameter=shown, type=parameter.resource_type) from unknown
    chains = [Chain(parameter.entries[0], tuple(targets), part) for part, targets in groups.items()]
    return chains[0] if len(chains) == 1 else Or(tuple(chains))

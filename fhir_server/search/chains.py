"""Following a reference parameter to what it leads to. https://hl7.org/fhir/R4/search.html#chaining"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from conformance.errors import BadRequest
from fhir_server.search.messages import NOT_A_REFERENCE, NOT_A_TARGET, NOT_FOLLOWED, UNKNOWN_PARAMETER, UnknownParameter
from fhir_server.search.parameter import Parameter
from fhir_server.search.reference import REFERENCE
from fhir_server.store.query import Chain, Or, Predicate

#: Types of values that name a resource by what it is published as: nothing is known to be at the other end.
_PUBLISHED = frozenset(("canonical", "uri", "url"))
#: What stands in the resource itself. https://hl7.org/fhir/R4/bundle.html#search
_INLINE = frozenset((("Bundle", "composition"), ("Bundle", "message")))


def require_reference(parameter: Parameter, rest: str) -> Parameter:
    """``parameter``. Raises BadRequest when ``rest`` cannot follow it: what it holds is no reference to a resource."""
    told = {"parameter": parameter.code, "type": parameter.resource_type, "name": rest.partition(".")[0]}
    if parameter.kind != REFERENCE.name:
        raise BadRequest.of(NOT_A_REFERENCE, **told)
    is_published = bool(parameter.types) and _PUBLISHED.issuperset(parameter.types or ())
    if is_published or (parameter.resource_type, parameter.code) in _INLINE:
        raise BadRequest.of(NOT_FOLLOWED, **told)
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
    for one in parameter.targets:
        with suppress(UnknownParameter):
            groups.setdefault(follow(one), []).append(one)
    if parameter.targets and not groups:
        raise UnknownParameter.of(UNKNOWN_PARAMETER, parameter=shown, type=parameter.resource_type)
    chains = [Chain(parameter.entries[0], tuple(targets), part) for part, targets in groups.items()]
    return chains[0] if len(chains) == 1 else Or(tuple(chains))

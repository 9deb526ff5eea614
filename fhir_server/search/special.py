"""Parameters that are no index of an element: ``_list``, ``_filter`` and ``_query``.

https://hl7.org/fhir/R4/search.html#list, https://hl7.org/fhir/R4/search.html#query
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from conformance.errors import BadRequest
from conformance.issues import Words
from fhir_server.search.escaping import split, unescape
from fhir_server.search.filter import Ask, filter_predicate
from fhir_server.search.messages import BAD_VALUE, FUNCTIONAL_LIST, UNKNOWN_QUERY
from fhir_server.search.parameter import FILTER
from fhir_server.store.query import Ids, Or, Predicate, ReverseChain

LIST, QUERY = "_list", "_query"

_LIST = re.compile(r"(?:List/)?([A-Za-z0-9\-.]{1,64})")


def _list(_ask: Ask, _type: str, text: str) -> Predicate:
    """Members of lists by the id of the list. What a list marks as deleted is still an entry of it."""
    terms = [ReverseChain("List", "item", Ids(frozenset((_list_id(unescape(one)),)))) for one in split(text, ",")]
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def _list_id(text: str) -> str:
    if text.startswith("$"):
        raise BadRequest.of(FUNCTIONAL_LIST, name=text)
    found = _LIST.fullmatch(text)
    if found is None:
        raise BadRequest.of(
            BAD_VALUE, value=text, parameter=LIST, expected=Words("the id of a List", "id của một List")
        )
    return found[1]


def _query(_ask: Ask, _type: str, text: str) -> Predicate:
    raise BadRequest.of(UNKNOWN_QUERY, name=text)


#: Name -> the predicate of its value on resources of a type.
SPECIAL: Mapping[str, Callable[[Ask, str, str], Predicate]] = {
    FILTER: filter_predicate,
    LIST: _list,
    QUERY: _query,
}

"""What search asks of terminology: the members of a value set, and what stands above and below a code.

https://hl7.org/fhir/R4/search.html#token — an answer that is not whole is refused: a search never finds a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from conformance.errors import BadRequest, TooCostly
from fhir_server.search.messages import (
    INCOMPLETE_VALUE_SET,
    NO_HIERARCHY,
    TOO_MANY_CODES,
    UNKNOWN_CODE,
    UNKNOWN_VALUE_SET,
)
from terminology.hierarchy import Hierarchy, hierarchy_of
from terminology.membership import Resources, ValueSets

#: Codes that one value of a search may stand for.
MAX_CODES = 5_000


class Vocabulary(Protocol):
    """Where the codes behind ``:in``, ``:not-in``, ``:above`` and ``:below`` come from."""

    def members(self, value_set: str) -> Mapping[str, frozenset[str]]:
        """All codes of a value set by system; the canonical may carry ``|version``.

        Raises BadRequest for one that is unknown or cannot be enumerated, TooCostly above ``MAX_CODES``.
        """
        ...

    def above(self, system: str, code: str) -> frozenset[str]:
        """The code and all that subsume it. Raises BadRequest when the hierarchy or the code is not known."""
        ...

    def below(self, system: str, code: str) -> frozenset[str]:
        """The code and all that it subsumes. Raises as ``above``, and TooCostly above ``MAX_CODES``."""
        ...


class PublishedVocabulary:
    """The vocabulary of published definitions, worked out at first use and kept."""

    def __init__(self, definitions: Resources) -> None:
        self._definitions = definitions
        self._value_sets = ValueSets(definitions)
        self._hierarchies: dict[str, Hierarchy] = {}

    def members(self, value_set: str) -> Mapping[str, frozenset[str]]:
        """See ``Vocabulary``."""
        resource = self._definitions.value_set(value_set)
        if resource is None:
            raise BadRequest.of(UNKNOWN_VALUE_SET, value_set=value_set)
        expansion = self._value_sets.expansion(str(resource.get("url", value_set)))
        if not expansion.is_complete:
            raise BadRequest.of(INCOMPLETE_VALUE_SET, value_set=value_set)
        if sum(map(len, expansion.codes.values())) > MAX_CODES:
            raise TooCostly.of(TOO_MANY_CODES, limit=MAX_CODES, what=value_set)
        return expansion.codes

    def above(self, system: str, code: str) -> frozenset[str]:
        """See ``Vocabulary``."""
        return self._hierarchy(system, code).ancestors(code)

    def below(self, system: str, code: str) -> frozenset[str]:
        """See ``Vocabulary``."""
        found = self._hierarchy(system, code).descendants(code)
        if len(found) > MAX_CODES:
            raise TooCostly.of(TOO_MANY_CODES, limit=MAX_CODES, what=f"{system}|{code}")
        return found

    def _hierarchy(self, system: str, code: str) -> Hierarchy:
        found = self._hierarchies.get(system)
        if found is None:
            resource = self._definitions.code_system(system)
            found = hierarchy_of(resource) if resource else None
            if found is None:
                raise BadRequest.of(NO_HIERARCHY, system=system)
            self._hierarchies[system] = found
        if code not in found:
            raise BadRequest.of(UNKNOWN_CODE, system=system, code=code)
        return found

"""What one type of search parameter is: how values are indexed, and how a query value becomes a predicate.

https://hl7.org/fhir/R4/search.html#ptypes — one module per type implements ``ParameterKind``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timezone
from typing import Any, TypeAlias
from unicodedata import normalize

from conformance.errors import BadRequest, FhirError
from conformance.issues import Words
from fhir_server.search.messages import BAD_VALUE
from fhir_server.search.vocabulary import Vocabulary
from fhir_server.store.entries import NO_KEY, Bound, Interval, Kind, Token, Value
from fhir_server.store.query import Predicate

#: An entry before it is given to a parameter: kind, value, keys, and a suffix of the parameter's name (``:text``).
#: A plain tuple, and a Token made past its constructor: this is the hot path of every load.
Draft: TypeAlias = tuple[Kind, Value, tuple[str, ...], str]

_new_token: Callable[[type[Token], tuple[str, str]], Token] = tuple.__new__


def token_draft(system: str, code: str) -> Draft:
    """The draft of a coded value."""
    return (_TOKEN, _new_token(Token, (system, code)), NO_KEY, "")


def string_draft(text: str, suffix: str = "") -> Draft:
    """The draft of a text."""
    return (_STRING, composed(text), NO_KEY, suffix)


def composed(text: str) -> str:
    """The text with each letter and its marks as one character: the same text, however it was typed (``ễ``)."""
    return text if text.isascii() else normalize("NFC", text)


def reference_draft(target: str) -> Draft:
    """The draft of what a reference leads to."""
    return (_REFERENCE, target, NO_KEY, "")


def range_draft(low: Bound, high: Bound, keys: tuple[str, ...] = NO_KEY) -> Draft:
    """The draft of an interval."""
    return (_RANGE, Interval(low, high), keys, "")


_TOKEN, _STRING, _REFERENCE, _RANGE = Kind.TOKEN, Kind.STRING, Kind.REFERENCE, Kind.RANGE


@dataclass(frozen=True, slots=True)
class Setting:
    """What indexing needs besides the value. ``system`` is that of a code bound to a single code system."""

    zone: timezone
    base_url: str = ""
    system: str = ""


Emit: TypeAlias = Callable[[Any, Setting], Iterable[Draft]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One value of one clause: what the query says, and whom to blame in an error.

    ``name`` is the parameter of the entries, ``key`` begins their key (a composite's other half).
    """

    name: str
    text: str
    shown: str
    modifier: str
    zone: timezone
    targets: tuple[str, ...] = ()
    base_url: str = ""
    now: int | None = None
    key: str = ""
    vocabulary: Vocabulary | None = None
    types: frozenset[str] = frozenset()
    """FHIR types of the values, as far as they are known."""

    def bad(self, expected: str | Words) -> FhirError:
        """The error that this is not a value of the parameter."""
        return BadRequest.of(BAD_VALUE, value=self.text, parameter=self.shown, expected=expected)


@dataclass(frozen=True, slots=True)
class ParameterKind:
    """One type of search parameter.

    ``emit`` gives drafts by the FHIR type of the value; types that are not in it are not indexed. ``modifiers`` go
    with the FHIR types that they are for (None: any). ``missing``, ``not`` and the negation in ``not-in`` belong to the
    clause, and are done once for all kinds.
    """

    name: str
    emit: Mapping[str, Emit]
    term: Callable[[Asked], Predicate]
    modifiers: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    sortable: bool = True

    def modifiers_of(self, types: frozenset[str] | None) -> frozenset[str]:
        """The modifiers for values of these types, all that there are when the types are not known."""
        suitable = (
            name for name, wanted in self.modifiers.items() if wanted is None or types is None or wanted & types
        )
        return frozenset({"missing", *suitable})

"""String parameters. https://hl7.org/fhir/R4/search.html#string"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from conformance.issues import Words
from fhir_server.search.escaping import unescape
from fhir_server.search.kinds import Asked, Draft, Emit, ParameterKind, Setting, composed, string_draft
from fhir_server.store.entries import fold
from fhir_server.store.query import Predicate, StringMode, StringTerm

_NAME_PARTS = ("text", "family", "given", "prefix", "suffix")
_ADDRESS_PARTS = ("text", "line", "city", "district", "state", "country", "postalCode")

_MODES = {"": StringMode.PREFIX, "exact": StringMode.EXACT, "contains": StringMode.CONTAINS}


def _plain(value: Any, _setting: Setting) -> Iterable[Draft]:
    return (string_draft(value),) if isinstance(value, str) and value else ()


def _parts(names: tuple[str, ...]) -> Emit:
    """Each text among these elements of a complex value, on its own."""

    def emit(value: Any, _setting: Setting) -> Iterator[Draft]:
        if not isinstance(value, dict):
            return
        for name in names:
            part = value.get(name)
            if part is not None:
                for text in part if isinstance(part, list) else (part,):
                    if isinstance(text, str) and text:
                        yield string_draft(text)

    return emit


_of_name = _parts(_NAME_PARTS)


def _name(value: Any, setting: Setting) -> Iterator[Draft]:
    """The parts of a HumanName; and where it has no text, the whole as Vietnamese say it: family name, given names."""
    yield from _of_name(value, setting)
    if isinstance(value, dict) and not value.get("text"):
        given = value.get("given")
        parts = [value.get("family"), *(given if isinstance(given, list) else ())]
        said = [part for part in parts if isinstance(part, str) and part]
        if len(said) > 1:
            yield string_draft(" ".join(said))


_EMIT: dict[str, Emit] = {
    **dict.fromkeys(("string", "markdown", "code", "id", "uri", "canonical", "xhtml"), _plain),
    "HumanName": _name,
    "Address": _parts(_ADDRESS_PARTS),
    "Annotation": _parts(("text",)),
    "CodeableConcept": _parts(("text",)),
}


def _term(asked: Asked) -> Predicate:
    text = composed(unescape(asked.text))
    if not fold(text):
        raise asked.bad(Words("some text", "văn bản"))
    return StringTerm(asked.name, _MODES[asked.modifier], text, asked.key)


STRING = ParameterKind("string", _EMIT, _term, {"exact": None, "contains": None})

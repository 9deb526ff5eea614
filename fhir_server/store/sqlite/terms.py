"""Predicates that need no other resource, as plans."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.errors import TooCostly
from fhir_server.store.entries import fold
from fhir_server.store.messages import TOO_MANY_VALUES
from fhir_server.store.ordering import text_after
from fhir_server.store.protocol import Op
from fhir_server.store.query import (
    Comparison,
    Ids,
    InCompartment,
    Labelled,
    OfTypes,
    Present,
    ReferenceTerm,
    StringMode,
    StringTerm,
    TokenTerm,
    Updated,
    UriTerm,
)
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.plan import NOTHING, Plan, Scope, Test, Text, any_of, listed, numbers, quoted
from fhir_server.store.sqlite.points import vids_at

#: So many texts of the dictionary may match ``contains`` or ``below``; more are refused.
TEXT_CAP = 5_000
#: A prefix that begins at most so many texts becomes an OR of them; one that begins more is looked up as a prefix.
PREFIX_TEXTS = 200


def token(term: TokenTerm, scope: Scope) -> Plan:
    """A token."""
    words = scope.session.words
    return _words(words.token(of_type, term.param, term.key, term.system, term.code) for of_type in scope.types)


def present(term: Present, scope: Scope) -> Plan:
    """Any entry of a parameter."""
    return _words(scope.session.words.present(of_type, term.param) for of_type in scope.types)


def of_types(term: OfTypes, scope: Scope) -> Plan:
    """Resources of some types."""
    return _words(scope.session.words.type(of_type) for of_type in scope.types if of_type in term.types)


def labelled(term: Labelled, scope: Scope) -> Plan:
    """One of some access labels."""
    words = scope.session.words
    return _words(words.label(of_type, label) for of_type in scope.types for label in sorted(term.labels))


def reference(term: ReferenceTerm, scope: Scope) -> Plan:
    """A reference to a target."""
    return _words(scope.session.words.reference(of_type, term.param, term.target) for of_type in scope.types)


def in_compartment(term: InCompartment, scope: Scope) -> Plan:
    """References to a focus, by the B-tree: as words they would be a hundred lists and more."""
    within = f"n IN {numbers(scope.session.names.of_groups(Named.REFERENCE, scope.types, term.groups))}"
    h = scope.binder.bind(scope.session.words.target(term.focus))
    probe = f"EXISTS (SELECT 1 FROM ref_out o WHERE o.vid = {{v}} AND o.{within} AND o.h = {h})"
    return Plan(None, (Test(probe, f"SELECT DISTINCT vid FROM ref_in WHERE h = {h} AND +{within}", implied=True),))


def uri(term: UriTerm, scope: Scope) -> Plan:
    """A uri, or those below it."""
    words = scope.session.words
    if not term.below:
        return _words(words.uri(of_type, term.param, term.uri) for of_type in scope.types)
    found: list[str] = []
    for of_type in scope.types:
        number = scope.session.names.find(Named.URI, of_type, term.param)
        if number is not None:
            found += (words.uri(of_type, term.param, text) for text in _texts_from(scope, number, term.uri, TEXT_CAP))
    _require_few(found, term.param)
    return _words(found)


def string(term: StringTerm, scope: Scope) -> Plan:
    """A string, compared in one of three ways."""
    if term.mode is StringMode.EXACT:
        words = scope.session.words
        return _words(words.exact(of_type, term.param, term.key, term.text) for of_type in scope.types)
    names = scope.session.names.find_all(Named.STRING, scope.types, term.param, term.key)
    parts = [_folded(scope, number, term) for number in names]
    return Plan(Text(f"({' OR '.join(parts)})")) if parts else Plan(NOTHING)


def _folded(scope: Scope, number: int, term: StringTerm) -> str:
    words, text = scope.session.words, fold(term.text)
    if term.mode is StringMode.WHOLE:
        return any_of((words.folded(number, text),))
    if term.mode is StringMode.PREFIX or not text:
        found = _texts_from(scope, number, text, PREFIX_TEXTS)
        start = words.start(number, text)
        if len(found) > PREFIX_TEXTS and words.start(number, text + "x") != start:
            return f"{quoted(start)} *"
        if len(found) > PREFIX_TEXTS:
            found = _texts_from(scope, number, text, TEXT_CAP)
    else:
        found = _texts_with(scope, number, text, term.mode)
    _require_few(found, term.param)
    return any_of(words.folded(number, value) for value in found)


def _texts_from(scope: Scope, number: int, start: str, cap: int) -> list[str]:
    """Texts that begin with ``start``: all, or ``cap`` + 1 of them."""
    end = text_after(start)
    sql = "SELECT value FROM text WHERE n = ? AND value >= ? AND (? IS NULL OR value < ?) LIMIT ?"
    if end is None:
        rows = scope.session.db.execute(sql, (number, start, None, None, cap + 1))
    else:
        bounded = "SELECT value FROM text WHERE n = ? AND value >= ? AND value < ? LIMIT ?"
        rows = scope.session.db.execute(bounded, (number, start, end, cap + 1))
    return [row[0] for row in rows]


#: Folded texts hold no line break, which marks their end here.
_HOLDS = {
    StringMode.CONTAINS: "instr(value, ?)",
    StringMode.SUFFIX: "instr(value || char(10), ? || char(10))",
}


def _texts_with(scope: Scope, number: int, part: str, mode: StringMode) -> list[str]:
    sql = f"SELECT value FROM text WHERE n = {number} AND {_HOLDS[mode]} LIMIT {TEXT_CAP + 1}"
    return [row[0] for row in scope.session.db.execute(sql, (part,))]


def _require_few(found: list[str], param: str) -> None:
    if len(found) > TEXT_CAP:
        raise TooCostly.of(TOO_MANY_VALUES, cap=TEXT_CAP, param=param)


def _words(words: Iterable[str]) -> Plan:
    return Plan(Text(any_of(words)))


def updated(term: Updated, scope: Scope) -> Plan:
    """lastUpdated grows with the vid, so a comparison with it is one with vids."""
    at_low, at_high = vids_at(scope.session.db, (term.low, term.high))
    within = f"({{v}} >= {at_low} AND {{v}} < {at_high})"
    below, above = f"{{v}} < {at_low}", f"{{v}} >= {at_high}"
    conditions = {
        Comparison.EQ: within,
        Comparison.NE: f"NOT {within}",
        Comparison.GT: above,
        Comparison.LT: below,
        Comparison.GE: f"({above} OR {within})",
        Comparison.LE: f"({below} OR {within})",
        Comparison.SA: above,
        Comparison.EB: below,
        Comparison.AP: within,
    }
    return Plan(None, (Test(conditions[term.comparison]),))


_BY_HASH = """
SELECT v.vid FROM cur c JOIN version v ON v.vid = CASE WHEN c.vid <= :at THEN c.vid ELSE
    (SELECT p.vid FROM past p WHERE p.h = c.h AND p.vid <= :at ORDER BY p.version DESC LIMIT 1) END
WHERE c.h = :h AND v.op < :deleted
"""


def ids(term: Ids, scope: Scope) -> Plan:
    """Logical ids: looked up now, so the plan holds vids."""
    words, found = scope.session.words, []
    for of_type in scope.types:
        for logical_id in sorted(term.ids):
            h = words.target(f"{of_type}/{logical_id}")
            vid = scope.session.db.execute(_BY_HASH, {"h": h, "at": scope.position, "deleted": Op.DELETE}).get
            found.extend([vid] if vid is not None else [])
    forward = listed(found, scope)
    return Plan(None, (Test(f"+{{v}} IN ({forward})", forward, implied=True),))

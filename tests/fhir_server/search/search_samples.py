"""Searches that mean something for given resources: by parameter, modifier and what the resources hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import strategies as st

from fhir_server.search.parameter import COMPOSITE, FILTER, Parameter
from fhir_server.search.registry import SearchRegistry
from fhir_server.store.entries import Entry, Interval, Kind, Token

UCUM = "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"

#: A value of each kind, for a parameter of which no resource holds anything.
SAMPLES = {
    "date": "2025",
    "number": "1",
    "quantity": f"1|{UCUM}|mg",
    "reference": "Patient/a",
    "string": "x",
    "token": "x",
    "uri": "http://example.org/a",
    "special": "21.03|105.85|800|km",
    "words": "x or ng*",
}
#: Modifier -> a value, where that of the kind does not do.
BY_MODIFIER = {
    "missing": "true",
    "of-type": "urn:s|MR|x",
    "in": "http://hl7.org/fhir/ValueSet/administrative-gender",
    "not-in": "http://hl7.org/fhir/ValueSet/condition-clinical",
    "above": f"{CLINICAL}|relapse",
    "below": f"{CLINICAL}|active",
}
PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
ORDERED = ("date", "number", "quantity")


def sample(parameter: Parameter, modifier: str = "") -> str:
    """A value that ``parameter:modifier`` understands."""
    if parameter.code == FILTER:
        return '_id eq a or not (_id eq "b")'
    if parameter.code == "_lastUpdated" and not modifier:
        return "2025"
    if modifier == "identifier":
        return "urn:s|x"
    if modifier in BY_MODIFIER and (modifier in ("missing", "of-type") or parameter.kind == "token"):
        return BY_MODIFIER[modifier]
    if parameter.kind == COMPOSITE:
        return "$".join("1" if kind.name == "quantity" else SAMPLES[kind.name] for kind in parameter.kinds)
    return SAMPLES[parameter.kind]


def names(parameter: Parameter) -> list[str]:
    """The parameter, alone and with each of its modifiers."""
    return [parameter.code, *(f"{parameter.code}:{modifier}" for modifier in sorted(parameter.modifiers))]


def escaped(text: str) -> str:
    for char in "\\,|$":
        text = text.replace(char, f"\\{char}")
    return text


@st.composite
def searches(draw: st.DrawFn, registry: SearchRegistry, type: str, entries: Sequence[Entry]) -> tuple[str, str]:
    """A name and value; mostly of what the entries hold, sometimes behind a chain."""
    parameters = registry.parameters(type)
    held = sorted({one.code for one in parameters.values() if any(e.param in one.entries for e in entries)})
    code = draw(st.sampled_from(held if held and draw(st.integers(0, 3)) else sorted(parameters)))
    parameter = parameters[code]
    modifier = draw(st.sampled_from(["", "", *sorted(parameter.modifiers)]))
    own = [entry for entry in entries if entry.param in parameter.entries]
    value = _held(draw, parameter, draw(st.sampled_from(own)), modifier) if own else None
    if value is None:
        value = sample(parameter, modifier)
    if modifier == "missing":
        value = draw(st.sampled_from(["true", "false"]))
    if draw(st.integers(0, 4)) == 0 and not modifier:
        value += "," + sample(parameter)
    return (f"{code}:{modifier}" if modifier else code), value


def _held(draw: st.DrawFn, parameter: Parameter, entry: Entry, modifier: str) -> str | None:
    if parameter.kind == COMPOSITE or modifier in (*BY_MODIFIER, "identifier"):
        return None
    match entry:
        case Entry(_, Kind.TOKEN, _, Token(system, code)) if code:
            return draw(st.sampled_from([escaped(code), f"{escaped(system)}|{escaped(code)}", f"{escaped(system)}|"]))
        case Entry(_, Kind.STRING, _, str() as text):
            start = draw(st.integers(0, len(text) - 1)) if modifier == "contains" else 0
            return escaped(text[start : start + draw(st.integers(1, 12))]) if modifier != "exact" else escaped(text)
        case Entry(_, Kind.REFERENCE | Kind.URI, _, str() as text):
            return escaped(text)
        case Entry(_, Kind.RANGE, _, Interval(int() as low, _)) if parameter.kind == "date" and abs(low) < 1 << 56:
            moment = datetime(1970, 1, 1) + timedelta(microseconds=low)  # noqa: DTZ001
            cut = draw(st.sampled_from([4, 7, 10]))
            return draw(st.sampled_from(PREFIXES)) + moment.isoformat()[:cut]
        case Entry(_, Kind.RANGE, keys, _) if parameter.kind in ORDERED:
            unit = draw(st.sampled_from(keys)) if parameter.kind == "quantity" else ""
            number = draw(st.sampled_from(["0", "1", "-5.0", "1e3"]))
            return draw(st.sampled_from(PREFIXES)) + number + ("" if not unit else _unit(unit))
    return None


def _unit(key: str) -> str:
    system, bar, code = key.rpartition("|")
    return f"|{escaped(system)}|{escaped(code)}" if bar else f"||{escaped(code)}"

"""The operations of a FHIRPath Patch, read from its Parameters. https://hl7.org/fhir/R4/fhirpatch.html"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from conformance.errors import InvalidContent
from conformance.issues import Issue
from conformance.patch import messages
from conformance.patch.operation import Operation
from conformance.patch.tree import Object

#: Operation -> the parts that it has besides type and path.
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "add": ("name", "value"),
    "insert": ("index", "value"),
    "delete": (),
    "replace": ("value",),
    "move": ("source", "destination"),
}
#: Longer paths are refused.
MAX_PATH = 2000


@dataclass(frozen=True, slots=True)
class Instruction:
    """One operation with the values of its other parts: text, whole numbers, and the part ``value`` itself."""

    operation: Operation
    values: Mapping[str, Any]


class _Kind(NamedTuple):
    """What a part may hold: the properties, of which the first is the usual one, and a check of the value."""

    keys: tuple[str, ...]
    is_valid: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_PATH


def _is_number(value: Any) -> bool:
    return type(value) is int


_TEXT = _Kind(("valueString", "valueCode"), _is_text)
_NUMBER = _Kind(("valueInteger", "valueUnsignedInt", "valuePositiveInt"), _is_number)
_KINDS = {"type": _TEXT, "path": _TEXT, "name": _TEXT, "index": _NUMBER, "source": _NUMBER, "destination": _NUMBER}


def read_fhirpath_patch(patch: Any) -> tuple[Instruction, ...]:
    """The operations of ``patch``, a decoded Parameters resource. Raises InvalidContent for anything else."""
    rows = patch.get("parameter", []) if type(patch) is dict and patch.get("resourceType") == "Parameters" else None
    if type(rows) is not list or not all(type(row) is dict and row.get("name") == "operation" for row in rows):
        raise InvalidContent(Issue(messages.NOT_PARAMETERS))
    return tuple(_instruction(place, row) for place, row in enumerate(rows))


def _instruction(place: int, row: Object) -> Instruction:
    parts = row.get("part")
    if type(parts) is not list or not all(type(part) is dict and type(part.get("name")) is str for part in parts):
        raise InvalidContent(Issue(messages.NOT_PARAMETERS, f"Parameters.parameter[{place}]"))
    given = {part["name"]: part for part in parts}
    named = {name: _plain(given.get(name, {}), _TEXT) for name in ("type", "path")}
    operation = Operation(place, str(named["type"]), str(named["path"]), f"Parameters.parameter[{place}]")
    if named["type"] not in OPERATIONS:
        raise operation.malformed(messages.UNKNOWN_OPERATION, known=", ".join(OPERATIONS))
    wanted = ("type", "path", *OPERATIONS[operation.name])
    if sorted(part["name"] for part in parts) != sorted(wanted):
        names = ", ".join(part["name"] for part in parts)
        raise operation.malformed(messages.PARTS, wanted=", ".join(wanted), given=names)
    return Instruction(operation, {name: _value(operation, name, given[name]) for name in wanted})


def _value(operation: Operation, name: str, part: Object) -> Any:
    kind = _KINDS.get(name)
    if kind is None:
        return part
    value = _plain(part, kind)
    if not kind.is_valid(value):
        raise operation.malformed(messages.PART_VALUE, part=name, wanted=kind.keys[0])
    return value


def _plain(part: Object, kind: _Kind) -> Any:
    found = next((part[key] for key in kind.keys if key in part), None)
    return found if kind.is_valid(found) else None

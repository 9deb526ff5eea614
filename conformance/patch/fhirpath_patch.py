"""FHIRPath Patch: the operations of a Parameters resource on another resource. https://hl7.org/fhir/R4/fhirpatch.html

All operations apply or none: they work on a copy. An element whose last child is deleted goes with it, as FHIR knows no
empty elements. ``resolve()`` leads to contained resources only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.definitions import Definitions
from conformance.errors import TooCostly, Unprocessable
from conformance.fhirpath import Environment, FhirPathError, Model, Node, compile, model_of  # noqa: A004
from conformance.fhirpath.messages import TOO_COSTLY
from conformance.json_codec import MAX_DEPTH
from conformance.patch import messages, tree
from conformance.patch.contents import Contents
from conformance.patch.instructions import Instruction, read_fhirpath_patch
from conformance.patch.operation import Operation, Work
from conformance.patch.tree import Content, Object, Place, Tree, identity, inside
from conformance.patch.values import depth

#: Elements that all operations of one patch may visit.
LIMIT = 1_000_000
#: What each operation counts for at least.
_COST = 100
#: Objects that are looked for in the time in which a path visits one node.
_CHEAP = 4


def apply_fhirpath_patch(resource: Object, patch: Any, definitions: Definitions) -> Object:
    """A new resource: ``resource`` with the operations of ``patch`` applied in order. Both are decoded JSON.

    ``resource`` must be sound in its structure; the result may break rules, which validation tells. Raises
    InvalidContent for a patch that is none, Unprocessable when an operation does not apply, TooCostly when all
    together visit more than ``LIMIT`` elements.
    """
    instructions = read_fhirpath_patch(patch)
    model = model_of(definitions)
    patched = Tree(resource, model)
    work = Work(LIMIT)
    for instruction in instructions:
        _PERFORM[instruction.operation.name](_Patching(instruction, patched, definitions, model, work))
    return patched.resource()


@dataclass(frozen=True, slots=True)
class _Patching:
    """One operation at work."""

    instruction: Instruction
    tree: Tree
    definitions: Definitions
    model: Model
    work: Work

    @property
    def operation(self) -> Operation:
        return self.instruction.operation

    @property
    def contents(self) -> Contents:
        return Contents(self.operation, self.definitions, self.model)

    def nodes(self) -> list[Node]:
        """What the path selects."""
        root, path = self.tree.root, self.operation.path
        self.work.spend(_COST, self.operation)
        environment = Environment(resolve=self._contained, limit=self.work.left)
        try:
            expression = compile(path, self.definitions, root["resourceType"], strict=True)
            found, visited = expression.evaluate_counting(root, environment)
        except FhirPathError as error:
            if error.issues[0].message is TOO_COSTLY:
                raise TooCostly(self.operation.issue(messages.PATCH_TOO_COSTLY)) from error
            raise Unprocessable(self.operation.issue(messages.BAD_PATH), *error.issues) from error
        self.work.spend(visited, self.operation)
        return found

    def one(self) -> Node:
        """The element that the path must select."""
        return self.single(self.nodes() or self._nothing())

    def place(self, node: Node) -> Place:
        """Where ``node`` stands in the resource."""
        return self._places([node])[0]

    def whole_list(self) -> Place:
        """The place of the first element of the list that the path must select whole."""
        places = self._places(self.nodes() or self._nothing())
        first = places[0]
        is_one = all(place.parent is first.parent and place.key == first.key for place in places)
        if first.at is None or not is_one or [place.at for place in places] != list(range(length(first))):
            raise self.operation.refused(messages.NO_LIST)
        return first

    def index(self, part: str, size: int, most: int) -> int:
        """The number in ``part``, which must be from 0 to ``most``."""
        value: int = self.instruction.values[part]
        if not 0 <= value <= most:
            raise self.operation.refused(messages.BAD_INDEX, part=part, value=value, size=size, most=max(most, 0))
        return value

    def delete(self, place: Place) -> None:
        """Take out an element and what holds nothing but it."""
        tree.remove(place)
        while not place.parent and place.parent is not self.tree.root:
            holder = place.parent
            place = self._found({id(holder)})[id(holder)]
            if not _is_empty(holder, place):
                return
            tree.remove(place)

    def require_shallow(self, level: int, content: Content) -> None:
        """Refuse an element that makes the result too deep to be read again; ``level`` is that of its own object."""
        inner = content.value if content.twin is None else content.twin
        if level - 1 + depth(inner) > MAX_DEPTH:
            raise self.operation.refused(messages.TOO_DEEP, limit=MAX_DEPTH)

    def _places(self, nodes: Sequence[Node]) -> list[Place]:
        wanted = [identity(node) for node in nodes]
        places = self._found(frozenset(wanted))
        if any(one not in places for one in wanted):
            raise self.operation.refused(messages.NO_ELEMENT)
        return [places[one] for one in wanted]

    def _found(self, wanted: Collection[int]) -> dict[int, Place]:
        before = self.tree.visited
        places = self.tree.places(wanted)
        self.work.spend((self.tree.visited - before) // _CHEAP, self.operation)
        return places

    def single(self, nodes: Sequence[Node]) -> Node:
        """The only one of ``nodes``."""
        if len(nodes) > 1:
            raise self.operation.refused(messages.SEVERAL_FOUND, count=len(nodes))
        return nodes[0]

    def _nothing(self) -> list[Node]:
        raise self.operation.refused(messages.NOTHING_FOUND)

    def _contained(self, reference: str) -> Object | None:
        contained: list[Object] = self.tree.root.get("contained", [])
        return next((one for one in contained if type(one) is dict and reference == f"#{one.get('id')}"), None)


def length(place: Place) -> int:
    """The number of elements in the list at ``place``."""
    return max(len(place.parent.get(name, ())) for name in (place.key, f"_{place.key}"))


def _is_empty(holder: Object, place: Place) -> bool:
    """True when nothing is left of the element that ``holder``, its object or its twin, belongs to."""
    if holder:
        return False
    value = place.parent.get(place.key)
    if place.at is not None and value is not None:
        value = value[place.at]
    return value is None or value is holder


def _add(patching: _Patching) -> None:
    node = patching.one()
    level = 1 if node.value is patching.tree.root else patching.place(node).inner_level
    values = patching.instruction.values
    content = patching.contents.add(inside(node), node.type, values["name"], values["value"])
    patching.require_shallow(level + 2, content)


def _insert(patching: _Patching) -> None:
    place = patching.whole_list()
    key, content = patching.contents.made(patching.instruction.values["value"], place.type, place.key)
    patching.require_shallow(place.inner_level, content)
    tree.append(place.parent, key, content, patching.index("index", length(place), length(place)))


def _delete(patching: _Patching) -> None:
    nodes = patching.nodes()
    if nodes:
        patching.delete(patching.place(patching.single(nodes)))


def _replace(patching: _Patching) -> None:
    place = patching.place(patching.one())
    element = patching.contents.element(place.type, place.key)
    key, content = patching.contents.made(patching.instruction.values["value"], place.type, element.name)
    patching.require_shallow(place.inner_level, content)
    tree.replace(place, key, content)


def _move(patching: _Patching) -> None:
    place = patching.whole_list()
    size = length(place)
    source, destination = (patching.index(part, size, size - 1) for part in ("source", "destination"))
    tree.shift(place, source, destination)


_PERFORM: dict[str, Callable[[_Patching], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}

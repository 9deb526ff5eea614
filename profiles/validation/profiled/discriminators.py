"""Discriminators: by what an item is told to belong to a slice.

https://hl7.org/fhir/R4/profiling.html#discriminator
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from profiles.validation.fixed import expecting
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.specs import Profile, Spec, type_code, type_profiles
from profiles.validation.profiled.tells import Test, direct
from profiles.validation.scope import Scope
from terminology.membership import Membership

_STEP = re.compile(r"""[A-Za-z_$][\w\-]*(?:\([^()]*\))?(?:\[x\])?""")
_ARGUMENT = re.compile(r"""\(\s*['"]?([^'"()]*)['"]?\s*\)""")


class Surroundings(Protocol):
    """What discriminators need of the compiler."""

    def profile(self, canonical: str) -> Profile | None:
        """The profile, None when it is unknown."""

    def type_profile(self, name: str) -> Profile | None:
        """The definition of a type."""

    def children(self, item: Item, name: str) -> list[Item]:
        """The items of an element in an object."""

    def conforms(self, item: Item, canonical: str, scope: Scope) -> bool:
        """Whether an item meets a profile."""

    def membership(self, value: Any, type_name: str, value_set: str) -> Membership:
        """Whether a code, Coding or CodeableConcept is in a value set."""

    def is_a(self, type_name: str, ancestor: str) -> bool:
        """Whether a type is another one or derives from it."""

    def is_property(self, spec: Spec, name: str) -> bool:
        """Whether an element below another one is the JSON property of that name wherever it may stand."""


class Found:
    """An ElementDefinition at the end of a path, or the part of a fixed value or pattern that stands there."""

    __slots__ = ("exact", "expected", "spec")

    def __init__(self, spec: Spec | None, expected: Any = None, *, exact: bool = False) -> None:
        self.spec = spec
        self.expected = expected
        self.exact = exact


def test(slice_spec: Spec, kind: str, path: str, around: Surroundings) -> Test | None:
    """The test for one discriminator; None when the slice states nothing at its path."""
    steps = _STEP.findall(path)
    steps = [step.removesuffix("[x]") for step in steps if step != "$this"]
    make = _KINDS.get(kind)
    return make(slice_spec, steps, around) if make else None


def _value(slice_spec: Spec, steps: list[str], around: Surroundings) -> Test | None:
    specs = list(_specs(slice_spec, steps, around))
    if specs and all(found.spec is not None and found.spec.max == 0 for found in specs):
        return Test(lambda item, scope: not any(True for _ in _walk(item, steps, scope, around)))
    tests = [test for found in specs if (test := _value_test(found, around))]
    if not tests:
        return None
    tested = [found for found in specs if found.expected is not None]
    if len(tested) == len(tests) and (not steps or (len(steps) == 1 and around.is_property(slice_spec, steps[0]))):
        return direct([(found.expected, expecting(found.expected, exact=found.exact)) for found in tested], *steps)

    def matches(item: Item, scope: Scope) -> bool:
        return any(test(value) for value, _ in _walk(item, steps, scope, around) for test in tests)

    return Test(matches)


def _value_test(found: Found, around: Surroundings) -> Callable[[Item], bool] | None:
    """The test of the item at the end of the path."""
    if found.expected is not None:
        fits = expecting(found.expected, exact=found.exact)
        return lambda item: fits(item.value)
    spec = found.spec
    if spec is None:
        return None
    binding = spec.raw.get("binding") or {}
    if binding.get("valueSet") and binding.get("strength") in ("required", "extensible"):
        return lambda item: around.membership(item.value, item.type, binding["valueSet"]) is not Membership.NO
    nested = [(name, test) for name, child in spec.children.items() if (test := _nested_test(child, around))]
    if not nested:
        return None
    return lambda item: all(any(test(child) for child in around.children(item, name)) for name, test in nested)


def _nested_test(spec: Spec, around: Surroundings) -> Callable[[Item], bool] | None:
    """The test that an element below a slice stands for when the slice itself states no value."""
    has_value = spec.value("fixed") is not None or spec.value("pattern") is not None
    is_group = spec.min > 0 and bool(spec.children)
    return _value_test(_with_value(spec), around) if has_value or is_group else None


def _exists(slice_spec: Spec, steps: list[str], around: Surroundings) -> Test | None:
    specs = [found.spec for found in _specs(slice_spec, steps, around) if found.spec is not None]
    if not specs:
        return None
    if any(spec.max == 0 for spec in specs):
        return Test(lambda item, scope: not any(True for _ in _walk(item, steps, scope, around)))
    if any(spec.min > 0 for spec in specs):
        return Test(lambda item, scope: any(True for _ in _walk(item, steps, scope, around)))
    return Test(lambda item, scope: True)  # noqa: ARG005 - nothing is said about it


def _type(slice_spec: Spec, steps: list[str], around: Surroundings) -> Test | None:
    codes = {
        code for found in _specs(slice_spec, steps, around) if found.spec is not None for code in _codes(found.spec)
    }
    if not codes:
        return None

    def matches(item: Item, scope: Scope) -> bool:
        return any(around.is_a(value.type, code) for value, _ in _walk(item, steps, scope, around) for code in codes)

    return Test(matches)


def _codes(spec: Spec) -> list[str]:
    """The types of an element; for the root of a profile its own."""
    return spec.type_codes or [str(spec.raw["path"])]


def _profile(slice_spec: Spec, steps: list[str], around: Surroundings) -> Test | None:
    canonicals = [
        canonical
        for found in _specs(slice_spec, steps, around)
        if found.spec is not None
        for canonical in _profiles(found.spec)
    ]
    if not canonicals:
        return None

    def matches(item: Item, scope: Scope) -> bool:
        return any(
            around.conforms(value, canonical, inner)
            for value, inner in _walk(item, steps, scope, around)
            for canonical in canonicals
        )

    return Test(matches)


def _profiles(spec: Spec) -> list[str]:
    """The profiles of an element's types; those of the root of a profile are the profile itself."""
    if not spec.types:
        return [spec.profile.url]
    return [canonical for entry in spec.types for canonical in type_profiles(entry)]


_KINDS: dict[str, Callable[[Spec, list[str], Surroundings], Test | None]] = {
    "value": _value,
    "pattern": _value,
    "exists": _exists,
    "type": _type,
    "profile": _profile,
}


def _specs(spec: Spec, steps: list[str], around: Surroundings) -> list[Found]:
    """What a slice states at the end of a path."""
    current = [_with_value(spec)]
    for step in steps:
        current = [found for one in current for found in _next(one, step, around)]
    return current


def _with_value(spec: Spec) -> Found:
    fixed = spec.value("fixed")
    if fixed is not None:
        return Found(spec, fixed, exact=True)
    return Found(spec, spec.value("pattern"))


def _next(found: Found, step: str, around: Surroundings) -> Iterator[Found]:
    name, _, _ = step.partition("(")
    argument = _ARGUMENT.search(step)
    if isinstance(found.expected, dict) and name in found.expected:
        inner = found.expected[name]
        for one in inner if isinstance(inner, list) else [inner]:
            yield Found(None, one, exact=found.exact)
        return
    if found.spec is None:
        return
    if argument is None:
        yield from (_with_value(child) for child in _children(found.spec, name, around))
    elif name == "resolve":
        yield from _targets(found.spec, around)
    elif name in ("ofType", "as"):
        yield from _of_type(found.spec, argument.group(1))
    elif name == "extension":
        yield from _extension(found.spec, argument.group(1), around)
    else:
        yield found


def _children(spec: Spec, name: str, around: Surroundings) -> Iterator[Spec]:
    """The definitions of a child: stated inside, in the profile of the type, or in the type itself."""
    holders = [spec, *spec.slices.values()] if spec.is_choice else [spec]
    stated = [holder.children[name] for holder in holders if name in holder.children]
    if stated:
        for child in stated:
            yield child
            if child.is_choice or name != "extension":
                yield from child.slices.values()
    for entry in spec.types:
        roots = [root for canonical in type_profiles(entry) if (root := _root(canonical, around))]
        if not roots and not stated:
            definition = around.type_profile(type_code(entry))
            roots = [definition.root] if definition else []
        yield from (root.children[name] for root in roots if name in root.children)


def _root(canonical: str, around: Surroundings) -> Spec | None:
    """The root of a profile, or its element that follows ``#``."""
    url, _, element = canonical.partition("#")
    profile = around.profile(url)
    if profile is None:
        return None
    return profile.element(element) if element else profile.root


def _targets(spec: Spec, around: Surroundings) -> Iterator[Found]:
    for entry in spec.types:
        for canonical in entry.get("targetProfile", ()):
            profile = around.profile(canonical)
            if profile is not None:
                yield _with_value(profile.root)


def _of_type(spec: Spec, name: str) -> Iterator[Found]:
    slices = [part for part in spec.slices.values() if name in part.type_codes]
    yield from (_with_value(part) for part in slices)
    if not slices and name in spec.type_codes:
        yield _with_value(spec)


def _extension(spec: Spec, url: str, around: Surroundings) -> Iterator[Found]:
    extensions = spec.children.get("extension")
    for part in extensions.slices.values() if extensions else ():
        if url in _profiles(part) or url == part.slice_name:
            yield _with_value(part)
    profile = around.profile(url)
    if profile is not None and extensions is None:
        yield _with_value(profile.root)


def _walk(item: Item, steps: list[str], scope: Scope, around: Surroundings) -> list[tuple[Item, Scope]]:
    """The items at the end of a path, each with the scope that it stands in."""
    current = [(item, scope)]
    for step in steps:
        current = [found for one, inner in current for found in _follow(one, step, inner, around)]
    return current


def _follow(item: Item, step: str, scope: Scope, around: Surroundings) -> Iterator[tuple[Item, Scope]]:
    name, _, _ = step.partition("(")
    argument = _ARGUMENT.search(step)
    if argument is None:
        inner = scope if item.value is scope.resource or "resourceType" not in item.holder else scope.inside(item.value)
        yield from ((child, inner) for child in around.children(item, name))
    elif name == "resolve":
        text = item.holder.get("reference") if item.type == "Reference" else item.value
        target = scope.resolve(text) if isinstance(text, str) else None
        if target is not None:
            yield Item(target.resource, str(target.resource.get("resourceType"))), target.scope
    elif name in ("ofType", "as"):
        if item.type == argument.group(1):
            yield item, scope
    elif name == "extension":
        yield from (
            (child, scope)
            for child in around.children(item, "extension")
            if child.holder.get("url") == argument.group(1)
        )
    else:
        yield item, scope
